"""Rules of escalation, and the alerts they raised."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CHANNELS = "channel IN ('email', 'text', 'webhook')"
KINDS = "kind IN ('wait', 'service_time', 'total_time', 'hold_time', 'queue_length', 'unstaffed', 'idle_window')"
LIVE = sa.text("over_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.Column("after_seconds", sa.Integer(), nullable=False),
        sa.Column("at_risk", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_escalation_channel_known")),
        sa.CheckConstraint("after_seconds >= 0", name=op.f("ck_escalation_after_not_negative")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_escalation_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    op.create_index("escalations", "escalation", ["branch_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("breaches", sa.Integer(), nullable=False),
        sa.Column("at_risk", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("over_at", MOMENT, nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_alert_kind_known")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_alert_branch_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_alert_escalation_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_alert_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    where = {"sqlite_where": LIVE, "postgresql_where": LIVE}
    op.create_index("live_alert", "alert", ["escalation_id", "cause"], unique=True, **where)
    op.create_index("alerts", "alert", ["branch_id", "id"], unique=False)
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("alert_id", sa.Integer(), nullable=True))
        message.create_foreign_key(op.f("fk_message_alert_id"), "alert", ["alert_id"], ["id"])


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
