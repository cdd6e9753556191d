"""Offices and people for tests, made with as few words as possible."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from queue_service.actions import last_move, serving, staff
from queue_service.actions.legs import by_id
from queue_service.actions.tickets import Issued, Order, issue
from queue_service.actions.windows import Operator, open_window
from queue_service.model import Branch, Service, Window, WindowService, table
from queue_service.model import Hall as HallRow
from queue_service.model.ticket import Channel
from queue_service.rules.calendar import BEFORE_ALL_DAYS
from queue_service.rules.errors import Refused
from queue_service.rules.office import ChoicesFacts
from queue_service.storage import ledger
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table
from queue_service.storage.rows import put_row

PASSWORD = "a long enough password"


def an_office(
    database: Database,
    services: Iterable[str] = "AB",
    windows: dict[str, str] | None = None,
    code: str = "centre",
    time_zone: str = "Europe/Warsaw",
    **facts: Any,
) -> str:
    """A branch that is always open. `windows` maps a window's code to the letters it serves; its code is returned."""
    windows = {"1": "AB", "2": "AB"} if windows is None else windows

    def create(connection: Any) -> None:
        branch_id = put_row(
            connection,
            table(Branch),
            code=code,
            name={"ru": "Центр", "en": "Centre"},
            address={"ru": "Улица, 1", "en": "1 Street"},
            time_zone=time_zone,
            languages=["ru", "en"],
            default_language="ru",
            hours=facts.get("hours")
            or {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
            head_start_minutes={"walk_in": 0, "appointment": 85},
            choices=ChoicesFacts().model_dump(mode="json"),
            emergency={},
            news=[],
            **{key: value for key, value in facts.items() if key != "hours"},
        )
        hall = {"version": 0, "setup_version": 0, "ledger_seq": 0, "ledger_hash": "", "service_day": BEFORE_ALL_DAYS}
        connection.execute(insert(table(HallRow)).values(branch_id=branch_id, **hall))
        service_ids = {letter: _service(connection, branch_id, letter) for letter in services}
        for position, (window, letters) in enumerate(windows.items()):
            window_id = put_row(
                connection,
                table(Window),
                branch_id=branch_id,
                code=window,
                position=position,
                state="closed",
                is_removed=False,
                languages=[],
                needs=[],
            )
            for letter in letters:
                connection.execute(
                    insert(table(WindowService)).values(window_id=window_id, service_id=service_ids[letter])
                )

    database.write(create)
    return code


def _service(connection: Any, branch_id: int, letter: str) -> int:
    return int(
        put_row(
            connection,
            table(Service),
            branch_id=branch_id,
            code=letter,
            prefix=letter,
            name={"ru": f"Услуга {letter}", "en": f"Service {letter}"},
            description={},
            documents=[],
            fee={},
            norm_seconds=900,
            position=ord(letter),
            is_open=True,
            is_removed=False,
        )
    )


def an_operator(
    database: Database, name: str, *branches: str, role: str = "operator", password: str | None = PASSWORD
) -> Operator:
    staff_id = database.write(
        lambda connection: staff.add_staff(connection, name, role, branches or ("centre",), password=password)
    )
    return Operator(staff_id, name)


def window_id(database: Database, code: str, branch: str = "centre") -> int:
    return next(window.id for window in database.setup(branch).windows if window.code == code)


def an_open_window(database: Database, code: str, operator: Operator, branch: str = "centre") -> int:
    """Opens the window for the operator; its id."""
    found = window_id(database, code, branch)
    database.act(branch, lambda hall: open_window(hall, found, operator))
    return found


def a_ticket(database: Database, service: str = "A", branch: str = "centre", language: str = "ru") -> Issued:
    return database.act(branch, lambda hall: issue(hall, Order((service,), language, Channel.KIOSK)))


@dataclass
class Desk:
    """An operator at an open window; every move answers the leg as it is then."""

    database: Database
    window: int
    operator: Operator
    branch: str = "centre"

    def next(self) -> Any:
        return self._act(serving.call_next)

    def call(self, number: str, reason: str = "unwell") -> Any:
        return self._act(serving.call_chosen, number, reason)

    def recall(self, leg_id: int | None = None) -> Any:
        return self._act(serving.recall, leg_id)

    def start(self, leg_id: int | None = None) -> Any:
        return self._act(serving.start, leg_id)

    def hold(self, return_at: datetime | None = None, reason: str = "copies") -> Any:
        return self._act(serving.hold, reason, return_at)

    def no_show(self) -> Any:
        return self._act(serving.no_show)

    def finish(self, outcome: str = "solved", note: str | None = None) -> Any:
        return self._act(serving.finish, outcome, note)

    def transfer(
        self, service: str | None = None, window: int | None = None, operator: int | None = None, back: bool = False
    ) -> Any:
        return self._act(serving.transfer, serving.Target(service, window, operator, back))

    def undo(self) -> Any:
        return self._act(last_move.undo)

    def serve(self) -> Any:
        """Call whoever is next and serve them to the end; None when nobody waits."""
        return None if self.next() is None else (self.start(), self.finish())[1]

    def _act(self, move: Any, *details: Any) -> Any:
        return self.database.act(self.branch, lambda hall: move(hall, self.window, self.operator, *details))


def a_desk(database: Database, code: str, name: str, branch: str = "centre") -> Desk:
    """A new operator at a window that they open."""
    operator = an_operator(database, name, branch, password=None)
    return Desk(database, an_open_window(database, code, operator, branch), operator, branch)


def on_leg(database: Database, leg_id: int, action: Any, *details: Any, branch: str = "centre") -> Any:
    """Do something of actions/tickets.py with a leg that is at no window; the leg as it is then."""

    def change(hall: Hall) -> Any:
        action(hall, by_id(hall, leg_id), *details)
        return by_id(hall, leg_id)

    return database.act(branch, change)


def entries_of(database: Database, branch: str = "centre") -> list[Any]:
    """The ledger of a branch, each entry with its facts read."""
    branch_id = database.setup(branch).branch_id
    rows = database.read(lambda connection: list(ledger.read(connection, branch_id)))
    return [SimpleNamespace(**{**row, "facts": json.loads(row["facts"])}) for row in rows]


def legs_of(database: Database, branch: str = "centre") -> list[Any]:
    """All legs of a branch with their tickets, oldest first."""
    here = leg_table.c.branch_id == database.setup(branch).branch_id
    query = legs_with_tickets().where(here).order_by(leg_table.c.id)
    return database.read(lambda connection: list(connection.execute(query)))


def line_of(database: Database, branch: str = "centre") -> list[str]:
    """The numbers of everybody who waits today, in the order of their turns."""
    today = database.setup(branch).service_day(database.clock.now())
    waiting = [leg for leg in legs_of(database, branch) if leg.state == "waiting" and leg.service_day == today]
    return [leg.label for leg in sorted(waiting, key=lambda leg: (leg.turn, leg.ticket_id))]


@contextmanager
def refused(code: str, *, field: str | None = None, **params: object) -> Iterator[None]:
    """What happens inside must be refused with this code, and if given, naming this field and these values."""
    with pytest.raises(Refused) as refusal:
        yield
    found = refusal.value
    assert (found.code, field or found.field) == (code, found.field)
    assert {**found.params, **params} == found.params
