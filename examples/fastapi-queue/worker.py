"""``python worker.py``: renders what is queued, until it is told to stop."""

from __future__ import annotations

import time

import invoices
import observed
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from telemetry import events, setup
from telemetry.events import Severity
from telemetry.jobtrace import continue_job_trace

_POLL_SECONDS = 0.1


def work(job: invoices.Job) -> None:
    """Render one invoice, in the trace that its request began."""
    facts: dict[str, str | int] = {"invoice.customer": job.customer, "invoice.lines": len(job.prices)}
    tracer = trace.get_tracer("invoices")
    began = time.perf_counter()
    with (
        continue_job_trace(job.id, job.carrier),
        tracer.start_as_current_span(observed.RENDER_SPAN, kind=SpanKind.CONSUMER, attributes=facts) as span,
    ):
        try:
            text = invoices.render(job)
        except ValueError as error:
            outcome = "failed"
            span.set_status(Status(StatusCode.ERROR, str(error)))
            span.set_attribute("error.type", "ValueError")
            customer = {"invoice.customer": job.customer}
            events.emit(
                observed.FAILED, str(error), severity=Severity.ERROR, attributes=customer, exception=error
            )
            invoices.finish(job.id, outcome, str(error))
        else:
            outcome = "rendered"
            events.emit(observed.RENDERED, text, attributes=facts)
            invoices.finish(job.id, outcome, text)
        observed.INVOICES.add(1, {"invoice.outcome": outcome})
        observed.DURATION.record(time.perf_counter() - began, {"invoice.outcome": outcome})


def main() -> None:
    """Work until SIGTERM, on which :mod:`telemetry.setup` flushes what is left."""
    setup.configure("invoices-worker", directory=invoices.PATH.parent / "telemetry", version="1")
    while True:
        job = invoices.take()
        if job:
            work(job)
        else:
            time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main()
