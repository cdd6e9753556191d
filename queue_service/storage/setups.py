"""Where do set-ups come from? Read from the tables once per change, and kept in memory by version."""

import weakref
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from queue_service.model import Branch, Hall, PriorityCategory, Service, ServiceGroup, Window, WindowService, table
from queue_service.model.branch import NumbersRestart, Purpose, WindowState
from queue_service.rules.booking import BookingFacts
from queue_service.rules.errors import not_found
from queue_service.rules.next_ticket import spoken_here
from queue_service.rules.ticket import NumberRange
from queue_service.storage.office import CallingRules, CategorySetup, GroupSetup, ServiceSetup, Setup, WindowSetup
from queue_service.storage.rows import fetch_one
from queue_service.storage.timetable import read_closures, read_escalations, read_norms, read_rosters, read_special_days
from queue_service.storage.waits import WaitBoard

branch_table, hall_table = table(Branch), table(Hall)
service_table, group_table = table(Service), table(ServiceGroup)
category_table = table(PriorityCategory)
SETUP_VERSION = select(hall_table.c.setup_version).where(hall_table.c.branch_id == bindparam("branch"))
window_table, window_service_table = table(Window), table(WindowService)


class SetupCache:
    """Set-ups by branch; a set-up is read again when the hall row says that it has changed (by any process).

    Only what was committed is kept: a set-up that its own transaction changed may be rolled back, and its version
    be given to another one.
    """

    def __init__(self) -> None:
        self._known: dict[str, Setup] = {}
        self._changed: dict[str, weakref.ref[Any]] = {}
        """By branch, the last transaction that changed its set-up."""
        self._waits: dict[int, WaitBoard] = {}

    def waits(self, branch_id: int) -> WaitBoard:
        return self._waits.setdefault(branch_id, WaitBoard())

    def branch_id(self, connection: Connection, code: str) -> int:
        """The id behind a branch code; raises Refused(unknown_branch)."""
        if known := self._known.get(code):
            return known.branch_id
        found = connection.execute(select(branch_table.c.id).where(branch_table.c.code == code)).scalar()
        if found is None:
            raise not_found("branch", code)
        return int(found)

    def read(self, connection: Connection, code: str) -> Setup:
        """The set-up as of the snapshot that `connection` reads."""
        branch_id = self.branch_id(connection, code)
        hall = fetch_one(connection, SETUP_VERSION, branch=branch_id)
        assert hall is not None
        return self.at(connection, code, branch_id, hall.setup_version)

    def branch_of_window(self, window_id: int) -> str | None:
        """The branch of a window, if it is in a set-up known here; windows never move between branches."""
        return next((code for code, setup in self._known.items() if window_id in setup.window_codes), None)

    def changes(self, connection: Connection, code: str) -> None:
        """Say that the transaction of this connection changes the set-up of a branch."""
        self._changed[code] = weakref.ref(connection.get_transaction())

    def at(self, connection: Connection, code: str, branch_id: int, version: int) -> Setup:
        """The set-up with the version that a hall row just named."""
        known = self._known.get(code)
        if known is not None and known.version == version:
            return known
        fresh = read_setup(connection, branch_id, version)
        if known is not None and (fresh.timetable, fresh.terms) == (known.timetable, known.terms):
            fresh = replace(fresh, kept_days=known.kept_days)
        fresh = replace(fresh, waits=self.waits(branch_id))
        changed = self._changed.get(code)
        if changed is None or changed() is not connection.get_transaction():
            self._known[code] = fresh  # an older one that slips in is found out by its version at the next look
        return fresh


def branch_of_window(connection: Connection, window_id: int) -> str:
    """The code of the branch a window belongs to; raises Refused(unknown_window)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(window_table, window_table.c.branch_id == branch_table.c.id)
        .where(window_table.c.id == window_id, window_table.c.is_removed.is_(False))
    ).scalar()
    if code is None:
        raise not_found("window", str(window_id))
    return str(code)


def read_setup(connection: Connection, branch_id: int, version: int) -> Setup:
    """Everything an admin can change, in twelve statements."""
    branch = connection.execute(select(branch_table).where(branch_table.c.id == branch_id)).one()
    categories = _in_order(connection, category_table, branch_id)
    groups = _in_order(connection, group_table, branch_id)
    services = _in_order(connection, service_table, branch_id)
    windows = _in_order(connection, window_table, branch_id)
    group_codes = {group.id: group.code for group in groups}
    live = {row.id: _service(row, group_codes) for row in services if not row.is_removed}
    served = _services_of_windows(connection, [window.id for window in windows], live.values())
    in_use = {window.id: window.code for window in windows if not window.is_removed}
    return Setup(
        version=version,
        branch_id=branch_id,
        code=branch.code,
        name=branch.name,
        address=branch.address,
        time_zone=branch.time_zone,
        languages=branch.languages,
        default_language=branch.default_language,
        hours=branch.hours,
        rules=_calling_rules(branch),
        choices=branch.choices,
        emergency=branch.emergency,
        news=branch.news,
        categories={row.code: _category(row) for row in categories},
        groups=tuple(GroupSetup(group.id, group.code, group.name) for group in groups),
        services={service.code: service for service in live.values()},
        windows=tuple(_window(row, served[row.id], branch.languages) for row in windows if not row.is_removed),
        rosters=read_rosters(connection, branch_id, in_use),
        special_days=read_special_days(connection, branch_id),
        closures=read_closures(connection, branch_id, in_use),
        norms=read_norms(connection, branch_id, {number: one.code for number, one in live.items()}),
        escalations=read_escalations(connection, branch_id),
        service_codes={row.id: row.code for row in services},
        purposes={row.code: Purpose(row.purpose) for row in sorted(services, key=lambda row: not row.is_removed)},
        window_codes={row.id: row.code for row in windows},
    )


def _services_of_windows(
    connection: Connection, windows: list[int], services: Collection[ServiceSetup]
) -> dict[int, tuple[str, ...]]:
    """By window id, the codes of what it serves, in the order of the services."""
    c = window_service_table.c
    pairs = connection.execute(select(c.window_id, c.service_id).where(c.window_id.in_(windows))).all()
    served = {(window, service) for window, service in pairs}
    return {window: tuple(one.code for one in services if (window, one.id) in served) for window in windows}


def _in_order(connection: Connection, rows: Table, branch_id: int) -> Sequence[Any]:
    """The rows of a branch, as the admin arranged them."""
    return connection.execute(select(rows).where(rows.c.branch_id == branch_id).order_by(rows.c.position)).all()


def _service(row: Any, group_codes: dict[int, str]) -> ServiceSetup:
    return ServiceSetup(
        row.id,
        row.code,
        row.prefix,
        row.name,
        row.description,
        row.documents,
        row.fee,
        Purpose(row.purpose),
        row.norm_seconds,
        group_codes.get(row.group_id),
        row.is_open,
        None if row.booking is None else BookingFacts.model_validate(row.booking),
    )


def _calling_rules(branch: Any) -> CallingRules:
    waits = branch.no_show_after_seconds
    restarts_daily = branch.numbers_restart == NumbersRestart.DAILY
    return CallingRules(
        day_starts=branch.day_starts,
        numbers=NumberRange(branch.first_number, branch.last_number, restarts_daily),
        recall_pause=timedelta(seconds=branch.recall_pause_seconds),
        calls_before_no_show=branch.calls_before_no_show,
        no_show_after=None if waits is None else timedelta(seconds=waits),
        starts_on_call=branch.starts_on_call,
        undo=timedelta(seconds=branch.undo_seconds),
        rejoin=timedelta(minutes=branch.rejoin_minutes),
        defer_limit=branch.defer_limit,
        longest_defer_minutes=branch.longest_defer_minutes,
        late=timedelta(minutes=branch.late_minutes),
        head_start_minutes=branch.head_start_minutes,
    )


def _category(row: Any) -> CategorySetup:
    return CategorySetup(
        row.id, row.code, row.name, row.head_start_minutes, row.legal_basis, row.proof, row.is_self_declared
    )


def _window(row: Any, services: tuple[str, ...], languages: list[str]) -> WindowSetup:
    spoken = row.languages or languages
    shift = None if row.shift_services is None else tuple(row.shift_services)
    return WindowSetup(
        row.id,
        row.code,
        WindowState(row.state),
        row.pause_reason,
        row.operator_id,
        row.opened_at,
        services,
        shift,
        tuple(row.languages),
        tuple(row.needs),
        frozenset(row.needs) | {spoken_here(language) for language in spoken},
    )
