"""Ranges of waiting time that were shown, and when the call came."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "estimate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("service_day", sa.Date(), nullable=False),
        sa.Column("leg_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("sooner", sa.Integer(), nullable=False),
        sa.Column("middle", sa.Integer(), nullable=False),
        sa.Column("later", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("waited", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'called', 'left')", name=op.f("ck_estimate_state_known")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_estimate_branch_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["leg.id"], name=op.f("fk_estimate_leg_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_estimate_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate")),
    )
    where = {"sqlite_where": OPEN, "postgresql_where": OPEN}
    op.create_index("open_estimates", "estimate", ["branch_id", "leg_id"], unique=False, **where)
    op.create_index("estimates_by_day", "estimate", ["branch_id", "service_day"], unique=False)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
