"""How is a call heard? A wave file of every call that the hall screen shows, and of no other text."""

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel

from queue_service.notifications.speech import Call, Speech
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.spoken import Words, words_of
from queue_service.storage import hall_board
from queue_service.web.models import Code
from queue_service.web.office import office
from queue_service.web.texts import languages

api = APIBlueprint("speech", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Visitors")])
KEEP_SECONDS = 3600


class SpokenPath(BaseModel):
    branch: Code
    language: Code
    number: Code
    window: Code


@api.get("/speech/<branch>/<language>/<number>/<window>.wav", summary="A call of the hall screen, spoken")
def speak(path: SpokenPath) -> Response:
    """404 `unknown_call` for what is not on the hall screen, `no_voice` when nothing here speaks the language."""
    calls = office().board(path.branch, hall_board.hall)["calls"]
    if not any((call["number"], call["window"]) == (path.number, path.window) for call in calls):
        raise Refused("unknown_call", Kind.NOT_FOUND)
    wav = speech().of_call(Call(path.branch, path.number, path.window), path.language, words_in(path.language))
    return Response(wav, mimetype="audio/wav", headers={"Cache-Control": f"public, max-age={KEEP_SECONDS}"})


def speech() -> Speech:
    found: Speech = current_app.extensions["speech"]
    return found


def words_in(language: str) -> Words:
    """What the language says around letters and numbers; raises Refused(no_voice) for one that we have no texts in."""
    if language not in languages():
        raise Refused("no_voice", Kind.NOT_FOUND, language=language[:16])
    return words_of(languages()[language]["speech"])
