"""Clients of the sockets that write down what they are told."""

import json
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import socketio

from tests.make import PASSWORD
from tests.running import Server

NAMESPACE = "/live"


class Screen:
    """A client, and every event it was told."""

    def __init__(self, server: Server, auth: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.gone = threading.Event()
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda event, *told: self.heard.put((event, told[0] if told else None)), NAMESPACE)
        self.client.on("disconnect", lambda *_: self.gone.set(), NAMESPACE)
        self.client.connect(server.url, headers or {}, auth, transports=["websocket"], namespaces=[NAMESPACE])

    def next(self, seconds: float = 20) -> tuple[str, Any]:
        """The next picture; a beat says nothing new."""
        deadline = time.monotonic() + seconds
        while True:
            event, told = self.heard.get(timeout=max(0.01, deadline - time.monotonic()))
            if event != "beat":
                return event, told

    def until(self, condition: Callable[[Any], bool], seconds: float = 20) -> Any:
        """The first picture of which this is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            _, told = self.next(deadline - time.monotonic())
            if condition(told):
                return told
        raise TimeoutError

    def all_heard(self) -> list[tuple[str, Any]]:
        return [self.heard.get() for _ in range(self.heard.qsize())]

    def texts(self) -> str:
        return json.dumps(self.all_heard(), ensure_ascii=False)


def signed_in(server: Server, name: str = "anna") -> dict[str, str]:
    """The headers of a browser in which somebody has signed in; `X-CSRF-Token` lets it act."""
    answer = httpx.post(f"{server.url}/api/v1/session", json={"username": name, "password": PASSWORD}, timeout=20)
    return {"Cookie": f"qs_session={answer.cookies['qs_session']}", "X-CSRF-Token": answer.json()["csrf"]}
