"""How long will it take? A range on the kiosk and on the phone; and afterwards, how true it was."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from queue_service.notifications.words import wait_words
from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser
RANGE = re.compile(r"(about \d+–\d+|up to \d+) minutes|about .+ (min|h) to .+ (min|h)|up to about .+ (min|h)")


def published(office: Server, days: int) -> Any:
    """The first row: the whole office, ranges told with the ticket. Each number of days is counted anew."""
    first = date.today() - timedelta(days=days)  # noqa: DTZ011 - any first day will do
    return office.get(f"/branches/centre/quality?from={first}")["waiting_times"]["rows"][0]


def test_while_no_window_is_open_the_kiosk_tells_the_hour(office: Server, open_page: OpenPage) -> None:
    page = open_page()
    opens = datetime.now(UTC).replace(hour=12, minute=40) + timedelta(days=2)
    later = {"opens_at": opens.isoformat(), "windows_open": 0}
    waits = {"low": 3 * 3600, "high": 3 * 3600 + 300, "basis": "configured"}

    def nobody_yet(route: Any) -> None:
        route.fulfill(json=[{**one, **later, "waiting": 0, "estimate": waits} for one in route.fetch().json()])

    page.route("**/services", nobody_yet)
    page.goto(f"{office.url}/kiosk/centre?lang=en")
    words = page.locator("[data-service=passport] small")
    expect(words).to_have_text(re.compile(r"^The first window opens: \w+, \d\d:40$"))


RANGES = [
    (0, 5, "up to 5 minutes", "до 5 минут"),
    (10, 25, "about 10–25 minutes", "примерно 10–25 минут"),
    (0, 25, "up to 25 minutes", "до 25 минут"),
    (10, 40, "up to about 40 min", "примерно до 40 мин"),
    (10, 95, "up to about 1 h 35 min", "примерно до 1 ч 35 мин"),
    (40, 75, "about 40–75 minutes", "примерно 40–75 минут"),
    (90, 150, "about 1 h 30 min to 2 h 30 min", "примерно от 1 ч 30 мин до 2 ч 30 мин"),
]
"""From and to in minutes; a range so wide that it helps nobody is told by its end alone."""


def test_pages_and_slips_say_a_range_in_the_same_words(office: Server, open_page: OpenPage) -> None:
    page = open_page()
    for code, said in (("en", 2), ("ru", 3)):
        page.goto(f"{office.url}/kiosk/centre?lang={code}")
        estimates = [{"low": 60 * one[0], "high": 60 * one[1], "basis": "measured"} for one in RANGES]
        spoken = page.evaluate("async (all) => all.map((await import('/static/common/words.js')).waitWords)", estimates)
        assert spoken == [one[said] for one in RANGES]
        printed = [wait_words(one, code) for one in estimates]
        assert [words[words.index(one) :] for words, one in zip(printed, spoken, strict=True) if words] == spoken


def test_a_range_is_on_the_kiosk_and_the_phone_and_is_scored_when_the_call_comes(
    office: Server, open_page: OpenPage
) -> None:
    window = office.window("1")
    assert office.post("anna", f"/windows/{window}/open").status_code == 200
    tickets = [office.take_ticket("passport", "en") for _ in range(3)]
    kiosk = open_page()
    kiosk.goto(f"{office.url}/kiosk/centre?lang=en")
    expect(kiosk.locator("[data-service=passport]")).to_contain_text(RANGE, timeout=30_000)
    phone = open_page(390, 844)
    phone.goto(tickets[0]["status_url"])
    expect(phone.locator("[data-wait]")).to_contain_text(RANGE, timeout=30_000)
    assert office.post("anna", f"/windows/{window}/next").status_code == 200
    deadline = time.monotonic() + 60
    days = 1
    while published(office, days)["called"] < 1:
        assert time.monotonic() < deadline, "the call was not scored"
        days += 1
        time.sleep(0.3)


def test_an_admin_sees_how_true_it_was(office: Server, open_page: OpenPage) -> None:
    page = open_page(1280, 900)
    page.goto(f"{office.url}/admin?tab=accuracy&lang=en")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How true was what visitors were told?")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("row", name="With the ticket").first).to_contain_text("fewer than 10")
    assert violations(page) == []
