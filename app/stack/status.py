"""What the stack's programs are doing now."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from app.stack.stack import Stack

# Long enough that a share of CPU means something.
_CPU_SECONDS = 0.2


@dataclass(frozen=True)
class ProgramStatus:
    """One line of ``jobscope stack status``.

    Attributes:
        name: the program.
        pid: its process, None when it does not run.
        state: ``running``, ``died`` (started and not stopped, yet gone) or ``stopped``.
        address: where it is reached; empty for a worker.
        ready: whether it says so itself; False when it does not run.
        cpu_percent: of one core, its children's included.
        rss_bytes: resident memory, its children's included.
    """

    name: str
    pid: int | None
    state: str
    address: str
    ready: bool
    cpu_percent: float
    rss_bytes: int


def status(stack: Stack) -> list[ProgramStatus]:
    """Return the state of every program, those that run though not asked for included."""
    processes: dict[str, psutil.Process] = {}
    for name in stack.names:
        record = stack.record(name)
        running = record.process() if record else None
        if running:
            processes[name] = running
    families = {name: _family(process) for name, process in processes.items()}
    for family in families.values():
        _cpu_percent(family)  # psutil measures from the call before
    if families:
        time.sleep(_CPU_SECONDS)
    return [
        ProgramStatus(
            name=name,
            pid=processes[name].pid if name in processes else None,
            state="running" if name in processes else "died" if stack.record(name) else "stopped",
            address=stack.address(name),
            ready=name in processes and stack.is_ready(name),
            cpu_percent=round(_cpu_percent(families.get(name, [])), 1),
            rss_bytes=_rss_bytes(families.get(name, [])),
        )
        for name in stack.names
    ]


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu_percent(family: list[psutil.Process]) -> float:
    total = 0.0
    for member in family:
        try:
            total += member.cpu_percent()
        except psutil.NoSuchProcess:
            continue  # ended meanwhile: uses nothing
    return total


def _rss_bytes(family: list[psutil.Process]) -> int:
    total = 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # as above
    return total
