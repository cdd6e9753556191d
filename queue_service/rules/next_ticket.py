"""Who is next? The smallest turn among the legs the window may serve; ties go to the earlier ticket."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class WaitingLeg:
    """What the rule needs to know of a leg in the line."""

    leg_id: int
    ticket_id: int
    service: str
    turn: datetime


def turn(counting_start: datetime, head_start: timedelta = timedelta(0)) -> datetime:
    """The moment that orders a waiting leg; fixed when the leg starts waiting."""
    return counting_start - head_start


def order_key(leg: WaitingLeg) -> tuple[datetime, int]:
    """Legs are called in ascending order of this key. Ticket ids rise with the printed numbers of a series."""
    return (leg.turn, leg.ticket_id)


def may_serve(serves: Collection[str], leg: WaitingLeg) -> bool:
    """Whether a window that serves these services may serve the leg."""
    return leg.service in serves


def first(legs: Iterable[WaitingLeg], serves: Collection[str]) -> WaitingLeg | None:
    """The leg that a free window serving these services calls next; None when nobody it may serve waits."""
    return min((leg for leg in legs if may_serve(serves, leg)), key=order_key, default=None)
