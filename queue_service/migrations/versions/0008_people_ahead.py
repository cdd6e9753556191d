"""The index of a line holds day and state too, so that "how many are ahead" is answered from the index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.drop_index("line", "leg")
    columns = ["branch_id", "service_id", "turn", "ticket_id", "service_day", "state"]
    op.create_index("line", "leg", columns, sqlite_where=WAITING, postgresql_where=WAITING)
