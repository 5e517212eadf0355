"""What is known of a job without its telemetry, which is not kept for ever."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.jobview.attempts import Attempt
from telemetry.jobview.records import Attributes


@dataclass(frozen=True)
class Known:
    """What whoever runs a job keeps of it, told where its telemetry does not tell more.

    Attributes:
        state: as :attr:`JobView.state`.
        facts: what events and spans of the job would carry, by the contract's attribute names.
        attempts: the tries of workers, without their spans.
        start_ns: when the job was submitted, in nanoseconds since 1970.
        end_ns: the last that is known of it.
    """

    state: str
    facts: Attributes
    attempts: tuple[Attempt, ...]
    start_ns: int
    end_ns: int
