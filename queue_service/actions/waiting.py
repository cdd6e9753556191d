"""What can somebody do who waits for a slot? Join the list or a draw, take or leave what is offered, and go."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, update

from queue_service.actions import appointments, holds
from queue_service.actions.appointments import VISITOR
from queue_service.actions.offers import offer_freed
from queue_service.actions.outbox import message_table
from queue_service.model.appointment import MessageState, WaitingKind, WaitingState
from queue_service.rules.appointment import day_to_draw
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused, invalid
from queue_service.rules.roster import bounds, day_of
from queue_service.storage import waiting as known
from queue_service.storage.appointments import contact_table
from queue_service.storage.day_books import day_book
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.rows import change_row, put_row
from queue_service.storage.sealed import seal
from queue_service.storage.slots import ALTERNATIVES, Bookable, Wish, bookable, free_slots, slot_board
from queue_service.storage.waiting import WAITING_TOKEN, waiting_table, wish_of

SYSTEM = "system"
LONGEST_DAYS = 92
MOST_ENTRIES = 3
"""Of one phone number or e-mail address in a branch."""
MOST_LAPSES = 3
"""Offers that somebody may leave unanswered or decline before their place on the list is given up."""


@dataclass(frozen=True)
class Whose:
    """Who waits, who wrote it down, and (a hash of) the network address it came from."""

    contact: ContactFacts
    actor: str = VISITOR
    address: str | None = None


def join(hall: Hall, wish: Wish, first: date, last: date, whose: Whose) -> tuple[Any, str]:
    """Wait for a slot between two days; the entry and its token.

    Raises Refused: no_waiting_list, slots_free with alternatives, days_over, search_too_long, already_waiting,
    bookings_limit, address_limit, unknown_language, and as `storage.slots.bookable`.
    """
    can = bookable(hall.setup, hall.now, wish)
    for i, code in enumerate(wish.services):
        booking = hall.setup.services[code].booking
        if booking is None or not booking.protections.waiting_list:
            raise Refused("no_waiting_list", field=f"services.{i}", value=code)
    first = max(first, day_of(can.first, hall.setup.time_zone))
    if last < first:
        raise invalid("days_over", "to")
    if (last - first).days >= LONGEST_DAYS:
        raise invalid("search_too_long", "to", longest=LONGEST_DAYS)
    if free := free_slots(hall.connection, hall.setup, hall.now, wish, first, last):
        others = [slot_board(slot) for slot in free[:ALTERNATIVES]]
        raise Refused("slots_free", more={"alternatives": others})
    return _write(hall, WaitingKind.LIST, wish, can, (first, last), whose)


def sign_up(hall: Hall, wish: Wish, whose: Whose) -> tuple[Any, str]:
    """Sign up for the draw of the new day's slots that is under way; the entry and its token.

    Raises Refused: no_draw_now, already_waiting, bookings_limit, address_limit, unknown_language, and as
    `storage.slots.bookable`.
    """
    can = bookable(hall.setup, hall.now, wish)
    booking = hall.setup.services[wish.services[0]].booking
    day = None if booking is None else day_to_draw(booking, hall.now, hall.setup.time_zone)
    if day is None:
        raise Refused("no_draw_now", field="service", value=wish.services[0])
    return _write(hall, WaitingKind.DRAW, wish, can, (day, day), whose)


def accept(hall: Hall, row: Any) -> tuple[Any, str]:
    """Book what is offered; the appointment and its token. Raises Refused: no_offer, slot_taken, bookings_limit."""
    offer = known.offer_of(hall.connection, row)
    if offer is None or row.offered_until <= hall.now:
        raise Refused("no_offer")
    wish = wish_of(row)
    can = bookable(hall.setup, hall.now, wish)
    holds.require_free(hall, wish, can, offer.starts_at, [("hold", offer.id)])
    contact = ContactFacts(row.name, row.phone, row.email)
    appointments.refuse_too_many(hall, wish, contact)
    holds.drop(hall, offer)
    booked, token = appointments.write(hall, wish, can, offer.starts_at, contact, offer.taken_at)
    _end(hall, row, WaitingState.BOOKED, appointment_id=booked.id)
    return booked, token


def decline(hall: Hall, row: Any, actor: str = VISITOR) -> Any:
    """Leave what is offered to the next, and go on waiting behind the others. Raises Refused(no_offer)."""
    offer = known.offer_of(hall.connection, row)
    if row.state != WaitingState.OFFERED:
        raise Refused("no_offer")
    lapses = row.lapses + 1
    if lapses >= MOST_LAPSES:
        _end(hall, row, WaitingState.ENDED, lapses=lapses)
    else:
        back = {"state": WaitingState.WAITING.value, "offer_hash": None, "offered_until": None}
        change_row(hall.connection, waiting_table, row.id, lapses=lapses, **back)
    hall.record("leave_offer", actor, facts={"entry": row.id, "lapses": lapses})
    if offer is not None:
        holds.drop(hall, offer)
        appointments.let_go(hall, offer)
    return known.by_id(hall.connection, row.id)


def leave(hall: Hall, row: Any, actor: str = VISITOR) -> None:
    """Wait no longer; what was offered goes to the next. Raises Refused(entry_ended)."""
    if row.state not in (WaitingState.WAITING, WaitingState.OFFERED):
        raise Refused("entry_ended")
    offer = known.offer_of(hall.connection, row)
    _end(hall, row, WaitingState.ENDED)
    hall.record("leave_waiting", actor, facts={"entry": row.id})
    if offer is not None:
        holds.drop(hall, offer)
        appointments.let_go(hall, offer)


def go_on(hall: Hall) -> None:
    """What the clock has made due: offers that lapsed, days that are over, draws, and slots that have become free."""
    today = day_of(hall.now, hall.setup.time_zone)
    for row in known.live(hall.connection, hall.setup.branch_id):
        if known.has_lapsed(row, hall.now):
            decline(hall, row, SYSTEM)
        elif row.state == WaitingState.WAITING and row.last < today:
            _end(hall, row, WaitingState.ENDED)
    draw(hall)
    waiting = known.live(hall.connection, hall.setup.branch_id)
    offer_freed(hall, known.days_with_room(hall.connection, hall.setup, hall.now, waiting))


def draw(hall: Hall) -> int:
    """Give the slots of days for which signing up is over to those who signed up, by chance; how many got one."""
    signed_up = known.live(hall.connection, hall.setup.branch_id, WaitingKind.DRAW)
    rows = [row for row in signed_up if known.is_drawn(row, hall.setup, hall.now)]
    secrets.SystemRandom().shuffle(rows)
    won = sum(_draw_one(hall, row) for row in rows)
    if rows:
        hall.record("draw", SYSTEM, facts={"signed_up": len(rows), "won": won})
    return won


def _draw_one(hall: Hall, row: Any) -> bool:
    wish, day = wish_of(row), row.first
    try:
        can = bookable(hall.setup, hall.now, wish)
        slots = day_book(hall.connection, hall.setup, hall.now, day).slots(can.visit, can.first)
        contact = ContactFacts(row.name, row.phone, row.email)
        appointments.refuse_too_many(hall, wish, contact)
    except Refused:  # the service is not booked any more, or they have booked enough in the meantime
        slots = []
    if slots:
        booked, _ = appointments.write(hall, wish, can, secrets.choice(slots).starts_at, contact, hall.now)
        _end(hall, row, WaitingState.BOOKED, appointment_id=booked.id)
        return True
    booking = hall.setup.services[row.services[0]].booking if row.services[0] in hall.setup.services else None
    if booking is not None and booking.protections.waiting_list:
        change_row(hall.connection, waiting_table, row.id, kind=WaitingKind.LIST.value)
    else:
        _end(hall, row, WaitingState.ENDED)
    return False


def _write(
    hall: Hall,
    kind: WaitingKind,
    wish: Wish,
    can: Bookable,
    days: tuple[date, date],
    whose: Whose,
) -> tuple[Any, str]:
    hall.setup.require_language(wish.language)
    waiting = known.from_address(hall.connection, hall.setup.branch_id, whose.address)
    appointments.refuse_too_many(hall, wish, whose.contact, whose.address, waiting)
    mine = known.entries_of(hall.connection, hall.setup.branch_id, whose.contact)
    if len(mine) >= MOST_ENTRIES or any(set(row.services) & set(wish.services) for row in mine):
        raise Refused("already_waiting", field="phone")
    token, (first, last) = secrets.token_urlsafe(16), days
    end = bounds(last, last, hall.setup.time_zone)[1]
    entry_id = put_row(
        hall.connection,
        waiting_table,
        branch_id=hall.setup.branch_id,
        kind=kind.value,
        token_hash=token_hash(token),
        sealed_token=seal(hall.secret, WAITING_TOKEN, token),
        state=WaitingState.WAITING.value,
        services=list(wish.services),
        needs=list(wish.needs),
        requires=" ".join(sorted(can.visit.requires)),
        first=first,
        last=last,
        language=wish.language,
        channel=wish.channel.value,
        contact_id=appointments.keep_contact(hall, whose.contact, end),
        address=whose.address,
        created_at=hall.now,
    )
    facts = {"entry": entry_id, "kind": kind.value, "services": list(wish.services), "first": first.isoformat()}
    hall.record("wait_for_slot", whose.actor, facts={**facts, "last": last.isoformat()})
    return known.by_id(hall.connection, entry_id), token


def _end(hall: Hall, row: Any, state: WaitingState, **more: Any) -> None:
    """Nobody waits here any more: whose it was is forgotten, what was to be told is not."""
    ended = {"state": state.value, "contact_id": None, "offer_hash": None, "offered_until": None}
    change_row(hall.connection, waiting_table, row.id, **ended, **more)
    hall.connection.execute(delete(contact_table).where(contact_table.c.id == row.contact_id))
    c = message_table.c
    queued = (c.waiting_id == row.id) & (c.state == MessageState.QUEUED.value)
    hall.connection.execute(update(message_table).where(queued).values(state=MessageState.DROPPED.value))
