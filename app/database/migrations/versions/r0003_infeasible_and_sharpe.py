"""Infeasible trials counted, each trial's Sharpe ratio kept, and no deflated ratio of another formula."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns; empty one whose meaning changes.

    Trials of before that broke a constraint stay failed, as their jobs' events say. The deflated Sharpe
    ratios of before were of a mean over the folds; the trials' ratios, which right ones need, were not kept.
    """
    infeasible = sa.Column("trials_infeasible", sa.Integer, nullable=False, server_default="0")
    op.add_column("optimizations", infeasible)
    op.add_column("trials", sa.Column("sharpe", sa.Double))
    op.execute("UPDATE optimizations SET deflated_sharpe = NULL")
