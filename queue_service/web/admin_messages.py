"""What does an admin see of the messages to visitors? How many wait, what failed and why; never whose they are."""

from datetime import datetime

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel
from sqlalchemy import Connection

from queue_service.model.staff import Role
from queue_service.notifications.senders import reason_of
from queue_service.rules.errors import not_found
from queue_service.storage import messages
from queue_service.storage.boards import Board
from queue_service.storage.office import Setup
from queue_service.web import access
from queue_service.web.models import BranchPath, Code, small_number
from queue_service.web.office import office

api = APIBlueprint("admin_messages", __name__, url_prefix="/api/v1/admin", abp_tags=[Tag(name="Messages")])


class MessagePath(BaseModel):
    branch: Code
    id: Code


@api.before_request
def _say_who_you_are() -> None:
    access.who()


@api.get("/branches/<branch>/messages", summary="Messages to visitors: how many wait, what failed and why")
def show_messages(path: BranchPath) -> Response:
    office().database.setup(path.branch)
    access.require(Role.ADMIN, Role.HALL, branch=path.branch)
    settings = office().settings

    def picture(connection: Connection, setup: Setup, now: datetime) -> Board:
        troubled = messages.troubled(connection, setup.branch_id)
        return {
            **messages.outbox(connection, now, setup.branch_id),
            "configured": {"email": bool(settings.mail_host), "text": bool(settings.text_gateway)},
            "troubled": [{**row, "reason": reason_of(row["error"], row["channel"])} for row in troubled],
        }

    return jsonify(office().board(path.branch, picture))


@api.post("/branches/<branch>/messages/<id>/retry", summary="Send a failed message once more")
def retry(path: MessagePath) -> Response:
    branch_id = office().database.setup(path.branch).branch_id
    access.require(Role.ADMIN, branch=path.branch)
    message_id, database = small_number(path.id, "message"), office().database
    now = database.clock.now()
    if not database.write(lambda connection: messages.try_again(connection, branch_id, message_id, now)):
        raise not_found("message", path.id)
    return Response(status=204)
