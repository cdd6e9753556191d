"""Which branch, ticket or leg is meant? Found by code, by token, by id; and at which version a hall is."""

import hashlib
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from queue_service.model import Branch, Leg, Staff, Ticket, table
from queue_service.model import Hall as HallRow
from queue_service.rules.errors import not_found
from queue_service.storage.office import Setup
from queue_service.storage.rows import fetch_all, fetch_one

ticket_table, leg_table, staff_table = table(Ticket), table(Leg), table(Staff)
branch_table, hall_table = table(Branch), table(HallRow)

HASH_LENGTH, SHELF_LENGTH = 64, 8


def token_hash(token: str) -> str:
    """How a token is kept and looked up; what stands before a dot is no secret and goes before the hash as it is."""
    shelf, dot, _ = token.rpartition(".")
    return (shelf[:SHELF_LENGTH] + dot + hashlib.sha256(token.encode()).hexdigest())[:HASH_LENGTH]


def hall_version(connection: Connection, setup: Setup) -> int:
    hall = fetch_one(connection, _version(), branch=setup.branch_id)
    assert hall is not None
    return int(hall.version)


def hall_versions(connection: Connection) -> dict[str, int]:
    """The versions of all halls, by the branch's code."""
    return {row.code: row.version for row in fetch_all(connection, _versions())}


@cache
def _versions() -> Select[Any]:
    here = hall_table.c.branch_id == branch_table.c.id
    return select(branch_table.c.code, hall_table.c.version).join(hall_table, here)


def branch_codes(connection: Connection) -> list[str]:
    return list(connection.execute(select(branch_table.c.code).order_by(branch_table.c.id)).scalars())


def branch_of_ticket(connection: Connection, token: str) -> str:
    """The code of the branch a ticket belongs to; raises Refused(unknown_ticket)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(ticket_table, ticket_table.c.branch_id == branch_table.c.id)
        .where(ticket_table.c.token_hash == token_hash(token))
    ).scalar()
    if code is None:
        raise not_found("ticket", "")
    return str(code)


def ticket_of_token(connection: Connection, token: str) -> tuple[str, int]:
    """The branch and the id of the ticket behind a token; raises Refused(unknown_ticket)."""
    found = fetch_one(connection, _by_token(), token=token_hash(token))
    if found is None:
        raise not_found("ticket", "")
    return str(found.code), int(found.id)


@cache
def _by_token() -> Select[Any]:
    return (
        select(branch_table.c.code, ticket_table.c.id)
        .join(branch_table, branch_table.c.id == ticket_table.c.branch_id)
        .where(ticket_table.c.token_hash == bindparam("token"))
    )


def branch_of_leg(connection: Connection, leg_id: int) -> str:
    """The code of the branch a leg belongs to; raises Refused(unknown_leg)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(leg_table, leg_table.c.branch_id == branch_table.c.id)
        .where(leg_table.c.id == leg_id)
    ).scalar()
    if code is None:
        raise not_found("leg", str(leg_id))
    return str(code)


def ticket_id_of(connection: Connection, token: str) -> int:
    """The ticket behind a token; raises Refused(unknown_ticket)."""
    found = connection.execute(select(ticket_table.c.id).where(ticket_table.c.token_hash == token_hash(token))).scalar()
    if found is None:
        raise not_found("ticket", "")
    return int(found)


@cache
def _version() -> Select[Any]:
    return select(hall_table.c.version).where(hall_table.c.branch_id == bindparam("branch"))
