"""An admin says in forms what can be booked and when; it is offered at once, and nothing booked is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.bookable import book, make_bookable
from tests.screens.conftest import OpenPage, violations
from tests.screens.test_ticket_page import sideways

pytestmark = pytest.mark.browser
OpenAdmin = Callable[..., Page]


@pytest.fixture(scope="module")
def office(office: Server) -> Server:
    make_bookable(office, "passport")
    return office


@pytest.fixture
def admin(open_page: OpenPage, office: Server) -> OpenAdmin:
    def open_admin(tab: str, language: str = "en") -> Page:
        page = open_page(1440, 1000, locale=language)
        page.request.post(f"{office.url}/api/v1/session", data={"username": "admin", "password": PASSWORD})
        page.goto(f"{office.url}/admin?lang={language}&tab={tab}")
        page.wait_for_selector("#form")
        return page

    return open_admin


def saved(page: Page, words: str = "Saved.") -> None:
    page.click("[data-save]")
    expect(page.locator(".save-bar [role=status]")).to_contain_text(words)


def test_a_service_that_is_switched_on_can_be_booked_when_a_window_is_staffed(
    admin: OpenAdmin, open_page: OpenPage, office: Server
) -> None:
    page = admin("services")
    page.click("[data-code=residence]")
    page.check("[name='booking.bookable']")
    page.fill("[name='booking.minutes']", "45")
    page.fill("[name='booking.reminder_hours']", "48, 3")
    saved(page)
    setup = office.get(f"/admin/branches/{office.branch}", "admin")
    [booking] = [one["booking"] for one in setup["services"] if one["code"] == "residence"]
    assert (booking["minutes"], booking["reminder_hours"], booking["bookable"]) == (45, [48, 3], True)
    page.fill("[name='booking.quotas.web']", "70")
    page.fill("[name='booking.opens_at']", "08:30")
    page.fill("[name='booking.protections.bookings_per_contact']", "2")
    page.check("[name='booking.protections.waiting_list']")
    saved(page)
    setup = office.get(f"/admin/branches/{office.branch}", "admin")
    [booking] = [one["booking"] for one in setup["services"] if one["code"] == "residence"]
    assert (booking["quotas"], booking["opens_at"]) == ({"web": 70}, "08:30")
    assert booking["protections"]["bookings_per_contact"] == 2
    assert booking["protections"]["waiting_list"]

    page.click("[data-tab=rosters]")
    for roster in setup["rosters"]:
        if roster["window"] in ("1", "2"):
            office.send("DELETE", "admin", f"/admin/branches/{office.branch}/rosters/{roster['id']}")
    visitor = open_page(390, 844)
    visitor.goto(f"{office.url}/book/{office.branch}?lang=en")
    expect(visitor.get_by_text("This office takes no bookings now.")).to_be_visible()
    page.click("[data-add=rosters]")
    page.select_option("[name=window]", "2")
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        page.click(f"[data-day={day}] [data-add-span]")
    page.fill("[name='hours.mon.0.1']", "16:00")
    saved(page)
    [roster] = [
        one for one in office.get(f"/admin/branches/{office.branch}", "admin")["rosters"] if one["window"] == "2"
    ]
    assert roster["hours"]["mon"] == [["08:00", "16:00"]]
    visitor.reload()
    visitor.click("[data-service=residence]")
    visitor.wait_for_selector("[data-day]")


def test_a_time_off_says_which_appointments_do_not_fit_and_cancels_none(admin: OpenAdmin, office: Server) -> None:
    make_bookable(office, "passport")
    booked = book(office, "passport", 1)
    day = booked["starts_at"][:10]
    page = admin("rosters")
    page.click("[data-add=closures]")
    page.click("[data-save]")
    expect(page.locator("[name=first]")).to_be_focused()
    expect(page.locator("[name=first]")).to_have_attribute("aria-invalid", "true")
    page.fill("[name='reason.en']", "Training")
    page.fill("[name='reason.ru']", "Учёба")
    page.fill("[name=first]", day)
    page.fill("[name=last]", day)
    saved(page, "1 appointment does not fit any more")
    assert office.get(f"/appointments/{booked['token']}")["status"] == "booked"
    expect(page.locator("[data-code^='closures/']")).to_contain_text("Training")
    page.click("[data-delete]")
    page.click("[data-yes]")
    expect(page.locator("[data-code^='closures/']")).to_have_count(0)
    assert office.get(f"/branches/{office.branch}/appointment-conflicts", "rita") == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_forms_have_no_findings(admin: OpenAdmin, language: str) -> None:
    page = admin("rosters", language)
    for kind in ("rosters", "special_days", "closures"):
        page.click(f"[data-add={kind}]")
        page.wait_for_selector(f"[data-kind={kind}]")
        if kind != "rosters":
            page.click("[data-save]")
            page.wait_for_selector("[aria-invalid=true]")
        assert violations(page) == [], kind
        page.set_viewport_size({"width": 320, "height": 900})
        assert sideways(page) <= 0, kind
        page.set_viewport_size({"width": 1440, "height": 1000})
