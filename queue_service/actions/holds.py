"""How is a slot kept while a form is filled in? As a row that ends by itself, written under the branch lock."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select

from queue_service.model.appointment import HoldKind
from queue_service.rules.appointment import Change, after
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.roster import day_of
from queue_service.rules.visit import Visit
from queue_service.storage.appointments import appointment_table, services_to_come
from queue_service.storage.day_books import day_book_without, hold_table, parts_of, touch
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.rows import put_row
from queue_service.storage.slots import BY_STAFF, Bookable, Wish, bookable, not_free

KEPT_AFTER_EXPIRY = timedelta(days=1)
"""So that who comes late with a hold hears that it has ended, and not that it never was."""


@dataclass(frozen=True)
class Holder:
    """Who keeps a slot: hashes that tell one browser, and one network address, from another."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Held:
    token: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


def hold(hall: Hall, wish: Wish, starts_at: datetime, holder: Holder | None = None, moving: Any = None) -> Held:
    """Keep a slot for a while; `moving` is the row of an appointment that is to come here: it keeps one at a time.

    Raises Refused: slot_taken, no_such_slot, slot_not_open, slot_too_soon and slot_over with alternatives,
    too_many_holds, address_limit, appointment_<state>, and as `storage.slots.bookable`.
    """
    holder = holder or Holder()
    can = bookable(hall.setup, hall.now, wish)
    facts = [b for b in (hall.setup.services[code].booking for code in wish.services) if b is not None]
    if holder.name is not None and all(one.protections.one_hold for one in facts):
        drop_holds_of(hall, hold_table.c.holder == holder.name)
    if moving is not None:
        after(Change.MOVE, moving.state)
        drop_holds_of(hall, hold_table.c.appointment_id == moving.id)
    limits = [one.protections.holds_per_address for one in facts if one.protections.holds_per_address]
    if wish.channel not in BY_STAFF and holder.address is not None and limits:
        _refuse_too_many(hall, holder.address, min(limits))
    if wish.channel not in BY_STAFF and moving is None:
        refuse_full_address(hall, wish, holder.address)
    moving_id = None if moving is None else moving.id
    require_free(hall, wish, can, starts_at, [("appointment", moving_id)])
    expires_at = hall.now + timedelta(minutes=min(one.hold_minutes for one in facts))
    whose: dict[str, Any] = {"holder": holder.name, "address": holder.address, "appointment_id": moving_id}
    return keep(hall, can.visit, wish, starts_at, expires_at, **whose)


def keep(
    hall: Hall,
    visit: Visit,
    wish: Wish,
    starts_at: datetime,
    expires_at: datetime,
    kind: HoldKind = HoldKind.FORM,
    **more: Any,
) -> Held:
    """Write a hold down; whether there is room was asked before."""
    token = secrets.token_urlsafe(16)
    ends_at = starts_at + timedelta(minutes=visit.minutes)
    put_row(
        hall.connection,
        hold_table,
        branch_id=hall.setup.branch_id,
        token_hash=token_hash(token),
        kind=kind.value,
        parts=parts_of(visit),
        buffer_minutes=visit.buffer,
        starts_at=starts_at,
        ends_at=ends_at,
        taken_at=hall.now,
        expires_at=expires_at,
        channel=wish.channel.value,
        needs=list(wish.needs),
        requires=" ".join(sorted(visit.requires)),
        **more,
    )
    touch(hall, starts_at)
    return Held(token, starts_at, ends_at, expires_at)


def require_free(
    hall: Hall, wish: Wish, can: Bookable, starts_at: datetime, without: Iterable[tuple[str, int | None]] = ()
) -> None:
    """Raises Refused unless the visit can begin then: slot_over, slot_too_soon, slot_not_open, slot_taken or
    no_such_slot, each with alternatives."""
    day = day_of(starts_at, hall.setup.time_zone)
    if starts_at < can.first:
        code = "slot_over" if wish.channel in BY_STAFF or starts_at <= hall.now else "slot_too_soon"
        raise _with_alternatives(hall, wish, starts_at, code)
    if day > can.last_day:
        raise _with_alternatives(hall, wish, starts_at, "slot_not_open")
    book = day_book_without(hall.connection, hall.setup, hall.now, day, without)
    if not book.is_free(can.visit, starts_at):
        raise not_free(hall.connection, hall.setup, hall.now, wish, starts_at)


def of_token(hall: Hall, token: str) -> Any:
    """The hold behind a token, ended or not. Raises Refused(unknown_hold)."""
    c = hold_table.c
    here = (c.token_hash == token_hash(token)) & (c.branch_id == hall.setup.branch_id)
    row = hall.connection.execute(select(hold_table).where(here)).first()
    if row is None:
        raise not_found("hold", "", "hold")
    return row


def drop(hall: Hall, row: Any) -> None:
    """A hold has served its purpose, or nobody wants it any more."""
    hall.connection.execute(delete(hold_table).where(hold_table.c.id == row.id))
    touch(hall, row.starts_at)


def drop_holds_of(hall: Hall, whose: ColumnElement[bool]) -> None:
    """A visitor, and an appointment that moves, keeps one slot at a time."""
    c = hold_table.c
    mine = (c.branch_id == hall.setup.branch_id) & whose & (c.expires_at > hall.now)
    for row in hall.connection.execute(select(hold_table).where(mine)).all():
        drop(hall, row)


def refuse_full_address(hall: Hall, wish: Wish, address: str | None, waiting: list[list[str]] | None = None) -> None:
    """Raises Refused(address_limit) when as many bookings to come were made from there as a service allows.

    Asked before a slot is kept: who may not book it keeps it from nobody. `waiting` are the services of each entry on
    the waiting list from there, which count too.
    """
    terms = ((code, hall.setup.services[code].booking) for code in wish.services)
    limits = {code: facts.protections.bookings_per_address for code, facts in terms if facts is not None}
    if address is None or not any(limits.values()):
        return
    theirs = select(appointment_table.c.parts).where(appointment_table.c.address == address)
    booked = services_to_come(hall.connection, hall.setup.branch_id, hall.now, theirs) + (waiting or [])
    for code, limit in limits.items():
        if limit and sum(code in codes for codes in booked) >= limit:
            raise Refused("address_limit", Kind.TOO_MANY, limit=limit)


def _refuse_too_many(hall: Hall, address: str, limit: int) -> None:
    c = hold_table.c
    live = (c.branch_id == hall.setup.branch_id) & (c.address == address) & (c.expires_at > hall.now)
    kept = hall.connection.execute(select(func.count()).select_from(hold_table).where(live)).scalar_one()
    if kept >= limit:
        raise Refused("too_many_holds", Kind.TOO_MANY, limit=limit)


def _with_alternatives(hall: Hall, wish: Wish, starts_at: datetime, code: str) -> Refused:
    taken = not_free(hall.connection, hall.setup, hall.now, wish, max(starts_at, hall.now))
    return Refused(code, field="starts_at", more=taken.more)
