"""What is done with a paired device? It is known by its key, seen, changed, identified, given a new key, revoked."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from queue_service.actions.pairing import KEY_PREFIX, fitting_settings
from queue_service.rules.device import IDENTIFY_FOR, ONE_NEW_KEY_PER, DeviceChange, checked_settings, kept_settings
from queue_service.rules.errors import Refused, not_found
from queue_service.storage.devices import KnownDevice, by_id, by_key, devices, secret_hash
from queue_service.storage.hall import Hall


def device_of(connection: Connection, key: str) -> KnownDevice | None:
    """The device that holds this key; None when there is none, or it was revoked."""
    return by_key(connection, key) if key.startswith(KEY_PREFIX) else None


def seen(connection: Connection, device_ids: Iterable[int], now: datetime) -> None:
    """Note that these devices are there."""
    connection.execute(update(devices).where(devices.c.id.in_(list(device_ids))).values(last_seen_at=now))


def arrive(connection: Connection, key: str, now: datetime, page_version: str | None = None) -> KnownDevice | None:
    """Note that the holder of this key is there. If the key was given out to replace another, the other ends now."""
    device = device_of(connection, key)
    if device is None:
        return None
    values: dict[str, Any] = {
        "last_seen_at": now,
        "page_version": (page_version or device.page_version or "")[:32] or None,
    }
    if device.next_key_hash == secret_hash(key):
        values |= {"key_hash": device.next_key_hash, "key_since": now, "next_key_hash": None, "next_key_at": None}
    connection.execute(update(devices).where(devices.c.id == device.id).values(**values))
    return by_id(connection, device.id)


def new_key(connection: Connection, key: str, now: datetime) -> str:
    """A new key for the holder of this one, which works until the new one is used: a lost answer locks nobody out.

    Raises Refused: unknown_device, new_key_given (less than a minute ago).
    """
    device = arrive(connection, key, now)
    if device is None:
        raise not_found("device", "")
    if device.next_key_at is not None and now - device.next_key_at < ONE_NEW_KEY_PER:
        raise Refused("new_key_given")
    fresh = KEY_PREFIX + secrets.token_urlsafe(32)
    held = {"next_key_hash": secret_hash(fresh), "next_key_at": now}
    connection.execute(update(devices).where(devices.c.id == device.id).values(**held))
    return fresh


def change_device(hall: Hall, device_id: int, change: DeviceChange, actor: str) -> KnownDevice:
    """Change a device; it follows at once, into another role with that role's defaults.

    Raises Refused(unknown_device), and what `fitting_settings` raises.
    """
    device = _of_branch(hall, device_id)
    role = change.role or device.role
    base = _kept(device) if role == device.role else {}
    changed: dict[str, Any] = {
        "name": change.name or device.name,
        "role": role.value,
        "settings": fitting_settings(hall.setup, role, {**base, **(change.settings or {})}),
    }
    present = {"name": device.name, "role": device.role.value, "settings": _kept(device)}
    if changed == present:
        return device
    differing = sorted(part for part in changed if changed[part] != present[part])
    if role != device.role:
        changed["silent_since"] = None  # only a hall screen can be silent
    return _write(hall, device, "device_changed", actor, {"changed": differing, "role": role}, **changed)


def identify(hall: Hall, device_id: int, actor: str) -> KnownDevice:
    """Let the device show its own name for some seconds. Raises Refused(unknown_device)."""
    device = _of_branch(hall, device_id)
    return _write(hall, device, "device_identified", actor, {}, identify_until=hall.now + IDENTIFY_FOR)


def tell_sound(hall: Hall, device_id: int, is_blocked: bool) -> None:
    """A hall screen says whether its browser blocks the sound that it should make; told again, nothing changes.

    Kept in the ledger: whoever missed a call can be told whether it could be heard. Raises Refused(unknown_device).
    """
    device = _of_branch(hall, device_id)
    if is_blocked == (device.silent_since is not None):
        return
    since = hall.now if is_blocked else None
    hall.connection.execute(update(devices).where(devices.c.id == device_id).values(silent_since=since))
    move = "device_fell_silent" if is_blocked else "device_heard_again"
    hall.record(move, f"device:{device_id}", facts={"device": device_id})


def key_for_keeps(hall: Hall, device_id: int, actor: str) -> tuple[KnownDevice, str]:
    """A key for a machine that forgets everything when it restarts: it stands in the address that the machine opens.

    Every other key of the device ends at once. Raises Refused(unknown_device).
    """
    device = _of_branch(hall, device_id)
    fresh = KEY_PREFIX + secrets.token_urlsafe(32)
    held = {"key_hash": secret_hash(fresh), "key_since": hall.now, "next_key_hash": None, "next_key_at": None}
    return _write(hall, device, "device_key_given", actor, {}, **held), fresh


def revoke(hall: Hall, device_id: int, actor: str) -> None:
    """End the device's key at once. Raises Refused(unknown_device)."""
    device = _of_branch(hall, device_id)
    values = {"revoked_at": hall.now, "key_hash": None, "next_key_hash": None}
    hall.connection.execute(update(devices).where(devices.c.id == device.id).values(**values))
    hall.record("device_revoked", actor, facts={"device": device.id, "role": device.role})


def _kept(device: KnownDevice) -> dict[str, Any]:
    return kept_settings(checked_settings(device.role, device.settings))


def _of_branch(hall: Hall, device_id: int) -> KnownDevice:
    device = by_id(hall.connection, device_id)
    if device is None or device.branch != hall.setup.code:
        raise not_found("device", str(device_id))
    return device


def _write(hall: Hall, device: KnownDevice, move: str, actor: str, facts: dict[str, Any], **values: Any) -> KnownDevice:
    values["revision"] = device.revision + 1
    hall.connection.execute(update(devices).where(devices.c.id == device.id).values(**values))
    hall.record(move, actor, facts={"device": device.id, **facts})
    changed = by_id(hall.connection, device.id)
    assert changed is not None
    return changed
