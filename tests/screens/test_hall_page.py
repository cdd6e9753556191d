"""The hall administrator's page: lines, windows, and promises that were not kept."""

import pytest
from playwright.sync_api import expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations
from tests.screens.test_ticket_page import sideways

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1440, 390])
def test_lines_and_windows_are_seen_as_they_change(open_page: OpenPage, office: Server, width: int) -> None:
    page = open_page(width, 900, locale="en")
    page.request.post(f"{office.url}/api/v1/session", data={"username": "helen", "password": PASSWORD})
    page.goto(f"{office.url}/hall/{office.branch}?lang=en")
    page.wait_for_selector("[data-waiting]")
    before = int(page.locator("[data-line=collect] .count").inner_text()) if width == 390 else 0
    office.take_ticket("collect")
    expect(page.locator("[data-line=collect] .count")).to_have_text(str(before + 1), timeout=30_000)
    if width == 1440:
        office.post("anna", f"/windows/{office.window('1')}/open")
    expect(page.locator("[data-window='1']")).to_contain_text("Free")
    assert violations(page) == []
    assert sideways(page) <= 0


def test_a_promise_that_is_broken_is_told_at_once_and_taken_note_of(open_page: OpenPage, office: Server) -> None:
    page = open_page(1440, 900, locale="en")
    page.request.post(f"{office.url}/api/v1/session", data={"username": "helen", "password": PASSWORD})
    page.goto(f"{office.url}/hall/{office.branch}?lang=en")
    page.wait_for_selector("[data-waiting]")
    norm = {"kind": "wait", "service": "driving", "longest": 1, "source": "Order 12"}
    assert office.post("admin", f"/admin/branches/{office.branch}/norms", norm).status_code == 201
    number = office.take_ticket("driving")["number"]
    breach = page.locator("[data-breach]").filter(has_text=number)
    breach.wait_for(timeout=30_000)
    people = int(page.locator("[data-line=driving] .count").inner_text())
    line = {"kind": "queue_length", "service": "driving", "longest": people}
    assert office.post("admin", f"/admin/branches/{office.branch}/norms", line).status_code == 201
    expect(page.locator("[data-risk=driving]")).to_contain_text(f"{people} of at most {people}", timeout=30_000)
    assert violations(page) == []
    breach.locator("[data-acknowledge]").click()
    page.fill("[name=note]", "Window 3 opens")
    page.click("dialog .main")
    expect(breach).to_contain_text("Window 3 opens", timeout=30_000)
    expect(page.locator("dialog")).to_be_hidden()
    [told] = [one for one in office.get(f"/branches/{office.branch}/breaches", "helen")["breaches"] if one["note"]]
    assert (told["number"], told["acknowledged_by"], told["source"]) == (number, "helen", "Order 12")


def test_those_who_wait_in_one_line_are_one_thing_to_do(open_page: OpenPage, office: Server) -> None:
    page = open_page(1440, 900, locale="en")
    page.request.post(f"{office.url}/api/v1/session", data={"username": "helen", "password": PASSWORD})
    page.goto(f"{office.url}/hall/{office.branch}?lang=en")
    norm = {"kind": "wait", "service": "family", "longest": 1}
    assert office.post("admin", f"/admin/branches/{office.branch}/norms", norm).status_code == 201
    numbers = [office.take_ticket("family")["number"] for _ in range(3)]
    cause = page.locator("[data-breach]").filter(has_text=numbers[0])
    for number in numbers:
        expect(cause).to_contain_text(number, timeout=30_000)
    cause.locator("[data-acknowledge]").click()
    page.click("dialog [data-note='0']")
    expect(page.locator("dialog")).to_be_hidden(timeout=30_000)
    told = office.get(f"/branches/{office.branch}/breaches", "helen")["breaches"]
    assert {one["number"] for one in told if one["note"]} >= set(numbers)
