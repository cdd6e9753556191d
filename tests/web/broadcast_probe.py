"""A small server with the product's wires and clients of each kind, in a process of its own that gevent has patched.

Prints as JSON which way each broadcast took to each client, and what the client heard.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import socketio  # noqa: E402
from engineio.packet import NOOP, Packet  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402
from geventwebsocket.handler import WebSocketHandler  # noqa: E402

from queue_service.web.broadcast import FramingManager, PlainJson, use_wires  # noqa: E402
from queue_service.web.wire import Wire  # noqa: E402

HALL = "/live"
WITHIN_SECONDS = 10


class Probe:
    def __init__(self) -> None:
        self.ways: list[str] = []
        self.heard: dict[str, list[Any]] = {}
        self.server = socketio.Server(
            async_mode="gevent", client_manager=FramingManager(lambda room: room == "hall"), json=PlainJson
        )
        use_wires(self.server.eio)
        self.server.on("connect", self._let_in, namespace=HALL)
        self._note_ways()
        self.listener = WSGIServer(
            ("127.0.0.1", 0), socketio.WSGIApp(self.server), handler_class=WebSocketHandler, log=None
        )
        self.listener.start()

    def _note_ways(self) -> None:
        by_wire, by_queue = Wire.tell, self.server._send_eio_packet

        def tell(wire: Wire, frame: bytes, kind: str | None) -> bool:
            is_told = by_wire(wire, frame, kind)
            self.ways += ["wire"] if is_told else []
            return is_told

        def send(*arguments: Any) -> None:
            self.ways.append("library")
            by_queue(*arguments)

        setattr(Wire, "tell", tell)  # noqa: B010
        self.server._send_eio_packet = send

    def _let_in(self, sid: str, *_: Any) -> None:
        for room in ("hall", "phones"):
            self.server.enter_room(sid, room, HALL)

    def client(self, name: str, *transports: str) -> socketio.Client:
        client, heard = socketio.Client(json=PlainJson), self.heard.setdefault(name, [])
        client.on("change", lambda told: heard.append(told), namespace=HALL)
        client.connect(f"http://127.0.0.1:{self.listener.server_port}", transports=transports, namespaces=[HALL])
        return client

    def broadcast(self, told: Any, to: str = "hall", **options: Any) -> dict[str, Any]:
        """Tells everybody; the ways it took, and who heard it."""
        self.ways.clear()
        for heard in self.heard.values():
            heard.clear()
        self.server.emit("change", told, to=to, namespace=HALL, **options)
        with gevent.Timeout(WITHIN_SECONDS, False):
            while not all(self.heard.values()):
                gevent.sleep(0.01)
        has_heard = sorted(name for name, heard in self.heard.items() if heard == [told])
        return {"ways": sorted(self.ways), "heard": has_heard}

    def busy(self, room: str) -> dict[str, Any]:
        """One client has something in the library's queue already: what comes next must not overtake it."""
        sid = next(iter(self.server.manager.rooms[HALL]["hall"]))
        self.server.eio.sockets[self.server.manager.eio_sid_from_sid(sid, HALL)].send(Packet(NOOP))
        return self.broadcast({"version": 4}, room)


def main() -> None:
    probe = Probe()
    clients = [probe.client("socket", "websocket"), probe.client("upgraded", "polling", "websocket")]
    found = {"sockets": probe.broadcast({"version": 1, "name": "Паспорт"})}
    found["bytes"] = probe.broadcast(b"a picture")
    found["a callback"] = probe.broadcast({"version": 3}, callback=lambda *_: None)
    found["one is busy"] = probe.busy("phones")
    found["one is busy, and needs the newest alone"] = probe.busy("hall")
    clients.append(probe.client("polling", "polling"))
    found["and one that polls"] = probe.broadcast({"version": 5})
    print(json.dumps(found))
    for client in clients:
        client.disconnect()
    probe.listener.stop(timeout=1)


if __name__ == "__main__":
    main()
