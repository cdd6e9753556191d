"""Each channel of the outbox is read on its own: a silent mail server does not hold up text messages."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.drop_index("outbox", "message")
    op.create_index("outbox", "message", ["channel", "due_at"], sqlite_where=QUEUED, postgresql_where=QUEUED)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")
