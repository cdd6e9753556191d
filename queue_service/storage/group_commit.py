"""How do many actions share one wait for the disk? What arrives during a commit is committed together with the next.

Each action still is all or nothing: it runs within a savepoint, after the branch lock, in the order of arrival, and
its answer leaves only after the commit that keeps it. Without this, thirty-two kiosks would wait for thirty-two
commits one after the other; and a commit in the event loop would stop every socket meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.event import AsyncResult, Event
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from queue_service.failpoints import fail_point

MOST_TOGETHER = 32
LONGEST_WAIT_FOR_OTHERS_SECONDS = 30.0

Work = Callable[[Connection], Any]


@dataclass
class Job:
    work: Work
    result: AsyncResult = field(default_factory=AsyncResult)
    outcome: Any = None
    error: BaseException | None = None


class GroupCommit:
    """Runs jobs one after the other in one greenlet; `commit_apart` runs the commit where it may take its time."""

    def __init__(self, connect: Callable[[], Connection], commit_apart: Callable[[Callable[[], None]], None]) -> None:
        self._connect = connect
        self._commit_apart = commit_apart
        self._jobs: list[Job] = []
        self._arrived = Event()
        gevent.spawn(self._serve)

    def run(self, work: Work) -> Any:
        """The result of `work`, once it is committed; raises what it raised, or what the commit raised."""
        job = Job(work)
        self._jobs.append(job)
        self._arrived.set()
        return job.result.get()

    def _serve(self) -> None:
        while True:
            self._arrived.wait()
            batch, self._jobs = self._jobs[:MOST_TOGETHER], self._jobs[MOST_TOGETHER:]
            if not self._jobs:
                self._arrived.clear()
            try:
                self._commit(batch)
            except BaseException as error:  # nobody's action happened, and everybody is told
                for job in batch:
                    job.result.set_exception(error)
                continue
            for job in batch:
                job.result.set_exception(job.error) if job.error is not None else job.result.set(job.outcome)

    def _commit(self, batch: list[Job]) -> None:
        with self._connect() as connection:
            transaction = _begin(connection)
            try:
                for job in batch:
                    _attempt(job, connection)
                fail_point("before_commit")
                self._commit_apart(transaction.commit)
            finally:
                transaction.close()  # rolls back what was not committed


def _begin(connection: Connection) -> Any:
    """Begin, waiting for another process that writes without stopping the event loop."""
    deadline = gevent.get_hub().loop.now() + LONGEST_WAIT_FOR_OTHERS_SECONDS
    while True:
        try:
            return connection.begin()
        except OperationalError as error:
            if "locked" not in str(error) or gevent.get_hub().loop.now() > deadline:
                raise
            gevent.sleep(0.005)


def _attempt(job: Job, connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT action")
    try:
        job.outcome = job.work(connection)
    except BaseException as error:
        job.error = error
        driver.execute("ROLLBACK TO SAVEPOINT action")
    driver.execute("RELEASE SAVEPOINT action")
