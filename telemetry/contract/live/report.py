"""The live check's report: for people in lines, for machines in the form of Weaver's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from telemetry.contract.live.findings import Finding, Level, Seen

# Names of a kind that were not seen, before only their number is said; --json has all.
_LISTED = 20


@dataclass(frozen=True)
class Report:
    """What a live check found.

    Attributes:
        findings: the worst first.
        entities: how many spans, metrics, data points, events, … were checked.
        clean: how many of them there is nothing to say of.
        seen: by kind (attributes, metrics, events, spans), how often each name was seen.
    """

    findings: list[Finding]
    entities: Counter[str]
    clean: int
    seen: dict[str, Seen]

    @property
    def coverage(self) -> float:
        """Share of the registry's names that were seen, 0 to 1; 0 of an empty registry."""
        defined = sum(len(seen.registry) for seen in self.seen.values())
        return (defined - len(self.unseen)) / defined if defined else 0.0

    @property
    def unseen(self) -> list[tuple[str, str]]:
        """Kind and name of what the registry defines and nothing emitted."""
        return [(kind, name) for kind, seen in self.seen.items() for name in seen.unseen]

    def worst(self) -> Level | None:
        """Return the highest level found."""
        return max((finding.level for finding in self.findings), default=None)

    def as_json(self) -> dict[str, Any]:
        """Return findings, and statistics under Weaver's names."""
        levels = Counter(str(finding.level) for finding in self.findings)
        statistics: dict[str, Any] = {
            "total_entities": self.entities.total(),
            "total_entities_by_type": dict(self.entities),
            "total_advisories": len(self.findings),
            "advice_level_counts": dict(levels),
            "advice_type_counts": dict(Counter(finding.id for finding in self.findings)),
            "no_advice_count": self.clean,
            "registry_coverage": self.coverage,
        }
        for kind, seen in self.seen.items():
            statistics[f"seen_registry_{kind}"] = dict(sorted(seen.registry.items()))
            statistics[f"seen_non_registry_{kind}"] = dict(sorted(seen.others.items()))
        return {"findings": [finding.as_json() for finding in self.findings], "statistics": statistics}


def print_report(report: Report, show: Level) -> None:
    """Print what matters: findings from a level up, what is below it in one line, and the coverage.

    Not as a table: in 80 columns it would cut ids and names, which are there to be searched for.
    """
    shown = [finding for finding in report.findings if finding.level >= show]
    for one in shown:
        signal = f"{one.signal_type} {one.signal_name}".rstrip()
        print(f"{one.level} {one.id}: {one.message}")
        print(f"    {one.count} × {signal} from {', '.join(sorted(one.sources))}")
    if shown:
        print()
    counts = Counter(str(finding.level) for finding in report.findings)
    summary = ", ".join(f"{counts[str(level)]} {level}" for level in reversed(Level))
    print(f"{report.entities.total()} entities checked: {summary}")
    for kind, seen in report.seen.items():
        _print_coverage(kind, seen)


def _print_coverage(kind: str, seen: Seen) -> None:
    defined = len(seen.registry)
    if not defined:
        return
    text = f"{kind}: {defined - len(seen.unseen)} of {defined} seen"
    # Attributes are many, and follow from the signals that carry them.
    if seen.unseen and kind != "attributes":
        more = len(seen.unseen) - _LISTED
        text += f"; not: {', '.join(seen.unseen[:_LISTED])}" + (f", and {more} more" if more > 0 else "")
    print(text)
