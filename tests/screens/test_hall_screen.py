"""The hall screen: read from ten metres, current or saying that it is not, and every call seen long enough."""

import random
import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.running import Server
from tests.screens.calling import SIZES, Hall, on_a_clock_of_its_own, show
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser

MM_HIGH = {"1080p": 685, "portrait": 1218, "4k": 685}
"""A screen of 55 inches."""
NEWEST_MM, EARLIER_MM = 122.17, 50.0
"""Wanted at ten metres."""

# The height of the digits as they are drawn, in pixels.
DIGITS = """element => {
  const style = getComputedStyle(element);
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const drawn = pen.measureText('7');
  return drawn.actualBoundingBoxAscent + drawn.actualBoundingBoxDescent;
}"""
# What sticks out of the screen or of the part that holds it.
CLIPPED = """() => [...document.querySelectorAll('.hall [data-fit], .hall .hero, .hall .list li, .hall .list')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1
    && !one.matches('[data-fit]') || one.getBoundingClientRect().bottom > innerHeight)
  .map((one) => one.className || one.tagName)"""


@pytest.fixture
def hall(office: Server) -> Hall:
    """Two open windows with nobody at them; earlier tests have left their calls on the screen."""
    return Hall(office)


def shown(page: Page) -> list[str]:
    """Numbers on the screen, the newest first."""
    return [text.strip() for text in page.locator(".hero > .number:not(.to), .list .number:not(.to)").all_inner_texts()]


@pytest.fixture
def six_calls(hall: Hall) -> Hall:
    for window in "121212"[min(6, len(hall.board()["calls"])) :]:
        hall.call(window)
    return hall


@pytest.mark.parametrize("size", SIZES)
def test_numbers_are_as_high_as_ten_metres_need(open_page: OpenPage, six_calls: Hall, size: str) -> None:
    page = show(open_page, six_calls.server, "", size)
    expect(page.locator(".hero .number").first).to_have_text(six_calls.board()["calls"][0]["number"])
    expect(page.locator(".list li")).to_have_count(4)
    pixels = SIZES[size][1] / MM_HIGH[size]
    for number in page.locator(".hero .number").all():
        assert number.evaluate(DIGITS) >= NEWEST_MM * pixels
    for number in page.locator(".list .number").all():
        assert number.evaluate(DIGITS) >= EARLIER_MM * pixels
    assert page.evaluate(CLIPPED) == []
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
@pytest.mark.parametrize("query", ["lang=ru", "layout=window&windows=1&languages=en", "layout=media&languages=en,ru"])
def test_every_theme_has_a_contrast_of_seven_to_one(
    open_page: OpenPage, six_calls: Hall, theme: str, query: str
) -> None:
    page = show(open_page, six_calls.server, f"{query}&theme={theme}")
    found = page.evaluate(CONTRASTS)
    assert len(found) >= 4
    assert [f"{text}: {ratio:.1f}" for text, ratio in found if ratio < 7] == []
    assert page.evaluate(CLIPPED) == []


def test_digits_are_of_one_width_and_letters_stand_apart(open_page: OpenPage, six_calls: Hall) -> None:
    page = show(open_page, six_calls.server)
    number = page.locator(".list .number").first
    assert "tabular-nums" in number.evaluate("element => getComputedStyle(element).fontVariantNumeric")
    gap = number.locator(".letters").evaluate("element => parseFloat(getComputedStyle(element).marginRight)")
    assert gap > 3


def test_a_screen_speaks_one_language_or_two(open_page: OpenPage, six_calls: Hall) -> None:
    both = show(open_page, six_calls.server)
    expect(both.locator(".hero")).to_contain_text("Талон")
    expect(both.locator(".hero [lang=en]").first).to_have_text("Ticket")
    english = show(open_page, six_calls.server, "languages=en")
    expect(english.locator(".hero")).not_to_contain_text("Талон")
    assert english.get_attribute("html", "lang") == "en"


def test_a_zone_shows_the_calls_to_its_windows_alone(open_page: OpenPage, six_calls: Hall) -> None:
    page = show(open_page, six_calls.server, "layout=zone&windows=2")
    board = six_calls.board()
    assert shown(page) == [call["number"] for call in board["calls"] if call["window"] == "2"]


def test_a_windows_own_screen_shows_who_is_there_or_why_nobody_is(open_page: OpenPage, hall: Hall) -> None:
    page = show(open_page, hall.server, "layout=window&windows=1&languages=en")
    expect(page.locator(".hero .place")).to_have_text("Window 1")
    expect(page.locator(".hero")).to_contain_text("Please wait for your number")
    number = hall.call("1")
    hall.call("2")
    expect(page.locator(".hero > .number")).to_have_text(number)
    assert page.locator(".hero > .number").evaluate(DIGITS) >= 2 * 0.08 * 1080
    hall.finish("1")
    expect(page.locator(".hero > .number")).to_have_count(0)
    hall.do("1", "pause", {"reason": "lunch"})
    expect(page.locator(".hero")).to_contain_text("break")
    hall.do("1", "close")
    expect(page.locator(".hero")).to_contain_text("closed")
    assert violations(page) == []


@pytest.mark.parametrize("query", ["layout=zone&windows=99", "layout=window", "rows=9", "languages=kk", "theme=pink"])
def test_an_address_with_wrong_settings_says_so(open_page: OpenPage, office: Server, query: str) -> None:
    page = open_page()
    answer = page.goto(f"{office.url}/display/{office.branch}?{query}")
    assert answer
    assert answer.status == 422
    expect(page.locator("main")).not_to_be_empty()


# Every text of the screen with its contrast: axe-core asks less of large letters than a hall does.
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const above = (one, see) => { while (one && !see(one)) one = one.parentElement; return one; };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  return [...document.querySelectorAll('.hall *')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => {
      const filled = (part) => (parts(getComputedStyle(part).backgroundColor)[3] ?? 1) > 0;
      const ground = parts(getComputedStyle(above(one, filled) ?? document.body).backgroundColor);
      let seen = 1;
      above(one, (part) => { seen *= getComputedStyle(part).opacity; return false; });
      const ink = parts(getComputedStyle(one).color).map((part, i) => part * seen + ground[i] * (1 - seen));
      const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
      return [one.textContent.trim(), (high + 0.05) / (low + 0.05)];
    });
}"""

# The hero's colour at each hundredth of a second of its movement, as brightness 0 to 1; six seconds, played by hand.
FRAMES = """() => {
  const hero = document.querySelector('.hero');
  const moves = hero.getAnimations();
  moves.forEach((move) => move.pause());
  return [...Array(600).keys()].map((i) => {
    moves.forEach((move) => { move.currentTime = i * 10; });
    const [r, g, b] = getComputedStyle(hero).backgroundColor.match(/[\\d.]+/g).map(Number);
    return [i * 10, (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255];
  });
}"""


# How many quarters of a second each number has been on the screen.
COUNTING = """() => {
  window.seen = {};
  setInterval(() => {
    for (const one of document.querySelectorAll('.hero > .number:not(.to), .list .number:not(.to)'))
      seen[one.innerText] = (seen[one.innerText] ?? 0) + 1;
  }, 250);
}"""


def turns(brightness: list[float]) -> int:
    """How often it went up and came down again by a visible amount."""
    lowest, highest = min(brightness), max(brightness)
    middle = (lowest + highest) / 2
    above = [value > middle for value in brightness]
    return sum(1 for before, now in pairwise(above) if now and not before)


def test_a_new_call_moves_gently_and_then_stands_marked(open_page: OpenPage, hall: Hall) -> None:
    page = show(open_page, hall.server, reduced_motion="no-preference")
    hall.call("1")
    expect(page.locator(".hero.new")).to_be_visible()
    frames = page.evaluate(FRAMES)
    moving = [value for at, value in frames if at < 5000]
    assert max(moving) - min(moving) > 0.02, "it does not move at all"
    for second in range(5):
        within = [value for at, value in frames if second * 1000 <= at < (second + 1) * 1000]
        assert turns([min(moving), *within, max(moving)]) <= 3
    rest = [value for at, value in frames if at > 5000]
    assert max(rest) - min(rest) < 0.005
    expect(page.locator(".hero.new:not(.fresh)")).to_be_visible()


@pytest.mark.parametrize(("query", "motion"), [("motion=false", "no-preference"), ("", "reduce")])
def test_movement_can_be_turned_off(open_page: OpenPage, six_calls: Hall, query: str, motion: str) -> None:
    page = show(open_page, six_calls.server, query, reduced_motion=motion)
    six_calls.call("1")
    expect(page.locator(".hero.fresh")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_mark_of_a_new_call_stays_twenty_seconds(open_page: OpenPage, hall: Hall) -> None:
    page = open_page(1920, 1080)
    page.clock.install()
    page.goto(f"{hall.server.url}/display/centre")
    expect(page.locator(".hero")).to_be_visible()
    hall.call("1")
    expect(page.locator(".hero.new")).to_be_visible()
    on_a_clock_of_its_own(page)
    page.clock.run_for(18_000)
    expect(page.locator(".hero.new")).to_be_visible()
    page.clock.run_for(4_000)
    expect(page.locator(".hero.new")).to_have_count(0)


def test_no_call_is_crowded_out_before_it_was_seen_for_twenty_seconds(open_page: OpenPage, hall: Hall) -> None:
    page = open_page(1920, 1080)
    page.clock.install()
    page.goto(f"{hall.server.url}/display/centre?rows=4")
    expect(page.locator(".hero")).to_be_visible()
    page.evaluate(COUNTING)
    numbers = [hall.call("12"[i % 2]) for i in range(9)]
    expect(page.locator(".hero .number").first).to_have_text(numbers[-1])
    assert shown(page) == numbers[::-1][:5], "the newest come first"
    on_a_clock_of_its_own(page)
    for _ in range(14):
        on_screen = shown(page)
        assert on_screen[0] == numbers[-1]
        assert len(on_screen) == 5
        assert on_screen == sorted(on_screen, reverse=True), "the most recent stand above the others"
        page.clock.run_for(5000)
    seen = page.evaluate("seen")
    assert min(seen[number] for number in numbers) >= 20 * 4
    # Two who have not come yet stay in turn; everybody else gives way to the most recent.
    assert set(shown(page)) >= set(numbers[-2:])


def test_what_the_screen_shows_is_what_the_interface_says(open_page: OpenPage, hall: Hall) -> None:
    page = show(open_page, hall.server)
    chance = random.Random(7)
    for _ in range(12):
        window = chance.choice("12")
        move = chance.choice(["call", "call", "undo", "no-show", "hold"])
        if move == "call":
            hall.call(window)
        else:
            hall.do(window, move, {"reason": "form"} if move == "hold" else {})
        calls = hall.board()["calls"]
        page.wait_for_function(
            "version => Number(document.getElementById('app').dataset.version) >= version",
            arg=hall.board()["version"],
            timeout=10_000,
        )
        if len(calls) <= 5:
            assert shown(page) == [call["number"] for call in calls]
        else:
            assert shown(page)[0] == calls[0]["number"]
            assert set(shown(page)) <= {call["number"] for call in calls}
        windows = page.locator(".hero .to span, .list .to span").all_inner_texts()
        placed = {call["number"]: call["window"] for call in calls}
        assert windows == [placed[number] for number in shown(page)]


def test_without_the_server_the_screen_says_since_when_and_then_catches_up(open_page: OpenPage, hall: Hall) -> None:
    page = open_page(1920, 1080)
    page.clock.install()
    page.goto(f"{hall.server.url}/display/centre?lang=en")
    first = hall.call("1")
    expect(page.locator(".hero .number").first).to_have_text(first)
    hall.server.kill()
    page.clock.run_for(15_000)
    expect(page.locator(".stale")).to_have_count(0)
    page.clock.run_for(6_000)
    expect(page.locator(".stale")).to_have_text(re.compile(r"Not current since \d\d:\d\d"))
    expect(page.locator(".hero .number").first).to_have_text(first)
    page.clock.run_for(300_000)
    hall.server.start()
    second = hall.call("1")
    page.clock.run_for(8_000)  # the longest pause between two attempts to connect
    page.clock.resume()
    expect(page.locator(".hero .number").first).to_have_text(second, timeout=10_000)
    expect(page.locator(".stale")).to_have_count(0)


def test_a_page_without_data_asks_people_to_go_to_the_desk(open_page: OpenPage, office: Server) -> None:
    page = open_page(1920, 1080)
    page.add_init_script("window.WebSocket = undefined")
    for address in ("**/branches/*/hall", "**/socket.io/**"):
        page.route(address, lambda route: route.abort())
    page.goto(f"{office.url}/display/{office.branch}")
    expect(page.locator(".alone")).to_contain_text("Спросите")
    expect(page.locator(".alone [lang=en]")).to_have_text("Please ask at the desk")
    assert violations(page) == []
