"""The hall screen and the operator's desk: large enough, current, and without a barrier."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser

LANGUAGES = ["ru", "en"]


@pytest.fixture
def desk(open_page: OpenPage, server: Server) -> Any:
    """desk("ru") is the desk before anybody has signed in."""

    def open_desk(language: str, width: int = 1440, height: int = 900) -> Page:
        page = open_page(width, height)
        page.goto(f"{server.url}/desk?lang={language}")
        return page

    return open_desk


def sign_in(page: Page) -> None:
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator('[data-open="1"]')).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_desk_is_free_of_violations(desk: Any, server: Server, language: str) -> None:
    page = desk(language)
    expect(page.locator("[name=username]")).to_be_visible()
    assert violations(page) == []
    sign_in(page)
    assert violations(page) == []
    page.click('[data-open="1"]')
    expect(page.locator("[data-action=next]")).to_be_enabled()
    assert violations(page) == []
    server.take_ticket()
    server.take_ticket()
    page.keyboard.press("n")
    expect(page.locator("[data-leg-state=called]")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("s")
    expect(page.locator("[data-leg-state=serving]")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert violations(page) == []


def test_the_desk_is_usable_at_320_pixels(desk: Any, server: Server) -> None:
    page = desk("ru", 320, 700)
    sign_in(page)
    page.click('[data-open="1"]')
    server.take_ticket()
    page.click("[data-action=next]")
    expect(page.locator("[data-leg-state=called]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_break_needs_a_reason_and_stops_the_calls(desk: Any, server: Server) -> None:
    page = desk("en")
    sign_in(page)
    page.click('[data-open="1"]')
    expect(page.locator("[data-action=next]")).to_be_enabled()
    page.keyboard.press("b")
    expect(page.locator("#pause")).to_contain_text("last open window")
    page.click("[data-pause=lunch]")
    expect(page.get_by_text("Break: Lunch")).to_be_visible()
    assert (
        next(w["state"] for w in server.get("/branches/centre/desk", "helen")["windows"] if w["code"] == "1")
        == "paused"
    )
    page.click("[data-action=resume]")
    expect(page.locator("[data-action=next]")).to_be_enabled()


def test_the_desk_refuses_to_act_without_the_server(desk: Any, server: Server) -> None:
    page = desk("en")
    sign_in(page)
    page.click('[data-open="1"]')
    server.take_ticket()
    server.kill()
    expect(page.get_by_text("No connection to the server")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-action=next]")).to_be_disabled()
    server.start()
    expect(page.locator("[data-action=next]")).to_be_enabled(timeout=15_000)
    assert server.get("/branches/centre")["waiting"] == 1


def test_a_wrong_password_is_said_plainly(desk: Any) -> None:
    page = desk("en")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", "not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("User name or password is not right.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (3840, 2160)])
def test_the_hall_screen_is_large_and_free_of_violations(
    open_page: OpenPage, server: Server, language: str, width: int, height: int
) -> None:
    window = server.window("1")
    server.post("anna", f"/windows/{window}/open")
    for _ in range(6):
        server.take_ticket()
        server.post("anna", f"/windows/{window}/next")
        server.post("anna", f"/windows/{window}/start")
        server.post("anna", f"/windows/{window}/finish", {"outcome": "solved"})
    page = open_page(width, height)
    page.goto(f"{server.url}/display/centre?lang={language}")
    expect(page.locator(".hero .number").first).to_have_text("A006")
    expect(page.locator(".list li")).to_have_count(4)
    short = min(width, height)
    hero, row = (
        float(page.eval_on_selector(s, "e => parseFloat(getComputedStyle(e).fontSize)"))
        for s in (".hero .number", ".list li")
    )
    assert hero >= 0.178 * short
    assert row >= 0.073 * short
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_the_hall_screen_says_when_it_is_not_current(open_page: OpenPage, server: Server) -> None:
    page = open_page(1920, 1080)
    page.goto(f"{server.url}/display/centre?lang=en")
    expect(page.locator(".hero")).to_be_visible()
    server.kill()
    expect(page.get_by_text("Not current since")).to_be_visible(timeout=25_000)
    server.start()
    expect(page.get_by_text("Not current since")).to_be_hidden(timeout=15_000)
