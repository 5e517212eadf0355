"""``/api/v1/keys``: API keys, for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request

from app.requests.openapi import problems
from app.requests.writes import Writing
from app.security.access import Admin
from app.security.keys import create_key, list_keys, revoke_key
from app.security.schemas import KeyOut, KeyRequest, KeysOut, NewKeyOut

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])


@router.post("", status_code=201, responses=problems(401, 403, body=True))
async def create(request: Request, wanted: KeyRequest, _: Admin, writes: Writing) -> NewKeyOut:
    """Make a key. Its text is in this answer and nowhere else."""
    engine = request.app.state.engine
    key, text = await writes.run(lambda: create_key(engine, wanted.name, wanted.role))
    return NewKeyOut(**KeyOut.model_validate(key).model_dump(), key=text)


@router.get("", responses=problems(401, 403))
def list_all(request: Request, _: Admin) -> KeysOut:
    """List all keys, revoked ones too."""
    return KeysOut(items=[KeyOut.model_validate(key) for key in list_keys(request.app.state.engine)])


@router.delete("/{key_id}", status_code=204, responses=problems(401, 403, 404))
async def revoke(request: Request, key_id: str, _: Admin, writes: Writing) -> None:
    """Revoke a key; it stops working at once."""
    await writes.run(lambda: revoke_key(request.app.state.engine, key_id))
