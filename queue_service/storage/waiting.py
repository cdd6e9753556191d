"""Who waits for a slot that is not free yet? The waiting list, and those who signed up for a draw, in order."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal_column, or_, select

from queue_service.model import WaitingEntry, table
from queue_service.model.appointment import WaitingKind, WaitingState
from queue_service.model.ticket import Channel
from queue_service.rules.appointment import draw_ends_at, last_drawn_day
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused, not_found
from queue_service.rules.roster import day_of
from queue_service.storage.appointments import contact_table, hold_table
from queue_service.storage.boards import Board, branch_place, moment
from queue_service.storage.lookup import branch_table, token_hash
from queue_service.storage.office import Setup
from queue_service.storage.slots import LONGEST_SEARCH_DAYS, Wish, free_slots

waiting_table = table(WaitingEntry)
WAITING_TOKEN = "waiting list token"
"""What the sealed token is sealed for."""
LIVE = waiting_table.c.state.in_([literal_column(f"'{s}'") for s in (WaitingState.WAITING, WaitingState.OFFERED)])
"""Literal and in the order of the index: SQLite takes a partial index only for its very own condition."""
IN_ORDER = (waiting_table.c.lapses, waiting_table.c.id)
"""Who has left offers unanswered comes after those who have not."""


def branch_of_entry(connection: Connection, token: str) -> str:
    """The code of the branch that somebody waits in; raises Refused(unknown_entry)."""
    here = waiting_table.c.branch_id == branch_table.c.id
    query = select(branch_table.c.code).join(waiting_table, here).where(waiting_table.c.token_hash == token_hash(token))
    code = connection.execute(query).scalar()
    if code is None:
        raise not_found("entry", "")
    return str(code)


def by_token(connection: Connection, token: str) -> Any:
    """The entry behind a token, with its contact; raises Refused(unknown_entry)."""
    row = connection.execute(with_contact().where(waiting_table.c.token_hash == token_hash(token))).first()
    if row is None:
        raise not_found("entry", "")
    return row


def by_id(connection: Connection, entry_id: int) -> Any | None:
    return connection.execute(with_contact().where(waiting_table.c.id == entry_id)).first()


def live(connection: Connection, branch_id: int, kind: WaitingKind = WaitingKind.LIST, *conditions: Any) -> list[Any]:
    """Who waits, or has an offer, in order."""
    here = is_live(branch_id, kind)
    return list(connection.execute(with_contact().where(here, *conditions).order_by(*IN_ORDER)).all())


def is_live(branch_id: int, kind: WaitingKind) -> Any:
    c = waiting_table.c
    return (c.branch_id == branch_id) & (c.kind == kind.value) & LIVE


def entries_of(connection: Connection, branch_id: int, contact: ContactFacts) -> list[Any]:
    """What somebody with this phone number or e-mail address waits for already, in whatever way."""
    same = [contact_table.c.phone_key == contact.phone_key]
    if contact.email_key is not None:
        same.append(contact_table.c.email_key == contact.email_key)
    c = waiting_table.c
    return list(connection.execute(with_contact().where(c.branch_id == branch_id, LIVE, or_(*same))).all())


def from_address(connection: Connection, branch_id: int, address: str | None) -> list[list[str]]:
    """The services of each entry that came from this network address and still waits."""
    c = waiting_table.c
    query = select(c.services).where(c.branch_id == branch_id, LIVE, c.address == address)
    return [] if address is None else list(connection.execute(query).scalars())


def offer_of(connection: Connection, row: Any) -> Any | None:
    """The hold that keeps what is offered to an entry now."""
    if row.state != WaitingState.OFFERED:
        return None
    return connection.execute(select(hold_table).where(hold_table.c.token_hash == row.offer_hash)).first()


def entry(connection: Connection, row: Any, setup: Setup, now: datetime) -> Board:
    """What somebody who waits sees: how many are before them, and what is offered to them."""
    offer = offer_of(connection, row) if row.offered_until is not None and row.offered_until > now else None
    return {
        "kind": row.kind,
        "status": row.state,
        "services": [
            {"code": one.code, "prefix": one.prefix, "name": one.name}
            for one in (setup.services[code] for code in row.services if code in setup.services)
        ],
        "first": row.first.isoformat(),
        "last": row.last.isoformat(),
        "name": row.name,
        "language": row.language,
        "needs": row.needs,
        "ahead": _ahead(connection, row),
        "drawn": row.drawn_at is not None,
        "draw_at": moment(_draw_at(row, setup, now)),
        "offer": None
        if offer is None
        else {
            "starts_at": moment(offer.starts_at),
            "ends_at": moment(offer.ends_at),
            "until": moment(row.offered_until),
        },
        "branch": branch_place(setup),
        "server_time": moment(now),
    }


def staff_entry(row: Any) -> Board:
    """An entry with whose it is, for those who work here."""
    days = {"first": row.first.isoformat(), "last": row.last.isoformat()}
    facts = {name: getattr(row, name) for name in ("kind", "services", "name", "phone", "email", "language", "needs")}
    until = moment(row.offered_until) if row.state == WaitingState.OFFERED else None
    return {"id": str(row.id), "status": row.state, **days, **facts, "offered_until": until, "lapses": row.lapses}


def with_contact() -> Select[Any]:
    return select(waiting_table, contact_table.c.name, contact_table.c.phone, contact_table.c.email).outerjoin(
        contact_table, contact_table.c.id == waiting_table.c.contact_id
    )


def _ahead(connection: Connection, row: Any) -> int:
    """How many come before somebody for a day that suits both; of a draw nobody does."""
    if row.state != WaitingState.WAITING or row.kind != WaitingKind.LIST:
        return 0
    c = waiting_table.c
    before = or_(c.lapses < row.lapses, and_(c.lapses == row.lapses, c.id < row.id))
    shares_a_day = (c.first <= row.last) & (c.last >= row.first)
    query = select(func.count()).where(is_live(row.branch_id, WaitingKind.LIST), before, shares_a_day)
    return int(connection.execute(query).scalar_one())


def _draw_at(row: Any, setup: Setup, now: datetime) -> datetime | None:
    """When the draw will be held that somebody has signed up for, while people still sign up."""
    service = setup.services.get(row.services[0])
    if row.kind != WaitingKind.DRAW or row.drawn_at is not None or service is None or service.booking is None:
        return None
    return None if is_drawn(row, setup, now) else draw_ends_at(service.booking, now, setup.time_zone)


def wish_of(row: Any) -> Wish:
    return Wish(tuple(row.services), Channel(row.channel), tuple(row.needs), row.language)


def days_with_room(connection: Connection, setup: Setup, now: datetime, rows: Iterable[Any]) -> set[date]:
    """The days on which something is free for anybody of those who wait."""
    waiting = [row for row in rows if row.state == WaitingState.WAITING]
    return {
        day for wish in {wish_of(row) for row in waiting} for day in _room_for(connection, setup, now, wish, waiting)
    }


def is_due(connection: Connection, setup: Setup, now: datetime) -> bool:
    """Whether the clock, or a slot that has become free, makes something to do for those who wait."""
    today = day_of(now, setup.time_zone)
    rows = live(connection, setup.branch_id)
    if any(has_lapsed(row, now) or row.last < today for row in rows):
        return True
    if any(is_drawn(row, setup, now) for row in live(connection, setup.branch_id, WaitingKind.DRAW)):
        return True
    return bool(days_with_room(connection, setup, now, rows))


def has_lapsed(row: Any, now: datetime) -> bool:
    return bool(row.state == WaitingState.OFFERED and row.offered_until <= now)


def is_drawn(row: Any, setup: Setup, now: datetime) -> bool:
    """Whether signing up for this entry's day is over."""
    service = setup.services.get(row.services[0])
    if service is None or service.booking is None:
        return True
    return bool(row.first <= last_drawn_day(service.booking, now, setup.time_zone))


def _room_for(connection: Connection, setup: Setup, now: datetime, wish: Wish, rows: list[Any]) -> set[date]:
    mine = [row for row in rows if wish_of(row) == wish]
    first = max(min(row.first for row in mine), day_of(now, setup.time_zone))
    last = min(max(row.last for row in mine), first + timedelta(days=LONGEST_SEARCH_DAYS - 1))
    try:
        slots = free_slots(connection, setup, now, wish, first, last)
    except Refused:  # the service is not booked here any more
        return set()
    days = {day_of(slot.starts_at, setup.time_zone) for slot in slots}
    return {day for day in days if any(row.first <= day <= row.last for row in mine)}
