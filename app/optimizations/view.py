"""From a job's id to its view in Grafana, with the job's own time range: an id alone carries none."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from app.database.clock import now
from app.database.models import Optimization
from app.errors import NotFound
from app.optimizations.endpoints import Service, find
from app.requests.openapi import problems
from app.settings import Settings

router = APIRouter(tags=["optimizations"])

# Room for what was measured just before and exported just after, and for clocks that differ.
_PADDING = timedelta(seconds=10)


# No key: links in Grafana, alerts and terminals lead here, and a browser that follows one has none. It
# tells the time range of a job whose id, 96 random bits, one must know; Grafana asks for its own login.
@router.get("/api/v1/optimizations/{job_id}/view", status_code=303, responses=problems(404))
@router.get("/jobs/{job_id}/view", status_code=303, include_in_schema=False)
def view(job_id: str, request: Request, optimizations: Service) -> RedirectResponse:
    """Go to an optimization's view in Grafana: its spans, events and metrics, joined."""
    job = find(optimizations, job_id)
    settings: Settings = request.app.state.settings
    if not settings.grafana_url:
        raise NotFound(
            f"there is no Grafana here (JOBSCOPE_GRAFANA_URL is not set); 'jobscope job show {job.id}' "
            "shows the same in a terminal"
        )
    return RedirectResponse(view_url(settings.grafana_url, job, settings.public_url), status_code=303)


def view_url(grafana_url: str, job: Optimization, api_url: str) -> str:
    """Return the URL of a job's dashboard over the time the job took; up to now while it is not over.

    The dashboard's own links to the API lead to ``api_url``.
    """
    end = job.finished_at + _PADDING if job.finished_at else None
    query = {
        "var-job_id": job.id,
        "var-api": api_url,
        "from": _milliseconds(job.created_at - _PADDING),
        "to": _milliseconds(end) if end and end < now() else "now",
    }
    return f"{grafana_url.rstrip('/')}/d/job?{urlencode(query)}"


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
