"""What can somebody do who waits for a slot? Join the list, take or leave what is offered, and go."""

from datetime import date
from typing import Any

from queue_service.actions import appointments, draws, holds
from queue_service.actions.appointments import VISITOR
from queue_service.actions.entries import SYSTEM, Whose, end_entry, put_entry
from queue_service.actions.offers import offer_freed
from queue_service.model.appointment import WaitingKind, WaitingState
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused, invalid
from queue_service.rules.roster import day_of
from queue_service.storage import waiting as known
from queue_service.storage.hall import Hall
from queue_service.storage.rows import change_row
from queue_service.storage.slots import ALTERNATIVES, Wish, bookable, free_slots, slot_board
from queue_service.storage.waiting import waiting_table, wish_of

LONGEST_DAYS = 92
MOST_LAPSES = 3
"""Offers that somebody may leave unanswered or decline before their place on the list is given up."""


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
    return put_entry(hall, WaitingKind.LIST, wish, can, (first, last), whose)


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
    end_entry(hall, row, WaitingState.BOOKED, appointment_id=booked.id)
    return booked, token


def decline(hall: Hall, row: Any, actor: str = VISITOR) -> Any:
    """Leave what is offered to the next, and go on waiting behind the others. Raises Refused(no_offer)."""
    offer = known.offer_of(hall.connection, row)
    if row.state != WaitingState.OFFERED:
        raise Refused("no_offer")
    lapses = row.lapses + 1
    if lapses >= MOST_LAPSES:
        end_entry(hall, row, WaitingState.ENDED, lapses=lapses)
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
    end_entry(hall, row, WaitingState.ENDED)
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
            end_entry(hall, row, WaitingState.ENDED)
    draws.draw(hall)
    waiting = known.live(hall.connection, hall.setup.branch_id)
    offer_freed(hall, known.days_with_room(hall.connection, hall.setup, hall.now, waiting))
