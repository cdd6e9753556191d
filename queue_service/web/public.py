"""What can a visitor reach without signing in? Branches, services, tickets, the hall."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]

from queue_service.actions import legs, tickets
from queue_service.model.device import DeviceRole
from queue_service.model.staff import Role
from queue_service.model.ticket import Channel
from queue_service.rules.errors import Kind, Refused
from queue_service.storage import boards, hall_board, lookup
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.web import access
from queue_service.web.models import BranchPath, Defer, MoreService, TicketOrder, TokenPath
from queue_service.web.office import office
from queue_service.web.qr import qr_picture

api = APIBlueprint("public", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Visitors")])


@api.get("/branches", summary="All branches")
def all_branches() -> Response:
    return jsonify(office().branches())


@api.get("/branches/<branch>", summary="One branch: where, when open, how full")
def one_branch(path: BranchPath) -> Response:
    return jsonify(office().public_branch(path.branch))


@api.get("/branches/<branch>/services", summary="Services with documents, state and people waiting")
def all_services(path: BranchPath) -> Response:
    return jsonify(office().board(path.branch, boards.services))


@api.get("/branches/<branch>/hall", summary="What a hall screen may show")
def hall(path: BranchPath) -> Response:
    return jsonify(office().board(path.branch, hall_board.hall))


@api.post("/branches/<branch>/tickets", summary="Take a ticket")
def take_ticket(path: BranchPath, body: TicketOrder) -> tuple[Response, int]:
    """Anybody's, or, with a staff session or token, entered by staff; reception may grant priority on proof.

    A kiosk that shows its key is named in the ledger.
    """
    kiosk = access.device_if_shown(DeviceRole.KIOSK, branch=path.branch)
    if kiosk is not None and body.channel != Channel.KIOSK:
        raise Refused("not_for_this_device", Kind.FORBIDDEN, field="channel")
    staff = access.require_if_signed_in(Role.OPERATOR, Role.RECEPTION, Role.HALL, branch=path.branch)
    order = tickets.Order(
        tuple(body.services),
        body.language,
        body.channel,
        tuple(body.needs),
        body.priority,
        granted_by=None if staff is None or staff.role == Role.OPERATOR else staff.staff_id,
    )
    actor = f"staff:{staff.staff_id}" if staff else f"device:{kiosk.id}" if kiosk else tickets.VISITOR
    base = office().public_url  # read here: the transaction runs in a thread that knows no request

    def answer(hall: Hall) -> Board:
        issued = tickets.issue(hall, order, actor)
        board = boards.visit(hall.connection, hall.setup, hall.now, [issued.leg], hall.version)
        return {**board, **ticket_urls(base, issued.token)}

    return jsonify(office().perform(path.branch, actor, answer)), 201


@api.get("/tickets/<token>", summary="A ticket as its holder sees it")
def show_ticket(path: TokenPath) -> Response:
    return jsonify(office().ticket(path.token))


@api.post("/tickets/<token>/cancel", summary="Give a ticket back")
def cancel_ticket(path: TokenPath) -> Response:
    return _on_ticket(path.token, tickets.cancel)


@api.post("/tickets/<token>/defer", summary="Be called no earlier than in some minutes; 0 ends it early")
def defer_ticket(path: TokenPath, body: Defer) -> Response:
    return _on_ticket(path.token, lambda hall, leg: tickets.defer(hall, leg, body.minutes))


@api.post("/tickets/<token>/rejoin", summary="Wait again after a missed call, once")
def rejoin_with_ticket(path: TokenPath) -> Response:
    return _on_ticket(path.token, tickets.rejoin)


@api.post("/tickets/<token>/services", summary="One more service on the same ticket")
def add_service(path: TokenPath, body: MoreService) -> Response:
    return _on_ticket(path.token, lambda hall, leg: tickets.add_service(hall, leg, body.code))


def _on_ticket(token: str, action: Callable[[Hall, Any], None]) -> Response:
    branch = office().database.read(lambda connection: lookup.branch_of_ticket(connection, token))

    def answer(hall: Hall) -> Board:
        leg = legs.of_token(hall, lookup.token_hash(token))
        action(hall, leg)
        board = boards.ticket(hall.connection, hall.setup, hall.now, leg.ticket_id)
        return {**board, "version": hall.version}

    return jsonify(office().perform(branch, tickets.VISITOR, answer))


@api.get("/tickets/<token>/qr.svg", summary="QR code of a ticket's page")
def ticket_qr(path: TokenPath) -> Response:
    office().database.read(lambda connection: lookup.ticket_id_of(connection, path.token))
    return qr_picture(ticket_urls(office().public_url, path.token)["status_url"])


def ticket_urls(base: str, token: str) -> dict[str, str]:
    """Where a ticket is found; `base` is the public address from the settings."""
    return {
        "token": token,
        "status_url": f"{base}/t/{token}",
        "qr_url": f"{base}/api/v1/tickets/{token}/qr.svg",
        "slip_url": f"{base}/t/{token}/slip",
    }
