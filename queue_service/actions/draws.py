"""How are a new day's slots drawn? Who signed up in time gets one by chance; whoever does not hears of that, too."""

import secrets
from typing import Any

from queue_service.actions import appointments
from queue_service.actions.entries import SYSTEM, Whose, end_entry, put_entry
from queue_service.actions.outbox import put_messages
from queue_service.model.appointment import MessageKind, WaitingKind, WaitingState
from queue_service.rules.appointment import day_to_draw
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused
from queue_service.storage import waiting as known
from queue_service.storage.day_books import day_book
from queue_service.storage.hall import Hall
from queue_service.storage.rows import change_row
from queue_service.storage.slots import Wish, bookable
from queue_service.storage.waiting import waiting_table, wish_of


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
    return put_entry(hall, WaitingKind.DRAW, wish, can, (day, day), whose)


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
    if not slots:
        _lose(hall, row)
        return False
    booked, _ = appointments.write(hall, wish, can, secrets.choice(slots).starts_at, contact, hall.now)
    end_entry(hall, row, WaitingState.BOOKED, appointment_id=booked.id, drawn_at=hall.now)
    return True


def _lose(hall: Hall, row: Any) -> None:
    """Nothing was left for somebody: they hear of it, and go on waiting where there is a waiting list.

    Whose it was is kept until they have heard (jobs/waiting.py).
    """
    booking = hall.setup.services[row.services[0]].booking if row.services[0] in hall.setup.services else None
    waits_on = booking is not None and booking.protections.waiting_list
    then = {"kind": WaitingKind.LIST.value} if waits_on else {"state": WaitingState.ENDED.value}
    change_row(hall.connection, waiting_table, row.id, drawn_at=hall.now, **then)
    put_messages(hall, MessageKind.NOT_DRAWN, row, hall.now, waiting_id=row.id)
