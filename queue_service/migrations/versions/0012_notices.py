"""What hall screens say besides calls: an emergency, and news."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0005"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ADDED = {"emergency": "{}", "news": "[]"}


def upgrade() -> None:
    with op.batch_alter_table("branch") as branch:
        for name, empty in ADDED.items():
            branch.add_column(sa.Column(name, DOCUMENT, nullable=False, server_default=empty))
    with op.batch_alter_table("branch") as branch:
        for name in ADDED:
            branch.alter_column(name, server_default=None)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
