"""A thread's state may lack neutral entries, which the rows of the entries make up for when it is read.

The tables stay as they are. A program that would not make up for them refuses the database by this version.
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: what the older program wrote is a state that lacks no entry."""
