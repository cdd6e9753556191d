"""Norms as data, breaches of them, and when a leg's norms are looked at next."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN, WATCHED = sa.text("resolved_at IS NULL"), sa.text("norm_at IS NOT NULL")
KINDS = "kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')"


def upgrade() -> None:
    op.create_table(
        "norm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_norm_kind_known")),
        sa.CheckConstraint("channel IN ('walk_in', 'appointment')", name=op.f("ck_norm_channel_known")),
        sa.CheckConstraint("longest > 0", name=op.f("ck_norm_longest_positive")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_norm_branch_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_norm_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_norm")),
    )
    op.create_index("norms", "norm", ["branch_id"], unique=False)
    op.create_table(
        "breach",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("service_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("leg_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("flagged_at", MOMENT, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_breach_kind_known")),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["staff.id"], name=op.f("fk_breach_acknowledged_by")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_breach_branch_id")),
        sa.ForeignKeyConstraint(["leg_id"], ["leg.id"], name=op.f("fk_breach_leg_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_breach_service_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_breach_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
        sa.UniqueConstraint("branch_id", "mark", name=op.f("uq_breach_branch_id_mark")),
    )
    where = {"sqlite_where": OPEN, "postgresql_where": OPEN}
    op.create_index("open_breaches", "breach", ["branch_id", "at"], unique=False, **where)
    op.create_index("breaches_by_day", "breach", ["branch_id", "service_day"], unique=False)
    op.create_table(
        "clock_jump",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("before", MOMENT, nullable=False),
        sa.Column("after", MOMENT, nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("last_leg_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_jump")),
    )
    op.add_column("leg", sa.Column("norm_at", MOMENT, nullable=True))
    where = {"sqlite_where": WATCHED, "postgresql_where": WATCHED}
    op.create_index("norms_due", "leg", ["norm_at", "branch_id"], unique=False, **where)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
