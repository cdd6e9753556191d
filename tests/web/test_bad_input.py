"""Whatever is sent: a 4xx problem that names the field, and nothing changed."""

from typing import Any

import pytest

ORDER = {"services": ["A"], "language": "ru", "channel": "kiosk"}
MEGABYTE = "я" * 500_000

BAD_ORDERS = {
    "unknown service": ({**ORDER, "services": ["Z"]}, 404, "services.0"),
    "no service": ({**ORDER, "services": []}, 422, "services"),
    "services missing": ({"language": "ru"}, 422, "services"),
    "services not a list": ({**ORDER, "services": "A"}, 422, "services"),
    "a service of a megabyte": ({**ORDER, "services": [MEGABYTE]}, 422, "services.0"),
    "unknown language": ({**ORDER, "language": "xx"}, 422, "language"),
    "unknown channel": ({**ORDER, "channel": "pigeon"}, 422, "channel"),
    "a field nobody knows": ({**ORDER, "vip": True}, 422, "vip"),
    "a NUL in a text": ({**ORDER, "services": ["A\0"]}, 422, "services.0"),
    "half a character": ('{"services": ["\\ud800"], "language": "ru"}', 422, "services.0"),
    "not JSON": ('{"services": [', 400, "body"),
    "a list": ([1, 2], 422, "body"),
    "null": ("null", 422, "body"),
    "a number": ("5", 422, "body"),
    "nothing": (None, 422, "body"),
    "deep nesting": ("[" * 200_000, 422, "body"),
    "too large": ('{"services": ["' + "x" * 9_000_000 + '"]}', 413, "body"),
}


@pytest.mark.parametrize("case", BAD_ORDERS)
def test_a_bad_order_names_its_field_and_changes_nothing(visitor: Any, office: str, version: Any, case: str) -> None:
    body, status, field = BAD_ORDERS[case]
    before = version()
    answer = visitor.post(f"/branches/{office}/tickets", body)
    problem_of(answer, status, field)
    assert version() == before


def test_bad_addresses_are_not_found(visitor: Any, office: str, known: Any) -> None:
    anna = known("anna")
    problem_of(visitor.post("/branches/nowhere/tickets", ORDER), 404)
    problem_of(visitor.get("/branches/nowhere"), 404)
    problem_of(visitor.get("/branches/%00"), 404)
    problem_of(visitor.get("/tickets/not-a-token"), 404)
    problem_of(visitor.post("/tickets/not-a-token/cancel"), 404)
    problem_of(visitor.get("/no-such-thing"), 404)
    problem_of(anna.post("/windows/999/next"), 404)
    problem_of(anna.post("/windows/abc/next"), 404)
    problem_of(anna.post(f"/windows/{'9' * 30}/next"), 404)
    problem_of(visitor.send("PUT", f"/branches/{office}/tickets", ORDER), 405)


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ("from=2026-11-26&to=0001-01-01", "to"),
        ("from=9999-12-31", "from"),
        ("from=2026-11-26&to=2026-11-25", "to"),
        ("from=soon", "from"),
    ],
)
def test_days_that_no_calendar_can_show_are_refused(known: Any, office: str, days: str, field: str) -> None:
    helen = known("helen", role="hall")
    for path in ("calendar?", "slots?service=A&", "reports/jumps?"):
        problem_of(helen.get(f"/branches/{office}/{path}{days}"), 422, field)


def test_a_closed_office_gives_no_tickets(visitor: Any, database: Any) -> None:
    from tests.make import an_office

    code = an_office(database, code="night", hours={"sun": [["03:00", "04:00"]]})
    problem = problem_of(visitor.post(f"/branches/{code}/tickets", ORDER), 409, "services.0")
    assert problem["code"] == "branch_closed"
    services = visitor.get(f"/branches/{code}/services").get_json()
    assert [(service["open"], service["reason_closed"]) for service in services] == [(False, "branch_closed")] * 2


def test_staff_calls_need_somebody_with_the_right_role_in_the_right_branch(
    visitor: Any, known: Any, database: Any, office: str
) -> None:
    from tests.make import an_office, window_id

    window = window_id(database, "1")
    an_office(database, code="elsewhere")
    problem_of(visitor.post(f"/windows/{window}/next"), 401)
    problem_of(visitor.get(f"/branches/{office}/desk"), 401)
    problem_of(visitor.get(f"/admin/branches/{office}"), 401)
    problem_of(known("stranger", "operator", "elsewhere").post(f"/windows/{window}/next"), 403)
    problem_of(known("reviewer", "reviewer").post(f"/windows/{window}/open"), 403)
    problem_of(known("anna").send("PATCH", f"/admin/branches/{office}", {"recall_pause_seconds": 1}), 403)
    problem_of(known("boris").post(f"/branches/{office}/close-day"), 403)


def test_bad_words_to_a_window_name_their_field(known: Any, database: Any, office: str, version: Any) -> None:
    from tests.make import window_id

    anna, window = known("anna"), window_id(database, "1")
    problem_of(anna.post(f"/windows/{window}/open", {"services": ["Z"]}), 404, "services.0")
    assert anna.post(f"/windows/{window}/open").status_code == 200
    before = version()
    problem_of(anna.post(f"/windows/{window}/pause", {"reason": "bored"}), 422, "reason")
    problem_of(anna.post(f"/windows/{window}/finish", {"outcome": "perfect"}), 422, "outcome")
    problem_of(anna.post(f"/windows/{window}/finish", {"outcome": "solved", "note": "x" * 501}), 422, "note")
    problem_of(anna.post(f"/windows/{window}/start"), 409)
    problem_of(anna.post(f"/windows/{window}/next", "{bad"), 400, "body")
    assert version() == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("services", {"code": "new", "prefix": "N", "name": {"ru": MEGABYTE}}, "name.ru"),
        ("services", {"code": "new", "prefix": "N", "name": {"en": "Only English"}}, "name.ru"),
        ("services", {"code": "A", "prefix": "N", "name": {"ru": "Занято"}}, "code"),
        ("services", {"code": "new", "prefix": "1", "name": {"ru": "Цифра"}}, "prefix"),
        *(("services", {"code": "new", "prefix": p, "name": {"ru": "Похожа"}}, "prefix") for p in ("O", "AI", "З")),
        ("services", {"code": "new", "prefix": "N", "name": {"ru": "Документ"}, "documents": [{}]}, "documents.0.name"),
        ("windows", {"code": "9", "services": ["A", "Z"]}, "services.1"),
        ("windows", {"code": "", "services": []}, "code"),
    ],
)
def test_a_bad_set_up_names_its_field_and_changes_nothing(
    known: Any, office: str, version: Any, path: str, body: Any, field: str
) -> None:
    admin, before = known("admin", "admin"), version()
    answer = admin.post(f"/admin/branches/{office}/{path}", body)
    problem_of(answer, answer.status_code, field)
    assert version() == before


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"hours": {"mon": [["08:00", "12:00"], ["11:00", "18:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["25:00", "26:00"]]}}, "hours.mon.0.0"),
        ({"hours": {"monday": []}}, "hours"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"default_language": "de"}, "default_language"),
        ({"code": "renamed"}, "code"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_branch_names_its_field(known: Any, office: str, version: Any, patch: Any, field: str) -> None:
    admin, before = known("admin", "admin"), version()
    problem = problem_of(admin.send("PATCH", f"/admin/branches/{office}", patch), 422)
    assert field in [error["field"] for error in problem["errors"]] or field == "default_language"
    assert version() == before


def test_refusals_speak_the_language_of_whoever_asks(visitor: Any) -> None:
    answer = visitor.send("GET", "/branches/nowhere", Accept_Language="ru")
    assert answer.get_json(force=True)["title"] == "Неизвестный офис"


def problem_of(answer: Any, status: int, field: str | None = None) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)[:300]
    assert 400 <= status < 500
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json(force=True)
    assert set(problem) >= {"type", "title", "status", "detail", "code"}
    assert problem["title"]
    assert problem["detail"]
    if field is not None:
        assert problem["errors"][0]["field"] == field
        assert problem["errors"][0]["message"]
    return problem


def test_a_moment_beside_the_ends_of_the_calendar_names_its_field(
    visitor: Any, known: Any, office: str, database: Any, version: Any
) -> None:
    """There, in some time zones, is no day at all."""
    anna = known("anna")
    window = database.setup(office).windows[0].id
    anna.post(f"/windows/{window}/open")
    before = version()
    for moment in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        held = anna.post(f"/windows/{window}/hold", {"reason": "copies", "return_at": moment})
        problem_of(held, 422, "return_at")
        slot = {"service": "A", "starts_at": moment}
        problem_of(visitor.post(f"/branches/{office}/slot-holds", slot), 422, "starts_at")
    assert version() == before
