"""Events: ids, bound attributes, the line for people."""

from __future__ import annotations

import io

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from telemetry import events
from telemetry.console import ConsoleProcessor


@pytest.fixture
def records(monkeypatch):
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(events.IdentifyingProcessor())
    provider.stream = io.StringIO()
    provider.add_log_record_processor(ConsoleProcessor(provider.stream))
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    monkeypatch.setattr(events, "get_logger", provider.get_logger)
    yield lambda: [item.log_record for item in exporter.get_finished_logs()]
    provider.shutdown()


def test_every_record_has_an_id_of_its_own(records):
    for _ in range(100):
        events.emit("worker.started", "ready")
    assert len({record.attributes["log.record.uid"] for record in records()}) == 100


def test_bound_attributes_are_on_records_of_the_block_only_and_give_way(records):
    with events.bind({"request.id": "r1", "job.id": "bound"}), events.bind({"worker.slot": "w"}):
        events.emit("worker.started", "in", attributes={"job.id": "given"})
    events.emit("worker.started", "out")
    inside, outside = records()
    assert {key: inside.attributes[key] for key in ("request.id", "worker.slot", "job.id")} == {
        "request.id": "r1",
        "worker.slot": "w",
        "job.id": "given",
    }
    assert "request.id" not in outside.attributes


def test_exception_becomes_attributes(records):
    try:
        raise ValueError("boom")
    except ValueError as error:
        events.emit("optimization.failed", "failed", severity=events.Severity.ERROR, exception=error)
    (record,) = records()
    assert record.event_name == "optimization.failed"
    assert record.severity_text == "ERROR"
    assert record.attributes["exception.type"] == "ValueError"
    assert record.attributes["exception.message"] == "boom"
    assert "raise ValueError" in record.attributes["exception.stacktrace"]


def test_console_shows_a_line_without_colour_when_not_a_terminal():
    stream = io.StringIO()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(ConsoleProcessor(stream))
    provider.get_logger("t").emit(
        event_name="worker.started", body="ready", severity_text="INFO", timestamp=10**18
    )
    provider.shutdown()
    assert stream.getvalue() == "01:46:40.000 INFO  worker.started ready\n"
