"""What an admin changes: the branch, its services and windows; one by one, or a whole office from a file.

Every change takes the branch lock like any other move of the hall, so screens hear of it at once and people in
line stay in line.
"""

import difflib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from queue_service.actions import escalation, legs, rosters
from queue_service.actions.office_facts import branch_facts, office_of
from queue_service.actions.office_file import dump_office, parse_office, refused_at
from queue_service.actions.stranded import refuse_stranding, stranded, unfinished
from queue_service.model import (
    Branch,
    Leg,
    PriorityCategory,
    Service,
    ServiceGroup,
    Ticket,
    Window,
    WindowService,
    table,
)
from queue_service.model import Hall as HallRow
from queue_service.model.branch import WindowState
from queue_service.rules.calendar import BEFORE_ALL_DAYS
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.forms import Fault
from queue_service.rules.office import (
    BranchFacts,
    CategoryFacts,
    GroupFacts,
    OfficeFacts,
    ServiceFacts,
    WindowFacts,
    branch_faults,
    service_faults,
)
from queue_service.storage.appointments import booked_for
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.office import ServiceSetup, Setup, WindowSetup
from queue_service.storage.rows import put_row

branch_table, hall_table = table(Branch), table(HallRow)
service_table, group_table = table(Service), table(ServiceGroup)
window_table, window_service_table, category_table = table(Window), table(WindowService), table(PriorityCategory)
leg_table, ticket_table = table(Leg), table(Ticket)

SYSTEM = "system"
REACHED_AT = {"escalations": {"__all__": {"target"}}}
"""Who can be reached where is personal: it never enters the ledger."""


def change_branch(hall: Hall, facts: BranchFacts, actor: str) -> None:
    """Change what the branch is; its code stays. Raises Refused naming the field."""
    _refuse_first(branch_faults(facts), strip="branch.")
    _same_code(facts.code, hall.setup.code)
    _refuse_untranslated(hall.setup, facts.default_language)
    for refusal in _day_refusals(hall, facts):
        raise refusal
    before = hall.setup
    _write_branch(hall, facts)
    hall.record("setup_branch", actor, facts={"branch": facts.model_dump(mode="json")})
    hall.set_up_again()
    refuse_stranding(hall, before, "languages")


def add_service(hall: Hall, facts: ServiceFacts, actor: str) -> ServiceSetup:
    """Add a service, or bring a removed one back. Raises Refused(code_taken, …) naming the field."""
    if facts.code in hall.setup.services:
        raise Refused("code_taken", field="code", value=facts.code)
    return _put_service(hall, facts, actor, position=_next_position(hall, service_table))


def change_service(hall: Hall, code: str, facts: ServiceFacts, actor: str) -> ServiceSetup:
    """Change a service; whoever waits for it keeps their place. Raises Refused(unknown_service, …)."""
    hall.setup.service(code)
    _same_code(facts.code, code)
    service = _put_service(hall, facts, actor)
    rosters.look_again(hall)
    return service


def remove_service(hall: Hall, code: str, actor: str) -> None:
    """Take a service away. Raises Refused: unknown_service, people_waiting and people_booked with the count."""
    service = hall.setup.service(code)
    if count := unfinished(hall, service):
        raise Refused("people_waiting", service=code, count=count)
    if count := booked_for(hall.connection, hall.setup, hall.now, code):
        raise Refused("people_booked", service=code, count=count)
    hall.connection.execute(update(service_table).where(service_table.c.id == service.id).values(is_removed=True))
    hall.connection.execute(delete(window_service_table).where(window_service_table.c.service_id == service.id))
    rosters.forget_service(hall, service.id)
    hall.record("setup_service_removed", actor, facts={"service": code})
    hall.set_up_again()


def add_window(hall: Hall, facts: WindowFacts, actor: str) -> WindowSetup:
    """Add a window, or bring a removed one back. Raises Refused(code_taken, unknown_service)."""
    if any(window.code == facts.code for window in hall.setup.windows):
        raise Refused("code_taken", field="code", value=facts.code)
    return _put_window(hall, facts, actor, position=_next_position(hall, window_table))


def change_window(hall: Hall, code: str, facts: WindowFacts, actor: str) -> WindowSetup:
    """Change which services a window serves, open or not.

    Raises Refused: unknown_window, unknown_service, people_stranded with the count.
    """
    before = hall.setup
    window_by_code(before, code)
    _same_code(facts.code, code)
    window = _put_window(hall, facts, actor)
    refuse_stranding(hall, before, "services")
    return window


def remove_window(hall: Hall, code: str, actor: str) -> None:
    """Take a window away. Raises Refused: unknown_window, window_in_use, people_stranded with the count."""
    before = hall.setup
    _drop_window(hall, code, actor)
    refuse_stranding(hall, before, "window")


def _drop_window(hall: Hall, code: str, actor: str) -> None:
    window = window_by_code(hall.setup, code)
    if window.state != WindowState.CLOSED:
        raise Refused("window_in_use", window=code)
    hall.connection.execute(delete(window_service_table).where(window_service_table.c.window_id == window.id))
    hall.connection.execute(update(window_table).where(window_table.c.id == window.id).values(is_removed=True))
    rosters.forget_window(hall, window.id)
    hall.record("setup_window_removed", actor, window_id=window.id, facts={"window": code})
    hall.set_up_again()


def import_office(database: Database, text: str, file_name: str = "office.yaml", actor: str = SYSTEM) -> str:
    """Create or change a whole office; the branch's code. What the file does not name is removed.

    All in one transaction. Raises BadOfficeFile with every error and its line.
    """
    office, lines = parse_office(text, file_name)

    def create(connection: Connection) -> None:
        _create_branch(connection, office.branch)

    def change(hall: Hall) -> None:
        if refusals := _apply(hall, office, actor):
            raise refused_at(refusals, lines)

    database.act(office.branch.code, change, before=create)
    return office.branch.code


def export_office(database: Database, branch: str) -> str:
    """The office as YAML; importing it again changes nothing. Raises Refused(unknown_branch)."""
    return dump_office(office_of(database.setup(branch)))


def diff_office(database: Database, text: str) -> str:
    """A unified diff from the office as it is to the office in the file; empty when they are the same."""
    office, _ = parse_office(text, "file")
    code = office.branch.code
    try:
        present = export_office(database, code)
    except Refused:
        present = ""
    lines = difflib.unified_diff(present.splitlines(True), dump_office(office).splitlines(True), "present", "file")
    return "".join(lines)


def window_by_code(setup: Setup, code: str) -> WindowSetup:
    """The window with this code; raises Refused(unknown_window)."""
    for window in setup.windows:
        if window.code == code:
            return window
    raise not_found("window", code)


def _apply(hall: Hall, office: OfficeFacts, actor: str) -> list[Refused]:
    """Make the hall what the file says; whatever cannot be removed now, all of it."""
    before, refusals = hall.setup, _day_refusals(hall, office.branch, "branch.")
    _write_branch(hall, office.branch)
    _write_groups(hall, office.groups)
    _write_categories(hall, office.categories)
    hall.set_up_again()
    for position, service in enumerate(office.services):
        _put_service(hall, service, actor, position, is_recorded=False)
    for position, window in enumerate(office.windows):
        _put_window(hall, window, actor, position, is_recorded=False)
    refusals += _remove_others(hall, office, actor)
    rosters.replace_all(hall, office)
    escalation.replace_rules(hall, office.escalations)
    hall.set_up_again()
    if not refusals and (refusal := stranded(hall, before, "windows")):
        refusals.append(refusal)
    hall.record("setup_import", actor, facts={"office": office.model_dump(mode="json", exclude=REACHED_AT)})
    return refusals


def _remove_others(hall: Hall, office: OfficeFacts, actor: str) -> list[Refused]:
    """Remove what the office does not name; what is still in use stays, and is told."""
    services = set(hall.setup.services) - {service.code for service in office.services}
    windows = {window.code for window in hall.setup.windows} - {window.code for window in office.windows}
    refusals: list[Refused] = []
    for field, codes, remove in (("services", services, remove_service), ("windows", windows, _drop_window)):
        for code in sorted(codes):
            try:
                remove(hall, code, actor)
            except Refused as refusal:
                refusal.field = field
                refusals.append(refusal)
    return refusals


def _create_branch(connection: Connection, facts: BranchFacts) -> None:
    if connection.execute(select(branch_table.c.id).where(branch_table.c.code == facts.code)).first():
        return
    branch_id = put_row(connection, branch_table, **facts.model_dump(mode="json"))
    connection.execute(
        insert(hall_table).values(
            branch_id=branch_id, service_day=BEFORE_ALL_DAYS, version=0, setup_version=0, ledger_seq=0
        )
    )


def _day_refusals(hall: Hall, facts: BranchFacts, prefix: str = "") -> list[Refused]:
    """Which day it is, and how numbers run, cannot change under tickets that are already given out today."""
    present = branch_facts(hall.setup)
    names = ("time_zone", "day_starts", "first_number", "last_number", "numbers_restart")
    changed = next((name for name in names if getattr(facts, name) != getattr(present, name)), None)
    if changed is None:
        return []
    here = (ticket_table.c.branch_id == hall.setup.branch_id, ticket_table.c.service_day >= hall.service_day)
    has_tickets = hall.connection.execute(select(ticket_table.c.id).where(*here).limit(1)).first() is not None
    return [Refused("day_has_begun", field=f"{prefix}{changed}")] if has_tickets else []


def _write_branch(hall: Hall, facts: BranchFacts) -> None:
    hall.connection.execute(
        update(branch_table).where(branch_table.c.id == hall.setup.branch_id).values(facts.model_dump(mode="json"))
    )


def _write_groups(hall: Hall, groups: Iterable[GroupFacts]) -> None:
    branch = hall.setup.branch_id
    # Groups only arrange the kiosk: services are bound to them anew right after.
    hall.connection.execute(update(service_table).where(service_table.c.branch_id == branch).values(group_id=None))
    hall.connection.execute(delete(group_table).where(group_table.c.branch_id == branch))
    for position, group in enumerate(groups):
        hall.connection.execute(insert(group_table).values(branch_id=branch, position=position, **group.model_dump()))


def _write_categories(hall: Hall, categories: Iterable[CategoryFacts]) -> None:
    # Tickets name categories by code: one that is gone simply gives no head start to those who come later.
    here = category_table.c.branch_id == hall.setup.branch_id
    hall.connection.execute(delete(category_table).where(here))
    for position, category in enumerate(categories):
        values = {**category.model_dump(mode="json"), "position": position}
        hall.connection.execute(insert(category_table).values(branch_id=hall.setup.branch_id, **values))


def _put_service(
    hall: Hall,
    facts: ServiceFacts,
    actor: str,
    position: int | None = None,
    *,
    is_recorded: bool = True,
) -> ServiceSetup:
    groups = {group.code: group.id for group in hall.setup.groups}
    _refuse_first(service_faults(facts, "", hall.setup.default_language, set(groups)))
    values = facts.model_dump(mode="json", exclude={"group", "open"})
    values |= {"group_id": groups.get(facts.group or ""), "is_open": facts.open, "is_removed": False}
    _put(hall, service_table, facts.code, values, position)
    if is_recorded:
        hall.record("setup_service", actor, facts={"service": facts.model_dump(mode="json")})
    return hall.set_up_again().services[facts.code]


def _put_window(
    hall: Hall, facts: WindowFacts, actor: str, position: int | None = None, *, is_recorded: bool = True
) -> WindowSetup:
    services = [hall.setup.service(code, f"services.{i}").id for i, code in enumerate(facts.services)]
    values = {"code": facts.code, "languages": facts.languages, "needs": list(facts.needs), "is_removed": False}
    window_id = _put(hall, window_table, facts.code, values, position)
    hall.connection.execute(delete(window_service_table).where(window_service_table.c.window_id == window_id))
    for service_id in dict.fromkeys(services):
        hall.connection.execute(insert(window_service_table).values(window_id=window_id, service_id=service_id))
    window = window_by_code(hall.set_up_again(), facts.code)
    if is_recorded:
        served = {"window": facts.code, "services": list(window.services), "serves": list(window.serves)}
        served["meets"] = sorted(window.meets)
        hall.record("setup_window", actor, window_id=window_id, facts=served)
    legs.release_directed(hall, actor)
    return window


def _put(hall: Hall, rows: Any, code: str, values: dict[str, Any], position: int | None) -> int:
    """Insert or change the row with this code; its id."""
    if position is not None:
        values["position"] = position
    here = (rows.c.branch_id == hall.setup.branch_id) & (rows.c.code == code)
    found = hall.connection.execute(select(rows.c.id).where(here)).scalar()
    if found is None:
        fresh = {"state": WindowState.CLOSED} if rows is window_table else {}
        values = {"branch_id": hall.setup.branch_id, **fresh, **values}
        return int(put_row(hall.connection, rows, **values))
    hall.connection.execute(update(rows).where(rows.c.id == found).values(values))
    return int(found)


def _next_position(hall: Hall, rows: Any) -> int:
    last = hall.connection.execute(
        select(func.max(rows.c.position)).where(rows.c.branch_id == hall.setup.branch_id)
    ).scalar()
    return 0 if last is None else int(last) + 1


def _same_code(given: str, present: str) -> None:
    if given != present:
        raise Refused("code_is_fixed", Kind.INVALID, field="code", value=present)


def _refuse_untranslated(setup: Setup, language: str) -> None:
    """The language that stands in for the others needs every name, or the office could not be read in again."""
    office = office_of(setup)
    names = [group.name for group in office.groups] + [service.name for service in office.services]
    names += [document.name for service in office.services for document in service.documents]
    missing = [next(iter(name.values()), "") for name in names if not name.get(language, "").strip()]
    if missing:
        listed = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise Refused("untranslated", Kind.INVALID, field="default_language", language=language, names=listed)


def _refuse_first(faults: list[Fault], strip: str = "") -> None:
    for code, field, params in faults:
        raise Refused(code, Kind.INVALID, field=field.removeprefix(strip), **params)
