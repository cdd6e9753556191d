"""Which causes have open breaches now, and which of them have been told of? Reads follow what is open."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from queue_service.model import Alert, Escalation, table
from queue_service.rules.escalation import Cause, EscalationFacts, to_end, to_raise
from queue_service.storage.breaches import breach_table
from queue_service.storage.lookup import branch_table
from queue_service.storage.office import Setup
from queue_service.storage.risks import at_risk
from queue_service.storage.timetable import Entry

alert_table, escalation_table = table(Alert), table(Escalation)
WEBHOOK_SECRET = "webhook secret"
"""What the secrets of webhooks are sealed for."""


class Changes(NamedTuple):
    fresh: list[tuple[Entry[EscalationFacts], Cause]]
    """By which rule to tell of what."""
    over: list[int]
    """The alerts whose cause is over."""


def branches_that_escalate(connection: Connection) -> list[str]:
    """The branches with rules of escalation."""
    has_rules = select(escalation_table.c.id).where(escalation_table.c.branch_id == branch_table.c.id).exists()
    return list(connection.execute(select(branch_table.c.code).where(has_rules)).scalars())


def causes(connection: Connection, setup: Setup, now: datetime) -> list[Cause]:
    """What the open breaches of a branch, and whatever is at risk, come from."""
    c = breach_table.c
    is_unseen = c.acknowledged_at.is_(None)
    unseen = func.sum(case((is_unseen, 1), else_=0))
    unseen_since = func.min(case((is_unseen, c.flagged_at)))
    query = (
        select(c.kind, c.service_id, func.count(), unseen, unseen_since, func.min(c.at))
        .where(c.branch_id == setup.branch_id, c.resolved_at.is_(None))
        .group_by(c.kind, c.service_id)
    )
    found = {
        (row[0], row[1]): Cause(row[0], row[1], row[2], row[3], row[4], since=row[5])
        for row in connection.execute(query)
    }
    if any(entry.facts.at_risk for entry in setup.escalations):
        ids = {code: number for number, code in setup.service_codes.items()}
        risks = Counter((risk["kind"], ids.get(risk["service"])) for risk in at_risk(connection, setup, now))
        for (kind, service_id), count in risks.items():
            found[kind, service_id] = replace(found.get((kind, service_id)) or Cause(kind, service_id), at_risk=count)
    return list(found.values())


def told(connection: Connection, setup: Setup) -> dict[int, dict[str, int]]:
    """By rule, the alerts that are not over: their ids by cause."""
    c = alert_table.c
    live: dict[int, dict[str, int]] = defaultdict(dict)
    rules = [entry.id for entry in setup.escalations]
    query = select(c.id, c.escalation_id, c.cause).where(c.escalation_id.in_(rules), c.over_at.is_(None))
    for alert_id, rule_id, cause in connection.execute(query):
        live[rule_id][cause] = alert_id
    return live


def changes(connection: Connection, setup: Setup, now: datetime) -> Changes:
    """What is to be done about a branch's causes now."""
    found, live = causes(connection, setup, now), told(connection, setup)
    fresh = [(rule, cause) for rule in setup.escalations for cause in to_raise(rule.facts, found, live[rule.id], now)]
    over = [live[rule.id][key] for rule in setup.escalations for key in to_end(rule.facts, found, live[rule.id])]
    return Changes(fresh, over)


def alert_with_rule(connection: Connection, alert_id: int) -> Any | None:
    """An alert with where it goes; None when its rule has been removed."""
    e = escalation_table.c
    query = select(alert_table, e.target, e.language, e.sealed_secret)
    query = query.join(escalation_table, e.id == alert_table.c.escalation_id).where(alert_table.c.id == alert_id)
    return connection.execute(query).first()
