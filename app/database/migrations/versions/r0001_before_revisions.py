"""The tables as they were before there were revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "optimizations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("strategy", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("objective", sa.String(64), nullable=False),
        sa.Column("sampler", sa.String(64), nullable=False),
        sa.Column("trials", sa.Integer, nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("folds", sa.Integer, nullable=False),
        sa.Column("holdout", sa.Double, nullable=False),
        sa.Column("fee_bps", sa.Double, nullable=False),
        sa.Column("slippage_bps", sa.Double, nullable=False),
        sa.Column("key_id", sa.String(32)),
        sa.Column("traceparent", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("trials_completed", sa.Integer, nullable=False),
        sa.Column("trials_failed", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("cancel_requested_at", _TIME),
        sa.Column("best_value", sa.Double),
        sa.Column("best_trial", sa.Integer),
        sa.Column("best_parameters", sa.JSON),
        sa.Column("out_of_sample_value", sa.Double),
        sa.Column("walk_forward_value", sa.Double),
        sa.Column("deflated_sharpe", sa.Double),
        sa.Column("total_return", sa.Double),
        sa.Column("max_drawdown", sa.Double),
        sa.Column("trades", sa.Integer),
        sa.Column("error_type", sa.String(128)),
        sa.Column("error_message", sa.String),
    )
    op.create_index("optimizations_by_state", "optimizations", ["state", "created_at"])
    op.create_table(
        "attempts",
        sa.Column("job_id", sa.String(32), sa.ForeignKey("optimizations.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("worker_slot", sa.String(64), nullable=False),
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("state", sa.String(16), nullable=False),
    )
    op.create_table(
        "trials",
        sa.Column("job_id", sa.String(32), sa.ForeignKey("optimizations.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("fold_values", sa.JSON, nullable=False),
        sa.Column("error", sa.String),
        sa.Column("duration_seconds", sa.Double, nullable=False),
        sa.Column("sampler_state", sa.JSON, nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("slot", sa.String(64), primary_key=True),
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("last_seen", _TIME, nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("secret_hash", sa.String(128), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
    )
