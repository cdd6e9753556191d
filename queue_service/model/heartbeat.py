"""Who is alive? The moments at which the parts of the installation last gave a sign."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from queue_service.model.columns import moment


class Heartbeat(SQLModel, table=True):
    """`jobs` is beaten by every scheduler, `breaches` by every look at norms that came to its
    end, `probe` by whoever asks whether the database takes writes."""

    name: str = Field(primary_key=True, max_length=20)
    at: datetime = Field(sa_column=moment())
