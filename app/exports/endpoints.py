"""``/api/v1/optimizations/{job_id}/export``: a job's result as a file."""
# ruff: noqa: FAST003 - job_id is the parameter of the dependency behind Job

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from app.exports.service import export
from app.optimizations.endpoints import Job, Service
from app.requests.facts import facts_of
from app.requests.openapi import problems

router = APIRouter(prefix="/api/v1/optimizations", tags=["optimizations"])

_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json"}


@router.get(
    "/{job_id}/export",
    response_class=StreamingResponse,
    responses={
        **problems(401, 404),
        200: {"content": {kind: {} for kind in _MEDIA_TYPES.values()}, "description": "The file."},
    },
)
def download(
    request: Request,
    job: Job,
    optimizations: Service,
    export_format: Annotated[
        Literal["csv", "json"],
        Query(alias="format", description="csv: one row a trial. json: the optimization with its trials."),
    ] = "csv",
) -> StreamingResponse:
    """Download an optimization's trials; of one that runs, those committed so far."""
    facts_of(request.scope).streams = True
    return StreamingResponse(
        export(optimizations, job.id, export_format),
        media_type=_MEDIA_TYPES[export_format],
        headers={"Content-Disposition": f'attachment; filename="optimization-{job.id}.{export_format}"'},
    )
