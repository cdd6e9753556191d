"""WCAG 2.2 AA on every page a visitor meets, in both languages: axe-core finds nothing."""

import pytest
from playwright.sync_api import Page

from tests.running import Server
from tests.screens.conftest import OpenPage, tap, violations

pytestmark = pytest.mark.browser
LANGUAGES = ("ru", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["usual", "accessible"])
def test_the_kiosk_has_no_findings_at_any_step(open_page: OpenPage, office: Server, language: str, view: str) -> None:
    page = open_page()
    page.goto(f"{office.url}/kiosk/{office.branch}?lang={language}")
    page.wait_for_selector("[data-service]")
    if view == "accessible":
        tap(page, "[data-accessible]")
    for button in ("[data-service=passport]", "[data-take]", "[data-done]"):
        page.wait_for_selector(button)
        assert violations(page) == []
        if view == "accessible":
            assert violations(page, runOnly=["color-contrast-enhanced"]) == []
        tap(page, button)


def test_the_kiosks_question_whether_somebody_is_there_has_no_findings(open_page: OpenPage, office: Server) -> None:
    page = open_page()
    page.clock.install()
    page.goto(f"{office.url}/kiosk/{office.branch}")
    page.click("[data-service=passport]")
    page.clock.run_for(31_000)
    page.wait_for_selector("[role=alertdialog]")
    page.clock.resume()
    assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_ticket_page_has_no_findings_in_any_state(
    open_page: OpenPage, office: Server, language: str, theme: str
) -> None:
    window = office.window("4")
    office.post("anna", f"/windows/{window}/open")
    page = open_page(390, 844, color_scheme=theme)
    ticket = office.take_ticket("family", language)
    page.goto(ticket["status_url"])
    for move, status in ((None, "waiting"), ("next", "called"), ("start", "serving"), ("finish", "done")):
        if move:
            office.post("anna", f"/windows/{window}/{move}", {"outcome": "solved"} if move == "finish" else {})
        page.wait_for_selector(f"[data-status={status}]")
        assert violations(page) == [], status
    office.post("anna", f"/windows/{window}/close")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 1440])
def test_start_page_refusals_slip_and_interface_have_no_findings(
    open_page: OpenPage, office: Server, language: str, width: int
) -> None:
    page = open_page(width, 900, locale=language)
    slip = f"/t/{office.take_ticket('passport', language)['token']}/slip"
    for address in ("/", "/no-such-page", "/kiosk/no-such-office", slip, "/api/docs"):
        page.goto(office.url + address)
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], address
        assert _is_in(page, language), address


def _is_in(page: Page, language: str) -> bool:
    return page.get_attribute("html", "lang") == language
