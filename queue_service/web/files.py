"""Which files may an admin give us? Pictures and films for hall screens; recordings of the voice, by fragment."""

from pathlib import Path

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel

from queue_service.model.staff import Role
from queue_service.notifications import recordings
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.screen import FileName
from queue_service.rules.spoken import needed_fragments
from queue_service.storage import media
from queue_service.web import access
from queue_service.web.models import BranchPath, Code
from queue_service.web.office import office
from queue_service.web.speech import speech

api = APIBlueprint("files", __name__, url_prefix="/api/v1/admin", abp_tags=[Tag(name="Administration")])
LARGEST_RECORDING = 2 * 1024 * 1024


class RecordingPath(BaseModel):
    branch: Code
    language: Code
    fragment: Code


class MediaPath(BaseModel):
    branch: Code
    name: FileName


@api.before_request
def _say_who_you_are() -> None:
    access.who()


@api.put("/branches/<branch>/media/<name>", summary="A picture or film for hall screens: the file as the body")
def keep_media(path: MediaPath) -> Response:
    request.max_content_length = media.LARGEST
    media.keep(_media_folder(path), path.name, request.stream)
    return Response(status=204)


@api.delete("/branches/<branch>/media/<name>", summary="Remove a picture or film")
def remove_media(path: MediaPath) -> Response:
    (_media_folder(path) / path.name).unlink(missing_ok=True)
    return Response(status=204)


def _media_folder(path: MediaPath) -> Path:
    office().database.setup(path.branch)
    access.require(Role.ADMIN, branch=path.branch)
    return office().media_folder(path.branch)


@api.get("/branches/<branch>/recordings", summary="Which fragments of calls are recorded, which are missing")
def list_recordings(path: BranchPath) -> Response:
    setup = office().database.setup(path.branch)
    access.require(Role.HALL, Role.REVIEWER, branch=path.branch)
    needed = _needed(path.branch)
    answer = {}
    for language in setup.languages:
        kept = recordings.kept(speech().recordings_of(path.branch, language))
        answer[language] = {"recorded": kept, "missing": [name for name in needed if name not in kept]}
    return jsonify(answer)


@api.put("/branches/<branch>/recordings/<language>/<fragment>", summary="Record a fragment: a WAV file as the body")
def keep_recording(path: RecordingPath) -> Response:
    request.max_content_length = LARGEST_RECORDING
    folder = _folder(path)
    recordings.keep(folder, path.fragment, request.get_data())
    return Response(status=204)


@api.delete("/branches/<branch>/recordings/<language>/<fragment>", summary="Remove a recording")
def remove_recording(path: RecordingPath) -> Response:
    (_folder(path) / f"{path.fragment}.wav").unlink(missing_ok=True)
    return Response(status=204)


def _folder(path: RecordingPath) -> Path:
    """Where the fragment belongs; every part of the path is a name that the branch itself has."""
    setup = office().database.setup(path.branch)
    access.require(Role.ADMIN, branch=path.branch)
    if path.language not in setup.languages:
        known = ", ".join(setup.languages)
        raise Refused("unknown_language", Kind.NOT_FOUND, field="language", languages=known)
    if path.fragment not in _needed(path.branch):
        raise not_found("fragment", path.fragment, "fragment")
    return speech().recordings_of(path.branch, path.language)


def _needed(branch: str) -> list[str]:
    setup = office().database.setup(branch)
    codes = [service.prefix for service in setup.services.values()] + [window.code for window in setup.windows]
    return needed_fragments(codes, setup.rules.numbers.last)
