"""OTLP over HTTP: one request, and what the answer means.

The SDK's own exporter takes a redirect for a success, does not read what of a request was refused, and keeps
to itself why it failed. Here each answer becomes an outcome; the settings are OpenTelemetry's variables.
"""

from __future__ import annotations

import gzip
import os
import time
import urllib.request
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import BadStatusLine
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import urllib3
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.util.re import parse_env_headers

from telemetry.contract.names import Attr
from telemetry.exporters.cleaning import clean_text
from telemetry.exporters.outcome import Form, Outcome, Verdict
from telemetry.exporters.protobuf import Protobuf

Signal = Literal["traces", "logs", "metrics"]

# As OTLP has it; any other refusal would be the same again.
_BUSY = {429, 502, 503, 504}
_PORTS = {"http": 80, "https": 443}
_PROTOBUF = "application/x-protobuf"
_COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
# An answer is a few words; whoever sends more is not read further.
_LONGEST_ANSWER = 64 * 2**10
_LONGEST_QUOTE = 200
_PARTIAL_SUCCESS: dict[str, tuple[Any, str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
}


class OtlpHttp:
    """Sends a signal's requests to where ``OTEL_EXPORTER_OTLP_…`` says."""

    component = "otlp_http"

    def __init__(self, signal: Signal) -> None:
        self.form: Form = Protobuf()
        self._response, self._rejected_field = _PARTIAL_SUCCESS[signal]
        self._signal = signal
        self._url = _endpoint(signal)
        parts = urlsplit(self._url)
        self._host = parts.hostname or ""
        port = parts.port or _PORTS[parts.scheme]
        self.attributes: dict[str, str | int] = {Attr.SERVER_ADDRESS: self._host, Attr.SERVER_PORT: port}
        # Without what may be secret in a URL: it is shown in health, events and on stderr.
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._headers = {
            "content-type": _PROTOBUF,
            "user-agent": "jobscope-telemetry",
            **parse_env_headers(_setting(signal, "HEADERS"), liberal=True),
        }
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers |= urllib3.make_headers(basic_auth=login)
        compression = _setting(signal, "COMPRESSION").strip().lower()
        self._compress = _COMPRESSIONS.get(compression)
        if self._compress:
            self._headers["content-encoding"] = compression
        self._pool: urllib3.PoolManager | None = None
        self._process = 0

    def send(self, data: bytes, timeout_seconds: float) -> Outcome:
        """Send one request."""
        deadline = time.monotonic() + timeout_seconds
        try:
            response = self._own_pool().request(
                "POST",
                self._url,
                body=self._compress(data) if self._compress else data,
                headers=self._headers,
                timeout=urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            return self._judged(response, _read(response, deadline))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Outcome(Verdict.RETRY, self._trouble(error), type(error).__name__)

    def close(self) -> None:
        """Close the connections."""
        if self._pool:
            self._pool.clear()

    def _own_pool(self) -> urllib3.PoolManager:
        # A forked child must not write into its parent's connections.
        if self._pool is None or self._process != os.getpid():
            self._process, self._pool = os.getpid(), self._new_pool()
        return self._pool

    def _new_pool(self) -> urllib3.PoolManager:
        tls: dict[str, Any] = {
            "ca_certs": _setting(self._signal, "CERTIFICATE") or None,
            "cert_file": _setting(self._signal, "CLIENT_CERTIFICATE") or None,
            "key_file": _setting(self._signal, "CLIENT_KEY") or None,
        }
        scheme = urlsplit(self._url).scheme
        proxy = None if _is_loopback(self._host) else urllib.request.getproxies().get(scheme)
        if proxy and not urllib.request.proxy_bypass(self._host):
            return urllib3.ProxyManager(proxy, **tls)
        return urllib3.PoolManager(**tls)

    def _judged(self, response: urllib3.BaseHTTPResponse, body: bytes) -> Outcome:
        status = response.status
        if 200 <= status < 300:
            return self._judged_success(response, body)
        answer = f"{self._name} answers {status} {clean_text(response.reason or '')}".strip()
        if 300 <= status < 400:
            elsewhere = clean_text(response.headers.get("location", "nowhere"))[:_LONGEST_QUOTE]
            answer += f", a redirect to {elsewhere}, which is not followed"
        elif said := _status_message(response, body):
            answer += f": {said}"
        verdict = Verdict.RETRY if status in _BUSY else Verdict.REJECTED
        return Outcome(verdict, answer, str(status), status, retry_after=_retry_after(response))

    def _judged_success(self, response: urllib3.BaseHTTPResponse, body: bytes) -> Outcome:
        status = response.status
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        partial: Any = None
        if body and kind == _PROTOBUF:
            try:
                partial = self._response.FromString(body).partial_success
            except DecodeError:
                kind = "something else under that name"
        if body and partial is None and kind != "application/json":
            # A web server that answers whatever it is asked keeps nothing of it.
            reason = f"{self._name} answers {status}, but not as a Collector does: with {kind or 'no type'}"
            return Outcome(Verdict.REJECTED, clean_text(reason)[:_LONGEST_QUOTE], "NotOtlp", status)
        rejected = getattr(partial, self._rejected_field, 0)
        if not rejected:
            return Outcome(Verdict.ACCEPTED, status_code=status)
        said = partial.error_message[:_LONGEST_QUOTE] or "without a reason"
        reason = f"{self._name} refuses a part of the {self._signal}: {said}"
        return Outcome(Verdict.ACCEPTED, reason, "rejected", status, rejected)

    def _trouble(self, error: Exception) -> str:
        """Return what went wrong below HTTP, in words that are the same for the same trouble."""
        inner = error.args[1] if len(error.args) > 1 else None
        match error:
            case urllib3.exceptions.NameResolutionError():
                what = f"no address is known of {self._host}"
            case urllib3.exceptions.NewConnectionError():
                what = getattr(error.__cause__, "strerror", None) or "no connection"
            case urllib3.exceptions.TimeoutError():
                what = "no answer in time"
            case urllib3.exceptions.SSLError():
                what = f"TLS fails: {error}"
            case urllib3.exceptions.ProtocolError() if isinstance(inner, OSError):
                what = inner.strerror or "the connection was closed without an answer"
            case urllib3.exceptions.ProtocolError() if isinstance(inner, BadStatusLine):
                what = "what answers there does not speak HTTP"
            case _:
                what = str(error)
        return clean_text(f"no Collector answers at {self._name}: {what}")


def _setting(signal: Signal, name: str) -> str:
    """Return one of OpenTelemetry's variables of an OTLP exporter; the signal's own wins."""
    of_all = os.environ.get(f"OTEL_EXPORTER_OTLP_{name}", "")
    return os.environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}") or of_all


def _endpoint(signal: Signal) -> str:
    own = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
    return own or f"{os.environ['OTEL_EXPORTER_OTLP_ENDPOINT'].removesuffix('/')}/v1/{signal}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Return the body, as far as it is worth reading: who sends it slowly must not hold us up."""
    body = b""
    while piece := response.read1(_LONGEST_ANSWER - len(body)):
        body += piece
        if len(body) >= _LONGEST_ANSWER or time.monotonic() > deadline:
            response.close()
            return body
    response.release_conn()
    return body


def _status_message(response: urllib3.BaseHTTPResponse, body: bytes) -> str:
    """Return what an OTLP server says of its refusal."""
    if response.headers.get("content-type", "") != _PROTOBUF:
        return ""
    try:
        return str(Status.FromString(body).message)[:_LONGEST_QUOTE]
    except DecodeError:
        return ""


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return ``Retry-After`` in seconds from now; it is a number of seconds or a date."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
