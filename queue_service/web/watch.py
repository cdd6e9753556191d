"""Who must not listen any longer, and what did others change? Looked at twice a second, whoever did it and wherever.

A session that ended, an account that was switched off, a client that stopped reading or never said who it is: all of
them are found here, and also the changes that another process made (a second server, the command line).
"""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from queue_service.actions import staff
from queue_service.storage import lookup
from queue_service.web.wire import Wire

if TYPE_CHECKING:
    from queue_service.web.live import Live

log = logging.getLogger(__name__)
EVERY_SECONDS = 0.5
BLOCKED_FOR_SECONDS = 12.0
"""So long one picture may be on its way to a client."""
SILENT_FOR_SECONDS = 20.0
"""A client answers a ping every ten seconds."""
STRANGE_FOR_SECONDS = 10.0
MOST_QUEUED = 100
PING_EVERY_SECONDS = 10.0


class Watch:
    def __init__(self, live: "Live") -> None:
        self._live = live
        self._strangers: dict[str, float] = {}
        self._has_begun = False

    def begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            gevent.spawn(self._look_again_and_again)

    def _look_again_and_again(self) -> None:
        while True:
            gevent.sleep(EVERY_SECONDS)
            for look in (self._at_versions, self._at_keys, self._at_clients, self._at_addresses):
                self._attempt(look)

    def _attempt(self, look: Callable[[], None]) -> None:
        try:
            look()
        except Exception:  # the database may be away for a while; the next look finds what this one missed
            log.exception("sockets were not looked after")

    def _at_versions(self) -> None:
        """A change that another process made is told here as well."""
        if self._live.seats:
            for branch, version in self._live.office.database.peek(lookup.hall_versions).items():
                if branch in self._live.publishers:
                    self._live.publishers[branch].changed(version)

    def _at_keys(self) -> None:
        """Whoever signed out, was switched off or moved to other branches hears nothing more."""
        database, seats = self._live.office.database, self._live.seats
        keys = {seat.staff_key for seat in seats.values() if seat.staff_key is not None}
        if not keys:
            return
        now = database.clock.now()
        bound = database.read(lambda connection: staff.still_bound(connection, keys, now))
        for sid, seat in list(seats.items()):
            if seat.staff_key is not None and (seat.staff_key, seat.branch) not in bound:
                self._live.cut(sid, "signed out")

    def _at_clients(self) -> None:
        """Clients that take nothing any more, say nothing any more, or never said who they are."""
        now, sockets = time.monotonic(), self._live.server.eio.sockets
        self._strangers = {eio_sid: self._strangers.get(eio_sid, now) for eio_sid in self._nameless()}
        pings = 1 + int(len(sockets) * 1.2 * EVERY_SECONDS / PING_EVERY_SECONDS)  # not all of them at once
        for eio_sid, client in list(sockets.items()):
            wire = getattr(client, "wire", None)
            if client.closed:
                sockets.pop(eio_sid, None)
            elif why := self._why_not(eio_sid, client, wire, now):
                self._live.hang_up(eio_sid, why)
            elif wire is None:
                client.check_ping_timeout()
            elif now > wire.ping_at and pings > 0:
                pings -= 1
                wire.ping_at = now + PING_EVERY_SECONDS
                wire.ping()

    def _at_addresses(self) -> None:
        server = self._live.server
        here = [server.environ[eio_sid] for eio_sid in server.eio.sockets if eio_sid in server.environ]
        self._live.crowding.count(here)

    def _why_not(self, eio_sid: str, client: Any, wire: Wire | None, now: float) -> str | None:
        """Why this client is sent nothing any more."""
        if now - self._strangers.get(eio_sid, now) > STRANGE_FOR_SECONDS:
            return "never said who it is"
        if wire is None:
            return None
        if wire.blocked_since is not None and now - wire.blocked_since > BLOCKED_FOR_SECONDS:
            return "stopped reading"
        if now - wire.heard_at > SILENT_FOR_SECONDS:
            return "silent"
        return "too slow" if client.queue.qsize() > MOST_QUEUED else None

    def _nameless(self) -> list[str]:
        """Connections that belong to nobody."""
        named = self._live.server.manager.rooms.get("/live", {}).get(None, {})
        known = set(named.values())
        sockets = self._live.server.eio.sockets
        return [i for i, client in sockets.items() if i not in known and not getattr(client, "is_at_the_door", False)]
