"""What can be read of the past? Reports over service days, as JSON or as a file for a spreadsheet."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from sqlalchemy import Connection

from queue_service.model.staff import Role
from queue_service.reports import jumps as of_jumps
from queue_service.reports import times as of_times
from queue_service.reports.load import load_report
from queue_service.reports.needed import DEFINITIONS, needed_report
from queue_service.reports.norms import norms_report
from queue_service.reports.sheet import Sheet, as_csv, as_xlsx, sheet_of
from queue_service.rules.errors import Kind, Refused, invalid
from queue_service.storage.boards import Board
from queue_service.storage.hall_picture import pictures_of
from queue_service.storage.office import Setup
from queue_service.web import access
from queue_service.web.models import BranchPath, Code, Period
from queue_service.web.office import office

api = APIBlueprint("reports", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Reports")])

MOST_DAYS = 7
"""That the report of windows needed looks at."""
REPORTS: dict[str, Callable[..., Board]] = {
    **{name: partial(of_times.times_report, name) for name in of_times.REPORTS},
    "load": load_report,
    "norms": norms_report,
}
"""By the name in the address, each of a connection, the set-up, now, the first day and the last."""
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReportPath(BranchPath):
    name: Code
    """waiting, service, no-show, load or norms"""


@api.get("/branches/<branch>/reports/jumps", summary="Calls out of turn, late priorities, re-issues, by operator")
def jumps(path: BranchPath, query: Period) -> Response:
    def report(connection: Connection, setup: Setup, _: datetime, *days: date) -> Board:
        return of_jumps.jumps_report(connection, setup, *days)

    board = _over_days(path.branch, query, report)
    return _as_asked(board, query, of_jumps.sheet_of)


@api.get("/branches/<branch>/reports/windows-needed", summary="Hours in which the norm was passed again and again")
def windows_needed(path: BranchPath, query: Period) -> Response:
    """How many windows would have kept the norm; at most a week at once. Worked out apart from the event loop."""
    here = office()

    def read(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> Any:
        if (last - first).days >= MOST_DAYS:
            raise Refused("too_many_days", Kind.INVALID, field="to", most=MOST_DAYS)
        return setup, pictures_of(connection, setup, now, first, last), first, last

    setup, pictures, first, last = _over_days(path.branch, query, read)
    board = here.database.offload(lambda: needed_report(setup, pictures, first.isoformat(), last.isoformat()))
    return _as_asked(board, query, lambda found: Sheet(found["report"], list(DEFINITIONS), found["rows"], DEFINITIONS))


@api.get(
    "/branches/<branch>/reports/<name>",
    summary="Waiting, service, no-shows, load, norms, each figure with its definition",
)
def times(path: ReportPath, query: Period) -> Response:
    def report(connection: Connection, setup: Setup, now: datetime, *days: date) -> Board:
        return REPORTS[path.name](connection, setup, now, *days)

    if path.name not in REPORTS:
        raise Refused("not_found", Kind.NOT_FOUND)
    board = _over_days(path.branch, query, report)
    return _as_asked(board, query, sheet_of)


def _over_days(branch: str, query: Period, report: Callable[..., Board]) -> Any:
    """The report over the service days that are asked for; today's if none are named.

    Read in a native thread: a year of a large office takes many seconds, in which the hall must go on.
    """
    here = office()
    access.who()
    here.database.setup(branch)
    access.require(Role.HALL, Role.REVIEWER, branch=branch)

    def made(connection: Connection, setup: Setup, now: datetime) -> Any:
        today = setup.service_day(now)
        first, last = query.start or today, query.end or today
        if last < first:
            raise invalid("ends_before_it_begins", "to")
        return report(connection, setup, now, first, last)

    return here.database.offload(lambda: here.board(branch, made))


def _as_asked(board: Board, query: Period, sheet: Callable[[Board], Sheet]) -> Response:
    match query.format:
        case "csv":
            return Response(as_csv(sheet(board)), mimetype="text/csv")
        case "xlsx":
            return Response(as_xlsx(sheet(board)), mimetype=WORKBOOK)
        case _:
            return jsonify(board)
