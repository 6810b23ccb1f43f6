"""When a person's request has to be answered by, and which cases the lists showed to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Requests that are there have no day of their own yet (the desk counts it); nothing is known of earlier lists."""
    op.add_column("subject_requests", sa.Column("due", sa.String(), nullable=False, server_default=""))
    op.add_column("subject_requests", sa.Column("prepared_by", sa.String(), nullable=False, server_default=""))
    op.create_index("subject_requests_by_state", "subject_requests", ["unit", "state", "due"], unique=False)
    op.create_table(
        "look_lines",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "number"),
    )
