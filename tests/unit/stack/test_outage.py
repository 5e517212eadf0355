"""The limits on telemetry's way, against the outage that backends/outage.yaml says we survive."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def load(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def duration(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", text).groups()
    return timedelta(**{UNITS[unit]: int(number)})


OUTAGE = load("backends/outage.yaml")
SURVIVE = duration(OUTAGE["survive"])
LATE = SURVIVE + duration(OUTAGE["drain"])
COLLECTOR = load("otel-collector/gateway.yaml")
EXPORTERS = {"metrics": "otlp_http/prometheus", "logs": "otlp_http/loki", "traces": "otlp_http/tempo"}


def at_least(actual, least, where):
    assert actual >= least, f"{where} is {actual}, but must be at least {least} for backends/outage.yaml"


def test_prometheus_takes_late_samples():
    tsdb = load("backends/prometheus/prometheus.yml")["storage"]["tsdb"]
    at_least(
        duration(tsdb["out_of_order_time_window"]),
        LATE,
        "backends/prometheus/prometheus.yml storage.tsdb.out_of_order_time_window",
    )


def test_loki_takes_late_records():
    # It refuses what is more than half of max_chunk_age behind its stream's newest.
    age = duration(load("backends/loki/loki.yaml")["ingester"]["max_chunk_age"])
    at_least(age, 2 * LATE, "backends/loki/loki.yaml ingester.max_chunk_age")


@pytest.mark.parametrize("path", [("live_store", "wal"), ("storage", "trace", "wal")])
def test_tempo_finds_late_spans(path):
    section = load("backends/tempo/tempo.yaml")
    for key in path:
        section = section[key]
    where = f"backends/tempo/tempo.yaml {'.'.join(path)}.ingestion_time_range_slack"
    at_least(duration(section["ingestion_time_range_slack"]), LATE, where)


@pytest.mark.parametrize("signal", sorted(EXPORTERS))
def test_collectors_queue_holds_an_outage(signal):
    queue = COLLECTOR["exporters"][EXPORTERS[signal]]["sending_queue"]
    rate = OUTAGE["rates"][signal]
    assert queue["sizer"] == "bytes"
    least = rate["items_per_second"] * rate["bytes_per_item"] * SURVIVE.total_seconds()
    at_least(queue["queue_size"], least, f"otel-collector/gateway.yaml {EXPORTERS[signal]} queue_size")


@pytest.mark.parametrize("signal", sorted(EXPORTERS))
def test_collectors_files_hold_its_queue(signal):
    queue = COLLECTOR["exporters"][EXPORTERS[signal]]["sending_queue"]
    max_size = COLLECTOR["extensions"]["file_storage/queue"]["max_size"]
    # bbolt's pages are not full.
    at_least(max_size, 1.5 * queue["queue_size"], "otel-collector/gateway.yaml file_storage/queue max_size")


@pytest.mark.parametrize("signal", sorted(EXPORTERS))
def test_nothing_acknowledged_is_only_in_memory_or_given_up(signal):
    pipeline = COLLECTOR["service"]["pipelines"][signal]
    assert pipeline["exporters"] == [EXPORTERS[signal]]
    assert pipeline["processors"][0] == "memory_limiter"
    assert not {"batch", "tail_sampling"} & {name.split("/")[0] for name in pipeline["processors"]}
    exporter = COLLECTOR["exporters"][EXPORTERS[signal]]
    assert exporter["sending_queue"]["storage"] == "file_storage/queue"
    assert exporter["sending_queue"]["block_on_overflow"] is True
    assert exporter["retry_on_failure"]["max_elapsed_time"] == 0


@pytest.mark.parametrize("signal", sorted(EXPORTERS))
def test_collector_adds_little_delay(signal):
    batch = COLLECTOR["exporters"][EXPORTERS[signal]]["sending_queue"]["batch"]
    assert duration(batch["flush_timeout"]) <= timedelta(milliseconds=200)
