"""When is a picture drawn, and who is sent it? After every change of a branch, the newest picture to all who listen.

A screen's picture goes out as soon as the one before it is out; phones and devices hear of the first change at once,
and then at most once a second. After ten quiet seconds a picture is drawn again, for some of it moves with the clock;
if it shows the same, a beat says so: whoever hears neither knows that something is wrong.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import gevent
from gevent.event import Event

from queue_service.storage import boards, hall_board, staff_boards
from queue_service.storage.boards import Board
from queue_service.storage.followed import Followed, Look
from queue_service.web.office import Office
from queue_service.web.turns import give_way

log = logging.getLogger(__name__)
PHONES_EVERY_SECONDS = 1.0
QUIET_SECONDS = 10.0
FRESH_SECONDS = 1.0
"""So long a picture that was drawn may be shown to others who come, if nothing has happened since."""
PHONES_AT_A_STRETCH = 25
SCREENS: dict[str, Callable[..., Board]] = {"desk": staff_boards.desk, "hall": hall_board.hall}
"""In the order in which they are sent: the few at work need not wait for the many who watch."""
WORDS = ("services", "branch")
"""Parts of a ticket's picture that weigh the most and change the least: a phone has them from its snapshot."""


class Rooms(Protocol):
    """Those who listen, as the publisher needs to know them."""

    def tell(self, event: str, picture: Board, room: str, is_old: Callable[[], bool] = ...) -> None: ...

    def has_listeners(self, room: str) -> bool: ...

    def cut_room(self, room: str) -> None: ...


class Publisher:
    """Draws and sends the pictures of one branch."""

    def __init__(self, office: Office, branch: str, rooms: Rooms, compare_devices: Callable[[str], None]) -> None:
        self.tickets: dict[int, set[str]] = {}
        """Which clients follow which ticket."""
        self.version = -1
        """The newest version that is known here."""
        self._office, self._branch, self._rooms = office, branch, rooms
        self._compare_devices = compare_devices
        self._changed, self._changed_for_phones = Event(), Event()
        self._drawn: dict[str, tuple[float, Board]] = {}
        self._told: dict[str, Board] = {}
        self._told_tickets: dict[int, Board] = {}
        self._followed = Followed()
        self._phones_beat_at = 0.0
        gevent.spawn(self._for_ever, self._changed, self._screens, 0.0)
        gevent.spawn(self._for_ever, self._changed_for_phones, self._phones_and_devices, PHONES_EVERY_SECONDS)

    def changed(self, version: int) -> None:
        """The branch is at this version now, or at a later one."""
        if version > self.version:
            self.version = version
            self._changed.set()
            self._changed_for_phones.set()

    def look_again(self) -> None:
        """Something is told otherwise, although nothing has happened: waiting times."""
        self._changed.set()
        self._changed_for_phones.set()

    def picture(self, screen: str) -> Board:
        """What a screen that comes now is shown. It must listen already: then it misses nothing."""
        at, drawn = self._drawn.get(screen, (0.0, {}))
        is_newest = bool(drawn) and drawn["version"] >= self.version
        if is_newest and time.monotonic() - at < FRESH_SECONDS:
            return {**drawn, "server_time": boards.moment(self._office.database.clock.now())}
        return self._draw(screen)

    def ticket(self, ticket_id: int) -> Board:
        def draw(connection: Any, setup: Any, now: Any) -> Board:
            return boards.ticket(connection, setup, now, ticket_id)

        drawn: Board = self._office.board(self._branch, draw)
        told = self._told_tickets.setdefault(ticket_id, drawn)
        if any(told[key] != drawn[key] for key in WORDS):  # another phone with this ticket has older words
            del self._told_tickets[ticket_id]
        return drawn

    def _for_ever(self, event: Event, publish: Callable[[], None], pause: float) -> None:
        while True:
            event.wait(QUIET_SECONDS)
            event.clear()
            self._attempt(publish)
            gevent.sleep(pause)

    def _attempt(self, publish: Callable[[], None]) -> None:
        try:
            publish()
        except Exception:  # one failed picture must not be the last; screens compare versions and catch up
            log.exception("not everybody was told what changed at %s", self._branch)

    def _draw(self, screen: str) -> Board:
        drawn: Board = self._office.board(self._branch, SCREENS[screen])
        self._drawn[screen] = (time.monotonic(), drawn)
        self.version = max(self.version, drawn["version"])
        return drawn

    def _screens(self) -> None:
        for screen in SCREENS:
            room = f"{screen}:{self._branch}"
            if not self._rooms.has_listeners(room):  # a picture that nobody would see is not drawn
                self._told.pop(screen, None)
                continue
            drawn, told = self._draw(screen), self._told.get(screen)
            self._told[screen] = drawn
            if told is not None and told["version"] == drawn["version"] and not _differing(told, drawn):
                self._rooms.tell("beat", _beat(drawn), room)
            else:
                self._rooms.tell("change", drawn, room, partial(self._is_old, drawn["version"]))

    def _is_old(self, version: int) -> bool:
        """Whether there is news already: a long broadcast of an older picture would only hold it up."""
        return self.version > version

    def _phones_and_devices(self) -> None:
        self._attempt(lambda: self._compare_devices(self._branch))
        self._attempt(self._phones)

    def _phones(self) -> None:
        self._told_tickets = {i: told for i, told in self._told_tickets.items() if i in self.tickets}
        if not self.tickets:
            return
        followed = list(self.tickets)
        look = self._look(followed)
        for number, (ticket_id, drawn) in enumerate(look.pictures(), 1):
            self._tell_phones(ticket_id, drawn)
            if number % PHONES_AT_A_STRETCH == 0:
                give_way()
        for ticket_id in set(followed) - look.legs.keys():  # it is no more
            self._rooms.cut_room(f"ticket:{ticket_id}")
        self._beat_for_phones(look)

    def _look(self, tickets: list[int]) -> Look:
        def read(connection: Any, setup: Any, now: Any) -> Look:
            return self._followed.look(connection, setup, now, tickets)

        look: Look = self._office.board(self._branch, read)
        return look

    def _tell_phones(self, ticket_id: int, drawn: Board) -> None:
        """Only to those for whom something is different; the words on it only when they are."""
        told = self._told_tickets.get(ticket_id)
        differing = set(drawn) if told is None else _differing(told, drawn)
        self._told_tickets[ticket_id] = drawn
        if differing:
            news = {key: value for key, value in drawn.items() if key not in WORDS or key in differing}
            self._rooms.tell("change", news, f"ticket:{ticket_id}")

    def _beat_for_phones(self, look: Look) -> None:
        now = time.monotonic()
        if now - self._phones_beat_at >= QUIET_SECONDS:
            self._phones_beat_at = now
            beat = {"version": look.version, "server_time": boards.moment(look.now)}
            self._rooms.tell("beat", beat, f"phones:{self._branch}")


def _differing(told: Board, drawn: Board) -> set[str]:
    """What a picture shows otherwise than the one before it; that time has passed is no difference."""
    return {key for key in drawn if key not in ("version", "server_time") and drawn[key] != told.get(key)}


def _beat(drawn: Board) -> Board:
    return {"version": drawn["version"], "server_time": drawn["server_time"]}
