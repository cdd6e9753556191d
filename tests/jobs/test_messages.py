"""What is in the outbox reaches people once, however mail servers, networks and we ourselves behave."""

import io
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from PIL import Image
from sqlalchemy import select, update

from queue_service.actions import appointments
from queue_service.actions.draws import sign_up
from queue_service.actions.entries import Whose
from queue_service.clock import FrozenClock
from queue_service.jobs import messages as job
from queue_service.jobs.messages import give_up_late, send_due
from queue_service.jobs.waiting import forget_told, serve_waiting
from queue_service.model.appointment import MessageChannel
from queue_service.notifications.letters import Letter, about_appointment
from queue_service.notifications.senders import Mail, NotReached, Texts, senders_of
from queue_service.rules.contact import ContactFacts
from queue_service.settings import Settings
from queue_service.storage.appointments import appointment_table, by_id
from queue_service.storage.database import Database
from queue_service.storage.messages import LEASE, message_table, outbox
from tests.booking import ADA, a_bookable_office, an_appointment, at, entry, wish
from tests.conftest import SECRET
from tests.mail import MailServer

LINK = "https://office.example"
ROOT = Path(__file__).parents[2]
EVE = ContactFacts("Eve Example", "+44 20 7946 0009", "eve@example.org")

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What does not depend on the kind of database."""


@pytest.fixture
def mail(free_port: int) -> Iterator[MailServer]:
    server = MailServer(free_port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sender(mail: MailServer, clock: FrozenClock) -> Mail:
    return a_sender(mail.port, clock)


@pytest.fixture
def office(database: Database) -> str:
    return a_bookable_office(database, "A", {"1": "A"}, booking={"reminder_hours": [24, 2]})


def a_sender(port: int, clock: FrozenClock) -> Mail:
    sender = "City Centre <office@example.org>"
    settings = Settings(mail_host="127.0.0.1", mail_port=port, mail_tls="none", mail_sender=sender, public_url=LINK)
    return Mail(settings, clock)


def rows(database: Database, channel: str = "email", **where: Any) -> list[Any]:
    c = message_table.c
    query = select(message_table).where(c.channel == channel, *(c[name] == value for name, value in where.items()))
    return list(database.read(lambda connection: connection.execute(query.order_by(c.id)).all()))


def row(database: Database, kind: str = "booked") -> Any:
    return rows(database, kind=kind)[-1]


def part(letter: Any, name: str) -> Any:
    return next(p for p in letter.iter_attachments() if p.get_filename() == name)


def test_a_booking_is_confirmed_with_code_link_calendar_and_picture(
    database: Database, office: str, mail: MailServer, sender: Mail
) -> None:
    booked, token = an_appointment(database, at(3, "10:00"))
    assert send_due(database, sender, LINK) == 1
    assert send_due(database, sender, LINK) == 0
    (letter,) = mail.letters
    assert letter["To"] == "Ada Lovelace <ada@example.org>"
    assert letter["From"] == "City Centre <office@example.org>"
    assert letter["Subject"] == "Вы записаны: вторник, 3 марта 2026 г., 10:00"
    assert letter["Message-ID"] == f"<message-{row(database).id}@office.example>"
    body = letter.get_body()
    assert body is not None
    text = body.get_content()
    for said in (booked.code, f"{LINK}/a/{token}", "Центр, Улица, 1", "Услуга A"):
        assert said in text
    event: Any = Calendar.from_ical(part(letter, "appointment.ics").get_content()).walk("VEVENT")[0]
    assert (event["dtstart"].dt, event["summary"]) == (booked.starts_at, "Услуга A, Центр")
    assert Image.open(io.BytesIO(part(letter, "qr.png").get_content())).size[0] > 200
    assert (row(database).state, row(database).error) == ("sent", None)


@ON_SQLITE
def test_every_change_is_told_and_reminders_come_in_their_time(
    database: Database, office: str, mail: MailServer, sender: Mail, clock: FrozenClock
) -> None:
    booked, _ = an_appointment(database, at(4, "10:00"))
    send_due(database, sender, LINK)
    database.act(office, lambda hall: appointments.move(hall, booked, at(5, "11:00")))
    send_due(database, sender, LINK)
    for moment in (at(4, "10:59"), at(4, "11:01"), at(5, "08:59"), at(5, "09:01")):
        clock.moment = moment
        send_due(database, sender, LINK)
    moved = database.read(lambda connection: by_id(connection, booked.branch_id, booked.id))
    database.act(office, lambda hall: appointments.cancel(hall, moved))
    send_due(database, sender, LINK)
    subjects = [letter["Subject"].split(":")[0] for letter in mail.letters]
    assert subjects == ["Вы записаны", "Запись перенесена", *["Напоминание о записи"] * 2, "Запись отменена"]
    assert "METHOD:CANCEL" in part(mail.letters[-1], "appointment.ics").get_content()


@ON_SQLITE
def test_a_message_overtaken_by_a_change_is_never_sent(
    database: Database, office: str, mail: MailServer, sender: Mail
) -> None:
    booked, _ = an_appointment(database, at(4, "10:00"))
    database.act(office, lambda hall: appointments.cancel(hall, booked))
    send_due(database, sender, LINK)
    assert [letter["Subject"].split(":")[0] for letter in mail.letters] == ["Запись отменена"]
    assert {one.state for one in rows(database, kind="booked")} == {"dropped"}


@ON_SQLITE
def test_a_dead_mail_server_loses_nothing_and_is_asked_once_a_run(
    database: Database, office: str, mail: MailServer, sender: Mail, clock: FrozenClock, caplog: Any
) -> None:
    mail.stop()
    for hour in ("10:00", "10:30", "11:00"):
        an_appointment(database, at(3, hour))
    for _ in range(20):
        assert send_due(database, sender, LINK) == 0
        clock.advance(minutes=1)
    assert {one.attempts for one in rows(database, kind="booked")} == {0}
    counts = database.read(lambda connection: outbox(connection, clock.now()))
    assert (counts["waiting"] + counts["later"], counts["failed"], counts["overdue"]) == (18, 0, 6)
    mail.start()
    clock.advance(minutes=1)
    assert send_due(database, sender, LINK) == 3
    assert len(mail.letters) == 3
    for secret in ("ada@", "Lovelace", "7946"):
        assert secret not in caplog.text


def test_a_refused_recipient_stops_nobody_else_and_a_busy_one_is_tried_again(
    database: Database, office: str, mail: MailServer, sender: Mail, clock: FrozenClock, caplog: Any
) -> None:
    mail.answers = {"ada@example.org": "550 no such mailbox ada@example.org", "eve@example.org": "450 mailbox is full"}
    an_appointment(database, at(3, "10:00"))
    an_appointment(database, at(3, "10:30"), contact=EVE)
    an_appointment(database, at(3, "11:00"), contact=ContactFacts("Zoe", "+44 20 7946 0003", "zoe@example.org"))
    assert send_due(database, sender, LINK) == 1
    ada, eve, zoe = rows(database, kind="booked")
    assert [(one.state, one.error) for one in (ada, eve, zoe)] == [
        ("failed", "refused 550"),
        ("queued", "refused 450"),
        ("sent", None),
    ]
    assert "ada@" not in caplog.text
    mail.answers = {}
    clock.advance(seconds=31)
    assert send_due(database, sender, LINK) == 1
    assert mail.letters[-1]["To"] == "Eve Example <eve@example.org>"


@ON_SQLITE
@pytest.mark.parametrize(("knows_all_letters", "sent"), [(True, 3), (False, 2)])
def test_an_address_in_another_alphabet_is_written_to_where_the_mail_server_can(
    database: Database, office: str, free_port: int, clock: FrozenClock, knows_all_letters: bool, sent: int
) -> None:
    mail = MailServer(free_port, enable_SMTPUTF8=knows_all_letters)
    mail.start()
    for hour, email in (("10:00", "anna@пример.рф"), ("10:30", "анна@почта.рф"), ("11:00", "zoe@example.org")):
        an_appointment(database, at(3, hour), contact=ContactFacts("Анна", f"+44 20 7946 {hour[:2]}{hour[3:]}", email))
    assert send_due(database, a_sender(free_port, clock), LINK) == sent
    mail.stop()
    assert mail.letters[0]["To"] == "Анна <anna@xn--e1afmkfd.xn--p1ai>"
    assert ("анна@xn--80a1acny.xn--p1ai" in mail.letters[1]["To"]) == knows_all_letters
    told = rows(database, kind="booked")[1]
    assert (told.state, told.error) == (("sent", None) if knows_all_letters else ("failed", "unsupported address"))


@ON_SQLITE
def test_a_poison_row_holds_up_nobody_and_is_given_up_in_the_end(
    database: Database, office: str, mail: MailServer, sender: Mail, clock: FrozenClock, monkeypatch: Any
) -> None:
    poison, _ = an_appointment(database, at(3, "10:00"))
    an_appointment(database, at(3, "10:30"), contact=EVE)
    write = about_appointment

    def broken(message: Any, appointment: Any, *rest: Any) -> Any:
        return 1 // 0 if appointment.id == poison.id else write(message, appointment, *rest)

    monkeypatch.setattr(job, "about_appointment", broken)
    assert send_due(database, sender, LINK) == 1
    for _ in range(10):
        clock.advance(hours=1)
        send_due(database, sender, LINK)
    first = rows(database, kind="booked")[0]
    assert (first.state, first.error, first.attempts) == ("failed", "ZeroDivisionError", 5)
    assert mail.letters[0]["To"].startswith("Eve")


def test_two_schedulers_send_each_message_once(database: Database, office: str, mail: MailServer, clock: Any) -> None:
    slots = [at(day, hour) for day in (3, 4) for hour in ("09:00", "09:30", "10:00", "10:30", "11:00")]
    for slot in slots:
        an_appointment(database, slot)
    sent: list[int] = []
    runs = [
        threading.Thread(target=lambda: sent.append(send_due(database, a_sender(mail.port, clock), LINK)))
        for _ in range(4)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert sum(sent) == len(mail.letters) == len(slots)
    assert len({letter["Message-ID"] for letter in mail.letters}) == len(slots)


RUN = """
from queue_service.clock import parse_clock
from queue_service.jobs.messages import send_due
from queue_service.storage.database import Database
from tests.jobs.test_messages import LINK, a_sender
clock = parse_clock({clock!r})
send_due(Database({url!r}, clock, {secret!r}), a_sender({port}, clock), LINK)
"""


def test_a_process_killed_after_sending_sends_again_under_the_same_id(
    database: Database, database_url: str, office: str, mail: MailServer, sender: Mail, clock: FrozenClock
) -> None:
    an_appointment(database, at(3, "10:00"))
    run = RUN.format(clock=clock.now().isoformat(), url=database_url, secret=SECRET, port=mail.port)
    environment = {**os.environ, "QS_TESTING": "1", "QS_FAILPOINT": "outbox_flush:kill"}
    killed = subprocess.run([sys.executable, "-c", run], env=environment, cwd=ROOT, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert send_due(database, sender, LINK) == 0, "no other takes it while it may still be under way"
    clock.advance(seconds=LEASE.total_seconds() + 60)
    assert send_due(database, sender, LINK) == 1
    assert [letter["Message-ID"] for letter in mail.letters] == [f"<message-{row(database).id}@office.example>"] * 2


def test_what_nobody_could_send_before_the_visit_was_over_has_failed_visibly(
    database: Database, office: str, clock: FrozenClock
) -> None:
    an_appointment(database, at(3, "10:00"))
    clock.moment = at(3, "10:29")
    assert give_up_late(database) == 0
    clock.moment = at(3, "10:31")
    assert give_up_late(database) == 6
    counts = database.read(lambda connection: outbox(connection, clock.now()))
    assert (counts["waiting"], counts["failed"]) == (0, 6)


@ON_SQLITE
def test_a_contact_that_was_forgotten_hears_nothing(
    database: Database, office: str, mail: MailServer, sender: Mail
) -> None:
    an_appointment(database, at(3, "10:00"))
    forget = update(appointment_table).values(contact_id=None)
    database.write(lambda connection: connection.execute(forget))
    assert send_due(database, sender, LINK) == 0
    assert row(database).state == "dropped"


def test_who_was_not_drawn_hears_of_it_and_is_forgotten(
    database: Database, mail: MailServer, sender: Mail, clock: FrozenClock
) -> None:
    terms = {"horizon_days": 7, "opens_at": "10:00", "protections": {"draw_minutes": 30}}
    hours = {day: [["10:00", "10:30"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    a_bookable_office(database, "A", {"1": "A"}, hours=hours, booking=terms)
    clock.moment = at(2, "10:00")
    rows = [database.act("centre", lambda hall, who=who: sign_up(hall, wish(), Whose(who)))[0] for who in (ADA, EVE)]  # type: ignore[misc]
    clock.advance(minutes=30)
    serve_waiting(database)
    (loser,) = [one for one in (entry(database, row.id) for row in rows) if one.state == "ended"]
    forget_told(database)
    assert entry(database, loser.id).contact_id is not None, "not before they have heard"
    assert send_due(database, sender, LINK) == 2
    (letter,) = [letter for letter in mail.letters if "жребий" in letter["Subject"]]
    assert letter["To"] == f"{loser.name} <{loser.email}>"
    assert f"{LINK}/w/" in letter.get_content()
    database.write(lambda connection: connection.execute(update(message_table).values(state="sent")))
    forget_told(database)
    assert entry(database, loser.id).contact_id is None


@ON_SQLITE
def test_text_messages_go_through_the_gateway(
    database: Database, office: str, clock: FrozenClock, gateway: Any, caplog: Any
) -> None:
    port, got, answers = gateway
    caplog.set_level(logging.DEBUG)
    booked, token = an_appointment(database, at(3, "10:00"))
    texts = Texts(f"json://127.0.0.1:{port}/send/{{phone}}")
    answers.append(503)
    assert send_due(database, texts, LINK) == 0
    clock.advance(seconds=31)
    assert send_due(database, texts, LINK) == 1
    ((path, said),) = got
    assert path == "/send/442079460001"
    assert said == (
        f"Центр: вы записаны на вторник, 3 марта 2026 г., 10:00. Код {booked.code}. "
        f"Подробности, перенос, отмена: {LINK}/a/{token}"
    )


def test_a_channel_that_is_not_configured_sends_nothing(clock: FrozenClock) -> None:
    assert senders_of(Settings(), clock) == []
    both = Settings(mail_host="mail", mail_sender="a@b.org", text_gateway="json://gateway/{phone}")
    assert [one.channel for one in senders_of(both, clock)] == ["email", "text"]


class Silent:
    """A channel on which nothing gets through."""

    channel = MessageChannel.EMAIL
    tried = 0

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, letter: Letter) -> None:
        self.tried += 1
        raise NotReached("silence")


@ON_SQLITE
def test_one_silent_run_asks_once(database: Database, office: str) -> None:
    for hour in ("10:00", "10:30", "11:00"):
        an_appointment(database, at(3, hour), contact=ADA)
    silent = Silent()
    assert send_due(database, silent, LINK) == 0
    assert silent.tried == 1


PAUSES: list[tuple[int, Callable[[timedelta], bool]]] = [
    (0, lambda pause: pause == timedelta(seconds=30)),
    (1, lambda pause: pause == timedelta(minutes=2)),
    (50, lambda pause: pause == timedelta(hours=1)),
]


def test_attempts_come_further_and_further_apart() -> None:
    for attempts, is_right in PAUSES:
        assert is_right(job.pause(attempts))
