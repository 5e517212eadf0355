"""How errors are told: RFC 9457 problem details, the same for every one of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.errors import (
    BadInput,
    Conflict,
    Forbidden,
    JobscopeError,
    NotFound,
    Unauthorized,
    Unavailable,
)
from app.requests.facts import facts_of
from app.requests.fields import Refused, printable, refused_fields, unparsed_body
from app.requests.limits import BodyTooLarge
from telemetry.redaction import told

_STATUSES: dict[type[JobscopeError], HTTPStatus] = {
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# DatabaseError: a file that is not a database, or not any more, is one, and no OperationalError.
_DATABASE_ERRORS = (DatabaseError, InterfaceError, PoolTimeout)
_LONGEST_DETAIL = 2000
_LONGEST_FIELD = 200
_LONGEST_MESSAGE = 1000


class FieldError(BaseModel):
    """A field that was refused."""

    field: str = Field(description="The field's path, as in the request.", examples=["parameters.fast.low"])
    message: str = Field(examples=["is 0; it must be a whole number from 2 to 60"])


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(default="about:blank", description="The title says it all.")
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(description="What is wrong, and what would be right.")
    request_id: str = Field(description="To be quoted when asking for help.")
    errors: list[FieldError] | None = Field(default=None, description="The fields that were refused.")


class ProblemResponse(JSONResponse):
    """A problem."""

    media_type = "application/problem+json"


def add_problem_handlers(app: FastAPI) -> None:
    """Have an application tell the errors that it catches itself as problems."""
    for error in (JobscopeError, HTTPException, RequestValidationError, *_DATABASE_ERRORS):
        app.add_exception_handler(error, _handle)


def _handle(request: Request, error: Exception) -> Response:
    return problem_of(error, request.scope)


def problem_of(error: Exception, scope: MutableMapping[str, Any]) -> Response:
    """Return the answer to a request that ended with an error, noted in the request's facts."""
    facts = facts_of(scope)
    facts.error = error
    if isinstance(error, HTTPException):
        return _framework_problem(error, scope)
    if isinstance(error, RequestValidationError):
        facts.error_type = BadInput.__name__
        return _field_problem(refused_fields(error), scope)
    if isinstance(error, BadInput):
        return _field_problem([Refused(printable(error.field), error.message)], scope)
    if isinstance(error, _DATABASE_ERRORS):
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, _database_detail(error), scope)
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return _problem(status, str(error), scope, _challenge(error))
    # What went wrong is in the event, with its stack; strangers get the id under which to find it.
    detail = f"something went wrong here; ask for help with request id {facts.id}"
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, scope)


def _problem(
    status: HTTPStatus,
    detail: str,
    scope: MutableMapping[str, Any],
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Refused] = (),
) -> Response:
    # The one place where what a caller sent is told back: without a secret in it, and not all of it.
    facts = facts_of(scope)
    facts.detail = told(printable(detail), _LONGEST_DETAIL)
    problem = Problem(
        title=status.phrase,
        status=status,
        detail=facts.detail,
        request_id=facts.id,
        errors=[_field_error(refused) for refused in errors] or None,
    )
    content = problem.model_dump(exclude_none=True)
    return ProblemResponse(content, status, headers=dict(headers or {}))


def _field_error(refused: Refused) -> FieldError:
    return FieldError(
        field=told(refused.field, _LONGEST_FIELD), message=told(printable(refused.message), _LONGEST_MESSAGE)
    )


def _field_problem(refused: Sequence[Refused], scope: MutableMapping[str, Any]) -> Response:
    facts_of(scope).fields = tuple(told(item.field, _LONGEST_FIELD) for item in refused)
    detail = "; ".join(f"{item.field}: {item.message}" for item in refused)
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, scope, errors=refused)


def _framework_problem(error: HTTPException, scope: MutableMapping[str, Any]) -> Response:
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST and error.__cause__:
        # FastAPI's way to say that a body cannot be parsed; why, only its cause tells.
        facts_of(scope).error_type = BadInput.__name__
        return _field_problem([unparsed_body(error.__cause__)], scope)
    if not isinstance(error, BodyTooLarge):
        facts_of(scope).error_type = status.phrase.title().replace(" ", "")
    detail, headers = error.detail, error.headers
    if status == HTTPStatus.NOT_FOUND:
        detail = "there is nothing at this path; /openapi.json lists what there is"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = _methods_of(scope)
        detail, headers = f"this path does not allow the method; it allows: {allowed}", {"Allow": allowed}
    return _problem(status, detail, scope, headers)


def _methods_of(scope: MutableMapping[str, Any]) -> str:
    """Return the methods of the path; Starlette knows but those of the first route that has it."""
    path = scope["route"].path_format
    routes = [route for route in iter_route_contexts(scope["app"].routes) if route.path_format == path]
    return ", ".join(sorted(method for route in routes for method in route.methods or ()))


def _challenge(error: Exception) -> dict[str, str]:
    """Return the header by which a client learns how to authenticate, RFC 6750."""
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="jobscope"'}
    if isinstance(error, Forbidden):
        return {"WWW-Authenticate": 'Bearer realm="jobscope", error="insufficient_scope"'}
    return {}


def _database_detail(error: Exception) -> str:
    """Say what is wrong with the database; a server's own words may name hosts and users, SQLite's do not."""
    cause = getattr(error, "orig", None)
    reason = f": {cause}" if isinstance(cause, sqlite3.Error) else ""
    return f"the database cannot be used{reason}; try again later"
