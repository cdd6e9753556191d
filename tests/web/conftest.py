"""A web application on a real database, without a server."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from queue_service.actions import staff
from queue_service.app import create_app
from queue_service.settings import Settings
from queue_service.storage.database import Database
from queue_service.storage.lookup import hall_version
from tests.make import an_office, an_operator


@dataclass
class Caller:
    """Somebody who talks to the API: nobody in particular, or the holder of a token."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, (str, bytes)) else None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            f"/api/v1{path}",
            method=method,
            data=data,
            content_type=None if data is None else "application/json",
            headers={**self.headers, **named},
        )

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


@pytest.fixture
def public_url() -> str:
    return "https://office.example"


@pytest.fixture
def app(database: Database, tmp_path: Path, public_url: str) -> Any:
    return create_app(database, Settings(data=tmp_path, public_url=public_url))


@pytest.fixture
def visitor(app: Any) -> Caller:
    # Not `with`: a client that keeps its context open shares it, and who is known, with the callers after it.
    return Caller(app.test_client())


@pytest.fixture
def office(database: Database) -> str:
    return an_office(database)


@pytest.fixture
def known(app: Any, database: Database, office: str) -> Any:
    """known("anna") is the caller with a token of a new account; roles and branches can be named."""

    def make(name: str, role: str = "operator", *branches: str) -> Caller:
        an_operator(database, name, *(branches or (office,)), role=role)
        token = database.write(lambda connection: staff.create_token(connection, name, database.clock.now()))
        return Caller(app.test_client(), {"Authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def version(database: Database, office: str) -> Any:
    """version() is the hall's version now: unchanged means that nothing was changed."""
    return lambda: database.read(lambda connection: hall_version(connection, database.setup(office)))
