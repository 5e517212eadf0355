"""What becomes of exports, against real servers that misbehave."""

from __future__ import annotations

import os
import threading
import time

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.exporters.delivery import Delivery
from telemetry.exporters.encoding import Encoded
from telemetry.exporters.exporters import DeliveredSpans
from telemetry.exporters.otlphttp import OtlpHttp
from telemetry.exporters.outcome import Verdict
from telemetry.testing import captured
from tests.faults import collector as faults
from tests.faults.collector import FaultyCollector
from tests.unit.cli.command import free_port

ACCEPTED, RETRY, REJECTED = Verdict.ACCEPTED, Verdict.RETRY, Verdict.REJECTED


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    """No settings of the user's, and what was told before is told again."""
    for name in [name for name in os.environ if name.startswith("OTEL_EXPORTER")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("telemetry.exporters.telling._told", {})


@pytest.fixture
def collector(monkeypatch):
    with FaultyCollector(faults.accepts).running() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


def sent(timeout=30.0):
    destination = OtlpHttp("traces")
    outcome = destination.send(b"", timeout)
    destination.close()
    return outcome


@pytest.mark.parametrize(
    ("answer", "verdict", "error_type", "words"),
    [
        (faults.accepts, ACCEPTED, "", ""),
        (lambda request: request.answer(200, b"{}", "application/json"), ACCEPTED, "", ""),
        (lambda request: request.answer(202, b"", "text/plain"), ACCEPTED, "", ""),
        (faults.partial_success(0, "slow down"), ACCEPTED, "", ""),
        (faults.partial_success(2, "too old"), ACCEPTED, "rejected", "refuses a part of the traces: too old"),
        (faults.status(429), RETRY, "429", "answers 429 Too Many Requests"),
        (faults.status(502), RETRY, "502", "answers 502"),
        (faults.status(503, "queue is full"), RETRY, "503", "answers 503 Service Unavailable: queue is full"),
        (faults.status(504), RETRY, "504", "answers 504"),
        (faults.status(400, "bad data"), REJECTED, "400", "answers 400 Bad Request: bad data"),
        (faults.status(401), REJECTED, "401", "answers 401 Unauthorized"),
        (faults.status(403), REJECTED, "403", "answers 403 Forbidden"),
        (faults.status(404), REJECTED, "404", "answers 404 Not Found"),
        (faults.status(413), REJECTED, "413", "answers 413"),
        (faults.status(500), REJECTED, "500", "answers 500 Internal Server Error"),
        (
            faults.status(302, Location="http://elsewhere.test/"),
            REJECTED,
            "302",
            "a redirect to http://elsewhere.test/, which is not followed",
        ),
        (faults.status(301, Location="/v1/traces/"), REJECTED, "301", "a redirect to /v1/traces/"),
        (faults.status(307, Location="/elsewhere"), REJECTED, "307", "a redirect to /elsewhere"),
        (faults.status(308), REJECTED, "308", "a redirect to nowhere"),
        (faults.web_page, REJECTED, "NotOtlp", "answers 200, but not as a Collector does: with text/html"),
        (
            lambda request: request.answer(200, b"\xff\xff\xff"),
            REJECTED,
            "NotOtlp",
            "something else under that name",
        ),
        (faults.no_http, RETRY, "ProtocolError", "what answers there does not speak HTTP"),
        (faults.closes, RETRY, "ProtocolError", "the connection was closed without an answer"),
    ],
)
def test_answers_and_what_they_mean(collector, answer, verdict, error_type, words):
    collector.answer = answer
    outcome = sent()
    assert (outcome.verdict, outcome.error_type) == (verdict, error_type)
    assert words in outcome.reason
    assert bool(outcome.reason) == bool(words)
    assert sent().reason == outcome.reason, "the same trouble is told in the same words"
    assert [path for path, _ in collector.received] == ["/v1/traces"] * 2, "a redirect is not followed"


def test_nobody_there(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://me:secret@127.0.0.1:{free_port()}")
    outcome = sent()
    assert (outcome.verdict, outcome.error_type) == (RETRY, "NewConnectionError")
    assert outcome.reason.endswith(": Connection refused")
    assert "secret" not in outcome.reason


def test_name_without_an_address(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
    outcome = sent()
    assert outcome.verdict is RETRY
    assert "no address is known of collector.invalid" in outcome.reason


def test_no_answer_ends_with_its_time(collector):
    collector.answer = faults.hangs
    outcome = sent(timeout=0.05)  # returns while the server holds the request
    assert (outcome.verdict, outcome.error_type) == (RETRY, "ReadTimeoutError")
    assert "no answer in time" in outcome.reason


def test_settings_of_a_signal_win(collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/own")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=all")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-tenant=traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    headers = []

    def answer(request):
        headers.append(request.headers)
        request.answer(200)

    collector.answer = answer
    assert sent().verdict is ACCEPTED
    ((path, body),) = collector.received
    assert path == "/own"
    assert body.startswith(b"\x1f\x8b")
    assert (headers[0]["x-tenant"], headers[0]["content-encoding"]) == ("traces", "gzip")


def test_loopback_does_not_go_through_a_proxy_and_others_do(collector, monkeypatch):
    with FaultyCollector(faults.status(502)).running() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert sent().verdict is ACCEPTED
        assert proxy.received == []
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
        assert sent().error_type == "502"
        assert [path for path, _ in proxy.received] == ["http://collector.invalid:4318/v1/traces"]


def test_proxy_that_cannot_be_used_is_trouble_and_no_crash(monkeypatch):
    monkeypatch.setenv("http_proxy", "socks9://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318")
    outcome = sent()
    assert outcome.verdict is RETRY
    assert "socks9" in outcome.reason


def test_child_does_not_use_its_parents_connection(collector):
    destination = OtlpHttp("traces")
    assert destination.send(b"", 30).verdict is ACCEPTED
    parents = destination._pool
    child = os.fork()
    if child == 0:
        destination.send(b"", 30)
        os._exit(destination._pool is parents)
    assert os.waitpid(child, 0)[1] == 0
    assert len(collector.received) == 2
    assert destination._pool is parents
    destination.close()


@pytest.fixture
def telemetry():
    with captured() as telemetry:
        yield telemetry
    assert telemetry.contract_violations() == []


def exported(telemetry, **attributes):
    return telemetry.value("otel.sdk.exporter.span.exported", attributes)


def spans(number):
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    made = [tracer.start_span(f"span {index}") for index in range(number)]
    for span in made:
        span.end()
    return made


def delivery_of_traces(seconds=60.0):
    return Delivery("traces", OtlpHttp("traces"), seconds)


def test_spans_arrive_and_are_counted(collector, telemetry):
    delivery = delivery_of_traces()
    assert (delivery.tried, delivery.trouble()) == (False, None)
    exporter = DeliveredSpans(delivery)
    assert exporter.export(spans(3)) is SpanExportResult.SUCCESS
    exporter.shutdown()
    ((_, body),) = collector.received
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert [span.name for span in resource.scope_spans[0].spans] == ["span 0", "span 1", "span 2"]
    assert exported(telemetry) == 3
    assert (delivery.tried, delivery.trouble()) == (True, None)


def test_refusal_is_counted_told_once_and_over_with_the_next_success(collector, telemetry, capfd):
    delivery = delivery_of_traces()
    collector.answer = faults.status(400, "bad data")
    for _ in range(2):
        assert not delivery.deliver(Encoded(b""), 3)
    assert len(collector.received) == 2, "a refusal is not tried again"
    assert delivery.trouble() == (
        f"{collector.url} answers 400 Bad Request: bad data (traces: 2 in a row, last accepted: never)"
    )
    collector.answer = faults.accepts
    assert delivery.deliver(Encoded(b""), 4)
    assert delivery.trouble() is None
    assert telemetry.value("otel.sdk.exporter.span.exported", {"error.type": "400"}) == 6
    reason = f"{collector.url} answers 400 Bad Request: bad data"
    assert capfd.readouterr().err == f"jobscope: telemetry is lost (spans: 3 just now): {reason}\n"
    delivery.close()


def test_part_that_was_refused_is_lost_and_trouble(collector, telemetry):
    delivery = delivery_of_traces()
    collector.answer = faults.partial_success(2, "too old")
    assert delivery.deliver(Encoded(b""), 5)
    assert "refuses a part of the traces: too old" in delivery.trouble()
    counted = {
        point.attributes.get("error.type"): point.value
        for point in telemetry.points("otel.sdk.exporter.span.exported")
    }
    assert counted == {None: 3, "rejected": 2}
    delivery.close()


def test_what_may_be_accepted_later_is_tried_again(collector, telemetry):
    answers = iter([faults.status(503), faults.closes, faults.status(429, Retry_After="0"), faults.accepts])

    def answer(request):
        next(answers)(request)

    collector.answer = answer
    delivery = delivery_of_traces()
    assert delivery.deliver(Encoded(b""), 1)
    assert len(collector.received) == 4
    assert (exported(telemetry), delivery.trouble()) == (1, None)
    delivery.close()


def test_who_asks_to_wait_longer_than_there_is_time_is_not_waited_for(collector, telemetry):
    collector.answer = faults.status(503, Retry_After="3600")
    delivery = delivery_of_traces()
    assert not delivery.deliver(Encoded(b""), 1)
    assert len(collector.received) == 1
    delivery.close()


def test_hurry_ends_a_wait_with_one_more_try(collector, telemetry):
    collector.answer = faults.status(503, Retry_After="900")
    delivery = delivery_of_traces(seconds=1000)
    delivered = []
    thread = threading.Thread(target=lambda: delivered.append(delivery.deliver(Encoded(b""), 1)))
    thread.start()
    assert collector.asked.wait(60)
    collector.answer = faults.accepts
    delivery.hurry(time.monotonic() + 60)
    thread.join(60)
    assert delivered == [True]
    delivery.hurry(time.monotonic())
    assert not delivery.deliver(Encoded(b""), 1), "without time, nothing is sent"
    assert len(collector.received) == 2
    delivery.take_time()
    assert delivery.deliver(Encoded(b""), 1)
    delivery.close()


def test_try_that_does_not_end_is_trouble_before_it_has_failed(collector, telemetry, monkeypatch):
    monkeypatch.setattr("telemetry.exporters.delivery._SLOW_SECONDS", 0)
    collector.answer = faults.hangs
    delivery = delivery_of_traces()
    thread = threading.Thread(target=delivery.deliver, args=(Encoded(b""), 1))
    thread.start()
    assert collector.asked.wait(60)
    assert delivery.trouble().startswith("no answer to traces for ")
    collector.answer = faults.accepts
    collector.released.set()
    thread.join(60)
    assert delivery.trouble() is None
    delivery.close()


def test_items_that_cannot_be_encoded_are_counted_and_told(collector, telemetry, capfd):
    good, bad = spans(2)
    bad._start_time = "yesterday"
    exporter = DeliveredSpans(delivery_of_traces())
    assert exporter.export([good, bad]) is SpanExportResult.SUCCESS
    assert exporter.export([bad]) is SpanExportResult.FAILURE
    exporter.shutdown()
    assert len(collector.received) == 1
    assert telemetry.value("otel.sdk.exporter.span.exported", {"error.type": "TypeError"}) == 2
    assert "(spans: 1 just now): they cannot be encoded" in capfd.readouterr().err
