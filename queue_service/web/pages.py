"""Which pages are there? Their frames with texts embedded, and the files they load; the rest happens in the browser."""

import gzip
import json
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, redirect, render_template, request, send_from_directory
from jinja2 import FileSystemLoader
from jinja2.utils import htmlsafe_json_dumps
from werkzeug.wrappers import Response as BaseResponse

from queue_service import __version__
from queue_service.notifications.words import fill
from queue_service.rules.device import clean_code
from queue_service.rules.errors import Kind, Refused, invalid
from queue_service.rules.screen import DisplaySettings, display_faults, settings_from_query
from queue_service.settings import pages_root
from queue_service.storage import media
from queue_service.storage.boards import Board
from queue_service.web.booking import appointment_of
from queue_service.web.office import office
from queue_service.web.texts import FALLBACK, language_of_request, languages, plural, wait_words
from queue_service.web.waiting import waiting_entry_of

AREAS = ("common", "kiosk", "display", "operator", "admin")
SHRINK = {".js", ".css", ".svg"}
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
    settings = _display_settings(branch)
    language = (settings.languages or [found["default_language"]])[0]
    shown = settings.model_dump(mode="json")
    return _page("display/hall.html", ("display",), language=language, branch=found, display=shown)


@pages.get("/t/<token>")
def ticket(token: str) -> str:
    return _page_of("ticket", token, office().ticket(token), ("ticket", "words"))


@pages.get("/t/<token>/slip")
def slip(token: str) -> str:
    found = office().ticket(token)
    spoken = languages()[language_of_request(found["language"])]
    texts, common = spoken["slip"], spoken["common"]
    ahead = found["people_ahead"]
    printed = {
        "issued": _local_time(found, "issued_at", "%d.%m.%Y %H:%M"),
        "booked": found["booked_at"] and fill(texts["booked_at"], {"time": _local_time(found, "booked_at", "%H:%M")}),
        "ahead": None if ahead is None else plural(texts["ahead"], ahead) if ahead else texts["nobody_ahead"],
        "wait": wait_words(found["estimate"], language_of_request(found["language"])),
        "opens": found["opens_at"] and fill(common["first_opens"], {"time": _local_time(found, "opens_at", "%H:%M")}),
        "is_automatic": request.args.get("print") == "auto",
    }
    return _page_of("slip", token, found, ("slip",), slip=printed)


@pages.get("/book/<branch>")
def book(branch: str) -> str:
    return _page("kiosk/book.html", ("booking", "words"), branch=office().public_branch(branch))


@pages.get("/a/<token>")
def appointment(token: str) -> str:
    return _page_of("appointment", token, appointment_of(token), ("appointment", "booking", "words"))


@pages.get("/w/<token>")
def waiting(token: str) -> str:
    return _page_of("waiting", token, waiting_entry_of(token), ("waiting", "booking", "appointment"))


@pages.get("/desk")
def desk() -> str:
    return _page("operator/desk.html", ("desk",))


@pages.get("/reception/<branch>")
def reception(branch: str) -> str:
    return _page("operator/reception.html", ("reception", "desk"), branch=office().public_branch(branch))


@pages.get("/calendar/<branch>")
def calendar(branch: str) -> str:
    return _page("operator/calendar.html", ("calendar", "reception", "desk"), branch=office().public_branch(branch))


@pages.get("/hall/<branch>")
def hall_administrator(branch: str) -> str:
    sections = ("hall", "forecast", "reception", "desk", "words")
    return _page("operator/hall.html", sections, branch=office().public_branch(branch))


@pages.get("/admin")
def admin() -> str:
    return _page("admin/admin.html", ("admin", "desk", "devices", "norms", "rosters"))


@pages.get("/device")
def pairing() -> str:
    """The start page of every kiosk, display and tablet: it shows a code until somebody lets the machine in."""
    branches = office().branches()
    # A machine that belongs nowhere yet speaks the languages of the only office, or all that there are.
    branch = branches[0] if len(branches) == 1 else None
    language = branch["default_language"] if branch else None
    return _page("common/pairing.html", ("device",), language=language, branch=branch)


@pages.get("/pair")
def let_in() -> BaseResponse:
    """Where a machine's QR code leads: short enough to be typed as well."""
    code = clean_code(request.args.get("code", ""))
    return redirect("/admin?tab=devices" + (f"&code={code}" if code else ""), 303)


@pages.get("/api/docs")
def api_docs() -> str:
    return _page("common/docs.html", ("docs",))


@pages.get("/media/<branch>/<name>")
def media_file(branch: str, name: str) -> Response:
    """A picture or film for hall screens; a film is read in parts."""
    office().database.setup(branch)
    if Path(name).suffix.lower() not in media.BEGINS or name.startswith("."):
        raise Refused("not_found", Kind.NOT_FOUND)
    response = send_from_directory(office().media_folder(branch).resolve(), name, conditional=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/static/<area>/<path:name>")
def static_file(area: str, name: str) -> Response:
    if area not in AREAS or Path(name).suffix not in SERVED:
        raise Refused("not_found", Kind.NOT_FOUND)
    response = send_from_directory(pages_root() / area, name, max_age=86400 if "vendor/" in name else 0)
    response.headers["Cache-Control"] = "public, max-age=86400" if "vendor/" in name else "no-cache"
    return _made_small(response) if Path(name).suffix in SHRINK else response


def _made_small(response: Response) -> Response:
    """A text as a slow phone wants it, for browsers that take it so; the same tag means the same file, either way."""
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    response.set_data(_compressed(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    response.set_etag(response.get_etag()[0] or "", weak=True)
    return response


@lru_cache(256)
def _compressed(text: bytes) -> bytes:
    return gzip.compress(text, 6, mtime=0)


def _display_settings(branch: str) -> DisplaySettings:
    """How the hall screen looks, as the page's address says; raises Refused, ValidationError."""
    settings = settings_from_query(request.args)
    setup = office().database.setup(branch)
    for code, field, params in display_faults(settings, {window.code for window in setup.windows}, setup.languages):
        raise invalid(code, field, **params)
    return settings


def not_found_page(words: Board) -> str:
    """The calm page for an address that leads nowhere; `words` are title and detail of the refusal."""
    return _page("common/home.html", ("home",), refusal=words)


PICTURES = {"slip": "ticket", "waiting": "entry"}
"""What a page calls the thing that it shows, where that is not the page's own name."""


def _page_of(name: str, token: str, found: Board, sections: tuple[str, ...], **more: Any) -> str:
    """A visitor's own page behind a secret link, in their language."""
    shown = {PICTURES.get(name, name): found, "branch": found["branch"], "token": token, **more}
    return _page(f"kiosk/{name}.html", sections, language=found["language"], **shown)


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
        "version": __version__,
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


def _local_time(ticket: Board, name: str, form: str) -> str:
    moment = datetime.fromisoformat(ticket[name])
    return moment.astimezone(ZoneInfo(ticket["branch"]["time_zone"])).strftime(form)


@cache
def _texts(sections: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {code: {section: texts[section] for section in sections} for code, texts in languages().items()}
