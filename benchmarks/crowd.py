"""Who watches? Thousands of WebSocket clients in one process of their own, made so that they cost little themselves.

They speak Engine.IO and Socket.IO over bare sockets and one epoll: what is measured is the server, and what the crowd
costs by itself is measured with `bare_sender`, which sends the same frames from a plain loop.
"""

import base64
import json
import multiprocessing
import os
import resource
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HANDSHAKE, JOINING, WATCHING, STOPPED, GONE = range(5)
SMALL_BUFFER = 4096


class Watcher:
    """One client: where it is in joining, the newest version it was told, and when."""

    __slots__ = ("auth", "bytes_heard", "events", "joined_at", "rest", "sock", "state", "told_at", "version")

    def __init__(self, auth: dict[str, Any], port: int, *, is_slow: bool) -> None:
        self.auth = auth
        self.sock = socket.socket()
        if is_slow:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.sock.setblocking(False)
        self.sock.connect_ex(("127.0.0.1", port))
        self.state = HANDSHAKE
        self.rest = b""
        self.version = -1
        self.told_at = 0.0
        self.joined_at = 0.0
        self.events = 0
        self.bytes_heard = 0

    def say(self, text: str) -> None:
        """A masked text frame, as clients must send; the mask of zeros leaves the text as it is."""
        content = text.encode()
        length = (
            struct.pack("!B", 0x80 | len(content)) if len(content) < 126 else b"\xfe" + struct.pack("!H", len(content))
        )
        self.sock.send(b"\x81" + length + b"\0\0\0\0" + content)

    def hear(self, data: bytes, now: float) -> None:
        self.bytes_heard += len(data)
        if self.rest:
            data, self.rest = self.rest + data, b""
        if self.state == HANDSHAKE:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.rest = head
                return
            if b" 101 " not in head[:20]:
                raise ConnectionError(head[:60].decode())
            self.state = JOINING
        while data:
            frame = frame_length(data)
            if frame is None or len(data) < frame[0] + frame[1]:
                self.rest = data
                return
            start, length = frame
            self._take(data[start : start + length], now)
            data = data[start + length :]

    def _take(self, message: bytes, now: float) -> None:
        kind = message[:1]
        if kind == b"4":
            at = message.find(b'"version":')
            if message.startswith(b"44"):
                raise ConnectionError(message.decode())
            if at >= 0:
                end = at + 10
                while message[end : end + 1].isdigit():
                    end += 1
                self.version, self.told_at = int(message[at + 10 : end]), now
                self.events += 1
                if self.state == JOINING:
                    self.state, self.joined_at = WATCHING, now
        elif kind == b"2":
            self.say("3")
        elif kind == b"0":
            self.say("40/live," + json.dumps(self.auth))


def frame_length(data: bytes) -> tuple[int, int] | None:
    """Where the content of the first frame begins and how long it is; None while too little of it is here."""
    if len(data) < 2:
        return None
    short = data[1] & 0x7F
    if short < 126:
        return 2, short
    if short == 126:
        return (4, int(struct.unpack_from("!H", data, 2)[0])) if len(data) >= 4 else None
    return (10, int(struct.unpack_from("!Q", data, 2)[0])) if len(data) >= 10 else None


class Crowd:
    """All clients of this process; does what it is told through a pipe, and listens all the time."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.poll = select.epoll()
        self.poll.register(pipe.fileno(), select.EPOLLIN)
        self.watchers: dict[int, Watcher] = {}
        self.failed = 0
        self.is_quiet = False
        """Whether nobody had anything to hear at the last look."""

    def run(self) -> None:
        while True:
            if self.listen(0.2) and (order := self.pipe.recv()):
                name, arguments = order
                if name == "leave":
                    return
                self.pipe.send(getattr(self, name)(*arguments))

    def listen(self, seconds: float) -> bool:
        """Hear whoever has something to hear; whether an order has come."""
        has_order, events = False, self.poll.poll(seconds, 256)
        self.is_quiet = not events
        for fd, event in events:
            if fd == self.pipe.fileno():
                has_order = True
            elif (watcher := self.watchers.get(fd)) is not None:
                self._serve(fd, watcher, event)
        return has_order

    def _serve(self, fd: int, watcher: Watcher, event: int) -> None:
        try:
            if event & select.EPOLLOUT:
                key = base64.b64encode(os.urandom(16)).decode()
                watcher.sock.send(UPGRADE.format(key=key).encode())
                self.poll.modify(fd, select.EPOLLIN)
            if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                data = watcher.sock.recv(65536)
                if not data:
                    raise ConnectionError("closed")
                watcher.hear(data, time.perf_counter())
        except BlockingIOError:
            pass
        except OSError:
            self.failed += watcher.state in (HANDSHAKE, JOINING)
            self._drop(fd, watcher)

    def _drop(self, fd: int, watcher: Watcher) -> None:
        watcher.state = GONE
        self.poll.unregister(fd)
        watcher.sock.close()
        del self.watchers[fd]

    def join(self, port: int, auths: list[dict[str, Any]], at_once: int, seconds: float, is_slow: bool = False) -> Any:
        """Connect one client for each `auth`, so many at a time; (seconds, joined, failed, slowest join)."""
        began, waiting, failed = time.perf_counter(), list(reversed(auths)), self.failed
        mine: list[Watcher] = []
        started: dict[int, float] = {}
        while time.perf_counter() - began < seconds:
            joining = sum(1 for watcher in mine if watcher.state in (HANDSHAKE, JOINING))
            if not waiting and not joining:
                break
            for _ in range(min(at_once - joining, len(waiting))):
                watcher = Watcher(waiting.pop(), port, is_slow=is_slow)
                mine.append(watcher)
                started[id(watcher)] = time.perf_counter()
                self.watchers[watcher.sock.fileno()] = watcher
                self.poll.register(watcher.sock.fileno(), select.EPOLLOUT)
            self.listen(0.05)
        joined = [watcher.joined_at - started[id(watcher)] for watcher in mine if watcher.state == WATCHING]
        return time.perf_counter() - began, len(joined), self.failed - failed, max(joined, default=0.0)

    def told(self, version: int, seconds: float) -> list[float]:
        """Wait until everybody who reads was told this version or a later one; when each of them was."""
        until, readers = time.perf_counter() + seconds, list(self.watchers.values())
        while time.perf_counter() < until:
            self.listen(0.002)
            if not self.is_quiet:  # asking everybody in between would take longer than hearing them
                continue
            readers = [watcher for watcher in self.watchers.values() if watcher.state == WATCHING]
            if all(watcher.version >= version for watcher in readers):
                return [watcher.told_at for watcher in readers]
        late = sum(1 for watcher in readers if watcher.version < version)
        raise TimeoutError(f"{late} of {len(readers)} were not told version {version}")

    def stop_reading(self, count: int) -> int:
        """The first so many clients stay connected and read nothing any more."""
        stopped = [(fd, watcher) for fd, watcher in self.watchers.items() if watcher.state == WATCHING][:count]
        for fd, watcher in stopped:
            watcher.state = STOPPED
            self.poll.modify(fd, 0)
        return len(stopped)

    def present(self) -> dict[str, int]:
        """How many read, and how many of those who stopped reading are still connected."""
        self.listen(0)
        states = [watcher.state for watcher in self.watchers.values()]
        return {"reading": states.count(WATCHING), "stopped": states.count(STOPPED)}

    def heard(self) -> dict[str, int]:
        """Events and bytes that all of them heard until now."""
        return {
            "events": sum(watcher.events for watcher in self.watchers.values()),
            "bytes": sum(watcher.bytes_heard for watcher in self.watchers.values()),
        }

    def hang_up(self) -> int:
        """Everybody leaves without a word."""
        count = len(self.watchers)
        for fd, watcher in list(self.watchers.items()):
            self._drop(fd, watcher)
        return count


def allow_many_files() -> None:
    """Each client is an open file."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _crowd(pipe: Connection) -> None:
    allow_many_files()
    Crowd(pipe).run()


class Audience:
    """A crowd in another process, as the one who measures holds it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_crowd, args=(theirs,), daemon=True)
        self._process.start()

    def ask(self, order: str, *arguments: Any) -> Any:
        self.order(order, *arguments)
        return self.answer()

    def order(self, order: str, *arguments: Any) -> None:
        self._pipe.send((order, arguments))

    def answer(self, seconds: float = 120) -> Any:
        if not self._pipe.poll(seconds):
            raise TimeoutError("the crowd does not answer")
        return self._pipe.recv()

    def has_answered(self) -> bool:
        return self._pipe.poll(0)

    def leave(self) -> None:
        self._pipe.send(("leave", ()))
        self._process.join(10)


@contextmanager
def audience() -> Iterator[Audience]:
    crowd = Audience()
    try:
        yield crowd
    finally:
        crowd.leave()


BARE = """
import socket, sys, time
def frame(text):
    content = text.encode()
    return b"\\x81\\x7e" + len(content).to_bytes(2, "big") + content
def picture(event, version, size):
    return frame('42/live,["%s",{"version":%d,"more":"%s"}]' % (event, version, "x" * size))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
size, clients = int(sys.argv[2]), []
print("ready", flush=True)
for order in sys.stdin:
    name, number = order.split()
    if name == "accept":
        for _ in range(int(number)):
            client, _ = listener.accept()
            client.recv(4096)
            client.send(b"HTTP/1.1 101 x\\r\\n\\r\\n" + frame("0{}") + picture("snapshot", 0, size))
            client.setblocking(False)
            clients.append(client)
    else:
        began = time.perf_counter()
        content = picture("change", int(number), size)
        for client in clients:
            client.send(content)
        print(began, time.perf_counter(), flush=True)
"""


class BareSender:
    """Sends frames of the same size to all, from a plain loop over bare sockets: nothing can be quicker in Python."""

    def __init__(self, port: int, size: int) -> None:
        command = [sys.executable, "-c", BARE, str(port), str(size)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self._line() == "ready"

    def accept(self, count: int) -> None:
        self._say(f"accept {count}")

    def send(self, version: int) -> tuple[float, float]:
        """When the first and the last frame left."""
        self._say(f"send {version}")
        began, ended = self._line().split()
        return float(began), float(ended)

    def _say(self, order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def bare_sender(port: int, size: int) -> Iterator[BareSender]:
    sender = BareSender(port, size)
    try:
        yield sender
    finally:
        sender.process.terminate()
        sender.process.wait(10)
