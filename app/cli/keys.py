"""``jobscope key``: API keys."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.local import local_engine
from app.cli.tables import print_table
from app.security.keys import create_key, list_keys, revoke_key
from app.security.roles import Role
from telemetry.terminal import printable

app = typer.Typer(help="API keys.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    role: Annotated[
        str, typer.Option(help="viewer, operator or admin; each includes the ones before it.")
    ] = Role.VIEWER,
) -> None:
    """Make a key and print it: it is shown this once, only a hash of it is kept."""
    with local_engine() as engine:
        _, secret = create_key(engine, name, role)
    print(secret)


@app.command("list")
def list_() -> None:
    """List keys."""
    table = Table("id", "name", "role", "created", "revoked")
    with local_engine() as engine:
        for key in list_keys(engine):
            revoked = f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
            table.add_row(
                key.id, Text(printable(key.name)), key.role, f"{key.created_at:%Y-%m-%d %H:%M}", revoked
            )
    print_table(table)


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Revoke a key; it stops working at once."""
    with local_engine() as engine:
        revoke_key(engine, key_id)
    print(f"revoked {key_id}")
