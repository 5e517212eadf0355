"""How the API's errors appear in its OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from app.requests.problems import Problem

_PROBLEM = "application/problem+json"


# Whatever is asked: a request that is none, is too slow or too long; an error of ours; no database.
_ALWAYS = (400, 408, 414, 422, 431, 500, 503)
_OF_BODIES = (413, 415)


def problems(*statuses: int, body: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of an endpoint that can answer with these errors, beside those that all can.

    Args:
        statuses: the endpoint's own.
        body: whether it reads a body, which can be refused too.
    """
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem}
        for status in sorted({*statuses, *_ALWAYS, *(_OF_BODIES if body else ())})
    }


def document_problems(app: FastAPI) -> None:
    """Have an application's document say that errors come as problem details.

    FastAPI takes them for what the endpoint answers with when all is well.
    """
    document = app.openapi

    def document_with_problems() -> dict[str, Any]:
        schema = document()
        operations = (operation for path in schema["paths"].values() for operation in path.values())
        for operation in operations:
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"] = _as_problem(response.get("content", {}))
        return schema

    app.openapi = document_with_problems  # type: ignore[method-assign]


def _as_problem(content: dict[str, Any]) -> dict[str, Any]:
    """Return the media types of an error: the model of a problem under its own, all others as they are."""
    return {
        _PROBLEM if body.get("schema", {}).get("$ref", "").endswith("/Problem") else media: body
        for media, body in content.items()
    }
