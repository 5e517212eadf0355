"""A small checkout to lint: one data source of each kind, two dashboards, and our own registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from telemetry.contract.lint import lint
from telemetry.contract.lint.findings import Query
from telemetry.contract.lint.variables import substitute
from telemetry.contract.lint.vocabulary import load_vocabulary
from telemetry.contract.registry import DEFAULT_DIRECTORY, load_registry

PROMETHEUS = {"otlp": {"promote_resource_attributes": ["service.name", "service.instance.id"]}}
LOKI = {
    "limits_config": {
        "otlp_config": {
            "resource_attributes": {
                "attributes_config": [
                    {"action": "index_label", "attributes": ["service.name", "service.namespace"]}
                ]
            }
        }
    }
}
SOURCES = {
    "datasources": [
        {"name": "Prometheus", "uid": "prometheus", "type": "prometheus", "isDefault": True},
        {"name": "Loki", "uid": "loki", "type": "loki"},
        {"name": "Tempo", "uid": "tempo", "type": "tempo"},
        {"name": "PostgreSQL", "uid": "postgres", "type": "grafana-postgresql-datasource"},
    ]
}


class Checkout:
    """A directory with the usual places, and a registry that a test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registry = root / "registry"
        shutil.copytree(DEFAULT_DIRECTORY, self.registry)
        self.write("backends/prometheus/prometheus.yml", yaml.safe_dump(PROMETHEUS))
        self.write("backends/loki/loki.yaml", yaml.safe_dump(LOKI))
        self.write("grafana/provisioning/datasources/datasources.yaml", yaml.safe_dump(SOURCES))
        self.dashboard("jobs", [])

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def rename(self, old, new):
        """Rename something in the registry, wherever it stands."""
        for path in self.registry.glob("*.yaml"):
            path.write_text(path.read_text().replace(old, new))

    def dashboard(self, uid, panels, variables=(), **more):
        raw = {
            "uid": uid,
            "title": uid,
            "schemaVersion": 41,
            "panels": panels,
            "templating": {"list": [{"name": name, "type": "textbox"} for name in variables]},
            **more,
        }
        self.write(f"grafana/dashboards/{uid}.json", json.dumps(raw))

    def rules(self, *rules):
        self.write(
            "backends/prometheus/rules/r.yml",
            yaml.safe_dump({"groups": [{"name": "g", "rules": list(rules)}]}),
        )

    def lint(self, *paths, **backends):
        findings, _ = lint(
            load_registry(self.registry), [self.root / p for p in paths], self.root, **backends
        )
        return findings

    def said(self):
        """Return the findings in short: id and message."""
        return [f"{one.id}: {one.message}" for one in self.lint()]


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory):
    return load_vocabulary(load_registry(), Checkout(tmp_path_factory.mktemp("checkout") / "c").root)


@pytest.fixture
def query():
    def make(language, text, **more):
        return Query("f", "p", language, text, substitute(text), **more)

    return make
