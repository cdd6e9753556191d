"""How does another program hear of an alert? By a signed POST, to addresses that may be reached from here.

Signed is the moment with the text, so that the receiver can refuse what is old or was changed. An address inside the
house (private, loopback) is asked only when the settings name its host: else whoever may write rules could knock at
doors that only this machine reaches. The address that was checked is the one that is connected to, and a redirection
is an answer like any other that is no 2xx.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

from gevent import Timeout

from queue_service.clock import Clock
from queue_service.model.appointment import MessageChannel
from queue_service.notifications.letters import Hook, Letter
from queue_service.notifications.senders import NeverTaken, NotTaken
from queue_service.settings import Settings

SECONDS_TO_ANSWER = 5.0
LONGEST_SECONDS = 10.0
"""For the whole conversation, however slowly its letters come."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of "timestamp.body", in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class Webhooks:
    """Posts alerts; each has a line of its own, so several may be under way."""

    channel = MessageChannel.WEBHOOK

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._trusted = {host.strip().lower() for host in settings.webhook_hosts.split(",") if host.strip()}

    def __enter__(self) -> "Webhooks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, letter: Letter) -> None:
        if letter.hook is None:
            raise NeverTaken("no_secret")
        try:
            with Timeout(LONGEST_SECONDS, NotTaken("Timeout")):
                status = self._post(letter.hook, letter.id)
        except OSError as error:
            raise NotTaken(type(error).__name__) from error
        except http.client.HTTPException as error:
            raise NotTaken("answered no HTTP") from error
        if not 200 <= status < 300:
            raise NotTaken(f"answered {status}")

    def _post(self, hook: Hook, delivery: str) -> int:
        parts = urlsplit(hook.address)
        body = json.dumps(hook.told, ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(self._clock.now().timestamp()))
        line = self._connected(parts.scheme, parts.hostname or "", parts.port)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "queue-service",
                "X-Queue-Delivery": delivery,
                "X-Queue-Timestamp": timestamp,
                "X-Queue-Signature": f"sha256={signature(hook.secret, timestamp, body)}",
            }
            line.request("POST", path, body, headers)
            return line.getresponse().status
        finally:
            line.close()

    def _connected(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        is_safe = scheme == "https"
        usual = 443 if is_safe else 80
        plain = self._reached(host, port or usual)
        line = http.client.HTTPConnection(host, port or usual, timeout=SECONDS_TO_ANSWER)
        line.default_port = usual
        try:
            line.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_safe else plain
        except BaseException:
            plain.close()
            raise
        return line

    def _reached(self, host: str, port: int) -> socket.socket:
        """A connection to the first address behind a host that answers."""
        *others, last = self._allowed(host, port)
        for address in others:
            with suppress(OSError):
                return socket.create_connection((address, port), SECONDS_TO_ANSWER)
        return socket.create_connection((last, port), SECONDS_TO_ANSWER)

    def _allowed(self, host: str, port: int) -> list[str]:
        """The addresses behind a host that may be reached; raises NeverTaken(private_address)."""
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        if host.lower() not in self._trusted and not all(_is_public(address) for address in found):
            raise NeverTaken("private_address")
        return found


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inside = getattr(found, "ipv4_mapped", None)
    return (inside or found).is_global and not found.is_multicast
