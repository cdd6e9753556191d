"""The tables, one file per subject. Importing this package registers all of them on `metadata`."""

from typing import cast

from sqlalchemy import Table
from sqlmodel import SQLModel

from queue_service.model.appointment import Appointment, Contact, Message, SlotHold, SpentProof, WaitingEntry
from queue_service.model.branch import Branch, Hall, PriorityCategory, Service, ServiceGroup, Window, WindowService
from queue_service.model.device import CodeTry, Device, DevicePairing
from queue_service.model.escalation import Alert, Escalation
from queue_service.model.estimate import Estimate
from queue_service.model.heartbeat import Heartbeat
from queue_service.model.ledger import LedgerEntry
from queue_service.model.norm import Breach, ClockJump, Norm, Standing
from queue_service.model.roster import BookingDay, Closure, Roster, SpecialDays
from queue_service.model.staff import Staff, StaffBranch, StaffKey
from queue_service.model.ticket import AnsweredRequest, LastMove, Leg, Ticket, TicketCounter

metadata = SQLModel.metadata


def table(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a model, for the hot path where building objects would cost too much."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


__all__ = [
    "Alert",
    "AnsweredRequest",
    "Appointment",
    "BookingDay",
    "Branch",
    "Breach",
    "ClockJump",
    "Closure",
    "CodeTry",
    "Contact",
    "Device",
    "DevicePairing",
    "Escalation",
    "Estimate",
    "Hall",
    "Heartbeat",
    "LastMove",
    "LedgerEntry",
    "Leg",
    "Message",
    "Norm",
    "PriorityCategory",
    "Roster",
    "Service",
    "ServiceGroup",
    "SlotHold",
    "SpecialDays",
    "SpentProof",
    "Staff",
    "StaffBranch",
    "StaffKey",
    "Standing",
    "Ticket",
    "TicketCounter",
    "WaitingEntry",
    "Window",
    "WindowService",
    "metadata",
    "table",
]
