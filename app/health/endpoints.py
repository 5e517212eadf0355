"""``/livez``, ``/readyz`` for machines that start and stop us; ``/api/v1/health`` for people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.database.clock import now
from app.errors import Unavailable
from app.health.checks import DATABASE, Check, Status
from app.health.monitor import HealthMonitor
from app.health.runner import Outcome
from app.requests.openapi import problems
from app.security.access import Viewer

router = APIRouter(tags=["health"])

# 503 is also what a failed check is answered with, and then as health.
_RESPONSES = problems(401)
_RESPONSES[503]["content"] = {"application/problem+json": {}}

_WORST: tuple[Status, ...] = ("fail", "warn")


class HealthResponse(JSONResponse):
    """Health as draft-inadarei-api-health-check-06 has it."""

    media_type = "application/health+json"


# No key for these two: who asks is a supervisor or load balancer, and learns one word. They are for the
# loopback interface, which is where the API listens unless it is told otherwise.
# async: an answer takes no thread, of which there may be none to spare, and waits for nothing.
@router.head("/livez", include_in_schema=False)
@router.get("/livez", responses=problems())
async def live() -> dict[str, str]:
    """Tell that the process answers; whatever else is broken, starting it again would not help."""
    return {"status": "alive"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=problems())
async def ready(request: Request) -> dict[str, str]:
    """Tell whether requests can be answered: the database has its tables, and can be read and written."""
    monitor: HealthMonitor = request.app.state.health
    outcome = monitor.outcome(DATABASE)
    if outcome is None:
        raise Unavailable("the database has not been looked at yet")
    if outcome.finding.status == "fail":
        raise Unavailable("the database cannot be used; /api/v1/health says more")
    return {"status": "ready"}


@router.get("/api/v1/health", response_class=HealthResponse, responses=_RESPONSES)
async def health(request: Request, _: Viewer) -> HealthResponse:
    """Tell what each check found last. 200 while the service works, warnings included; 503 when not."""
    monitor: HealthMonitor = request.app.state.health
    outcomes = monitor.outcomes()
    statuses = [outcome.finding.status if outcome else "warn" for _check, outcome in outcomes]
    overall = next((status for status in _WORST if status in statuses), "pass")
    body = {
        "status": overall,
        "serviceId": "jobscope",
        "version": "1",
        "releaseId": request.app.version,
        "checks": {f"{check.name}:{check.measures}": [_shown(check, outcome)] for check, outcome in outcomes},
    }
    return HealthResponse(body, 503 if overall == "fail" else 200, headers={"Cache-Control": "no-store"})


def _shown(check: Check, outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"componentType": check.kind, "status": "warn", "output": "not checked yet"}
    finding = outcome.finding
    shown = {
        "componentType": check.kind,
        "status": finding.status,
        "observedValue": finding.value,
        "observedUnit": finding.unit,
        "output": finding.output or None,
        "time": outcome.at.isoformat(),
        "ageSeconds": round((now() - outcome.at).total_seconds(), 3),
        "durationSeconds": round(outcome.duration_seconds, 6),
    }
    return {name: value for name, value in shown.items() if value is not None}
