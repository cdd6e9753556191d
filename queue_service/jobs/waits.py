"""Who works out the waiting times? Each process for each branch: after a change, at most once a second, and apart.

What the database says is read on the event loop, where only what changed is read; the rollouts are played in a native
thread (numpy would stop every socket). What is told is put on the branch's board (storage/waits.py) and kept for
scoring when it is told otherwise.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import gevent
from gevent.event import Event

from queue_service.actions.estimates import forget_old, has_called, keep_shown, score_calls
from queue_service.rules.told_range import Waits, tell
from queue_service.storage.database import Database
from queue_service.storage.hall_picture import Picture
from queue_service.storage.hall_watch import Apart
from queue_service.storage.lookup import branch_codes
from queue_service.storage.office import Setup
from queue_service.storage.waits import Shown, WaitBoard

log = logging.getLogger(__name__)
AT_MOST_EVERY_SECONDS = 1.0
REST = 100.0
"""So many times the processor time it took is the rest after it: in a crowded hall tickets and calls come first."""
QUIET_SECONDS = 10.0
"""Time passes even when nothing happens: then everything is worked out again."""
KEEP_AFTER_SECONDS = 1.0
"""What was told is written down when nothing has happened for so long,"""
MUCH_TO_KEEP = 100
"""or when there is so much of it."""
TOLD_AGAIN_AFTER_SECONDS = 60.0
"""A range that changes more often than that (by the office's clock) is kept once."""


class BranchWaits:
    """The waiting times of one branch."""

    def __init__(self, database: Database, branch: str, apart: Apart) -> None:
        self._database, self._apart = database, apart
        self._watch = database.watch(branch)
        self._kept: dict[int, Shown] = {}
        self._to_keep: list[tuple[Shown, bool]] = []
        self.took: list[float] = []
        """Seconds that the last refreshes took apart from the event loop."""
        self.cost = 0.0
        """Seconds of the processor that the last one took there."""

    def refresh(self) -> bool:
        """Work everything out again; whether people see a difference."""
        setup, picture, version = self._watch.look(self._apart)
        waits = self._apart(lambda: self._work_out(setup, picture))
        self._note(setup.waits, waits, picture.now)
        return setup.waits.put(waits, version, picture.now)

    def keep(self) -> int:
        """Write down what was told since the last time; how many ranges."""
        shown, self._to_keep = self._to_keep, []
        return self._database.write(lambda connection: keep_shown(connection, shown)) if shown else 0

    @property
    def has_much_to_keep(self) -> bool:
        return len(self._to_keep) >= MUCH_TO_KEEP

    def _work_out(self, setup: Setup, picture: Picture) -> Waits:
        began, worked = time.perf_counter(), time.thread_time()
        learned = self._watch.learned
        past, habits = learned.past(setup), learned.habits(picture)
        waits = tell(picture.hall(), setup.services, past, habits, setup.waits.waits)
        self.took = [*self.took[-99:], time.perf_counter() - began]
        self.cost = time.thread_time() - worked
        return waits

    def _note(self, board: WaitBoard, waits: Waits, at: datetime) -> None:
        """Put down for keeping whatever is told otherwise than it was last kept."""
        self._kept = {leg_id: shown for leg_id, shown in self._kept.items() if leg_id in waits.legs}
        for leg_id, told in waits.legs.items():
            before = self._kept.get(leg_id)
            if before is None and (first := board.told_at_issue(leg_id)) is not None:
                self._to_keep.append((first, True))
                before = self._kept[leg_id] = first
            if not told.is_range or (before is not None and not _is_news(before, told, at)):
                continue
            self._kept[leg_id] = Shown(leg_id, at, told)
            self._to_keep.append((self._kept[leg_id], before is None))
        board.forget_issued(at)


class WaitingTimes:
    """Of all branches, for as long as the process runs."""

    def __init__(self, database: Database, apart: Apart, on_news: Callable[[str], None]) -> None:
        self._database, self._apart, self._on_news = database, apart, on_news
        self._changed: dict[str, Event] = {}
        self.branches: dict[str, BranchWaits] = {}
        database.listeners.append(self._on_commit)

    def start(self) -> None:
        for branch in self._database.read(branch_codes):
            self.of(branch)

    def _on_commit(self, branch: str, _: int) -> None:
        self.of(branch)
        self._changed[branch].set()

    def of(self, branch: str) -> BranchWaits:
        if branch not in self.branches:
            self.branches[branch] = BranchWaits(self._database, branch, self._apart)
            self._changed[branch] = Event()
            gevent.spawn(self._for_ever, branch)
        return self.branches[branch]

    def _for_ever(self, branch: str) -> None:
        while True:
            began = time.monotonic()
            self._attempt(branch, self._refresh)
            took = time.monotonic() - began
            gevent.sleep(max(REST * self.branches[branch].cost, AT_MOST_EVERY_SECONDS - took))
            if not self._changed[branch].wait(KEEP_AFTER_SECONDS):  # in a quiet moment
                self._attempt(branch, lambda branch: self.branches[branch].keep())
                self._changed[branch].wait(QUIET_SECONDS)
            self._changed[branch].clear()

    def _refresh(self, branch: str) -> None:
        mine = self.branches[branch]
        if mine.refresh():
            self._on_news(branch)
        if mine.has_much_to_keep:
            mine.keep()

    def _attempt(self, branch: str, work: Callable[[str], Any]) -> None:
        try:
            work(branch)
        except Exception:  # one that fails must not be the last; after a while boards say that nothing is known
            log.exception("waiting times at %s were not worked out", branch)


def score(database: Database) -> int:
    """Score the ranges of those who have been called; how many were settled."""
    return database.write(score_calls) if database.read(has_called) else 0


def forget(database: Database) -> None:
    now = database.clock.now()
    database.write(lambda connection: forget_old(connection, now))


def _is_news(before: Shown, told: Any, at: datetime) -> bool:
    is_long_ago = (at - before.at).total_seconds() >= TOLD_AGAIN_AFTER_SECONDS
    return is_long_ago and not before.told.is_shown_as(told)
