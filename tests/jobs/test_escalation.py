"""Breaches that nobody takes note of reach somebody: once for each cause, signed, however dead a receiver is."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import escalation
from queue_service.actions.breaches import acknowledge
from queue_service.actions.setup import export_office, import_office
from queue_service.actions.tickets import Order, cancel, issue
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.jobs.messages import send_due
from queue_service.model import LedgerEntry, table
from queue_service.model.ticket import Channel
from queue_service.notifications.letters import Hook, Letter
from queue_service.notifications.senders import Mail, NeverTaken, Texts, reason_of
from queue_service.notifications.webhooks import Webhooks
from queue_service.rules.escalation import EscalationFacts
from queue_service.settings import Settings
from queue_service.storage.alerts import alert_table
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from queue_service.storage.messages import message_table
from tests.mail import MailServer
from tests.make import an_office, an_operator, on_leg

PAGE = "https://office.example"


class Receiver:
    """Another program: it checks signatures, refuses what is old or came before, and can be told to fail."""

    def __init__(self) -> None:
        self.secret, self.status, self.now = "", 200, 0.0
        self.told: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(outer.heard(dict(self.headers), body))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/alerts?from=queue"

    def heard(self, headers: dict[str, str], body: bytes) -> int:
        self.raw.append((headers, body))
        if self.status != 200:
            return self.status
        timestamp = headers["X-Queue-Timestamp"]
        right = hmac.new(self.secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(headers["X-Queue-Signature"], f"sha256={right}"):
            self.refused.append("signature")
        elif abs(self.now - int(timestamp)) > 300:
            self.refused.append("old")
        else:
            self.told.append(json.loads(body))
        return 401 if self.refused else 200


@pytest.fixture
def receiver(clock: FrozenClock) -> Iterator[Receiver]:
    found = Receiver()
    found.now = clock.now().timestamp()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def mail(free_port: int) -> Iterator[MailServer]:
    server = MailServer(free_port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def watch(database: Database, clock: FrozenClock) -> BreachWatch:
    an_office(database, "AB", {"1": "AB", "2": "AB"})
    began = clock.now()
    return BreachWatch(database, lambda: (clock.now() - began).total_seconds())


def a_rule(database: Database, **facts: Any) -> int:
    rule = EscalationFacts.model_validate(facts)
    return int(database.act("centre", lambda hall: escalation.put_escalation(hall, rule, "staff:1")))


def a_line(database: Database, service: str, count: int) -> list[int]:
    def come(hall: Any) -> list[int]:
        return [issue(hall, Order((service,), "ru", Channel.KIOSK)).leg_id for _ in range(count)]

    return list(database.act("centre", come))


def webhooks(clock: FrozenClock, hosts: str = "127.0.0.1") -> Webhooks:
    return Webhooks(Settings(webhook_hosts=hosts), clock)


def alerts(database: Database) -> list[Any]:
    return list(database.read(lambda c: c.execute(select(alert_table).order_by(alert_table.c.id)).all()))


def messages(database: Database) -> list[Any]:
    return list(database.read(lambda c: c.execute(select(message_table).order_by(message_table.c.id)).all()))


def test_forty_breaches_of_one_cause_make_one_letter_that_tells_how_many(
    database: Database, clock: FrozenClock, watch: BreachWatch, mail: MailServer
) -> None:
    a_rule(database, channel="email", target="boss@example.org", after_seconds=120, language="en")
    line = a_line(database, "A", 40)
    a_line(database, "B", 1)
    clock.advance(minutes=15)
    assert watch.look() == 41
    clock.advance(seconds=119)
    watch.look()
    assert alerts(database) == []
    clock.advance(seconds=1)
    for _ in range(3):
        watch.look()
    assert [(one.cause.split(":")[0], one.breaches) for one in alerts(database)] == [("wait", 40), ("wait", 1)]
    settings = Settings(mail_host="127.0.0.1", mail_port=mail.port, mail_tls="none", mail_sender="a@example.org")
    assert send_due(database, Mail(settings, clock), PAGE) == 2
    letter = mail.letters[0]
    body = letter.get_body()
    assert letter["To"] == "boss@example.org"
    assert body is not None
    assert "40 breaches" in letter["Subject"]
    assert f"{PAGE}/hall/centre" in body.get_content()
    line += a_line(database, "A", 3)  # while the line is slow, later ones are the same cause
    clock.advance(minutes=18)
    assert watch.look() == 3
    watch.look()
    assert len(alerts(database)) == 2
    for leg in line:  # the cause is over, and comes again: that is told anew
        on_leg(database, leg, cancel)
    watch.look()
    a_line(database, "A", 2)
    clock.advance(minutes=17)
    watch.look()
    clock.advance(minutes=2)
    watch.look()
    assert [(one.breaches, one.over_at is None) for one in alerts(database)] == [(40, False), (1, True), (2, True)]


def test_what_somebody_has_taken_note_of_is_not_told(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_rule(database, channel="email", target="boss@example.org", after_seconds=60)
    helen = an_operator(database, "helen")
    a_line(database, "A", 1)
    clock.advance(minutes=15)
    watch.look()
    [breach] = database.read(lambda c: list(c.execute(select(breach_table.c.id)).scalars()))
    database.act("centre", lambda hall: acknowledge(hall, breach, helen.id, "", "staff:1"))
    clock.advance(minutes=5)
    watch.look()
    assert alerts(database) == []


def test_a_rule_may_tell_of_what_is_at_risk_and_then_not_again_of_the_breach(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_rule(database, channel="text", target="+7 495 123-45-67", after_seconds=0, at_risk=True)
    a_line(database, "A", 3)
    clock.advance(minutes=11, seconds=59)
    watch.look()
    assert alerts(database) == []
    clock.advance(seconds=1)
    watch.look()
    assert [(one.breaches, one.at_risk) for one in alerts(database)] == [(0, 3)]
    clock.advance(minutes=4)
    watch.look()
    assert len(alerts(database)) == 1


def test_a_text_goes_through_the_gateway_and_says_whether_the_norm_is_passed_yet(
    database: Database, clock: FrozenClock, watch: BreachWatch, gateway: Any
) -> None:
    port, got, answers = gateway
    for is_early in (True, False):
        facts = {"channel": "text", "target": "+7 495 123-45-67", "after_seconds": 0, "language": "en"}
        a_rule(database, **facts, at_risk=is_early)
    texts = Texts(f"json://127.0.0.1:{port}/send/{{phone}}")
    a_line(database, "A", 3)
    clock.advance(minutes=12)
    watch.look()
    answers.append(500)
    assert send_due(database, texts, PAGE) == 0
    assert [(one.state, reason_of(one.error)) for one in messages(database)] == [("queued", "later")]
    clock.advance(minutes=3)
    watch.look()
    assert send_due(database, texts, PAGE) == 2
    assert got == [
        ("/send/74951234567", f"Centre: Wait before the first call, Service A: 3 at risk at 09:12. {PAGE}/hall/centre"),
        ("/send/74951234567", f"Centre: Longest wait passed, Service A: 3 breaches, since 09:15. {PAGE}/hall/centre"),
    ]


def test_a_webhook_is_signed_with_its_moment_so_that_what_is_old_or_changed_is_refused(
    database: Database, clock: FrozenClock, watch: BreachWatch, receiver: Receiver
) -> None:
    rule = a_rule(database, channel="webhook", target=receiver.address, after_seconds=0)
    receiver.secret = database.act("centre", lambda hall: escalation.renew_secret(hall, rule, "staff:1"))
    a_line(database, "A", 2)
    clock.advance(minutes=15)
    watch.look()
    receiver.now = clock.now().timestamp()
    assert send_due(database, webhooks(clock), PAGE) == 1
    [told] = receiver.told
    assert (told["branch"], told["kind"], told["service"], told["breaches"]) == ("centre", "wait", "A", 2)
    headers, body = receiver.raw[0]
    assert receiver.heard(headers, body.replace(b'"breaches":2', b'"breaches":9')) == 401
    receiver.now += 600
    receiver.heard({**headers}, body)
    assert receiver.refused == ["signature", "old"]


def test_a_receiver_that_fails_is_tried_again_and_delays_no_other(
    database: Database, clock: FrozenClock, watch: BreachWatch, receiver: Receiver, free_port: int
) -> None:
    a_rule(database, channel="webhook", target=f"http://127.0.0.1:{free_port}/", after_seconds=0)
    a_rule(database, channel="webhook", target=receiver.address, after_seconds=0)
    receiver.status = 503
    a_line(database, "A", 1)
    clock.advance(minutes=15)
    watch.look()
    assert send_due(database, webhooks(clock), PAGE) == 0
    assert [one.error for one in messages(database)] == ["ConnectionRefusedError", "answered 503"]
    receiver.secret = database.act("centre", lambda hall: escalation.renew_secret(hall, 2, "staff:1"))
    receiver.status = 200
    clock.advance(seconds=31)
    receiver.now = clock.now().timestamp()
    assert send_due(database, webhooks(clock), PAGE) == 1
    assert len(receiver.told) == 1
    assert [one.state for one in messages(database)] == ["queued", "sent"]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:9/", "http://localhost:9/", "http://10.1.2.3/", "http://[::1]/", "http://169.254.169.254/"],
)
def test_doors_inside_the_house_are_not_knocked_at_unless_the_settings_name_them(
    target: str, clock: FrozenClock
) -> None:
    letter = Letter("message-1", "en", "", "", "", hook=Hook(target, "secret", {}))
    with pytest.raises(NeverTaken, match="private_address"):
        webhooks(clock, hosts="").send(letter)


def test_secrets_and_addresses_stay_out_of_files_and_the_ledger(
    database: Database, clock: FrozenClock, watch: BreachWatch, receiver: Receiver
) -> None:
    rule = a_rule(database, channel="webhook", target=receiver.address, after_seconds=0)
    a_rule(database, channel="email", target="boss@example.org")
    receiver.secret = database.act("centre", lambda hall: escalation.renew_secret(hall, rule, "staff:1"))
    file = export_office(database, "centre")
    assert receiver.address in file
    assert receiver.secret not in file
    import_office(database, file)
    assert export_office(database, "centre") == file
    facts = database.read(lambda c: list(c.execute(select(table(LedgerEntry).c.facts)).scalars()))
    assert not [one for one in facts if "boss@example.org" in str(one) or receiver.secret in str(one)]
    a_line(database, "A", 1)
    clock.advance(minutes=15)
    watch.look()
    receiver.now = clock.now().timestamp()
    send_due(database, webhooks(clock), PAGE)
    assert len(receiver.told) == 1  # signed with the secret it had before the import
    assert timedelta(0) <= clock.now() - alerts(database)[0].raised_at
