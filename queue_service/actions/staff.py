"""Who may act: accounts, sign-in and out, tokens for scripts."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from queue_service.model import Branch, Staff, StaffBranch, StaffKey, table
from queue_service.model.staff import KeyKind, Role
from queue_service.rules.errors import Kind, Refused, invalid, not_found
from queue_service.storage.rows import fetch_all, put_row

staff_table, staff_branch_table, key_table, branch_table = (
    table(Staff),
    table(StaffBranch),
    table(StaffKey),
    table(Branch),
)

_KNOWN = (
    select(key_table, staff_table.c.username, staff_table.c.name, staff_table.c.role, branch_table.c.code)
    .join(staff_table, staff_table.c.id == key_table.c.staff_id)
    .outerjoin(staff_branch_table, staff_branch_table.c.staff_id == staff_table.c.id)
    .outerjoin(branch_table, branch_table.c.id == staff_branch_table.c.branch_id)
    .where(key_table.c.key_hash == bindparam("key"), key_table.c.kind == bindparam("kind"), staff_table.c.is_active)
)
SESSION_LENGTH = timedelta(hours=12)
SHORTEST_PASSWORD = 10
# Checked when the user name is unknown, so that the answer takes as long as for a known one.
_NOBODY = generate_password_hash(secrets.token_urlsafe(16))


@dataclass(frozen=True)
class Known:
    """Somebody who showed a valid key."""

    staff_id: int
    username: str
    name: str
    role: Role
    branches: frozenset[str]
    """Codes of the branches they are bound to."""
    csrf: str | None
    """None for API tokens, which browsers never send by themselves."""
    key_hash: str


def add_staff(
    connection: Connection,
    username: str,
    role: str,
    branches: Sequence[str],
    *,
    password: str | None,
    name: str | None = None,
) -> int:
    """Create an account, bound to branches by code; its id. No password: tokens only.

    Raises Refused: unknown_role, password_too_short, username_taken, unknown_branch.
    """
    if role not in set(Role):
        raise invalid("unknown_role", "role", known=", ".join(Role))
    if connection.execute(select(staff_table.c.id).where(staff_table.c.username == username)).first():
        raise Refused("username_taken", field="username", value=username)
    staff_id = put_row(
        connection,
        staff_table,
        username=username,
        name=name or username,
        role=role,
        is_active=True,
        password_hash=None if password is None else _hashed(password),
    )
    for code in branches:
        branch_id = connection.execute(select(branch_table.c.id).where(branch_table.c.code == code)).scalar()
        if branch_id is None:
            raise not_found("branch", code, "branch")
        connection.execute(insert(staff_branch_table).values(staff_id=staff_id, branch_id=branch_id))
    return int(staff_id)


def set_password(connection: Connection, username: str, password: str) -> None:
    """Give an account a new password and end its sessions. Raises Refused: unknown_staff, password_too_short."""
    staff_id = _staff_id(connection, username)
    connection.execute(update(staff_table).where(staff_table.c.id == staff_id).values(password_hash=_hashed(password)))
    connection.execute(delete(key_table).where(key_table.c.staff_id == staff_id, key_table.c.kind == KeyKind.SESSION))


def has_staff(connection: Connection, username: str) -> bool:
    return connection.execute(select(staff_table.c.id).where(staff_table.c.username == username)).first() is not None


def password_matches(connection: Connection, username: str, password: str) -> int | None:
    """The id of the active account with this password, or None. Takes the same time either way."""
    row = connection.execute(
        select(staff_table).where(staff_table.c.username == username, staff_table.c.is_active)
    ).first()
    stored = row.password_hash if row is not None and row.password_hash else _NOBODY
    matches = check_password_hash(stored, password)
    return row.id if row is not None and row.password_hash and matches else None


def open_session(connection: Connection, staff_id: int, now: datetime) -> str:
    """A browser session; the secret for its cookie."""
    connection.execute(delete(key_table).where(key_table.c.expires_at < now))
    return _new_key(connection, staff_id, KeyKind.SESSION, "", now, now + SESSION_LENGTH)


def create_token(connection: Connection, username: str, now: datetime, label: str = "") -> str:
    """An API token that acts as this account. Raises Refused(unknown_staff)."""
    return _new_key(connection, _staff_id(connection, username), KeyKind.TOKEN, label, now, None)


def revoke_tokens(connection: Connection, username: str) -> None:
    """End all API tokens of an account. Raises Refused(unknown_staff)."""
    connection.execute(
        delete(key_table).where(
            key_table.c.staff_id == _staff_id(connection, username), key_table.c.kind == KeyKind.TOKEN
        )
    )


def close_session(connection: Connection, key_hash: str) -> None:
    connection.execute(delete(key_table).where(key_table.c.key_hash == key_hash))


def known_by(connection: Connection, secret: str, kind: KeyKind, now: datetime) -> Known | None:
    """Whose key this is; None when it is unknown, over, or the account is switched off."""
    rows = fetch_all(connection, _KNOWN, key=_key_hash(secret), kind=kind.value)
    if not rows or (rows[0].expires_at is not None and rows[0].expires_at <= now):
        return None
    row, branches = rows[0], frozenset(row.code for row in rows if row.code is not None)
    return Known(row.staff_id, row.username, row.name, Role(row.role), branches, row.csrf, row.key_hash)


def still_bound(connection: Connection, keys: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """Of these keys (as hashes), those that still open something: with the code of each branch they open."""
    rows = connection.execute(
        select(key_table.c.key_hash, branch_table.c.code)
        .join(staff_table, staff_table.c.id == key_table.c.staff_id)
        .join(staff_branch_table, staff_branch_table.c.staff_id == staff_table.c.id)
        .join(branch_table, branch_table.c.id == staff_branch_table.c.branch_id)
        .where(key_table.c.key_hash.in_(list(keys)), staff_table.c.is_active)
        .where(or_(key_table.c.expires_at.is_(None), key_table.c.expires_at > now))
    )
    return {(row.key_hash, row.code) for row in rows}


def _new_key(
    connection: Connection, staff_id: int, kind: KeyKind, label: str, now: datetime, expires_at: datetime | None
) -> str:
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(key_table).values(
            key_hash=_key_hash(secret),
            staff_id=staff_id,
            kind=kind,
            label=label,
            csrf=secrets.token_urlsafe(16) if kind == KeyKind.SESSION else None,
            created_at=now,
            expires_at=expires_at,
        )
    )
    return secret


def _staff_id(connection: Connection, username: str) -> int:
    staff_id = connection.execute(select(staff_table.c.id).where(staff_table.c.username == username)).scalar()
    if staff_id is None:
        raise Refused("unknown_staff", Kind.NOT_FOUND, field="username", value=username)
    return int(staff_id)


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise invalid("password_too_short", "password", shortest=SHORTEST_PASSWORD)
    return generate_password_hash(password)


def _key_hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
