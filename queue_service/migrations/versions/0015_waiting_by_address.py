"""Where somebody on the waiting list signed up from: limits count there too."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting_entry", sa.Column("address", sa.String(length=64), nullable=True))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
