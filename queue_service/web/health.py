"""Is the server alive, and is it fit to serve? For load balancers, container managers and whoever is on call."""

import logging
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint, Tag  # type: ignore[attr-defined]

from queue_service.model.staff import Role
from queue_service.rules.errors import Refused
from queue_service.storage import health, messages, schema
from queue_service.web import access
from queue_service.web.office import Office

log = logging.getLogger(__name__)
api = APIBlueprint("health", __name__, abp_tags=[Tag(name="Operations")])

KEPT_SECONDS = 5.0
SLOW_WRITE_SECONDS = 0.5
LEAST_FREE_PERCENT = 5.0
LONGEST_SILENCE = timedelta(seconds=60)
OK, SLOW, FAILED = "ok", "slow", "failed"


class Health:
    """What was found last; asked again after five seconds, so that many askers cost nothing."""

    def __init__(self, office: Office) -> None:
        self._office, self._database = office, office.database
        self._found: dict[str, dict[str, Any]] = {}
        self._until = 0.0

    def found(self) -> dict[str, dict[str, Any]]:
        """By check: `state` and what was measured."""
        if time.monotonic() >= self._until:
            checks: dict[str, Callable[[], dict[str, Any]]] = {
                "database": self._write,
                "schema": self._schema,
                "disk": self._disk,
                "jobs": lambda: self._lives(health.JOBS),
                "breaches": lambda: self._lives(health.BREACHES),
            }
            self._found = {name: _attempt(name, check) for name, check in checks.items()}
            self._until = time.monotonic() + KEPT_SECONDS
        return self._found

    def outbox(self) -> dict[str, Any]:
        now = self._database.clock.now()
        return self._database.read(lambda connection: messages.outbox(connection, now))

    def _write(self) -> dict[str, Any]:
        now, began = self._database.clock.now(), time.monotonic()
        self._database.write(lambda connection: health.beat(connection, health.PROBE, now))
        seconds = time.monotonic() - began
        return {"state": OK if seconds <= SLOW_WRITE_SECONDS else SLOW, "write_ms": round(1000 * seconds)}

    def _schema(self) -> dict[str, Any]:
        return {"state": OK if schema.is_current(self._database) else FAILED}

    def _disk(self) -> dict[str, Any]:
        disk = shutil.disk_usage(self._office.settings.data)
        free = 100 * disk.free / disk.total
        return {"state": OK if free > LEAST_FREE_PERCENT else FAILED, "free_percent": round(free, 1)}

    def _lives(self, name: str) -> dict[str, Any]:
        last = self._database.read(lambda connection: health.last_beat(connection, name))
        silence = None if last is None else self._database.clock.now() - last
        is_beating = silence is not None and silence <= LONGEST_SILENCE
        seconds = None if silence is None else round(silence.total_seconds())
        return {"state": OK if is_beating else FAILED, "silent_seconds": seconds}


def _attempt(name: str, check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return check()
    except Exception:  # whatever it is, this part is not fit, and the answer has to come
        log.exception("readiness: %s", name)
        return {"state": FAILED}


@api.get("/livez", summary="Whether the process answers")
def livez() -> Response:
    return _fresh({"status": "alive"})


@api.get("/readyz", summary="Whether it can serve: database, schema, disk, jobs; 503 when not. Details for admins")
def readyz() -> tuple[Response, int]:
    """A database that takes writes slowly makes it `degraded`, still 200: people are served, somebody should look."""
    asked = cast(Health, current_app.extensions["health"])
    found = asked.found()
    states = {check["state"] for check in found.values()}
    status = "not_ready" if FAILED in states else "degraded" if SLOW in states else "ready"
    not_ok = [name for name, check in found.items() if check["state"] != OK]
    answer: dict[str, Any] = {"status": status, "not_ok": not_ok}
    if _is_admin():
        answer["checks"] = found
        if status != "not_ready":
            answer["outbox"] = asked.outbox()
    return _fresh(answer), 503 if status == "not_ready" else 200


def _is_admin() -> bool:
    try:
        return access.who().role == Role.ADMIN
    except Refused:
        return False


def _fresh(answer: dict[str, Any]) -> Response:
    response = jsonify(answer)
    response.headers["Cache-Control"] = "no-store"
    return response
