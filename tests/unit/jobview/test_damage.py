"""Whatever lines of telemetry files hold, the view shows the rest, and says what it left out."""

from __future__ import annotations

import io
import json
import random
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from telemetry.jobview import render_view, to_json
from telemetry.jobview.local import LocalReader

ROUNDS = 150
CHANGES = 6
# Nothing that a terminal acts on may be printed, whatever a job said.
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066[/red]:boom:\r\n\ud800"
VALUES = [
    *(None, True, -1, 0, 1.5, 10**30, "9" * 5000, "nan", "NaN", "-Infinity", "", "x", EVIL),
    *([], {}, [None], [[]], {"values": 3}, {"stringValue": []}, {"intValue": "1e9"}),
    *(
        {"doubleValue": "NaN"},
        {"doubleValue": 1e308},
        {"doubleValue": -1e308},
        {"intValue": "18446744073709551615"},
    ),
    *({"stringValue": EVIL}, {"stringValue": '{"\\u001b[31m": NaN}'}, {"stringValue": "[" * 5000}),
]
LINES = [
    *(
        b"null",
        b"[]",
        b"3",
        b'"x"',
        b"{",
        b"}",
        b"\xff\xfe",
        b"\x00",
        b"{}",
        b"[" * 5000,
        b'{"a":NaN,"b":"JOB"}',
        b'{"a":1,"a":"JOB"}',
        b"\xef\xbb\xbf{}",
    ),
    b'{"resourceSpans":null,"resourceLogs":null,"resourceMetrics":null}',
    b'{"resourceSpans":{},"resourceLogs":[[]],"resourceMetrics":[null]}',
]


def shown(directory: Path, job_id: str) -> tuple[str, str, tuple[str, ...]]:
    """Read and show a job in both forms, and return them with the notes."""
    view = LocalReader(directory).read(job_id)
    output = io.StringIO()
    render_view(view, Console(file=output, width=120))
    document = json.dumps(to_json(view), allow_nan=False)
    return output.getvalue(), document, view.notes


@pytest.fixture
def copied(recorded, tmp_path: Path):
    job = recorded("recovered")
    shutil.copytree(job.directory, tmp_path / "copy")
    return tmp_path / "copy", job.job_id


def places(node, path=()):
    """Yield the way to each value of a document."""
    yield path
    for key, value in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from places(value, (*path, key))


def change(line: bytes, chance: random.Random) -> bytes:
    """Return a line with one thing changed."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice(LINES)
    if kind == 1:
        cut = chance.randrange(len(line))
        return line[:cut] + bytes([chance.randrange(256)]) * chance.randrange(1, 4) + line[cut + 1 :]
    document = json.loads(line)
    *way, last = chance.choice([place for place in places(document) if place])
    node = document
    for key in way:
        node = node[key]
    if kind == 2 and isinstance(node, dict):
        del node[last]
    elif kind == 3 and isinstance(node, dict):
        node[chance.choice([*node, EVIL])] = node[last]
    else:
        node[last] = chance.choice(VALUES)
    return json.dumps(document).encode()


@pytest.mark.parametrize("seed", range(ROUNDS // 10))
def test_any_change_of_real_lines_is_survived(copied, seed):
    directory, job_id = copied
    chance = random.Random(seed)
    original = {path: path.read_bytes() for path in sorted(directory.iterdir())}
    for _ in range(10):
        for path, data in original.items():
            path.write_bytes(data)
        for _ in range(CHANGES):
            path = chance.choice(list(original))
            lines = path.read_bytes().split(b"\n")
            at = chance.randrange(len(lines) - 1)
            try:
                lines[at] = change(lines[at], chance).replace(b"\n", b" ")
            except (ValueError, LookupError, RecursionError):  # was changed before, and cannot be again
                continue
            path.write_bytes(b"\n".join(lines))
        text, _, _ = shown(directory, job_id)
        assert not CONTROLS.search(text)
        assert job_id in text


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_no_request_is_counted_and_the_rest_is_shown(copied, line):
    directory, job_id = copied
    before = LocalReader(directory).read(job_id)
    path = next(directory.glob("logs-jobscope-worker-2-*"))
    line = line.replace(b"JOB", job_id.encode())
    path.write_bytes(path.read_bytes() + line + b"\n" + line + b"\n")
    view = LocalReader(directory).read(job_id)
    assert (view.spans, view.events, view.metrics) == (before.spans, before.events, before.metrics)
    harmless = line.startswith(b'{"resource') or line == b"{}"
    told = f"2 lines of {path.name} could not be read: not OTLP/JSON."
    assert view.notes == (before.notes if harmless else (told, *before.notes))


@pytest.mark.parametrize("field", ["spanId", "startTimeUnixNano", "endTimeUnixNano"])
def test_a_span_without_its_fields_is_counted_and_the_others_of_its_line_are_shown(copied, field):
    directory, job_id = copied
    before = LocalReader(directory).read(job_id)
    path = next(directory.glob("traces-jobscope-worker-2-*"))
    first, *others = path.read_bytes().splitlines(keepends=True)
    request = json.loads(first)
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans.append(spans[0] | {"spanId": "00000000000000aa", "name": "whole"})
    spans[0].pop(field)
    path.write_bytes(json.dumps(request).encode() + b"\n" + b"".join(others))
    view = LocalReader(directory).read(job_id)
    assert len(view.spans) == len(before.spans)
    assert "whole" in {span.name for span in view.spans}
    assert view.notes[0] == ("1 record could not be read: a field is missing, or has a value it cannot have.")


def test_null_is_as_absent(copied):
    directory, job_id = copied
    before = LocalReader(directory).read(job_id)
    for path in directory.iterdir():
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        for line in lines:
            for block in next(iter(line.values())):
                block["schemaUrl"] = None
                for scope in block.get("scopeSpans", block.get("scopeLogs", [])):
                    scope["scope"] = None
                    for record in scope.get("spans", scope.get("logRecords", [])):
                        for field in ("links", "status", "events", "traceState", "eventName"):
                            record.setdefault(field, None)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    view = LocalReader(directory).read(job_id)
    assert (view.spans, view.events, view.metrics, view.notes) == (
        before.spans,
        before.events,
        before.metrics,
        before.notes,
    )


def test_what_a_job_said_cannot_move_the_terminal(copied):
    directory, job_id = copied
    for path in directory.glob("*-worker-*"):
        data = json.dumps(EVIL)[1:-1]
        text = path.read_text()
        for said in ("sma_cross", "search chunk", "trials, best", "worker-2", "sharpe", "wti-daily"):
            text = text.replace(said, said + data)
        path.write_text(text)
    text, _, _ = shown(directory, job_id)
    assert not CONTROLS.search(text)
    assert r"\x1b]0;owned\x07" in text
    assert r"\u202e" in text


def test_a_chain_of_thousands_of_spans_is_shown(copied):
    directory, job_id = copied
    path = next(directory.glob("traces-jobscope-worker-2-*"))
    request = json.loads(path.read_bytes().splitlines()[0])
    span = request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    request["resourceSpans"][0]["scopeSpans"][0]["spans"] = [
        span | {"spanId": f"{number:016x}", "parentSpanId": f"{number - 1:016x}", "name": f"deep {number}"}
        for number in range(2, 1500)
    ]
    with path.open("a") as file:
        file.write(json.dumps(request) + "\n")
    assert "deep" in shown(directory, job_id)[0]


def test_a_line_of_no_end_is_counted(copied, monkeypatch):
    directory, job_id = copied
    before = LocalReader(directory).read(job_id)
    monkeypatch.setattr("telemetry.files.reading.MAX_LINE_BYTES", 2**20)
    monkeypatch.setattr("telemetry.files.reading._PIECE_BYTES", 2**18)
    path = next(directory.glob("logs-jobscope-worker-2-*"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + b'{"x":"' + b"x" * 2**22 + b'"}\n' + b"".join(lines[3:]))
    view = LocalReader(directory).read(job_id)
    assert view.events == before.events
    assert view.notes == (f"1 line of {path.name} could not be read: not OTLP/JSON.", *before.notes)
