"""How many may listen? Strangers by thousands leave room for the office's own screens and desks."""

from typing import Any

import pytest

from queue_service.actions import staff
from queue_service.rules.errors import Refused
from queue_service.storage.database import Database
from queue_service.web.live import KEPT_FOR_THE_OFFICE, MOST_CLIENTS, Live
from tests.make import a_ticket, an_operator

PUBLIC = MOST_CLIENTS - KEPT_FOR_THE_OFFICE


@pytest.mark.parametrize(
    ("already", "stranger", "office_own"),
    [(PUBLIC, True, True), (PUBLIC + 1, False, True), (MOST_CLIENTS, False, True), (MOST_CLIENTS + 1, False, False)],
)
def test_a_full_house_is_full_for_strangers_first(
    app: Any, office: str, database: Database, already: int, stranger: bool, office_own: bool
) -> None:
    live: Live = app.extensions["live"]
    an_operator(database, "anna")
    token = database.write(lambda connection: staff.create_token(connection, "anna", database.clock.now()))
    signed_in = {"HTTP_AUTHORIZATION": f"Bearer {token}", "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    signed_in |= {"SERVER_NAME": "office", "SERVER_PORT": "80", "PATH_INFO": "/"}
    live.server.eio.sockets = dict.fromkeys(range(already))

    def is_let_in(auth: dict[str, Any], environ: dict[str, Any]) -> bool:
        try:
            return bool(live._admit("somebody", environ, auth))
        except Refused as refusal:
            return refusal.code != "too_many_clients"

    assert is_let_in({"branch": office}, {}) is stranger
    token = a_ticket(database).token
    for claim in ({}, {"staff": True}, {"device": "device-guess"}):
        assert is_let_in({"ticket": token, **claim}, {}) is stranger
    assert is_let_in({"branch": office, "staff": True}, signed_in) is office_own
