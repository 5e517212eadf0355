"""A queue engine that cannot queue again: what a lost connection in the middle of a recovery leaves."""

from __future__ import annotations

from tests.live.postgres import Postgres

# 53300, too many connections, is one of those that come and go.
_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_requeue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.status = 'ENQUEUED' AND OLD.status <> 'ENQUEUED') THEN
    RAISE EXCEPTION 'refused by the test' USING ERRCODE = '53300';
  END IF;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refuse_requeue BEFORE UPDATE OR DELETE ON dbos.workflow_status
FOR EACH ROW EXECUTE FUNCTION refuse_requeue();
"""
_ALLOW = "DROP TRIGGER IF EXISTS refuse_requeue ON dbos.workflow_status"


def refuse_requeue(server: Postgres, database: str) -> None:
    """Have every requeue fail from now on; jobs that are submitted are queued all the same."""
    server.execute(_REFUSE, database=database)


def allow_requeue(server: Postgres, database: str) -> None:
    """End it."""
    server.execute(_ALLOW, database=database)
