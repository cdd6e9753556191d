"""The calendar of those who work here: booked for somebody on the phone, moved, and mended when rosters change."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.bookable import HOURS, book, make_bookable
from tests.screens.conftest import OpenPage, violations
from tests.screens.test_ticket_page import sideways

pytestmark = pytest.mark.browser
OpenCalendar = Callable[..., Page]


@pytest.fixture(scope="module")
def office(office: Server) -> Server:
    make_bookable(office, "passport", "collect", "driving")
    return office


@pytest.fixture
def calendar(open_page: OpenPage, office: Server) -> OpenCalendar:
    """calendar() is rita before the appointments of today."""

    def open_calendar(width: int = 1440, height: int = 900, language: str = "en") -> Page:
        page = open_page(width, height, locale=language)
        page.request.post(f"{office.url}/api/v1/session", data={"username": "rita", "password": PASSWORD})
        page.goto(f"{office.url}/calendar/{office.branch}?lang={language}")
        page.wait_for_selector("[data-free]")
        return page

    return open_calendar


def button(appointment: Any) -> str:
    return f"[data-appointment='{appointment['code']}']"


def of(office: Server, booked: Any) -> Any:
    return office.get(f"/appointments/{booked['token']}")


def test_a_visit_is_booked_for_somebody_on_the_phone(calendar: OpenCalendar, office: Server) -> None:
    page = calendar()
    page.select_option("[name=service]", "collect")
    page.click("[data-after]")
    page.locator("[data-date]").get_by_text("Tomorrow").wait_for()
    slot = page.locator("[data-free]").nth(3)
    starts_at = slot.get_attribute("data-free")
    slot.click()
    expect(page.locator("[name=name]")).to_be_focused()
    for channel in ("reception", "phone"):  # each may have slots of its own
        with page.expect_request(lambda asked, channel=channel: f"channel={channel}" in asked.url):  # type: ignore[misc]
            page.locator(f"[name=channel][value={channel}]").check(force=True)
    page.focus("[name=name]")
    page.keyboard.type("Grace Hopper")
    page.click("[data-book]")
    expect(page.locator("#phone-fault")).to_be_visible()
    assert page.input_value("[name=name]") == "Grace Hopper"
    page.fill("[name=phone]", "+44 20 7946 0042")
    page.click("[data-book]")
    expect(page.locator(".said")).to_contain_text("The code is ")
    [found] = office.get(f"/branches/{office.branch}/appointments?q=0042", "rita")
    assert (found["starts_at"], found["channel"], found["services"]) == (starts_at, "phone", ["collect"])
    expect(page.locator(button(found))).to_contain_text("Grace Hopper")


def test_an_appointment_is_found_moved_checked_in_and_cancelled(calendar: OpenCalendar, office: Server) -> None:
    one, other = (book(office, "driving", place, name=name) for place, name in ((0, "Olga Moved"), (1, "Pavel Gone")))
    page = calendar()
    page.fill("#find", "olga")
    page.keyboard.press("Enter")
    page.click(f".results {button(one)}")
    page.click("[data-move]")
    expect(page.locator("[data-stop-moving]")).to_be_visible()
    target = page.get_by_text("move here").nth(4)
    target.wait_for()
    wanted = page.locator("[data-free]").nth(4).get_attribute("data-free")
    target.click()
    expect(page.locator(".said")).to_contain_text("Olga Moved: ")
    assert of(office, one)["starts_at"] == wanted
    page.click(f".day {button(one)}")
    page.click("[data-check-in]")
    expect(page.locator(".said")).to_contain_text("is given")
    assert of(office, one)["status"] == "arrived"
    page.click(f".day {button(other)}")
    page.click("[data-cancel]")
    page.click("[data-cancel-yes]")
    expect(page.locator(f".day {button(other)}")).to_have_count(0)
    assert of(office, other)["status"] == "cancelled"


def test_what_does_not_fit_after_a_change_of_rosters_moves_with_one_click(
    calendar: OpenCalendar, office: Server
) -> None:
    booked = book(office, "passport", 2, name="Ada Unfit")
    base = f"/admin/branches/{office.branch}"
    rosters = [one for one in office.get(base, "admin")["rosters"] if one["window"] in ("1", "2")]
    page = calendar()
    for hours in ({day: [["15:00", "18:00"]] for day in HOURS}, HOURS):
        for roster in rosters:
            office.send("PATCH", "admin", f"{base}/rosters/{roster['id']}", {"hours": hours})
        if hours is HOURS:
            break
        # The page hears of it by itself.
        conflict = page.locator(f"[data-conflict='{booked['code']}']")
        expect(conflict).to_contain_text("Ada Unfit", timeout=20_000)
        expect(page.locator(f".day {button(booked)}")).to_contain_text("does not fit any more")
        offer = conflict.locator("[data-offer]").first
        wanted = offer.get_attribute("data-offer")
        offer.click()
        expect(conflict).to_have_count(0)
        assert of(office, booked)["starts_at"] == wanted


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_calendar_has_no_findings(calendar: OpenCalendar, office: Server, language: str) -> None:
    book(office, "passport", 4)
    page = calendar(language=language)
    assert violations(page) == []
    page.locator("[data-free]").first.click()
    page.click("[data-book]")
    page.wait_for_selector(".field-error")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.check("[value=week]")
    page.locator(".week [data-appointment]:not(.arrived)").first.click()
    page.wait_for_selector("[data-move]")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 320, "height": 700})
    assert sideways(page) <= 0
    page.check("[value=day]")
    page.wait_for_selector("ol.day")
    assert sideways(page) <= 0
    assert violations(page) == []


@pytest.mark.parametrize("width", [1440, 1280, 1024])
def test_the_seven_days_of_a_week_stand_side_by_side(calendar: OpenCalendar, width: int) -> None:
    page = calendar(width)
    page.locator("[name=view][value=week]").check(force=True)
    expect(page.locator(".week > section")).to_have_count(7)
    expect(page.locator("[name=view][value=week]")).to_be_focused()
    tops = page.locator(".week > section").evaluate_all("days => days.map((day) => day.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    assert sideways(page) <= 0
