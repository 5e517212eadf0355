"""How a database's tables differ from the models."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from app.database.models import Base


def differences(engine: Engine) -> list[Any]:
    """Return how the tables differ from the models, the queue engine's own left out."""
    ours = set(Base.metadata.tables)

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in ours

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        found: list[Any] = compare_metadata(context, Base.metadata)
    return found
