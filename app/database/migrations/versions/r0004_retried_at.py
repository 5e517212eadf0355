"""When a job was retried, and an index for what every process asks at each heartbeat."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column and an index."""
    op.add_column("optimizations", sa.Column("retried_at", sa.DateTime(timezone=True)))
    lost = sa.text("state = 'lost'")
    op.create_index("attempts_lost", "attempts", ["instance_id"], sqlite_where=lost, postgresql_where=lost)
