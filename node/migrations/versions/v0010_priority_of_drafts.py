"""The priority of a letter that is not issued yet, by which its line in the to-do list is ordered.

A draft of before counts as one without priority until it is saved again: its content is encrypted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("drafts", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
