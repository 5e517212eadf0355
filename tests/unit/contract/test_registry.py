"""The registry is consistent, and what is generated from it is up to date."""

from __future__ import annotations

import pytest
import yaml

from telemetry.contract.generate import (
    NAMES_PATH,
    REFERENCE_PATH,
    prometheus_name,
    render_names,
    render_reference,
)
from telemetry.contract.registry import RegistryError, load_registry


def test_generated_files_are_up_to_date():
    registry = load_registry()
    again = "run: python -m telemetry.contract.generate"
    assert NAMES_PATH.read_text() == render_names(registry), again
    assert REFERENCE_PATH.read_text() == render_reference(registry), again


def test_names_users_query():
    names = {prometheus_name(metric) for metric in load_registry().metrics.values()}
    assert {
        "api_requests_total",
        "api_request_duration_seconds",
        "api_requests_in_progress",
        "api_errors_total",
        "optimization_jobs_total",
        "optimization_jobs_completed_total",
        "optimization_jobs_failed_total",
        "optimization_queue_size",
        "optimization_job_duration_seconds",
        "export_operations_total",
        "export_operations_completed_total",
        "export_file_size_bytes",
        "health_check_status",
        "health_check_duration_seconds",
    } <= names


def test_job_id_is_on_no_metric():
    assert not [metric.name for metric in load_registry().metrics.values() if "job.id" in metric.attributes]


def write(directory, groups):
    (directory / "x.yaml").write_text(yaml.safe_dump({"groups": groups}))


METRIC = {
    "id": "metric.a",
    "type": "metric",
    "metric_name": "a",
    "instrument": "counter",
    "unit": "{x}",
    "stability": "development",
    "brief": "A.",
}


def test_undefined_attribute_is_refused(tmp_path):
    write(tmp_path, [{**METRIC, "attributes": [{"ref": "no.such"}]}])
    with pytest.raises(RegistryError, match=r"metric\.a: attribute 'no\.such'"):
        load_registry(tmp_path)


def test_double_definition_is_refused(tmp_path):
    write(tmp_path, [METRIC, METRIC])
    with pytest.raises(RegistryError, match=r"x\.yaml: a is defined twice"):
        load_registry(tmp_path)
