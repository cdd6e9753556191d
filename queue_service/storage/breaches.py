"""Which norms are due, which were passed, and what do people see of it? Reads follow what is open, never the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, literal_column, or_, select

from queue_service.model import Breach, ClockJump, Staff, table
from queue_service.model.norm import NormKind
from queue_service.model.ticket import LegState
from queue_service.rules.norm import Course, Jump, Term, terms
from queue_service.storage.boards import Board, legs_with_tickets, moment
from queue_service.storage.lookup import branch_table, leg_table, ticket_table
from queue_service.storage.office import STANDARD_WAIT, Setup
from queue_service.storage.rows import fetch_all

breach_table, jump_table, staff_table = table(Breach), table(ClockJump), table(Staff)
MOST_SHOWN = 100
JUMPS_KEPT = timedelta(days=2)
_ENDED = or_(leg_table.c.finished_at.is_not(None), leg_table.c.left_at.is_not(None))
"""Of each kind: what ends it, seen from the leg."""
HAS_COME = or_(
    and_(breach_table.c.kind == NormKind.WAIT.value, leg_table.c.first_called_at.is_not(None)),
    and_(breach_table.c.kind == NormKind.HOLD_TIME.value, leg_table.c.state != LegState.HELD.value),
    _ENDED,
)


def branches_due(connection: Connection, now: datetime) -> list[str]:
    """The branches with legs of which a norm may be passed by now."""
    return [row.code for row in fetch_all(connection, _branches_due(), now=now)]


def branches_to_resolve(connection: Connection) -> list[str]:
    """The branches with open breaches of what has come at last."""
    return [row.code for row in fetch_all(connection, _branches_to_resolve())]


def due_legs(connection: Connection, branch_id: int, now: datetime) -> list[Any]:
    return fetch_all(connection, _due_legs(), branch=branch_id, now=now)


def course_of(row: Any, setup: Setup) -> Course:
    """A leg (a row with its ticket) as the rule of norms sees it."""
    return Course(
        row.id,
        setup.service_codes[row.service_id],
        row.service_day,
        row.state,
        row.ready_at,
        row.issued_at,
        row.booked_at,
        row.first_called_at,
        row.started_at,
        row.finished_at,
        row.left_at,
        row.held_at,
        row.held_seconds,
    )


def terms_of(course: Course, setup: Setup, jumps: Sequence[Jump]) -> list[Term]:
    """The norms of a leg, those of its service and those of the branch."""
    service = setup.services.get(course.service)
    own = STANDARD_WAIT if service is None else service.norm
    return terms(course, [entry.facts for entry in setup.norms], own, jumps)


def jumps(connection: Connection, now: datetime) -> list[Jump]:
    """How the clock was set lately."""
    c = jump_table.c
    recent = or_(c.after.between(now - JUMPS_KEPT, now + JUMPS_KEPT), c.before.between(now - JUMPS_KEPT, now))
    rows = connection.execute(select(jump_table).where(recent).order_by(c.id)).all()
    return [Jump(row.before, timedelta(seconds=row.seconds), row.last_leg_id) for row in rows]


def open_breaches(connection: Connection, setup: Setup) -> list[Board]:
    """What was passed and has not come yet, the oldest first."""
    rows = connection.execute(_shown().where(_open_here(setup)).order_by(breach_table.c.at).limit(MOST_SHOWN)).all()
    return [board(row, setup) for row in rows]


def open_count(connection: Connection, setup: Setup) -> int:
    query = select(func.count()).select_from(breach_table).where(_open_here(setup))
    return int(connection.execute(query).scalar_one())


def breaches_between(connection: Connection, setup: Setup, first: Any, last: Any) -> list[Board]:
    """All of some service days, resolved or not, the latest first."""
    c = breach_table.c
    here = (c.branch_id == setup.branch_id) & c.service_day.between(first, last)
    rows = connection.execute(_shown().where(here).order_by(c.at.desc(), c.id.desc()).limit(1000)).all()
    return [board(row, setup) for row in rows]


def by_id(connection: Connection, breach_id: int) -> Any | None:
    """A breach with the code of its branch."""
    return connection.execute(_shown().where(breach_table.c.id == breach_id)).first()


def board(row: Any, setup: Setup) -> Board:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "service": setup.service_codes.get(row.service_id),
        "window": setup.window_codes.get(row.window_id),
        "number": row.label,
        "leg": None if row.leg_id is None else str(row.leg_id),
        "longest": row.longest,
        "source": row.source,
        "at": moment(row.at),
        "flagged_at": moment(row.flagged_at),
        "is_late": row.is_late,
        "resolved_at": moment(row.resolved_at),
        "over_seconds": None if row.resolved_at is None else int((row.resolved_at - row.at).total_seconds()),
        "acknowledged_at": moment(row.acknowledged_at),
        "acknowledged_by": row.name,
        "note": row.note,
    }


def _open_here(setup: Setup) -> Any:
    return (breach_table.c.branch_id == setup.branch_id) & breach_table.c.resolved_at.is_(None)


def _shown() -> Select[Any]:
    return (
        select(breach_table, ticket_table.c.label, staff_table.c.name, branch_table.c.code.label("branch"))
        .join(branch_table, branch_table.c.id == breach_table.c.branch_id)
        .outerjoin(ticket_table, ticket_table.c.id == breach_table.c.ticket_id)
        .outerjoin(staff_table, staff_table.c.id == breach_table.c.acknowledged_by)
    )


@cache
def _branches_due() -> Select[Any]:
    now = bindparam("now", type_=leg_table.c.norm_at.type)
    due = exists().where(leg_table.c.branch_id == branch_table.c.id, leg_table.c.norm_at <= now)
    return select(branch_table.c.code).where(due)


@cache
def _branches_to_resolve() -> Select[Any]:
    c = breach_table.c
    return (
        select(branch_table.c.code)
        .distinct()
        .select_from(breach_table)
        .join(branch_table, branch_table.c.id == c.branch_id)
        .join(leg_table, leg_table.c.id == c.leg_id)
        .where(c.resolved_at.is_(None), _literally(HAS_COME))
    )


def _literally(condition: Any) -> Any:
    """With its words written out: kept statements take named parameters alone."""
    return literal_column(str(condition.compile(compile_kwargs={"literal_binds": True})))


@cache
def _due_legs() -> Select[Any]:
    now = bindparam("now", type_=leg_table.c.norm_at.type)
    return legs_with_tickets().where(leg_table.c.branch_id == bindparam("branch"), leg_table.c.norm_at <= now)
