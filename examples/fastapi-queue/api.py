"""``uvicorn api:app``: takes invoices and queues them."""

from __future__ import annotations

from typing import Annotated

import invoices
import observed
from fastapi import FastAPI, HTTPException
from fastapi.telemetry import TelemetryConfig
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from pydantic import BaseModel, Field

from telemetry import events, setup
from telemetry.jobtrace import new_job_id, start_job_trace

setup.configure("invoices-api", directory=invoices.PATH.parent / "telemetry", version="1")
# FastAPI's own telemetry is on by default; beside the instrumentation every request would count twice.
_NATIVE_TELEMETRY_OFF: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
app = FastAPI(title="invoices", telemetry=_NATIVE_TELEMETRY_OFF)


class Invoice(BaseModel):
    """What is asked for."""

    customer: str
    prices: Annotated[list[float], Field(min_length=1)]


@app.post("/invoices", status_code=202)
def queue(invoice: Invoice) -> dict[str, str]:
    """Queue an invoice; its id is also the id of its trace."""
    job_id = new_job_id()
    facts = {"invoice.customer": invoice.customer}
    with start_job_trace(job_id, observed.QUEUE_SPAN, facts) as (_, carrier):
        invoices.put(invoices.Job(job_id, carrier, invoice.customer, invoice.prices))
        events.emit(observed.QUEUED, f"an invoice for {invoice.customer} is queued", attributes=facts)
    return {"id": job_id}


@app.get("/invoices/{job_id}")
def read(job_id: str) -> dict[str, str | None]:
    """Return an invoice's state, and its text once there is one."""
    found = invoices.read(job_id)
    if found is None:
        raise HTTPException(404, "no such invoice")
    return {"state": found[0], "text": found[1]}


FastAPIInstrumentor.instrument_app(app, exclude_spans=["send", "receive"])
