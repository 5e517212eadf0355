"""Runs the stack on native binaries, with the same configuration files as ``compose.yaml``, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path

from app.errors import BadInput, Conflict, Unavailable
from app.stack import postgres, process, prometheus
from app.stack.binaries import find_binary
from app.stack.layout import Layout
from app.stack.lock import held
from app.stack.passwords import make_passwords
from app.stack.process import Record
from app.stack.programs import INFRASTRUCTURE, Program, all_programs
from app.stack.readiness import Started, answers, port_is_free, wait_ready

Report = Callable[[str, str, str], None]
"""Told a program's name, its new state (``missing``, ``starting``, ``ready``, ``stopping``, ``stopped``,
``killed``) and a detail for people."""

# A worker goes on to its next checkpoint, and flushes its telemetry.
_WORKER_GRACE_SECONDS = 30.0
# Workers, of which there may be any number, need nothing that is kept here.
_PROGRAMS = {program.name: program for program in all_programs(workers=0)}


def _tell_nobody(_name: str, _state: str, _detail: str) -> None:
    """Drop a report."""


class Stack:
    """The stack of one data directory; it can be started, looked at and stopped from different processes.

    Args:
        data_dir: jobscope's data directory; the stack keeps everything in ``stack/`` below it.
        offset: added to every port, so that stacks do not clash.
        include: names of the programs to run, all of which must be installed; None for whatever is.
        app: whether the API and workers belong to it.
        workers: how many worker processes.

    Raises:
        BadInput: ``include`` names an unknown program, or the offset takes a port out of range.
    """

    def __init__(
        self,
        data_dir: Path,
        offset: int = 0,
        include: Collection[str] | None = None,
        *,
        app: bool = True,
        workers: int = 2,
    ) -> None:
        self.layout = Layout(data_dir.resolve(), offset)
        known = all_programs(workers)
        if unknown := set(include or ()) - {program.name for program in known}:
            raise BadInput("include", f"{', '.join(sorted(unknown))}: no such program in the stack")
        wanted = known if app else INFRASTRUCTURE
        self.programs = tuple(p for p in wanted if include is None or p.name in include)
        self._all_required = include is not None

    @property
    def urls(self) -> dict[str, str]:
        """Where each part is reached; ``otlp`` is the Collector, ``postgres`` is without the password."""
        return self.layout.urls

    def record(self, name: str) -> Record | None:
        """Return a program that was started and not stopped since, whether or not it still runs."""
        return process.read_record(self.layout.run_file_of(name))

    @property
    def names(self) -> list[str]:
        """The programs' names in order of starting, and after them others that were started here."""
        names = [program.name for program in self.programs]
        return names + sorted({path.stem for path in self._run_files()} - set(names))

    def address(self, name: str) -> str:
        """Return where a program is reached: a URL, or host and port; empty for a worker."""
        program = _PROGRAMS.get(name)
        if program is None or not program.ports:
            return ""
        address = f"127.0.0.1:{self.layout.port(program.ports[0])}"
        return f"http://{address}" if program.ready else address

    def is_ready(self, name: str) -> bool:
        """Ask a program whether it is ready; one that cannot be asked is as soon as it runs."""
        if name == "postgres":
            return postgres.is_ready(self.layout.port("postgres"), self._passwords["postgres_password"])
        url = self.layout.ready_url(_PROGRAMS[name]) if name in _PROGRAMS else None
        return url is None or answers(url)

    def up(self, report: Report = _tell_nobody, *, timeout: float = 60) -> None:
        """Start what does not run yet and wait until it is ready; on failure stop again what was started.

        Args:
            report: told of each step.
            timeout: seconds a phase may take to become ready.

        Raises:
            Unavailable: a program is missing, its port taken, the data directory cannot be written, or it
                did not become ready; says which and why.
            Conflict: another process is starting or stopping this stack.
        """
        with self._alone():
            binaries = self._find_binaries(report)
            idle = [program for program in binaries if not self._runs(program.name)]
            self._check_ports(idle)
            prometheus.prepare(self.layout, binaries)
            begun: list[Program] = []
            try:
                for phase in sorted({program.phase for program in idle}):
                    members = [program for program in idle if program.phase == phase]
                    self._start(members, binaries, begun, report, timeout)
            except BaseException:  # Ctrl-C too leaves nothing running
                for program in reversed(begun):
                    self._stop(program.name, report)
                raise

    def down(self, report: Report = _tell_nobody) -> None:
        """Stop what was started in this data directory, who depends on others before those.

        Raises:
            Conflict: another process is starting or stopping this stack.
        """
        with self._alone():
            order = {name: position for position, name in enumerate(_PROGRAMS)}
            started = [path.stem for path in self._run_files()]
            # Workers, which are not in the table, before all others.
            for name in sorted(started, key=lambda name: order.get(name, len(order)), reverse=True):
                self._stop(name, report)

    def stop(self, name: str, report: Report = _tell_nobody) -> None:
        """Stop one program; ``up`` starts it again.

        Raises:
            Conflict: another process is starting or stopping this stack.
        """
        with self._alone():
            self._stop(name, report)

    def kill(self, name: str) -> None:
        """Kill a program as ``kill -9`` does; ``up`` starts it again.

        Raises:
            Conflict: it does not run.
        """
        record = self.record(name)
        if record is None or record.process() is None:
            raise Conflict(f"{name} does not run")
        process.kill(record)

    def _find_binaries(self, report: Report) -> dict[Program, Path | None]:
        found: dict[Program, Path | None] = {}
        for program in self.programs:
            binary = find_binary(program.binaries) if program.binaries else None
            if binary or not program.binaries:
                found[program] = binary
            elif program.optional and not self._all_required:
                report(program.name, "missing", f"left out: {program.install}")
            else:
                raise Unavailable(f"{program.name} is not installed: {program.install}")
        return found

    def _check_ports(self, programs: list[Program]) -> None:
        for program in programs:
            for name in program.ports:
                port = self.layout.port(name)
                if not port_is_free(port):
                    raise Unavailable(
                        f"port {port}, which {program.name} needs, is in use: stop what uses it, or set "
                        "JOBSCOPE_STACK_PORT_OFFSET to move all ports"
                    )

    def _start(
        self,
        members: list[Program],
        binaries: dict[Program, Path | None],
        begun: list[Program],
        report: Report,
        timeout: float,
    ) -> None:
        """Start programs and wait for them; each is added to ``begun`` once it runs."""
        started: dict[str, Started] = {}
        for program in members:
            report(program.name, "starting", "")
            directory = self.layout.directory_of(program.name)
            directory.mkdir(exist_ok=True)
            binary = binaries[program]
            command = self.layout.command(program, binary)
            if program.name == "postgres" and binary:
                postgres.make_cluster(binary, directory, self._passwords["postgres_password"])
                command = postgres.as_unprivileged(command, directory)
            log = self.layout.log_of(program.name)
            child = process.start(
                program.name,
                command,
                environment=self.layout.environment(program, self._passwords),
                log=log,
                run_file=self.layout.run_file_of(program.name),
            )
            begun.append(program)
            started[program.name] = Started(child, partial(self.is_ready, program.name), log)
        wait_ready(started, timeout=timeout, on_ready=lambda name: report(name, "ready", self.address(name)))
        for program in members:
            if program.name == "postgres" and (binary := binaries[program]):
                sql = self.layout.config / "backends" / "postgres" / "roles.sql"
                directory = self.layout.directory_of("postgres")
                postgres.make_roles(binary, directory, sql, self.layout.port("postgres"), self._passwords)

    def _stop(self, name: str, report: Report) -> None:
        record = self.record(name)
        if record is None:
            return
        report(name, "stopping", "")
        program = _PROGRAMS.get(name)
        stop_signal = program.stop_signal if program else process.TERMINATE
        grace = program.grace_seconds if program else _WORKER_GRACE_SECONDS
        killed = process.stop(record, stop_signal=stop_signal, grace_seconds=grace)
        self.layout.run_file_of(name).unlink()
        if killed:
            report(name, "killed", f"had not ended after {grace:.0f} s")
        else:
            report(name, "stopped", "")

    def _runs(self, name: str) -> bool:
        record = self.record(name)
        return record is not None and record.process() is not None

    def _run_files(self) -> list[Path]:
        return list((self.layout.directory / "run").glob("*.json"))

    @cached_property
    def _passwords(self) -> dict[str, str]:
        return make_passwords(self.layout.passwords)

    def _alone(self) -> AbstractContextManager[None]:
        return held(self.layout)
