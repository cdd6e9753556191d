"""What happens to an appointment before the visit? Booked, moved, cancelled; each under the branch lock."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from queue_service.actions import holds, offers
from queue_service.actions.outbox import tell
from queue_service.model.appointment import AppointmentState, HoldKind, MessageKind
from queue_service.model.ticket import Channel
from queue_service.rules.appointment import CODE_LENGTH, CODE_LETTERS, Change, after
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused, not_found
from queue_service.rules.roster import day_of
from queue_service.storage.appointments import (
    TOKEN,
    appointment_table,
    by_id,
    contact_table,
    is_name_fixed,
    services_of,
    services_to_come,
)
from queue_service.storage.day_books import day_book, day_book_without, parts_of, touch, visit_in
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.office import ServiceSetup
from queue_service.storage.rows import change_row, put_row
from queue_service.storage.sealed import seal
from queue_service.storage.slots import Bookable, Wish, bookable, not_free, wish_in

VISITOR = "visitor"
RETENTION = "appointment"
"""The class of data that a booking's contact belongs to."""
SHORTEST_RELEASE, LONGEST_RELEASE = 5 * 60, 60 * 60
"""Seconds after which a cancelled slot comes back, where that is delayed."""


def book(
    hall: Hall,
    hold: str,
    contact: ContactFacts,
    language: str,
    needs: tuple[str, ...] | None = None,
    staff_id: int | None = None,
) -> tuple[Any, str]:
    """Make an appointment of a held slot: the row with its contact, and its token, given out this once.

    `needs` replace those that the slot was held for. Raises Refused: unknown_hold, hold_used, hold_expired and
    slot_taken with alternatives, bookings_limit, unknown_language.
    """
    held = _held(hall, hold)
    wish = wish_in(held, language)
    if needs is not None:
        wish = replace(wish, needs=needs)
    hall.setup.require_language(language)
    can = bookable(hall.setup, hall.now, wish)
    taken_at = _require_still_free(hall, held, wish, can)
    refuse_too_many(hall, wish, contact, held.address)
    holds.drop(hall, held)
    came_of: dict[str, Any] = {"hold_hash": token_hash(hold), "address": held.address, "created_by": staff_id}
    return write(hall, wish, can, held.starts_at, contact, taken_at, **came_of)


def write(
    hall: Hall,
    wish: Wish,
    can: Bookable,
    starts_at: datetime,
    contact: ContactFacts,
    taken_at: datetime,
    **came_of: Any,
) -> tuple[Any, str]:
    """Write an appointment down and have it confirmed; whether there is room was asked before.

    `came_of` are columns of the row: the hold that it was, the address it came from, who of the staff wrote it.
    """
    token, ends_at = secrets.token_urlsafe(16), starts_at + timedelta(minutes=can.visit.minutes)
    appointment_id = put_row(
        hall.connection,
        appointment_table,
        branch_id=hall.setup.branch_id,
        code=_fresh_code(hall),
        token_hash=token_hash(token),
        sealed_token=seal(hall.secret, TOKEN, token),
        state=AppointmentState.BOOKED.value,
        starts_at=starts_at,
        ends_at=ends_at,
        taken_at=taken_at,
        contact_id=keep_contact(hall, contact, ends_at),
        created_at=hall.now,
        **_as_wished(wish, can),
        **came_of,
    )
    return _written(hall, appointment_id, came_of.get("created_by")), token


def _as_wished(wish: Wish, can: Bookable) -> dict[str, Any]:
    """The columns that say what was asked for, and what it comes to."""
    return {
        "parts": parts_of(can.visit),
        "buffer_minutes": can.visit.buffer,
        "channel": wish.channel.value,
        "language": wish.language,
        "needs": list(wish.needs),
        "requires": " ".join(sorted(can.visit.requires)),
    }


def _written(hall: Hall, appointment_id: int, staff_id: int | None) -> Any:
    """What follows from a new appointment: its day has less room, the ledger knows, and its holder is told."""
    row = by_id(hall.connection, hall.setup.branch_id, appointment_id)
    touch(hall, row.starts_at)
    _record(hall, "book", row, VISITOR if staff_id is None else f"staff:{staff_id}")
    tell(hall, MessageKind.BOOKED, row)
    return row


def move(hall: Hall, row: Any, starts_at: datetime, actor: str = VISITOR, hold: str | None = None) -> Any:
    """Move an appointment to another time, wholly or not at all; the row as it is then.

    `hold` names the hold that keeps the new time. Raises Refused: appointment_<state>, slot_taken or no_such_slot
    with alternatives.
    """
    after(Change.MOVE, row.state)
    wish = wish_in(row, row.language)
    if hold is not None:
        held = _held(hall, hold)
        if [part["service"] for part in held.parts] != list(wish.services):
            raise not_found("hold", "", "hold")
        starts_at = held.starts_at
    if actor != VISITOR:
        wish = replace(wish, channel=Channel.RECEPTION)
    can = bookable(hall.setup, hall.now, wish)
    without = [("appointment", row.id), *([] if hold is None else [("hold", held.id)])]
    holds.require_free(hall, wish, can, starts_at, without)
    if hold is not None:
        holds.drop(hall, held)
    _put_at(hall, row, can, starts_at)
    let_go(hall, row)
    moved = by_id(hall.connection, hall.setup.branch_id, row.id)
    _record(hall, "move_booking", moved, actor, was=row.starts_at.isoformat())
    tell(hall, MessageKind.MOVED, moved)
    return moved


def _put_at(hall: Hall, row: Any, can: Bookable, starts_at: datetime) -> None:
    ends_at = starts_at + timedelta(minutes=can.visit.minutes)
    times = {"starts_at": starts_at, "ends_at": ends_at, "taken_at": hall.now, "sequence": row.sequence + 1}
    visit = {"parts": parts_of(can.visit), "buffer_minutes": can.visit.buffer}
    change_row(hall.connection, appointment_table, row.id, **times, **visit)
    if row.contact_id is not None:
        change_row(hall.connection, contact_table, row.contact_id, keep_until=ends_at)
    touch(hall, row.starts_at, starts_at)


def change_contact(hall: Hall, row: Any, contact: ContactFacts, language: str, actor: str = VISITOR) -> Any:
    """Correct how the holder can be reached; the row as it is then.

    Raises Refused: appointment_<state>, name_fixed, unknown_language.
    """
    after(Change.MOVE, row.state)
    if actor == VISITOR and contact.name != row.name and is_name_fixed(services_of(row, hall.setup)):
        raise Refused("name_fixed", field="name")
    hall.setup.require_language(language)
    facts = {name: getattr(contact, name) for name in ("name", "phone", "email", "phone_key", "email_key")}
    change_row(hall.connection, contact_table, row.contact_id, **facts)
    change_row(hall.connection, appointment_table, row.id, language=language, sequence=row.sequence + 1)
    changed = by_id(hall.connection, hall.setup.branch_id, row.id)
    _record(hall, "change_booking", changed, actor)
    tell(hall, MessageKind.BOOKED, changed)
    return changed


def cancel(hall: Hall, row: Any, actor: str = VISITOR) -> Any:
    """Give a booked slot back; the row as it is then. Raises Refused(appointment_<state>)."""
    state = after(Change.CANCEL, row.state)
    values = {"state": state.value, "sequence": row.sequence + 1, "ended_at": hall.now}
    change_row(hall.connection, appointment_table, row.id, **values)
    touch(hall, row.starts_at)
    let_go(hall, row)
    cancelled = by_id(hall.connection, hall.setup.branch_id, row.id)
    _record(hall, "cancel_booking", cancelled, actor)
    tell(hall, MessageKind.CANCELLED, cancelled)
    return cancelled


def let_go(hall: Hall, row: Any) -> None:
    """What becomes of a slot (an appointment's or a hold's) that is given back: it goes to the first who waits for
    one, or is free at once, or later by chance where its services want that.
    """
    if row.starts_at <= hall.now or offers.offer_freed(hall, [day_of(row.starts_at, hall.setup.time_zone)]):
        return
    if any(_protections(service, "delayed_release") for service in services_of(row, hall.setup)):
        seconds = SHORTEST_RELEASE + secrets.randbelow(LONGEST_RELEASE - SHORTEST_RELEASE + 1)
        comes_back = hall.now + timedelta(seconds=seconds)
        holds.keep(hall, visit_in(row), wish_in(row), row.starts_at, comes_back, HoldKind.RELEASE)


def refuse_too_many(
    hall: Hall, wish: Wish, contact: ContactFacts, address: str | None = None, waiting: list[list[str]] | None = None
) -> None:
    """Raises Refused(bookings_limit, address_limit) when somebody has as many bookings to come as a service allows.

    `waiting` are the services of each entry on the waiting list that came from the address: they count there too.
    """
    for code in wish.services:
        limit = _protections(hall.setup.services[code], "bookings_per_contact")
        if limit and sum(code in codes for codes in _booked_by(hall, contact)) >= limit:
            raise Refused("bookings_limit", field="phone", limit=limit)
    holds.refuse_full_address(hall, wish, address, waiting)


def _held(hall: Hall, token: str) -> Any:
    """The hold that somebody wants to confirm. Raises Refused: unknown_hold, hold_used."""
    used = appointment_table.c.hold_hash == token_hash(token)
    if hall.connection.execute(select(appointment_table.c.id).where(used)).first() is not None:
        raise Refused("hold_used", field="hold")
    held = holds.of_token(hall, token)
    if held.kind != HoldKind.FORM:
        raise not_found("hold", "", "hold")
    return held


def _require_still_free(hall: Hall, held: Any, wish: Wish, can: Bookable) -> datetime:
    """The moment at which the slot was taken; raises Refused when it is not free for this visit any more."""
    day = day_of(held.starts_at, hall.setup.time_zone)
    key = ("hold", held.id)
    if held.expires_at <= hall.now:
        try:
            holds.require_free(hall, wish, can, held.starts_at, [key])
        except Refused as refusal:  # nobody has to fill in the form again while the slot is still there
            if refusal.code != "slot_taken":
                raise
            raise Refused("hold_expired", field="hold", more=refusal.more) from refusal
        return hall.now
    if can.visit == visit_in(held):
        book = day_book(hall.connection, hall.setup, hall.now, day)
        is_there = all(one.key != key for one in book.unfit)
    else:
        without = day_book_without(hall.connection, hall.setup, hall.now, day, [key])
        is_there = without.is_free(can.visit, held.starts_at)
    if not is_there:
        raise not_free(hall.connection, hall.setup, hall.now, wish, held.starts_at, "hold")
    taken_at: datetime = held.taken_at
    return taken_at


def _booked_by(hall: Hall, contact: ContactFacts) -> list[list[str]]:
    """The services of each booking to come under this phone number or e-mail address."""
    c = appointment_table.c
    same = [contact_table.c.phone_key == contact.phone_key]
    if contact.email_key is not None:
        same.append(contact_table.c.email_key == contact.email_key)
    whose = contact_table.c.id == c.contact_id
    here = contact_table.c.branch_id == hall.setup.branch_id
    theirs = select(c.parts).join(contact_table, whose).where(here, or_(*same))
    return services_to_come(hall.connection, hall.setup.branch_id, hall.now, theirs)


def keep_contact(hall: Hall, contact: ContactFacts, keep_until: datetime) -> int:
    return put_row(
        hall.connection,
        contact_table,
        branch_id=hall.setup.branch_id,
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        phone_key=contact.phone_key,
        email_key=contact.email_key,
        retention=RETENTION,
        keep_until=keep_until,
        created_at=hall.now,
    )


def _fresh_code(hall: Hall) -> str:
    c = appointment_table.c
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        taken = select(c.id).where(c.branch_id == hall.setup.branch_id, c.code == code)
        if hall.connection.execute(taken).first() is None:
            return code


def _protections(service: ServiceSetup, name: str) -> Any:
    return None if service.booking is None else getattr(service.booking.protections, name)


def _record(hall: Hall, what: str, row: Any, actor: str, **more: Any) -> None:
    """Into the ledger, without a word of whose it is."""
    facts = {
        "appointment": row.id,
        "services": [part["service"] for part in row.parts],
        "starts_at": row.starts_at.isoformat(),
        "channel": row.channel,
        **more,
    }
    hall.record(what, actor, facts=facts)
