"""The program's own part: invoices, and a queue of them in one SQLite table. It knows no telemetry."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PATH = Path(os.environ.get("INVOICES_DIR", ".")) / "invoices.db"


@dataclass(frozen=True)
class Job:
    """An invoice to render. ``carrier`` is what the queue carries for telemetry."""

    id: str
    carrier: str
    customer: str
    prices: list[float]


def connect() -> closing[sqlite3.Connection]:
    """Open the queue, and make it if need be."""
    connection = sqlite3.connect(PATH, isolation_level=None, timeout=10)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS invoices "
        "(id TEXT PRIMARY KEY, carrier TEXT, customer TEXT, prices TEXT, state TEXT, text TEXT)"
    )
    return closing(connection)


def put(job: Job) -> None:
    """Queue an invoice."""
    row = (job.id, job.carrier, job.customer, json.dumps(job.prices))
    with connect() as db:
        db.execute("INSERT INTO invoices VALUES (?, ?, ?, ?, 'waiting', NULL)", row)


def take() -> Job | None:
    """Take the invoice that has waited longest."""
    with connect() as db:
        row = db.execute(
            "UPDATE invoices SET state = 'taken' WHERE id = "
            "(SELECT id FROM invoices WHERE state = 'waiting' ORDER BY rowid LIMIT 1) "
            "RETURNING id, carrier, customer, prices"
        ).fetchone()
    return Job(row[0], row[1], row[2], json.loads(row[3])) if row else None


def finish(job_id: str, state: str, text: str) -> None:
    """Store how it ended."""
    with connect() as db:
        db.execute("UPDATE invoices SET state = ?, text = ? WHERE id = ?", (state, text, job_id))


def read(job_id: str) -> tuple[str, str | None] | None:
    """Return an invoice's state and text; None when there is no such invoice."""
    with connect() as db:
        row: tuple[str, str | None] | None = db.execute(
            "SELECT state, text FROM invoices WHERE id = ?", (job_id,)
        ).fetchone()
    return row


def render(job: Job) -> str:
    """Return the invoice's text.

    Raises:
        ValueError: a price is negative.
    """
    if any(price < 0 for price in job.prices):
        raise ValueError("a price is negative")
    return f"{job.customer} owes {sum(job.prices):.2f}"
