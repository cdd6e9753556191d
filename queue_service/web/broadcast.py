"""How does one picture reach a thousand screens quickly? Encoded and framed once, then written to each socket.

python-socketio puts a packet into a queue for every client and wakes a greenlet for each, which frames it again. Here
the one frame goes straight to every WebSocket that is free; for everybody else the library's own way remains.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from socketio import Manager
from socketio.packet import EVENT

from queue_service.web.wire import Wire, framed

AT_A_STRETCH = 200
"""So many clients are written to before others may run: a call must not wait for thousands of phones."""


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

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        room = to or room
        packet = None if callback or skip_sid or isinstance(data, tuple) else self._packet(event, data, namespace)
        if packet is None:
            super().emit(event, data, namespace, room=room, skip_sid=skip_sid, callback=callback, **options)
            return
        kind = f"{event} {room}" if isinstance(room, str) and self._newest_only(room) else None
        self._write(packet, kind, [eio_sid for _, eio_sid in self.get_participants(namespace, room)])

    def _packet(self, event: str, data: Any, namespace: str) -> EnginePacket | None:
        """The event in one packet; None when it takes several, as bytes do."""
        content = [event] if data is None else [event, data]
        try:
            encoded = self.server.packet_class(EVENT, namespace=namespace, data=content, binary=False).encode()
        except TypeError:
            return None
        return EnginePacket(MESSAGE, encoded)

    def _write(self, packet: EnginePacket, kind: str | None, clients: Iterable[str]) -> None:
        frame, sockets = framed(packet.encode()), self.server.eio.sockets
        for number, eio_sid in enumerate(clients, 1):
            wire = getattr(sockets.get(eio_sid), "wire", None)
            if wire is None or not wire.tell(frame, kind):
                self._queue(eio_sid, packet)
            if number % AT_A_STRETCH == 0:
                gevent.sleep(0)

    def _queue(self, eio_sid: str, packet: EnginePacket) -> None:
        """The library's own way: to clients that poll, that are still joining, or that are busy."""
        if eio_sid in self.server.eio.sockets:
            self.server._send_eio_packet(eio_sid, packet)


def use_wires(engine: Any) -> None:
    """Let an Engine.IO server keep a wire for each of its WebSockets."""
    engine._async = {**engine._async, "websocket": Wire}
