"""A visitor's ticket over HTTP: taken once, followed, given back."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from queue_service.model import AnsweredRequest, Ticket, table
from tests.make import an_office, an_open_window, an_operator
from tests.web.test_bad_input import problem_of

ORDER = {"services": ["A"], "language": "ru", "channel": "kiosk"}


def test_a_ticket_has_a_number_a_secret_and_a_place(visitor: Any, office: str) -> None:
    first = visitor.post(f"/branches/{office}/tickets", ORDER).get_json()
    second = visitor.post(f"/branches/{office}/tickets", ORDER).get_json()
    assert (first["number"], second["number"]) == ("A001", "A002")
    assert (first["people_ahead"], second["people_ahead"]) == (0, 1)
    assert first["token"] != second["token"]
    assert first["status"] == "waiting"
    assert first["estimate"] == {"low": None, "high": None, "basis": "not_yet"}
    assert first["status_url"] == f"https://office.example/t/{first['token']}"


def test_people_ahead_counts_lines_that_share_a_window(visitor: Any, database: Any) -> None:
    code = an_office(database, "ABC", {"1": "AB", "2": "C"}, code="shared")
    for service in "ABC":
        ticket = visitor.post(f"/branches/{code}/tickets", {**ORDER, "services": [service]}).get_json()
        assert ticket["people_ahead"] == {"A": 0, "B": 1, "C": 0}[service]


def test_no_token_is_kept_in_clear(visitor: Any, office: str, database: Any) -> None:
    token = visitor.post(f"/branches/{office}/tickets", ORDER, Idempotency_Key="k").get_json()["token"]
    assert len(token) >= 22
    for model in (Ticket, AnsweredRequest):
        rows = database.read(lambda connection, model=model: connection.execute(table(model).select()).all())
        assert rows
        assert token not in repr([bytes(value) if isinstance(value, memoryview) else value for value in rows[0]])


def test_a_repeated_key_gets_the_first_answer(visitor: Any, office: str, database: Any, clock: Any) -> None:
    path = f"/branches/{office}/tickets"
    first = visitor.post(path, ORDER, Idempotency_Key="one")
    again = visitor.post(path, ORDER, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_data() == again.get_data()
    problem_of(visitor.post(path, {**ORDER, "services": ["B"]}, Idempotency_Key="one"), 422, "Idempotency-Key")
    problem_of(visitor.post(path, ORDER, Idempotency_Key="k" * 201), 422, "Idempotency-Key")
    clock.advance(hours=24, seconds=1)
    assert visitor.post(path, ORDER, Idempotency_Key="one").get_json()["token"] != first.get_json()["token"]


def test_somebody_elses_key_is_refused(visitor: Any, office: str, known: Any, database: Any) -> None:
    anna, boris = known("anna"), known("boris")
    windows = {window.code: window.id for window in database.setup(office).windows}
    assert anna.post(f"/windows/{windows['1']}/open", Idempotency_Key="k").status_code == 200
    problem_of(boris.post(f"/windows/{windows['1']}/open", Idempotency_Key="k"), 422, "Idempotency-Key")


@pytest.mark.parametrize("at_once", [1, 20])
def test_forty_taps_with_one_key_make_one_ticket(app: Any, office: str, version: Any, at_once: int) -> None:
    def tap(_: int) -> bytes:
        with app.test_client() as client:
            answer = client.post(
                f"/api/v1/branches/{office}/tickets", json=ORDER, headers={"Idempotency-Key": "shaking finger"}
            )
            return bytes(answer.get_data())

    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(tap, range(20)))
    assert len(set(answers)) == 1
    assert json.loads(answers[0])["number"] == "A001"
    assert version() == 1


def test_a_ticket_given_back_leaves_the_line_once(visitor: Any, office: str) -> None:
    ticket = visitor.post(f"/branches/{office}/tickets", ORDER).get_json()
    assert visitor.post(f"/tickets/{ticket['token']}/cancel").get_json()["status"] == "cancelled"
    assert visitor.get(f"/branches/{office}").get_json()["waiting"] == 0
    assert problem_of(visitor.post(f"/tickets/{ticket['token']}/cancel"), 409)["code"] == "move_not_allowed"


def test_the_ticket_follows_the_visit(visitor: Any, office: str, known: Any, database: Any, clock: Any) -> None:
    ticket = visitor.post(f"/branches/{office}/tickets", ORDER).get_json()
    anna = known("anna")
    window = database.setup(office).windows[0].id
    anna.post(f"/windows/{window}/open")
    assert anna.post(f"/windows/{window}/next").get_json()["number"] == "A001"
    seen = visitor.get(f"/tickets/{ticket['token']}").get_json()
    assert (seen["status"], seen["window"], seen["people_ahead"]) == ("called", "1", None)
    hall = visitor.get(f"/branches/{office}/hall").get_json()
    assert [(call["number"], call["window"], call["recall"]) for call in hall["calls"]] == [("A001", "1", False)]
    clock.advance(seconds=20)
    assert anna.post(f"/windows/{window}/recall").get_json()["recalls"] == 1
    again = visitor.get(f"/branches/{office}/hall").get_json()["calls"][0]
    assert again["recall"] is True
    assert again["call"] != hall["calls"][0]["call"]
    anna.post(f"/windows/{window}/start")
    assert visitor.get(f"/tickets/{ticket['token']}").get_json()["status"] == "serving"
    anna.post(f"/windows/{window}/finish", {"outcome": "solved"})
    assert visitor.get(f"/tickets/{ticket['token']}").get_json()["status"] == "done"
    assert anna.post(f"/windows/{window}/next").status_code == 204


def test_numbers_start_anew_at_local_midnight(visitor: Any, database: Any, clock: Any) -> None:
    code = an_office(database, code="berlin", time_zone="Europe/Berlin")
    clock.moment = clock.moment.replace(hour=22, minute=59, second=59)
    assert visitor.post(f"/branches/{code}/tickets", ORDER).get_json()["number"] == "A001"
    assert visitor.post(f"/branches/{code}/tickets", ORDER).get_json()["number"] == "A002"
    clock.moment += timedelta(seconds=1)
    assert visitor.post(f"/branches/{code}/tickets", ORDER).get_json()["number"] == "A001"


def test_the_qr_code_carries_the_configured_address_whatever_the_host_header(visitor: Any, office: str) -> None:
    token = visitor.post(f"/branches/{office}/tickets", ORDER, Host="evil.example").get_json()["token"]
    answer = visitor.send("GET", f"/tickets/{token}/qr.svg", Host="evil.example")
    assert answer.mimetype == "image/svg+xml"
    assert b"evil" not in answer.get_data()
    problem_of(visitor.get("/tickets/unknown/qr.svg"), 404)


def test_the_public_hall_holds_no_more_than_it_may(visitor: Any, office: str, database: Any) -> None:
    visitor.post(f"/branches/{office}/tickets", ORDER)
    anna = an_operator(database, "anna")
    an_open_window(database, "1", anna)
    hall = visitor.get(f"/branches/{office}/hall").get_json()
    assert set(hall) == {
        "version",
        "setup_version",
        "server_time",
        "branch",
        "emergency",
        "news",
        "open",
        "opens_at",
        "closes_at",
        "calls",
        "serving",
        "waiting",
        "windows",
    }
    assert "anna" not in json.dumps(hall)


def test_two_open_browsers_one_session_each_and_csrf_between(app: Any, office: str, database: Any) -> None:
    from tests.make import PASSWORD

    an_operator(database, "anna")
    window = database.setup(office).windows[0].id
    with app.test_client() as browser:
        signed_in = browser.post("/api/v1/session", json={"username": "anna", "password": PASSWORD})
        assert signed_in.status_code == 201
        assert "HttpOnly" in signed_in.headers["Set-Cookie"]
        csrf = signed_in.get_json()["csrf"]
        assert browser.get("/api/v1/me").get_json()["username"] == "anna"
        problem_of(browser.post(f"/api/v1/windows/{window}/open", json={}), 403)
        opened = browser.post(f"/api/v1/windows/{window}/open", json={}, headers={"X-CSRF-Token": csrf})
        assert opened.status_code == 200
        assert browser.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
        problem_of(browser.get("/api/v1/me"), 401)
        problem_of(browser.post("/api/v1/session", json={"username": "anna", "password": "wrong password"}), 401)
        problem_of(browser.post("/api/v1/session", json={"username": "nobody", "password": "wrong password"}), 401)


def test_a_session_ends_after_its_time(app: Any, office: str, database: Any, clock: Any) -> None:
    from tests.make import PASSWORD

    an_operator(database, "anna")
    with app.test_client() as browser:
        browser.post("/api/v1/session", json={"username": "anna", "password": PASSWORD})
        clock.advance(hours=12, seconds=1)
        problem_of(browser.get("/api/v1/me"), 401)


def test_the_openapi_document_names_every_call_of_the_api(app: Any) -> None:
    with app.test_client() as client:
        document = client.get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    rules = {
        (str(rule).replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if str(rule).startswith(("/api/v1/", "/livez", "/readyz"))
    }
    documented = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert rules == documented
