"""How is the office set up right now? Read once per change of the set-up and then kept in memory."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from queue_service.model import Branch, Hall, PriorityCategory, Service, ServiceGroup, Window, WindowService, table
from queue_service.model.branch import NumbersRestart, Text, WindowState
from queue_service.rules.calendar import Opening, opening, service_day
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.next_ticket import FreeWindow, spoken_here
from queue_service.rules.ticket import NumberRange
from queue_service.storage.rows import fetch_one

branch_table, hall_table = table(Branch), table(Hall)
service_table, group_table = table(Service), table(ServiceGroup)
category_table = table(PriorityCategory)
SETUP_VERSION = select(hall_table.c.setup_version).where(hall_table.c.branch_id == bindparam("branch"))
window_table, window_service_table = table(Window), table(WindowService)


@dataclass(frozen=True)
class ServiceSetup:
    id: int
    code: str
    prefix: str
    name: Text
    description: Text
    documents: list[dict[str, Any]]
    fee: Text
    norm_seconds: int
    group: str | None
    is_open: bool

    @property
    def norm(self) -> timedelta:
        return timedelta(seconds=self.norm_seconds)


@dataclass(frozen=True)
class WindowSetup:
    id: int
    code: str
    state: WindowState
    pause_reason: str | None
    operator_id: int | None
    opened_at: datetime | None
    services: tuple[str, ...]
    """Codes the window is set up for."""
    shift_services: tuple[str, ...] | None
    languages: tuple[str, ...]
    """As set up; none named means all of the branch's."""
    needs: tuple[str, ...]
    meets: frozenset[str]
    """Every requirement that a visitor may have and that is met here."""

    @property
    def is_at_work(self) -> bool:
        return self.state != WindowState.CLOSED

    @property
    def as_free(self) -> FreeWindow:
        """The window as the rule of who is next sees it."""
        return FreeWindow(self.id, self.operator_id, self.serves, self.meets)

    @property
    def serves(self) -> tuple[str, ...]:
        """Codes it serves in this shift: what the operator chose, as far as the window is still set up for it."""
        if self.shift_services is None:
            return self.services
        return tuple(code for code in self.services if code in self.shift_services)


@dataclass(frozen=True)
class GroupSetup:
    id: int
    code: str
    name: Text


@dataclass(frozen=True)
class CategorySetup:
    id: int
    code: str
    name: Text
    head_start_minutes: dict[str, int]
    legal_basis: str
    proof: Text
    is_self_declared: bool


@dataclass(frozen=True)
class CallingRules:
    """What an admin decides about numbers, turns and limits; the same names as in the branch's facts."""

    day_starts: str
    numbers: NumberRange
    recall_pause: timedelta
    calls_before_no_show: int
    no_show_after: timedelta | None
    starts_on_call: bool
    undo: timedelta
    rejoin: timedelta
    defer_limit: int
    longest_defer_minutes: int
    late: timedelta
    head_start_minutes: dict[str, int]


@dataclass(frozen=True)
class Setup:
    """A branch as an admin left it and its windows as operators left them; a value, never changed in place."""

    version: int
    branch_id: int
    code: str
    name: Text
    address: Text
    time_zone: str
    languages: list[str]
    default_language: str
    hours: dict[str, list[list[str]]]
    rules: CallingRules
    choices: dict[str, list[dict[str, Any]]]
    categories: dict[str, CategorySetup]
    groups: tuple[GroupSetup, ...]
    services: dict[str, ServiceSetup]
    windows: tuple[WindowSetup, ...]
    service_codes: dict[int, str] = field(default_factory=dict)
    """Code by id, removed services included: past legs still name them."""
    window_codes: dict[int, str] = field(default_factory=dict)

    def service(self, code: str, field_name: str | None = None) -> ServiceSetup:
        """The service with this code; raises Refused(unknown_service) naming `field_name`."""
        if code not in self.services:
            raise not_found("service", code, field_name)
        return self.services[code]

    def window(self, window_id: int) -> WindowSetup:
        """The window with this id; raises Refused(unknown_window)."""
        for window in self.windows:
            if window.id == window_id:
                return window
        raise not_found("window", str(window_id))

    def head_start_minutes(self, priority: str | None) -> dict[str, int]:
        """Head starts by kind, for a priority category or for everybody else."""
        category = self.categories.get(priority or "")
        return self.rules.head_start_minutes if category is None else category.head_start_minutes

    def choice(self, kind: str, code: str, field_name: str) -> dict[str, Any]:
        """The entry of a list that operators choose from; raises Refused(unknown_choice) naming `field_name`."""
        for choice in self.choices[kind]:
            if choice["code"] == code:
                return choice
        known = ", ".join(choice["code"] for choice in self.choices[kind])
        raise Refused("unknown_choice", Kind.INVALID, field=field_name, value=code[:40], known=known)

    def service_day(self, now: datetime) -> date:
        return service_day(now, self.time_zone, self.rules.day_starts)

    def opening(self, now: datetime) -> Opening:
        return opening(self.hours, now, self.time_zone)

    def closed_reason(self, service: ServiceSetup, now: datetime) -> str | None:
        """Why no ticket is given for the service now (a refusal code), or None when it takes tickets."""
        if not self.opening(now).is_open:
            return "branch_closed"
        if not service.is_open:
            return "service_closed"
        if not any(service.code in window.services for window in self.windows):
            return "no_window"
        return None

    def is_met(self, service: str, requires: frozenset[str]) -> bool:
        """Whether some window that is set up for the service meets these requirements."""
        return any(service in window.services and requires <= window.meets for window in self.windows)

    def rivals(self, service: str) -> frozenset[str]:
        """The services whose visitors may be called before one who waits for `service`: those that share a window.

        Open windows count; while none of them is open, the windows that are set up for the service.
        """
        open_ones = [w for w in self.windows if w.state == WindowState.OPEN and service in w.serves]
        sharing = [w.serves for w in open_ones] or [w.services for w in self.windows if service in w.services]
        return frozenset({service}.union(*sharing))

    def open_windows(self, service: str) -> int:
        return sum(1 for w in self.windows if w.state == WindowState.OPEN and service in w.serves)


class SetupCache:
    """Set-ups by branch; a set-up is read again when the hall row says that it has changed (by any process)."""

    def __init__(self) -> None:
        self._known: dict[str, Setup] = {}

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

    def forget(self, code: str) -> None:
        """For a branch whose creation was rolled back."""
        self._known.pop(code, None)

    def at(self, connection: Connection, code: str, branch_id: int, version: int) -> Setup:
        """The set-up with the version that a hall row just named."""
        known = self._known.get(code)
        if known is not None and known.version == version:
            return known
        fresh = read_setup(connection, branch_id, version)
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
    """Everything an admin can change, in seven statements."""
    branch = connection.execute(select(branch_table).where(branch_table.c.id == branch_id)).one()
    categories = connection.execute(
        select(category_table).where(category_table.c.branch_id == branch_id).order_by(category_table.c.position)
    ).all()
    groups = connection.execute(
        select(group_table).where(group_table.c.branch_id == branch_id).order_by(group_table.c.position)
    ).all()
    services = connection.execute(
        select(service_table).where(service_table.c.branch_id == branch_id).order_by(service_table.c.position)
    ).all()
    windows = connection.execute(
        select(window_table).where(window_table.c.branch_id == branch_id).order_by(window_table.c.position)
    ).all()
    pairs = connection.execute(
        select(window_service_table).where(window_service_table.c.window_id.in_([w.id for w in windows]))
    ).all()
    group_codes = {group.id: group.code for group in groups}
    live = {row.id: _service(row, group_codes) for row in services if not row.is_removed}
    set_up = {(pair.window_id, pair.service_id) for pair in pairs}
    sets = {w.id: tuple(s.code for s in live.values() if (w.id, s.id) in set_up) for w in windows}
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
        categories={row.code: _category(row) for row in categories},
        groups=tuple(GroupSetup(group.id, group.code, group.name) for group in groups),
        services={service.code: service for service in live.values()},
        windows=tuple(_window(row, sets[row.id], branch.languages) for row in windows if not row.is_removed),
        service_codes={row.id: row.code for row in services},
        window_codes={row.id: row.code for row in windows},
    )


def _service(row: Any, group_codes: dict[int, str]) -> ServiceSetup:
    return ServiceSetup(
        row.id,
        row.code,
        row.prefix,
        row.name,
        row.description,
        row.documents,
        row.fee,
        row.norm_seconds,
        group_codes.get(row.group_id),
        row.is_open,
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
