"""What could not be sent is found without reading what was."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("error IS NOT NULL")
    op.create_index("troubled", "message", ["branch_id", "id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("troubled", "message")
