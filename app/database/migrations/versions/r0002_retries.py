"""Jobs that can be retried, and indexes for what is asked at every heartbeat and page."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a column and two indexes."""
    op.add_column("optimizations", sa.Column("retried_after", sa.Integer, nullable=False, server_default="0"))
    op.create_index("optimizations_by_time", "optimizations", ["created_at", "id"])
    running = sa.text("state = 'running'")
    op.create_index(
        "attempts_running", "attempts", ["job_id"], sqlite_where=running, postgresql_where=running
    )
