"""How is a slot found, held, booked, moved, given back and turned into a ticket over HTTP?"""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.actions import appointments, check_in, holds
from queue_service.actions.appointments import VISITOR
from queue_service.actions.holds import Held, Holder
from queue_service.model.staff import Role
from queue_service.model.ticket import Channel
from queue_service.notifications.calendar_file import calendar_file
from queue_service.rules.contact import ContactFacts, contact
from queue_service.rules.errors import Refused
from queue_service.storage import appointments as known
from queue_service.storage import boards, lookup
from queue_service.storage.boards import Board, moment
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.slots import BY_STAFF, Wish, first_free, free_slots, slot_board
from queue_service.web import access, proof
from queue_service.web.booking_models import (
    Booking,
    CheckIn,
    Correction,
    HoldOrder,
    HoldPath,
    Move,
    NearestSearch,
    SlotSearch,
)
from queue_service.web.callers import address_hash, hashed
from queue_service.web.models import BranchPath, TokenPath
from queue_service.web.office import office
from queue_service.web.public import ticket_urls
from queue_service.web.qr import qr_picture

api = APIBlueprint("booking", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Appointments")])
AT_THE_DESK = (Role.RECEPTION, Role.HALL, Role.OPERATOR)


@api.get("/branches/<branch>/slots", summary="Free slots for a service, or for several in one visit")
def slots(path: BranchPath, query: SlotSearch) -> Response:
    staff = access.require_if_signed_in(*AT_THE_DESK, branch=path.branch)
    channel = Channel.WEB if staff is None else query.channel if query.channel in BY_STAFF else Channel.RECEPTION
    wish = Wish(tuple(query.service), channel, tuple(query.needs), query.language)
    proof.of_request(path.branch, wish)

    def search(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
        return [slot_board(slot) for slot in free_slots(connection, setup, now, wish, query.start, query.end)]

    return jsonify(office().board(path.branch, search))


@api.get("/branches/<branch>/slot-challenge", summary="The puzzle to solve before a search, where one is asked")
def slot_challenge(path: BranchPath, query: SlotSearch) -> Response:
    """Sent back solved in the header X-Proof-Of-Work, it opens searches for ten minutes and one hold; {} asks none."""
    return jsonify(office().board(path.branch, proof.challenge_for(Wish(tuple(query.service)))))


@api.get("/nearest-slots", summary="The next free slot in every office that offers the service, the soonest first")
def nearest_slots(query: NearestSearch) -> Response:
    """Refused when no office can ever meet it; where there is one that has no free slot now, it is an empty list."""
    wish = Wish(tuple(query.service), needs=tuple(query.needs), language=query.language)
    refused: list[Refused] = []

    def search(connection: Connection, setup: Setup, now: datetime) -> Board | None:
        try:
            found = first_free(connection, setup, now, wish)
        except Refused as refusal:  # what this office cannot meet, another may
            refused.append(refusal)
            return None
        return {"branch": boards.branch_place(setup), **slot_board(found[0])} if found else None

    codes = office().database.read(lookup.branch_codes)
    found = [one for code in codes if (one := office().board(code, search)) is not None]
    if refused and not found:
        _refuse(refused, is_by_all=len(refused) == len(codes))
    return jsonify(sorted(found, key=lambda one: one["starts_at"]))


def _refuse(refused: list[Refused], is_by_all: bool) -> None:
    """Raises what tells most; that some offices do not offer the service is no news while another does."""
    telling = max(refused, key=lambda one: _NOT_OFFERED.index(one.code) if one.code in _NOT_OFFERED else math.inf)
    if is_by_all or telling.code not in _NOT_OFFERED:
        raise telling


_NOT_OFFERED = ("unknown_service", "not_bookable")
"""The less telling one first."""


@api.post("/branches/<branch>/slot-holds", summary="Keep a slot for some minutes while the form is filled in")
def hold_slot(path: BranchPath, body: HoldOrder) -> tuple[Response, int]:
    staff = access.require_if_signed_in(*AT_THE_DESK, branch=path.branch)
    channel = body.channel if staff is not None and body.channel in BY_STAFF else Channel.WEB
    wish = Wish(body.codes, channel, tuple(body.needs), body.language)
    name = None if body.holder is None else hashed(body.holder)
    holder = Holder(name, None if staff is not None else address_hash())
    sent = proof.of_request(path.branch, wish)  # read here: the transaction runs in a thread that knows no request

    def answer(hall: Hall) -> Board:
        proof.spend(hall, sent)
        moving = None if body.moving is None else check_in.find(hall, body.moving)
        return _hold_board(holds.hold(hall, wish, body.starts_at, holder, moving))

    return jsonify(office().perform(path.branch, _scope(staff), answer)), 201


@api.delete("/slot-holds/<hold>", summary="Let go of a held slot")
def drop_hold(path: HoldPath) -> Response:
    branch = office().database.read(lambda connection: known.branch_of_hold(connection, path.hold))
    office().perform(branch, VISITOR, lambda hall: holds.drop(hall, holds.of_token(hall, path.hold)))
    return Response(status=204)


@api.post("/appointments", summary="Book the slot that a hold keeps")
def book(body: Booking) -> tuple[Response, int]:
    branch = office().database.read(lambda connection: known.branch_of_hold(connection, body.hold))
    staff = access.require_if_signed_in(*AT_THE_DESK, branch=branch)
    whose = contact(body.name, body.phone, body.email)
    needs = None if body.needs is None else tuple(body.needs)
    staff_id = None if staff is None else staff.staff_id
    base = office().public_url  # read here: the transaction runs in a thread that knows no request

    def answer(hall: Hall) -> Board:
        row, token = appointments.book(hall, body.hold, whose, body.language, needs, staff_id)
        return {**known.appointment(row, hall.setup, hall.now), **appointment_urls(base, token)}

    return jsonify(office().perform(branch, _scope(staff), answer)), 201


@api.get("/appointments/<token>", summary="An appointment as its holder sees it")
def show(path: TokenPath) -> Response:
    return jsonify(appointment_of(path.token))


@api.post("/appointments/<token>/move", summary="Move an appointment to another time")
def move(path: TokenPath, body: Move) -> Response:
    def change(hall: Hall, row: Any) -> Any:
        return appointments.move(hall, row, body.starts_at or row.starts_at, hold=body.hold)

    return _on_appointment(path.token, change)


@api.patch("/appointments/<token>", summary="Correct how the holder of an appointment can be reached")
def correct(path: TokenPath, body: Correction) -> Response:
    def change(hall: Hall, row: Any) -> Any:
        return appointments.change_contact(hall, row, *corrected(row, body))

    return _on_appointment(path.token, change)


@api.delete("/appointments/<token>", summary="Cancel an appointment")
def cancel(path: TokenPath) -> Response:
    return _on_appointment(path.token, appointments.cancel)


@api.get("/appointments/<token>/qr.svg", summary="QR code for the check-in at the kiosk")
def qr(path: TokenPath) -> Response:
    office().database.read(lambda connection: known.branch_of_appointment(connection, path.token))
    return qr_picture(appointment_urls(office().public_url, path.token)["status_url"])


@api.get("/appointments/<token>/appointment.ics", summary="The appointment for somebody's calendar")
def ics(path: TokenPath) -> Response:
    branch = office().database.read(lambda connection: known.branch_of_appointment(connection, path.token))
    link = appointment_urls(office().public_url, path.token)["status_url"]

    def file(connection: Connection, setup: Setup, now: datetime) -> bytes:
        return calendar_file(known.by_token(connection, path.token), setup, link, now)

    headers = {"Content-Disposition": "attachment; filename=appointment.ics"}
    return Response(office().board(branch, file), mimetype="text/calendar", headers=headers)


@api.post("/branches/<branch>/check-in", summary="Turn an appointment into a ticket: early, on time or late")
def check_in_with(path: BranchPath, body: CheckIn) -> tuple[Response, int]:
    staff = access.require_if_signed_in(*AT_THE_DESK, branch=path.branch)
    base, scope = office().public_url, _scope(staff)

    def answer(hall: Hall) -> Board:
        done = check_in.check_in(hall, body.code, scope, body.language)
        board = boards.visit(hall.connection, hall.setup, hall.now, [done.issued.leg], hall.version)
        booked = {"starts_at": moment(done.appointment.starts_at), "arrival": done.arrival.value}
        return {**board, **ticket_urls(base, done.issued.token), "appointment": booked}

    return jsonify(office().perform(path.branch, scope, answer)), 201


def corrected(row: Any, body: Correction) -> tuple[ContactFacts, str]:
    """The contact and the language of an appointment with what was sent in their place."""
    sent = body.model_dump(exclude_unset=True)
    facts = {name: sent.get(name, getattr(row, name)) for name in ("name", "phone", "email")}
    return contact(facts["name"] or "", facts["phone"] or "", facts["email"]), body.language or row.language


def appointment_of(token: str) -> Board:
    """The appointment behind a token, with its addresses; raises Refused(unknown_appointment)."""
    branch = office().database.read(lambda connection: known.branch_of_appointment(connection, token))

    def picture(connection: Connection, setup: Setup, now: datetime) -> Board:
        return known.appointment(known.by_token(connection, token), setup, now)

    return {**office().board(branch, picture), **appointment_urls(office().public_url, token)}


def appointment_urls(base: str, token: str) -> dict[str, str]:
    """Where an appointment is found; `base` is the public address from the settings."""
    return {
        "token": token,
        "status_url": f"{base}/a/{token}",
        "qr_url": f"{base}/api/v1/appointments/{token}/qr.svg",
        "ics_url": f"{base}/api/v1/appointments/{token}/appointment.ics",
    }


def _on_appointment(token: str, change: Callable[[Hall, Any], Any]) -> Response:
    branch = office().database.read(lambda connection: known.branch_of_appointment(connection, token))
    base = office().public_url

    def answer(hall: Hall) -> Board:
        row = change(hall, known.by_token(hall.connection, token))
        return {**known.appointment(row, hall.setup, hall.now), **appointment_urls(base, token)}

    return jsonify(office().perform(branch, VISITOR, answer))


def _scope(staff: Any) -> str:
    return VISITOR if staff is None else f"staff:{staff.staff_id}"


def _hold_board(held: Held) -> Board:
    times = {name: moment(getattr(held, name)) for name in ("starts_at", "ends_at", "expires_at")}
    return {"hold": held.token, **times}
