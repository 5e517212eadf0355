"""Run by Alembic: migrates in the transaction that :func:`app.database.migrations.migrate` began."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
