"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "acknowledged_batch",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "envelope_answer",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("header_digest", sa.LargeBinary(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("sender_unit", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("sequence", _BIG, autoincrement=False, nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.Column("at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("leaf_index"),
    )
    op.create_index(
        "ix_answer_refused",
        "envelope_answer",
        ["sender_unit", "at"],
        unique=False,
        sqlite_where=sa.text("NOT accepted"),
        postgresql_where=sa.text("NOT accepted"),
    )
    op.create_index(
        "ix_answer_thread",
        "envelope_answer",
        ["thread_id", "sequence"],
        unique=False,
        sqlite_where=sa.text("accepted"),
        postgresql_where=sa.text("accepted"),
    )
    op.create_table(
        "evidence",
        sa.Column("evidence_id", _BIG, autoincrement=False, nullable=False),
        sa.Column("envelope_leaf", _BIG, autoincrement=False, nullable=False),
        sa.Column("batch_leaf", _BIG, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("evidence_id"),
    )
    op.create_index("ix_evidence_envelope", "evidence", ["envelope_leaf"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "listing",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("material_id", sa.String(), nullable=False),
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "material_id", "leaf_index"),
    )
    op.create_table(
        "log_entry",
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", _BIG, autoincrement=False, nullable=False),
        sa.Column("size", _BIG, autoincrement=False, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("accepted_at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", _BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position"),
    )
    op.create_table(
        "mailbox",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("cursor", _BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("item", _BIG, autoincrement=False, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("status_at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("unit", "cursor"),
    )
    op.create_index("ix_mailbox_item", "mailbox", ["item", "kind"], unique=False)
    op.create_index(
        "ix_mailbox_waiting",
        "mailbox",
        ["unit"],
        unique=False,
        sqlite_where=sa.text("status = 0 AND kind = 1"),
        postgresql_where=sa.text("status = 0 AND kind = 1"),
    )
    op.create_table(
        "material",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("material_id", sa.String(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_size", _BIG, autoincrement=False, nullable=False),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("leaf_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("created_at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("unit", "thread_id", "material_id"),
    )
    op.create_table(
        "negative",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("envelope_key", sa.String(), nullable=False),
        sa.Column("at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "leaf_index"),
    )
    op.create_index("ix_negative_envelope", "negative", ["envelope_key"], unique=False)
    op.create_table(
        "roster",
        sa.Column("version", _BIG, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "roster_statement",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("version", _BIG, autoincrement=False, nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("published_at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_statement_order", "roster_statement", ["version", "published_at"], unique=False)
    op.create_table(
        "sealed_body",
        sa.Column("leaf_index", _BIG, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("leaf_index"),
    )
    op.create_table(
        "thread",
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("thread_type", sa.Integer(), nullable=False),
        sa.Column("matter", sa.Integer(), nullable=False),
        sa.Column("home_unit", sa.String(), nullable=False),
        sa.Column("host_unit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("next_deadline", sa.String(), nullable=False),
        sa.Column("earliest_due", sa.String(), nullable=False),
        sa.Column("last_leaf", _BIG, autoincrement=False, nullable=False),
        sa.Column("opened_at", _BIG, autoincrement=False, nullable=False),
        sa.Column("changed_at", _BIG, autoincrement=False, nullable=False),
        sa.Column("reported_at", _BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("thread_id"),
    )
    op.create_index(
        "ix_thread_deadline", "thread", ["next_deadline"], unique=False, sqlite_where=sa.text("next_deadline <> ''")
    )
    op.create_index("ix_thread_home", "thread", ["home_unit", "closed"], unique=False)
    op.create_index("ix_thread_host", "thread", ["host_unit"], unique=False)
    op.create_index("ix_thread_leaf", "thread", ["last_leaf"], unique=False)
    op.create_table(
        "token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("expires_at", _BIG, autoincrement=False, nullable=False),
        sa.Column("used_for", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
