"""Booking over HTTP, as the contract has it: slots, holds, appointments, check-in, the calendar of staff."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from queue_service.actions import setup as office_setup
from queue_service.clock import FrozenClock
from queue_service.rules.office import WindowFacts
from queue_service.storage.database import Database
from tests.booking import DAYTIME, a_bookable_office, an_appointment, at, bookable
from tests.web.conftest import Caller

PERSON = {"name": "Ada Lovelace", "phone": "+44 20 7946 0001", "email": "ada@example.org", "language": "en"}
ROSTER = {"window": "1", "hours": {"wed": [["08:00", "10:00"]]}}


@pytest.fixture
def office(database: Database) -> str:
    return a_bookable_office(database, "AB", {"1": "AB", "2": "B"})


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def a_slot(visitor: Caller, starts_at: datetime, **more: Any) -> Any:
    return visitor.post("/branches/centre/slot-holds", {"service": "A", "starts_at": iso(starts_at), **more})


def a_booking(visitor: Caller, starts_at: datetime, **person: Any) -> Any:
    hold = a_slot(visitor, starts_at).json["hold"]
    return visitor.post("/appointments", {"hold": hold, **PERSON, **person})


def test_slots_of_some_days(visitor: Caller, office: str) -> None:
    found = visitor.get("/branches/centre/slots?service=B&from=2026-03-03&to=2026-03-04").json
    assert len(found) == 28
    assert found[0] == {"starts_at": "2026-03-03T08:00:00.000Z", "ends_at": "2026-03-03T08:30:00.000Z", "free": 2}
    both = visitor.get("/branches/centre/slots?service=A,B&from=2026-03-03&to=2026-03-03").json
    assert both[0]["ends_at"] == "2026-03-03T09:00:00.000Z"
    assert both == visitor.get("/branches/centre/slots?service=A&service=B&from=2026-03-03&to=2026-03-03").json
    assert len(visitor.get("/branches/centre/slots?service=A").json) == 30 * 14
    assert visitor.get("/branches/centre/services").json[0]["bookable"] is True


BAD_SEARCHES = [
    ("service=Z", 404, "unknown_service"),
    ("service=A,A", 422, "service_twice"),
    ("", 422, "invalid_fields"),
    ("service=A&from=soon", 422, "invalid_fields"),
    ("service=A&needs=helicopter", 422, "unknown_need"),
    ("service=A&needs=wheelchair", 409, "need_not_met"),
    ("service=A&to=2027-03-03", 422, "search_too_long"),
]


def test_a_bad_search_names_what_is_wrong(visitor: Caller, office: str, database: Database) -> None:
    database.act(office, lambda hall: bookable(hall, "A", horizon_days=366))
    for query, status, code in BAD_SEARCHES:
        answer = visitor.get(f"/branches/centre/slots?{query}")
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert answer.json["detail"]


def test_book_look_move_cancel(visitor: Caller, office: str, clock: FrozenClock) -> None:
    held = a_slot(visitor, at(3, "10:00"))
    assert held.status_code == 201
    assert held.json["expires_at"] == iso(clock.now() + timedelta(minutes=10)).replace("Z", ".000Z")
    taken = a_slot(visitor, at(3, "10:00"))
    assert (taken.status_code, taken.json["code"]) == (409, "slot_taken")
    assert taken.json["alternatives"][1]["starts_at"] == "2026-03-03T08:30:00.000Z"
    assert taken.json["errors"] == [{"field": "starts_at", "message": taken.json["detail"]}]

    booked = visitor.post("/appointments", {"hold": held.json["hold"], **PERSON})
    assert booked.status_code == 201
    mine = booked.json
    assert mine["status_url"] == f"https://office.example/a/{mine['token']}"
    assert (mine["starts_at"], mine["status"], mine["windows"]) == ("2026-03-03T09:00:00.000Z", "booked", ["1"])
    assert mine["branch"]["address"] == {"ru": "Улица, 1", "en": "1 Street"}
    assert len(mine["code"]) == 6

    shown = visitor.get(f"/appointments/{mine['token']}").json
    assert shown == {**mine, "server_time": shown["server_time"]}
    assert not any(secret in str(shown) for secret in ("7946", "ada@"))

    move = f"/appointments/{mine['token']}/move"
    moved = visitor.post(move, {"starts_at": iso(at(4, "10:00"))}).json
    assert (moved["starts_at"], moved["sequence"], moved["code"]) == ("2026-03-04T09:00:00.000Z", 1, mine["code"])
    by_hold = a_slot(visitor, at(4, "10:30"), moving=mine["token"]).json["hold"]
    assert visitor.post(move, {"hold": by_hold}).json["starts_at"] == "2026-03-04T09:30:00.000Z"
    assert visitor.post(move, {"starts_at": iso(at(4, "20:00"))}).json["code"] == "no_such_slot"

    cancelled = visitor.send("DELETE", f"/appointments/{mine['token']}").json
    assert (cancelled["status"], set(cancelled["may"].values())) == ("cancelled", {False})
    assert visitor.send("DELETE", f"/appointments/{mine['token']}").json["code"] == "appointment_cancelled"


def test_a_repeated_request_books_once(visitor: Caller, office: str) -> None:
    hold = a_slot(visitor, at(3, "10:00"), **{}).json["hold"]
    order = {"hold": hold, **PERSON}
    first = visitor.post("/appointments", order, Idempotency_Key="book-1")
    assert first.json == visitor.post("/appointments", order, Idempotency_Key="book-1").json
    again = visitor.post("/appointments", order)
    assert (again.status_code, again.json["code"]) == (409, "hold_used")
    moving = {"starts_at": iso(at(3, "11:00"))}
    path = f"/appointments/{first.json['token']}/move"
    assert [visitor.post(path, moving, Idempotency_Key="m").json["sequence"] for _ in range(2)] == [1, 1]


BAD_FORMS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": " "}, "name_missing", "name"),
    ({"name": "12345"}, "name_missing", "name"),
    ({"phone": "call me"}, "invalid_phone", "phone"),
    ({"phone": "12"}, "invalid_phone", "phone"),
    ({"email": "ada@"}, "invalid_email", "email"),
    ({"email": "a@b.c\nBcc: everybody@example.org"}, "invalid_email", "email"),
    ({"language": "tlh"}, "unknown_language", "language"),
    ({"needs": ["helicopter"]}, "unknown_need", "needs.0"),
    ({"hold": "nonsense"}, "unknown_hold", "hold"),
]


def test_a_bad_form_names_the_field_and_books_nothing(visitor: Caller, office: str) -> None:
    hold = a_slot(visitor, at(3, "10:00")).json["hold"]
    for person, code, field in BAD_FORMS:
        answer = visitor.post("/appointments", {"hold": hold, **PERSON, **person})
        assert answer.status_code in (404, 422)
        assert (answer.json["code"], answer.json["errors"][0]["field"]) == (code, field)
    assert visitor.post("/appointments", {"hold": hold, **PERSON}).status_code == 201


def test_a_hold_names_one_service_or_several(visitor: Caller, office: str) -> None:
    path, when = "/branches/centre/slot-holds", {"starts_at": iso(at(3, "10:00"))}
    for wrong in ({}, {"service": "A", "services": ["B"]}, {"service": "A", "extra": 1}):
        assert visitor.post(path, {**when, **wrong}).status_code == 422
    assert visitor.post(path, {"service": "A", "starts_at": "2026-03-03T10:00:00"}).status_code == 422
    held = visitor.post(path, {**when, "services": ["A", "B"]})
    assert held.json["ends_at"] == "2026-03-03T10:00:00.000Z"
    assert visitor.send("DELETE", f"/slot-holds/{held.json['hold']}").status_code == 204
    assert visitor.post(path, {**when, "services": ["A", "B"]}).status_code == 201


def test_a_browser_that_names_itself_keeps_one_slot(visitor: Caller, office: str) -> None:
    a_slot(visitor, at(3, "10:00"), holder="this browser")
    a_slot(visitor, at(3, "11:00"), holder="this browser")
    assert a_slot(visitor, at(3, "10:00"), holder="another one").status_code == 201
    assert a_slot(visitor, at(3, "11:00"), holder="another one").status_code == 409


def test_check_in_gives_a_ticket(visitor: Caller, office: str, clock: FrozenClock) -> None:
    mine = a_booking(visitor, at(2, "10:00")).json
    clock.moment = at(2, "09:59").astimezone(UTC)
    answer = visitor.post("/branches/centre/check-in", {"code": mine["code"].lower()}, Idempotency_Key="k")
    assert answer.status_code == 201
    assert answer.json["number"] == "A001"
    assert answer.json["appointment"] == {"starts_at": "2026-03-02T09:00:00.000Z", "arrival": "on_time"}
    assert visitor.get(f"/tickets/{answer.json['token']}").json["status"] == "waiting"
    again = visitor.post("/branches/centre/check-in", {"code": mine["code"].lower()}, Idempotency_Key="k")
    assert again.json == answer.json
    other = visitor.post("/branches/centre/check-in", {"code": mine["token"]})
    assert (other.status_code, other.json["code"]) == (409, "appointment_arrived")
    assert "A001" in other.json["detail"]
    shown = visitor.get(f"/appointments/{mine['token']}").json
    assert (shown["status"], shown["number"]) == ("arrived", "A001")


def test_an_unknown_code_is_always_answered_alike(visitor: Caller, office: str) -> None:
    for code in ("ZZZZZZ", "nonsense", "https://office.example/a/" + "x" * 22):
        answer = visitor.post("/branches/centre/check-in", {"code": code})
        assert (answer.status_code, answer.json["code"]) == (404, "unknown_appointment")
    assert visitor.get("/appointments/nonsense").json["code"] == "unknown_appointment"


def test_the_calendar_file_tells_the_same_moment(visitor: Caller, office: str) -> None:
    mine = a_booking(visitor, at(3, "10:00")).json
    path = mine["ics_url"].removeprefix("https://office.example/api/v1")
    answer = visitor.get(path)
    assert answer.mimetype == "text/calendar"
    event = event_in(answer.data)
    assert event["dtstart"].dt == at(3, "10:00")
    assert event["dtstart"].params["TZID"] == "Europe/Warsaw"
    assert event["sequence"] == 0
    assert mine["status_url"] in event["description"]
    assert mine["code"] in event["description"]
    assert len(event.walk("VALARM")) == 2
    visitor.post(f"/appointments/{mine['token']}/move", {"starts_at": iso(at(4, "09:30"))})
    later = event_in(visitor.get(path).data)
    assert (later["uid"], later["sequence"]) == (event["uid"], 1)
    assert later["dtstart"].dt == at(4, "09:30")
    visitor.send("DELETE", f"/appointments/{mine['token']}")
    gone = visitor.get(path).data
    assert (b"METHOD:CANCEL" in gone, event_in(gone)["status"]) == (True, "CANCELLED")


def event_in(file: bytes) -> Any:
    return Calendar.from_ical(file).walk("VEVENT")[0]


def test_the_nearest_free_time_in_any_office(visitor: Caller, office: str, database: Database) -> None:
    later = {day: [["12:00", "13:00"]] for day in DAYTIME}
    a_bookable_office(database, "A", {"1": "A"}, later, code="other")
    a_bookable_office(database, "B", {"1": "B"}, code="elsewhere")
    found = visitor.get("/nearest-slots?service=A").json
    assert [(one["branch"]["code"], one["starts_at"][11:16]) for one in found] == [
        ("centre", "08:00"),
        ("other", "11:00"),
    ]
    assert [one["branch"]["code"] for one in visitor.get("/nearest-slots?service=B").json] == ["centre", "elsewhere"]


def test_a_search_of_all_offices_names_what_none_can_meet(visitor: Caller, office: str, database: Database) -> None:
    a_bookable_office(database, "A", {"1": "A"}, code="other")
    database.act(office, lambda hall: bookable(hall, "B", bookable=False))
    for service, status, code in (("Z", 404, "unknown_service"), ("B", 409, "not_bookable")):
        answer = visitor.get(f"/nearest-slots?service={service}")
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert [one["field"] for one in answer.json["errors"]] == ["service.0"]


def test_what_one_office_cannot_meet_another_may(visitor: Caller, office: str, database: Database) -> None:
    a_bookable_office(database, "A", {"1": "A"}, code="other")
    search = "/nearest-slots?service=A&needs=wheelchair"
    refused = visitor.get(search)
    assert (refused.status_code, refused.json["code"]) == (409, "need_not_met")
    step_free = WindowFacts(code="1", services=["A"], needs=["wheelchair"])
    database.act("other", lambda hall: office_setup.change_window(hall, "1", step_free, "test"))
    assert [one["branch"]["code"] for one in visitor.get(search).json] == ["other"]


def test_reception_books_moves_and_cancels_for_people(known: Any, visitor: Caller, office: str) -> None:
    rita = known("rita", "reception")
    held = a_slot(rita, at(2, "09:30"), channel="phone").json
    mine = rita.post("/appointments", {"hold": held["hold"], **PERSON}).json
    assert mine["channel"] == "phone"
    assert a_slot(visitor, at(3, "09:30"), channel="phone").status_code == 201  # for a visitor it counts as web
    day = rita.get("/branches/centre/calendar?from=2026-03-02&to=2026-03-03").json
    (one,) = day[0]["appointments"]
    assert (one["name"], one["windows"], one["channel"]) == ("Ada Lovelace", ["1"], "phone")
    found = rita.get("/branches/centre/appointments?q=lovelace").json
    assert [other["id"] for other in found] == [one["id"]]
    moved = rita.post(f"/branches/centre/appointments/{one['id']}/move", {"starts_at": iso(at(2, "11:00"))}).json
    assert moved["starts_at"] == "2026-03-02T10:00:00.000Z"
    assert rita.post(f"/branches/centre/appointments/{one['id']}/cancel").json["status"] == "cancelled"
    assert rita.post("/branches/centre/appointments/77/cancel").status_code == 404


def test_who_may_see_and_change_appointments(known: Any, visitor: Caller, office: str, database: Database) -> None:
    a_bookable_office(database, "A", {"1": "A"}, code="other")
    row, _ = an_appointment(database, at(3, "10:00"))
    callers = {"nobody": visitor, "operator": known("olga"), "reviewer": known("rolf", "reviewer")}
    callers["foreign"] = known("fred", "reception", "other")
    answers = {
        name: [
            caller.get("/branches/centre/calendar").status_code,
            caller.get("/branches/centre/appointments?q=ada").status_code,
            caller.get("/branches/centre/appointment-conflicts").status_code,
            caller.post(f"/branches/centre/appointments/{row.id}/cancel").status_code,
            caller.post("/admin/branches/centre/rosters", ROSTER).status_code,
        ]
        for name, caller in callers.items()
    }
    assert answers == {
        "nobody": [401] * 5,
        "operator": [200, 200, 200, 403, 403],
        "reviewer": [403] * 5,
        "foreign": [403] * 5,
    }


def test_an_admin_changes_rosters_and_is_told_what_does_not_fit(known: Any, office: str, database: Database) -> None:
    admin = known("adam", "admin")
    an_appointment(database, at(3, "10:00"))
    made = admin.post(
        "/admin/branches/centre/closures", {"first": "2026-03-03", "last": "2026-03-03", "windows": ["1"]}
    )
    assert (made.status_code, made.json["conflicts"]) == (201, 1)
    (conflict,) = admin.get("/branches/centre/appointment-conflicts").json
    offer = conflict["alternatives"][0]["starts_at"]
    admin.post(f"/branches/centre/appointments/{conflict['id']}/move", {"starts_at": offer})
    assert admin.get("/branches/centre/appointment-conflicts").json == []
    path = f"/admin/branches/centre/closures/{made.json['id']}"
    assert admin.send("PATCH", path, {"windows": None}).json["windows"] is None
    wrong = admin.send("PATCH", path, {"last": "2026-03-01"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "last")
    assert admin.send("DELETE", path).status_code == 204
    assert admin.send("DELETE", path).status_code == 404
    roster = admin.post("/admin/branches/centre/rosters", ROSTER).json
    patched = admin.send("PATCH", f"/admin/branches/centre/rosters/{roster['id']}", {"first": "2026-04-01"}).json
    assert (patched["hours"], patched["first"]) == (ROSTER["hours"], "2026-04-01")
    holiday = {"first": "2026-05-01", "last": "2026-05-01", "name": {"en": "Labour Day"}}
    assert admin.post("/admin/branches/centre/special-days", holiday).status_code == 201
    shown = admin.get("/admin/branches/centre").json
    assert [len(shown[kind]) for kind in ("rosters", "special_days", "closures")] == [3, 1, 0]
    booking = {"minutes": 45, "walk_in_percent": 20}
    changed = admin.send("PATCH", "/admin/branches/centre/services/A", {"booking": booking}).json
    assert changed["booking"]["minutes"] == 45
    bad = admin.send("PATCH", "/admin/branches/centre/services/A", {"booking": {"walk_in_percent": 101}})
    assert bad.json["errors"][0]["field"] == "booking.walk_in_percent"


def test_staff_find_what_is_left_for_those_who_ring_up_or_come(
    known: Any, visitor: Caller, office: str, database: Database
) -> None:
    rita = known("rita", "reception")
    database.act(office, lambda hall: bookable(hall, "A", quotas={"phone": 0}))

    def found(caller: Caller, channel: str) -> int:
        days = "from=2026-03-03&to=2026-03-03"
        return len(caller.get(f"/branches/centre/slots?service=A&{days}&channel={channel}").json)

    def held(channel: str) -> int:
        order = {"service": "A", "starts_at": iso(at(3, "10:00")), "channel": channel}
        return int(rita.post("/branches/centre/slot-holds", order).status_code)

    assert [found(rita, channel) for channel in ("phone", "reception")] == [0, 14]
    assert [held(channel) for channel in ("phone", "reception")] == [409, 201]
    assert found(visitor, "phone") == 13, "whoever is no staff searches as the web does"
