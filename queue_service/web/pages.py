"""Which pages are there? Their frames with texts embedded, and the files they load; the rest happens in the browser."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, render_template, request, send_from_directory
from jinja2 import FileSystemLoader
from jinja2.utils import htmlsafe_json_dumps

from queue_service.rules.errors import Kind, Refused
from queue_service.settings import pages_root
from queue_service.storage.boards import Board
from queue_service.web.office import office
from queue_service.web.texts import FALLBACK, language_of_request, languages, plural

AREAS = ("common", "kiosk", "display", "operator", "admin")
SERVED = {".js", ".css", ".svg", ".png", ".woff2", ".wav", ".ico"}

pages = Blueprint("pages", __name__)
pages.jinja_loader = FileSystemLoader(pages_root())


@pages.get("/")
def home() -> str:
    branches = office().branches()
    return _page("common/home.html", ("home",), branches=branches, branch=branches[0] if branches else None)


@pages.get("/kiosk/<branch>")
def kiosk(branch: str) -> str:
    found = office().public_branch(branch)
    return _page("kiosk/kiosk.html", ("kiosk", "words"), language=found["default_language"], branch=found)


@pages.get("/display/<branch>")
def hall(branch: str) -> str:
    found = office().public_branch(branch)
    return _page("display/hall.html", ("display",), language=found["default_language"], branch=found)


@pages.get("/t/<token>")
def ticket(token: str) -> str:
    found = office().ticket(token)
    return _page(
        "kiosk/ticket.html",
        ("ticket", "words"),
        language=found["language"],
        branch=found["branch"],
        ticket=found,
        token=token,
    )


@pages.get("/t/<token>/slip")
def slip(token: str) -> str:
    found = office().ticket(token)
    texts = languages()[language_of_request(found["language"])]["slip"]
    ahead = found["people_ahead"]
    printed = {
        "issued": _local_time(found),
        "ahead": None if ahead is None else plural(texts["ahead"], ahead) if ahead else texts["nobody_ahead"],
        "is_automatic": request.args.get("print") == "auto",
    }
    return _page(
        "kiosk/slip.html",
        ("slip",),
        language=found["language"],
        branch=found["branch"],
        ticket=found,
        token=token,
        slip=printed,
    )


@pages.get("/desk")
def desk() -> str:
    return _page("operator/desk.html", ("desk",))


@pages.get("/reception/<branch>")
def reception(branch: str) -> str:
    return _page("operator/reception.html", ("reception", "words"), branch=office().public_branch(branch))


@pages.get("/admin")
def admin() -> str:
    return _page("admin/admin.html", ("admin", "desk"))


@pages.get("/api/docs")
def api_docs() -> str:
    return _page("common/docs.html", ("docs",))


@pages.get("/static/<area>/<path:name>")
def static_file(area: str, name: str) -> Response:
    if area not in AREAS or Path(name).suffix not in SERVED:
        raise Refused("not_found", Kind.NOT_FOUND)
    response = send_from_directory(pages_root() / area, name, max_age=86400 if "vendor/" in name else 0)
    response.headers["Cache-Control"] = "public, max-age=86400" if "vendor/" in name else "no-cache"
    return response


def not_found_page(words: Board) -> str:
    """The calm page for an address that leads nowhere; `words` are title and detail of the refusal."""
    return _page("common/home.html", ("home",), refusal=words)


def _page(template: str, sections: tuple[str, ...], language: str | None = None, **data: Any) -> str:
    texts = _texts(("common", *sections))
    # A link may carry the visitor's language; otherwise the branch's or the ticket's own, then the browser's.
    asked = language_of_request(language)
    branch: Board = data.get("branch") or {}
    shown = [code for code in branch.get("languages", list(texts)) if code in texts] or [FALLBACK]
    chosen = asked if asked in shown else shown[0]
    page = {
        "language": chosen,
        "fallback": FALLBACK,
        "languages": [{"code": code, "name": texts[code]["common"]["language_name"]} for code in shown],
        "texts": {code: texts[code] for code in texts if code in shown or code == FALLBACK},
        **data,
    }
    words = texts[chosen]
    title = words[sections[0]].get("page_title", words["common"]["product"])
    return render_template(
        template,
        page=page,
        # Letters as they are: escaped, a Russian text weighs three times as much on a visitor's phone.
        page_json=htmlsafe_json_dumps(page, dumps=json.dumps, ensure_ascii=False, separators=(",", ":")),
        title=title,
        words=words["common"],
        texts=words[sections[0]],
        nonce=g.csp_nonce,
        slip=data.get("slip"),
    )


def _local_time(ticket: Board) -> str:
    issued = datetime.fromisoformat(ticket["issued_at"])
    return issued.astimezone(ZoneInfo(ticket["branch"]["time_zone"])).strftime("%d.%m.%Y %H:%M")


@cache
def _texts(sections: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {code: {section: texts[section] for section in sections} for code, texts in languages().items()}
