"""What do hall screens show besides calls? An emergency, pictures and films."""

from pathlib import Path

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]

from queue_service.actions.notices import say_emergency
from queue_service.model.staff import Role
from queue_service.rules.forms import NoticeText
from queue_service.storage import media
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.web import access
from queue_service.web.models import Body, BranchPath
from queue_service.web.office import office

api = APIBlueprint("notices", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Hall screens")])


class Emergency(Body):
    text: NoticeText
    """By language; without any words the emergency is over."""


@api.get("/branches/<branch>/media", summary="Pictures and films for hall screens")
def list_media(path: BranchPath) -> Response:
    office().database.setup(path.branch)
    files: list[Path] = media.kept(office().media_folder(path.branch))
    return jsonify([{"name": file.name, "bytes": file.stat().st_size} for file in files])


@api.post("/branches/<branch>/emergency", summary="Put a text on every hall screen, in place of all else; or end that")
def say(path: BranchPath, body: Emergency) -> Response:
    office().database.setup(path.branch)
    actor = f"staff:{access.require(Role.HALL, branch=path.branch).staff_id}"

    def answer(hall: Hall) -> Board:
        say_emergency(hall, body.text, actor)
        return {"emergency": hall.setup.emergency, "version": hall.version}

    return jsonify(office().perform(path.branch, actor, answer))
