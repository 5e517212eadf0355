"""The Collector and the backends by themselves: what is sent in is found again, whatever happens between."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.database.engine import open_database
from app.queue.slots import SlotLost, hold_slot
from app.settings import Settings
from app.stack.binaries import find_binary
from app.stack.programs import INFRASTRUCTURE
from app.stack.readiness import free_offset
from app.stack.stack import Stack
from telemetry.contract.lint import lint
from telemetry.contract.registry import load_registry

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
TIMEOUT = 120
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    # What cannot be built here is left out; without the rest nothing can be claimed.
    optional = {"tempo", "grafana"}
    include = [p.name for p in INFRASTRUCTURE if p.name not in optional or shutil.which(p.name)]
    stack = Stack(tmp_path_factory.mktemp("infrastructure"), free_offset(), include=include)
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def eventually(look):
    """Return what `look` finds: backends answer a little later, and not at all while they start."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            found = look()
        except httpx.TransportError:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"{look.__name__} found nothing within {TIMEOUT} s"
        time.sleep(0.1)


def attributes(**values):
    return [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in values.items()]


class Sender:
    """A process that sends telemetry, with names of its own so that tests do not see each other's."""

    def __init__(self, stack, client):
        self.stack, self.client = stack, client
        self.name = f"sender-{secrets.token_hex(4)}"
        self.trace_id = f"{int(time.time()):08x}{secrets.token_hex(12)}"
        self.resource = {"attributes": attributes(service__name=self.name, service__instance__id=self.name)}

    def post(self, signal, body):
        response = self.client.post(f"{self.stack.urls['otlp']}/v1/{signal}", json=body)
        assert response.status_code == 200, response.text

    def log(self, body, at):
        record = {
            "timeUnixNano": str(at),
            "eventName": "optimization.started",
            "severityNumber": 9,
            "body": {"stringValue": body},
            "traceId": self.trace_id,
            "attributes": attributes(log__record__uid=body),
        }
        self.post(
            "logs", {"resourceLogs": [{"resource": self.resource, "scopeLogs": [{"logRecords": [record]}]}]}
        )

    def span(self, at):
        span = {
            "traceId": self.trace_id,
            "spanId": secrets.token_hex(8),
            "name": "send optimizations",
            "kind": 4,
            "startTimeUnixNano": str(at),
            "endTimeUnixNano": str(at + SECOND),
            "attributes": attributes(job__id=self.trace_id),
        }
        self.post(
            "traces", {"resourceSpans": [{"resource": self.resource, "scopeSpans": [{"spans": [span]}]}]}
        )

    def measure(self, value, at, *, began):
        count = {
            "name": "sender.items",
            "unit": "{item}",
            "sum": {
                "aggregationTemporality": 2,
                "isMonotonic": True,
                "dataPoints": [
                    {"startTimeUnixNano": str(began), "timeUnixNano": str(at), "asInt": str(value)}
                ],
            },
        }
        duration = {
            "name": "sender.duration",
            "unit": "s",
            "histogram": {
                "aggregationTemporality": 2,
                "dataPoints": [
                    {
                        "startTimeUnixNano": str(began),
                        "timeUnixNano": str(at),
                        "count": str(value),
                        "sum": float(value),
                        "bucketCounts": ["0", str(value)],
                        "explicitBounds": [0.5],
                        "exemplars": [
                            {
                                "timeUnixNano": str(at),
                                "asDouble": 1.0,
                                "traceId": self.trace_id,
                                "spanId": secrets.token_hex(8),
                            }
                        ],
                    }
                ],
            },
        }
        metrics = [{"metrics": [count, duration]}]
        self.post("metrics", {"resourceMetrics": [{"resource": self.resource, "scopeMetrics": metrics}]})

    def logs(self, condition=""):
        response = self.client.get(
            f"{self.stack.urls['loki']}/loki/api/v1/query_range",
            params={
                "query": f'{{service_name="{self.name}"}} {condition}',
                "start": time.time_ns() - 7200 * SECOND,
                "end": time.time_ns() + SECOND,
                "limit": 5000,
            },
        )
        if response.status_code != 200:
            return []
        streams = response.json()["data"]["result"]
        return [(line, stream["stream"]) for stream in streams for _, line in stream["values"]]

    def query(self, expression, at=None):
        response = self.client.get(
            f"{self.stack.urls['prometheus']}/api/v1/query",
            params={"query": expression, "time": at or time.time()},
        )
        return response.json()["data"]["result"] if response.status_code == 200 else []


@pytest.fixture
def sender(stack, client):
    return Sender(stack, client)


def test_log_record_keeps_its_event_name_and_becomes_no_new_stream(sender, client, stack):
    sender.log("hello", time.time_ns())
    condition = f'| event_name="optimization.started" | trace_id="{sender.trace_id}"'
    ((line, labels),) = eventually(lambda: sender.logs(condition))
    assert line == "hello"
    assert labels["log_record_uid"] == "hello"
    names = client.get(f"{stack.urls['loki']}/loki/api/v1/labels").json()["data"]
    assert "service_instance_id" not in names


def test_metric_has_its_prometheus_name_its_process_and_an_exemplar(sender, client, stack):
    now = time.time_ns()
    sender.measure(7, now, began=now - SECOND)
    (series,) = eventually(lambda: sender.query(f'sender_items_total{{service_instance_id="{sender.name}"}}'))
    assert series["value"][1] == "7"
    assert series["metric"]["service_name"] == sender.name

    def exemplars():
        response = client.get(
            f"{stack.urls['prometheus']}/api/v1/query_exemplars",
            params={
                "query": f'sender_duration_seconds_bucket{{service_name="{sender.name}"}}',
                "start": now / 1e9 - 60,
                "end": now / 1e9 + 60,
            },
        )
        return [each for series in response.json()["data"] for each in series["exemplars"]]

    assert eventually(exemplars)[0]["labels"]["trace_id"] == sender.trace_id


@pytest.fixture
def tempo(stack):
    if stack.record("tempo") is None:
        pytest.skip("tempo is not on PATH")
    return stack.urls["tempo"]


@pytest.mark.parametrize("age_seconds", [0, 3600], ids=["now", "as late as the outage we survive"])
def test_span_is_found_by_id_and_by_search(sender, client, tempo, age_seconds):
    at = time.time_ns() - age_seconds * SECOND
    sender.span(at)

    def by_id():
        response = client.get(f"{tempo}/api/v2/traces/{sender.trace_id}")
        return response.status_code == 200 and response.json().get("trace", {}).get("resourceSpans")

    def by_search():
        parameters = {
            "q": f'{{ span.job.id = "{sender.trace_id}" }}',
            "start": at // SECOND - 60,
            "end": at // SECOND + 60,
        }
        return client.get(f"{tempo}/api/search", params=parameters).json().get("traces")

    assert len(eventually(by_id)) == 1
    assert eventually(by_search)[0]["traceID"] == sender.trace_id


def test_late_records_and_samples_are_taken(sender):
    now = time.time_ns()
    late = now - 3600 * SECOND
    # The newest first: what follows is an hour behind its own stream.
    sender.log("now", now)
    sender.measure(2, now, began=late - SECOND)
    eventually(lambda: sender.logs() and sender.query(f'sender_items_total{{service_name="{sender.name}"}}'))
    sender.log("an hour ago", late)
    sender.measure(1, late, began=late - SECOND)
    assert eventually(lambda: [line for line, _ in sender.logs() if line == "an hour ago"])
    old = f'sender_items_total{{service_name="{sender.name}"}}'
    assert eventually(lambda: sender.query(old, at=late / 1e9 + 1))[0]["value"][1] == "1"


def test_nothing_acknowledged_is_lost_when_everything_is_killed(sender, stack):
    began = time.time_ns() - SECOND
    count = 60

    def send(numbers):
        for number in numbers:
            sender.log(f"record {number}", time.time_ns())
            sender.measure(number, time.time_ns(), began=began)

    send(range(1, 20))
    for name in ("loki", "prometheus"):
        stack.kill(name)
    send(range(20, 40))
    stack.kill("otel-collector")
    stack.up()
    send(range(40, count + 1))

    # At least once: a batch under way when its receiver was killed may come twice.
    assert eventually(lambda: len({line for line, _ in sender.logs()}) == count)
    samples = f'sender_items_total{{service_name="{sender.name}"}}[10m]'
    assert eventually(lambda: (found := sender.query(samples)) and len(found[0]["values"]) == count)


def test_prometheus_sees_every_program_and_alertmanager_its_alerts(stack, client, sender):
    expected = {program.name for program in stack.programs if program.metrics}

    def all_up():
        return {each["metric"]["job"] for each in sender.query("up == 1")} == expected

    assert eventually(all_up)

    def alerts():
        found = client.get(f"{stack.urls['alertmanager']}/api/v2/alerts").json()
        return "Watchdog" in {alert["labels"]["alertname"] for alert in found}

    assert eventually(alerts)


def test_whole_stack_listens_on_loopback_alone(stack):
    listening = {}
    for name in stack.names:
        process = stack.record(name).process()
        for member in [process, *process.children(recursive=True)]:
            for connection in member.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    listening.setdefault(name, set()).add(connection.laddr.ip)
    assert set(listening) == set(stack.names)
    assert set().union(*listening.values()) == {"127.0.0.1"}


def test_collectors_health_check_of_compose_tells_healthy_from_gone(stack):
    # The image's only file is the Collector; the check is tried on ours, which is built of the same parts.
    kind, _, *arguments = COMPOSE["otel-collector"]["healthcheck"]["test"]
    assert kind == "CMD"
    port = stack.layout.port("collector_health")
    config = ROOT / "otel-collector/gateway.yaml"
    (program,) = (program for program in stack.programs if program.name == "otel-collector")
    environment = stack.layout.environment(program, {})

    def check(port):
        filled = [
            argument.replace("/etc/jobscope/gateway.yaml", str(config)).replace(":13133", f":{port}")
            for argument in arguments
        ]
        binary = find_binary(("otelcol",))
        return subprocess.run([binary, *filled], env=environment, capture_output=True, check=False).returncode

    assert check(port) == 0
    assert check(stack.layout.port("api")) != 0  # where nothing listens


def test_loki_and_tempo_accept_every_query_of_ours(stack, tmp_path):
    backends = {"loki_url": stack.urls["loki"]}
    if shutil.which("tempo"):  # without it, nothing is said about TraceQL
        backends["tempo_url"] = stack.urls["tempo"]
    findings, queries = lint(load_registry(), [], ROOT, **backends)
    assert findings == []
    assert queries > 50
    wrong = json.loads((ROOT / "grafana/dashboards/job.json").read_text(encoding="utf-8"))
    (events,) = (panel for panel in wrong["panels"] if panel["title"] == "Events")
    events["targets"][0]["expr"] += " | | json"
    (tmp_path / "job.json").write_text(json.dumps(wrong), encoding="utf-8")
    findings, _ = lint(load_registry(), [tmp_path], ROOT, **backends)
    assert [(one.id, one.place.split(" (")[0]) for one in findings] == [("syntax", "panel 'Events'")]


@pytest.fixture
def engine(stack):
    settings = Settings(
        data_dir=stack.layout.data_dir / "new",
        database_url=stack.urls["postgres"],
        database_password_file=stack.layout.passwords / "database_password",
    )
    engine = open_database(settings)
    assert settings.data_dir.is_dir(), "health looks at the disk it is on"
    yield engine
    engine.dispose()


def lose_connections(engine):
    """End all connections of the application, as a restart of PostgreSQL does."""
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = current_user AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with engine.connect() as connection:
        assert connection.execute(others).all()


def kept(slot):
    try:
        slot.keep()
    except OperationalError:
        return False
    return True


def test_slot_is_taken_again_after_its_connection_was_lost(engine, tmp_path):
    with hold_slot(engine, tmp_path) as slot:
        slot.keep()
        lose_connections(engine)
        assert not kept(slot), "that it was lost is noticed"
        assert kept(slot)
        with hold_slot(engine, tmp_path) as other:
            assert (slot.name, other.name) == ("worker-0", "worker-1")


def test_slot_that_another_took_in_the_meantime_is_lost(engine, tmp_path):
    with hold_slot(engine, tmp_path) as slot:
        lose_connections(engine)
        with hold_slot(engine, tmp_path) as other:
            assert other.name == slot.name
            assert not kept(slot)
            with pytest.raises(SlotLost):
                slot.keep()


def test_grafanas_role_reads_jobs_and_nothing_else(stack):
    passwords = stack.layout.passwords
    settings = Settings(
        data_dir=stack.layout.data_dir,
        database_url=stack.urls["postgres"],
        database_password_file=passwords / "database_password",
    )
    open_database(settings).dispose()  # makes the tables
    connection = psycopg.connect(
        host="127.0.0.1",
        port=stack.layout.port("postgres"),
        user="jobscope_reader",
        password=(passwords / "reader_password").read_text(encoding="utf-8"),
        dbname="jobscope",
        autocommit=True,
    )
    with connection:
        for table in ("optimizations", "attempts", "trials", "workers"):
            assert connection.execute(f"TABLE {table} LIMIT 1").fetchall() == []
        for forbidden in ("SELECT * FROM api_keys", "SELECT * FROM dbos.workflow_status"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM trials")


def test_grafana_has_the_data_sources_and_no_default_password(stack, client):
    if stack.record("grafana") is None:
        pytest.skip("grafana is not on PATH")
    password = (stack.layout.passwords / "grafana_password").read_text(encoding="utf-8")
    url = stack.urls["grafana"]
    assert client.get(f"{url}/api/datasources", auth=("admin", "admin")).status_code == 401
    auth = ("admin", password)
    sources = {source["uid"] for source in client.get(f"{url}/api/datasources", auth=auth).json()}
    assert sources == {"prometheus", "loki", "tempo", "postgres", "alertmanager"}
    for uid in ("prometheus", "loki", "postgres"):
        health = client.get(f"{url}/api/datasources/uid/{uid}/health", auth=auth).json()
        assert health["status"] == "OK", f"{uid}: {health}"
