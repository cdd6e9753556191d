"""How does somebody wait for a slot over HTTP? The waiting list, the draw of a new day, and what is offered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.actions import waiting
from queue_service.actions.appointments import VISITOR
from queue_service.actions.draws import sign_up
from queue_service.actions.entries import Whose
from queue_service.model.appointment import WaitingKind
from queue_service.model.staff import Role
from queue_service.model.ticket import Channel
from queue_service.rules.appointment import day_to_draw, draw_ends_at
from queue_service.rules.contact import contact
from queue_service.rules.roster import day_of
from queue_service.storage import appointments as booked
from queue_service.storage import waiting as known
from queue_service.storage.boards import Board, moment
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.sealed import unseal
from queue_service.storage.slots import USUAL_SEARCH_DAYS, Wish
from queue_service.web import access, proof
from queue_service.web.booking import appointment_urls
from queue_service.web.booking_models import Wait
from queue_service.web.callers import address_hash
from queue_service.web.models import BranchPath, TokenPath
from queue_service.web.office import office

api = APIBlueprint("waiting", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Waiting list")])
AT_THE_DESK = (Role.RECEPTION, Role.HALL)


@api.post("/branches/<branch>/waiting-list", summary="Wait for a slot between two days")
def join(path: BranchPath, body: Wait) -> tuple[Response, int]:
    def change(hall: Hall, wish: Wish, whose: Whose) -> tuple[Any, str]:
        first = body.start or day_of(hall.now, hall.setup.time_zone)
        last = body.end or first + timedelta(days=USUAL_SEARCH_DAYS - 1)
        return waiting.join(hall, wish, first, last, whose)

    return _enter(path, body, change)


@api.post("/branches/<branch>/draws", summary="Sign up for the draw of a new day's slots")
def enter_draw(path: BranchPath, body: Wait) -> tuple[Response, int]:
    return _enter(path, body, sign_up)


@api.get("/branches/<branch>/draws", summary="For which services people sign up now, for which day, until when")
def draws(path: BranchPath) -> Response:
    return jsonify(office().board(path.branch, _draws))


@api.get("/branches/<branch>/waiting-list", summary="Who waits for a slot, in order; for staff")
def who_waits(path: BranchPath) -> Response:
    office().database.setup(path.branch)
    access.require(*AT_THE_DESK, branch=path.branch)

    def rows(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
        kinds = (WaitingKind.LIST, WaitingKind.DRAW)
        return [known.staff_entry(row) for kind in kinds for row in known.live(connection, setup.branch_id, kind)]

    return jsonify(office().board(path.branch, rows))


@api.get("/waiting-list/<token>", summary="An entry of the waiting list as its holder sees it")
def show(path: TokenPath) -> Response:
    return jsonify(waiting_entry_of(path.token))


@api.post("/waiting-list/<token>/accept", summary="Book the slot that is offered")
def accept(path: TokenPath) -> tuple[Response, int]:
    base = office().public_url

    def answer(hall: Hall) -> Board:
        row, token = waiting.accept(hall, known.by_token(hall.connection, path.token))
        return {**booked.appointment(row, hall.setup, hall.now), **appointment_urls(base, token)}

    return jsonify(office().perform(_branch(path.token), VISITOR, answer)), 201


@api.post("/waiting-list/<token>/decline", summary="Leave what is offered to the next, and go on waiting")
def decline(path: TokenPath) -> Response:
    base = office().public_url

    def answer(hall: Hall) -> Board:
        row = waiting.decline(hall, known.by_token(hall.connection, path.token))
        return _entry(hall.connection, row, hall.setup, hall.now, entry_urls(base, path.token))

    return jsonify(office().perform(_branch(path.token), VISITOR, answer))


@api.delete("/waiting-list/<token>", summary="Wait no longer")
def leave(path: TokenPath) -> Response:
    def answer(hall: Hall) -> None:
        waiting.leave(hall, known.by_token(hall.connection, path.token))

    office().perform(_branch(path.token), VISITOR, answer)
    return Response(status=204)


def waiting_entry_of(token: str) -> Board:
    """The entry behind a token, with its address; raises Refused(unknown_entry)."""

    base, secret = office().public_url, office().database.secret

    def picture(connection: Connection, setup: Setup, now: datetime) -> Board:
        row = known.by_token(connection, token)
        return {
            **_entry(connection, row, setup, now, entry_urls(base, token)),
            "booked": _booked(connection, row, base, secret),
        }

    found: Board = office().board(_branch(token), picture)
    return found


def entry_urls(base: str, token: str) -> dict[str, str]:
    return {"token": token, "status_url": f"{base}/w/{token}"}


def _enter(path: BranchPath, body: Wait, change: Callable[..., tuple[Any, str]]) -> tuple[Response, int]:
    staff = access.require_if_signed_in(*AT_THE_DESK, branch=path.branch)
    actor = VISITOR if staff is None else f"staff:{staff.staff_id}"
    channel = Channel.WEB if staff is None else Channel.RECEPTION
    wish = Wish(body.codes, channel, tuple(body.needs), body.language)
    address = None if staff is not None else address_hash()
    whose, base = Whose(contact(body.name, body.phone, body.email), actor, address), office().public_url
    sent = proof.of_request(path.branch, wish)

    def answer(hall: Hall) -> Board:
        proof.spend(hall, sent)
        row, token = change(hall, wish, whose)
        return _entry(hall.connection, row, hall.setup, hall.now, entry_urls(base, token))

    return jsonify(office().perform(path.branch, actor, answer)), 201


def _entry(connection: Connection, row: Any, setup: Setup, now: datetime, urls: dict[str, str]) -> Board:
    return {**known.entry(connection, row, setup, now), **urls}


def _booked(connection: Connection, row: Any, base: str, secret: bytes) -> Board | None:
    """The appointment that came of an entry, for its holder; its link where the secret it was sealed with is here."""
    if row.appointment_id is None:
        return None
    appointment = booked.by_id(connection, row.branch_id, row.appointment_id)
    token = unseal(secret, booked.TOKEN, appointment.sealed_token)
    link = None if token is None else appointment_urls(base, token)["status_url"]
    return {"starts_at": moment(appointment.starts_at), "status_url": link}


def _branch(token: str) -> str:
    return office().database.read(lambda connection: known.branch_of_entry(connection, token))


def _draws(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    found = []
    for service in setup.services.values():
        if service.booking is None or service.code not in setup.bookable:
            continue
        day = day_to_draw(service.booking, now, setup.time_zone)
        if day is not None:
            signed_up = known.live(connection, setup.branch_id, WaitingKind.DRAW, known.waiting_table.c.first == day)
            found.append(
                {
                    "service": service.code,
                    "day": day.isoformat(),
                    "ends_at": moment(draw_ends_at(service.booking, now, setup.time_zone)),
                    "signed_up": sum(service.code in row.services for row in signed_up),
                }
            )
    return found
