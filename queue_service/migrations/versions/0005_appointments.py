"""Appointments: rosters and calendars, booked and held slots, contacts, the waiting list, messages to be sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0008"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
BOOKED = sa.text("state = 'booked'")
TAKING = sa.text("state IN ('booked', 'arrived')")
WAITING = sa.text("state IN ('waiting', 'offered')")
QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.create_table(
        "booking_day",
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stamp", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_booking_day_branch_id")),
        sa.PrimaryKeyConstraint("branch_id", "day", name=op.f("pk_booking_day")),
    )
    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("hours", DOCUMENT, nullable=False),
        sa.Column("windows", DOCUMENT, nullable=True),
        sa.Column("reason", DOCUMENT, nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_closure_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_closure_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index("closures", "closure", ["branch_id"])
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone_key", sa.String(length=40), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("retention", sa.String(length=24), nullable=False),
        sa.Column("keep_until", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_contact_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("contact_by_email", "contact", ["branch_id", "email_key"])
    op.create_index("contact_by_phone", "contact", ["branch_id", "phone_key"])
    op.create_index("contact_to_keep", "contact", ["retention", "keep_until"])
    op.create_table(
        "special_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("hours", DOCUMENT, nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_special_days_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_special_days_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_days")),
    )
    op.create_index("special_days_of", "special_days", ["branch_id"])
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("hold_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("parts", DOCUMENT, nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("needs", DOCUMENT, nullable=False),
        sa.Column("requires", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "channel IN ('kiosk', 'web', 'reception', 'phone')", name=op.f("ck_appointment_channel_known")
        ),
        sa.CheckConstraint(
            "state IN ('booked', 'arrived', 'absent', 'cancelled')", name=op.f("ck_appointment_state_known")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_appointment_branch_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_appointment_contact_id")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_appointment_created_by")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_appointment_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("branch_id", "code", name=op.f("uq_appointment_branch_id_code")),
        sa.UniqueConstraint("hold_hash", name=op.f("uq_appointment_hold_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_appointment_token_hash")),
    )
    op.create_index("appointment_of_contact", "appointment", ["contact_id"])
    op.create_index("expected", "appointment", ["branch_id", "starts_at"], sqlite_where=BOOKED, postgresql_where=BOOKED)
    op.create_index("taken", "appointment", ["branch_id", "starts_at"], sqlite_where=TAKING, postgresql_where=TAKING)
    op.create_table(
        "roster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("hours", DOCUMENT, nullable=False),
        sa.Column("services", DOCUMENT, nullable=True),
        sa.CheckConstraint("last IS NULL OR first IS NULL OR last >= first", name=op.f("ck_roster_in_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_roster_branch_id")),
        sa.ForeignKeyConstraint(["window_id"], ["window.id"], name=op.f("fk_roster_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_index("rosters", "roster", ["branch_id"])
    op.create_table(
        "slot_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("parts", DOCUMENT, nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("needs", DOCUMENT, nullable=False),
        sa.Column("requires", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('kiosk', 'web', 'reception', 'phone')", name=op.f("ck_slot_hold_channel_known")
        ),
        sa.CheckConstraint("kind IN ('form', 'offer', 'release')", name=op.f("ck_slot_hold_kind_known")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_slot_hold_appointment_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_slot_hold_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_hold")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_slot_hold_token_hash")),
    )
    op.create_index("held", "slot_hold", ["branch_id", "starts_at"])
    op.create_index("hold_expiry", "slot_hold", ["expires_at"])
    op.create_index("hold_of", "slot_hold", ["branch_id", "holder"])
    op.create_index("holds_from", "slot_hold", ["branch_id", "address"])
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("services", DOCUMENT, nullable=False),
        sa.Column("needs", DOCUMENT, nullable=False),
        sa.Column("requires", sa.String(length=200), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("offer_hash", sa.String(length=64), nullable=True),
        sa.Column("offered_until", MOMENT, nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('list', 'draw')", name=op.f("ck_waiting_entry_kind_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'booked', 'ended')", name=op.f("ck_waiting_entry_state_known")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_waiting_entry_appointment_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_waiting_entry_branch_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_waiting_entry_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_waiting_entry_token_hash")),
    )
    op.create_index(
        "waiting_list", "waiting_entry", ["branch_id", "kind", "id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("waiting_id", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'dropped')", name=op.f("ck_message_state_known")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_message_appointment_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_message_branch_id")),
        sa.ForeignKeyConstraint(["waiting_id"], ["waiting_entry.id"], name=op.f("fk_message_waiting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("message_of", "message", ["appointment_id"])
    op.create_index("outbox", "message", ["due_at"], sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.add_column("service", sa.Column("booking", DOCUMENT, nullable=True))
