"""What can an admin say about time over HTTP? Rosters, special days, closures, norms; no booking is touched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel
from sqlalchemy import Table

from queue_service.actions import escalation, rosters
from queue_service.model.staff import Role
from queue_service.rules.booking import ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.errors import not_found
from queue_service.rules.escalation import EscalationFacts
from queue_service.rules.forms import Facts
from queue_service.rules.norm import NormFacts
from queue_service.storage.boards import Board
from queue_service.storage.calendar import unfit
from queue_service.storage.hall import Hall
from queue_service.storage.timetable import closure_table, escalation_table, norm_table, roster_table, special_table
from queue_service.web import access
from queue_service.web.admin import patch_of, patched
from queue_service.web.models import BranchPath, Code, small_number
from queue_service.web.office import office

api = APIBlueprint("admin_rosters", __name__, url_prefix="/api/v1/admin", abp_tags=[Tag(name="Rosters")])


@dataclass(frozen=True)
class TimeKind:
    """What an admin says about time, entry by entry; each kind can be added, changed and removed alike."""

    name: str
    """In the set-up; in addresses with hyphens."""
    word: str
    what: str
    facts: type[Facts]
    put: Callable[..., int]
    rows: Table


KINDS = (
    TimeKind("rosters", "roster", "a weekly pattern of a window", RosterFacts, rosters.put_roster, roster_table),
    TimeKind(
        "special_days",
        "special_days",
        "days with other opening hours, or none",
        SpecialDaysFacts,
        rosters.put_special_days,
        special_table,
    ),
    TimeKind(
        "closures",
        "closure",
        "a time in which windows are not staffed",
        ClosureFacts,
        rosters.put_closure,
        closure_table,
    ),
    TimeKind("norms", "norm", "the promised longest of something", NormFacts, rosters.put_norm, norm_table),
    TimeKind(
        "escalations",
        "escalation",
        "who is told of breaches that nobody takes note of",
        EscalationFacts,
        escalation.put_escalation,
        escalation_table,
    ),
)


class EntryPath(BaseModel):
    branch: Code
    id: Code


@api.before_request
def _say_who_you_are() -> None:
    access.who()


@api.post("/branches/<branch>/escalations/<id>/secret", summary="A new secret for a webhook, told this once")
def renew_secret(path: EntryPath) -> Response:
    rule_id = small_number(path.id, "escalation")
    secret = _perform(path.branch, lambda hall, actor: escalation.renew_secret(hall, rule_id, actor))
    return jsonify({"secret": secret})


def _offer(kind: TimeKind) -> None:
    """The calls for one kind; what they take is read from the annotations, so these are set for each."""

    def add(path: BranchPath, body: Facts) -> tuple[Response, int]:
        return _put(path.branch, lambda hall, actor: kind.put(hall, body, actor), kind), 201

    def change(path: EntryPath, body: Facts) -> Response:
        return _change(path, kind, body)

    def remove(path: EntryPath) -> Response:
        entry_id = small_number(path.id, kind.word)
        _perform(path.branch, lambda hall, actor: rosters.remove(hall, kind.rows, entry_id, actor))
        return Response(status=204)

    add.__annotations__["body"], change.__annotations__["body"] = kind.facts, patch_of(kind.facts)
    for call in (add, change, remove):
        call.__name__ = f"{call.__name__}_{kind.word}"
    place = f"/branches/<branch>/{kind.name.replace('_', '-')}"
    api.post(place, summary=f"Add {kind.what}")(add)
    api.patch(f"{place}/<id>", summary=f"Change {kind.what}; bookings stay, and are told")(change)
    api.delete(f"{place}/<id>", summary=f"Remove {kind.what}")(remove)


def _change(path: EntryPath, kind: TimeKind, body: Facts) -> Response:
    entry_id = small_number(path.id, kind.word)

    def change(hall: Hall, actor: str) -> int:
        present = next((entry.facts for entry in getattr(hall.setup, kind.name) if entry.id == entry_id), None)
        if present is None:
            raise not_found(kind.word, path.id)
        return kind.put(hall, patched(present, body), actor, entry_id)

    return _put(path.branch, change, kind)


def _put(branch: str, put: Callable[[Hall, str], int], kind: TimeKind) -> Response:
    """Make the change; the entry as it is then, and how many bookings the rosters have no room for now."""

    def answer(hall: Hall, actor: str) -> Board:
        entry_id = put(hall, actor)
        facts = next(entry.facts for entry in getattr(hall.setup, kind.name) if entry.id == entry_id)
        conflicts = len(unfit(hall.connection, hall.setup, hall.now))
        return {"id": str(entry_id), **facts.model_dump(mode="json"), "conflicts": conflicts}

    return jsonify(_perform(branch, answer))


def _perform(branch: str, answer: Callable[[Hall, str], Any]) -> Any:
    office().database.setup(branch)
    actor = f"staff:{access.require(Role.ADMIN, branch=branch).staff_id}"
    return office().perform(branch, actor, lambda hall: answer(hall, actor))


for one in KINDS:
    _offer(one)
