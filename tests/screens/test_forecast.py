"""The time ahead on the hall administrator's page: the next hour, and what would change if a window opened."""

import pytest
from playwright.sync_api import expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.bookable import LOCAL_HOUR, a_zone_at
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser


def test_a_window_is_tried_before_it_is_opened(office: Server, open_page: OpenPage) -> None:
    # At 10 the roster of window 2 has begun, so that it is late, at whatever hour this is looked at.
    zone = {"time_zone": a_zone_at(LOCAL_HOUR)}
    assert office.send("PATCH", "admin", f"/admin/branches/{office.branch}", zone).status_code == 200
    window = office.window("1")
    assert office.post("anna", f"/windows/{window}/open").status_code == 200
    for _ in range(8):
        office.take_ticket("passport", "en")
    page = open_page(1440, 1000)
    page.goto(f"{office.url}/hall/centre?lang=en")
    page.get_by_label("User name").fill("helen")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-hour]")).to_contain_text("Open window 2", timeout=30_000)
    page.locator("[data-try='2']").click()
    passport = page.locator("[data-what-if] tr[data-service=passport]")
    expect(passport).to_contain_text("min", timeout=30_000)
    now, then = (page.locator(f"[data-{which}]").inner_text() for which in ("now", "then"))
    assert int(now.rstrip("\u00a0 %")) < int(then.rstrip("\u00a0 %"))
    page.get_by_label("Registration of residence").uncheck()
    expect(page.locator("[data-what-if] [data-then]")).to_be_visible(timeout=30_000)
    assert page.get_by_label("Registration of residence").is_checked() is False
    assert violations(page) == []
    page.set_viewport_size({"width": 1920, "height": 1080})
    windows, ahead = (page.locator(part).bounding_box() for part in (".windows-now", "[data-hour]"))
    assert windows is not None
    assert ahead is not None
    assert ahead["x"] >= windows["x"] + windows["width"]  # beside the windows, however many there are
    assert violations(page) == []
