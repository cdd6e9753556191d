"""A call is heard: chimed once, spoken once, in order, never late; and a screen without sound says so."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Playwright, expect

from queue_service.notifications.speech import Speech
from tests.running import Server, a_server
from tests.screens.calling import DEAF_TO_THE_TIME, Hall
from tests.screens.conftest import OpenPage
from tests.screens.hearing import Ear
from tests.screens.test_devices import pair

TOO_OLD_SECONDS = 31

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        Speech(Path()).voice is None, reason="ATTENTION: espeak-ng is not installed: no call was spoken"
    ),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running office with eight windows and somebody for each; a visitor may be called again at once."""
    with a_server(tmp_path_factory.mktemp("office")) as running:
        base = f"/admin/branches/{running.branch}"
        running.send("PATCH", "admin", base, {"recall_pause_seconds": 0})
        for code in "3456":
            running.send("PATCH", "admin", f"{base}/windows/{code}", {"services": ["passport"]})
        for code in "78":
            running.send("POST", "admin", f"{base}/windows", {"code": code, "services": ["passport"]})
        yield running


@pytest.fixture
def hall(office: Server) -> Hall:
    return Hall(office)


@pytest.fixture
def listen(open_page: OpenPage, office: Server) -> Callable[..., Ear]:
    """listen("second_language=none") is a hall screen that is listened to."""

    def open_one(query: str = "", times_as_fast: int = 5) -> Ear:
        ear = Ear(open_page(1920, 1080), times_as_fast)
        ear.page.goto(f"{office.url}/display/{office.branch}?{query}")
        expect(ear.page.locator(".hall")).to_be_visible()
        ear.page.wait_for_function("document.getElementById('app').dataset.version")
        assert ear.page.get_attribute("#app", "data-sound") == "on"
        return ear

    return open_one


def test_a_call_is_chimed_and_spoken_once_and_a_recall_once_more(listen: Callable[..., Ear], hall: Hall) -> None:
    ear = listen()
    hall.call("1")
    ear.wait(lambda: len(ear.spoken) == 1)
    assert len(ear.announced) == 1
    assert ear.spoken == [("ru", "server")]
    assert 1 < ear.sounds("wave")[0]["seconds"] < 8
    first_chime = [tone["pitch"] for tone in ear.sounds("tone")]
    assert hall.do("1", "recall").status_code == 200
    ear.wait(lambda: len(ear.spoken) == 2)
    assert len(set(ear.announced)) == len(ear.announced) == 2
    assert [tone["pitch"] for tone in ear.sounds("tone")][len(first_chime) :] != first_chime
    ear.page.reload()
    expect(ear.page.locator(".hero .number").first).to_be_visible()
    ear.page.evaluate("dispatchEvent(new Event('online'))")
    ear.wait_for_silence()
    assert len(ear.announced) == 2


def test_a_reload_amid_calls_loses_none_and_repeats_none(listen: Callable[..., Ear], hall: Hall) -> None:
    ear = listen()
    hall.call("1")
    ear.wait(lambda: len(ear.announced) == 1)
    hall.call("2")
    ear.page.reload()
    ear.wait(lambda: len(ear.spoken) >= 1)
    ear.wait_for_silence()
    calls = [call["call"] for call in hall.board()["calls"][1::-1]]
    assert ear.announced == calls


def test_a_screen_that_is_switched_on_does_not_repeat_what_was_called_before(
    listen: Callable[..., Ear], hall: Hall
) -> None:
    hall.call("1")
    ear = listen()
    ear.wait_for_silence()
    assert ear.announced == []


def test_a_call_that_was_taken_back_is_not_announced(listen: Callable[..., Ear], hall: Hall) -> None:
    ear = listen()
    hall.call("1")
    ear.wait(lambda: len(ear.announced) == 1)
    hall.call("2")
    assert hall.do("2", "undo").status_code == 200
    ear.wait(lambda: len(ear.spoken) == 1)
    ear.wait_for_silence()
    assert len(ear.announced) == 1
    hall.do("2", "next")


def test_a_call_is_spoken_in_the_tickets_language_and_one_more(listen: Callable[..., Ear], hall: Hall) -> None:
    ear, terse = listen(), listen("second_language=none")
    hall.call("1", language="en")
    ear.wait(lambda: len(ear.spoken) == 2)
    assert ear.spoken == [("en", "server"), ("ru", "server")]
    assert terse.spoken == [("en", "server")]


def test_without_speech_from_the_server_the_chime_remains(listen: Callable[..., Ear], hall: Hall) -> None:
    ear = listen()
    ear.page.route("**/api/v1/speech/**", lambda route: route.abort())
    hall.call("1")
    ear.wait(lambda: len(ear.spoken) == 1)
    assert ear.spoken[0][1] in ("browser", "nobody")
    assert len(ear.announced) == 1
    assert ear.sounds("wave") == []


def test_a_screen_may_be_silent(listen: Callable[..., Ear], hall: Hall) -> None:
    ear = listen("voice=false&chime=false")
    hall.call("1")
    expect(ear.page.locator(".hero.new")).to_be_visible()
    ear.wait_for_silence()
    assert ear.sounds("tone") == ear.sounds("wave") == []


def test_an_old_call_is_shown_in_silence_and_a_young_one_is_still_announced(
    listen: Callable[..., Ear], hall: Hall
) -> None:
    ear = listen()
    page, here = ear.page, ear.page.url
    page.goto("about:blank")
    old = hall.call("1")
    page.clock.install()
    page.clock.set_system_time(time.time() + TOO_OLD_SECONDS)  # and the server's time is not heard
    page.add_init_script(f"({DEAF_TO_THE_TIME})()")
    page.route("**/branches/*/hall", lambda route: route.abort())
    page.goto(here)
    expect(page.locator(".hero .number").first).to_have_text(old)
    page.clock.set_system_time(time.time())
    young = hall.call("2")
    expect(page.locator(".hero .number").first).to_have_text(young)
    ear.wait(lambda: len(ear.announced) == 1)
    ear.wait_for_silence()
    assert ear.announced == [hall.board()["calls"][0]["call"]]


def test_eight_windows_calling_at_once_are_all_spoken_in_order(
    listen: Callable[..., Ear], office: Server, hall: Hall
) -> None:
    ids = {code: office.window(code) for code in "12345678"}
    clerks = {code: f"clerk{code}" for code in ids} | hall.staff
    for code, clerk in clerks.items():
        office.take_ticket("passport", "en")
        if clerk not in office.tokens:
            office.hire(clerk)
            assert office.post(clerk, f"/windows/{ids[code]}/open").status_code == 200
    ear = listen("rows=5", times_as_fast=1)
    with httpx.Client() as client, ThreadPoolExecutor(8) as together:

        def call(code: str) -> Any:
            headers = {"Authorization": f"Bearer {office.tokens[clerks[code]]}"}
            return client.post(f"{office.url}/api/v1/windows/{ids[code]}/next", json={}, headers=headers)

        began = time.monotonic()
        assert [answer.status_code for answer in together.map(call, ids)] == [200] * 8
        assert time.monotonic() - began < 10, "they are meant to come together"
    calls = [call["call"] for call in office.get(f"/branches/{office.branch}/hall")["calls"][7::-1]]
    expect(ear.page.locator(f".hero[data-call='{calls[-1]}']")).to_be_visible(timeout=10_000)
    ear.wait(lambda: len(ear.spoken) == 8, seconds=60)
    assert ear.announced == calls
    assert [note["spoken"]["call"] for note in ear.notes if "spoken" in note] == calls
    assert {by for _, by in ear.spoken} == {"server"}
    last = next(note["at"] for note in ear.notes if note.get("announced") == calls[-1])
    assert last - began <= 30


def test_the_volume_follows_the_time_of_day_and_settings_arrive_without_a_touch(
    open_page: OpenPage, office: Server, hall: Hall
) -> None:
    codes = office.post("", "/devices/pair").json()
    path = f"/admin/branches/{office.branch}/devices"
    made = {"user_code": codes["user_code"], "name": "Hall", "role": "display"}
    device = office.post("helen", path, made).json()
    key = office.post("", "/devices/token", {"device_code": codes["device_code"]}).json()
    ear = Ear(open_page(1920, 1080))
    ear.page.goto(office.url)
    ear.page.evaluate("kept => localStorage.setItem('device', JSON.stringify(kept))", {**key, "told": key["device"]})
    ear.page.goto(f"{office.url}/display/{office.branch}")
    hall.call("1")
    ear.wait(lambda: len(ear.announced) == 1)
    assert ear.page.evaluate("loudness.gain.value") == pytest.approx(0.8**2, abs=0.01)
    quiet = {"quiet_hours": [["00:00", "24:00"]], "quiet_volume": 30, "theme": "light", "second_language": "none"}
    assert office.send("PATCH", "admin", f"{path}/{device['id']}", {"settings": quiet}).status_code == 200
    expect(ear.page.locator("html.light")).to_be_attached()
    hall.call("2")
    ear.wait(lambda: len(ear.announced) == 2)
    assert ear.page.evaluate("loudness.gain.value") == pytest.approx(0.3**2, abs=0.01)


def test_a_browser_that_blocks_sound_shows_a_sign_and_the_office_hears_of_it(office: Server) -> None:
    # Apart from the other tests' browser, which was told to allow sound; in a thread, for Playwright runs once in each.
    found: list[Any] = []
    looking = threading.Thread(target=lambda: found.append(_look_at_a_blocking_browser(office)))
    looking.start()
    looking.join()
    assert found == [("off", True, ["Hall left"], "on", False, [])]


def silent_in_the_office(office: Server, page: Page, wanted: int) -> list[str]:
    """The screens that staff sees as silent, once there are as many as wanted or twenty seconds have passed."""
    for _ in range(80):
        board = office.get(f"/branches/{office.branch}/desk", "helen")
        if len(board["silent_screens"]) == wanted:
            break
        page.wait_for_timeout(250)
    return [one["name"] for one in board["silent_screens"]]


def _look_at_a_blocking_browser(office: Server) -> tuple[Any, ...]:
    from playwright.sync_api import sync_playwright

    def look(playwright: Playwright) -> tuple[Any, ...]:
        browser = playwright.chromium.launch(executable_path=os.environ["QS_BROWSER"], args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        pair(office, page, "display", "Hall left")
        page.goto(f"{office.url}/display/{office.branch}?lang=en")
        sign = page.get_by_role("button", name="Sound is off")
        expect(sign).to_be_visible()
        before = (page.get_attribute("#app", "data-sound"), sign.is_visible(), silent_in_the_office(office, page, 1))
        sign.click()
        expect(sign).to_be_hidden()
        after = (page.get_attribute("#app", "data-sound"), sign.is_visible(), silent_in_the_office(office, page, 0))
        browser.close()
        return (*before, *after)

    with sync_playwright() as playwright:
        return look(playwright)
