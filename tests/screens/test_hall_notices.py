"""What a hall screen shows besides calls: emergency, news, films; closed, at night; and how it lasts for years."""

import base64
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server, a_server
from tests.screens.calling import Hall, on_a_clock_of_its_own, show
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser

FIRE = {"ru": "Пожарная тревога. Выходите через главный вход.", "en": "Fire alarm. Leave by the main door."}
NEWS = [{"ru": "В пятницу закрываемся в 15:00", "en": "On Friday we close at 15:00"}, {"ru": "Лифт на ремонте"}]
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
# A film of three seconds, as the browser itself records one.
FILM = """() => new Promise((resolve) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const pen = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: 'video/webm' });
  const timer = setInterval(() => {
    pen.fillStyle = `hsl(${performance.now() % 360} 50% 50%)`; pen.fillRect(0, 0, 320, 180);
  }, 60);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = async () => {
    clearInterval(timer);
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(new Blob(parts));
  };
  recorder.start();
  setTimeout(() => recorder.stop(), 1500);
})"""


@pytest.fixture
def hall(office: Server) -> Hall:
    _set(office, hours=ALWAYS, news=[], emergency={})
    return Hall(office)


def _set(office: Server, **facts: Any) -> None:
    answer = office.send("PATCH", "admin", f"/admin/branches/{office.branch}", facts)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("size", ["1080p", "portrait"])
def test_an_emergency_takes_the_whole_screen_in_both_languages(open_page: OpenPage, hall: Hall, size: str) -> None:
    hall.call("1")
    page = show(open_page, hall.server, "", size)
    hall.server.post("helen", "/branches/centre/emergency", {"text": FIRE})
    for language, words in FIRE.items():
        expect(page.locator(f".emergency [lang={language}]")).to_have_text(words)
    expect(page.locator(".hero")).to_have_count(0)
    box = page.locator(".emergency").bounding_box()
    assert box
    assert (box["x"], box["y"]) <= (0, 0)
    assert page.locator(".emergency p").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") > 100
    assert violations(page) == []
    assert violations(page, runOnly=["color-contrast-enhanced"]) == []
    hall.server.post("helen", "/branches/centre/emergency", {"text": {}})
    expect(page.locator(".hero")).to_be_visible()


def test_a_long_emergency_still_fits(open_page: OpenPage, hall: Hall) -> None:
    long = dict.fromkeys(("ru", "en"), "Не пользуйтесь лифтом, держитесь вместе. " * 7)
    hall.server.post("helen", "/branches/centre/emergency", {"text": long})
    page = show(open_page, hall.server)
    box = page.locator(".emergency [data-fit-box]")
    assert box.evaluate("one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1")
    hall.server.post("helen", "/branches/centre/emergency", {"text": {}})


def test_news_take_turns_in_both_languages_until_somebody_stops_them(open_page: OpenPage, hall: Hall) -> None:
    _set(hall.server, news=NEWS)
    page = open_page(1920, 1080)
    page.clock.install()
    page.goto(f"{hall.server.url}/display/centre?news_seconds=10")
    news = page.locator(".news [data-fit-box]")
    expect(news).to_be_visible()
    on_a_clock_of_its_own(page)
    seen = set()
    for _ in range(8):
        seen.add((news.get_attribute("lang"), news.inner_text()))
        page.clock.run_for(5_000)
    assert seen == {("ru", NEWS[0]["ru"]), ("en", NEWS[0]["en"]), ("ru", NEWS[1]["ru"])}
    page.locator(".news").click()
    stopped = news.inner_text()
    page.clock.run_for(25_000)
    assert news.inner_text() == stopped
    assert page.locator(".news").get_attribute("aria-pressed") == "true"
    page.clock.resume()  # axe-core waits for timers
    assert violations(page) == []


def test_news_leave_the_numbers_their_size(open_page: OpenPage, hall: Hall) -> None:
    _set(hall.server, news=[{"ru": "Объявление, которое длиннее одной строки. " * 4}])
    for window in "121212":
        hall.call(window)
    for size in ("1080p", "portrait"):
        page = show(open_page, hall.server, "", size)
        hero, news = page.locator(".hero").bounding_box(), page.locator(".news").bounding_box()
        assert hero
        assert news
        assert hero["y"] + hero["height"] < news["y"]
        for part in page.locator(".hero > *").all():
            box = part.bounding_box()
            assert box
            assert hero["y"] < box["y"]
            assert box["y"] + box["height"] < hero["y"] + hero["height"]
        for number in page.locator(".hero .number").all():
            assert float(number.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")) * 0.703 >= 192


def test_films_run_beside_the_calls_and_stop_for_one(open_page: OpenPage, hall: Hall) -> None:
    maker = open_page()
    maker.goto(hall.server.url)
    film = base64.b64decode(maker.evaluate(FILM))
    headers = {"Authorization": f"Bearer {hall.server.tokens['admin']}"}
    path = f"{hall.server.url}/api/v1/admin/branches/centre/media/walk.webm"
    assert httpx.put(path, content=film, headers=headers).status_code == 204
    page = show(open_page, hall.server, "layout=media")
    page.wait_for_function("document.querySelector('video')?.currentTime > 0.2")
    hall.call("1")
    expect(page.locator(".hero.new")).to_be_visible()
    page.wait_for_function("document.querySelector('video').paused")
    assert page.evaluate("document.querySelector('video').muted")
    page.wait_for_function("!document.querySelector('video').paused", timeout=15_000)
    assert violations(page) == []


@pytest.mark.parametrize("size", ["1080p", "portrait", "4k"])
def test_media_take_less_than_two_fifths_and_cover_no_call(open_page: OpenPage, hall: Hall, size: str) -> None:
    for window in "1212"[min(4, len(hall.board()["calls"])) :]:
        hall.call(window)
    page = show(open_page, hall.server, "layout=media", size)
    media, screen = page.locator("aside.media").bounding_box(), page.viewport_size
    assert media
    assert screen
    assert media["width"] * media["height"] <= 0.4 * screen["width"] * screen["height"]
    rows = page.locator(".list li").all()
    assert len(rows) >= 2
    for call in [page.locator(".hero"), *rows]:
        box = call.bounding_box()
        assert box
        assert not _overlap(media, box)


def _overlap(one: Any, other: Any) -> bool:
    return bool(
        one["x"] < other["x"] + other["width"] - 1
        and other["x"] < one["x"] + one["width"] - 1
        and one["y"] < other["y"] + other["height"] - 1
        and other["y"] < one["y"] + one["height"] - 1
    )


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Tuesday, eight minutes to five in the morning; the office opens on Thursday."""
    with a_server(tmp_path_factory.mktemp("night"), "--clock", "2026-03-03T04:52:00+01:00@0.001") as running:
        _set(running, hours={"thu": [["08:00", "18:00"]]})
        yield running


def test_a_closed_office_says_when_it_opens(open_page: OpenPage, night: Server) -> None:
    page = show(open_page, night, "lang=en&night_saver=false")
    expect(page.locator("[data-closed=true]")).to_contain_text("The office is closed")
    expect(page.locator("[data-closed=true]")).to_contain_text("It opens Thursday, 08:00")
    expect(page.locator("[data-closed=true]")).to_contain_text("Откроется: четверг, 08:00")
    assert violations(page) == []


def test_at_night_a_dim_clock_wanders_and_the_page_starts_afresh_if_the_server_answers(
    open_page: OpenPage, night: Server
) -> None:
    page = open_page(1920, 1080)
    page.clock.install()
    page.goto(f"{night.url}/display/centre")
    expect(page.locator(".night .clock")).to_have_text("04:52")
    assert page.locator(".night").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(0, 0, 0)"
    assert violations(page) == []
    places = page.evaluate(
        "import('/static/display/care.js').then((care) => [...Array(60).keys()].map((i) => care.placeAtNight(i * 6e4)))"
    )
    assert len({tuple(place) for place in places}) == 60
    assert all(0 < left < 70 and 0 < top < 80 for left, top in places)
    page.evaluate("window.isOld = true")
    page.route("**/display/centre", lambda route: route.abort())
    page.clock.fast_forward(5 * 3600 * 1000)
    page.clock.run_for(2000)
    assert page.evaluate("window.isOld"), "there was no server to load it from"
    page.unroute("**/display/centre")
    with page.expect_navigation():
        page.clock.run_for(2000)
    assert not page.evaluate("window.isOld")


def test_the_picture_moves_by_a_few_pixels_every_five_minutes(open_page: OpenPage, hall: Hall) -> None:
    page = show(open_page, hall.server)
    shifts = page.evaluate(
        "import('/static/display/care.js').then((care) => [...Array(18).keys()].map((i) => care.shiftAt(i * 3e5)))"
    )
    assert all(one != other for one, other in pairwise(shifts))
    assert len({tuple(shift) for shift in shifts}) >= 8
    assert all(abs(x) <= 8 and abs(y) <= 8 for x, y in shifts)
    matrix = page.locator(".hall").evaluate("one => getComputedStyle(one).transform")
    shown = [float(part) for part in matrix.removeprefix("matrix(").rstrip(")").split(",")[4:]] or [0, 0]
    now = page.evaluate("import('/static/display/care.js').then((care) => care.shiftAt(Date.now()))")
    assert shown == now


def test_a_computer_without_a_server_sees_a_page_of_ours_until_it_answers(open_page: OpenPage, hall: Hall) -> None:
    starter = Path(__file__).parents[2] / "display" / "starter.html"
    page = open_page(1920, 1080)
    page.clock.install()
    page.route("**/icon.svg*", lambda route: route.abort())
    page.goto(f"{starter.as_uri()}?{hall.server.url}/display/centre")
    expect(page.get_by_text("Please ask at the desk")).to_be_visible()
    page.clock.run_for(60_000)
    expect(page.get_by_text("Спросите")).to_be_visible()
    assert violations(page) == []
    page.unroute("**/icon.svg*")
    with page.expect_navigation():
        page.clock.run_for(6_000)
    expect(page.locator(".hero")).to_be_visible()


def test_an_admin_writes_what_the_screens_say(open_page: OpenPage, hall: Hall, tmp_path: Path) -> None:
    screen = show(open_page, hall.server)
    page = open_page(1280, 900)
    _sign_in(page, hall.server)
    page.click("[data-tab=notices]")
    page.fill("[name='emergency.en']", "Leave the building")
    page.click("[data-save]")
    expect(page.locator("[name='emergency.ru'][aria-invalid=true]")).to_be_focused()
    page.fill("[name='emergency.ru']", "Покиньте здание")
    page.click("[data-save]")
    expect(screen.locator(".emergency")).to_contain_text("Покиньте здание")
    page.fill("[name='emergency.ru']", "")
    page.fill("[name='emergency.en']", "")
    page.click("[data-add-news]")
    page.fill("[name='news.0.ru']", "Лифт на ремонте")
    page.click("[data-save]")
    expect(screen.locator(".news")).to_contain_text("Лифт на ремонте")
    picture = tmp_path / "Town hall.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    page.set_input_files("[data-media]", [picture])
    expect(page.locator("[data-file='Town hall.png']")).to_be_visible()
    broken = tmp_path / "17.wav"
    broken.write_bytes(b"nothing to hear")
    page.set_input_files("[data-recordings=ru] input", [broken])
    expect(page.locator("[role=status]")).to_contain_text("17.wav")
    assert violations(page) == []
    page.click("[data-file='Town hall.png'] button")
    page.click("[data-yes]")
    expect(page.locator("[data-file='Town hall.png']")).to_have_count(0)


def test_the_hall_administrator_says_what_is_urgent_and_no_more(open_page: OpenPage, hall: Hall) -> None:
    screen, page = show(open_page, hall.server), open_page(1280, 900)
    _sign_in(page, hall.server, "helen")
    page.click("[data-tab=notices]")
    expect(page.locator("[data-add-news]")).to_have_count(0)
    page.fill("[name='text.en']", "Leave the building")
    page.click("[data-save]")
    expect(page.locator("[name='text.ru'][aria-invalid=true]")).to_be_focused()
    page.fill("[name='text.ru']", "Покиньте здание")
    page.click("[data-save]")
    expect(screen.locator(".emergency")).to_contain_text("Leave the building")
    for language in ("ru", "en"):
        page.fill(f"[name='text.{language}']", "")
    page.click("[data-save]")
    expect(screen.locator(".emergency")).to_have_count(0)


def _sign_in(page: Page, server: Server, name: str = "admin") -> None:
    page.goto(f"{server.url}/admin?lang=en")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-tab=notices]")).to_be_visible()
