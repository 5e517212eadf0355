"""LogQL and TraceQL: the names in them."""

from __future__ import annotations

import pytest

from telemetry.contract.lint.logql import check_logql
from telemetry.contract.lint.traceql import check_traceql


@pytest.fixture
def said(vocabulary, query):
    def check(language, text):
        function = {"logql": check_logql, "traceql": check_traceql}[language]
        return [f"{one.id}: {one.message}" for one in function(query(language, text), vocabulary)]

    return check


CHECKPOINT = '{service_namespace="jobscope"} | event_name="optimization.checkpoint.committed"'


@pytest.mark.parametrize(
    "text",
    [
        '{service_name=~"jobscope-.*"} |= "x" != `{{.y}}` | trace_id=${job_id:doublequote}',
        f"max_over_time({CHECKPOINT} | unwrap job_best_value [$__interval]) by ()",
        f"sum by (job_id) (rate({CHECKPOINT} | unwrap duration(checkpoint_duration) | __error__=`` [5m]))",
        (
            '{service_name="a"} | exception_type!="" | line_format "{{.event_name}} {{__line__}} {{ '
            '.job_id | upper }}"'
        ),
        '{service_name="a"} | json | whatever > 5',
        '{service_name="a"} | json took="a.b", n | took > 5 and (n="1" or severity_text="WARN")',
        '{service_name="a"} | pattern "<method> <_> <path>" | method="GET"',
        (
            '{service_name="a"} | regexp "(?P<verb>.*)" | verb="x" | label_format job=job_id, '
            'v="{{.verb}}" | job!="" | v=""'
        ),
        (
            '{service_name="a"} | event_name=~"optimization.(completed|failed)" | drop span_id, '
            "flags | keep trace_id"
        ),
        '{service_name="a"} | event_name="$event" | detected_level="error"',
        (
            'sum by (service_name) (count_over_time({service_name="a"}[1m])) / on (service_name) '
            'sum by (service_name) (count_over_time({service_name="b"}[1m]))'
        ),
    ],
)
def test_good_logql(said, text):
    assert said("logql", text) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            '{event_name="optimization.completed"}',
            "unknown_label: event_name is no stream label: they are service_name, service_namespace",
        ),
        ('{servce_name="x"}', "unknown_label: servce_name is no stream label (did you mean service_name?)"),
        (
            '{service_name="a"} | event_name="optimization.complete"',
            (
                "unknown_event: event_name is never 'optimization.complete' (did you mean "
                "optimization.completed?)"
            ),
        ),
        ('{service_name="a"} | event_name=~"nope.*"', "unknown_event: event_name is never 'nope.*'"),
        (
            '{service_name="a"} | event_name=~"optimization.completed|optimization.done"',
            "unknown_event: event_name is never 'optimization.completed|optimization.done'",
        ),
        (
            f"max_over_time({CHECKPOINT} | unwrap best_value [5m])",
            "unknown_attribute: no record has best_value",
        ),
        (
            f"max_over_time({CHECKPOINT} | unwrap job_deflated_sharpe [5m])",
            "unknown_attribute: event optimization.checkpoint.committed has no attribute job_deflated_sharpe",
        ),
        (
            '{service_name="a"} | traceid="x"',
            "unknown_attribute: no record has traceid (did you mean trace_id?)",
        ),
        ('{service_name="a"} | line_format "{{.body}}"', "unknown_attribute: no record has body"),
        ('{service_name="a"} | label_format x=nope', "unknown_attribute: no record has nope"),
        ('sum by (nope) (count_over_time({service_name="a"}[1m]))', "unknown_attribute: no record has nope"),
        ('{service_name="a"} | job_state="done"', "unknown_value: job_state is never 'done'"),
        ("count_over_time(up[5m])", "syntax: there is no stream selector"),
    ],
)
def test_logql_findings(said, text, finding):
    found = said("logql", text)
    assert len(found) == 1
    assert found[0].startswith(finding)


@pytest.mark.parametrize(
    "text",
    [
        "${job_id}",
        "6a23f0a1c3b2e4d5f60718293a4b5c6d",
        "{ span.job.id = ${job_id:doublequote} && kind = server } | select(span.http.response.status_code)",
        '{ name = "search chunk" && span.chunk.trials > 100 && duration > 2s }',
        '{ resource.service.name = "a" && status = error } >> { .error.type != nil } | count() > 2',
        (
            '{ name = "GET /api/v1/strategies" || name =~ ".*optimizations" } | rate() by '
            "(resource.service.name)"
        ),
        (
            '{ trace:id = "$job_id" && span:name = "trial" && event:name = "exception" && '
            'event.exception.type = "X" }'
        ),
    ],
)
def test_good_traceql(said, text):
    assert said("traceql", text) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('{ span.job.idd = "x" }', "unknown_attribute: no attribute job.idd (did you mean job.id?)"),
        ('{ .http.rout = "x" }', "unknown_attribute: no attribute http.rout (did you mean http.route?)"),
        ("{} | by(resource.service.nam)", "unknown_attribute: no attribute service.nam"),
        ('{ naem = "x" }', "unknown_attribute: naem is neither an attribute"),
        (
            '{ name = "send optimization" }',
            "unknown_span: no span 'send optimization' (did you mean send optimizations?)",
        ),
        (
            '{ name = "trial" && span.chunk.trials > 1 }',
            "unknown_attribute: span 'trial' has no attribute chunk.trials",
        ),
    ],
)
def test_traceql_findings(said, text, finding):
    found = said("traceql", text)
    assert len(found) == 1
    assert found[0].startswith(finding)
