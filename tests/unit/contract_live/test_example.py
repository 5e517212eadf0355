"""The example in examples/fastapi-queue runs, and keeps to its registry; when it does not, that is found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from telemetry.contract.live import LiveCheck, load_definitions
from telemetry.contract.live.receiver import Receiver
from telemetry.contract.registry import DEFAULT_DIRECTORY

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/fastapi-queue"


class Example:
    """A copy of the example, its processes, and the live check they send to."""

    def __init__(self, directory):
        self.directory = directory
        shutil.copytree(EXAMPLE, directory)

    def change(self, file, old, new):
        path = self.directory / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def run(self):
        """Run both processes, render two invoices, stop them, and return the check's report."""
        check = LiveCheck(load_definitions([EXAMPLE / "registry", DEFAULT_DIRECTORY]))
        receiver = Receiver(0, check.observe)
        try:
            api = self._start(receiver.url, "-m", "uvicorn", "api:app", "--port", "0")
            worker = self._start(receiver.url, "worker.py")
            try:
                self._use(self._port(api))
            finally:
                for process in (api, worker):
                    process.terminate()
                    process.communicate(timeout=60)
        finally:
            receiver.close()
        return check.report()

    def _start(self, url, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "INVOICES_DIR": str(self.directory)}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @staticmethod
    def _port(api):
        """Return the port from the line in which uvicorn says it is ready."""
        said = []
        for line in api.stdout:
            said.append(line)
            if "Uvicorn running on" in line:
                return int(line.split("127.0.0.1:")[1].split()[0])
        pytest.fail("the API did not start:\n" + "".join(said))

    def _use(self, port):
        good = self._ask(port, "POST", "/invoices", {"customer": "ACME", "prices": [10, 2.5]})["id"]
        bad = self._ask(port, "POST", "/invoices", {"customer": "Void", "prices": [-1]})["id"]
        assert self._result(port, good) == {"state": "rendered", "text": "ACME owes 12.50"}
        assert self._result(port, bad) == {"state": "failed", "text": "a price is negative"}

    def _result(self, port, job_id):
        while True:
            found = self._ask(port, "GET", f"/invoices/{job_id}")
            if found["text"]:
                return found

    @staticmethod
    def _ask(port, method, path, body=None):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            return json.load(connection.getresponse())
        finally:
            connection.close()


@pytest.fixture
def example(tmp_path):
    return Example(tmp_path / "example")


def violations(report):
    return [
        (one.id, one.signal_name, one.message) for one in report.findings if str(one.level) == "violation"
    ]


def test_keeps_to_its_registry(example):
    report = example.run()
    assert violations(report) == []
    assert report.unseen == []


def test_event_renamed_in_the_registry_does_not_start(example):
    example.change("registry/invoices.yaml", "name: invoice.rendered", "name: invoice.done")
    process = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=example.directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.endswith("LookupError: registry/ does not define 'invoice.rendered'\n")


def test_renamed_in_the_code(example):
    bills = 'MetricDefinition("bills", "counter", "{invoice}", "Bills.", ())'
    example.change("observed.py", '_metric("invoices")', bills)
    example.change("observed.py", '_defined(_REGISTRY.events, "invoice.rendered").name', '"invoice.done"')
    example.change("worker.py", '"invoice.lines"', '"invoice.rows"')
    report = example.run()
    rows = "Attribute 'invoice.rows' does not exist in the registry."
    lines = "Required attribute 'invoice.lines' is not present."
    assert set(violations(report)) == {
        ("missing_metric", "bills", "Metric does not exist in the registry."),
        ("missing_event", "invoice.done", "Event does not exist in the registry."),
        ("missing_attribute", "invoice.done", rows),
        ("missing_attribute", "render invoice", rows),
        ("required_attribute_not_present", "render invoice", lines),
    }
    assert {name for _, name in report.unseen} == {"invoices", "invoice.rendered", "invoice.lines"}
