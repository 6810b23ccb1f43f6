"""Runs the migrations on the connection that `registry.schema` gives."""

from alembic import context

from registry.tables import RegistryTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=RegistryTable.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
