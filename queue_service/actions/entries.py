"""How is it written down that somebody waits for a slot, in line or for a draw, and that they wait no longer?"""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, update

from queue_service.actions import appointments
from queue_service.actions.appointments import VISITOR
from queue_service.actions.outbox import message_table
from queue_service.model.appointment import MessageState, WaitingKind, WaitingState
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused
from queue_service.rules.roster import bounds
from queue_service.storage import waiting as known
from queue_service.storage.appointments import contact_table
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.rows import change_row, put_row
from queue_service.storage.sealed import seal
from queue_service.storage.slots import Bookable, Wish
from queue_service.storage.waiting import WAITING_TOKEN, waiting_table

SYSTEM = "system"
MOST_ENTRIES = 3
"""Of one phone number or e-mail address in a branch."""


@dataclass(frozen=True)
class Whose:
    """Who waits, who wrote it down, and (a hash of) the network address it came from."""

    contact: ContactFacts
    actor: str = VISITOR
    address: str | None = None


def put_entry(
    hall: Hall,
    kind: WaitingKind,
    wish: Wish,
    can: Bookable,
    days: tuple[date, date],
    whose: Whose,
) -> tuple[Any, str]:
    """Write down that somebody waits; the entry and its token.

    Raises Refused: already_waiting, bookings_limit, address_limit, unknown_language.
    """
    _refuse_too_many(hall, wish, whose)
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
    asked = {"entry": entry_id, "kind": kind.value, "services": list(wish.services)}
    hall.record("wait_for_slot", whose.actor, facts={**asked, "first": first.isoformat(), "last": last.isoformat()})
    return known.by_id(hall.connection, entry_id), token


def _refuse_too_many(hall: Hall, wish: Wish, whose: Whose) -> None:
    hall.setup.require_language(wish.language)
    waiting = known.from_address(hall.connection, hall.setup.branch_id, whose.address)
    appointments.refuse_too_many(hall, wish, whose.contact, whose.address, waiting)
    mine = known.entries_of(hall.connection, hall.setup.branch_id, whose.contact)
    if len(mine) >= MOST_ENTRIES or any(set(row.services) & set(wish.services) for row in mine):
        raise Refused("already_waiting", field="phone")


def end_entry(hall: Hall, row: Any, state: WaitingState, **more: Any) -> None:
    """Nobody waits here any more: whose it was is forgotten, what was to be told is not."""
    ended = {"state": state.value, "contact_id": None, "offer_hash": None, "offered_until": None}
    change_row(hall.connection, waiting_table, row.id, **ended, **more)
    hall.connection.execute(delete(contact_table).where(contact_table.c.id == row.contact_id))
    c = message_table.c
    queued = (c.waiting_id == row.id) & (c.state == MessageState.QUEUED.value)
    hall.connection.execute(update(message_table).where(queued).values(state=MessageState.DROPPED.value))
