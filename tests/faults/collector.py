"""A Collector that misbehaves: a real HTTP server on loopback, which answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

PROTOBUF = "application/x-protobuf"


class FaultyCollector:
    """Where it is, what it was sent, and how it answers; that can be changed at any time.

    Attributes:
        url: its base URL.
        answer: called with each request; writes the answer, or none.
        received: path and body of each request.
        asked: set as soon as there is one.
        released: what hangs goes on when it is set.
    """

    def __init__(self, answer: Callable[[Request], None]) -> None:
        self.answer = answer
        self.received: list[tuple[str, bytes]] = []
        self.asked = threading.Event()
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Request)
        self._server.collector = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @contextmanager
    def running(self) -> Iterator[FaultyCollector]:
        """Serve during the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    collector: FaultyCollector

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: who is dripped upon goes away."""


class Request(BaseHTTPRequestHandler):
    """One request, to which the collector's answer writes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        collector = self.server.collector
        collector.received.append((self.path, body))
        collector.asked.set()
        collector.answer(self)

    def answer(self, status: int, body: bytes = b"", content_type: str = PROTOBUF, **headers: str) -> None:
        """Answer in HTTP."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


def accepts(request: Request) -> None:
    request.answer(200)


def status(code: int, message: str = "", **headers: str) -> Callable[[Request], None]:
    """Return the answer of an OTLP server that refuses."""
    body = Status(code=1, message=message).SerializeToString()
    return lambda request: request.answer(code, body, **headers)


def partial_success(rejected: int, message: str = "") -> Callable[[Request], None]:
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    return lambda request: request.answer(200, body)


def web_page(request: Request) -> None:
    request.answer(200, b"<html>It works!</html>", "text/html; charset=utf-8")


def no_http(request: Request) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    request.close_connection = True


def closes(request: Request) -> None:
    request.close_connection = True


def hangs(request: Request) -> None:
    request.server.collector.released.wait()
    request.close_connection = True


def drips(request: Request) -> None:
    """Send a header without end, a byte at a time."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not request.server.collector.released.wait(0.02):
        request.wfile.write(b"x")
    request.close_connection = True
