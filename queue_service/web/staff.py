"""What can staff reach? Signing in, a window's shift, the moves of a ticket, the live hall."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from flask import Response, g, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.actions import day, last_move, legs, serving, staff, tickets, windows
from queue_service.actions.legs import at_window
from queue_service.actions.staff import Known
from queue_service.actions.windows import Operator
from queue_service.model.staff import Role
from queue_service.rules.errors import Kind, Refused
from queue_service.storage import lookup, staff_boards, visits
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.shift import earlier_stops, own_day
from queue_service.web import access
from queue_service.web.models import (
    AtWindow,
    BranchPath,
    Chosen,
    Credentials,
    Finish,
    Hold,
    LegPath,
    Numbered,
    Opening,
    Pause,
    Priority,
    Transfer,
    WindowPath,
    small_number,
)
from queue_service.web.office import office
from queue_service.web.public import api as visitors

api = APIBlueprint("staff", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Staff")])
AT_WINDOWS = (Role.OPERATOR, Role.RECEPTION, Role.HALL)


@api.post("/session", summary="Sign in")
def sign_in(body: Credentials) -> tuple[Response, int]:
    database = office().database
    # Checking a password takes a tenth of a second of pure work, so it goes where commits go: off the event loop.
    staff_id = database.offload(
        lambda: database.read(lambda connection: staff.password_matches(connection, body.username, body.password))
    )
    if staff_id is None:
        raise Refused("wrong_password", Kind.UNAUTHORISED, field="password")
    now = database.clock.now()
    secret = database.write(lambda connection: staff.open_session(connection, staff_id, now))
    g.known = access.known_by_cookie(secret)
    response = jsonify(_me(g.known))
    access.keep_session(response, secret)
    return response, 201


@api.delete("/session", summary="Sign out")
def sign_out() -> tuple[str, int]:
    known = access.who()
    office().database.write(lambda connection: staff.close_session(connection, known.key_hash))
    return "", 204


@api.get("/me", summary="Who am I?")
def me() -> Response:
    return jsonify(_me(access.who()))


@api.get("/branches/<branch>/desk", summary="The live hall for staff")
def desk(path: BranchPath) -> Response:
    known = access.who()
    office().database.setup(path.branch)
    access.require(*AT_WINDOWS, Role.REVIEWER, branch=path.branch)
    board = cast(Board, office().board(path.branch, staff_boards.desk))
    for window in board["windows"]:
        window["mine"] = window["operator_id"] == str(known.staff_id)
    return jsonify(board)


@api.get("/branches/<branch>/my-day", summary="What I did today; nobody else is told")
def my_day(path: BranchPath) -> Response:
    access.who()
    office().database.setup(path.branch)
    known = access.require(*AT_WINDOWS, branch=path.branch)

    def counted(connection: Connection, setup: Setup, now: datetime) -> Board:
        return own_day(connection, setup, now, known.staff_id)

    return jsonify(office().board(path.branch, counted))


# Beside the call that takes a ticket: the document keeps one blueprint for each path.
@visitors.get(
    "/branches/<branch>/tickets", summary="Today's ticket with a printed number, and what may be done with it"
)
def ticket_by_number(path: BranchPath, query: Numbered) -> Response:
    access.who()
    office().database.setup(path.branch)
    access.require(*AT_WINDOWS, Role.REVIEWER, branch=path.branch)

    def found(connection: Connection, setup: Setup, now: datetime) -> Board:
        return visits.by_number(connection, setup, now, query.number)

    return jsonify(office().board(path.branch, found))


@api.post("/branches/<branch>/close-day", summary="End the service day: whoever still waits is counted as left")
def close_day(path: BranchPath) -> Response:
    access.who()
    office().database.setup(path.branch)
    known = access.require(Role.HALL, branch=path.branch)
    actor = f"staff:{known.staff_id}"

    def answer(hall: Hall) -> Board:
        left = day.close_day(hall, actor)
        return {"left": sum(left.values()), "days": {str(day): count for day, count in sorted(left.items())}}

    return jsonify(office().perform(path.branch, actor, answer))


@api.post("/windows/<window>/open", summary="Open a window")
def open_window(path: WindowPath, body: Opening) -> Response:
    services = None if body.services is None else tuple(body.services)
    return _shift(path, lambda hall, window, who: windows.open_window(hall, window, who, services))


@api.post("/windows/<window>/pause", summary="Pause a window")
def pause_window(path: WindowPath, body: Pause) -> Response:
    return _shift(path, lambda hall, window, who: windows.pause_window(hall, window, who, body.reason))


@api.post("/windows/<window>/resume", summary="Resume a paused window")
def resume_window(path: WindowPath) -> Response:
    return _shift(path, windows.resume_window)


@api.post("/windows/<window>/close", summary="Close a window")
def close_window(path: WindowPath) -> Response:
    return _shift(path, windows.close_window)


@api.post("/windows/<window>/next", summary="Call whoever is next; 204 when nobody waits")
def call_next(path: WindowPath) -> Response:
    return _move(path, serving.call_next)


@api.post("/windows/<window>/call", summary="Call a chosen ticket, with a reason")
def call_chosen(path: WindowPath, body: Chosen) -> Response:
    return _move(path, lambda hall, window, who: serving.call_chosen(hall, window, who, body.number, body.reason))


@api.post("/windows/<window>/recall", summary="Announce the called visitor again")
def recall(path: WindowPath, body: AtWindow) -> Response:
    return _move(path, lambda hall, window, who: serving.recall(hall, window, who, _leg(body)))


@api.post("/windows/<window>/start", summary="Service begins")
def start(path: WindowPath, body: AtWindow) -> Response:
    return _move(path, lambda hall, window, who: serving.start(hall, window, who, _leg(body)))


@api.post("/windows/<window>/hold", summary="Put the visitor aside, with a reason and perhaps a time to return")
def hold(path: WindowPath, body: Hold) -> Response:
    held = (body.reason, body.return_at, _leg(body))
    return _move(path, lambda hall, window, who: serving.hold(hall, window, who, *held))


@api.post("/windows/<window>/finish", summary="Service is over, with an outcome")
def finish(path: WindowPath, body: Finish) -> Response:
    ended = (body.outcome, body.note, _leg(body))
    return _move(path, lambda hall, window, who: serving.finish(hall, window, who, *ended))


@api.post("/windows/<window>/no-show", summary="The called visitor did not come")
def no_show(path: WindowPath, body: AtWindow) -> Response:
    return _move(path, lambda hall, window, who: serving.no_show(hall, window, who, _leg(body)))


@api.post("/windows/<window>/transfer", summary="Send the visitor to another service, window or operator")
def transfer(path: WindowPath, body: Transfer) -> Response:
    window_id = None if body.window is None else int(body.window)
    operator_id = None if body.operator is None else int(body.operator)
    target = serving.Target(body.service, window_id, operator_id, body.and_back)
    return _move(path, lambda hall, window, who: serving.transfer(hall, window, who, target, body.note, _leg(body)))


@api.post("/windows/<window>/undo", summary="Take back one's own last move")
def undo(path: WindowPath) -> Response:
    return _move(path, last_move.undo)


@api.post("/legs/<leg>/return", summary="A held visitor waits again")
def bring_back(path: LegPath) -> Response:
    return _on_leg(path, tickets.bring_back)


@api.post("/legs/<leg>/rejoin", summary="A visitor who missed the call waits again, once")
def rejoin(path: LegPath) -> Response:
    return _on_leg(path, tickets.rejoin)


@api.post("/legs/<leg>/cancel", summary="A visitor tells the reception that they do not stay")
def cancel(path: LegPath) -> Response:
    return _on_leg(path, tickets.cancel)


@api.post("/legs/<leg>/priority", summary="Grant a priority category on proof")
def grant_priority(path: LegPath, body: Priority) -> Response:
    def grant(hall: Hall, leg: Any, actor: str) -> None:
        tickets.grant_priority(hall, leg, body.priority, int(actor.removeprefix("staff:")), actor)

    return _on_leg(path, grant, Role.RECEPTION, Role.HALL)


def _on_leg(path: LegPath, action: Callable[[Hall, Any, str], None], *roles: Role) -> Response:
    """A staff action on a visitor who is at no window; the leg as it is then."""
    access.who()
    leg_id = small_number(path.leg, "leg")
    branch = office().database.read(lambda connection: lookup.branch_of_leg(connection, leg_id))
    known = access.require(*(roles or AT_WINDOWS), branch=branch)
    actor = f"staff:{known.staff_id}"

    def answer(hall: Hall) -> Board:
        leg = legs.by_id(hall, leg_id)
        action(hall, leg, actor)
        return {**staff_boards.operator_leg(legs.by_id(hall, leg_id), hall.setup), "version": hall.version}

    return jsonify(office().perform(branch, actor, answer))


def _leg(body: AtWindow) -> int | None:
    return None if body.leg is None else int(body.leg)


def _move(path: WindowPath, action: Callable[[Hall, int, Operator], Any]) -> Response:
    def answer(hall: Hall, window: int, operator: Operator) -> Board | None:
        leg = action(hall, window, operator)
        if leg is None:
            return None
        earlier = earlier_stops(hall.connection, hall.setup, [leg]).get(leg.ticket_id, [])
        return {**staff_boards.operator_leg(leg, hall.setup), "earlier": earlier, "version": hall.version}

    leg = _at_window(path, answer)
    return Response(status=204) if leg is None else jsonify(leg)


def _shift(path: WindowPath, action: Callable[[Hall, int, Operator], None]) -> Response:
    def answer(hall: Hall, window: int, operator: Operator) -> Board:
        action(hall, window, operator)
        changed = hall.setup.window(window)
        name = operator.name if changed.operator_id == operator.id else None
        board = staff_boards.window(changed, hall.setup, at_window(hall, window), name)
        return {**board, "mine": name is not None, "version": hall.version}

    return jsonify(_at_window(path, answer))


def _at_window(path: WindowPath, answer: Callable[[Hall, int, Operator], Any]) -> Any:
    access.who()
    window = small_number(path.window, "window")
    branch = office().database.branch_of_window(window)
    known = access.require(*AT_WINDOWS, branch=branch)
    operator = Operator(known.staff_id, known.name)
    return office().perform(branch, operator.actor, lambda hall: answer(hall, window, operator))


def _me(known: Known) -> Board:
    database = office().database

    def names(connection: Connection) -> list[Board]:
        setups: list[Setup] = [database.setups.read(connection, code) for code in sorted(known.branches)]
        return [{"code": setup.code, "name": setup.name} for setup in setups]

    return {
        "id": str(known.staff_id),
        "username": known.username,
        "name": known.name,
        "role": known.role.value,
        "branches": database.read(names),
        "csrf": known.csrf,
    }
