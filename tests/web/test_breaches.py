"""Norms and breaches over HTTP: who may see them, who takes note of them, and what is refused."""

from datetime import timedelta
from typing import Any

from queue_service.actions.setup import export_office, import_office
from queue_service.jobs.breaches import BreachWatch
from tests.make import a_ticket
from tests.web.test_bad_input import problem_of


def test_a_breach_is_seen_by_the_hall_and_acknowledged_once(
    visitor: Any, known: Any, office: str, database: Any, clock: Any
) -> None:
    number = a_ticket(database).label
    clock.advance(minutes=20)
    BreachWatch(database, lambda: 0.0).look()
    path = f"/branches/{office}/breaches"
    problem_of(visitor.get(path), 401)
    problem_of(known("anna").get(path), 403)
    helen = known("helen", "hall")
    told = helen.get(path).get_json()
    [breach] = told["breaches"]
    assert (told["open"], breach["number"], breach["kind"], breach["longest"]) == (1, number, "wait", 900)
    assert helen.get(f"/branches/{office}/desk").get_json()["breaches"] == told["breaches"]
    seen = f"/breaches/{breach['id']}/acknowledge"
    problem_of(known("boris").post(seen, {}), 403)
    problem_of(helen.post(seen, {"note": "x" * 501}), 422, "note")
    problem_of(helen.post("/breaches/99/acknowledge", {}), 404)
    answer = helen.post(seen, {"note": "Help comes"}).get_json()
    assert (answer["acknowledged_by"], answer["note"]) == ("helen", "Help comes")
    problem_of(helen.post(seen, {}), 409)
    today = (clock.now() + timedelta(hours=1)).date()
    assert len(helen.get(f"{path}?from={today}&to={today}").get_json()["breaches"]) == 1


def test_norms_are_set_up_by_admins_and_stand_in_the_office_file(known: Any, office: str, database: Any) -> None:
    admin = known("root", "admin")
    path = f"/admin/branches/{office}/norms"
    problem_of(known("helen", "hall").post(path, {"kind": "wait", "longest": 300}), 403)
    problem_of(admin.post(path, {"kind": "patience", "longest": 300}), 422, "kind")
    problem_of(admin.post(path, {"kind": "wait", "longest": 0}), 422, "longest")
    problem_of(admin.post(path, {"kind": "wait", "longest": 300, "service": "Z"}), 404, "service")
    dates = {"valid_from": "2026-03-02", "valid_to": "2026-03-01"}
    problem_of(admin.post(path, {"kind": "wait", "longest": 300, **dates}), 422, "valid_to")
    norm = {"kind": "wait", "service": "A", "channel": "appointment", "longest": 300, "source": "Order 12"}
    made = admin.post(path, norm).get_json()
    assert {**norm, "valid_from": None, "valid_to": None}.items() <= made.items()
    changed = admin.send("PATCH", f"{path}/{made['id']}", {"longest": 240}).get_json()
    assert (changed["longest"], changed["source"]) == (240, "Order 12")
    file = export_office(database, office)
    assert admin.send("DELETE", f"{path}/{made['id']}").status_code == 204
    assert admin.get(f"/admin/branches/{office}").get_json()["norms"] == []
    import_office(database, file)
    assert export_office(database, office) == file
    assert [one["longest"] for one in admin.get(f"/admin/branches/{office}").get_json()["norms"]] == [240]


def test_who_is_told_is_set_up_by_admins_and_a_secret_is_said_once(known: Any, office: str) -> None:
    admin = known("root", "admin")
    path = f"/admin/branches/{office}/escalations"
    mail = {"channel": "email", "target": "boss@example.org"}
    problem_of(known("helen", "hall").post(path, mail), 403)
    problem_of(admin.post(path, {**mail, "channel": "pigeon"}), 422, "channel")
    problem_of(admin.post(path, {**mail, "target": "boss"}), 422, "target")
    problem_of(admin.post(path, {"channel": "text", "target": "call me"}), 422, "target")
    for address in ("ftp://example.org", "https://", "https://me:word@example.org/", "https://a b/", "http://x:99999/"):
        problem_of(admin.post(path, {"channel": "webhook", "target": address}), 422, "target")
    problem_of(admin.post(path, {**mail, "after_seconds": -1}), 422, "after_seconds")
    problem_of(admin.post(path, {**mail, "language": "eo"}), 422, "language")
    rule = admin.post(path, mail).get_json()
    problem_of(admin.post(f"{path}/{rule['id']}/secret", {}), 422, "channel")
    problem_of(admin.post(f"{path}/99/secret", {}), 404)
    problem_of(admin.send("PATCH", f"{path}/{rule['id']}", {"target": "boss"}), 422, "target")
    changed = admin.send("PATCH", f"{path}/{rule['id']}", {"after_seconds": 60}).get_json()
    assert (changed["after_seconds"], changed["target"]) == (60, "boss@example.org")
    hook = admin.post(path, {"channel": "webhook", "target": "https://example.org/alerts"}).get_json()
    secrets = {admin.post(f"{path}/{hook['id']}/secret", {}).get_json()["secret"] for _ in range(2)}
    assert len(secrets) == 2
    told = admin.get(f"/admin/branches/{office}").get_data(as_text=True)
    assert not [secret for secret in secrets if secret in told]
    assert admin.send("DELETE", f"{path}/{rule['id']}").status_code == 204
    assert [one["id"] for one in admin.get(f"/admin/branches/{office}").get_json()["escalations"]] == [hook["id"]]
