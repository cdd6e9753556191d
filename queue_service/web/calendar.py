"""What can reception reach of appointments? The calendar, a search, bookings that do not fit, and changes to each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from queue_service.actions import appointments
from queue_service.model.staff import Role
from queue_service.rules.errors import invalid
from queue_service.rules.roster import day_of
from queue_service.storage import calendar as known
from queue_service.storage.appointments import by_id
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.web import access
from queue_service.web.booking_models import Move
from queue_service.web.models import Body, BranchPath, Code, Days, small_number
from queue_service.web.office import office

api = APIBlueprint("calendar", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Appointments for staff")])
MAY_SEE = (Role.RECEPTION, Role.HALL, Role.OPERATOR)
MAY_CHANGE = (Role.RECEPTION, Role.HALL)
LONGEST_DAYS = 31


class Search(Body):
    q: Annotated[str, Field(min_length=2, max_length=100)]
    """A code, a phone number, or part of a name."""


class AppointmentPath(BaseModel):
    branch: Code
    id: Code


@api.before_request
def _say_who_you_are() -> None:
    access.who()


@api.get("/branches/<branch>/calendar", summary="Appointments of some days, with the windows at which they fit")
def calendar(path: BranchPath, query: Days) -> Response:
    def days(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
        # By default today; a first day alone stands for itself.
        first = query.start or day_of(now, setup.time_zone)
        last = query.end or first
        if last - first >= timedelta(days=LONGEST_DAYS):
            raise invalid("search_too_long", "to", longest=LONGEST_DAYS)
        return known.calendar(connection, setup, now, first, last)

    return _shown(path.branch, days)


@api.get("/branches/<branch>/appointments", summary="Appointments by code, phone number or name")
def search(path: BranchPath, query: Search) -> Response:
    return _shown(path.branch, lambda connection, setup, now: known.found(connection, setup, query.q))


@api.get("/branches/<branch>/appointment-conflicts", summary="Bookings that the rosters have no room for any more")
def conflicts(path: BranchPath) -> Response:
    return _shown(path.branch, known.conflicts)


@api.post("/branches/<branch>/appointments/<id>/move", summary="Move somebody's appointment")
def move(path: AppointmentPath, body: Move) -> Response:
    def change(hall: Hall, row: Any, actor: str) -> Any:
        return appointments.move(hall, row, body.starts_at or row.starts_at, actor, body.hold)

    return _on_appointment(path, change)


@api.post("/branches/<branch>/appointments/<id>/cancel", summary="Cancel somebody's appointment")
def cancel(path: AppointmentPath) -> Response:
    return _on_appointment(path, appointments.cancel)


def _shown(branch: str, picture: Callable[[Connection, Setup, datetime], Any]) -> Response:
    office().database.setup(branch)
    access.require(*MAY_SEE, branch=branch)
    return jsonify(office().board(branch, picture))


def _on_appointment(path: AppointmentPath, change: Callable[[Hall, Any, str], Any]) -> Response:
    office().database.setup(path.branch)
    actor = f"staff:{access.require(*MAY_CHANGE, branch=path.branch).staff_id}"
    appointment_id = small_number(path.id, "appointment")

    def answer(hall: Hall) -> Board:
        row = by_id(hall.connection, hall.setup.branch_id, appointment_id)
        return known.staff_appointment(change(hall, row, actor))

    return jsonify(office().perform(path.branch, actor, answer))
