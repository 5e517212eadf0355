"""The lint over whole files: places, links, units by panel, rules, and what happens after a rename."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from telemetry.contract.lint import LintError, lint
from telemetry.contract.registry import load_registry

TRIALS = "sum by (strategy_name) (rate(optimization_trials_total[5m]))"
COMPLETED = '{service_name="jobscope-worker"} | event_name="optimization.completed"'


@pytest.fixture
def panel():
    def make(expression, kind="prometheus", unit=None, legend="", overrides=(), **more):
        key = "query" if kind == "tempo" else "expr"
        target = {
            "refId": "A",
            key: expression,
            "legendFormat": legend,
            "datasource": {"type": kind, "uid": kind},
        }
        config = {"defaults": {"unit": unit} if unit else {}, "overrides": list(overrides)}
        return {
            "id": 7,
            "title": "P",
            "type": "timeseries",
            "targets": [target],
            "fieldConfig": config,
            **more,
        }

    return make


def test_nothing_to_say(checkout, panel):
    checkout.dashboard(
        "job", [panel(TRIALS), panel(COMPLETED, "loki"), panel("${job_id}", "tempo")], ["job_id"]
    )
    checkout.rules({"alert": "A", "expr": "optimization_queue_size > 5"})
    assert checkout.lint() == []


class TestRenames:
    """Something is renamed in the code's contract: what still asks for the old name is found and named."""

    @pytest.fixture(autouse=True)
    def _files(self, checkout, panel):
        checkout.dashboard("job", [panel(TRIALS), panel(COMPLETED, "loki")])
        checkout.rules({"alert": "A", "expr": "increase(optimization_trials_total[5m]) > 5"})
        checkout.write("docs/guide.md", f"# Trials\n\n```promql\n{TRIALS}\n```\n")
        assert checkout.lint() == []

    def places(self, checkout, kind):
        return {(Path(one.file).name, one.place) for one in checkout.lint() if one.id == kind}

    def test_metric(self, checkout):
        checkout.rename("optimization.trials", "optimization.tries")
        expected = {("job.json", "panel 'P' (id 7), A"), ("r.yml", "alert A"), ("guide.md", "line 4")}
        assert self.places(checkout, "unknown_metric") == expected

    def test_label(self, checkout):
        checkout.rename("strategy.name", "strategy.kind")
        expected = {("job.json", "panel 'P' (id 7), A"), ("guide.md", "line 4")}
        assert self.places(checkout, "unknown_label") == expected

    def test_event(self, checkout):
        checkout.rename("optimization.completed", "optimization.done")
        assert self.places(checkout, "unknown_event") == {("job.json", "panel 'P' (id 7), A")}
        (one,) = checkout.lint()
        assert one.expression == COMPLETED


class TestRenamesInOurDashboards:
    """The same the other way round, in copies of the dashboards we ship."""

    ROOT = Path(__file__).parents[3]

    @pytest.mark.parametrize(
        ("old", "new", "kind"),
        [
            ("optimization_trials_total", "optimization_trails_total", "unknown_metric"),
            ("by (trial_outcome)", "by (outcome)", "unknown_label"),
            ("optimization.checkpoint.committed", "optimization.checkpoint.done", "unknown_event"),
            ('"uid": "prometheus"', '"uid": "prom"', "unknown_datasource"),
            ("/d/job?", "/d/jab?", "unknown_dashboard"),
            ("var-job_id=", "var-jobid=", "unknown_variable"),
            ("span.job.id", "span.jobid", "unknown_attribute"),
        ],
    )
    def test_rename(self, tmp_path, old, new, kind):
        changed = 0
        for path in (self.ROOT / "grafana/dashboards").glob("*.json"):
            text = path.read_text()
            again = json.dumps(json.loads(text), indent=2).replace(old, new)
            if again != json.dumps(json.loads(text), indent=2):
                changed += 1
                (tmp_path / path.name).write_text(again)
        assert changed, f"no dashboard has {old!r} any more: choose another name"
        findings, _ = lint(load_registry(), [tmp_path], self.ROOT)
        assert {Path(one.file).parent for one in findings if one.id == kind} == {tmp_path}

    def test_ours_are_clean(self):
        findings, queries = lint(load_registry(), [], self.ROOT)
        assert findings == []
        assert queries > 50


class TestLinks:
    def test_data_source_that_is_not_there(self, checkout, panel):
        one = panel("up")
        one["targets"][0]["datasource"]["uid"] = "prom"
        checkout.dashboard("job", [one])
        assert checkout.said() == ["unknown_datasource: no data source prom"]

    def test_dashboard_that_is_not_there(self, checkout, panel):
        one = panel("up", links=[{"url": "/d/job-list?var-x=1"}])
        checkout.dashboard("job", [one], links=[{"url": "/d/jobs"}])
        assert checkout.said() == ["unknown_dashboard: no dashboard job-list"]
        assert checkout.lint()[0].place == "panel 'P' (id 7)"

    def test_link_that_sets_a_variable_that_is_not_there(self, checkout, panel):
        link = {"url": "/d/job?var-job_id=${__data.fields.job}&var-other=1"}
        checkout.dashboard("job", [panel("up", links=[link])], ["job_id"])
        assert checkout.said() == ["unknown_variable: dashboard job has no variable other"]

    def test_query_with_a_variable_that_is_not_there(self, checkout, panel):
        checkout.dashboard("job", [panel('up{job="$jop"}')], ["job"])
        assert checkout.said() == ["unknown_variable: the dashboard has no variable jop"]

    def test_queries_in_data_sources(self, checkout):
        source = """
datasources:
  - name: Tempo
    uid: tempo
    type: tempo
    jsonData:
      tracesToLogsV2:
        datasourceUid: lokki
        tags: [{key: a, value: service_name}]
        query: '{$${__tags}} | traceid="$${__trace.traceId}"'
      tracesToMetrics:
        datasourceUid: prometheus
        tags: [{key: service.instance.id, value: service_instance_id}]
        queries: [{name: CPU, query: "sum(proces_cpu_utilization_ratio{$$__tags})"}]
  - {name: Prometheus, uid: prometheus, type: prometheus}
"""
        checkout.write("grafana/provisioning/datasources/datasources.yaml", source)
        assert sorted(one.partition(" (")[0] for one in checkout.said()) == [
            "unknown_attribute: no record has traceid",
            "unknown_datasource: no data source lokki",
            "unknown_metric: no metric proces_cpu_utilization_ratio",
        ]


class TestPlaces:
    """Where queries may stand."""

    def test_panel_in_a_row(self, checkout, panel):
        checkout.dashboard("job", [{"id": 1, "type": "row", "title": "R", "panels": [panel("nope")]}])
        assert checkout.lint()[0].place == "panel 'P' (id 7), A"

    def test_default_data_source(self, checkout):
        checkout.dashboard("job", [{"id": 1, "type": "stat", "targets": [{"refId": "A", "expr": "nope"}]}])
        assert checkout.said() == ["unknown_metric: no metric nope"]

    @pytest.mark.parametrize(
        ("variable", "said"),
        [
            (
                {"query": "label_values(optimization_trials_total, strategy)"},
                "unknown_label: what is aggregated has no label strategy",
            ),
            ({"query": {"query": "query_result(nope > 5)"}}, "unknown_metric: no metric nope"),
            (
                {"query": "label_values(no_such_label)"},
                "unknown_label: what is aggregated has no label no_such_label",
            ),
            (
                {"query": {"stream": '{nope="x"}'}, "datasource": {"uid": "loki"}},
                "unknown_label: nope is no stream label",
            ),
        ],
    )
    def test_variable(self, checkout, variable, said):
        variable = {"name": "v", "type": "query", "datasource": {"uid": "prometheus"}, **variable}
        checkout.dashboard("job", [], templating={"list": [variable]})
        (one,) = checkout.said()
        assert one.startswith(said)

    def test_annotation(self, checkout):
        annotation = {"name": "n", "datasource": {"uid": "prometheus"}, "expr": "nope"}
        checkout.dashboard("job", [], annotations={"list": [annotation]})
        assert checkout.lint()[0].place == "annotation 'n'"

    def test_tempos_search_form(self, checkout, panel):
        one = panel("", "tempo")
        one["targets"][0] |= {
            "queryType": "traceqlSearch",
            "filters": [
                {"tag": "name", "scope": "span", "operator": "=", "value": "nope"},
                {
                    "tag": "status",
                    "scope": "intrinsic",
                    "operator": "=",
                    "value": "error",
                    "valueType": "keyword",
                },
            ],
        }
        checkout.dashboard("job", [one])
        assert checkout.said() == ["unknown_attribute: no attribute name"]

    def test_rules_that_build_on_recorded_ones(self, checkout, panel):
        checkout.rules(
            {"record": "strategy:trials:rate", "expr": TRIALS, "labels": {"team": "a"}},
            {"alert": "A", "expr": "sum by (team, strategy_name) (strategy:trials:rate) > 5"},
            {"alert": "B", "expr": "sum by (dataset_name) (strategy:trials:rate) > 5"},
        )
        checkout.dashboard("job", [panel("strategy:trials:rate", unit="s")])
        assert checkout.said() == [
            "unknown_label: what is aggregated has no label dataset_name",
            "unit_mismatch: shown as s, but it is things/second; ops would fit",
        ]

    def test_labels_in_an_alerts_text(self, checkout):
        checkout.rules(
            {
                "alert": "A",
                "expr": "up == 0",
                "annotations": {"summary": "{{ $labels.job }} {{ $labels.instanc }}: {{ $value }}"},
            }
        )
        (one,) = checkout.said()
        assert "the result has no label instanc (did you mean instance?)" in one

    def test_several_queries_in_a_fence(self, checkout):
        checkout.write(
            "README.md", "x\n```promql\n# first\nup\n\nnope\n```\n\n```traceql\n{ name = `x` }\n```\n"
        )
        assert [(one.place, one.id) for one in checkout.lint()] == [
            ("line 10", "unknown_span"),
            ("line 6", "unknown_metric"),
        ]


class TestUnits:
    """Which of a panel's units is meant for which query."""

    SECONDS = "max(optimization_queue_oldest_wait_seconds)"

    def unit(self, matcher, value, options):
        return {
            "matcher": {"id": matcher, "options": options},
            "properties": [{"id": "unit", "value": value}],
        }

    def test_default(self, checkout, panel):
        checkout.dashboard("job", [panel(self.SECONDS, unit="bytes")])
        assert checkout.said() == ["unit_mismatch: shown as bytes, but it is seconds; s would fit"]

    @pytest.mark.parametrize(
        ("matcher", "options"), [("byFrameRefID", "A"), ("byName", "wait"), ("byName", "Value #A")]
    )
    def test_override_that_names_the_query(self, checkout, panel, matcher, options):
        override = self.unit(matcher, "s", options)
        checkout.dashboard("job", [panel(self.SECONDS, unit="bytes", legend="wait", overrides=[override])])
        assert checkout.lint() == []

    def test_override_of_another_query(self, checkout, panel):
        override = self.unit("byFrameRefID", "s", "B")
        checkout.dashboard("job", [panel(self.SECONDS, unit="bytes", overrides=[override])])
        assert len(checkout.lint()) == 1

    def test_override_that_may_mean_the_query(self, checkout, panel):
        override = self.unit("byRegexp", "s", "/.*/")
        checkout.dashboard("job", [panel(self.SECONDS, unit="bytes", overrides=[override])])
        assert checkout.lint() == []

    def test_heatmap(self, checkout, panel):
        text = "sum by (le) (increase(optimization_job_duration_seconds_bucket[5m]))"
        one = panel(text, unit="short", type="heatmap", options={"yAxis": {"unit": "bytes"}})
        checkout.dashboard("job", [one])
        assert checkout.said() == ["unit_mismatch: shown as bytes, but it is seconds; s would fit"]


class TestCannotBeDone:
    def test_path_that_does_not_exist(self, checkout):
        with pytest.raises(LintError, match="does not exist"):
            checkout.lint("nope.json")

    def test_nothing_to_lint(self, tmp_path):
        with pytest.raises(LintError, match="give paths, or --root"):
            lint(load_registry(), [], tmp_path)

    @pytest.mark.parametrize("name", ["x.json", "x.yaml"])
    def test_file_that_cannot_be_read(self, checkout, name):
        checkout.write(f"docs/{name}", "{: [")
        with pytest.raises(LintError, match=rf"{name} is not (JSON|YAML)"):
            checkout.lint()

    def test_backend_that_does_not_answer(self, checkout, panel):
        checkout.dashboard("job", [panel(COMPLETED, "loki")])
        with pytest.raises(LintError, match="does not answer"):
            checkout.lint(loki_url="http://127.0.0.1:9")


class _Backend(BaseHTTPRequestHandler):
    """Refuses queries with `!!` in them, as Loki and Tempo do."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)["q" if url.path == "/api/search" else "query"][0]
        answer = b'{"error": "parse error: !!"}' if url.path.startswith("/loki") else b"parse error: !!"
        self.send_response(400 if "!!" in query else 200)
        self.end_headers()
        self.wfile.write(answer if "!!" in query else b"{}")

    def log_message(self, *args):
        pass


def test_syntax_is_judged_by_the_backends(checkout, panel):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        checkout.dashboard(
            "job",
            [
                panel(COMPLETED + " !!", "loki"),
                panel("{ !! }", "tempo"),
                panel(COMPLETED, "loki"),
                panel("$id", "tempo"),
            ],
            ["id"],
        )
        assert checkout.lint() == []
        found = checkout.lint(loki_url=url, tempo_url=url)
    finally:
        server.shutdown()
        server.server_close()
    assert [(one.id, one.message) for one in found] == [("syntax", "parse error: !!")] * 2
