"""Offices and people for tests, made with as few words as possible."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert

from queue_service.actions import staff
from queue_service.actions.setup import BEFORE_ALL_DAYS
from queue_service.actions.tickets import Issued, Order, issue
from queue_service.actions.windows import Operator, open_window
from queue_service.model import Branch, Hall, Service, Window, WindowService, table
from queue_service.model.ticket import Channel
from queue_service.rules.office import ChoicesFacts
from queue_service.storage.database import Database
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
            **{key: value for key, value in facts.items() if key != "hours"},
        )
        hall = {"version": 0, "setup_version": 0, "ledger_seq": 0, "ledger_hash": "", "service_day": BEFORE_ALL_DAYS}
        connection.execute(insert(table(Hall)).values(branch_id=branch_id, **hall))
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


def an_operator(database: Database, name: str, *branches: str, role: str = "operator") -> Operator:
    staff_id = database.write(
        lambda connection: staff.add_staff(connection, name, role, branches or ("centre",), password=PASSWORD)
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
