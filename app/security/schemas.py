"""API keys as the API shows them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.security.roles import Role


class KeyRequest(BaseModel):
    """The key to make."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "nightly search", "role": "operator"}]}
    )

    name: str = Field(min_length=1, max_length=64, description="Whose key it is.")
    role: Role = Field(default=Role.VIEWER, description="Each role includes the ones before it.")


class KeyOut(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["3f9a5b7c1d2e"])
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key just made, with its text."""

    key: str = Field(description="The key. It is shown this once; only a hash of it is kept.")


class KeysOut(BaseModel):
    """All keys, the oldest first."""

    items: list[KeyOut]
