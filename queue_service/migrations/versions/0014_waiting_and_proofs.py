"""Offers left unanswered, where a booking came from, and proofs of work that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("waiting_entry") as entry:
        entry.add_column(sa.Column("lapses", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("waiting_entry") as entry:
        entry.alter_column("lapses", server_default=None)
    op.add_column("appointment", sa.Column("address", sa.String(length=64), nullable=True))
    op.create_table(
        "spent_proof",
        sa.Column("proof_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("proof_hash", name=op.f("pk_spent_proof")),
    )


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
