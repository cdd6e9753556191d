"""What hall screens show besides calls: an emergency, news, pictures and films."""

from typing import Any

import pytest

from queue_service.storage import media
from tests.web.test_bad_input import problem_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FILM = b"\x1a\x45\xdf\xa3" + bytes(range(256))
FIRE = {"ru": "Пожарная тревога. Выходите через главный вход.", "en": "Fire alarm. Leave by the main door."}


def test_the_hall_administrator_puts_an_emergency_on_every_screen_and_ends_it(
    visitor: Any, office: str, known: Any, version: Any
) -> None:
    helen, path = known("helen", "hall"), f"/branches/{office}/emergency"
    before = version()
    assert helen.post(path, {"text": FIRE}).get_json() == {"emergency": FIRE, "version": before + 1}
    assert visitor.get(f"/branches/{office}/hall").get_json()["emergency"] == FIRE
    assert helen.post(path, {"text": {}}).get_json()["emergency"] == {}
    assert visitor.get(f"/branches/{office}/hall").get_json()["emergency"] == {}
    assert version() == before + 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": {"en": "Fire"}}, "text.ru"),
        ({"text": {"ru": "я" * 301}}, "text.ru"),
        ({"text": "Fire"}, "text"),
        ({}, "text"),
        ({"text": {}, "colour": "red"}, "colour"),
    ],
)
def test_a_bad_emergency_changes_nothing(office: str, known: Any, version: Any, body: Any, field: str) -> None:
    before = version()
    problem_of(known("helen", "hall").post(f"/branches/{office}/emergency", body), 422, field)
    assert version() == before


def test_an_emergency_is_not_for_everybody(visitor: Any, office: str, known: Any) -> None:
    path = f"/branches/{office}/emergency"
    problem_of(visitor.post(path, {"text": FIRE}), 401)
    problem_of(known("anna").post(path, {"text": FIRE}), 403)
    assert visitor.get(f"/branches/{office}/hall").get_json()["emergency"] == {}


def test_news_are_in_the_branchs_language_at_least(visitor: Any, office: str, known: Any) -> None:
    admin, path = known("olga", "admin"), f"/admin/branches/{office}"
    news = [{"ru": "В пятницу закрываемся в 15:00", "en": "On Friday we close at 15:00"}, {"ru": "Лифт на ремонте"}]
    assert admin.send("PATCH", path, {"news": news}).status_code == 200
    assert visitor.get(f"/branches/{office}/hall").get_json()["news"] == news
    problem_of(admin.send("PATCH", path, {"news": [{"en": "The lift is out of order"}]}), 422, "news.0.ru")
    assert visitor.get(f"/branches/{office}/hall").get_json()["news"] == news


def test_pictures_and_films_are_kept_listed_served_and_removed(visitor: Any, office: str, known: Any, app: Any) -> None:
    admin, path = known("olga", "admin"), f"/admin/branches/{office}/media"
    assert visitor.get(f"/branches/{office}/media").get_json() == []
    assert admin.send("PUT", f"{path}/Town hall.png", PNG).status_code == 204
    assert admin.send("PUT", f"{path}/walk.webm", FILM).status_code == 204
    listed = visitor.get(f"/branches/{office}/media").get_json()
    assert listed == [{"name": "Town hall.png", "bytes": len(PNG)}, {"name": "walk.webm", "bytes": len(FILM)}]
    client = app.test_client()
    assert client.get(f"/media/{office}/Town hall.png").get_data() == PNG
    part = client.get(f"/media/{office}/walk.webm", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.get_data()) == (206, FILM[4:8])
    assert admin.send("DELETE", f"{path}/walk.webm").status_code == 204
    assert [file["name"] for file in visitor.get(f"/branches/{office}/media").get_json()] == ["Town hall.png"]
    assert client.get(f"/media/{office}/walk.webm").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("page.html", b"<script>alert(1)</script>", 422),
        ("picture.png", b"<script>alert(1)</script>", 422),
        ("drawing.svg", b"<svg/>", 422),
        ("film.webm", PNG, 422),
        ("empty.png", b"", 422),
        ("..%5cpicture.png", PNG, 422),
        (".hidden.png", PNG, 422),
        ("x" * 81 + ".png", PNG, 422),
    ],
)
def test_what_is_no_picture_is_refused(
    office: str, known: Any, visitor: Any, name: str, content: bytes, status: int
) -> None:
    problem_of(known("olga", "admin").send("PUT", f"/admin/branches/{office}/media/{name}", content), status)
    assert visitor.get(f"/branches/{office}/media").get_json() == []


def test_there_is_an_end_to_files_and_to_their_size(
    office: str, known: Any, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, path = known("olga", "admin"), f"/admin/branches/{office}/media"
    monkeypatch.setattr(media, "MOST_FILES", 1)
    monkeypatch.setattr(media, "LARGEST", 300)
    assert admin.send("PUT", f"{path}/one.png", PNG).status_code == 204
    assert admin.send("PUT", f"{path}/one.png", PNG + b"1").status_code == 204
    assert problem_of(admin.send("PUT", f"{path}/two.png", PNG), 409)["code"] == "too_many_media"
    problem_of(admin.send("PUT", f"{path}/one.png", PNG + bytes(400)), 413)
    assert visitor.get(f"/branches/{office}/media").get_json() == [{"name": "one.png", "bytes": len(PNG) + 1}]


def test_files_are_the_admins_of_the_branch_alone(office: str, known: Any, visitor: Any) -> None:
    path = f"/admin/branches/{office}/media/one.png"
    problem_of(visitor.send("PUT", path, PNG), 401)
    problem_of(known("helen", "hall").send("PUT", path, PNG), 403)
    problem_of(known("olga", "admin").send("PUT", "/admin/branches/nowhere/media/one.png", PNG), 404)
