"""What do we know of devices? Their rows as values, and as the administration shows them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select

from queue_service.model import Branch, Device, table
from queue_service.model.device import DeviceRole
from queue_service.rules import device as rules
from queue_service.storage.boards import Board, moment
from queue_service.storage.office import Setup
from queue_service.storage.rows import fetch_all, fetch_one

devices, branches = table(Device), table(Branch)


@dataclass(frozen=True)
class KnownDevice:
    """A paired device that was not revoked."""

    id: int
    branch: str
    name: str
    role: DeviceRole
    settings: dict[str, Any]
    revision: int
    key_hash: str | None
    key_since: datetime | None
    next_key_hash: str | None
    next_key_at: datetime | None
    created_at: datetime
    last_seen_at: datetime | None
    page_version: str | None
    identify_until: datetime | None
    silent_since: datetime | None

    @property
    def room(self) -> str:
        """Where only this device listens."""
        return f"device:{self.id}"


def secret_hash(secret: str) -> str:
    """How a device's key, and the long code of its pairing, are kept and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def by_key(connection: Connection, key: str) -> KnownDevice | None:
    row = fetch_one(connection, _by_key(), key=secret_hash(key))
    return None if row is None else _known(row)


def by_id(connection: Connection, device_id: int) -> KnownDevice | None:
    row = fetch_one(connection, _by_id(), device=device_id)
    return None if row is None else _known(row)


def of_branch(connection: Connection, branch: str) -> list[KnownDevice]:
    """All of a branch, in the order in which they were paired."""
    return [_known(row) for row in fetch_all(connection, _of_branch(), branch=branch)]


def revisions(connection: Connection, branch: str) -> dict[int, int]:
    """How often each device of a branch was changed, by id: cheap enough to ask after every change of the hall."""
    return {row.id: row.revision for row in fetch_all(connection, _revisions(), branch=branch)}


def board(device: KnownDevice, now: datetime) -> Board:
    """A device as the administration shows it."""
    return {
        "id": str(device.id),
        "name": device.name,
        "role": device.role.value,
        "settings": device.settings,
        "paired_at": moment(device.created_at),
        "last_seen_at": moment(device.last_seen_at),
        "online": rules.is_online(device.last_seen_at, now),
        "version": device.page_version,
        "identify_until": moment(device.identify_until),
        "silent_since": moment(device.silent_since),
    }


def devices_board(connection: Connection, setup: Setup, now: datetime) -> Board:
    found = of_branch(connection, setup.code)
    return {"server_time": moment(now), "devices": [board(device, now) for device in found]}


def silent_screens(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """Which hall screens that are there cannot be heard, and since when: nobody hears a number called on them."""
    found = [_known(row) for row in fetch_all(connection, _silent(), branch=setup.code)]
    return [
        {"name": device.name, "since": moment(device.silent_since)}
        for device in found
        if rules.is_online(device.last_seen_at, now)
    ]


def own_board(device: KnownDevice, now: datetime) -> Board:
    """What a device is told of itself: what it is, how it is set, when to fetch a new key."""
    renew_at = None if device.key_since is None else device.key_since + rules.KEY_LASTS
    return {
        "id": str(device.id),
        "branch": device.branch,
        "name": device.name,
        "role": device.role.value,
        "settings": device.settings,
        "identify_until": moment(device.identify_until),
        "renew_at": moment(renew_at),
        "server_time": moment(now),
    }


def _known(row: Any) -> KnownDevice:
    values = {name: getattr(row, name) for name in KnownDevice.__dataclass_fields__ if name not in ("role", "settings")}
    role = DeviceRole(row.role)
    return KnownDevice(role=role, settings=rules.present_settings(role, row.settings), **values)


@cache
def _by_key() -> Select[Any]:
    key: Any = bindparam("key")
    return _present().where(or_(devices.c.key_hash == key, devices.c.next_key_hash == key))


@cache
def _by_id() -> Select[Any]:
    return _present().where(devices.c.id == bindparam("device"))


@cache
def _of_branch() -> Select[Any]:
    return _present().where(branches.c.code == bindparam("branch")).order_by(devices.c.id)


@cache
def _silent() -> Select[Any]:
    return _of_branch().where(devices.c.silent_since.is_not(None))


@cache
def _revisions() -> Select[Any]:
    here = branches.c.id == devices.c.branch_id
    present = devices.c.revoked_at.is_(None)
    return (
        select(devices.c.id, devices.c.revision)
        .join(branches, here)
        .where(branches.c.code == bindparam("branch"), present)
    )


def _present() -> Select[Any]:
    return (
        select(devices, branches.c.code.label("branch"))
        .join(branches, branches.c.id == devices.c.branch_id)
        .where(devices.c.revoked_at.is_(None))
    )
