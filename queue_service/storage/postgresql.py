"""How do we talk to PostgreSQL? With answers that come at once awaited in place, and statements that stay prepared."""

from collections.abc import Generator
from typing import Any

import psycopg
from gevent.monkey import get_original
from psycopg.waiting import Ready, Wait
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

real_poll, READ, WRITE = get_original("select", ["poll", "POLLIN", "POLLOUT"])
EVENTS = {Wait.R: READ, Wait.W: WRITE, Wait.RW: READ | WRITE}
MOMENT_MS = 1
"""Most answers take a tenth of that. Whoever gave way to other requests between two statements would hold the branch
lock for as long as those take; a lock that somebody else has, or a slow disk, is waited for with everybody served."""


def postgresql_engine(url: URL) -> Engine:
    """A reader's transaction ends with a commit: psycopg forgets what it has prepared at every rollback, and planning
    a statement takes longer than running it.
    """
    engine = create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, pool_reset_on_return="commit")

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, arguments: Any, names: Any) -> Any:
        return PromptConnection.connect(*arguments, **names)

    return engine


class PromptConnection(psycopg.Connection[Any]):
    """Waits a moment in place for each answer, and then as every connection does."""

    def wait(self, gen: Any, *arguments: Any, **names: Any) -> Any:
        return super().wait(first_in_place(gen, self.pgconn.socket), *arguments, **names)


def first_in_place(asking: Generator[Wait, Ready | int, Any], socket: int) -> Generator[Wait, Ready | int, Any]:
    """The same questions to the socket, without those that it answers within the moment."""
    poll = real_poll()
    try:
        wanted = next(asking)
        while True:
            poll.register(socket, EVENTS[wanted])
            found = poll.poll(MOMENT_MS)
            ready = (found[0][1] & READ and Ready.R) | (found[0][1] & WRITE and Ready.W) if found else 0
            wanted = asking.send(Ready(ready) if ready else (yield wanted))
    except StopIteration as ended:
        return ended.value
