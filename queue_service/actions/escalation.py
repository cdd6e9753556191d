"""What is done about breaches that nobody takes note of? Rules say who is told; each cause is told of once."""

import secrets
from typing import Any

from sqlalchemy import delete, select, update

from queue_service.actions.breaches import SYSTEM
from queue_service.actions.rosters import put_entry
from queue_service.model import Message, table
from queue_service.model.appointment import MessageChannel, MessageKind, MessageState
from queue_service.rules.errors import invalid, not_found
from queue_service.rules.escalation import Cause, EscalationFacts
from queue_service.storage import alerts
from queue_service.storage.alerts import WEBHOOK_SECRET, alert_table, escalation_table
from queue_service.storage.hall import Hall
from queue_service.storage.rows import put_row
from queue_service.storage.sealed import seal
from queue_service.storage.timetable import Entry

message_table = table(Message)


def escalate(hall: Hall) -> int:
    """Raise an alert for each cause that has stood too long, end those whose cause is over; how many were raised."""
    fresh, over = alerts.changes(hall.connection, hall.setup, hall.now)
    if over:
        hall.connection.execute(update(alert_table).where(alert_table.c.id.in_(over)).values(over_at=hall.now))
    for rule, cause in fresh:
        _raise(hall, rule, cause)
    return len(fresh)


def put_escalation(hall: Hall, facts: EscalationFacts, actor: str, rule_id: int | None = None) -> int:
    """Add or change a rule; its id. Raises Refused: unknown_escalation, unknown_language."""
    if facts.language is not None and facts.language not in hall.setup.languages:
        raise invalid("unknown_language", "language", languages=", ".join(hall.setup.languages))
    rule_id = put_entry(
        hall, escalation_table, _row(facts), facts.model_dump(mode="json", exclude={"target"}), actor, rule_id
    )
    has_none = (escalation_table.c.id == rule_id) & escalation_table.c.sealed_secret.is_(None)
    if facts.channel == MessageChannel.WEBHOOK:
        _, sealed = _fresh_secret(hall)
        hall.connection.execute(update(escalation_table).where(has_none).values(sealed_secret=sealed))
    return rule_id


def renew_secret(hall: Hall, rule_id: int, actor: str) -> str:
    """Give a webhook a new secret and say it, this once. Raises Refused: unknown_escalation, no_webhook."""
    rule = next((entry.facts for entry in hall.setup.escalations if entry.id == rule_id), None)
    if rule is None:
        raise not_found("escalation", str(rule_id))
    if rule.channel != MessageChannel.WEBHOOK:
        raise invalid("no_webhook", "channel")
    fresh, sealed = _fresh_secret(hall)
    hall.connection.execute(
        update(escalation_table).where(escalation_table.c.id == rule_id).values(sealed_secret=sealed)
    )
    hall.record("setup_escalation_secret", actor, facts={"id": rule_id})
    return fresh


def replace_rules(hall: Hall, rules: list[EscalationFacts]) -> None:
    """What an imported office says; a webhook that was there keeps its secret, which no file contains."""
    c = escalation_table.c
    here = c.branch_id == hall.setup.branch_id
    webhooks = (here, c.channel == MessageChannel.WEBHOOK.value)
    known = dict(hall.connection.execute(select(c.target, c.sealed_secret).where(*webhooks)).all())
    hall.connection.execute(delete(escalation_table).where(here))
    for facts in rules:
        sealed = None
        if facts.channel == MessageChannel.WEBHOOK:
            sealed = known.get(facts.target) or _fresh_secret(hall)[1]
        branch = hall.setup.branch_id
        put_row(hall.connection, escalation_table, branch_id=branch, **_row(facts), sealed_secret=sealed)


def _fresh_secret(hall: Hall) -> tuple[str, Any]:
    """A secret for a webhook: in the clear, to be said once, and sealed, to be kept."""
    fresh = secrets.token_urlsafe(32)
    return fresh, seal(hall.secret, WEBHOOK_SECRET, fresh)


def _row(facts: EscalationFacts) -> dict[str, Any]:
    return {**facts.model_dump(), "channel": facts.channel.value}


def _raise(hall: Hall, rule: Entry[EscalationFacts], cause: Cause) -> None:
    alert_id = put_row(
        hall.connection,
        alert_table,
        branch_id=hall.setup.branch_id,
        escalation_id=rule.id,
        cause=cause.key,
        kind=cause.kind,
        service_id=cause.service_id,
        breaches=cause.unseen,
        at_risk=cause.at_risk,
        since=cause.since or hall.now,
        raised_at=hall.now,
    )
    put_row(
        hall.connection,
        message_table,
        branch_id=hall.setup.branch_id,
        kind=MessageKind.ALERT.value,
        channel=rule.facts.channel.value,
        state=MessageState.QUEUED.value,
        queued_at=hall.now,
        due_at=hall.now,
        alert_id=alert_id,
    )
    facts = {"alert": alert_id, "rule": rule.id, "kind": cause.kind, "breaches": cause.unseen}
    hall.record("alert", SYSTEM, facts=facts)
