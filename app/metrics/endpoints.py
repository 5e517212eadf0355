"""``/metrics`` for Prometheus, where it does not get our metrics by OTLP."""

from __future__ import annotations

import threading

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from app.errors import NotFound
from app.requests.openapi import problems

router = APIRouter(tags=["health"])

# The exporter's collector keeps what it collects in itself: two scrapes at a time would get each other's
# series twice.
_one_at_a_time = threading.Lock()


# No key: Prometheus scrapes it, and it is for the loopback interface, which is where the API listens
# unless it is told otherwise. Nothing in it is about a job or a person.
@router.get(
    "/metrics",
    responses={
        **problems(404),
        200: {"content": {"text/plain": {}}, "description": "Metrics of this process and of the system."},
    },
)
def metrics(request: Request) -> Response:
    """Return the metrics in Prometheus' text format, or in OpenMetrics when that is asked for."""
    registry = request.app.state.registry
    if registry is None:
        raise NotFound("this process does not serve metrics here")
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    with _one_at_a_time:
        text = encode(registry)
    return Response(text, media_type=content_type)
