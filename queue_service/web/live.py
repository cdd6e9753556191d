"""Who may listen, and to what? Read-only sockets: whoever connects is given rooms, a picture, and then every change.

Rooms follow from who connects (a branch's public hall, a ticket's token, a device's key, a staff session); no client
names one. What clients send is ignored and counted. What is drawn when is in publisher.py, how it travels in
broadcast.py and wire.py, and who is cut off in watch.py.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import gevent
from flask import Flask
from flask_socketio import SocketIO
from socketio.exceptions import ConnectionRefusedError

from queue_service.rules.errors import Kind, Refused
from queue_service.storage import lookup
from queue_service.storage.boards import Board
from queue_service.storage.devices import own_board
from queue_service.web import access
from queue_service.web.allowance import Allowance
from queue_service.web.audiences import watch_over
from queue_service.web.broadcast import FramingManager, PlainJson, use_wires
from queue_service.web.crowding import Crowding
from queue_service.web.device_lines import DeviceLines
from queue_service.web.office import Office
from queue_service.web.publisher import Publisher
from queue_service.web.watch import Watch

log = logging.getLogger(__name__)
NAMESPACE = "/live"
PING_EVERY_SECONDS = 10
PONG_WITHIN_SECONDS = 8
LARGEST_MESSAGE_BYTES = 16_384
EVENTS_AT_ONCE, EVENTS_PER_SECOND = 50, 5.0
MOST_CLIENTS = 10_000
KEPT_FOR_THE_OFFICE = 1_000
"""So many of them only devices and staff may be: strangers who come by thousands shut out other strangers alone."""
PHONES_OF_A_TICKET = 10


@dataclass
class Seat:
    """What one connected client may hear, and by what right."""

    branch: str
    rooms: tuple[str, ...]
    screen: str | None = None
    ticket_id: int | None = None
    staff_key: str | None = None
    """The hash of the session or token that lets it listen, for as long as that lasts."""
    device: Board | None = None
    allowance: Allowance = field(default_factory=lambda: Allowance(EVENTS_AT_ONCE, EVENTS_PER_SECOND))


class Live:
    """The sockets of this process."""

    def __init__(self, app: Flask, office: Office) -> None:
        self.app = app
        self.office = office
        self.seats: dict[str, Seat] = {}
        self.publishers: dict[str, Publisher] = {}
        self.counts: Counter[str] = Counter()
        self.socketio = SocketIO(
            app,
            async_mode="gevent",
            async_handlers=False,
            client_manager=FramingManager(_is_whole_picture),
            cors_allowed_origins=self._is_ours,
            json=PlainJson,
            manage_session=False,
            max_http_buffer_size=LARGEST_MESSAGE_BYTES,
            monitor_clients=False,
            namespaces=[NAMESPACE],
            ping_interval=PING_EVERY_SECONDS,
            ping_timeout=PONG_WITHIN_SECONDS,
        )
        self.server: Any = self.socketio.server
        watch_over(self.server.manager)
        use_wires(self.server.eio)
        self.crowding = Crowding(office.settings.sockets_per_address)
        self._listen_to = self.server.eio.handlers["connect"]
        self.server.eio.on("connect", self._at_the_door)
        self.devices = DeviceLines(office, self.socketio, NAMESPACE)
        self.watch = Watch(self)
        for event, answer in (("connect", self._connect), ("disconnect", self._disconnect), ("*", self._ignore)):
            self.server.on(event, answer, namespace=NAMESPACE)
        office.database.listeners.append(self._on_commit)

    # ── what the publishers need ──

    def tell(self, event: str, picture: Board, room: str, is_old: Callable[[], bool] = lambda: False) -> None:
        self.server.manager.emit(event, picture, NAMESPACE, to=room, is_old=is_old)

    def has_listeners(self, room: str) -> bool:
        return room in self.server.manager.rooms.get(NAMESPACE, ())

    def cut_room(self, room: str) -> None:
        for sid in [sid for sid, seat in self.seats.items() if room in seat.rooms]:
            self.cut(sid, "gone")

    def cut(self, sid: str, why: str) -> None:
        """End what a client hears, at once; it may ask again."""
        self.counts[f"cut: {why}"] += 1
        self._leave(sid)
        self.server.disconnect(sid, namespace=NAMESPACE)

    def hang_up(self, eio_sid: str, why: str) -> None:
        """End a connection without a word and without waiting for anybody."""
        self.counts[f"cut: {why}"] += 1
        client = self.server.eio.sockets.get(eio_sid)
        wire = getattr(client, "wire", None)
        if wire is not None:
            wire.cut()
        elif client is not None:
            client.close(wait=False, abort=True)

    def publisher(self, branch: str) -> Publisher:
        if branch not in self.publishers:
            self.publishers[branch] = Publisher(self.office, branch, self, self.devices.compare)
        return self.publishers[branch]

    def look_again(self, branch: str) -> None:
        """People of this branch are told otherwise how long they wait."""
        if branch in self.publishers:
            self.publishers[branch].look_again()

    def _on_commit(self, branch: str, version: int) -> None:
        if branch in self.publishers:
            self.publishers[branch].changed(version)

    # ── who comes and goes ──

    def _at_the_door(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        """A connection of somebody who has not said yet who they are."""
        self.watch.begin()
        if not self.crowding.may_knock(environ):
            self.counts["turned away at the door"] += 1
            return False
        return self._listen_to(eio_sid, environ)

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            seat = self._admit(sid, environ, auth if isinstance(auth, dict) else {})
        except Refused as error:
            raise ConnectionRefusedError(error.code) from error
        self.seats[sid] = seat
        publisher = self.publisher(seat.branch)
        if seat.ticket_id is not None:
            publisher.tickets.setdefault(seat.ticket_id, set()).add(sid)
        for room in seat.rooms:
            self.server.enter_room(sid, room, namespace=NAMESPACE)
        gevent.spawn(self._welcome, sid, seat)  # after the library has said that the client is in

    def _welcome(self, sid: str, seat: Seat) -> None:
        """The first picture. The client hears of changes already, so that none falls in between."""
        try:
            if seat.device is not None:
                self.tell("device", seat.device, sid)
            publisher = self.publisher(seat.branch)
            picture = publisher.picture(seat.screen) if seat.screen else publisher.ticket(seat.ticket_id or 0)
            if sid in self.seats:
                self.tell("snapshot", picture, sid)
        except Exception:
            log.exception("no first picture for a client at %s", seat.branch)
            self.cut(sid, "no picture")

    def _admit(self, sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> Seat:
        token, key, branch = auth.get("ticket"), auth.get("device"), str(auth.get("branch", ""))
        is_stranger = isinstance(token, str) or not (isinstance(key, str) or auth.get("staff"))
        if len(self.server.eio.sockets) > MOST_CLIENTS - (KEPT_FOR_THE_OFFICE if is_stranger else 0):
            raise Refused("too_many_clients", Kind.UNAVAILABLE)
        if is_stranger:
            self.crowding.refuse_too_many(environ)
            return self._admit_phone(token) if isinstance(token, str) else self._admit_to_hall(branch)
        seat = (
            self._admit_device(sid, key, auth.get("version"))
            if isinstance(key, str)
            else self._admit_staff(branch, environ)
        )
        self.crowding.spare(environ)
        return seat

    def _admit_to_hall(self, branch: str) -> Seat:
        if branch not in self.publishers:
            self.office.database.setup(branch)  # refuses a branch that there is not
        return Seat(branch, (f"hall:{branch}",), screen="hall")

    def _admit_staff(self, branch: str, environ: dict[str, Any]) -> Seat:
        with self.app.request_context(environ):
            known = access.who()
        if branch not in known.branches:
            raise Refused("not_your_branch", Kind.FORBIDDEN)
        return Seat(branch, (f"desk:{branch}",), screen="desk", staff_key=known.key_hash)

    def _admit_device(self, sid: str, key: str, page_version: object) -> Seat:
        """A device hears what is told to it alone, and the public hall of its branch."""
        device = self.devices.admit(sid, key, page_version)
        own = own_board(device, self.office.database.clock.now())
        return Seat(device.branch, (f"hall:{device.branch}",), screen="hall", device=own)

    def _admit_phone(self, token: str) -> Seat:
        branch, ticket_id = self.office.database.read(lambda connection: lookup.ticket_of_token(connection, token))
        if branch in self.publishers:
            followers = self.publishers[branch].tickets.get(ticket_id, set())
            if len(followers) >= PHONES_OF_A_TICKET:
                self.cut(next(iter(followers)), "too many phones with one ticket")
        return Seat(branch, (f"ticket:{ticket_id}", f"phones:{branch}"), ticket_id=ticket_id)

    def _disconnect(self, sid: str, reason: object = None) -> None:
        self._leave(sid)

    def _leave(self, sid: str) -> None:
        self.devices.leave(sid)
        seat = self.seats.pop(sid, None)
        if seat is None or seat.ticket_id is None:
            return
        tickets = self.publishers[seat.branch].tickets
        tickets[seat.ticket_id].discard(sid)
        if not tickets[seat.ticket_id]:
            del tickets[seat.ticket_id]

    def _ignore(self, event: str, sid: str, *_: object) -> None:
        """Sockets only tell. Whoever goes on talking is cut off."""
        self.counts["events ignored"] += 1
        seat = self.seats.get(sid)
        if seat is None or not seat.allowance.take():
            self.hang_up(self.server.manager.eio_sid_from_sid(sid, NAMESPACE), "talks too much")

    def _is_ours(self, origin: str, environ: dict[str, Any]) -> bool:
        """Whether a page of ours asks: browsers name the page's origin, and other people's pages may not listen."""
        asking, public = urlsplit(origin), urlsplit(self.office.public_url)
        if (asking.scheme, asking.netloc) == (public.scheme, public.netloc):
            return True
        return asking.scheme in ("http", "https") and asking.netloc == environ.get("HTTP_HOST")


def _is_whole_picture(room: str) -> bool:
    """Of which rooms a slow client needs nothing but the newest picture."""
    return room.startswith(("hall:", "desk:"))
