"""What an admin changes is in force at once, with people in line; a whole office comes from a file or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from queue_service.actions import office_facts, serving, setup, windows
from queue_service.actions.office_file import BadOfficeFile, dump_office, parse_office
from queue_service.clock import FrozenClock
from queue_service.model import Service, table
from queue_service.rules.errors import Refused
from queue_service.rules.office import BranchFacts, OfficeFacts, ServiceFacts, WindowFacts
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.lookup import hall_version
from queue_service.storage.slots import Wish, free_slots
from tests.make import a_ticket, an_office, an_open_window, an_operator
from tests.running import DEMO_OFFICE

DEMO = DEMO_OFFICE.read_text("utf-8")
ADMIN = "staff:1"
SPARE: dict[str, Any] = {"code": "C", "prefix": "C", "name": {"ru": "Справка", "en": "Certificate"}}


def act(database: Database, change: Callable[[Any], Any]) -> Any:
    return database.act("centre", change)


def a_service(**changes: Any) -> ServiceFacts:
    return ServiceFacts.model_validate(SPARE | changes)


def change_service(database: Database, code: str, /, **changes: Any) -> Any:
    present = office_facts.service_facts(database.setup("centre").service(code)).model_dump()
    facts = ServiceFacts.model_validate(present | changes)
    return act(database, lambda hall: setup.change_service(hall, code, facts, ADMIN))


def change_branch(database: Database, **changes: Any) -> None:
    present = office_facts.branch_facts(database.setup("centre")).model_dump()
    facts = BranchFacts.model_validate(present | changes)
    act(database, lambda hall: setup.change_branch(hall, facts, ADMIN))


def change_window(database: Database, code: str, services: str) -> Any:
    facts = WindowFacts(code=code, services=list(services))
    return act(database, lambda hall: setup.change_window(hall, code, facts, ADMIN))


def moves(database: Database) -> list[str]:
    branch = database.setup("centre").branch_id
    return [str(entry["move"]) for entry in database.read(lambda connection: list(ledger.read(connection, branch)))]


def counted(database: Database) -> int:
    return database.read(lambda connection: hall_version(connection, database.setup("centre")))


def refused(code: str, attempt: Callable[[], Any], **params: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        attempt()
    assert caught.value.code == code
    assert {name: caught.value.params.get(name) for name in params} == params
    return caught.value


def errors_of(text: str, attempt: Callable[[str], Any]) -> list[tuple[int, str]]:
    with pytest.raises(BadOfficeFile) as caught:
        attempt(text)
    return [(error.line, error.message) for error in caught.value.errors]


def line_of(text: str, part: str) -> int:
    """The line on which `part` stands; it stands there only once."""
    assert text.count(part) == 1
    return text[: text.index(part)].count("\n") + 1


# One change at a time


def test_a_renamed_service_keeps_its_line(database: Database) -> None:
    an_office(database)
    ticket = a_ticket(database, "A")
    change_service(database, "A", name={"ru": "Загранпаспорт", "en": "Foreign passport"}, prefix="Z")
    assert database.setup("centre").service("A").name["en"] == "Foreign passport"
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    assert act(database, lambda hall: serving.call_next(hall, window, anna)).label == ticket.label == "A001"
    assert a_ticket(database, "A").label == "Z001"


def test_a_closed_service_gives_no_tickets_and_still_serves_who_waits(database: Database) -> None:
    an_office(database)
    a_ticket(database, "A")
    change_service(database, "A", open=False)
    refused("service_closed", lambda: a_ticket(database, "A"))
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    assert act(database, lambda hall: serving.call_next(hall, window, anna)).label == "A001"


def test_a_service_with_people_in_line_is_not_deleted(database: Database) -> None:
    an_office(database)
    for _ in range(3):
        a_ticket(database, "A")
    before = counted(database)
    refused("people_waiting", lambda: act(database, lambda hall: setup.remove_service(hall, "A", ADMIN)), count=3)
    assert counted(database) == before
    assert "A" in database.setup("centre").services


def test_a_deleted_service_is_gone_and_comes_back_under_its_code(database: Database) -> None:
    an_office(database)
    act(database, lambda hall: setup.remove_service(hall, "B", ADMIN))
    assert list(database.setup("centre").services) == ["A"]
    assert {window.services for window in database.setup("centre").windows} == {("A",)}
    refused("unknown_service", lambda: a_ticket(database, "B"))
    act(database, lambda hall: setup.add_service(hall, a_service(code="B", prefix="B"), ADMIN))
    assert database.setup("centre").service("B").name["en"] == "Certificate"
    assert not any("B" in window.services for window in database.setup("centre").windows)


def test_a_code_is_given_once_and_stays(database: Database) -> None:
    an_office(database)
    taken = refused("code_taken", lambda: act(database, lambda h: setup.add_service(h, a_service(code="A"), ADMIN)))
    assert taken.field == "code"
    refused("code_taken", lambda: act(database, lambda h: setup.add_window(h, WindowFacts(code="1"), ADMIN)))
    refused("code_is_fixed", lambda: change_service(database, "A", code="X"))
    refused("code_is_fixed", lambda: change_branch(database, code="elsewhere"))


def test_names_are_needed_in_the_language_that_stands_in_for_the_others(database: Database) -> None:
    an_office(database)
    papers = [{"name": {"ru": "Паспорт"}}, {"name": {"en": "Photograph"}}]
    named = refused("default_language_missing", lambda: change_service(database, "A", name={"en": "Passport"}))
    assert named.field == "name.ru"
    assert refused("default_language_missing", lambda: change_service(database, "A", documents=papers)).field == (
        "documents.1.name.ru"
    )
    change_service(database, "A", name={"ru": "Паспорт"})
    untranslated = refused("untranslated", lambda: change_branch(database, default_language="en"), language="en")
    assert (untranslated.field, untranslated.params["names"]) == ("default_language", "Паспорт")
    change_service(database, "A", name={"ru": "Паспорт", "en": "Passport"})
    change_branch(database, default_language="en")
    parse_office(setup.export_office(database, "centre"), "exported")


def test_the_services_of_an_open_window_change_under_a_served_visitor(database: Database) -> None:
    an_office(database, "AB", {"1": "A", "2": "A"})
    a_ticket(database, "A")
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    act(database, lambda hall: serving.call_next(hall, window, anna))
    act(database, lambda hall: serving.start(hall, window, anna))
    assert change_window(database, "1", "B").serves == ("B",)
    assert a_ticket(database, "B").label == "B001"
    act(database, lambda hall: serving.finish(hall, window, anna, "solved"))
    assert act(database, lambda hall: serving.call_next(hall, window, anna)).label == "B001"


def test_a_window_in_use_is_not_deleted_and_a_closed_one_is(database: Database) -> None:
    an_office(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)

    def remove(code: str) -> None:
        act(database, lambda hall: setup.remove_window(hall, code, ADMIN))

    refused("window_in_use", lambda: remove("1"), window="1")
    act(database, lambda hall: windows.close_window(hall, window, anna))
    remove("1")
    assert [w.code for w in database.setup("centre").windows] == ["2"]
    refused("unknown_window", lambda: remove("1"))
    back = act(database, lambda hall: setup.add_window(hall, WindowFacts(code="1", services=["A"]), ADMIN))
    assert (back.id, back.state, back.services) == (window, "closed", ("A",))


def test_a_window_serves_only_what_there_is(database: Database) -> None:
    an_office(database)
    assert refused("unknown_service", lambda: change_window(database, "1", "AZ")).field == "services.1"


def test_hours_changed_at_noon_close_the_office_at_once(database: Database, clock: FrozenClock) -> None:
    an_office(database, time_zone="UTC")
    a_ticket(database)
    change_branch(database, hours={"mon": [["13:00", "24:00"], ["06:00", "07:30"]]})
    assert database.setup("centre").hours == {"mon": [["06:00", "07:30"], ["13:00", "24:00"]]}
    refused("branch_closed", lambda: a_ticket(database))
    clock.advance(hours=15, minutes=59)
    a_ticket(database)


def test_every_change_is_in_the_ledger_and_tells_the_screens(database: Database) -> None:
    an_office(database)
    told: list[tuple[str, int]] = []
    database.listeners.append(lambda branch, version: told.append((branch, version)))
    act(database, lambda hall: setup.add_service(hall, a_service(), ADMIN))
    change_service(database, "C", fee={"ru": "Бесплатно"})
    act(database, lambda hall: setup.add_window(hall, WindowFacts(code="3", services=["C"]), ADMIN))
    change_window(database, "3", "AC")
    act(database, lambda hall: setup.remove_window(hall, "3", ADMIN))
    act(database, lambda hall: setup.remove_service(hall, "C", ADMIN))
    change_branch(database, recall_pause_seconds=20)
    assert moves(database) == [
        "setup_service",
        "setup_service",
        "setup_window",
        "setup_window",
        "setup_window_removed",
        "setup_service_removed",
        "setup_branch",
    ]
    assert [version for _, version in told] == [1, 2, 3, 4, 5, 6, 7]
    assert ledger.verify_branch(database, "centre") == (None, 7)


# A whole office


def test_the_demo_office_is_imported_and_goes_out_as_it_came_in(database: Database) -> None:
    assert setup.import_office(database, DEMO, "demo.yaml") == "centre"
    exported = setup.export_office(database, "centre")
    assert setup.diff_office(database, exported) == ""
    setup.import_office(database, exported)
    assert setup.export_office(database, "centre") == exported
    demo = database.setup("centre")
    assert (len(demo.services), len(demo.windows)) == (6, 6)


def test_the_first_import_is_the_first_entry_of_the_ledger(database: Database) -> None:
    setup.import_office(database, DEMO)
    assert moves(database) == ["setup_import"]
    assert ledger.verify_branch(database, "centre") == (None, 1)


def test_the_demo_office_can_be_booked(database: Database) -> None:
    setup.import_office(database, DEMO)
    office, now = database.setup("centre"), database.clock.now()

    def days(service: str) -> int:
        slots = database.read(lambda connection: free_slots(connection, office, now, Wish((service,))))
        return len({slot.starts_at.date() for slot in slots})

    assert min(days(service) for service in office.services) > 20


def test_a_changed_file_changes_adds_and_removes(database: Database) -> None:
    setup.import_office(database, DEMO)
    a_ticket(database, "passport")
    changed = DEMO.replace("en: Passport}", "en: Travel passport}").replace("code: family", "code: marriage")
    changed = changed.replace("family", "marriage").replace("code: '6'", "code: '7'").replace("ow: '6'", "ow: '7'")
    difference = setup.diff_office(database, changed)
    assert "-    en: Passport\n+    en: Travel passport\n" in difference
    setup.import_office(database, changed)
    office = database.setup("centre")
    assert office.service("passport").name["en"] == "Travel passport"
    assert list(office.services) == ["passport", "residence", "driving", "marriage", "benefits", "collect"]
    assert [window.code for window in office.windows] == ["1", "2", "3", "4", "5", "7"]
    assert a_ticket(database, "passport").label == "A002"
    assert setup.diff_office(database, changed) == ""


def test_an_import_that_would_send_people_away_changes_nothing_and_names_them_all(database: Database) -> None:
    setup.import_office(database, DEMO)
    a_ticket(database, "passport")
    a_ticket(database, "driving")
    an_open_window(database, "6", an_operator(database, "anna"))
    present, before = setup.export_office(database, "centre"), counted(database)
    poorer = DEMO[: DEMO.index("windows:")].replace("code: passport", "code: papers")
    poorer = poorer.replace("code: driving", "code: cars").replace("en: Birth", "en: Death")
    windows_line = poorer.count("\n") + 1
    poorer += "windows:\n- code: '1'\n"
    services_line = line_of(poorer, "services:\n")
    people = "is not in the file, but cannot be removed now: 1 people wait for it"
    assert errors_of(poorer, lambda text: setup.import_office(database, text)) == [
        (services_line, f"service driving {people}"),
        (services_line, f"service passport {people}"),
        (windows_line, "window 6 is not in the file, but cannot be removed while it is open"),
    ]
    assert (setup.export_office(database, "centre"), counted(database)) == (present, before)


def test_an_import_that_fails_half_way_leaves_no_branch_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(setup, "_write_groups", breaks)
        with pytest.raises(RuntimeError):
            setup.import_office(database, DEMO)
    refused("unknown_branch", lambda: database.setup("centre"))
    setup.import_office(database, DEMO.replace("code: centre", "code: other"))
    refused("unknown_branch", lambda: database.setup("centre"))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60))
def test_any_text_survives_the_file(text: str) -> None:
    office, _ = parse_office(DEMO, "demo.yaml")
    office.services[0].description = {"ru": text}
    office.services[0].documents[0].source = text
    again, _ = parse_office(dump_office(office), "again.yaml")
    assert again == office


def test_every_error_of_a_file_is_named_with_its_line() -> None:
    text = """branch:
  code: centre
  name: {en: Centre}
  time_zone: Europe/Atlantis
  languages: [ru, en]
  default_language: ru
  hours:
    mon: [['08:00', '13:00'], ['12:00', '18:00']]
    tue: [['8', '18:00']]
  colour: green
services:
- code: a
  code: b
  prefix: A1
  name: {ru: Первая}
- prefix: B
  name: {ru: Вторая}
  norm_seconds: soon
"""
    assert errors_of(text, lambda text: parse_office(text, "office.yaml")) == [
        (4, "branch.time_zone: Europe/Atlantis is not a time zone"),
        (8, "branch.hours.mon: spans must end after they start, and not overlap"),
        (9, "branch.hours.tue.0.0: a time is written as 08:00, up to 24:00"),
        (10, "branch.colour: Extra inputs are not permitted"),
        (13, "the key code stands here twice"),
        (14, "services.0.prefix: a prefix has one to three letters"),
        (16, "services.1.code: Field required"),
        (18, "services.1.norm_seconds: Input should be a valid integer, unable to parse string as an integer"),
    ]


@pytest.mark.parametrize("letter", "IOQioqlОЗІоз")  # Latin, then Cyrillic
def test_a_letter_that_reads_as_a_digit_is_refused_where_an_office_is_imported(letter: str) -> None:
    text = DEMO.replace("prefix: B", f"prefix: K{letter}")
    ((line, told),) = errors_of(text, lambda text: parse_office(text, "office.yaml"))
    assert line == line_of(text, f"prefix: K{letter}")
    assert told.startswith("services.1.prefix: I, O, Q, a small l")


def test_a_letter_that_was_allowed_once_is_shown_until_the_service_is_changed(database: Database) -> None:
    an_office(database)
    database.write(lambda connection: connection.execute(update(table(Service)).values(prefix="O")))
    assert "prefix: O" in setup.export_office(database, "centre")


def test_what_is_wrong_with_the_sound_parts_is_told_beside_what_is_wrong_with_the_others() -> None:
    text = DEMO.replace("prefix: B", "prefix: B2").replace("code: family", "code: driving")
    text = text.replace("ru: Бесплатно, en: Free", "xx: [1]", 1).replace("[driving]", "[drivng]")
    text = text.replace("  - name: {ru: Справка о доходах, en", "  - name: {en")
    found = errors_of(text, lambda text: parse_office(text, "office.yaml"))
    assert found == [
        (line_of(text, "prefix: B2"), "services.1.prefix: a prefix has one to three letters"),
        (line_of(text, "xx: [1]"), "services.1.fee.xx: Input should be a valid string"),
        (line_of(text, "prefix: E") - 1, "driving stands here twice"),
        (line_of(text, "en: Proof of income"), "the text is missing in the branch's language, ru"),
        (line_of(text, "[drivng]"), "there is no service drivng"),
        (line_of(text, "[driving, family]"), "there is no service family"),
        (line_of(text, "[family, benefits]"), "there is no service family"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "empty"),
        ("- 1", 1, "the file:"),
        ("branch: {code: [", 1, "not valid YAML"),
        ("a: 1\n\tb: 2", 2, "not valid YAML"),
        ("a: 1\n---\nb: 2", 2, "not valid YAML"),
        ("a: 1\nb: \x07", 2, "not valid YAML"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("branch: &a\n  code: *a", 1, "anchors"),
        ("branch:\n  code: !!python/name:os.system x", 2, "the tag"),
        ("branch:\n  ? [a, b]\n  : c", 2, "a key must be one word"),
        ('branch:\n  code: "a\\0b"', 2, "cannot be kept"),
        ('branch:\n  code: "\\ud800"', 2, "cannot be kept"),
    ],
)
def test_a_file_that_is_no_office_is_refused_with_a_line(text: str, line: int, part: str) -> None:
    found = errors_of(text, lambda text: parse_office(text, "office.yaml"))
    assert any(at == line and part in message for at, message in found), found


def test_limits_name_the_field() -> None:
    office = OfficeFacts.model_validate(parse_office(DEMO, "demo")[0].model_dump())
    office.services[2].name["en"] = "x" * 201
    found = errors_of(dump_office(office), lambda text: parse_office(text, "office.yaml"))
    assert [message for _, message in found] == ["services.2.name.en: String should have at most 200 characters"]
