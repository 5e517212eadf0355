"""``/api/v1/optimizations``: submit, list, read, cancel, and follow jobs."""
# ruff: noqa: FAST003 - job_id is the parameter of the dependency behind Job

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from opentelemetry import trace
from pydantic import AwareDatetime, BeforeValidator
from starlette.concurrency import run_in_threadpool

from app.database.models import Optimization
from app.errors import BadInput, NotFound, quoted
from app.optimizations.progress import event_id, progress_events
from app.optimizations.schemas import (
    OptimizationDetail,
    OptimizationOut,
    OptimizationRequest,
    OptimizationsOut,
    State,
    TrialOut,
    TrialsOut,
    path_of,
)
from app.optimizations.service import FINAL_STATES, Optimizations
from app.optimizations.spec import MAX_TRIALS
from app.requests.answers import ModelResponse
from app.requests.facts import facts_of
from app.requests.openapi import problems
from app.requests.writes import Writing
from app.security.access import Operator, Viewer
from app.settings import Settings
from telemetry.contract.names import Attr
from telemetry.jobtrace import attempt_context, is_job_id

router = APIRouter(prefix="/api/v1/optimizations", tags=["optimizations"])


# async, though there is nothing to wait for: FastAPI would have another thread look the attribute up.
async def optimizations_of(request: Request) -> Optimizations:
    """Return the application's optimizations."""
    optimizations: Optimizations = request.app.state.optimizations
    return optimizations


async def prefix_of(request: Request) -> str:
    """Return what the paths of links begin with."""
    settings: Settings = request.app.state.settings
    return settings.path_prefix


Service = Annotated[Optimizations, Depends(optimizations_of)]
Prefix = Annotated[str, Depends(prefix_of)]


def _require_no_number(value: object) -> object:
    """Refuse a time as a number, which pydantic would take for seconds since 1970."""
    if isinstance(value, str) and ":" not in value:
        raise ValueError("write a time such as 2026-11-24T04:00:00Z")
    return value


def find(optimizations: Optimizations, job_id: str) -> Optimization:
    """Return the job a request is about, and link the request's span with the job's trace.

    Raises:
        NotFound: there is none with this id.
    """
    if not is_job_id(job_id):
        raise NotFound(f"there is no optimization with id {quoted(job_id)}; an id is 32 hex digits")
    job = optimizations.get(job_id)
    span = trace.get_current_span()
    span.set_attribute(Attr.JOB_ID, job.id)
    span.add_link(trace.get_current_span(attempt_context(job.id, job.traceparent)).get_span_context())
    return job


def found(job_id: str, optimizations: Service, _: Viewer) -> Optimization:
    """Return the job of the path; a dependency. Who has no key does not even learn whether there is one."""
    return find(optimizations, job_id)


Job = Annotated[Optimization, Depends(found)]


@router.post("", status_code=201, response_model=OptimizationOut, responses=problems(401, 403, body=True))
async def submit(
    wanted: OptimizationRequest, optimizations: Service, key: Operator, prefix: Prefix, writes: Writing
) -> ModelResponse:
    """Queue an optimization. Once this is answered, it survives any crash."""

    def write() -> ModelResponse:
        job = optimizations.submit(wanted.to_spec(), key.id)
        trace.get_current_span().set_attribute(Attr.JOB_ID, job.id)
        headers = {"Location": path_of(job.id, prefix)}
        return ModelResponse(OptimizationOut.of(job, prefix), 201, headers)

    return await writes.run(write)


@router.get("", responses=problems(401))
def list_page(
    optimizations: Service,
    _: Viewer,
    prefix: Prefix,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    before: Annotated[
        AwareDatetime | None,
        BeforeValidator(_require_no_number),
        Query(description="Only those submitted before."),
    ] = None,
    before_id: Annotated[
        str,
        Query(
            pattern="^[0-9a-f]{0,32}$",
            description="With before: of those submitted at that time, only those with a smaller id.",
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> OptimizationsOut:
    """List optimizations, the newest first."""
    try:
        utc = before.astimezone(UTC) if before else None
    except OverflowError:
        raise BadInput("before", f"is {before}; in UTC that is not within the years 1 to 9999") from None
    jobs = optimizations.list(state=state, before=utc, before_id=before_id, limit=limit + 1)
    following = None
    if len(jobs) > limit:
        last = jobs[limit - 1]
        submitted = last.created_at.isoformat().replace("+00:00", "Z")
        query = {"before": submitted, "before_id": last.id, "limit": limit}
        query |= {"state": state} if state else {}
        following = f"{prefix}{router.prefix}?{urlencode(query)}"
    return OptimizationsOut(items=[OptimizationOut.of(job, prefix) for job in jobs[:limit]], next=following)


@router.get("/{job_id}", response_model=OptimizationDetail, responses=problems(401, 404))
async def read(job_id: str, _: Viewer, optimizations: Service, prefix: Prefix) -> ModelResponse:
    """Read an optimization, with the attempts of workers at it."""

    # All of it in one thread: to hand a request from one to another costs more than a query.
    def answer() -> ModelResponse:
        job = find(optimizations, job_id)
        return ModelResponse(OptimizationDetail.with_attempts(job, optimizations.attempts(job.id), prefix))

    return await run_in_threadpool(answer)


@router.post("/{job_id}/cancel", status_code=202, responses=problems(401, 403, 404, 409))
async def cancel(
    _: Operator, job: Job, optimizations: Service, prefix: Prefix, writes: Writing
) -> OptimizationOut:
    """Cancel an optimization: at once when it waits, at its next checkpoint when it runs."""
    return OptimizationOut.of(await writes.run(lambda: optimizations.cancel(job.id)), prefix)


@router.post("/{job_id}/retry", status_code=202, responses=problems(401, 403, 404, 409))
async def retry(
    _: Operator, job: Job, optimizations: Service, prefix: Prefix, writes: Writing
) -> OptimizationOut:
    """Try an optimization again that failed; it goes on from the trials it has."""
    return OptimizationOut.of(await writes.run(lambda: optimizations.retry(job.id)), prefix)


@router.get("/{job_id}/trials", responses=problems(401, 404))
def trials(
    job: Job,
    optimizations: Service,
    prefix: Prefix,
    order: Annotated[Literal["number", "best"], Query(description="best: the best first.")] = "number",
    after: Annotated[int, Query(ge=-1, le=MAX_TRIALS, description="Only those with a greater number.")] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> TrialsOut:
    """List trials: all by number, page by page, or the best."""
    if order == "best" and after >= 0:
        raise BadInput("after", "goes with order=number only; for more of the best, ask with a greater limit")
    rows = optimizations.trials(job.id, after=after, limit=limit + 1, best_first=order == "best")
    following = None
    if len(rows) > limit and order == "number":
        query = urlencode({"after": rows[limit - 1].number, "limit": limit})
        following = f"{path_of(job.id, prefix)}/trials?{query}"
    return TrialsOut(items=[TrialOut.of(trial) for trial in rows[:limit]], next=following)


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={
        **problems(401, 404),
        200: {"content": {"text/event-stream": {}}, "description": "Events named progress, until the end."},
        204: {"description": "The optimization has ended, and the client knows: it need not come back."},
    },
)
async def follow(
    request: Request,
    job: Job,
    optimizations: Service,
    last_event_id: Annotated[str | None, Header(description="Of the last event got.")] = None,
) -> Response:
    """Follow an optimization's progress by server-sent events, until it has ended."""
    if job.state in FINAL_STATES and last_event_id == event_id(job):
        # A browser comes back for ever after the end of a stream, unless it is told this.
        return Response(status_code=204)
    facts_of(request.scope).streams = True
    stream = progress_events(job, lambda: optimizations.get(job.id), last_event_id)
    # nginx would hold the events back to fill its buffer.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
