"""Has a running Loki and Tempo judge the syntax of LogQL and TraceQL."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable

from telemetry.contract.lint.findings import Finding, LintError, Query, finding
from telemetry.contract.lint.variables import PLACEHOLDER

_TIMEOUT_SECONDS = 10.0
# A proxy of the environment's is not the way to a program of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TRACE_ID = re.compile(rf"\s*([0-9a-fA-F]{{1,32}}|{PLACEHOLDER})\s*")


def check_syntax(queries: Iterable[Query], loki_url: str | None, tempo_url: str | None) -> list[Finding]:
    """Return the queries that the backends refuse; without a URL, that language is not checked.

    Raises:
        LintError: a backend does not answer.
    """
    found = []
    for query in queries:
        answer = None
        if query.language == "logql" and loki_url:
            answer = _ask(f"{loki_url.rstrip('/')}/loki/api/v1/format_query", {"query": query.parsed})
        elif query.language == "traceql" and tempo_url and not _TRACE_ID.fullmatch(query.parsed):
            now = int(time.time())
            window = {"start": str(now - 60), "end": str(now), "limit": "1"}  # Tempo cuts a second off
            answer = _ask(f"{tempo_url.rstrip('/')}/api/search", {"q": query.parsed, **window})
        if answer:
            found.append(finding(query, "syntax", answer))
    return found


def _ask(url: str, parameters: dict[str, str]) -> str | None:
    """Return what a backend says is wrong; None when it takes the query."""
    if not url.startswith(("http://", "https://")):
        raise LintError(f"{url} is not an http URL")
    try:
        full = f"{url}?{urllib.parse.urlencode(parameters)}"
        with _DIRECT.open(full, timeout=_TIMEOUT_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        body = error.read().decode(errors="replace").strip()
        if error.code != 400:
            raise LintError(f"{url} answers {error.code}: {body}") from None
        return _message(body)
    except OSError as error:
        raise LintError(f"{url} does not answer: {error}") from None


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body
