"""What brings visitors to a service: to submit, to ask, to collect."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("service") as service:
        service.add_column(sa.Column("purpose", sa.String(length=8), server_default="submit", nullable=False))
        service.create_check_constraint(op.f("ck_service_purpose_known"), "purpose IN ('submit', 'status', 'collect')")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
