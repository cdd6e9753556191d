"""What has to be told to whom? Written down in the transaction that makes it true; sent later, by a job."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from queue_service.model import Message, table
from queue_service.model.appointment import MessageChannel, MessageKind, MessageState
from queue_service.storage.hall import Hall
from queue_service.storage.rows import put_row

message_table = table(Message)


def tell(hall: Hall, kind: MessageKind, appointment: Any) -> None:
    """Queue a message about an appointment (a row with its contact), in the place of older ones not sent yet."""
    _drop_queued(hall, appointment.id)
    _queue(hall, kind, appointment)
    if kind in (MessageKind.BOOKED, MessageKind.MOVED):
        for hours in _reminder_hours(hall, appointment):
            due = appointment.starts_at - timedelta(hours=hours)
            if due > hall.now:
                _queue(hall, MessageKind.REMINDER, appointment, due)


def _queue(hall: Hall, kind: MessageKind, appointment: Any, due: Any = None) -> None:
    about = {"appointment_id": appointment.id, "sequence": appointment.sequence}
    put_messages(hall, kind, appointment, due or hall.now, **about)


def put_messages(hall: Hall, kind: MessageKind, contact: Any, due: Any, **about: Any) -> None:
    """One message for each way in which somebody (a row with a phone number and an e-mail address) can be reached."""
    channels = [MessageChannel.TEXT] if contact.phone else []
    if contact.email:
        channels.append(MessageChannel.EMAIL)
    for channel in channels:
        put_row(
            hall.connection,
            message_table,
            branch_id=hall.setup.branch_id,
            kind=kind.value,
            channel=channel.value,
            state=MessageState.QUEUED.value,
            queued_at=hall.now,
            due_at=due,
            **about,
        )


def _drop_queued(hall: Hall, appointment_id: int) -> None:
    c = message_table.c
    queued = (c.appointment_id == appointment_id) & (c.state == MessageState.QUEUED.value)
    hall.connection.execute(update(message_table).where(queued).values(state=MessageState.DROPPED.value))


def _reminder_hours(hall: Hall, appointment: Any) -> set[int]:
    """Of a visit of several services the reminders of each; one at a time."""
    services = (hall.setup.services.get(part["service"]) for part in appointment.parts)
    return {hours for s in services if s is not None and s.booking is not None for hours in s.booking.reminder_hours}
