"""What does the office publish about itself? Figures for everybody, each with its definition."""

import time
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.reports.accuracy import accuracy_report
from queue_service.rules.errors import invalid
from queue_service.storage.boards import Board
from queue_service.storage.office import Setup
from queue_service.web.models import BranchPath, Published
from queue_service.web.office import Office, office

api = APIBlueprint("quality", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Visitors")])
FOUR_WEEKS = timedelta(days=27)
KEPT_SECONDS = 60.0
MOST_KEPT = 200
_kept: dict[Any, tuple[float, Board]] = {}
"""Answers of the last minute: whoever asks again and again makes no work."""


@api.get("/branches/<branch>/quality", summary="Published figures with their definitions")
def quality(path: BranchPath, query: Published) -> Response:
    here = office()
    first, last = _days(here, path.branch, query)
    key = (here.database.url, path.branch, first, last)
    kept_at, kept = _kept.get(key, (0.0, {}))
    if not kept or time.monotonic() - kept_at > KEPT_SECONDS:
        kept = _figures(here, path.branch, first, last)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = time.monotonic(), kept
    return jsonify(kept)


def _days(here: Office, branch: str, query: Published) -> tuple[date, date]:
    setup = here.database.setup(branch)
    last = query.end or setup.service_day(here.database.clock.now())
    first = query.start or last - FOUR_WEEKS
    if last < first:
        raise invalid("ends_before_it_begins", "to")
    return first, last


def _figures(here: Office, branch: str, first: date, last: date) -> Board:
    def made(connection: Connection, setup: Setup, now: datetime) -> Board:
        return {"waiting_times": accuracy_report(connection, setup, first, last)}

    figures: Board = here.database.offload(lambda: here.board(branch, made))
    return {"branch": branch, "from": first.isoformat(), "to": last.isoformat(), **figures}
