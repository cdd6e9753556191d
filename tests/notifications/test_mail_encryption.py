"""Mail goes encrypted and logged in; a wrong password or certificate keeps it in the outbox, and is told in words."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from sqlalchemy import select

from queue_service.clock import FrozenClock
from queue_service.jobs.messages import send_due
from queue_service.notifications.senders import Mail, reason_of
from queue_service.settings import Settings
from queue_service.storage.database import Database
from queue_service.storage.messages import message_table
from tests.booking import a_bookable_office, an_appointment, at
from tests.certificates import a_certificate
from tests.mail import MailServer

LINK = "https://office.example"
LOGIN = LoginPassword(b"office", b"right")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: Any) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in one file."""
    return a_certificate(tmp_path_factory.mktemp("mail") / "certificate.pem")


@pytest.fixture(params=["starttls", "tls"])
def mail(request: Any, free_port: int, certificate: Path) -> Iterator[tuple[MailServer, str]]:
    """A server that takes mail only encrypted and from who has logged in, and how it is encrypted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def is_known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given == LOGIN, handled=False)

    options: dict[str, Any] = {"authenticator": is_known, "auth_required": True}
    if request.param == "tls":
        options.update(ssl_context=context, auth_require_tls=False)
    else:
        options.update(tls_context=context, require_starttls=True)
    server = MailServer(free_port, **options)
    server.start()
    yield server, request.param
    server.stop()


def send(database: Database, clock: FrozenClock, mail: tuple[MailServer, str], password: str) -> tuple[int, Any, Any]:
    """How many were sent, and what became of the one message: its state and why."""
    settings = Settings(
        mail_host="127.0.0.1",
        mail_port=mail[0].port,
        mail_tls=mail[1],
        mail_user="office",
        mail_password=password,
        mail_sender="office@example.org",
        public_url=LINK,
    )
    sent = send_due(database, Mail(settings, clock), LINK)
    clock.advance(minutes=1)
    email = select(message_table).where(message_table.c.kind == "booked", message_table.c.channel == "email")
    row = database.read(lambda connection: connection.execute(email).one())
    return sent, row.state, row.error and reason_of(row.error)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mail_waits_until_certificate_and_password_are_right(
    database: Database, clock: FrozenClock, mail: tuple[MailServer, str], certificate: Path, monkeypatch: Any
) -> None:
    a_bookable_office(database, "A", {"1": "A"})
    an_appointment(database, at(3, "10:00"))
    assert send(database, clock, mail, "right") == (0, "queued", "certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert send(database, clock, mail, "wrong") == (0, "queued", "login")
    assert mail[0].letters == []
    assert send(database, clock, mail, "right") == (1, "sent", None)
    assert len(mail[0].letters) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_without_encryption_gets_no_password_and_loses_no_message(
    database: Database, clock: FrozenClock, free_port: int
) -> None:
    a_bookable_office(database, "A", {"1": "A"})
    an_appointment(database, at(3, "10:00"))
    plain = MailServer(free_port)
    plain.start()
    assert send(database, clock, (plain, "starttls"), "right") == (0, "queued", "encryption")
    plain.stop()
    assert send(database, clock, (plain, "starttls"), "right") == (0, "queued", "unreachable")


WORDS = [
    ("SMTPAuthenticationError 535", "login"),
    ("SMTPServerDisconnected", "unreachable"),
    ("TimeoutError", "unreachable"),
    ("refused 550", "no_mailbox"),
    ("refused 451", "later"),
    ("sender refused 550", "sender"),
    ("ZeroDivisionError", "fault"),
]


def test_every_error_has_a_reason_that_has_words() -> None:
    assert [reason_of(error) for error, _ in WORDS] == [reason for _, reason in WORDS]
