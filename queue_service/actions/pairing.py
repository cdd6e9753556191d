"""How does a machine become a device? It shows a code, somebody of the office types it in, and it fetches its key.

After RFC 8628: the code for people is short and lives ten minutes; the machine asks by a long one of its own.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from queue_service.model import CodeTry, DevicePairing, Staff, table
from queue_service.model.device import DeviceRole, PairingState
from queue_service.rules.device import (
    ALPHABET,
    ASK_EVERY_SECONDS,
    CODE_LENGTH,
    MOST_TRIES,
    VALID,
    DeviceFacts,
    asks_too_often,
    checked_settings,
    clean_code,
    kept_settings,
    settings_faults,
)
from queue_service.rules.errors import Kind, Refused, invalid
from queue_service.storage.devices import KnownDevice, by_id, devices, secret_hash
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.rows import put_row

pairings, tries, staff_table = table(DevicePairing), table(CodeTry), table(Staff)

MOST_WAITING = 200
"""Machines that may ask to be let in at the same time: anybody may ask, and nobody may fill the disk."""
KEY_PREFIX = "device-"
"""Tells a device's key from a token of staff."""


@dataclass(frozen=True)
class Codes:
    user_code: str
    device_code: str


@dataclass(frozen=True)
class Answer:
    """What a machine hears when it asks for its key: the key and what it is now, or why not yet (RFC 8628, 3.5)."""

    key: str = ""
    device: KnownDevice | None = None
    error: str = ""
    interval_seconds: int = 0


def ask_to_be_let_in(connection: Connection, secret: bytes, now: datetime) -> Codes:
    """New codes for a machine, valid ten minutes. Raises Refused(pairing_busy)."""
    connection.execute(delete(pairings).where(pairings.c.expires_at < now - VALID))
    waiting = select(func.count()).select_from(pairings).where(pairings.c.expires_at > now)
    if connection.execute(waiting).scalar_one() >= MOST_WAITING:
        raise Refused("pairing_busy", Kind.TOO_MANY)
    codes = Codes("".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)), secrets.token_urlsafe(32))
    connection.execute(
        insert(pairings).values(
            device_code_hash=secret_hash(codes.device_code),
            user_code_hash=_short_hash(secret, codes.user_code),
            state=PairingState.PENDING,
            expires_at=now + VALID,
            interval_seconds=ASK_EVERY_SECONDS,
        )
    )
    return codes


def fetch_key(connection: Connection, device_code: str, now: datetime) -> Answer:
    """The machine's key once somebody has let it in; asked again, a new one, until the first has been used."""
    this = pairings.c.device_code_hash == secret_hash(device_code)
    asked = connection.execute(select(pairings).where(this).with_for_update()).first()
    if asked is None:
        return Answer(error="invalid_grant")
    if asked.state == PairingState.DENIED:
        return Answer(error="access_denied")
    if asked.expires_at <= now:
        return Answer(error="expired_token")
    if asked.state == PairingState.APPROVED:
        return _give_key(connection, asked.device_id, now)
    too_often = asks_too_often(asked.asked_at, asked.interval_seconds, now)
    interval = asked.interval_seconds + (ASK_EVERY_SECONDS if too_often else 0)
    connection.execute(update(pairings).where(this).values(asked_at=now, interval_seconds=interval))
    return Answer(error="slow_down" if too_often else "authorization_pending", interval_seconds=interval)


def let_in(hall: Hall, typed_code: str, facts: DeviceFacts, actor: str) -> KnownDevice:
    """Make the machine that shows this code a device of the branch; it fetches its key by itself.

    Raises Refused: unknown_pairing_code (no such code, over, or used), and what `fitting_settings` raises.
    """
    device_id = put_row(
        hall.connection,
        devices,
        branch_id=hall.setup.branch_id,
        name=facts.name,
        role=facts.role.value,
        settings=fitting_settings(hall.setup, facts.role, facts.settings),
        created_at=hall.now,
    )
    # What was approved late must still be fetched: the machine gets its full time from now.
    _decide(hall, typed_code, state=PairingState.APPROVED, device_id=device_id, expires_at=hall.now + VALID)
    hall.record("device_paired", actor, facts={"device": device_id, "role": facts.role})
    device = by_id(hall.connection, device_id)
    assert device is not None
    return device


def turn_away(hall: Hall, typed_code: str, actor: str) -> None:
    """Tell the machine that shows this code that it is not wanted. Raises Refused(unknown_pairing_code)."""
    _decide(hall, typed_code, state=PairingState.DENIED)
    hall.record("device_denied", actor)


def fitting_settings(setup: Setup, role: DeviceRole, given: dict[str, Any]) -> dict[str, Any]:
    """The settings to keep for a device of this role in this branch.

    Raises ValidationError, Refused: unknown_window, unknown_language, each naming its field.
    """
    settings = checked_settings(role, given)
    windows = {window.code for window in setup.windows}
    for code, field, params in settings_faults(settings, windows, setup.languages):
        raise Refused(code, Kind.INVALID, field=f"settings.{field}", **params)
    return kept_settings(settings)


def count_try(connection: Connection, staff_id: int, now: datetime) -> int:
    """Count one code that this person types, before it is looked at; the try's id.

    Raises Refused(too_many_codes) after five that did not fit within ten minutes.
    """
    connection.execute(select(staff_table.c.id).where(staff_table.c.id == staff_id).with_for_update())
    connection.execute(delete(tries).where(tries.c.staff_id == staff_id, tries.c.at <= now - VALID))
    made = connection.execute(select(tries.c.at).where(tries.c.staff_id == staff_id).order_by(tries.c.at)).scalars()
    if len(earlier := list(made)) >= MOST_TRIES:
        wait: timedelta = earlier[-MOST_TRIES] + VALID - now
        raise Refused("too_many_codes", Kind.TOO_MANY, field="user_code", minutes=-(-wait // timedelta(minutes=1)))
    return put_row(connection, tries, staff_id=staff_id, at=now)


def forget_try(connection: Connection, try_id: int) -> None:
    """The code fitted: this was no guess."""
    connection.execute(delete(tries).where(tries.c.id == try_id))


def _decide(hall: Hall, typed_code: str, **values: Any) -> None:
    """Decide on the machine that shows the code, if nobody has; two people who decide at once do not both succeed."""
    code = clean_code(typed_code)
    decided = 0
    if code is not None:
        waiting = (
            pairings.c.user_code_hash == _short_hash(hall.secret, code),
            pairings.c.state == PairingState.PENDING,
            pairings.c.expires_at > hall.now,
        )
        decided = hall.connection.execute(update(pairings).where(*waiting).values(**values)).rowcount
    if not decided:
        raise invalid("unknown_pairing_code", "user_code", minutes=VALID // timedelta(minutes=1))


def _give_key(connection: Connection, device_id: int, now: datetime) -> Answer:
    device = by_id(connection, device_id)
    # A key that was used is in good hands; whoever asks now is not the machine, or has no need to.
    if device is None or device.last_seen_at is not None:
        return Answer(error="invalid_grant")
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    held = {"key_hash": secret_hash(key), "key_since": now}
    connection.execute(update(devices).where(devices.c.id == device_id).values(**held))
    return Answer(key, by_id(connection, device_id))


def _short_hash(secret: bytes, user_code: str) -> str:
    """A short code could be guessed from a plain hash of it; the installation's secret is not in the database."""
    return hmac.new(secret, user_code.encode(), "sha256").hexdigest()
