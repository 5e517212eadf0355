from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from telemetry.contract.names import ATTRIBUTE_TYPES
from telemetry.contract.registry import load_registry
from telemetry.jobview import loki
from telemetry.jobview.backends import BackendReader
from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView

CAPTURED = Path(__file__).parent / "captured"
JOB_ID = "6b050d3b00000000000000005ca1ab1e"
URLS = ("http://tempo:3200", "http://loki:3100/", "http://prometheus:9090")


class Backends:
    """Answers as the captured backends did; an answer can be replaced."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.replaced: dict[str, Callable[[httpx.Request], httpx.Response]] = {}
        self._attempts = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.replaced:
            return self.replaced[request.url.host](request)
        name = request.url.host
        if name == "prometheus":
            self._attempts += 1
            name = f"prometheus-{self._attempts}"
        return httpx.Response(200, content=(CAPTURED / f"{name}.json").read_bytes())

    def read(self, **times: float) -> JobView:
        return BackendReader(*URLS, transport=httpx.MockTransport(self)).read(JOB_ID, **times)

    def asked(self, host: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.host == host]


@pytest.fixture
def backends() -> Backends:
    return Backends()


@pytest.fixture
def local() -> JobView:
    return LocalReader(CAPTURED / "telemetry").read(JOB_ID)


def typed(view: JobView) -> list[list[tuple[str, type, object]]]:
    records = (*view.spans, *view.events)
    return [[(name, type(value), value) for name, value in sorted(r.attributes.items())] for r in records]


def test_the_job_is_the_same_from_the_backends_as_from_its_files(backends, local):
    view = backends.read()
    assert view.spans == local.spans
    assert view.events == local.events
    assert typed(view) == typed(local)  # 1 == 1.0 == True, so equal is not yet the same
    assert [metrics.trials for metrics in view.metrics] == [metrics.trials for metrics in local.metrics]
    assert (view.state, len(view.attempts), view.notes) == ("completed", 2, ())
    assert (view.problems(), view.gaps()) == (local.problems(), local.gaps())


def test_samples_of_the_processes_are_the_same_to_the_millisecond(backends, local):
    for here, there in zip(local.metrics, backends.read().metrics, strict=True):
        assert [sample.value for sample in there.cpu] == [sample.value for sample in here.cpu]
        assert [sample.value for sample in there.memory] == [sample.value for sample in here.memory]
        assert [s.time_ns // 10**6 for s in there.cpu] == [s.time_ns // 10**6 for s in here.cpu]


def test_loki_is_asked_from_the_time_in_the_id_until_now(backends):
    backends.read()
    (request,) = backends.asked("loki")
    asked = request.url.params
    assert asked["query"] == f'{{service_namespace="jobscope"}} | trace_id="{JOB_ID}"'
    assert int(asked["start"]) == (0x6B050D3B - 60) * 10**9
    assert int(asked["end"]) <= min(time.time_ns() + 60 * 10**9, int(asked["start"]) + loki.MAX_RANGE_NS)


def test_loki_is_asked_for_the_range_given(backends):
    backends.read(start=1_795_493_000, end=1_795_494_000)
    asked = backends.asked("loki")[0].url.params
    assert (asked["start"], asked["end"]) == ("1795493000000000000", "1795494000000000000")


def test_prometheus_is_asked_for_each_attempts_process_around_its_time(backends, local):
    backends.read()
    for request, attempt in zip(backends.asked("prometheus"), local.attempts, strict=True):
        form = parse_qs(request.content.decode())
        assert f'service_instance_id="{attempt.instance}"' in form["query"][0]
        assert float(form["time"][0]) == pytest.approx(attempt.last_seen_ns / 1e9 + 90, abs=1e-3)


def paged(records: list[list[object]]) -> Callable[[httpx.Request], httpx.Response]:
    """Return a Loki that has these records and gives as many as it is asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        found = [r for r in records if int(asked["start"]) <= int(str(r[0])) < int(asked["end"])]
        stream = {"stream": {"service_name": "jobscope-worker"}, "values": found[: int(asked["limit"])]}
        return httpx.Response(200, json={"data": {"result": [stream]}})

    return answer


def record(time_ns: int, uid: str) -> list[object]:
    return [str(time_ns), "a sentence", {"structuredMetadata": {"log_record_uid": uid}}]


def test_more_records_than_loki_gives_at_once_are_asked_for_again(backends, monkeypatch):
    monkeypatch.setattr(loki, "PAGE", 4)
    # Records of one time, which a page's end may cut apart.
    backends.replaced["loki"] = paged([record(2 * 10**9 + number // 3, f"{number}") for number in range(50)])
    view = backends.read(start=1, end=3)
    assert sorted(int(event.uid) for event in view.events) == list(range(50))


def test_a_page_full_of_one_time_does_not_hang_the_reader(backends, monkeypatch):
    monkeypatch.setattr(loki, "PAGE", 4)
    same = [record(2 * 10**9, f"{number}") for number in range(6)]
    backends.replaced["loki"] = paged([*same, record(2 * 10**9 + 1, "last")])
    assert [event.uid for event in backends.read(start=1, end=3).events] == ["0", "1", "2", "3", "last"]


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


@pytest.mark.parametrize(
    ("backend", "name", "url"),
    [
        ("tempo", "Tempo", "http://tempo:3200"),
        ("loki", "Loki", "http://loki:3100"),
        ("prometheus", "Prometheus", "http://prometheus:9090"),
    ],
)
def test_a_backend_that_is_down_is_noted_and_the_others_are_shown(backends, backend, name, url):
    backends.replaced[backend] = refuse
    view = backends.read()
    assert view.notes == (f"{name} at {url} does not answer: Connection refused.",)
    assert view.state == "completed"
    assert bool(view.spans) == (backend != "tempo")
    assert bool(view.events) == (backend != "loki")
    assert bool(view.metrics) == (backend == "loki")


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (
            httpx.Response(500, text="ring is empty\n"),
            "Loki at http://loki:3100 refused with 500: ring is empty",
        ),
        (
            httpx.Response(200, text="<html>"),
            "Loki at http://loki:3100 answers with something else than its API",
        ),
        (httpx.Response(200, json=[]), "Loki at http://loki:3100 answers with something else than its API"),
        (httpx.Response(200, json={}), "Loki at http://loki:3100 answers with something else than its API"),
    ],
)
def test_an_answer_that_is_none_is_noted(backends, answer, note):
    backends.replaced["loki"] = lambda _: answer
    view = backends.read()
    assert len(view.notes) == 1
    assert view.notes[0].startswith(note)
    assert view.spans


def test_a_job_that_nobody_knows_is_noted(backends):
    backends.replaced["tempo"] = lambda _: httpx.Response(200, json={"trace": {}, "metrics": {}})
    backends.replaced["loki"] = paged([])
    view = backends.read()
    assert view.state == "unknown"
    assert view.notes == (
        "Neither Tempo nor Loki has anything of this job: no such job, or it has expired there.",
    )
    assert backends.asked("prometheus") == []


def test_an_expired_trace_is_noted(backends):
    backends.replaced["tempo"] = lambda _: httpx.Response(404)
    assert backends.read().notes == (
        "Tempo has no trace of this job: it has expired there, or is not there yet.",
    )


def test_expired_logs_are_noted(backends):
    backends.replaced["loki"] = paged([])
    view = backends.read()
    assert view.notes == (
        "Loki has no log records of this job: they have expired there, or are not there yet.",
    )
    assert view.state == "completed"


def test_a_part_of_a_trace_is_noted(backends):
    answer = json.loads((CAPTURED / "tempo.json").read_bytes())
    answer |= {"status": "PARTIAL", "message": "trace exceeds max size"}
    backends.replaced["tempo"] = lambda _: httpx.Response(200, json=answer)
    view = backends.read()
    assert view.spans
    assert view.notes == ("Tempo gave only part of the trace: trace exceeds max size",)


def test_expired_metrics_are_noted_with_the_process(backends, local):
    backends.replaced["prometheus"] = lambda _: httpx.Response(200, json={"data": {"result": []}})
    assert backends.read().notes == tuple(
        f"Prometheus has no metrics of attempt {attempt.number}'s process {attempt.instance}."
        for attempt in local.attempts
    )


def test_what_is_no_job_id_is_refused_before_anyone_is_asked(backends):
    reader = BackendReader(*URLS, transport=httpx.MockTransport(backends))
    with pytest.raises(ValueError, match="is not a job id"):
        reader.read('"} |= "x')
    assert backends.requests == []


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("7", "int", 7),
        ("-9223372036854775808", "int", -(2**63)),
        ("1", "double", 1.0),
        ("1e+21", "double", 1e21),
        ("0.30000000000000004", "double", 0.1 + 0.2),
        ("true", "boolean", True),
        ("false", "boolean", False),
        ("12", "string", "12"),
        ("many", "int", "many"),
        ("maybe", "boolean", "maybe"),
    ],
)
def test_values_get_the_type_of_the_contract(text, kind, expected):
    restored = loki.restore(text, kind)
    assert (type(restored), restored) == (type(expected), expected)


def test_no_event_has_attributes_that_are_taken_for_its_resources():
    for event in load_registry().events.values():
        assert not [name for name in event.attributes if name.startswith(loki.RESOURCE_PREFIXES)]


def test_no_two_names_of_the_contract_are_the_same_in_loki():
    assert len({name.replace(".", "_") for name in ATTRIBUTE_TYPES}) == len(ATTRIBUTE_TYPES)


def test_backends_of_this_machine_are_asked_without_a_proxy(monkeypatch):
    """A listener that answers nothing, and a proxy that is not there: only the first may be asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = threading.Event()

        def hang_up():
            with suppress(OSError):  # the test is over
                while True:
                    listener.accept()[0].close()
                    asked.set()

        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        BackendReader(url, url, url).read(JOB_ID)
        assert asked.is_set()
