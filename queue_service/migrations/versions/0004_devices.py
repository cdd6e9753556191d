"""Paired devices: kiosks, displays, rating tablets, and the requests to be let in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("next_key_hash", sa.String(length=64), nullable=True),
        sa.Column("next_key_at", MOMENT, nullable=True),
        sa.Column("key_since", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.Column("page_version", sa.String(length=32), nullable=True),
        sa.Column("identify_until", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('kiosk', 'display', 'tablet')", name=op.f("ck_device_role_known")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_device_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_device_key_hash")),
        sa.UniqueConstraint("next_key_hash", name=op.f("uq_device_next_key_hash")),
    )
    op.create_index(op.f("ix_device_branch_id"), "device", ["branch_id"])
    op.create_table(
        "device_pairing",
        sa.Column("device_code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_code_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('pending', 'approved', 'denied')", name=op.f("ck_device_pairing_state_known")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_pairing_device_id")),
        sa.PrimaryKeyConstraint("device_code_hash", name=op.f("pk_device_pairing")),
        sa.UniqueConstraint("user_code_hash", name=op.f("uq_device_pairing_user_code_hash")),
    )
    op.create_table(
        "code_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_code_try_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_try")),
    )
    op.create_index(op.f("ix_code_try_staff_id"), "code_try", ["staff_id"])


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
