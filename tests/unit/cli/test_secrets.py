"""A valid key, wherever in a request it is put, comes out nowhere: in no answer, telemetry, database."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, unquote_to_bytes

from tests.unit.cli.command import TIMEOUT, await_listening, jobscope, running_api

URL = "/api/v1/optimizations"
FIELDS = (
    "strategy",
    "dataset",
    "sampler",
    "objective",
    "parameters",
    "seed",
    "trials",
    "name",
    "role",
    "nothing",
)


def everywhere(key):
    """Yield requests: method, path, headers, body; each has the key in another place."""
    encoded = "".join(f"%{ord(character):02x}" for character in key)
    for path in (
        f"/{key}",
        f"{URL}/{key}",
        f"{URL}/{key}/export",
        f"/jobs/{key}/view",
        f"/api/v1/keys/{key}",
    ):
        yield "GET", path, {}, None
        yield "DELETE", path, {}, None
        yield "POST", f"{path}/cancel", {}, None
    for text in (
        key,
        encoded,
        quote(encoded),
        f"Bearer+{key}",
        f"a&{key}",
        f"x={key}&limit={key}",
        f"{key}=1",
    ):
        yield "GET", f"{URL}?limit={text}", {}, None
        yield "GET", f"{URL}?{text}", {}, None
        yield "GET", f"{URL}?state={text}&before={text}", {}, None
        yield "GET", f"/livez?{text}", {}, None
        yield "GET", f"/nothing?{text}", {}, None
    for header in (
        *("User-Agent", "X-Request-ID", "Referer", "Cookie", "Host", "Accept", "Last-Event-ID", "Origin"),
        *("traceparent", "tracestate", "baggage", "X-Forwarded-For", "Forwarded", "Content-Type", "Via"),
        *("Content-Encoding", "Expect", "X-API-Key", "Authorization", "Proxy-Authorization", key),
    ):
        for value in (key, f"{key}0", f"a={key}", f"Bearer x{key}", f"Basic {key}"):
            for method, path in (("GET", URL), ("POST", URL), ("GET", f"{URL}/{'1' * 32}/events")):
                yield method, path, {header: value}, b"{}"
    trace = {"traceparent": f"00-{'4' * 32}-{'5' * 16}-01", "tracestate": f"x={key}", "baggage": f"x={key}"}
    yield "GET", URL, trace, None
    yield key.upper().replace("_", "-"), URL, {}, None
    for field in FIELDS:
        for value in (key, [key], {key: key}, {"fast": {key: 1}}, {"fast": {"low": key}}, {"fast": key}):
            for path in (URL, "/api/v1/keys"):
                yield "POST", path, {"Content-Type": "application/json"}, json.dumps({field: value}).encode()
    for body in (json.dumps({key: 1}), json.dumps(key), f"{{{key}", key, f"key={key}", f"\xff{key}"):
        for kind in (
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            yield "POST", URL, {"Content-Type": kind}, body.encode("latin-1")


def answer(address, method, path, headers, body):
    """Ask, as whoever sends wrong things does; return all that comes back."""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    told = f"{response.status} {response.getheaders()}".encode() + response.read()
    connection.close()
    return told


def test_key_comes_out_nowhere(tmp_path):
    key = jobscope(tmp_path, "key", "create", "me", "--role", "admin").stdout.strip()
    secret = key.rpartition("_")[2].encode()
    answers = []
    with running_api(tmp_path) as (process, url), ThreadPoolExecutor() as beside:
        printed = beside.submit(process.stderr.read)  # or the API would wait for who reads it
        await_listening(url)
        address = url.removeprefix("http://")
        for authorized in (True, False):
            for method, path, headers, body in everywhere(key):
                own = (
                    {}
                    if {"X-API-Key", "Authorization"} & headers.keys() or not authorized
                    else {"X-API-Key": key}
                )
                answers.append(answer(address, method, path, {**headers, **own}, body))
        # The requests did get where they could: refused for what was in them, not for what was not.
        assert any(told.startswith(b"422") for told in answers)
        assert not any(told.startswith(b"500") for told in answers)
        process.terminate()
        console = printed.result(TIMEOUT).encode()
    outputs = {"answers": b"\n".join(answers), "console": console}
    outputs |= {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any("logs-jobscope-api" in name for name in outputs)
    assert b"[redacted]" in b"".join(outputs.values()), "or nothing was told at all"
    for name, content in outputs.items():
        once = unquote_to_bytes(content)
        assert secret not in content.lower(), name
        assert secret not in once.lower(), name
        assert secret not in unquote_to_bytes(once).lower(), name
