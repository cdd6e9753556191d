"""What can the office do with its devices over HTTP? Let them in, turn them away, list, change, identify, revoke."""

from collections.abc import Callable
from typing import Annotated, Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel, Field

from queue_service.actions import devices, pairing
from queue_service.model.staff import Role
from queue_service.rules.device import DeviceChange, DeviceFacts
from queue_service.rules.errors import Refused, not_found
from queue_service.storage.devices import KnownDevice, board, devices_board
from queue_service.storage.hall import Hall
from queue_service.web import access
from queue_service.web.models import Body, BranchPath, Code
from queue_service.web.office import office

api = APIBlueprint("admin_devices", __name__, url_prefix="/api/v1/admin", abp_tags=[Tag(name="Devices")])

UserCode = Annotated[str, Field(min_length=1, max_length=40)]


class NewDevice(DeviceFacts):
    user_code: UserCode
    """The code on the machine's screen, in whatever spacing."""


class UnwantedDevice(Body):
    user_code: UserCode


class DevicePath(BaseModel):
    branch: Code
    device: Annotated[str, Field(max_length=40)]


@api.before_request
def _say_who_you_are() -> None:
    access.who()


@api.get("/branches/<branch>/devices", summary="The devices of a branch, and when each was last seen")
def show_devices(path: BranchPath) -> Response:
    office().database.setup(path.branch)
    access.require(Role.HALL, branch=path.branch)
    return jsonify(office().board(path.branch, devices_board))


@api.post("/branches/<branch>/devices", summary="Let in the machine that shows this code")
def let_in(path: BranchPath, body: NewDevice) -> tuple[Response, int]:
    facts = DeviceFacts.model_validate(body.model_dump(exclude={"user_code"}))
    answer = _by_code(path.branch, lambda hall, actor: _shown(hall, pairing.let_in(hall, body.user_code, facts, actor)))
    return answer, 201


@api.post("/branches/<branch>/devices/deny", summary="Turn away the machine that shows this code")
def turn_away(path: BranchPath, body: UnwantedDevice) -> Response:
    _by_code(path.branch, lambda hall, actor: pairing.turn_away(hall, body.user_code, actor))
    return Response(status=204)


@api.patch("/branches/<branch>/devices/<device>", summary="Rename a device, change its role or its settings")
def change(path: DevicePath, body: DeviceChange) -> Response:
    def answer(hall: Hall, device_id: int, actor: str) -> Any:
        return _shown(hall, devices.change_device(hall, device_id, body, actor))

    return jsonify(_on_device(path, answer))


@api.post("/branches/<branch>/devices/<device>/identify", summary="Let the device show its own name for some seconds")
def identify(path: DevicePath) -> Response:
    def answer(hall: Hall, device_id: int, actor: str) -> Any:
        return _shown(hall, devices.identify(hall, device_id, actor))

    return jsonify(_on_device(path, answer))


@api.post("/branches/<branch>/devices/<device>/key", summary="An address with a key, for a machine that forgets")
def give_key(path: DevicePath) -> Response:
    base = office().public_url

    def answer(hall: Hall, device_id: int, actor: str) -> Any:
        device, key = devices.key_for_keeps(hall, device_id, actor)
        return {**_shown(hall, device), "key": key, "address": f"{base}/device#{key}"}

    return jsonify(_on_device(path, answer))


@api.delete("/branches/<branch>/devices/<device>", summary="Revoke a device: it is cut off at once")
def revoke(path: DevicePath) -> Response:
    _on_device(path, devices.revoke)
    return Response(status=204)


def _by_code(branch: str, answer: Callable[[Hall, str], Any]) -> Response:
    """Every code is counted before it is looked at, and the count is taken back unless it fitted nothing."""
    actor, staff_id = _who(branch)
    database = office().database
    try_id = database.write(lambda connection: pairing.count_try(connection, staff_id, database.clock.now()))
    was_guess = False
    try:
        return jsonify(office().perform(branch, actor, lambda hall: answer(hall, actor)))
    except Refused as refusal:
        was_guess = refusal.code == "unknown_pairing_code"
        raise
    finally:
        if not was_guess:
            database.write(lambda connection: pairing.forget_try(connection, try_id))


def _on_device(path: DevicePath, answer: Callable[[Hall, int, str], Any]) -> Any:
    actor, _ = _who(path.branch)
    if not path.device.isascii() or not path.device.isdigit() or len(path.device) > 9:
        raise not_found("device", path.device)
    return office().perform(path.branch, actor, lambda hall: answer(hall, int(path.device), actor))


def _who(branch: str) -> tuple[str, int]:
    office().database.setup(branch)
    known = access.require(Role.HALL, branch=branch)
    return f"staff:{known.staff_id}", known.staff_id


def _shown(hall: Hall, device: KnownDevice) -> dict[str, Any]:
    return board(device, hall.now)
