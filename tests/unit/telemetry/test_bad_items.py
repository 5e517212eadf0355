"""What OTLP cannot hold, and wrong log calls: at most the bad item is lost, and the program goes on."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, Status, StatusCode

from telemetry.console import ConsoleProcessor
from telemetry.exporters.cleaning import clean_text, clean_value
from telemetry.exporters.encoding import encoded_metrics, encoded_spans
from telemetry.exporters.protobuf import Protobuf
from telemetry.files.otlpjson import OtlpJson
from telemetry.libraries import LibraryLogs

HALF = "half of an emoji: \ud83e"
CLEAN = "half of an emoji: \ufffd"

# Bad things in between good ones, as a program of its own: what it prints last shows that it went on.
PROGRAM = """
import logging, sys
from pathlib import Path
from opentelemetry import trace
from telemetry import events
from telemetry.setup import configure

telemetry = configure("invoices", directory=Path(sys.argv[1]), version="1")
tracer, log = trace.get_tracer("invoices"), logging.getLogger("some.library")
half = "half of an emoji: \\ud83e"
cycle = {}
cycle["again"] = cycle

class Silent:
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__

class SilentError(Exception):
    __str__ = __repr__ = Silent.__str__

for number, bad in enumerate(sys.argv[2:]):
    with tracer.start_as_current_span(f"span {number}"):
        log.warning("record %d", number)
    exec(bad)
telemetry.shutdown()
print("went on")
"""


def run(tmp_path, *bad, **variables):
    """Run the program with bad things; return its spans, its log records, and what it printed on stderr."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *bad],
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "went on\n"), result.stderr
    return exported(tmp_path, "traces", "spans"), exported(tmp_path, "logs", "logRecords"), result.stderr


def exported(directory, signal, items):
    return [
        item
        for path in directory.glob(f"{signal}-*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        for resource in json.loads(line)[f"resource{items[0].upper()}{items[1:].replace('Records', 's')}"]
        for scope in resource[f"scope{items[0].upper()}{items[1:].replace('Records', 's')}"]
        for item in scope[items]
    ]


BAD_SPANS = {
    "tracer.start_span(half).end()": CLEAN,
    "tracer.start_span('key', attributes={half: 1}).end()": "key",
    "tracer.start_span('value', attributes={'a': half}).end()": "value",
    "tracer.start_span('nested', attributes={'a': [{'b': half}]}).end()": "nested",
    "tracer.start_span('large', attributes={'a': 2**70}).end()": "large",
    "span = tracer.start_span('event'); span.add_event(half, {half: half}); span.end()": "event",
    "span = tracer.start_span('status'); span.set_status(trace.StatusCode.ERROR, half); span.end()": "status",
    "trace.get_tracer(half).start_span('scope').end()": "scope",
    "tracer.start_span('cycle', attributes={'a': cycle, 'b': Silent()}).end()": "cycle",
    "span = tracer.start_span('set'); span.set_attribute('a', cycle); span.end()": "set",
    "span = tracer.start_span('added'); span.add_event('a', {'a': cycle}); span.end()": "added",
}


def test_spans_with_half_a_character_cost_nothing(tmp_path):
    spans, records, stderr = run(tmp_path, *BAD_SPANS)
    good = [f"span {number}" for number in range(len(BAD_SPANS))]
    assert sorted(item["name"] for item in spans) == sorted([*good, *BAD_SPANS.values()])
    assert len(records) == len(BAD_SPANS)
    assert stderr == ""


BAD_LOG_CALLS = {
    "log.warning(half)": CLEAN,
    "log.warning('key', extra={half: half})": "key",
    "logging.getLogger(half).warning('scope')": "scope",
    "events.emit(half, 'event')": "event",
    "log.warning('%d invoices', 'three')": "%d invoices ('three',) "
    "(not formatted: TypeError: %d format: a real number is required, not str)",
    "log.warning('%s', 1, 2)": "%s (1, 2) "
    "(not formatted: TypeError: not all arguments converted during string formatting)",
    "log.warning('%s', Silent())": "%s <tuple without a text: RuntimeError> "
    "(not formatted: RuntimeError: no text)",
    "log.warning(Silent())": "<Silent without a text: RuntimeError> () "
    "(not formatted: RuntimeError: no text)",
    "log.warning('cycle', extra={'a': cycle})": "cycle",
    "log.warning('silent', extra={'a': Silent()})": "silent",
    "log.warning('error', exc_info=SilentError(Silent()))": "error",
    "with events.bind({'a': cycle}): log.warning('bound')": "bound",
    "events.emit('worker.started', 'attributes', attributes={'a': cycle, 'b': Silent()})": "attributes",
    "events.emit('worker.started', 'exception', exception=SilentError())": "exception",
    "events.emit('worker.started', Silent())": "<Silent without a text: RuntimeError>",
    "events.emit('worker.started', 2**70)": str(2**70),
}


def test_wrong_log_calls_arrive_as_far_as_they_can_be_told(tmp_path):
    spans, records, stderr = run(tmp_path, *BAD_LOG_CALLS)
    good = [f"record {number}" for number in range(len(BAD_LOG_CALLS))]
    bodies = [record["body"]["stringValue"] for record in records]
    assert sorted(bodies) == sorted([*good, *BAD_LOG_CALLS.values()])
    assert len(spans) == len(BAD_LOG_CALLS)
    assert stderr == ""


def test_environment_that_is_no_utf8_costs_nothing(tmp_path):
    spans, _, _ = run(
        tmp_path, "pass", "pass", OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=\udce9t\udce9"
    )
    assert [item["name"] for item in spans] == ["span 0", "span 1"]


@pytest.fixture(params=[Protobuf(), OtlpJson()], ids=["protobuf", "json"])
def form(request):
    return request.param


def test_good_items_are_encoded_once_and_as_they_are(form):
    provider = TracerProvider(shutdown_on_exit=False)
    spans = [provider.get_tracer("t").start_span(f"ünï {number}") for number in range(3)]
    calls = []
    encoded = encoded_spans(spans, lambda batch: calls.append(batch) or form.spans(batch))
    assert calls == [spans]
    assert (encoded.data, encoded.lost) == (form.spans(spans), 0)


def test_span_that_cannot_be_encoded_at_all_is_left_out_alone(form):
    provider = TracerProvider(shutdown_on_exit=False)
    good, bad, other = (provider.get_tracer("t").start_span(name) for name in ("good", "bad", "other"))
    bad._start_time = "yesterday"  # nothing sets it so; it stands for whatever we have not thought of
    encoded = encoded_spans([good, bad, other], form.spans)
    assert encoded.lost == 1
    assert isinstance(encoded.error, TypeError | ValueError)
    assert encoded.data == form.spans([good, other])


def test_everything_of_a_span_is_cleaned(form):
    provider = TracerProvider(resource=Resource({HALF: HALF}), shutdown_on_exit=False)
    tracer = provider.get_tracer(HALF, HALF, HALF, {HALF: HALF})
    other = tracer.start_span("other").get_span_context()
    span = tracer.start_span(HALF, attributes={HALF: [HALF]}, links=[Link(other, {HALF: 2**64})])
    span.add_event(HALF, {HALF: {HALF: HALF}})
    span.set_status(Status(StatusCode.ERROR, HALF))
    span.end()
    encoded = encoded_spans([span], form.spans)
    assert encoded.lost == 0
    assert encoded.data.decode("utf-8", "replace").count(CLEAN) == 16


def test_everything_of_a_metric_is_cleaned_and_the_others_stay(form):
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("t")
    meter.create_counter("good").add(1)
    meter.create_counter("odd", description=HALF).add(2**70, {HALF: HALF})
    meter.create_histogram("third").record(1, {"a": HALF})
    encoded = encoded_metrics(reader.get_metrics_data(), form.metrics)
    assert encoded.lost == 0
    text = encoded.data.decode("utf-8", "replace")
    assert {name: text.count(name) for name in ("good", "odd", "third", CLEAN)} == {
        "good": 1,
        "odd": 1,
        "third": 1,
        CLEAN: 4,
    }


def test_values():
    again = [1]
    again.append(again)
    assert clean_value(again) == (1, "<itself>")
    deep = "bottom"
    for _ in range(100):
        deep = {"a": deep}
    assert str(clean_value(deep)).count("'a'") == 16
    shared = ["x"]
    assert clean_value([shared, shared]) == (("x",), ("x",)), "twice is not within itself"
    assert clean_value(10**5000) == "<integer of 16610 bits>"
    assert clean_value(-(2**63)) == -(2**63)
    assert clean_value(2**63) == str(2**63)
    assert clean_value({1: b"\xff", "n": None}) == {"1": b"\xff", "n": None}
    assert clean_text("\ud83e\udd14") == "🤔", "two halves are a character"


@pytest.fixture
def logged():
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger, handler = logging.getLogger("some.library"), LibraryLogs(logging.WARNING, provider)
    logger.addHandler(handler)
    yield logger, lambda: [item.log_record for item in exporter.get_finished_logs()]
    logger.removeHandler(handler)
    provider.shutdown()


def test_library_record_keeps_what_it_was_given(logged):
    logger, records = logged
    try:
        raise KeyError("a", 5)
    except KeyError:
        logger.exception("failed %s", "twice", extra={"otel.event.name": "some.event", "n": 1, "o": object})
    (record,) = records()
    assert (record.body, record.event_name, record.severity_text) == ("failed twice", "some.event", "ERROR")
    attributes = dict(record.attributes)
    assert "raise KeyError" in attributes.pop("exception.stacktrace")
    assert attributes == {
        "n": 1,
        "o": "<class 'object'>",
        "exception.type": "KeyError",
        "exception.message": "('a', 5)",
    }


def test_record_that_cannot_be_made_is_told_of_on_stderr(logged, capfd, monkeypatch):
    monkeypatch.setattr("telemetry.exporters.telling._told", {})
    logger, records = logged
    for _ in range(2):
        logger.handle(logging.makeLogRecord({"name": "x", "levelno": logging.ERROR, "created": "now"}))
    assert records() == []
    assert capfd.readouterr().err.count("a log record of x is lost: ") == 1


def test_console_shows_one_line_whatever_it_is_given(tmp_path):
    path = tmp_path / "console"
    provider = LoggerProvider(shutdown_on_exit=False)
    with path.open("w", encoding="utf-8") as stream:
        provider.add_log_record_processor(ConsoleProcessor(stream))
        logger = provider.get_logger("t")
        logger.emit(body=f"a\nb\x1b[31m{HALF}", event_name="e\r", severity_text="INFO", timestamp=2**80)
        logger.emit(body={"a": object}, timestamp=10**18)
    provider.shutdown()
    assert path.read_text(encoding="utf-8").splitlines() == [
        f"??:??:??.??? INFO  e\\r a\\nb\\x1b[31m{CLEAN}",
        "01:46:40.000       - {'a': <class 'object'>}",
    ]
