"""What does `queue-service demo` serve? A ready office, fresh passwords, and gentle visitors at windows 3 to 6."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from queue_service.actions import staff
from queue_service.actions.setup import import_office
from queue_service.app import open_database, serve
from queue_service.settings import Settings
from queue_service.simulator.visitors import start_visitors
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_codes
from queue_service.storage.schema import migrate

OFFICE = Path(__file__).parent / "demo_office.yaml"
BRANCH = "centre"
PEOPLE = {"anna": "operator", "boris": "operator", "rita": "reception", "helen": "hall", "admin": "admin"}
NAMES = {"anna": "Anna", "boris": "Boris", "rita": "Rita", "helen": "Helen", "admin": "Admin"}
# Passports and residence (windows 1 and 2) are left to whoever tries the demo.
SIMULATED_WINDOWS = {"3": "vera", "4": "igor", "5": "olga", "6": "pavel"}
SIMULATED_SERVICES = ("driving", "family", "benefits")


def serve_demo(settings: Settings, has_visitors: bool, say: Callable[[str], Any] = click.echo) -> None:
    """Prepare the database when it is new, give the staff new passwords, print the addresses, and serve."""
    database = open_database(settings)
    migrate(database)
    if BRANCH not in database.read(branch_codes):
        import_office(database, OFFICE.read_text("utf-8"), OFFICE.name)
    passwords = {username: _fresh_password(database, username, role) for username, role in PEOPLE.items()}
    tokens = {window: _simulated_operator(database, username) for window, username in SIMULATED_WINDOWS.items()}
    database.close()

    def ready(app: Any) -> None:
        say(_welcome(settings, passwords))
        if has_visitors:
            start_visitors(settings.base_url_here, BRANCH, tokens, SIMULATED_SERVICES)

    serve(settings, ready)


def _fresh_password(database: Database, username: str, role: str) -> str:
    password = "-".join(secrets.token_hex(2) for _ in range(3))

    def give(connection: Any) -> None:
        if staff.has_staff(connection, username):
            staff.set_password(connection, username, password)
        else:
            staff.add_staff(connection, username, role, [BRANCH], password=password, name=NAMES[username])

    database.write(give)
    return password


def _simulated_operator(database: Database, username: str) -> str:
    def give(connection: Any) -> str:
        if not staff.has_staff(connection, username):
            staff.add_staff(connection, username, "operator", [BRANCH], password=None, name=username.capitalize())
        staff.revoke_tokens(connection, username)
        return staff.create_token(connection, username, database.clock.now(), "demo")

    return database.write(give)


def _welcome(settings: Settings, passwords: dict[str, str]) -> str:
    url = settings.base_url
    people = "\n".join(f"  {username:<8}{PEOPLE[username]:<11}{password}" for username, password in passwords.items())
    return f"""
The demo office is open.

  Start page        {url}/
  Kiosk             {url}/kiosk/{BRANCH}
  Booking           {url}/book/{BRANCH}
  Hall screen       {url}/display/{BRANCH}
  Operator's desk   {url}/desk             (anna, at window 1)
  Reception         {url}/reception/{BRANCH} (rita)
  The hall          {url}/hall/{BRANCH}      (helen)
  Administration    {url}/admin            (admin)
  HTTP interface    {url}/api/docs

Passwords, made for this run:
{people}

Take a ticket for “Passport” at the kiosk, open window 1 as anna, press Next, and look at the hall screen.
Stop with Ctrl-C.
"""
