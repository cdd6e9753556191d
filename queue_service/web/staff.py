"""What can staff reach? Signing in, a window's shift, the moves of a ticket, the live hall."""

from collections.abc import Callable
from typing import Any, cast

from flask import Response, g, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.actions import day, staff, windows
from queue_service.actions.legs import at_window
from queue_service.actions.staff import Known
from queue_service.actions.windows import Operator
from queue_service.model.staff import Role
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.storage import boards
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.web import access
from queue_service.web.models import BranchPath, Credentials, Finish, Opening, Pause, WindowPath
from queue_service.web.office import office

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
    board = cast(Board, office().board(path.branch, boards.desk))
    for window in board["windows"]:
        window["mine"] = window["operator_id"] == str(known.staff_id)
    board["outcomes"] = list(windows.OUTCOMES)
    board["pause_reasons"] = list(windows.PAUSE_REASONS)
    return jsonify(board)


@api.post("/branches/<branch>/close-day", summary="End the service day: whoever still waits is counted as left")
def close_day(path: BranchPath) -> Response:
    access.who()
    office().database.setup(path.branch)
    known = access.require(Role.HALL, branch=path.branch)
    actor = f"staff:{known.staff_id}"
    return jsonify(office().perform(path.branch, actor, lambda hall: {"left": day.close_day(hall, actor)}))


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
    return _move(path, windows.call_next)


@api.post("/windows/<window>/recall", summary="Announce the called visitor again")
def recall(path: WindowPath) -> Response:
    return _move(path, windows.recall)


@api.post("/windows/<window>/start", summary="Service begins")
def start(path: WindowPath) -> Response:
    return _move(path, windows.start)


@api.post("/windows/<window>/finish", summary="Service is over, with an outcome")
def finish(path: WindowPath, body: Finish) -> Response:
    return _move(path, lambda hall, window, who: windows.finish(hall, window, who, body.outcome, body.note))


@api.post("/windows/<window>/no-show", summary="The called visitor did not come")
def no_show(path: WindowPath) -> Response:
    return _move(path, windows.no_show)


def _move(path: WindowPath, action: Callable[[Hall, int, Operator], Any]) -> Response:
    def answer(hall: Hall, window: int, operator: Operator) -> Board | None:
        leg = action(hall, window, operator)
        return None if leg is None else {**boards.operator_leg(leg, hall.setup), "version": hall.version}

    leg = _at_window(path, answer)
    return Response(status=204) if leg is None else jsonify(leg)


def _shift(path: WindowPath, action: Callable[[Hall, int, Operator], None]) -> Response:
    def answer(hall: Hall, window: int, operator: Operator) -> Board:
        action(hall, window, operator)
        changed = hall.setup.window(window)
        name = operator.name if changed.operator_id == operator.id else None
        board = boards.window(changed, hall.setup, at_window(hall, window), name)
        return {**board, "mine": name is not None, "version": hall.version}

    return jsonify(_at_window(path, answer))


def _at_window(path: WindowPath, answer: Callable[[Hall, int, Operator], Any]) -> Any:
    access.who()
    window = _window_id(path.window)
    branch = office().database.read(lambda connection: boards.branch_of_window(connection, window))
    known = access.require(*AT_WINDOWS, branch=branch)
    operator = Operator(known.staff_id, known.name)
    return office().perform(branch, operator.actor, lambda hall: answer(hall, window, operator))


def _window_id(text: str) -> int:
    # Ids are opaque to callers; ours are numbers small enough for every database.
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise not_found("window", text)
    return int(text)


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
