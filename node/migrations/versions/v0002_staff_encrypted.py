"""Names and telephones of staff encrypted, as every other personal value is.

The rows are sealed here and not at a first use, so that a database is either the old one or wholly the new one. What
this needs of the program (labels, names, the form of the plaintext) is written out: a migration stays what it was.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

from certs.rest import MasterKey, encrypt, new_data_key
from delegation.errors import Reason, Refusal

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table anew with one encrypted column. Refusal INVALID_INPUT (master_key) when rows cannot be sealed."""
    connection = op.get_bind()
    held = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and not getattr(held, "in_transaction", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins one before rows alone, not before tables
    rows = connection.execute(sa.text("SELECT * FROM staff ORDER BY staff_id")).mappings().all()
    load_master: Callable[[], MasterKey] | None = context.config.attributes.get("master")
    master = load_master() if rows and load_master is not None else None
    op.drop_table("staff")
    staff = op.create_table(
        "staff",
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("units", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    if not rows:
        return
    if master is None:  # the whole is one transaction: nothing was touched
        raise Refusal(Reason.INVALID_INPUT, field="master_key")
    key = new_data_key()
    keys = sa.table("data_keys", sa.column("subject_id", sa.String), sa.column("wrapped", sa.LargeBinary))
    connection.execute(keys.insert(), {"subject_id": "staff", "wrapped": master.wrap(key, "staff")})
    for row in rows:
        plain = json.dumps({"name": row["name"], "phone": row["phone"]}, ensure_ascii=False).encode()
        kept = {name: row[name] for name in ("staff_id", "units", "roles", "password", "failures", "locked_until")}
        secret = encrypt(key, f"staff/{row['staff_id']}/secret", plain)
        connection.execute(staff.insert(), {**kept, "active": bool(row["active"]), "secret": secret})
