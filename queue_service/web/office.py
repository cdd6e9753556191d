"""What do requests work with? The running office: its database and settings, kept on the Flask application."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import current_app, request

from queue_service.rules.errors import invalid
from queue_service.settings import Settings
from queue_service.storage import boards, lookup
from queue_service.storage.boards import Board
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.replay import RequestKey, once

LONGEST_KEY = 200


@dataclass(frozen=True)
class Office:
    database: Database
    settings: Settings

    @property
    def public_url(self) -> str:
        """Where visitors' phones find us; comes from the settings, never from a Host header."""
        return self.settings.base_url

    def media_folder(self, branch: str) -> Path:
        """Pictures and films for the hall screens of a branch; `branch` is a code that was found."""
        return self.settings.data / "media" / branch

    def board(self, branch: str, picture: Callable[..., Any]) -> Any:
        """A board (storage/boards.py, hall_board.py) for a branch, as of now; raises Refused(unknown_branch)."""
        database = self.database

        def read(connection: Any) -> Any:
            setup: Setup = database.setups.read(connection, branch)
            return picture(connection, setup, database.clock.now())

        return database.read(read)

    def branches(self) -> list[Board]:
        return [self.public_branch(code) for code in self.database.read(lookup.branch_codes)]

    def public_branch(self, code: str) -> Board:
        return cast(Board, self.board(code, boards.branch))

    def ticket(self, token: str) -> Board:
        """The ticket behind a token; raises Refused(unknown_ticket)."""
        branch = self.database.read(lambda connection: lookup.branch_of_ticket(connection, token))

        def picture(connection: Any, setup: Setup, now: Any) -> Board:
            return boards.ticket(connection, setup, now, lookup.ticket_id_of(connection, token))

        return cast(Board, self.board(branch, picture))

    def perform(self, branch: str, scope: str, answer: Callable[[Hall], Any]) -> Any:
        """Run an action once, however often the same Idempotency-Key is sent; its JSON answer."""
        key = _request_key(scope)
        return self.database.act(branch, lambda hall: once(hall, key, answer))


def office() -> Office:
    return cast(Office, current_app.extensions["office"])


def _request_key(scope: str) -> RequestKey | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY:
        raise invalid("idempotency_key_length", "Idempotency-Key", longest=LONGEST_KEY)
    body = request.get_data() + b"\0" + request.method.encode() + b"\0" + request.path.encode()
    return RequestKey(key, scope, hashlib.sha256(body).hexdigest())
