"""Receivers as they are: behind a certificate, in error, elsewhere, endless, in another language, silent."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from queue_service.clock import FrozenClock
from queue_service.notifications.letters import Hook, Letter
from queue_service.notifications.senders import NotTaken, reason_of
from queue_service.notifications.webhooks import Webhooks
from queue_service.settings import Settings
from tests.certificates import a_certificate
from tests.running import a_server

Answer = Callable[[socket.socket], None]


@contextmanager
def a_receiver(answer: Answer, certificate: Path | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A program that hears requests and answers them so; its port, and what it heard."""
    heard: list[bytes] = []
    context = None if certificate is None else ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if context is not None:
        context.load_cert_chain(certificate or "")

    def serve(plain: socket.socket) -> None:
        try:
            with plain if context is None else context.wrap_socket(plain, server_side=True) as line:
                heard.append(_request(line))
                answer(line)
        except OSError:
            pass  # they hung up

    with socket.create_server(("127.0.0.1", 0)) as door:

        def take() -> None:
            while True:
                try:
                    threading.Thread(target=serve, args=[door.accept()[0]], daemon=True).start()
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield door.getsockname()[1], heard


def _request(line: socket.socket) -> bytes:
    """One whole request: its head tells how long the rest is."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += line.recv(4096)
    head, body = found.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


def says(text: str) -> Answer:
    return lambda line: line.sendall(text.encode())


FINE = says("HTTP/1.1 204 No Content\r\n\r\n")


def send(clock: FrozenClock, address: str) -> str | None:
    """Why a webhook was not taken there; None if it was."""
    letter = Letter("message-1", "en", "", "", "", hook=Hook(address, "secret", {"alert": "1"}))
    try:
        Webhooks(Settings(webhook_hosts="127.0.0.1,receiver.example"), clock).send(letter)
    except NotTaken as error:
        return str(error)
    return None


def test_a_receiver_is_told_when_its_certificate_can_be_trusted_and_nothing_before(
    clock: FrozenClock, tmp_path: Path, monkeypatch: Any
) -> None:
    good = a_certificate(tmp_path / "good.pem")
    bad = [
        a_certificate(tmp_path / "elsewhere.pem", address="127.0.0.2"),
        a_certificate(tmp_path / "expired.pem", days=(-9, -1)),
    ]
    with a_receiver(FINE, good) as (port, heard):
        why = send(clock, f"https://127.0.0.1:{port}/alerts")
        assert reason_of(why or "", "webhook") == "receiver_certificate"
        assert heard == []
        monkeypatch.setenv("SSL_CERT_FILE", str(good))  # the office's own authority
        assert send(clock, f"https://127.0.0.1:{port}/alerts") is None
        assert len(heard) == 1
    for certificate in bad:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with a_receiver(FINE, certificate) as (port, heard):
            assert send(clock, f"https://127.0.0.1:{port}/") == "SSLCertVerificationError"
            assert heard == []


def _endless(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"x" * 65536)


ANSWERS: list[tuple[Answer, str | None]] = [
    (says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"), "answered 500"),
    (_endless, None),  # it took the alert; what else it says is not listened to
    (says("220 mail.example ESMTP\r\n"), "answered no HTTP"),
    (says("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 500 + "\r\n"), "answered no HTTP"),
    (lambda line: None, "RemoteDisconnected"),
]


@pytest.mark.parametrize(("answer", "why"), ANSWERS)
def test_whatever_a_receiver_answers_is_told_in_words_and_soon(
    answer: Answer, why: str | None, clock: FrozenClock
) -> None:
    with a_receiver(answer) as (port, heard):
        began = time.monotonic()
        assert send(clock, f"http://127.0.0.1:{port}/") == why
        assert (len(heard), time.monotonic() - began < 4) == (1, True)
    assert why is None or reason_of(why, "webhook") in ("receiver", "receiver_unreachable")


def test_a_redirection_is_not_followed(clock: FrozenClock) -> None:
    with a_receiver(FINE) as (there, elsewhere):
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{there}/\r\nContent-Length: 0\r\n\r\n"
        with a_receiver(says(moved)) as (port, _):
            assert send(clock, f"http://127.0.0.1:{port}/") == "answered 307"
        assert elsewhere == []


def test_the_address_of_a_receiver_that_answers_is_found_among_several(clock: FrozenClock, monkeypatch: Any) -> None:
    with a_receiver(FINE) as (port, heard):
        entries = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))]
        there = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        real = socket.getaddrinfo

        def look_up(host: str, *rest: Any, **more: Any) -> Any:
            return [*entries, there] if host == "receiver.example" else real(host, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert send(clock, f"http://receiver.example:{port}/") is None
        assert f"Host: receiver.example:{port}".encode() in heard[0]


def _drip(line: socket.socket) -> None:
    for letter in b"HTTP/1.1 200 OK" * 100:
        line.sendall(bytes([letter]))
        time.sleep(0.5)


def test_receivers_that_never_come_to_an_end_hold_up_no_other(tmp_path: Path, monkeypatch: Any) -> None:
    """A real server: three receivers that say a letter now and then, and one that takes what it is told."""
    monkeypatch.setenv("QS_WEBHOOK_HOSTS", "127.0.0.1")
    with a_receiver(_drip) as (slow, tried), a_receiver(FINE) as (port, heard), a_server(tmp_path) as server:
        rules = f"/admin/branches/{server.branch}/escalations"
        for place in (slow, slow, slow, port):
            rule = {"channel": "webhook", "target": f"http://127.0.0.1:{place}/", "after_seconds": 0}
            assert server.post("admin", rules, rule).status_code == 201
        norm = {"kind": "wait", "service": "driving", "longest": 1}
        assert server.post("admin", f"/admin/branches/{server.branch}/norms", norm).status_code == 201
        server.take_ticket("driving")
        assert _until(lambda: heard)
        told = json.loads(heard[0].split(b"\r\n\r\n", 1)[1])
        assert (told["branch"], told["service"], told["breaches"]) == (server.branch, "driving", 1)

        def reasons() -> list[str]:
            board = server.get(f"/admin/branches/{server.branch}/messages", "admin")
            return [one["reason"] for one in board["troubled"]]

        assert _until(lambda: reasons()[:1] == ["receiver_unreachable"])
        assert tried


def _until(holds: Callable[[], Any], seconds: float = 45) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False
