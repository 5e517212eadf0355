"""API keys: ``jsk_<id>_<secret>``.

The id is public: it finds the key's row, and is what logs and lists show. The secret is 256 random bits, of
which only a SHA-256 hash is kept. A slow password hash would add nothing: there is no guessing such a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from app.database.clock import now
from app.database.engine import read_only
from app.database.models import ApiKey
from app.errors import BadInput, NotFound, Unauthorized, quoted
from app.security.roles import Role
from telemetry import events
from telemetry.contract.names import Attr, Event

_FORM = re.compile(r"jsk_([0-9a-f]{12})_([0-9a-f]{64})")
_ID = re.compile(r"[0-9a-f]{12}")
_LONGEST_NAME = 64
# Of the table, not of the model: a session would cost several times the query, at every request.
_KEY = select(ApiKey.__table__).where(ApiKey.id == bindparam("key_id"))


def create_key(engine: Engine, name: str, role: str) -> tuple[ApiKey, str]:
    """Make a key.

    Args:
        engine: the database.
        name: whose key it is, 1 to 64 characters.
        role: ``viewer``, ``operator`` or ``admin``.

    Returns:
        The key, and its text, which cannot be had again.

    Raises:
        BadInput: the name or the role is not one.
    """
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput("name", f"is {quoted(name)}; it must have 1 to {_LONGEST_NAME} printable characters")
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    key = ApiKey(id=key_id, name=name, role=Role.named(role), secret_hash=_hash(secret))
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.add(key)
    events.emit(
        Event.API_KEY_CREATED, f"{role} key {key_id} made for {name}", attributes={Attr.API_KEY_ID: key_id}
    )
    return key, f"jsk_{key_id}_{secret}"


def list_keys(engine: Engine) -> Sequence[ApiKey]:
    """Return all keys, the oldest first, revoked ones too."""
    with Session(read_only(engine)) as session:
        return session.scalars(select(ApiKey).order_by(ApiKey.created_at)).all()


def revoke_key(engine: Engine, key_id: str) -> None:
    """Revoke a key; it stops working at once. Revoking it again changes nothing.

    Raises:
        NotFound: there is none with this id.
    """
    with Session(engine) as session, session.begin():
        # PostgreSQL takes no text with a NUL in it, so what is no id is not looked for.
        key = session.get(ApiKey, key_id) if _ID.fullmatch(key_id) else None
        if key is None:
            raise NotFound(f"there is no key with id {quoted(key_id)}")
        if key.revoked_at is not None:
            return
        key.revoked_at = now()
    events.emit(Event.API_KEY_REVOKED, f"key {key_id} revoked", attributes={Attr.API_KEY_ID: key_id})


def authenticate(engine: Engine, text: str) -> ApiKey:
    """Return the key a caller showed.

    Raises:
        Unauthorized: it is not in the form of a key, does not exist, or was revoked; which, is not told.
    """
    match = _FORM.fullmatch(text)
    if match:
        key_id, secret = match.groups()
        with read_only(engine).connect() as connection:
            row = connection.execute(_KEY, {"key_id": key_id}).mappings().one_or_none()
        if row and hmac.compare_digest(row["secret_hash"], _hash(secret)) and row["revoked_at"] is None:
            return ApiKey(**row)
    raise Unauthorized("this API key is not valid: it is not one, or it was revoked")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
