"""How Alembic reaches the connection that `node.store_sql.upgrade` hands over."""

from alembic import context

from node.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
