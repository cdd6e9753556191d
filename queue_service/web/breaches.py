"""How do staff reach norms that were passed? Those that are open, those of some days, and taking note of one."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from queue_service.actions import breaches as actions
from queue_service.model.staff import Role
from queue_service.rules.errors import invalid, not_found
from queue_service.storage import breaches
from queue_service.storage.boards import Board, moment
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import hall_version
from queue_service.storage.office import Setup
from queue_service.storage.risks import at_risk
from queue_service.web import access
from queue_service.web.models import BranchPath, Code, Days, small_number
from queue_service.web.office import office

api = APIBlueprint("breaches", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="Norms")])


class BreachPath(BaseModel):
    breach: Code


class Seen(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    note: Annotated[str, Field(max_length=500)] = ""


@api.get("/branches/<branch>/breaches", summary="Norms passed: the open ones, or all of some days; and what is at risk")
def show(path: BranchPath, query: Days) -> Response:
    access.who()
    office().database.setup(path.branch)
    access.require(Role.HALL, Role.RECEPTION, Role.REVIEWER, branch=path.branch)

    def picture(connection: Connection, setup: Setup, now: datetime) -> Board:
        first, last = query.start or query.end, query.end or query.start
        if first is not None and last is not None and last < first:
            raise invalid("ends_before_it_begins", "to")
        return {
            "version": hall_version(connection, setup),
            "server_time": moment(now),
            "open": breaches.open_count(connection, setup),
            "breaches": breaches.open_breaches(connection, setup)
            if first is None
            else breaches.breaches_between(connection, setup, first, last),
            "at_risk": at_risk(connection, setup, now),
        }

    return jsonify(office().board(path.branch, picture))


@api.post("/breaches/<breach>/acknowledge", summary="Say that a breach has been seen, and what is being done")
def acknowledge(path: BreachPath, body: Seen) -> Response:
    access.who()
    number = small_number(path.breach, "breach")
    row = office().database.read(lambda connection: breaches.by_id(connection, number))
    if row is None:
        raise not_found("breach", path.breach)
    known = access.require(Role.HALL, branch=row.branch)
    actor = f"staff:{known.staff_id}"

    def answer(hall: Hall) -> Any:
        seen = actions.acknowledge(hall, number, known.staff_id, body.note, actor)
        return {**breaches.board(seen, hall.setup), "version": hall.version}

    return jsonify(office().perform(row.branch, actor, answer))
