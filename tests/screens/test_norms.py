"""An admin says in forms what is promised and who is told when nobody takes note; a secret is shown once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations
from tests.screens.test_ticket_page import sideways

pytestmark = pytest.mark.browser
OpenAdmin = Callable[..., Page]


@pytest.fixture
def admin(open_page: OpenPage, office: Server) -> OpenAdmin:
    def open_admin(language: str = "en", width: int = 1440) -> Page:
        page = open_page(width, 1000, locale=language)
        page.request.post(f"{office.url}/api/v1/session", data={"username": "admin", "password": PASSWORD})
        page.goto(f"{office.url}/admin?lang={language}&tab=norms")
        page.wait_for_selector("#form")
        return page

    return open_admin


def saved(page: Page) -> None:
    page.click("[data-save]")
    expect(page.locator(".save-bar [role=status]")).to_contain_text("Saved.")


def test_a_norm_is_added_and_ended_and_somebody_is_told(admin: OpenAdmin, office: Server) -> None:
    page = admin()
    page.click("[data-add=norms]")
    page.select_option("[name=service]", "passport")
    page.select_option("[name=channel]", "appointment")
    page.fill("[name=longest]", "5")
    page.fill("[name=source]", "Order 12")
    page.fill("[name=valid_from]", "2026-03-02")
    page.fill("[name=valid_to]", "2026-03-01")
    page.click("[data-save]")
    expect(page.locator("[name=valid_to][aria-invalid=true]")).to_be_visible()
    page.fill("[name=valid_to]", "2199-12-31")
    saved(page)

    def norms() -> list[dict[str, object]]:
        return list(office.get(f"/admin/branches/{office.branch}", "admin")["norms"])

    assert [(one["service"], one["channel"], one["longest"], one["source"]) for one in norms()] == [
        ("passport", "appointment", 300, "Order 12")
    ]
    assert violations(page) == []
    page.fill("[name=valid_to]", "2026-03-31")
    saved(page)
    assert norms()[0]["valid_to"] == "2026-03-31"

    page.click("[data-add=escalations]")
    page.select_option("[name=channel]", "webhook")
    page.fill("[name=target]", "example.org")
    page.click("[data-save]")
    expect(page.locator("[name=target][aria-invalid=true]")).to_be_visible()
    page.fill("[name=target]", "https://example.org/alerts")
    page.fill("[name=after_seconds]", "3")
    saved(page)
    page.click("[data-new-secret]")
    expect(page.locator("[data-secret]")).to_have_text(page.locator("[data-secret]").inner_text())
    assert len(page.locator("[data-secret]").inner_text()) > 30
    assert violations(page) == []
    page.reload()
    page.click("[data-code^='escalations/']")
    assert page.locator("[data-secret]").count() == 0


def test_it_is_in_russian_and_fits_a_narrow_screen(admin: OpenAdmin) -> None:
    page = admin("ru", 420)
    expect(page.locator("[data-tab=norms]")).to_have_text("Нормативы и оповещения")
    assert sideways(page) == 0
    page.click("[data-add=escalations]")
    assert sideways(page) == 0
    assert violations(page) == []
