"""Who may call an endpoint: a dependency that asks for a key with a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.database.models import ApiKey
from app.errors import Forbidden, Unauthorized
from app.requests.facts import facts_of
from app.security.keys import authenticate
from app.security.roles import Role

# auto_error off: a missing key is told as every other error is, with what to do.
_BEARER = HTTPBearer(auto_error=False, description="An API key; make one with `jobscope key create NAME`.")
_HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The same key, in a header of its own."
)


def require(role: Role) -> Callable[..., ApiKey]:
    """Return a dependency that gives the caller's key, and refuses who has none of at least this role."""

    def key_of_caller(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
        header: Annotated[str | None, Security(_HEADER)],
    ) -> ApiKey:
        text = bearer.credentials if bearer else header
        if not text:
            raise Unauthorized(
                "an API key is needed, in the header 'Authorization: Bearer <key>' or 'X-API-Key: <key>'; "
                "'jobscope key create NAME' makes one"
            )
        key = authenticate(request.app.state.engine, text)
        facts_of(request.scope).key_id = key.id
        if not Role(key.role).includes(role):
            raise Forbidden(f"this needs a key with role {role}; key {key.id} has role {key.role}")
        return key

    return key_of_caller


Viewer = Annotated[ApiKey, Security(require(Role.VIEWER))]
Operator = Annotated[ApiKey, Security(require(Role.OPERATOR))]
Admin = Annotated[ApiKey, Security(require(Role.ADMIN))]
