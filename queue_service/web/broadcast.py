"""How does one picture reach a thousand screens quickly? Encoded and framed once, then written to each socket.

python-socketio puts a packet into a queue for every client and wakes a greenlet for each, which frames it again. Here
the one frame goes straight to every WebSocket that is free; for everybody else the library's own way remains.
"""

import json
from collections.abc import Callable
from typing import Any

from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio import Manager
from socketio.packet import EVENT

from queue_service.web.turns import give_way
from queue_service.web.wire import Wire, framed

AT_A_STRETCH = 50
"""So many clients are written to before others may run: a call takes a dozen turns, and must not wait for thousands of
clients at any of them."""


class PlainJson:
    """JSON with letters as they are: escaped, a Russian text weighs three times as much."""

    loads = staticmethod(json.loads)

    @staticmethod
    def dumps(data: Any, **options: Any) -> str:
        return json.dumps(data, ensure_ascii=False, **options)


class FramingManager(Manager):  # type: ignore[misc]
    """python-socketio's manager of clients, with a quicker broadcast.

    `newest_only` says of which rooms a slow client needs nothing but the newest event of each name.
    """

    def __init__(self, newest_only: Callable[[str], bool] = lambda room: False) -> None:
        super().__init__()
        self._newest_only = newest_only
        self._stopped_at: dict[str, str] = {}

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        is_old: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> None:
        """As the library's; `is_old` tells whether this event is worth nothing any more amid a long broadcast: then it
        ends, and the next one to this room begins with those who were left out."""
        room = to or room
        packet = None if callback or skip_sid or isinstance(data, tuple) else self._packet(event, data, namespace)
        if packet is None:
            super().emit(event, data, namespace, room=room, skip_sid=skip_sid, callback=callback, **options)
            return
        clients = [eio_sid for _, eio_sid in self.get_participants(namespace, room)]
        if not isinstance(room, str) or not self._newest_only(room):
            self._write(packet, None, clients)
            return
        left_out = self._write(packet, f"{event} {room}", self._left_out_first(room, clients), is_old)
        if left_out is not None:
            self._stopped_at[room] = left_out

    def _packet(self, event: str, data: Any, namespace: str) -> EnginePacket | None:
        """The event in one packet; None when it takes several, as bytes do."""
        content = [event] if data is None else [event, data]
        try:
            encoded = self.server.packet_class(EVENT, namespace=namespace, data=content, binary=False).encode()
        except TypeError:
            return None
        return EnginePacket(MESSAGE, encoded)

    def _left_out_first(self, room: str, clients: list[str]) -> list[str]:
        stopped_at = self._stopped_at.pop(room, None)
        if stopped_at not in clients:
            return clients
        first = clients.index(stopped_at)
        return clients[first:] + clients[:first]

    def _write(
        self, packet: EnginePacket, kind: str | None, clients: list[str], is_old: Callable[[], bool] = lambda: False
    ) -> str | None:
        """The first client that was left out, if this was old amid."""
        frame, sockets = framed(packet.encode()), self.server.eio.sockets
        for number, eio_sid in enumerate(clients):
            if number and number % AT_A_STRETCH == 0:
                give_way()
                if is_old():
                    return eio_sid
            wire = getattr(sockets.get(eio_sid), "wire", None)
            if wire is None or not wire.tell(frame, kind):
                self._queue(eio_sid, packet)
        return None

    def _queue(self, eio_sid: str, packet: EnginePacket) -> None:
        """The library's own way: to clients that poll, that are still joining, or that are busy."""
        if eio_sid in self.server.eio.sockets:
            self.server._send_eio_packet(eio_sid, packet)


def use_wires(engine: Any) -> None:
    """Let an Engine.IO server keep a wire for each of its WebSockets."""
    engine._async = {**engine._async, "websocket": Wire}
