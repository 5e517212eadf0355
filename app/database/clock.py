"""Time as the database has it: the one clock that all processes share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, FunctionElement, TypeDecorator, literal
from sqlalchemy.ext.compiler import compiles


def now() -> datetime:
    """Return the present time by this machine's clock, in UTC: for what no other process compares."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, also on SQLite, which keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give a time read from SQLite its zone back."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class clock(FunctionElement[datetime]):  # noqa: N801 - it stands where SQL has a function
    """The present time in SQL, by the database's clock.

    Args:
        seconds_ago: less so many seconds.
    """

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, seconds_ago: float = 0.0) -> None:
        super().__init__(literal(float(seconds_ago)))


# clock_timestamp(), not now(): that is when the transaction began, and it may have waited for a lock.
@compiles(clock, "postgresql")
def _postgresql(element: clock, compiler: Any, **options: Any) -> str:
    ago = compiler.process(element.clauses, **options)
    return f"(clock_timestamp() - make_interval(secs => CAST({ago} AS double precision)))"


# SQLite has milliseconds; six digits are how SQLAlchemy writes times there, and text is compared.
@compiles(clock, "sqlite")
def _sqlite(element: clock, compiler: Any, **options: Any) -> str:
    ago = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('-%.3f seconds', {ago})))"
