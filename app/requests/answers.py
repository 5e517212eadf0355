"""Answers made as directly as can be."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response


class ModelResponse(Response):
    """A model as JSON.

    FastAPI would validate what it is given once more, in a thread of its own, and make Python objects of it,
    and JSON of those.
    """

    media_type = "application/json"

    def render(self, content: BaseModel) -> bytes:
        """Return the body."""
        return content.model_dump_json().encode()
