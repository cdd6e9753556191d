"""Norms of lines and windows: since when what they speak of holds, and the window of a breach."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KINDS = "kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')"


def upgrade() -> None:
    op.create_table(
        "standing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flagged", sa.String(length=80), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_standing_kind_known")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_standing_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
        sa.UniqueConstraint("branch_id", "mark", name=op.f("uq_standing_branch_id_mark")),
    )
    with op.batch_alter_table("breach") as breach:
        breach.add_column(sa.Column("window_id", sa.Integer(), nullable=True))
        breach.create_foreign_key(op.f("fk_breach_window_id"), "window", ["window_id"], ["id"])


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
