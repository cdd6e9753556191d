"""What does a message say? When, where, what to bring, the code and the link, in the language of the booking."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import qrcode

from queue_service.model.appointment import AppointmentState, MessageKind, WaitingState
from queue_service.notifications.calendar_file import calendar_file
from queue_service.notifications.words import clock_words, day_words, text_of, words
from queue_service.rules.roster import bounds
from queue_service.storage.appointments import services_of
from queue_service.storage.office import Setup

TO_COME = (MessageKind.BOOKED, MessageKind.MOVED, MessageKind.REMINDER)


@dataclass(frozen=True)
class File:
    name: str
    kind: str
    """Its media type."""
    content: bytes


@dataclass(frozen=True)
class Hook:
    """What another program is told, where, and signed with what."""

    address: str
    secret: str = field(repr=False)
    told: dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """What is sent; `short` is for messengers and SMS. Whom it goes to is never printed."""

    id: str
    """The same at every attempt, so that a mailbox which got it twice can tell."""
    language: str
    subject: str
    text: str
    short: str
    phone: str = field(repr=False, default="")
    email: str = field(repr=False, default="")
    name: str = field(repr=False, default="")
    files: tuple[File, ...] = ()
    hook: Hook | None = None


def about_appointment(message: Any, row: Any, setup: Setup, link: str, now: datetime) -> Letter | None:
    """The letter about an appointment (a row with its contact); None when there is nothing to be told any more."""
    kind = MessageKind(message.kind)
    is_booked = row.state == AppointmentState.BOOKED
    if not row.phone or message.sequence != row.sequence or (kind in TO_COME and not is_booked):
        return None
    facts = _facts(row, setup, link)
    services = services_of(row, setup)
    lines = [*_when_and_where(row.language, kind, facts), *_what(row, setup)]
    if kind in TO_COME:
        papers = _names((paper["name"] for s in services for paper in s.documents), row.language, setup)
        lines += ["", _say(row.language, "your_code", **facts), _say(row.language, "letters.at_the_office")]
        if papers:
            lines += ["", _say(row.language, "bring"), *(f"- {paper}" for paper in papers)]
        lines += ["", _say(row.language, "change_or_cancel", **facts)]
    files = [File("appointment.ics", "text/calendar", calendar_file(row, setup, link, now))]
    if kind in TO_COME:
        files.append(File("qr.png", "image/png", qr_image(link)))
    return _letter(message, row, row.language, kind, facts, lines, tuple(files))


def about_offer(message: Any, row: Any, offer: Any, setup: Setup, link: str) -> Letter:
    """The letter to somebody on the waiting list (a row with its contact) about the slot that is kept for them."""
    kind = MessageKind.OFFER
    facts = {**_facts(offer, setup, link, row.language), "until": clock_words(row.offered_until, setup.time_zone)}
    lines = _when_and_where(row.language, kind, facts)
    lines += ["", _say(row.language, "letters.offer.answer", **facts)]
    return _letter(message, row, row.language, kind, facts, lines, ())


def about_draw(message: Any, row: Any, setup: Setup, link: str) -> Letter:
    """The letter to somebody (a row of those who wait, with its contact) who got nothing in a draw."""
    kind = MessageKind.NOT_DRAWN
    day = day_words(bounds(row.first, row.first, setup.time_zone)[0], setup.time_zone, row.language)
    facts = {**_office(setup, row.language), "date": day, "link": link}
    then = "waits_on" if row.state in (WaitingState.WAITING, WaitingState.OFFERED) else "again"
    lines = [_say(row.language, f"letters.not_drawn.{then}", **facts)]
    return _letter(message, row, row.language, kind, facts, lines, ())


def qr_image(link: str) -> bytes:
    """A PNG: mail programs show no SVG."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=8)
    code.add_data(link)
    picture = io.BytesIO()
    code.make_image().save(picture, "PNG")
    return picture.getvalue()


def _letter(
    message: Any,
    row: Any,
    language: str,
    kind: MessageKind,
    facts: dict[str, Any],
    lines: list[str],
    files: tuple[File, ...],
) -> Letter:
    return Letter(
        f"message-{message.id}",
        language,
        _say(language, f"letters.{kind}.subject", **facts),
        "\n".join([_say(language, f"letters.{kind}.opening", **facts), "", *lines, ""]),
        _say(language, f"letters.{kind}.short", **facts),
        row.phone,
        row.email or "",
        row.name,
        files,
    )


def _facts(row: Any, setup: Setup, link: str, language: str = "") -> dict[str, Any]:
    language = language or row.language
    return {
        "date": day_words(row.starts_at, setup.time_zone, language),
        "time": clock_words(row.starts_at, setup.time_zone),
        **_office(setup, language),
        "code": getattr(row, "code", ""),
        "link": link,
    }


def _office(setup: Setup, language: str) -> dict[str, str]:
    own = setup.default_language
    return {"office": text_of(setup.name, language, own), "address": text_of(setup.address, language, own)}


def _when_and_where(language: str, kind: MessageKind, facts: dict[str, Any]) -> list[str]:
    where = "letters.where" if facts["address"] else "letters.where_without_address"
    return [_say(language, "letters.when", **facts), _say(language, where, **facts)]


def _what(row: Any, setup: Setup) -> list[str]:
    names = _names((service.name for service in services_of(row, setup)), row.language, setup)
    return [_say(row.language, "letters.what", services=" + ".join(names))] if names else []


def _names(texts: Any, language: str, setup: Setup) -> list[str]:
    """Each text once, in the order in which they come."""
    return list(dict.fromkeys(text_of(text, language, setup.default_language) for text in texts))


def _say(language: str, key: str, **facts: Any) -> str:
    return words(language, "messages", key, **facts)
