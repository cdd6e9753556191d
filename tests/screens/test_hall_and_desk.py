"""The operator's desk: current, and without a barrier."""

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
    expect(page.locator("[data-action=start]")).to_be_enabled()
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
    page.click("#pause [data-choice=lunch]")
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
