"""What can a machine reach? It asks to be let in, fetches its key, learns what it is, and gets a new key."""

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel, Field

from queue_service.actions import devices, pairing
from queue_service.model.device import DeviceRole
from queue_service.rules.device import ASK_EVERY_SECONDS, VALID, clean_code, shown_code
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.storage.devices import KnownDevice, own_board
from queue_service.web import access
from queue_service.web.errors import problem
from queue_service.web.models import Body
from queue_service.web.office import office
from queue_service.web.qr import qr_picture

api = APIBlueprint("devices", __name__, url_prefix="/api/v1/devices", abp_tags=[Tag(name="Devices")])
TOO_EARLY = ("authorization_pending", "slow_down")


class DeviceCode(Body):
    device_code: str = Field(min_length=1, max_length=200)


class CodePath(BaseModel):
    code: str = Field(max_length=20)


class Arrival(Body):
    version: str | None = Field(default=None, max_length=32)
    """The version of the page that the device shows."""


class Sound(Body):
    blocked: bool
    """Whether the browser keeps the screen from making the sound that it should make."""


@api.post("/pair", summary="Ask to be let in: a code to show to people, and one to ask with")
def pair() -> Response:
    database = office().database
    codes = database.write(
        lambda connection: pairing.ask_to_be_let_in(connection, database.secret, database.clock.now())
    )
    here = f"{office().public_url}/pair"
    return jsonify(
        {
            "device_code": codes.device_code,
            "user_code": shown_code(codes.user_code),
            "verification_uri": here,
            "verification_uri_complete": f"{here}?code={codes.user_code}",
            "qr_url": f"/api/v1/devices/qr/{codes.user_code}.svg",
            "expires_in": int(VALID.total_seconds()),
            "interval": ASK_EVERY_SECONDS,
        }
    )


@api.post("/token", summary="Fetch the key, once somebody has let the machine in")
def token(body: DeviceCode) -> Response:
    """Until then 400 with the codes of RFC 8628: authorization_pending, slow_down, access_denied, expired_token."""
    database = office().database
    # An answer and no refusal: that the machine asked must be kept.
    answer = database.write(lambda connection: pairing.fetch_key(connection, body.device_code, database.clock.now()))
    if answer.device is None:
        more = {"interval": answer.interval_seconds} if answer.error in TOO_EARLY else {}
        return problem(answer.error, 400, more={"error": answer.error, **more})
    return jsonify({"key": answer.key, "device": _own(answer.device)})


@api.post("/me", summary="A device says that it is there, and learns what it is")
def arrive(body: Arrival) -> Response:
    database, key = office().database, access.device_key()
    now = database.clock.now()
    device = database.write(lambda connection: devices.arrive(connection, key, now, body.version))
    if device is None:
        raise Refused("unknown_device_key", Kind.UNAUTHORISED)
    return jsonify(_own(device))


@api.post("/key", summary="A new key; the first use of it ends the present one")
def renew() -> Response:
    database, key = office().database, access.device_key()
    access.device()
    return jsonify({"key": database.write(lambda connection: devices.new_key(connection, key, database.clock.now()))})


@api.post("/sound", summary="A hall screen says whether its browser lets it be heard")
def tell_sound(body: Sound) -> Response:
    device = access.device()
    if device.role != DeviceRole.DISPLAY:
        raise Refused("not_for_this_device", Kind.FORBIDDEN)
    office().database.act(device.branch, lambda hall: devices.tell_sound(hall, device.id, body.blocked))
    return Response(status=204)


@api.get("/qr/<code>.svg", summary="QR code of the page on which this code is let in")
def qr(path: CodePath) -> Response:
    code = clean_code(path.code)
    if code is None:
        raise not_found("pairing_code", path.code)
    return qr_picture(f"{office().public_url}/pair?code={code}")


def _own(device: KnownDevice) -> dict[str, object]:
    return own_board(device, office().database.clock.now())
