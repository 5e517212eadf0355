"""What of telemetry could not be read: counted, and told in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

_NAMED = 3


class Damage:
    """Counts what a reader leaves out because it is not what OTLP/JSON has.

    Attributes:
        lines: how many lines of which file are no request.
        torn: files whose last line has no line feed, and is no request.
        unreadable: why which file cannot be read.
        records: spans, log records and measurements that are malformed, in lines that are not.
    """

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.torn: set[str] = set()
        self.unreadable: dict[str, str] = {}
        self.records = 0

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each kind of damage."""
        for name, why in sorted(self.unreadable.items()):
            yield f"{name} cannot be read: {why}."
        for name in sorted(self.torn):
            yield (
                f"A line of {name} breaks off, its process was killed or is writing it: "
                "what it holds is not shown."
            )
        if self.lines:
            names = sorted(self.lines)
            where = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
            lines = "1 line" if self.lines.total() == 1 else f"{self.lines.total():,} lines"
            yield f"{lines} of {where} could not be read: not OTLP/JSON."
        if self.records:
            records = "1 record" if self.records == 1 else f"{self.records:,} records"
            yield f"{records} could not be read: a field is missing, or has a value it cannot have."
