"""Writes what follows from the registry: ``names.py`` here and the reference page in ``docs/``.

Run ``python -m telemetry.contract.generate`` after a change to the registry; a test fails when the
committed files are not what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path

from telemetry.contract.registry import Registry, SignalDefinition, load_registry

NAMES_PATH = Path(__file__).parent / "names.py"
REFERENCE_PATH = Path(__file__).parents[2] / "docs" / "contract.md"

_NAMES_HEAD = '''"""The contract's names; generated from registry/*.yaml by generate.py, do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MetricDefinition:
    """A metric as the registry defines it."""

    name: str
    instrument: str
    unit: str
    description: str
    attributes: tuple[str, ...]

'''


def constant(name: str) -> str:
    """Return a name as a Python constant: ``job.id`` is ``JOB_ID``."""
    return name.replace(".", "_").upper()


def render_names(registry: Registry) -> str:
    """Return the text of ``names.py``."""
    lines = [_NAMES_HEAD, "class Attr:", '    """Attribute names."""', ""]
    lines += [f"    {constant(name)}: Final = {json.dumps(name)}" for name in sorted(registry.attributes)]
    lines += ["", "", "class Event:", '    """Event names."""', ""]
    lines += [f"    {constant(name)}: Final = {json.dumps(name)}" for name in sorted(registry.events)]
    lines += ["", "", "class SpanName:", '    """Span names."""', ""]
    spans = sorted(registry.spans.values(), key=lambda span: span.id)
    lines += [
        f"    {constant(span.id.removeprefix('span.'))}: Final = {json.dumps(span.name)}" for span in spans
    ]
    lines += ["", "", "class Metric:", '    """Metrics."""', ""]
    for metric in sorted(registry.metrics.values(), key=lambda metric: metric.name):
        lines += [
            f"    {constant(metric.name)}: Final = MetricDefinition(",
            f"        {json.dumps(metric.name)},",
            f"        {json.dumps(metric.kind)},",
            f"        {json.dumps(metric.unit)},",
            f"        {json.dumps(metric.brief)},",
            f"        ({''.join(json.dumps(name) + ', ' for name in metric.attributes)}),",
            "    )",
        ]
    lines += ["", "", "ATTRIBUTE_TYPES: Final[dict[str, str]] = {"]
    for name, attribute in sorted(registry.attributes.items()):
        lines.append(f"    {json.dumps(name)}: {json.dumps(attribute.type)},")
    lines += ["}", ""]
    return "\n".join(lines)


def render_reference(registry: Registry) -> str:
    """Return the text of the reference page."""
    lines = [
        "# Contract reference",
        "",
        "Every metric, span, event and attribute jobscope emits. Generated from",
        "`telemetry/contract/registry/*.yaml` by `python -m telemetry.contract.generate`; do not edit.",
        "",
        "## Metrics",
        "",
        "| metric | in Prometheus | instrument | unit | attributes | what it is |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{metric.name}` | `{prometheus_name(metric)}` | {metric.kind} | `{metric.unit}` "
        f"| {_codes(metric.attributes)} | {metric.brief} |"
        for metric in sorted(registry.metrics.values(), key=lambda metric: metric.name)
    ]
    lines += ["", "## Spans", "", "| span | kind | attributes | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{span.name}` | {span.kind} | {_codes(span.attributes)} | {span.brief} |"
        for span in sorted(registry.spans.values(), key=lambda span: span.id)
    ]
    lines += ["", "## Events", "", "| event | attributes | what it is |", "|---|---|---|"]
    lines += [
        f"| `{event.name}` | {_codes(event.attributes)} | {event.brief} |"
        for event in sorted(registry.events.values(), key=lambda event: event.name)
    ]
    lines += ["", "## Attributes", "", "| attribute | type | values | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{name}` | {attribute.type} | {_codes(attribute.members)} | {attribute.brief} |"
        for name, attribute in sorted(registry.attributes.items())
    ]
    return "\n".join(lines) + "\n"


def prometheus_name(metric: SignalDefinition) -> str:
    """Return the metric's name in Prometheus (its base name, for a histogram).

    After the OTLP translation "UnderscoreEscapingWithSuffixes" and opentelemetry-exporter-prometheus,
    which agree for the units in use: annotations in braces add nothing.
    """
    units = {"s": "_seconds", "By": "_bytes", "By/s": "_bytes_per_second"}
    name = metric.name.replace(".", "_")
    suffix = units.get(metric.unit, "")
    if metric.unit == "1" and metric.kind == "gauge":
        suffix = "_ratio"
    if not name.endswith(suffix):
        name += suffix
    return name + "_total" if metric.kind == "counter" else name


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write both files."""
    registry = load_registry()
    NAMES_PATH.write_text(render_names(registry), encoding="utf-8")
    REFERENCE_PATH.parent.mkdir(exist_ok=True)
    REFERENCE_PATH.write_text(render_reference(registry), encoding="utf-8")


if __name__ == "__main__":
    main()
