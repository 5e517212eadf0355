"""An OTLP/HTTP receiver on loopback: protobuf and JSON, compressed or not."""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Json = Mapping[str, Any]

_REQUESTS: Mapping[str, type[Message]] = MappingProxyType(
    {
        "/v1/traces": ExportTraceServiceRequest,
        "/v1/logs": ExportLogsServiceRequest,
        "/v1/metrics": ExportMetricsServiceRequest,
    }
)
_MAX_BODY_BYTES = 64 * 2**20
_POLL_SECONDS = 0.05
_WINDOW_BITS = {"gzip": 31, "deflate": 15}  # zlib's way to choose between the two


class Receiver:
    """Receives OTLP requests and hands them on, one at a time.

    ``POST /stop`` ends :meth:`wait`, as on Weaver's admin port.

    Args:
        port: 0 takes any free one.
        observe: is given each request as OTLP/JSON.

    Raises:
        OSError: the port is in use.
    """

    def __init__(self, port: int, observe: Callable[[Json], None]) -> None:
        self._observe = observe
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._stopped = threading.Event()
        self.requests = 0
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What to set ``OTEL_EXPORTER_OTLP_ENDPOINT`` to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def wait(self, inactivity_seconds: float, duration_seconds: float) -> None:
        """Receive until nothing came for so long, or for so long altogether; 0 sets no limit."""
        started = time.monotonic()
        while True:
            now = time.monotonic()
            idle = self._last + inactivity_seconds if inactivity_seconds else float("inf")
            end = min(idle, started + duration_seconds if duration_seconds else float("inf"))
            if now >= end or self._stopped.wait(min(end - now, 3600)):
                return

    def stop(self) -> None:
        """End :meth:`wait`."""
        self._stopped.set()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, request: Json) -> None:
        """Hand a request on."""
        with self._lock:
            self._observe(request)
            self.requests += 1
            self._last = time.monotonic()


class _Server(ThreadingHTTPServer):
    # A sender that keeps its connection open must not keep us from ending.
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        super().__init__(address, _Handler)
        self.receiver = receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a request, and answer in its own encoding."""
        body = self._body()
        if body is None:
            return
        if self.path == "/stop":
            self._answer(HTTPStatus.OK, b"{}")
            self.server.receiver.stop()
            return
        if self.path not in _REQUESTS:
            self._answer(HTTPStatus.NOT_FOUND, b'{"message": "POST to /v1/traces, /v1/logs or /v1/metrics"}')
            return
        try:
            self.server.receiver.take(self._decode(body))
        except (ValueError, DecodeError, TypeError, AttributeError, KeyError, IndexError) as error:
            message = f"cannot be read as OTLP: {error}"
            self._answer(HTTPStatus.BAD_REQUEST, json.dumps({"message": message}).encode())
            return
        self._answer(HTTPStatus.OK, b"{}" if self._is_json else b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing: what is received is in the report."""

    @property
    def _is_json(self) -> bool:
        return "json" in self.headers.get("Content-Type", "")

    def _decode(self, body: bytes) -> Json:
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            body = _unpack(body, encoding)
        if self._is_json:
            raw = json.loads(body)
            if not isinstance(raw, Mapping):
                raise TypeError("no object")
            return raw
        message = _REQUESTS[self.path]()
        message.ParseFromString(body)
        return MessageToDict(message, use_integers_for_enums=True)

    def _body(self) -> bytes | None:
        """Read the body; answer and return None when it is too large."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b'{"message": "more than 64 MiB"}')
            return None
        return self.rfile.read(length)

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        kind = "application/json" if self._is_json or status != HTTPStatus.OK else "application/x-protobuf"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _unpack(body: bytes, encoding: str) -> bytes:
    """Unpack a body, up to the limit that also holds for what is not packed."""
    if encoding not in _WINDOW_BITS:
        raise ValueError(f"content encoding {encoding} is not known")
    unpacker = zlib.decompressobj(wbits=_WINDOW_BITS[encoding])
    try:
        data = unpacker.decompress(body, _MAX_BODY_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if unpacker.unconsumed_tail:
        raise ValueError("more than 64 MiB")
    return data
