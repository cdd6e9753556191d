"""A hall screen on a bad line: what was lost, came twice or came late is right again at once, and heard only once."""

import random
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.running import Server
from tests.screens.calling import Hall
from tests.screens.conftest import OpenPage
from tests.screens.hearing import Ear

pytestmark = pytest.mark.browser


class Line:
    """What is between the screen and the server."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.is_cut = False
        self.is_muddled = False
        self._chance = random.Random(4)
        self._before: list[Any] = []
        page.route_web_socket("**/socket.io/**", self._open)
        page.route(re.compile("/api/|/socket.io/.*polling"), self._ask)

    def _open(self, here: WebSocketRoute) -> None:
        if self.is_cut:
            return  # nobody answers, and nobody says so
        there = here.connect_to_server()
        here.on_message(lambda message: None if self.is_cut else there.send(message))
        there.on_message(lambda message: None if self.is_cut else self._bring(here, message))

    def _ask(self, route: Any) -> None:
        if self.is_cut:
            route.abort()
        else:
            route.continue_()

    def _bring(self, here: WebSocketRoute, message: Any) -> None:
        """Muddled: an event comes twice, and others that came long ago come again before and after it."""
        if not self.is_muddled or not str(message).startswith("42/live"):
            return here.send(message)
        self._before = [*self._before[-6:], message]
        again = [self._chance.choice(self._before) for _ in range(4)]
        for one in (again[0], message, *again[1:], message, again[3]):
            here.send(one)
        return None


@pytest.fixture
def hall(office: Server) -> Hall:
    return Hall(office)


def a_screen(open_page: OpenPage, hall: Hall, has_own_time: bool = False) -> tuple[Page, Line, Ear]:
    page = open_page(1920, 1080)
    if has_own_time:
        page.clock.install()
    line, ear = Line(page), Ear(page)
    page.goto(f"{hall.server.url}/display/{hall.server.branch}?lang=en")
    expect(page.locator("#app[data-version]")).to_be_attached()
    return page, line, ear


def shown(page: Page) -> list[str]:
    return page.locator(".hero > .number:not(.to), .list .number:not(.to)").all_inner_texts()


def called(hall: Hall) -> list[str]:
    return [call["number"] for call in hall.board()["calls"]]


def test_events_that_come_twice_or_out_of_order_change_nothing_and_chime_once(open_page: OpenPage, hall: Hall) -> None:
    page, line, ear = a_screen(open_page, hall)
    line.is_muddled = True
    before = {call["call"] for call in hall.board()["calls"]}
    for window in "1212":
        number = hall.call(window)
        expect(page.locator(".hero > .number").first).to_have_text(number)
    fresh = [call["call"] for call in reversed(hall.board()["calls"]) if call["call"] not in before]
    ear.wait(lambda: len(ear.announced) == 4, seconds=60)
    ear.wait_for_silence()
    assert ear.announced == fresh
    assert shown(page) == called(hall)[:5]
    assert int(page.get_attribute("#app", "data-version") or 0) == hall.board()["version"]


def test_what_was_missed_while_nothing_came_through_is_there_two_seconds_after_the_line(
    open_page: OpenPage, hall: Hall
) -> None:
    """The line is silent, not closed, for a minute of the page's time, and a call was made and is old by then."""
    page, line, ear = a_screen(open_page, hall, has_own_time=True)
    first = hall.call("1")
    expect(page.locator(".hero > .number").first).to_have_text(first)
    ear.wait(lambda: len(ear.announced) == 1)
    line.is_cut = True
    missed = [hall.call(window) for window in "2121"]
    page.clock.run_for(21_000)
    expect(page.locator(".stale")).to_have_text(re.compile(r"Not current since \d\d:\d\d"))
    page.clock.run_for(40_000)
    assert shown(page)[0] == first
    line.is_cut = False
    for _ in range(20):  # a tenth of a second of the page's time, and as long as the server may need
        page.clock.run_for(100)
        if shown(page)[0] == missed[-1]:
            break
        time.sleep(0.02)
    expect(page.locator(".hero > .number").first).to_have_text(missed[-1])
    assert shown(page) == called(hall)[:5]
    expect(page.locator(".stale")).to_have_count(0)
    last = hall.call("2")
    page.clock.run_for(3_000)
    expect(page.locator(".hero > .number").first).to_have_text(last)
