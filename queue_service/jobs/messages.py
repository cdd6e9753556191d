"""Who sends what is in the outbox? One job for each channel; several servers may run it, each message leaves once.

A message is taken (a compare-and-set that keeps it from others for some minutes), sent outside any transaction, and
marked. Only a crash between the last two sends it twice, under the same Message-ID. Nothing is given up because a
server is silent: it is tried again as long as the visit is ahead.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from queue_service.failpoints import fail_point
from queue_service.model.appointment import MessageChannel, MessageKind, MessageState
from queue_service.notifications.alerts import about_alert
from queue_service.notifications.letters import Letter, about_appointment, about_draw, about_offer
from queue_service.notifications.senders import NeverTaken, NotReached, NotTaken, Sender
from queue_service.storage import alerts, messages, waiting
from queue_service.storage.appointments import TOKEN, by_id
from queue_service.storage.database import Database
from queue_service.storage.office import Setup
from queue_service.storage.sealed import unseal

log = logging.getLogger(__name__)
MOST_IN_A_RUN = 100
PAUSE = timedelta(seconds=30)
"""After a server that did not answer."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
FAULTS_BEFORE_GIVING_UP = 5
"""Attempts that ended in a fault of our own, for one message."""


def send_due(database: Database, sender: Sender, base_url: str) -> int:
    """Send what is due on one channel; how many were sent. A server that does not answer ends the run."""
    count = 0
    with sender:
        for _ in range(MOST_IN_A_RUN):
            now = database.clock.now()
            row = database.write(lambda connection, now=now: messages.take(connection, sender.channel.value, now))  # type: ignore[misc]
            if row is None:
                break
            try:
                count += _send(database, sender, base_url, row)
            except NotReached as error:
                log.warning("no %s can be sent now: %s", sender.channel.value, error)
                _later(database, row, now + PAUSE, str(error), attempts=row.attempts)
                break
    return count


def give_up_late(database: Database) -> int:
    """What could not be sent before the visit was over is of no use any more."""
    now = database.clock.now()
    return database.write(lambda connection: messages.give_up_late(connection, now))


def _send(database: Database, sender: Sender, base_url: str, row: Any) -> bool:
    """Send one message and mark it, whatever becomes of it; one that cannot be sent holds up no other."""
    try:
        letter = database.read(lambda connection: _letter(database, connection, row, base_url))
        if letter is None:
            return _ended(database, row, MessageState.DROPPED, None)
        sender.send(letter)
        fail_point("outbox_flush")
    except NotReached:
        raise
    except NotTaken as error:
        _later(database, row, database.clock.now() + pause(row.attempts), str(error))
    except NeverTaken as error:
        return _ended(database, row, MessageState.FAILED, str(error))
    except Exception as error:  # a poison row: the others go on
        log.error("message %d could not be written: %s", row.id, type(error).__name__)
        if row.attempts + 1 >= FAULTS_BEFORE_GIVING_UP:
            return _ended(database, row, MessageState.FAILED, type(error).__name__)
        _later(database, row, database.clock.now() + pause(row.attempts), type(error).__name__)
    else:
        _mark(database, row, state=MessageState.SENT.value, sent_at=database.clock.now(), error=None)
        return True
    return False


def pause(attempts: int) -> timedelta:
    """How long after an attempt the next one is made: longer each time."""
    longer: int = 4 ** min(attempts, 8)
    return min(FIRST_PAUSE * longer, LONGEST_PAUSE)


def _letter(database: Database, connection: Connection, row: Any, base_url: str) -> Letter | None:
    setup = database.setups.read(connection, row.branch)
    if row.alert_id is not None:
        return _to_staff(database, connection, row, setup, base_url)
    if row.appointment_id is None:
        return _to_who_waits(database, connection, row, setup, base_url)
    appointment = by_id(connection, row.branch_id, row.appointment_id)
    token = unseal(database.secret, TOKEN, appointment.sealed_token)
    # Without the secret it was sealed with the code alone must do.
    link = base_url if token is None else f"{base_url}/a/{token}"
    return about_appointment(row, appointment, setup, link, database.clock.now())


def _to_staff(database: Database, connection: Connection, row: Any, setup: Setup, base_url: str) -> Letter | None:
    """About breaches that nobody takes note of; None when the cause is over, or the rule has been removed."""
    alert = alerts.alert_with_rule(connection, row.alert_id)
    if alert is None or alert.over_at is not None:
        return None
    sealed = alert.sealed_secret if row.channel == MessageChannel.WEBHOOK else None
    secret = None if sealed is None else unseal(database.secret, alerts.WEBHOOK_SECRET, sealed)
    return about_alert(row, alert, setup, base_url, secret)


def _to_who_waits(database: Database, connection: Connection, row: Any, setup: Setup, base_url: str) -> Letter | None:
    """About an offer, or a draw in which nothing was left; None when there is nothing to be told any more."""
    entry = waiting.by_id(connection, row.waiting_id)
    token = None if entry is None else unseal(database.secret, waiting.WAITING_TOKEN, entry.sealed_token)
    if entry is None or token is None or not entry.phone:
        return None
    link = f"{base_url}/w/{token}"
    if row.kind == MessageKind.NOT_DRAWN:
        return about_draw(row, entry, setup, link)
    offer = waiting.offer_of(connection, entry)
    if offer is None or entry.offered_until <= database.clock.now():
        return None
    return about_offer(row, entry, offer, setup, link)


def _later(database: Database, row: Any, until: datetime, why: str, **more: Any) -> None:
    _mark(database, row, due_at=until, error=why[:300], **more)


def _ended(database: Database, row: Any, state: MessageState, why: str | None) -> bool:
    _mark(database, row, state=state.value, error=why)
    return False


def _mark(database: Database, row: Any, **values: Any) -> None:
    change: Callable[[Connection], None] = lambda connection: messages.mark(connection, row, **values)  # noqa: E731
    database.write(change)
