"""The set-up over HTTP: who may change it, what is answered, and that nothing is changed by a refusal."""

from typing import Any

import pytest

from tests.make import a_ticket, an_office, an_open_window, an_operator
from tests.web.test_bad_input import problem_of

NEW = {"code": "C", "prefix": "C", "name": {"ru": "Справка", "en": "Certificate"}}


@pytest.fixture
def admin(known: Any) -> Any:
    return known("admin", "admin")


@pytest.fixture
def base(office: str) -> str:
    return f"/admin/branches/{office}"


CHANGES = [
    ("PATCH", "", {"recall_pause_seconds": 20}),
    ("POST", "/services", NEW),
    ("PATCH", "/services/A", {"open": False}),
    ("DELETE", "/services/A", None),
    ("POST", "/windows", {"code": "9"}),
    ("PATCH", "/windows/1", {"services": []}),
    ("DELETE", "/windows/1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_only_the_branchs_own_admin_changes_it(
    visitor: Any, known: Any, database: Any, base: str, version: Any, method: str, path: str, body: Any
) -> None:
    an_office(database, code="elsewhere")
    before = version()
    problem_of(visitor.send(method, base + path, body), 401)
    for role in ("operator", "reception", "hall", "reviewer"):
        assert problem_of(known(role, role).send(method, base + path, body), 403)["code"] == "not_your_role"
    stranger = known("stranger", "admin", "elsewhere")
    assert problem_of(stranger.send(method, base + path, body), 403)["code"] == "not_your_branch"
    assert version() == before
    problem_of(known("admin", "admin").send(method, f"/admin/branches/nowhere{path}", body), 404)


def test_who_is_not_known_learns_nothing_about_fields(visitor: Any, base: str) -> None:
    problem_of(visitor.post(f"{base}/services", {"colour": "red"}), 401)
    problem_of(visitor.get("/admin/branches/nowhere"), 401)


def test_the_set_up_shows_everything_and_how_many_wait(admin: Any, base: str, database: Any) -> None:
    a_ticket(database, "B")
    an_open_window(database, "2", an_operator(database, "anna"))
    shown = admin.get(base).get_json()
    assert (shown["code"], shown["time_zone"], shown["default_language"]) == ("centre", "Europe/Warsaw", "ru")
    assert [(service["code"], service["waiting"], service["open"]) for service in shown["services"]] == [
        ("A", 0, True),
        ("B", 1, True),
    ]
    assert shown["windows"] == [
        {"code": "1", "services": ["A", "B"], "languages": [], "needs": [], "state": "closed", "operator": None},
        {"code": "2", "services": ["A", "B"], "languages": [], "needs": [], "state": "open", "operator": "anna"},
    ]


def test_a_patch_changes_what_it_names_and_nothing_else(admin: Any, base: str, visitor: Any) -> None:
    before = admin.get(base).get_json()["services"][0]
    answer = admin.send(
        "PATCH",
        f"{base}/services/A",
        {"name": {"ru": "Паспорт", "en": "Passport"}, "fee": {"en": "€9"}, "purpose": "collect"},
    )
    assert answer.status_code == 200
    after = admin.get(base).get_json()["services"][0]
    assert after == {**before, "name": {"en": "Passport", "ru": "Паспорт"}, "fee": {"en": "€9"}, "purpose": "collect"}
    assert answer.get_json() == {key: value for key, value in after.items() if key != "waiting"}
    assert visitor.get("/branches/centre/services").get_json()[0]["name"]["en"] == "Passport"


def test_services_and_windows_come_and_go(admin: Any, base: str, version: Any) -> None:
    answer = admin.post(f"{base}/services", NEW)
    assert (answer.status_code, answer.get_json()["norm_seconds"]) == (201, 900)
    window = admin.post(f"{base}/windows", {"code": "3", "services": ["C", "A"]})
    assert (window.status_code, window.get_json()["services"]) == (201, ["A", "C"])
    assert admin.send("PATCH", f"{base}/windows/3", {"services": ["C"]}).get_json()["services"] == ["C"]
    assert admin.send("DELETE", f"{base}/windows/3").status_code == 204
    assert admin.send("DELETE", f"{base}/services/C").status_code == 204
    problem_of(admin.send("DELETE", f"{base}/services/C"), 404)
    problem_of(admin.send("PATCH", f"{base}/windows/3", {"services": []}), 404)
    assert version() == 5


def test_hours_and_names_of_the_branch_change(admin: Any, base: str, visitor: Any) -> None:
    facts = {"name": {"ru": "Ратуша"}, "hours": {"tue": [["09:00", "13:00"], ["14:00", "24:00"]]}}
    assert admin.send("PATCH", base, facts).get_json()["name"] == {"ru": "Ратуша"}
    outside = visitor.get("/branches/centre").get_json()
    assert (outside["name"], outside["hours"], outside["open"]) == (facts["name"], facts["hours"], False)


def test_what_people_wait_for_is_not_deleted_and_the_refusal_counts_them(
    admin: Any, base: str, database: Any, version: Any
) -> None:
    a_ticket(database, "A")
    a_ticket(database, "A")
    an_open_window(database, "1", an_operator(database, "anna"))
    before = version()
    problem = problem_of(admin.send("DELETE", f"{base}/services/A"), 409)
    assert (problem["code"], problem["detail"][:16]) == ("people_waiting", "2 people wait fo")
    assert problem_of(admin.send("DELETE", f"{base}/windows/1"), 409)["code"] == "window_in_use"
    assert version() == before


def test_a_repeated_post_adds_once(admin: Any, base: str, version: Any) -> None:
    first = admin.post(f"{base}/services", NEW, Idempotency_Key="one")
    again = admin.post(f"{base}/services", NEW, Idempotency_Key="one")
    assert (first.status_code, first.get_data()) == (again.status_code, again.get_data())
    assert version() == 1
    problem = problem_of(admin.post(f"{base}/services", NEW), 409, "code")
    assert problem["code"] == "code_taken"


@pytest.mark.parametrize(
    ("patch", "field", "words"),
    [
        ({"prefix": "A12"}, "prefix", "От одной до трёх букв, без цифр."),
        (
            {"prefix": "O"},
            "prefix",
            "На экране I, O, Q, маленькую l и русские О, З легко принять за цифры. Возьмите другую букву.",
        ),
        ({"name": {"ru": "я" * 201}}, "name.ru", "Не больше 200 знаков."),
        ({"name": {"en": "Only English"}}, "name.ru", "Текст нужен на языке офиса (ru)."),
        ({"norm_seconds": 1}, "norm_seconds", "Не меньше 60."),
        ({"norm_seconds": None}, "norm_seconds", "Здесь нужно целое число."),
        ({"documents": [{"name": {"ru": "Паспорт"}}, {}]}, "documents.1.name", "Это нужно заполнить."),
        ({"group": "nowhere"}, "group", "Группы услуг «nowhere» нет."),
        ({"waiting": 3}, "waiting", "Такого поля нет."),
        ({"code": "B"}, "code", "Код «A» изменить нельзя."),
        ({"booking": {"quotas": {"fax": 3}}}, "booking.quotas.fax", "Одно из: web, phone, reception."),
    ],
)
def test_a_refused_field_is_told_in_the_language_of_whoever_asks(
    admin: Any, base: str, version: Any, patch: Any, field: str, words: str
) -> None:
    before = version()
    answer = admin.send("PATCH", f"{base}/services/A", patch, Accept_Language="ru")
    assert problem_of(answer, 422, field)["errors"][0]["message"] == words
    assert version() == before


@pytest.mark.parametrize("body", ["[1]", "null", "7", ""])
def test_a_patch_that_is_no_object_is_refused(admin: Any, base: str, version: Any, body: str) -> None:
    before = version()
    for path in ("", "/services/A", "/windows/1"):
        answer = admin.send("PATCH", base + path, body)
        problem_of(answer, answer.status_code)
    assert version() == before
