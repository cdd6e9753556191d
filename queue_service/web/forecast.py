"""What does the hall administrator ask of the time ahead? What if this window opened, and which windows are needed."""

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import gevent
from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import Field

from queue_service.model.staff import Role
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.windows_needed import PROMISE
from queue_service.storage.boards import Board
from queue_service.storage.forecast import Forecast, wait_norms
from queue_service.storage.office import Setup, WindowSetup
from queue_service.web import access
from queue_service.web.models import Body, BranchPath, Code
from queue_service.web.office import Office, office

log = logging.getLogger(__name__)
api = APIBlueprint("forecast", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Staff")])
KEPT_SECONDS = 5.0


class WhatIf(Body):
    open: Code
    """The window's code."""
    services: Annotated[str, Field(max_length=2000)] | None = None
    """Codes, with commas between; none means all that the window is set up for."""


@dataclass
class DayPlan:
    """The windows that each hour of a day needs, worked out one hour after the other."""

    of_what: Any
    of: int
    hours: list[Board] = field(default_factory=list)

    def board(self) -> Board:
        return {"hours": self.hours, "of": self.of, "is_complete": len(self.hours) >= self.of}


_next_hours: dict[tuple[str, str], tuple[float, Board]] = {}
_plans: dict[tuple[str, str], DayPlan] = {}
"""By database and branch."""


@api.get("/branches/<branch>/what-if", summary="Waits as they are, and as they would be with one more window open")
def what_if(path: BranchPath, query: WhatIf) -> Response:
    here = _allowed(path.branch)
    setup = here.database.setup(path.branch)
    window = _window(setup, query.open)
    services = None if query.services is None else _services(window, setup, query.services)

    forecast = _look(here, path.branch)
    return jsonify(here.database.offload(lambda: forecast.what_if(window, services)))


@api.get("/branches/<branch>/windows-needed", summary="The windows that keep the promise: the next hour, a usual day")
def windows_needed(path: BranchPath) -> Response:
    """The usual day is worked out hour by hour: ask again until `day.is_complete`; none before a day was measured."""
    here = _allowed(path.branch)
    forecast = _look(here, path.branch)
    key = (str(here.database.url), path.branch)
    kept_at, hour = _next_hours.get(key, (0.0, {}))
    if not hour or time.monotonic() - kept_at > KEPT_SECONDS:
        hour = here.database.offload(forecast.next_hour)
        _next_hours[key] = time.monotonic(), hour
    board = {"promise_percent": round(PROMISE * 100), "next_hour": hour, "day": None}
    return jsonify({**board, "day": _plan(here, key, forecast).board()} if forecast.knows_usual_days else board)


def _plan(here: Office, key: tuple[str, str], forecast: Forecast) -> DayPlan:
    plan, of_what = _plans.get(key), _what_counts(forecast)
    if plan is None or plan.of_what != of_what:
        plan = _plans[key] = DayPlan(of_what, len(forecast.picture.hours()))
        gevent.spawn(_work_out, here, forecast, plan)
    return plan


def _work_out(here: Office, forecast: Forecast, plan: DayPlan) -> None:
    """One hour after the other, each away from the event loop."""
    windows: list[str] = []
    for since in forecast.picture.hours():
        try:
            board = here.database.offload(partial(forecast.usual_hour, since, windows))
        except Exception:  # the others are worth having
            log.exception("an hour of a usual day at %s was not worked out", forecast.setup.code)
            plan.of -= 1
            continue
        windows = board["windows"] or windows
        plan.hours.append(board)


def _what_counts(forecast: Forecast) -> Any:
    """A plan is good until the day, the windows or the norms change."""
    setup = forecast.setup
    windows = tuple((one.code, one.services) for one in setup.windows)
    return forecast.picture.day, windows, tuple(wait_norms(setup, forecast.picture.day).items())


def _look(here: Office, branch: str) -> Forecast:
    watch = here.database.watch(branch)
    setup, picture, _ = watch.look(here.database.offload)
    return Forecast(setup, picture, watch.learned)


def _allowed(branch: str) -> Office:
    access.who()
    office().database.setup(branch)
    access.require(Role.HALL, branch=branch)
    return office()


def _window(setup: Setup, code: str) -> WindowSetup:
    for window in setup.windows:
        if window.code == code:
            return window
    raise not_found("window", code, "open")


def _services(window: WindowSetup, setup: Setup, listed: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(code.strip() for code in listed.split(",") if code.strip()))
    if not codes:
        raise Refused("service_not_at_window", Kind.INVALID, field="services", value="")
    for code in codes:
        setup.service(code, "services")
        if code not in window.services:
            raise Refused("service_not_at_window", Kind.INVALID, field="services", value=code[:40])
    return codes
