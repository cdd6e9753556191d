"""The rules of the hall: priority, needs, routes, holds, timed moves, undo, choices as data."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RESTRICTED = sa.text("state = 'waiting' AND (requires <> '' OR for_window_id IS NOT NULL OR for_staff_id IS NOT NULL)")
DUE = sa.text("due_at IS NOT NULL")

CHOICES = {
    "outcome": [
        ("solved", "Решено", "Solved", False),
        ("documents_missing", "Не хватило документов", "Documents missing", False),
        ("to_be_continued", "Будет продолжение", "To be continued", False),
        ("wrong_service", "Не та услуга", "Wrong service", False),
        ("refused", "Отказано", "Refused", True),
    ],
    "hold": [
        ("form", "Заполняет бланк", "Filling in a form", False),
        ("copies", "Делает копии", "Making copies", False),
        ("payment", "Оплачивает", "Paying", False),
        ("document", "Ждём документ", "Waiting for a document", False),
    ],
    "call": [
        ("unwell", "Плохо себя чувствует", "Feels unwell", False),
        ("small_child", "С маленьким ребёнком", "With a small child", False),
        ("returned", "Вернулся с недостающим документом", "Came back with what was missing", False),
        ("hall_administrator", "По указанию администратора зала", "Told by the hall administrator", False),
    ],
    "pause": [
        ("break", "Короткий перерыв", "Short break", False),
        ("lunch", "Обед", "Lunch", False),
        ("back_office", "Работа без посетителей", "Back office", False),
        ("technical", "Техническая причина", "Technical reason", False),
    ],
}


def upgrade() -> None:
    op.create_table(
        "priority_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("branch_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", DOCUMENT, nullable=False),
        sa.Column("head_start_minutes", DOCUMENT, nullable=False),
        sa.Column("legal_basis", sa.String(length=300), nullable=False),
        sa.Column("proof", DOCUMENT, nullable=False),
        sa.Column("is_self_declared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_priority_category_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_priority_category")),
        sa.UniqueConstraint("branch_id", "code", name=op.f("uq_priority_category_branch_id_code")),
    )
    op.create_table(
        "last_move",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("leg_id", sa.Integer(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("after", sa.String(length=64), nullable=False),
        sa.Column("new_leg_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["leg_id"], ["leg.id"], name=op.f("fk_last_move_leg_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_last_move_staff_id")),
        sa.ForeignKeyConstraint(["window_id"], ["window.id"], name=op.f("fk_last_move_window_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_last_move")),
    )
    _add(
        "branch",
        (sa.Column("day_starts", sa.String(length=5)), "00:00"),
        (sa.Column("first_number", sa.Integer()), 1),
        (sa.Column("last_number", sa.Integer()), 999),
        (sa.Column("numbers_restart", sa.String(length=8)), "daily"),
        (sa.Column("no_show_after_seconds", sa.Integer()), None),
        (sa.Column("starts_on_call", sa.Boolean()), False),
        (sa.Column("undo_seconds", sa.Integer()), 10),
        (sa.Column("rejoin_minutes", sa.Integer()), 30),
        (sa.Column("defer_limit", sa.Integer()), 2),
        (sa.Column("longest_defer_minutes", sa.Integer()), 15),
        (sa.Column("late_minutes", sa.Integer()), 15),
        (sa.Column("head_start_minutes", DOCUMENT), {"walk_in": 0, "appointment": 85}),
        (sa.Column("choices", DOCUMENT), _choices()),
    )
    with op.batch_alter_table("branch") as branch:
        branch.create_check_constraint(op.f("ck_branch_numbers_restart_known"), "numbers_restart IN ('daily', 'range')")
        branch.create_check_constraint(
            op.f("ck_branch_numbers_in_range"), "first_number > 0 AND last_number >= first_number"
        )
    _add("hall", (sa.Column("service_day", sa.Date()), "2000-01-01"))
    op.create_index("ledger_by_time", "ledger_entry", ["branch_id", "at"])
    _add(
        "leg",
        (sa.Column("requires", sa.String(length=200)), ""),
        (sa.Column("for_window_id", sa.Integer()), None),
        (sa.Column("for_staff_id", sa.Integer()), None),
        (sa.Column("due_at", sa.DateTime(timezone=True)), None),
        (sa.Column("due_turn", sa.DateTime(timezone=True)), None),
        (sa.Column("call_reason", sa.String(length=40)), None),
        (sa.Column("rejoins", sa.Integer()), 0),
        (sa.Column("held_at", sa.DateTime(timezone=True)), None),
        (sa.Column("hold_reason", sa.String(length=40)), None),
        (sa.Column("held_seconds", sa.Integer()), 0),
    )
    with op.batch_alter_table("leg") as leg:
        leg.create_foreign_key(op.f("fk_leg_for_window_id"), "window", ["for_window_id"], ["id"])
        leg.create_foreign_key(op.f("fk_leg_for_staff_id"), "staff", ["for_staff_id"], ["id"])
    for name, columns, where in (
        ("due", ["branch_id", "due_at"], DUE),
        ("restricted_line", ["branch_id", "service_day"], RESTRICTED),
    ):
        op.create_index(name, "leg", columns, sqlite_where=where, postgresql_where=where)
    _add(
        "ticket",
        (sa.Column("priority_granted_by", sa.Integer()), None),
        (sa.Column("booked_at", sa.DateTime(timezone=True)), None),
        (sa.Column("route", DOCUMENT), []),
        (sa.Column("deferrals", sa.Integer()), 0),
    )
    with op.batch_alter_table("ticket") as ticket:
        ticket.create_foreign_key(op.f("fk_ticket_priority_granted_by"), "staff", ["priority_granted_by"], ["id"])
    _add("ticket_counter", (sa.Column("start", sa.Integer()), 0), (sa.Column("given", sa.Integer()), 0))
    op.execute("UPDATE ticket_counter SET given = last_number")
    with op.batch_alter_table("ticket_counter") as counter:
        counter.drop_column("last_number")
    _add("window", (sa.Column("languages", DOCUMENT), []), (sa.Column("needs", DOCUMENT), []))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore the backup that was made before the upgrade")


def _add(table: str, *columns: tuple[Any, Any]) -> None:
    """Add columns, each with its value in the rows that are there; None leaves the column nullable."""
    with op.batch_alter_table(table) as batch:
        for column, present in columns:
            column.nullable = present is None
            if present is not None:
                column.server_default = sa.DefaultClause(_literal(present))
            batch.add_column(column)
    with op.batch_alter_table(table) as batch:
        for column, present in columns:
            if present is not None:
                batch.alter_column(column.name, server_default=None)


def _literal(value: Any) -> Any:
    if isinstance(value, bool):
        return sa.true() if value else sa.false()
    if isinstance(value, int):
        return sa.text(str(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _choices() -> dict[str, Any]:
    return {
        kind: [{"code": code, "name": {"en": en, "ru": ru}, "needs_note": note} for code, ru, en, note in entries]
        for kind, entries in CHOICES.items()
    }
