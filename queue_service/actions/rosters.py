"""What an admin says about time: rosters of windows, special days of the office, closures, norms.

No change here touches a booking. Those that no longer fit are told (storage/day_books.py), and moved by people.
"""

from typing import Any, NoReturn

from sqlalchemy import Table, delete, update

from queue_service.rules.booking import ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.norm import NormFacts
from queue_service.rules.office import OfficeFacts
from queue_service.rules.ticket import UNFINISHED
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table
from queue_service.storage.rows import among, put_row
from queue_service.storage.timetable import closure_table, norm_table, roster_table, special_table


def put_roster(hall: Hall, facts: RosterFacts, actor: str, roster_id: int | None = None) -> int:
    """Add or change a roster; its id. Raises Refused: unknown_window, unknown_service, unknown_roster."""
    for i, code in enumerate(facts.services or []):
        hall.setup.service(code, f"services.{i}")
    return put_entry(hall, roster_table, _roster_row(hall, facts), facts.model_dump(mode="json"), actor, roster_id)


def put_special_days(hall: Hall, facts: SpecialDaysFacts, actor: str, special_id: int | None = None) -> int:
    """Add or change special days; their id. Raises Refused(unknown_special_days)."""
    return put_entry(hall, special_table, facts.model_dump(), facts.model_dump(mode="json"), actor, special_id)


def put_closure(hall: Hall, facts: ClosureFacts, actor: str, closure_id: int | None = None) -> int:
    """Add or change a closure; its id. Raises Refused: unknown_window, unknown_closure."""
    for i, code in enumerate(facts.windows or []):
        _window_id(hall, code, f"windows.{i}")
    return put_entry(hall, closure_table, facts.model_dump(), facts.model_dump(mode="json"), actor, closure_id)


def put_norm(hall: Hall, facts: NormFacts, actor: str, norm_id: int | None = None) -> int:
    """Add or change a norm; its id. It holds for whoever waits.

    Raises Refused: unknown_service, unknown_norm.
    """
    norm_id = put_entry(hall, norm_table, _norm_row(hall, facts), facts.model_dump(mode="json"), actor, norm_id)
    look_again(hall)
    return norm_id


def look_again(hall: Hall) -> None:
    """The norms of everybody who is here are looked at anew: what is promised, or the clock, has changed."""
    c = leg_table.c
    here = (c.branch_id == hall.setup.branch_id) & among(c.state, sorted(UNFINISHED))
    hall.connection.execute(update(leg_table).where(here).values(norm_at=hall.now))


def remove(hall: Hall, rows: Table, row_id: int, actor: str) -> None:
    """Take a roster, special days or a closure away. Raises Refused(unknown_…)."""
    gone = hall.connection.execute(delete(rows).where(rows.c.id == row_id, rows.c.branch_id == hall.setup.branch_id))
    if not gone.rowcount:
        _unknown(rows, row_id)
    hall.record(f"setup_{rows.name}_removed", actor, facts={"id": row_id})
    hall.set_up_again()


def replace_all(hall: Hall, office: OfficeFacts) -> None:
    """What an imported office says, in the place of what was there. The set-up has to be read again afterwards."""
    for rows in (roster_table, special_table, closure_table, norm_table):
        hall.connection.execute(delete(rows).where(rows.c.branch_id == hall.setup.branch_id))
    for roster in office.rosters:
        _insert(hall, roster_table, _roster_row(hall, roster))
    for special in office.special_days:
        _insert(hall, special_table, special.model_dump())
    for closure in office.closures:
        _insert(hall, closure_table, closure.model_dump())
    for norm in office.norms:
        _insert(hall, norm_table, _norm_row(hall, norm))
    look_again(hall)


def forget_window(hall: Hall, window_id: int) -> None:
    """A removed window has no roster any more."""
    hall.connection.execute(delete(roster_table).where(roster_table.c.window_id == window_id))


def forget_service(hall: Hall, service_id: int) -> None:
    """Nothing is promised for a removed service any more."""
    hall.connection.execute(delete(norm_table).where(norm_table.c.service_id == service_id))


def put_entry(
    hall: Hall, rows: Table, values: dict[str, Any], facts: dict[str, Any], actor: str, row_id: int | None
) -> int:
    """Add or change an entry; its id. `facts` are what the ledger keeps of it."""
    if row_id is None:
        row_id = _insert(hall, rows, values)
    else:
        here = (rows.c.id == row_id) & (rows.c.branch_id == hall.setup.branch_id)
        if not hall.connection.execute(update(rows).where(here).values(values)).rowcount:
            _unknown(rows, row_id)
    hall.record(f"setup_{rows.name}", actor, facts={"id": row_id, **facts})
    hall.set_up_again()
    return row_id


def _insert(hall: Hall, rows: Table, values: dict[str, Any]) -> int:
    return put_row(hall.connection, rows, branch_id=hall.setup.branch_id, **values)


def _roster_row(hall: Hall, facts: RosterFacts) -> dict[str, Any]:
    return {**facts.model_dump(exclude={"window"}), "window_id": _window_id(hall, facts.window, "window")}


def _norm_row(hall: Hall, facts: NormFacts) -> dict[str, Any]:
    service = None if facts.service is None else hall.setup.service(facts.service, "service").id
    channel = None if facts.channel is None else facts.channel.value
    values = facts.model_dump(include={"longest", "source", "valid_from", "valid_to"})
    return {**values, "kind": facts.kind.value, "channel": channel, "service_id": service}


def _window_id(hall: Hall, code: str, field: str) -> int:
    for window in hall.setup.windows:
        if window.code == code:
            return window.id
    raise Refused("unknown_window", Kind.INVALID, field=field, value=code)


def _unknown(rows: Table, row_id: int) -> NoReturn:
    raise not_found(rows.name, str(row_id))
