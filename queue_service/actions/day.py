"""How does a service day end? Everybody who was not served is counted as having left."""

from queue_service.model.ticket import LegState
from queue_service.rules.errors import Refused
from queue_service.rules.ticket import MOVES, UNFINISHED, Move
from queue_service.storage.boards import leg_table, legs_with_tickets
from queue_service.storage.hall import Hall
from queue_service.storage.rows import change_row

SYSTEM = "system"


def close_day(hall: Hall, actor: str = SYSTEM, *, past_days_only: bool = False) -> int:
    """Move every unfinished leg to `left`; the number of legs moved.

    With `past_days_only`, today's legs stay (the nightly job). Raises Refused(still_serving) naming the
    numbers while somebody is being served on a day that is to be closed.
    """
    days = leg_table.c.service_day < hall.service_day if past_days_only else leg_table.c.service_day <= hall.service_day
    open_legs = hall.connection.execute(
        legs_with_tickets()
        .where(leg_table.c.branch_id == hall.setup.branch_id, leg_table.c.state.in_(UNFINISHED), days)
        .order_by(leg_table.c.id)
    ).all()
    serving = [leg.label for leg in open_legs if leg.state == LegState.SERVING]
    if serving and not past_days_only:
        raise Refused("still_serving", numbers=", ".join(serving))
    leavers = [leg for leg in open_legs if leg.state in MOVES[Move.CLOSE_DAY].before]
    state = MOVES[Move.CLOSE_DAY].after.value
    for leg in leavers:
        left = leg.left_at or hall.now
        change_row(hall.connection, leg_table, leg.id, state=state, left_at=left, due_at=None, due_turn=None)
        hall.record(
            Move.CLOSE_DAY, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts={"number": leg.label, "was": leg.state}
        )
    return len(leavers)
