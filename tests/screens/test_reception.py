"""The reception in a real browser: a ticket in two presses, priority on proof, a ticket found and mended."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser

OpenReception = Callable[..., Page]


@pytest.fixture
def reception(open_page: OpenPage, office: Server) -> Iterator[OpenReception]:
    """reception() is rita at the reception; nobody is left in the hall afterwards."""

    def open_reception(who: str = "rita", width: int = 1440, height: int = 900, **options: Any) -> Page:
        page = open_page(width, height, **{"locale": "en", **options})
        page.request.post(f"{office.url}/api/v1/session", data={"username": who, "password": PASSWORD})
        page.goto(f"{office.url}/reception/{office.branch}?lang={options.get('locale', 'en')}")
        return page

    yield open_reception
    office.post("helen", f"/branches/{office.branch}/close-day")


def found(office: Server, number: str) -> Any:
    return office.get(f"/branches/{office.branch}/tickets?number={number}", "rita")


def issued(page: Page) -> str:
    expect(page.locator("[data-issued]")).to_be_visible()
    return page.locator("[data-issued]").inner_text()


def is_ready(page: Page) -> None:
    expect(page.locator(".stage .idle")).to_be_visible()


def search(page: Page, number: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-found={number.upper()}]")).to_be_focused()


def test_the_plain_case_takes_two_presses_and_the_next_begins_at_once(reception: OpenReception, office: Server) -> None:
    page = reception()
    is_ready(page)
    place = page.locator(".actions .main").bounding_box()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    first = issued(page)
    assert page.locator(".actions .main").bounding_box() == place
    page.keyboard.press("2")
    page.keyboard.press("1")
    expect(page.locator(".stage")).to_contain_text("Registration of residence, then Passport")
    page.check("[name=language][value=en]")
    page.keyboard.press("Enter")
    second = issued(page)
    assert (first[0], second[0]) == ("A", "B")
    visit = found(office, second)
    assert (visit["channel"], visit["language"], visit["route"]) == ("reception", "en", ["passport"])
    assert page.locator("iframe.slip").count() == 0
    page.keyboard.press("p")
    expect(page.locator("iframe.slip")).to_be_attached()
    page.keyboard.press("Enter")
    is_ready(page)


def test_a_key_held_down_gives_one_ticket(reception: OpenReception, office: Server) -> None:
    page = reception()
    is_ready(page)
    page.keyboard.press("1")
    for _ in range(6):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    issued(page)
    page.wait_for_timeout(300)
    assert office.get(f"/branches/{office.branch}")["waiting"] == 1


def test_priority_is_given_on_proof_with_the_ticket_or_later(reception: OpenReception, office: Server) -> None:
    page = reception()
    is_ready(page)
    page.keyboard.press("1")
    page.check("[value=wheelchair]")
    page.check("[name=priority][value=veteran]")
    page.keyboard.press("Enter")
    visit = found(office, issued(page))
    assert (visit["priority"]["code"], visit["priority"]["is_proven"]) == ("veteran", True)
    assert visit["needs"] == ["wheelchair"]
    later = office.take_ticket()["number"]
    search(page, later.lower())
    page.click("[data-do=priority]")
    expect(page.locator("#priority")).to_contain_text("Certificate")
    page.keyboard.press("1")
    expect(page.locator("#found .chips")).to_contain_text("proof was seen")
    assert found(office, later)["priority"]["code"] == "veteran"


def test_what_no_window_can_meet_is_refused_in_words(reception: OpenReception, office: Server) -> None:
    page = reception()
    is_ready(page)
    page.keyboard.press("1")
    page.check("[value=interpreter]")
    page.keyboard.press("3")
    page.keyboard.press("1")
    expect(page.locator(".stage")).to_have_text("Driving licence")
    page.keyboard.press("6")
    page.keyboard.press("5")
    office.send("PATCH", "admin", f"/admin/branches/{office.branch}/windows/4", {"needs": ["wheelchair"]})
    page.keyboard.press("Enter")
    expect(page.locator(".head-of-card [role=alert]")).to_contain_text("No window for this service can meet")
    expect(page.locator("[value=interpreter]")).to_be_checked()
    assert office.get(f"/branches/{office.branch}")["waiting"] == 0


def test_a_ticket_is_found_put_back_into_line_and_ended(reception: OpenReception, office: Server) -> None:
    window = office.window("1")
    office.send("PATCH", "admin", f"/admin/branches/{office.branch}", {"recall_pause_seconds": 0})
    number = office.take_ticket()["number"]
    for move in ("open", "next", "recall", "no-show", "close"):
        assert office.post("anna", f"/windows/{window}/{move}").status_code == 200, move
    page = reception()
    is_ready(page)
    page.keyboard.press("/")
    page.keyboard.type("nope")
    page.keyboard.press("Enter")
    expect(page.locator("#find-problem")).to_contain_text("No ticket nope")
    page.click(f"[data-list=missed] [data-find={number}]")
    expect(page.locator("#found")).to_contain_text("did not come when called")
    page.click("[data-do=rejoin]")
    expect(page.locator("#found")).to_have_attribute("data-state", "waiting")
    page.click("[data-do=cancel]")
    page.keyboard.press("Escape")
    assert found(office, number)["state"] == "waiting"
    page.click("[data-do=cancel]")
    page.click("[data-cancel]")
    expect(page.locator("#found")).to_have_attribute("data-state", "cancelled")
    expect(page.locator("#found [data-do]")).to_have_count(0)


def test_the_reception_is_not_the_operators_page(reception: OpenReception) -> None:
    page = reception("anna")
    expect(page.get_by_text("Your account cannot use this page")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "width"), [("ru", "light", 320), ("en", "dark", 1440)])
def test_the_reception_has_no_barrier(
    reception: OpenReception, office: Server, language: str, theme: str, width: int
) -> None:
    number = office.take_ticket()["number"]
    page = reception(width=width, height=800, locale=language, color_scheme=theme)
    is_ready(page)
    findings = {"ready": violations(page)}
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    issued(page)
    findings["issued"] = violations(page)
    search(page, number)
    findings["found"] = violations(page)
    for action in ("priority", "cancel"):
        page.click(f"[data-do={action}]")
        expect(page.locator(f"#{action}")).to_be_visible()
        findings[action] = violations(page)
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {state: found for state, found in findings.items() if found} == {}
