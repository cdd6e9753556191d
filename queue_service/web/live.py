"""Who is told what, when? Read-only sockets: a picture on connecting, a new one after every change of the hall.

Rooms follow from who connects (a branch's public hall, a ticket's token, a staff session); no client names one.
"""

import logging
from typing import Any

import gevent
from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO, emit, join_room
from gevent.event import Event

from queue_service.rules.errors import Refused
from queue_service.storage import boards
from queue_service.storage.boards import Board
from queue_service.web import access
from queue_service.web.office import Office, office

log = logging.getLogger(__name__)
NAMESPACE = "/live"
TICKETS_EVERY_SECONDS = 1.0


class Live:
    """The publisher: after a commit, pictures go out to the rooms that may see them, the newest one if many wait."""

    def __init__(self, app: Flask, office: Office) -> None:
        self.app = app
        self.office = office
        self.socketio = SocketIO(
            app, async_mode="gevent", cors_allowed_origins=None, max_http_buffer_size=16_384, manage_session=False
        )
        self._changed: dict[str, Event] = {}
        self._tickets: dict[str, dict[int, set[str]]] = {}
        self._ticket_of: dict[str, tuple[str, int]] = {}
        office.database.listeners.append(self._on_commit)
        self.socketio.on_event("connect", self._connect, namespace=NAMESPACE)
        self.socketio.on_event("disconnect", self._disconnect, namespace=NAMESPACE)

    def _on_commit(self, branch: str, version: int) -> None:
        self._event(branch).set()

    def _event(self, branch: str) -> Event:
        if branch not in self._changed:
            self._changed[branch] = Event()
            gevent.spawn(self._publish_halls, branch)
            gevent.spawn(self._publish_tickets, branch)
        return self._changed[branch]

    def _publish_halls(self, branch: str) -> None:
        """Send each new picture as soon as the one before it is out."""
        event = self._changed[branch]
        while True:
            event.wait()
            event.clear()
            self._ticket_event(branch).set()
            for picture, room in ((boards.hall, f"hall:{branch}"), (boards.desk, f"desk:{branch}")):
                if self._has_listeners(room):
                    self._send(branch, picture, room)

    def _publish_tickets(self, branch: str) -> None:
        """Phones hear of the first change at once, and then at most once a second."""
        event = self._ticket_event(branch)
        while True:
            event.wait()
            event.clear()
            for ticket_id in list(self._tickets.get(branch, {})):
                self._send_ticket(branch, ticket_id)
            gevent.sleep(TICKETS_EVERY_SECONDS)

    def _ticket_event(self, branch: str) -> Event:
        return self._changed.setdefault(f"tickets of {branch}", Event())

    def _has_listeners(self, room: str) -> bool:
        """A picture that nobody would see is not drawn."""
        server = self.socketio.server
        return server is not None and any(True for _ in server.manager.get_participants(NAMESPACE, room))

    def _send(self, branch: str, picture: Any, room: str) -> None:
        try:
            self.socketio.emit("change", self.office.board(branch, picture), namespace=NAMESPACE, to=room)
        except Exception:  # a failed picture must not end the publisher; screens compare versions and catch up
            log.exception("no picture of %s for %s", branch, room)

    def _send_ticket(self, branch: str, ticket_id: int) -> None:
        self._send(branch, _ticket_picture(ticket_id), f"ticket:{ticket_id}")

    def _connect(self, auth: Any = None) -> None:
        auth = auth if isinstance(auth, dict) else {}
        try:
            picture = self._admit(auth)
        except Refused as error:
            raise ConnectionRefusedError(error.code) from error
        emit("snapshot", picture)

    def _admit(self, auth: dict[str, Any]) -> Board:
        if isinstance(token := auth.get("ticket"), str):
            return self._admit_ticket(token)
        branch = str(auth.get("branch", ""))
        if auth.get("staff"):
            known = access.who()
            if branch not in known.branches:
                raise Refused("not_your_branch")
            join_room(f"desk:{branch}")
            return self._picture(branch, boards.desk)
        picture = self._picture(branch, boards.hall)
        join_room(f"hall:{branch}")
        return picture

    def _admit_ticket(self, token: str) -> Board:
        database = self.office.database
        ticket_id = database.read(lambda connection: boards.ticket_id_of(connection, token))
        branch = database.read(lambda connection: boards.branch_of_ticket(connection, token))
        sid = request.sid  # type: ignore[attr-defined]
        self._tickets.setdefault(branch, {}).setdefault(ticket_id, set()).add(sid)
        self._ticket_of[sid] = (branch, ticket_id)
        join_room(f"ticket:{ticket_id}")
        return self._picture(branch, _ticket_picture(ticket_id))

    def _picture(self, branch: str, picture: Any) -> Board:
        self._event(branch)
        board: Board = office().board(branch, picture)
        return board

    def _disconnect(self, reason: object = None) -> None:
        branch, ticket_id = self._ticket_of.pop(request.sid, ("", 0))  # type: ignore[attr-defined]
        followers = self._tickets.get(branch, {}).get(ticket_id)
        if followers is not None:
            followers.discard(request.sid)  # type: ignore[attr-defined]
            if not followers:
                del self._tickets[branch][ticket_id]


def _ticket_picture(ticket_id: int) -> Any:
    return lambda connection, setup, now: boards.ticket(connection, setup, now, ticket_id)
