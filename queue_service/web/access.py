"""Who is asking, and may they? Sessions with CSRF for browsers, bearer tokens for scripts, roles bound to branches."""

import hmac
from functools import partial

from flask import Response, g, request

from queue_service.actions import staff
from queue_service.actions.devices import device_of
from queue_service.actions.pairing import KEY_PREFIX
from queue_service.actions.staff import Known
from queue_service.model.device import DeviceRole
from queue_service.model.staff import KeyKind, Role
from queue_service.rules.errors import Kind, Refused
from queue_service.storage.devices import KnownDevice
from queue_service.web.office import office

COOKIE = "qs_session"
SAFE = ("GET", "HEAD", "OPTIONS")


def who() -> Known:
    """The member of staff who asks. Raises Refused(not_signed_in, csrf_missing)."""
    if "known" not in g:
        g.known = _identify()
    return g.known  # type: ignore[no-any-return]


def require(*roles: Role, branch: str | None = None) -> Known:
    """Like `who`, and bound to `branch` in one of `roles`. Admins may do what every role may.

    Raises Refused: not_signed_in, csrf_missing, not_your_role, not_your_branch.
    """
    known = who()
    if roles and known.role not in (*roles, Role.ADMIN):
        raise Refused("not_your_role", Kind.FORBIDDEN, role=known.role.value)
    if branch is not None and branch not in known.branches:
        raise Refused("not_your_branch", Kind.FORBIDDEN)
    return known


def require_if_signed_in(*roles: Role, branch: str) -> Known | None:
    """For calls that anybody may make: who makes it on behalf of the office, or None for everybody else.

    A browser counts as staff only with its CSRF token: an open desk in another tab makes nobody's ticket a clerk's.
    Raises Refused: not_signed_in (a bad token), not_your_role, not_your_branch.
    """
    if (_bearer() or "").startswith(KEY_PREFIX):
        return None
    if request.headers.get("Authorization") or request.headers.get("X-CSRF-Token"):
        return require(*roles, branch=branch)
    return None


def device() -> KnownDevice:
    """The paired device that asks, by its key. Raises Refused(unknown_device_key)."""
    key = device_key()
    found = office().database.peek(lambda connection: device_of(connection, key))
    if found is None:
        raise Refused("unknown_device_key", Kind.UNAUTHORISED)
    return found


def device_if_shown(role: DeviceRole, branch: str) -> KnownDevice | None:
    """For calls that anybody may make: the device that shows its key with it, or None for everybody else.

    Raises Refused: unknown_device_key, not_for_this_device.
    """
    if not (_bearer() or "").startswith(KEY_PREFIX):
        return None
    found = device()
    if found.role != role or found.branch != branch:
        raise Refused("not_for_this_device", Kind.FORBIDDEN)
    return found


def device_key() -> str:
    """The key that the request shows, whoever's it is; empty when it shows none."""
    return _bearer() or ""


def known_by_cookie(secret: str | None) -> Known | None:
    """Whose browser session this is, if it is anybody's; for sockets as well."""
    if not secret:
        return None
    database = office().database
    return database.peek(lambda connection: staff.known_by(connection, secret, KeyKind.SESSION, database.clock.now()))


def keep_session(response: Response, secret: str) -> None:
    """Hand the browser its session. Lax: a link from elsewhere may open the desk, but not act at it."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(staff.SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=office().public_url.startswith("https:"),
        path="/",
    )


def _identify() -> Known:
    if (token := _bearer()) is not None:
        database = office().database
        ask = partial(staff.known_by, secret=token, kind=KeyKind.TOKEN, now=database.clock.now())
        known = database.peek(ask)
    else:
        known = known_by_cookie(request.cookies.get(COOKIE))
        if known is not None and request.method not in SAFE:
            _check_csrf(known)
    if known is None:
        raise Refused("not_signed_in", Kind.UNAUTHORISED)
    return known


def _bearer() -> str | None:
    header = request.headers.get("Authorization", "")
    return header[7:].strip() if header.startswith("Bearer ") else None


def _check_csrf(known: Known) -> None:
    sent = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(sent.encode(), (known.csrf or "").encode()):
        raise Refused("csrf_missing", Kind.FORBIDDEN)
