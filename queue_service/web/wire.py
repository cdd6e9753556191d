"""How is one client written to without waiting for it, and read from without trusting it?

A wire is the WebSocket of one client. What does not fit into the kernel's buffer at once waits here: of each kind of
picture only the newest, so a slow client costs no memory and never hears old news. One lock keeps frames whole: two
greenlets that write to one socket would cut each other's frames in pieces.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent
from engineio import packet
from engineio.async_drivers.gevent import WebSocketWSGI
from gevent.lock import BoundedSemaphore
from geventwebsocket.exceptions import WebSocketError

from queue_service.web.allowance import Allowance
from queue_service.web.turns import give_way

TEXT_FRAME = 0x81
FIRST_PING_AFTER_SECONDS = 15.0
"""The library has sent one by then."""
KERNEL_BUFFER_BYTES = 65_536
READS_AT_ONCE = 240
READS_PER_SECOND = 60.0
"""A frame is read in three or four pieces."""


def framed(text: str) -> bytes:
    """The text as one WebSocket frame from a server."""
    content = text.encode()
    length = len(content)
    if length < 126:
        return bytes((TEXT_FRAME, length)) + content
    if length < 65_536:
        return bytes((TEXT_FRAME, 126)) + length.to_bytes(2, "big") + content
    return bytes((TEXT_FRAME, 127)) + length.to_bytes(8, "big") + content


ENGINE_PING = packet.Packet(packet.PING)


class Wire(WebSocketWSGI):  # type: ignore[misc]
    """Takes the place of Engine.IO's own WebSocket; the client (an Engine.IO socket) knows it as `wire`."""

    largest_message = 16_384
    door = BoundedSemaphore(1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        websocket = environ["wsgi.websocket"]
        self.client = self.app.__self__
        self._wait_at_the_door()
        self.heard_at = time.monotonic()
        self.ping_at = self.heard_at + FIRST_PING_AFTER_SECONDS
        self.blocked_since: float | None = None
        self._raw = websocket.handler.socket
        self._writing = BoundedSemaphore(1)
        self._newest: dict[str, bytes] = {}
        self._raw.setsockopt(gevent.socket.SOL_SOCKET, gevent.socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
        websocket.raw_write = self._write
        websocket.raw_read = websocket.stream.read = self._sparingly(websocket.stream.read)
        self.client.wire = self
        self.client.schedule_ping = self._note_pong
        return super().__call__(environ, start_response)

    def _wait_at_the_door(self) -> None:
        """After an outage thousands come at once: one by one, each behind everybody who has something to do already,
        so that operators need not wait for them."""
        self.client.is_at_the_door = True
        with self.door:
            give_way()
        self.client.is_at_the_door = False

    def tell(self, frame: bytes, kind: str | None) -> bool:
        """Send the frame now, or once the wire is free, in place of an older one of its `kind`; never waits.

        False when it must take its turn in the library's queue: the client is still joining, or, without a kind,
        something else is under way.
        """
        if not self.client.upgraded or self.client.closed:
            return False
        if self._writing.locked() or self.client.queue.unfinished_tasks:
            return self._keep(frame, kind)
        try:
            sent = self._raw._sock.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.cut()
            return True
        if sent < len(frame):
            self._writing.acquire()
            self.blocked_since = time.monotonic()
            gevent.spawn(self._finish, frame[sent:])
        return True

    def _keep(self, frame: bytes, kind: str | None) -> bool:
        if kind is None:
            return False
        self._newest.pop(kind, None)  # the newest of all goes last
        self._newest[kind] = frame
        return True

    def send(self, message: str | bytes) -> None:
        """What the library's queue holds goes out, and then what waited for it."""
        if isinstance(message, str):
            self._write(framed(message))
        else:
            self._sock.send(message)

    def wait(self) -> Any:
        message = self._sock.receive()
        self.heard_at = time.monotonic()
        return message

    def ping(self) -> None:
        """Ask whether the client is there: for all clients from one place, not from a greenlet for each.

        By the library's queue: its writer gives up a client for which nothing comes there for too long.
        """
        self.client.send(ENGINE_PING)

    def _note_pong(self) -> None:
        self.client.last_ping = None

    def cut(self) -> None:
        """End the connection at once; whoever waits for it to be read or written wakes up."""
        with suppress(OSError):  # it may be gone already
            self._raw.shutdown(gevent.socket.SHUT_RDWR)

    def _write(self, data: bytes) -> None:
        self._writing.acquire()
        self.blocked_since = time.monotonic()
        if not self._finish(data):
            raise WebSocketError("Socket is dead")

    def _finish(self, data: bytes) -> bool:
        """Write, in possession of the lock, and then the pictures that came meanwhile; whether all of it went out."""
        try:
            self._raw.sendall(data)
            while self._newest:
                self.blocked_since = time.monotonic()
                self._raw.sendall(self._newest.pop(next(iter(self._newest))))
        except OSError:
            self.cut()
            return False
        finally:
            self._newest.clear()
            self.blocked_since = None
            self._writing.release()
        return True

    def _sparingly(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """Reads no more than a client may send: a flood, or a frame of a gigabyte, ends the connection."""
        allowance = Allowance(READS_AT_ONCE, READS_PER_SECOND)

        def sparing(size: int) -> bytes:
            if size > self.largest_message or not allowance.take(1 + size / 256):
                self.cut()
                return b""
            return read(size)

        return sparing
