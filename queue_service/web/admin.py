"""What can an admin change over HTTP? The branch, its services and its windows, effective at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]
from pydantic import BaseModel, Field, create_model

from queue_service.actions import office_facts
from queue_service.actions import setup as actions
from queue_service.model.staff import Role
from queue_service.rules.forms import Facts
from queue_service.rules.office import BranchFacts, ServiceFacts, WindowFacts
from queue_service.storage import staff_boards
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.web import access
from queue_service.web.models import BranchPath, Code
from queue_service.web.office import office

api = APIBlueprint("admin", __name__, url_prefix="/api/v1/admin", abp_tags=[Tag(name="Administration")])
Shape = TypeVar("Shape", bound=Facts)


class PartPath(BaseModel):
    branch: Code
    code: Code


def patch_of(shape: type[Facts]) -> type[Facts]:
    """The same fields, each of them optional: what is sent is changed, the rest stays."""
    fields: dict[str, Any] = {
        name: (Annotated[(field.annotation, *field.metadata, Field())], None)
        for name, field in shape.model_fields.items()
    }
    return create_model(shape.__name__.replace("Facts", "Patch"), __base__=Facts, **fields)


if TYPE_CHECKING:
    from queue_service.rules.forms import Facts as BranchPatch
    from queue_service.rules.forms import Facts as ServicePatch
    from queue_service.rules.forms import Facts as WindowPatch
else:
    BranchPatch, ServicePatch, WindowPatch = (patch_of(shape) for shape in (BranchFacts, ServiceFacts, WindowFacts))


@api.before_request
def _say_who_you_are() -> None:
    """Nobody unknown learns from our answers what a right request looks like."""
    access.who()


@api.get("/branches/<branch>", summary="The whole set-up of a branch")
def show_setup(path: BranchPath) -> Response:
    office().database.setup(path.branch)
    access.require(Role.HALL, Role.REVIEWER, branch=path.branch)
    return jsonify(office().board(path.branch, _setup_board))


@api.patch("/branches/<branch>", summary="Change the branch: names, hours, languages, calling")
def change_branch(path: BranchPath, body: BranchPatch) -> Response:
    def change(hall: Hall, actor: str) -> Board:
        actions.change_branch(hall, patched(office_facts.branch_facts(hall.setup), body), actor)
        return office_facts.branch_facts(hall.setup).model_dump(mode="json")

    return _change(path.branch, change)


@api.post("/branches/<branch>/services", summary="Add a service")
def add_service(path: BranchPath, body: ServiceFacts) -> tuple[Response, int]:
    return _change(path.branch, lambda hall, actor: _dump(actions.add_service(hall, body, actor))), 201


@api.patch("/branches/<branch>/services/<code>", summary="Change a service")
def change_service(path: PartPath, body: ServicePatch) -> Response:
    def change(hall: Hall, actor: str) -> Board:
        present = office_facts.service_facts(hall.setup.service(path.code))
        return _dump(actions.change_service(hall, path.code, patched(present, body), actor))

    return _change(path.branch, change)


@api.delete("/branches/<branch>/services/<code>", summary="Remove a service that nobody waits for")
def remove_service(path: PartPath) -> Response:
    _change(path.branch, lambda hall, actor: actions.remove_service(hall, path.code, actor))
    return Response(status=204)


@api.post("/branches/<branch>/windows", summary="Add a window")
def add_window(path: BranchPath, body: WindowFacts) -> tuple[Response, int]:
    return _change(path.branch, lambda hall, actor: _window(hall, actions.add_window(hall, body, actor))), 201


@api.patch("/branches/<branch>/windows/<code>", summary="Change which services a window serves")
def change_window(path: PartPath, body: WindowPatch) -> Response:
    def change(hall: Hall, actor: str) -> Board:
        window = actions.window_by_code(hall.setup, path.code)
        facts = patched(office_facts.window_facts(window), body)
        return _window(hall, actions.change_window(hall, path.code, facts, actor))

    return _change(path.branch, change)


@api.delete("/branches/<branch>/windows/<code>", summary="Remove a closed window")
def remove_window(path: PartPath) -> Response:
    _change(path.branch, lambda hall, actor: actions.remove_window(hall, path.code, actor))
    return Response(status=204)


def _change(branch: str, change: Callable[[Hall, str], Any]) -> Response:
    office().database.setup(branch)
    actor = f"staff:{access.require(Role.ADMIN, branch=branch).staff_id}"
    return jsonify(office().perform(branch, actor, lambda hall: change(hall, actor)))


def patched(present: Shape, patch: Facts) -> Shape:
    """The present facts with what was sent in their place; raises ValidationError."""
    return type(present).model_validate({**present.model_dump(), **patch.model_dump(exclude_unset=True)})


def _dump(service: Any) -> Board:
    return office_facts.service_facts(service).model_dump(mode="json")


def _window(hall: Hall, window: Any) -> Board:
    return staff_boards.window(window, hall.setup, None, None)


def _setup_board(connection: Any, setup: Setup, now: Any) -> Board:
    desk = staff_boards.desk(connection, setup, now)
    waiting = {line["code"]: line["waiting"] for line in desk["services"]}
    facts = office_facts.office_of(setup).model_dump(mode="json")
    return {
        "version": desk["version"],
        "setup_version": setup.version,
        "server_time": desk["server_time"],
        **facts["branch"],
        "groups": facts["groups"],
        "categories": facts["categories"],
        "services": [{**service, "waiting": waiting[service["code"]]} for service in facts["services"]],
        "windows": [
            {key: window[key] for key in ("code", "services", "languages", "needs", "state", "operator")}
            for window in desk["windows"]
        ],
        **{
            kind: [{"id": str(entry.id), **entry.facts.model_dump(mode="json")} for entry in getattr(setup, kind)]
            for kind in ("rosters", "special_days", "closures", "norms", "escalations")
        },
    }
