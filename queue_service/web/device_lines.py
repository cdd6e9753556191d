"""Which paired devices are connected to this process, and what is told to each of them alone?

Nothing is remembered of who changed what: after every change of a branch the devices that are connected are compared
with their rows, so that a change made by another process, or missed, arrives as well.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import gevent
from flask_socketio import SocketIO

from queue_service.actions.devices import arrive, device_of, seen
from queue_service.rules.device import SEEN_EVERY_SECONDS
from queue_service.rules.errors import Kind, Refused
from queue_service.storage.devices import KnownDevice, by_id, own_board, revisions, secret_hash
from queue_service.web.office import Office

log = logging.getLogger(__name__)


@dataclass
class Line:
    """One connection of a device, the key it showed, and the revision of it that was told there."""

    device_id: int
    branch: str
    key_hash: str
    revision: int


class DeviceLines:
    def __init__(self, office: Office, socketio: SocketIO, namespace: str) -> None:
        self._office = office
        self._socketio = socketio
        self._namespace = namespace
        self._lines: dict[str, Line] = {}
        self._is_beating = False

    def admit(self, sid: str, key: str, page_version: object = None) -> KnownDevice:
        """The device behind the key, from now on listening at `sid`. Raises Refused(unknown_device_key)."""
        database = self._office.database
        now, version = database.clock.now(), page_version if isinstance(page_version, str) else None
        device = database.write(lambda connection: arrive(connection, key, now, version))
        if device is not None:
            self._lines[sid] = Line(device.id, device.branch, secret_hash(key), device.revision)
            # Revoked before it was listed here: nobody would have cut it off.
            device = database.peek(lambda connection: device_of(connection, key))
        if device is None:
            self.leave(sid)
            raise Refused("unknown_device_key", Kind.UNAUTHORISED)
        self._lines[sid].revision = device.revision
        self._beat()
        return device

    def leave(self, sid: str) -> None:
        self._lines.pop(sid, None)

    def compare(self, branch: str) -> None:
        """Tell each connected device of the branch what was changed of it; cut off those that were revoked."""
        lines = {sid: line for sid, line in self._lines.items() if line.branch == branch}
        if not lines:
            return
        database = self._office.database
        known = database.read(lambda connection: revisions(connection, branch))
        for sid, line in lines.items():
            if line.device_id not in known:
                self._cut(sid)
            elif known[line.device_id] != line.revision:
                self._tell(sid, line)

    def _tell(self, sid: str, line: Line) -> None:
        database = self._office.database
        device = database.read(lambda connection: by_id(connection, line.device_id))
        if device is None or line.key_hash not in (device.key_hash, device.next_key_hash):
            return self._cut(sid)
        line.revision = device.revision
        board = own_board(device, database.clock.now())
        self._socketio.emit("device", board, namespace=self._namespace, to=sid)

    def _cut(self, sid: str) -> None:
        self.leave(sid)
        server: Any = self._socketio.server
        server.disconnect(sid, namespace=self._namespace)

    def _beat(self) -> None:
        if not self._is_beating:
            self._is_beating = True
            gevent.spawn(self._note_who_is_there)

    def _note_who_is_there(self) -> None:
        while True:
            gevent.sleep(SEEN_EVERY_SECONDS)
            try:
                self._note(line.device_id for line in self._lines.values())
                for branch in {line.branch for line in self._lines.values()}:
                    self.compare(branch)
            except Exception:  # one failed beat must not be the last
                log.exception("devices were not noted as seen")

    def _note(self, device_ids: Iterable[int]) -> None:
        database, there = self._office.database, set(device_ids)
        if there:
            database.write(lambda connection: seen(connection, there, database.clock.now()))
