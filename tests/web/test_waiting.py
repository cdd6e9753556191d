"""The waiting list, draws, proofs of work and corrections over HTTP, as pages use them."""

import base64
import json
from typing import Any

import pytest
from altcha.v1 import Challenge, Payload, solve_challenge
from sqlalchemy import update

from queue_service.actions import appointments, rosters
from queue_service.clock import FrozenClock
from queue_service.rules.booking import RosterFacts
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.messages import message_table
from tests.booking import DAYTIME, a_bookable_office, an_appointment, at, bookable
from tests.web.conftest import Caller
from tests.web.test_booking import PERSON, a_booking, iso

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE_SLOT = {"tue": [["10:00", "10:30"]]}
SLOT = at(3, "10:00")
WAIT = {"service": "A", "from": "2026-03-03", "to": "2026-03-03", **PERSON, "phone": "+44 20 7946 0055", "email": None}
WORK = 2000


@pytest.fixture
def office(database: Database) -> str:
    terms = {"protections": {"waiting_list": True}}
    return a_bookable_office(database, "A", {"1": "A"}, hours=ONE_SLOT, booking=terms)


def solved(challenge: dict[str, Any]) -> str:
    """What a browser sends for a puzzle."""
    names = ("algorithm", "challenge", "salt", "signature")
    puzzle = Challenge(max_number=challenge["maxNumber"], **{name: challenge[name] for name in names})
    found = solve_challenge(puzzle)
    assert found is not None
    payload = Payload(number=found.number, **{name: challenge[name] for name in names})
    return payload.to_base64()


def test_wait_be_offered_and_accept(visitor: Caller, known: Any, office: str, database: Database) -> None:
    taken, _ = an_appointment(database, SLOT)
    joined = visitor.post("/branches/centre/waiting-list", WAIT)
    assert joined.status_code == 201
    mine = joined.json
    assert (mine["status"], mine["ahead"], mine["offer"]) == ("waiting", 0, None)
    assert mine["status_url"] == f"https://office.example/w/{mine['token']}"
    second = visitor.post("/branches/centre/waiting-list", {**WAIT, "phone": "+44 20 7946 0056"}).json
    assert second["ahead"] == 1
    assert visitor.post(f"/waiting-list/{mine['token']}/accept").json["code"] == "no_offer"

    database.act(office, lambda hall: appointments.cancel(hall, taken))
    offered = visitor.get(f"/waiting-list/{mine['token']}").json
    assert offered["status"] == "offered"
    assert offered["offer"]["starts_at"] == iso(SLOT).replace("Z", ".000Z")
    assert offered["offer"]["until"] == "2026-03-02T09:00:00.000Z"
    booked = visitor.post(f"/waiting-list/{mine['token']}/accept", Idempotency_Key="once")
    assert (booked.status_code, booked.json["status"], booked.json["name"]) == (201, "booked", "Ada Lovelace")
    assert booked.json == visitor.post(f"/waiting-list/{mine['token']}/accept", Idempotency_Key="once").json
    assert visitor.get(f"/appointments/{booked.json['token']}").status_code == 200
    assert visitor.get(f"/waiting-list/{mine['token']}").json["status"] == "booked"

    rows = known("rita", "reception").get("/branches/centre/waiting-list").json
    assert [(row["name"], row["phone"], row["status"]) for row in rows] == [
        ("Ada Lovelace", "+44 20 7946 0056", "waiting")
    ]
    assert visitor.get("/branches/centre/waiting-list").status_code == 401


def test_decline_and_leave(visitor: Caller, office: str, database: Database) -> None:
    taken, _ = an_appointment(database, SLOT)
    token = visitor.post("/branches/centre/waiting-list", WAIT).json["token"]
    assert visitor.post(f"/waiting-list/{token}/decline").json["code"] == "no_offer"
    database.act(office, lambda hall: appointments.cancel(hall, taken))
    declined = visitor.post(f"/waiting-list/{token}/decline").json
    assert (declined["status"], declined["offer"]) == ("offered", declined["offer"]), "nobody else waits"
    assert visitor.send("DELETE", f"/waiting-list/{token}").status_code == 204
    assert visitor.send("DELETE", f"/waiting-list/{token}").json["code"] == "entry_ended"
    assert len(visitor.get("/branches/centre/slots?service=A&from=2026-03-03&to=2026-03-03").json) == 1


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"service": "Z"}, 404, "unknown_service"),
    ({"service": None}, 422, "invalid_fields"),
    ({"to": "soon"}, 422, "invalid_fields"),
    ({"to": "2026-09-03"}, 422, "search_too_long"),
    ({"from": "2026-03-01", "to": "2026-03-01"}, 422, "days_over"),
    ({"to": "2026-03-01"}, 422, "invalid_fields"),
    ({"phone": "none"}, 422, "invalid_phone"),
    ({"language": "xx"}, 422, "unknown_language"),
    ({"needs": ["helicopter"]}, 422, "unknown_need"),
    ({"from": "2026-03-09", "to": "2026-03-12"}, 409, "slots_free"),
]


def test_a_bad_wish_names_what_is_wrong(visitor: Caller, office: str, database: Database) -> None:
    an_appointment(database, SLOT)
    for change, status, code in BAD:
        answer = visitor.post("/branches/centre/waiting-list", {**WAIT, **change})
        assert (answer.status_code, answer.json["code"]) == (status, code), change
    assert visitor.get("/waiting-list/nobody").json["code"] == "unknown_entry"
    assert visitor.post("/branches/centre/draws", WAIT).json["code"] == "no_draw_now"


def test_sign_up_for_a_draw(visitor: Caller, office: str, database: Database, clock: FrozenClock) -> None:
    clock.moment = at(3, "10:10")
    drawn = {"horizon_days": 7, "opens_at": "10:00", "protections": {"draw_minutes": 30}}
    database.act(office, lambda hall: bookable(hall, "A", **drawn))
    assert visitor.get("/branches/centre/draws").json == [
        {"service": "A", "day": "2026-03-10", "ends_at": "2026-03-03T09:30:00.000Z", "signed_up": 0}
    ]
    mine = visitor.post("/branches/centre/draws", WAIT)
    assert (mine.status_code, mine.json["kind"], mine.json["first"]) == (201, "draw", "2026-03-10")
    assert visitor.get("/branches/centre/draws").json[0]["signed_up"] == 1


@pytest.fixture
def guarded(database: Database, office: str) -> str:
    """The office asks for a proof of work, and has slots all day."""

    def change(hall: Hall) -> None:
        bookable(hall, "A", protections={"proof_of_work": WORK, "one_hold": False})
        rosters.put_roster(hall, RosterFacts(window="1", hours=DAYTIME), "test")

    database.act(office, change)
    return office


SEARCH = "/branches/centre/slots?service=A&from=2026-03-03&to=2026-03-03"


def test_a_search_and_a_hold_need_a_proof_and_a_proof_serves_for_one_hold(
    visitor: Caller, guarded: str, known: Any, clock: FrozenClock
) -> None:
    unproved = visitor.get(SEARCH)
    assert (unproved.status_code, unproved.json["code"]) == (403, "proof_needed")
    proof = solved(unproved.json["challenge"])
    assert len(visitor.send("GET", SEARCH, X_Proof_Of_Work=proof).json) == 14
    assert visitor.send("GET", SEARCH, X_Proof_Of_Work=proof).status_code == 200

    def hold(hour: str, sent: str) -> Any:
        order = {"service": "A", "starts_at": iso(at(3, hour))}
        return visitor.post("/branches/centre/slot-holds", order, X_Proof_Of_Work=sent)

    assert hold("10:00", "").json["code"] == "proof_needed"
    assert hold("10:00", proof).status_code == 201
    spent = hold("11:00", proof)
    assert (spent.status_code, spent.json["code"]) == (403, "proof_spent")
    rewritten = base64.b64encode(json.dumps(json.loads(base64.b64decode(proof)), indent=1).encode()).decode()
    assert hold("11:00", rewritten).json["code"] == "proof_spent"

    harder = visitor.get("/branches/centre/slot-challenge?service=A").json
    assert harder["maxNumber"] == 2 * WORK, "an address that keeps a slot already works more for the next"
    assert hold("11:00", solved(harder)).status_code == 201
    assert len(known("rita", "reception").get(SEARCH).json) > 0, "staff need no proof"


def test_a_proof_that_is_forged_old_or_for_another_branch_opens_nothing(
    visitor: Caller, guarded: str, database: Database, clock: FrozenClock
) -> None:
    challenge = visitor.get("/branches/centre/slot-challenge?service=A").json
    proof = solved(challenge)
    payload = json.loads(base64.b64decode(proof))
    forged = [
        {**payload, "number": payload["number"] + 1},
        {**payload, "signature": "0" * 64},
        {**payload, "salt": payload["salt"].replace("expires=1", "expires=9")},
        {**payload, "salt": 7},
        [],
        "x",
    ]
    texts = [base64.b64encode(json.dumps(one).encode()).decode() for one in forged]
    for sent in (*texts, "%", "é", "A" * 5000):
        answer = visitor.send("GET", SEARCH, X_Proof_Of_Work=sent)
        assert (answer.status_code, answer.json["code"]) == (403, "proof_needed"), sent
    a_bookable_office(database, "A", {"1": "A"}, booking={"protections": {"proof_of_work": WORK}}, code="harbour")
    elsewhere = visitor.send("GET", SEARCH.replace("centre", "harbour"), X_Proof_Of_Work=proof)
    assert elsewhere.json["code"] == "proof_needed"
    clock.advance(minutes=9)
    assert visitor.send("GET", SEARCH, X_Proof_Of_Work=proof).status_code == 200
    clock.advance(minutes=2)
    assert visitor.send("GET", SEARCH, X_Proof_Of_Work=proof).status_code == 403


def test_without_protection_nothing_is_asked(visitor: Caller, office: str) -> None:
    assert visitor.get("/branches/centre/slot-challenge?service=A").json == {}


def test_correct_how_somebody_can_be_reached(visitor: Caller, office: str, database: Database) -> None:
    token = a_booking(visitor, SLOT).json["token"]
    changed = visitor.send("PATCH", f"/appointments/{token}", {"phone": "+44 20 7946 0099", "language": "ru"})
    assert (changed.status_code, changed.json["language"], changed.json["sequence"]) == (200, "ru", 1)
    assert visitor.send("PATCH", f"/appointments/{token}", {"phone": "none"}).json["code"] == "invalid_phone"
    fixed = {"protections": {"name_fixed": True}}
    database.act(office, lambda hall: bookable(hall, "A", **fixed))
    refused = visitor.send("PATCH", f"/appointments/{token}", {"name": "Somebody Else"})
    assert (refused.status_code, refused.json["code"]) == (409, "name_fixed")


def test_an_admin_sees_what_could_not_be_sent_and_tries_again(
    visitor: Caller, office: str, known: Any, database: Database
) -> None:
    an_appointment(database, SLOT)
    c = message_table.c
    failed = update(message_table).where(c.channel == "email", c.kind == "booked")
    failed = failed.values(state="failed", error="refused 550", attempts=1)
    database.write(lambda connection: connection.execute(failed))
    admin = known("admin", "admin")
    seen = admin.get("/admin/branches/centre/messages").json
    assert (seen["failed"], seen["waiting"], seen["configured"]) == (1, 1, {"email": False, "text": False})
    (trouble,) = seen["troubled"]
    assert (trouble["state"], trouble["error"]) == ("failed", "refused 550")
    assert "ada" not in json.dumps(seen).lower()
    assert admin.post(f"/admin/branches/centre/messages/{trouble['id']}/retry").status_code == 204
    assert admin.post(f"/admin/branches/centre/messages/{trouble['id']}/retry").json["code"] == "unknown_message"
    assert admin.get("/admin/branches/centre/messages").json["failed"] == 0
    assert known("anna").get("/admin/branches/centre/messages").status_code == 403
    assert visitor.get("/admin/branches/centre/messages").status_code == 401
