"""Who gets a slot that has become free? The first on the waiting list whom it suits, for a while; then the next."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from queue_service.actions import holds
from queue_service.actions.outbox import put_messages
from queue_service.model.appointment import HoldKind, MessageKind, WaitingState
from queue_service.rules.errors import Refused
from queue_service.rules.slots import Slot
from queue_service.storage.day_books import day_book
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.rows import change_row
from queue_service.storage.slots import Bookable, Wish, bookable
from queue_service.storage.waiting import live, waiting_table, wish_of

SHORTEST_OFFER = timedelta(minutes=10)
"""Nobody can answer sooner."""
KEPT_LONGER = timedelta(minutes=2)
"""An offered slot stays kept a little longer than the offer stands, so that it goes to the next and not to whoever is
quickest."""


def offer_freed(hall: Hall, days: Iterable[date]) -> int:
    """Offer what is free on these days to those who wait for it, in their order; how many offers were made."""
    rows = [row for row in live(hall.connection, hall.setup.branch_id) if row.state == WaitingState.WAITING]
    made, in_vain = 0, set()
    for day in sorted(days):
        for row in [row for row in rows if row.first <= day <= row.last]:
            wish = wish_of(row)
            if (day, wish) in in_vain:
                continue
            can, slot = _first_free(hall, wish, day)
            if can is None or slot is None:
                in_vain.add((day, wish))
                continue
            _offer(hall, row, wish, can, slot)
            rows.remove(row)
            made += 1
    return made


def _first_free(hall: Hall, wish: Wish, day: date) -> tuple[Bookable | None, Slot | None]:
    try:
        can = bookable(hall.setup, hall.now, wish)
    except Refused:  # the service is not booked here any more
        return None, None
    if day > can.last_day:
        return can, None
    soonest = max(can.first, hall.now + SHORTEST_OFFER)
    slots = day_book(hall.connection, hall.setup, hall.now, day).slots(can.visit, soonest)
    return can, slots[0] if slots else None


def _offer(hall: Hall, row: Any, wish: Wish, can: Bookable, slot: Slot) -> None:
    until = _until(hall, wish, slot)
    kept = holds.keep(hall, can.visit, wish, slot.starts_at, until + KEPT_LONGER, HoldKind.OFFER)
    offered = {"offer_hash": token_hash(kept.token), "offered_until": until}
    change_row(hall.connection, waiting_table, row.id, state=WaitingState.OFFERED.value, **offered)
    put_messages(hall, MessageKind.OFFER, row, hall.now, waiting_id=row.id)
    facts = {"entry": row.id, "services": row.services, "starts_at": slot.starts_at.isoformat()}
    hall.record("offer_slot", "system", facts=facts)


def _until(hall: Hall, wish: Wish, slot: Slot) -> datetime:
    terms = (hall.setup.services[code].booking for code in wish.services)
    minutes = min(facts.offer_minutes for facts in terms if facts is not None)
    return min(hall.now + timedelta(minutes=minutes), slot.starts_at)
