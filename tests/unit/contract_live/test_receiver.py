"""The receiver takes what SDKs send, and stops when it should."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from telemetry.contract.live.receiver import Receiver


@pytest.fixture
def received():
    return []


@pytest.fixture
def receiver(received):
    receiver = Receiver(0, received.append)
    yield receiver
    receiver.close()


def post(receiver, path, body=b"{}", kind="application/json", **headers):
    connection = http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=10)
    try:
        connection.request("POST", path, body, {"Content-Type": kind, **headers})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_what_the_sdk_sends(receiver, received, compression):
    exporter = OTLPSpanExporter(f"{receiver.url}/v1/traces", compression=compression)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("t").start_as_current_span("hello", attributes={"a.b": 3}):
        pass
    provider.shutdown()
    (request,) = received
    (span,) = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (span["name"], span["kind"]) == ("hello", 1)
    assert span["attributes"] == [{"key": "a.b", "value": {"intValue": "3"}}]


def test_json(receiver, received):
    body = json.dumps({"resourceLogs": []}).encode()
    assert post(receiver, "/v1/logs", body) == (200, "application/json", b"{}")
    assert post(receiver, "/v1/logs", gzip.compress(body), **{"Content-Encoding": "gzip"})[0] == 200
    assert received == [{"resourceLogs": []}] * 2


@pytest.mark.parametrize(
    ("path", "body", "kind", "status", "message"),
    [
        ("/v1/logs", b"{", "application/json", 400, "cannot be read as OTLP"),
        ("/v1/logs", b"[]", "application/json", 400, "cannot be read as OTLP"),
        ("/v1/traces", b"\xff\xff", "application/x-protobuf", 400, "cannot be read as OTLP"),
        ("/nope", b"{}", "application/json", 404, "/v1/traces"),
    ],
)
def test_what_cannot_be_read(receiver, received, path, body, kind, status, message):
    answer = post(receiver, path, body, kind)
    assert answer[0] == status
    assert message in json.loads(answer[2])["message"]
    assert received == []


def test_damaged_compression(receiver):
    assert post(receiver, "/v1/logs", b"x", **{"Content-Encoding": "gzip"})[0] == 400


def test_body_that_is_too_large_is_not_read(receiver):
    assert post(receiver, "/v1/logs", b"", **{"Content-Length": str(65 * 2**20)})[0] == 413


def test_stops_when_asked(receiver):
    waiting = threading.Thread(target=receiver.wait, args=(0, 0))
    waiting.start()
    assert post(receiver, "/stop")[0] == 200
    waiting.join(10)
    assert not waiting.is_alive()


def test_stops_after_silence_and_after_a_time(receiver):
    receiver.wait(0.01, 0)
    receiver.wait(0, 0.01)
    assert receiver.requests == 0


def test_port_in_use(receiver):
    with pytest.raises(OSError, match="in use"):
        Receiver(urlsplit(receiver.url).port, print)
