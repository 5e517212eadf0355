"""The worker process: holds a slot, runs jobs one at a time, beats, and takes care of the lost."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine, delete
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.database.clock import clock
from app.database.engine import UNREACHABLE, open_database
from app.database.models import Worker
from app.optimizations.flow import Flow
from app.optimizations.recovery import Recovery, leave_note
from app.queue.dbos import DbosQueue, DbosWorker
from app.queue.slots import Slot, SlotLost, hold_slot
from app.settings import Settings
from app.telemetry import configure
from telemetry import events
from telemetry.contract.names import Attr, Event
from telemetry.events import Severity
from telemetry.setup import Telemetry

# Often enough that a worker is missed some beats before it is taken for dead.
_BEATS_PER_TIMEOUT = 6
# A stop waits for a checkpoint and then for the database, but no longer than this, whatever is broken: who
# asked for it kills us soon after.
_STOP_SECONDS = 15.0


def run_worker(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT; a running job then stops at its next checkpoint and is queued again.

    Raises:
        Unavailable: the database or the data directory cannot be used, or all slots are held.
    """
    engine = open_database(settings)
    with hold_slot(engine, settings.data_dir / "run") as held:
        _Worker(engine, settings, held).run()


class _Worker:
    def __init__(self, engine: Engine, settings: Settings, held: Slot) -> None:
        self._engine = engine
        self._held = held
        self._slot = held.name
        self._run_dir = settings.data_dir / "run"
        self._seconds_between_beats = settings.worker_timeout_seconds / _BEATS_PER_TIMEOUT
        self._stopping = threading.Event()
        self._nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
        self._telemetry: Telemetry = configure("jobscope-worker", settings, console=True)
        self._instance_id = self._telemetry.instance_id
        self._flow = Flow(engine, settings, self._slot, self._instance_id, self._stopping)
        self._jobs = DbosWorker(engine, self._slot)
        self._recovery = Recovery(
            engine,
            DbosQueue(engine),
            self._run_dir,
            self._slot,
            self._instance_id,
            self._jobs.in_hand,
            settings.worker_timeout_seconds,
        )

    def run(self) -> NoReturn:
        self._watch_signals()
        # Before the queue engine starts: it would resume this slot's jobs by itself, and silently. And before
        # the first beat, which takes the place of the one by which it is known when the last holder died.
        self._recovery.run()
        self._beat()
        self._jobs.start(self._flow.run)
        self._tell(Event.WORKER_STARTED, f"{self._slot} is ready for jobs")
        threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True).start()
        self._stopping.wait()
        try:
            self._jobs.stop()
            self._leave()
        except UNREACHABLE as error:
            self._abandon(f"the database does not answer: {error}")
        self._end(f"{self._slot} stops", 0)

    def _keep_beating(self) -> None:
        while not self._stopping.wait(self._seconds_between_beats):
            try:
                self._keep_slot()
                self._beat()
                self._recovery.run()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next beat may do better
                self._recovery.forget()
                self._tell_failed_beat(error)

    def _keep_slot(self) -> None:
        """Make sure that the slot is ours still, or end: started again, this worker finds another one."""
        try:
            self._held.keep()
        except SlotLost:
            with Session(self._engine) as session:
                holder = session.get(Worker, self._slot)
            # Nobody else beats, so it is our connection of before that holds it; the server misses it later.
            if holder is None or holder.instance_id == self._instance_id:
                return
            self._leave()
            self._end(f"{self._slot} stops: it lost its connection, and another worker took its slot", 1)

    def _leave(self) -> None:
        """Give up what this process has; it lives, so none of that is lost."""
        self._recovery.leave()
        with self._engine.begin() as connection:
            connection.execute(delete(Worker).where(Worker.instance_id == self._instance_id))

    def _watch_signals(self) -> None:
        """Have SIGTERM and SIGINT begin the stop, whatever any thread is doing or waiting for."""
        # Python runs a handler in the main thread, when that gets to it: not while a locked database keeps
        # it, and never if the signal comes just before it begins to wait. What is written always arrives.
        receiving, sending = socket.socketpair()
        sending.setblocking(False)
        signal.set_wakeup_fd(sending.detach())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        threading.Thread(target=self._await_signal, args=(receiving,), name="signals", daemon=True).start()

    def _await_signal(self, receiving: socket.socket) -> None:
        while receiving.recv(1)[0] not in {signal.SIGTERM, signal.SIGINT}:
            pass  # some other signal that somebody handles
        self._stopping.set()
        # The last resort, which needs no lock of ours: a console that takes nothing blocks whoever tells.
        faulthandler.dump_traceback_later(_STOP_SECONDS + 5, exit=True, file=self._nowhere)
        time.sleep(_STOP_SECONDS)  # the process ends before, if all is well
        self._abandon(f"it took over {_STOP_SECONDS:g} s")

    def _abandon(self, reason: str) -> NoReturn:
        """End without having handed the job back; whoever takes it over is told that nothing was lost."""
        try:
            leave_note(self._run_dir, self._instance_id)
        except OSError as error:
            reason += f"; that counts as lost, as no note of it could be left: {error.strerror}"
        self._end(f"{self._slot} stops and leaves its job: {reason}", 1)

    def _end(self, sentence: str, code: int) -> NoReturn:
        self._tell(Event.WORKER_STOPPED, sentence, Severity.ERROR if code else Severity.INFO)
        self._telemetry.shutdown()
        # A thread of an interrupted job waits for ever, so that its job does not end; see DbosWorker.
        os._exit(code)

    def _beat(self) -> None:
        with Session(self._engine) as session, session.begin():
            worker = session.get(Worker, self._slot)
            if worker is None or worker.instance_id != self._instance_id:
                worker = session.merge(
                    Worker(
                        slot=self._slot,
                        instance_id=self._instance_id,
                        pid=os.getpid(),
                        host=socket.gethostname(),
                        started_at=clock(),
                    )
                )
            worker.last_seen = clock()

    def _tell_failed_beat(self, error: Exception) -> None:
        expected = isinstance(error, SQLAlchemyError)
        self._tell(
            Event.WORKER_HEARTBEAT_FAILED,
            f"{self._slot} could not beat: {getattr(error, 'orig', None) or error}",
            Severity.ERROR,
            None if expected else error,
        )

    def _tell(
        self,
        event: str,
        sentence: str,
        severity: Severity = Severity.INFO,
        error: Exception | None = None,
    ) -> None:
        events.emit(
            event,
            sentence,
            severity=severity,
            attributes={Attr.WORKER_SLOT: self._slot},
            exception=error,
        )
