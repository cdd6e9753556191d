"""A machine becomes a device, follows what the office sets without being touched, and is cut off, in real browsers."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, tap, violations

pytestmark = pytest.mark.browser
BASE = "/admin/branches/centre/devices"
STARTER = Path(__file__).parents[2] / "display" / "starter.html"
KEPT = "() => JSON.parse(localStorage.device)"
CODE = re.compile(r"^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$")


@pytest.fixture
def hall_administrator(open_page: OpenPage, office: Server) -> Callable[..., Page]:
    """hall_administrator(language, address) has signed in on a computer of their own."""

    def sign_in(language: str = "en", address: str = "/pair", width: int = 1440) -> Page:
        page = open_page(width, 1000, locale=language)
        page.goto(office.url + address)
        page.fill("[name=username]", "helen")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("[data-tab=devices]")).to_be_visible()
        return page

    return sign_in


def shown_code(page: Page) -> str:
    expect(page.locator(".code")).to_have_text(CODE)
    return page.inner_text(".code")


def pair(office: Server, machine: Page, role: str, name: str) -> str:
    """Makes the machine a device without its five seconds of waiting: the key is put into its browser; the id."""
    codes = office.post("", "/devices/pair").json()
    body = {"user_code": codes["user_code"], "name": name, "role": role}
    device = office.post("helen", BASE, body).json()["id"]
    key = office.post("", "/devices/token", {"device_code": codes["device_code"]}).json()["key"]
    machine.goto(f"{office.url}/static/common/icon.svg")
    machine.evaluate("key => localStorage.setItem('device', JSON.stringify({ key }))", key)
    machine.goto(f"{office.url}/device")
    if role != "tablet":
        machine.wait_for_url(f"**/{role}/centre")
    return str(device)


def change(office: Server, device: str, body: Any) -> None:
    assert office.send("PATCH", "helen", f"{BASE}/{device}", body).status_code == 200


def test_an_unpaired_page_is_let_in_from_another_browser_and_becomes_the_hall_screen(
    open_page: OpenPage, hall_administrator: Callable[..., Page], office: Server
) -> None:
    machine, other = open_page(1920, 1080), open_page(1080, 1920)
    for page, language in ((other, "en"), (machine, "ru")):
        page.goto(f"{office.url}/device?lang={language}")
        code = shown_code(page)
        assert violations(page) == [], language
    assert shown_code(other) != code
    machine.reload()
    assert shown_code(machine) == code
    page = hall_administrator("ru", f"/pair?code={code}", 390)
    expect(page.locator("[name=user_code]")).to_have_value(code.replace("-", ""))
    page.click("[data-connect]")
    expect(page.locator("[name=name]")).to_be_focused()  # a device without a name is not let in
    page.fill("[name=name]", "Табло у входа")
    page.click("[data-connect]")
    expect(page.locator("[role=status]")).to_contain_text("Табло у входа")
    assert "code=" not in page.url
    machine.wait_for_url("**/display/centre", timeout=15_000)
    expect(machine.locator(".hall.all")).to_be_visible()
    expect(page.locator("[aria-current=true] .dot.on")).to_be_visible(timeout=10_000)
    assert violations(page) == []
    assert shown_code(other)
    machine.goto(f"{office.url}/device")  # switched off and on again: no code, no hand
    machine.wait_for_url("**/display/centre")


def test_a_device_shows_its_name_follows_its_settings_and_is_cut_off(
    open_page: OpenPage, hall_administrator: Callable[..., Page], office: Server
) -> None:
    screen, neighbour = (open_page(1920, 1080, reduced_motion="no-preference") for _ in range(2))
    screen.clock.install()
    for machine, name in ((screen, "Screen above window 3"), (neighbour, "Neighbour")):
        pair(office, machine, "display", name)
        machine.evaluate("window.isTheSamePage = true")
    page = hall_administrator("en", "/pair")
    page.locator("[data-device]", has_text="Screen above window 3").click()
    page.click("[data-identify]")
    expect(screen.locator(".identify")).to_have_text("Screen above window 3")
    assert flashes_in_two_seconds(screen) in range(1, 2 * 3 + 1)
    assert neighbour.locator(".identify").count() == 0
    screen.clock.fast_forward(10_000)
    expect(screen.locator(".identify")).to_have_count(0)
    page.select_option("[name='settings.layout']", "window")
    page.check("[data-shown-window='3']")
    page.fill("[name=name]", "Window 3")
    page.click("[data-save]")
    expect(page.locator("[role=status]")).to_contain_text("Saved")
    expect(screen.locator(".hall.window")).to_be_visible(timeout=10_000)
    page.fill("[name='settings.distance_m']", "100")
    page.click("[data-save]")
    expect(page.locator("[name='settings.distance_m']")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.fill("[name='settings.distance_m']", "5")
    page.click("[data-revoke]")
    page.click("[data-yes]")
    assert screen.evaluate("window.isTheSamePage")
    screen.wait_for_url("**/device", timeout=10_000)
    assert shown_code(screen)
    assert neighbour.evaluate("window.isTheSamePage")
    assert neighbour.url.endswith("/display/centre")


def test_a_kiosk_prints_waits_and_looks_as_the_office_sets_it(open_page: OpenPage, office: Server) -> None:
    kiosk = open_page(1080, 1920)
    device = pair(office, kiosk, "kiosk", "Entrance")
    change(office, device, {"settings": {"prints": False, "is_accessible": True}})
    expect(kiosk.locator("html.accessible")).to_be_visible(timeout=10_000)
    tap(kiosk, "[data-service=passport]")
    kiosk.wait_for_selector("[data-take]")
    tap(kiosk, "[data-take]")
    kiosk.wait_for_selector("[data-done]")
    assert kiosk.locator("[data-print]").count() == 0
    assert kiosk.locator("iframe.slip").count() == 0
    tap(kiosk, "[data-done]")
    change(office, device, {"role": "display"})
    kiosk.wait_for_url("**/display/centre", timeout=10_000)
    address = office.post("helen", f"{BASE}/{device}/key").json()["address"]
    kiosk.wait_for_url("**/device", timeout=10_000)  # its own key has ended
    forgetful = open_page(1920, 1080)
    forgetful.goto(address)
    forgetful.wait_for_url(f"{office.url}/display/centre")
    expect(forgetful.locator(".hall")).to_be_visible()


def test_a_rating_tablet_rests_with_the_offices_name_and_its_own(open_page: OpenPage, office: Server) -> None:
    tablet = open_page(1280, 800)
    device = pair(office, tablet, "tablet", "Window 4")
    expect(tablet.locator("[data-state=paired] .words")).to_have_count(2)
    expect(tablet.locator(".resting .office")).not_to_be_empty()
    expect(tablet.locator("footer")).to_contain_text("Window 4")
    for width, height in ((1280, 800), (800, 1280), (1024, 600)):
        tablet.set_viewport_size({"width": width, "height": height})
        assert tablet.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert violations(tablet) == []
    change(office, device, {"name": "Window 5"})
    expect(tablet.locator("footer")).to_contain_text("Window 5")
    office.post("helen", f"{BASE}/{device}/identify")
    expect(tablet.locator(".identify")).to_have_text("Window 5")
    assert office.send("DELETE", "helen", f"{BASE}/{device}").status_code == 204
    assert shown_code(tablet)


def test_a_kiosk_waits_as_long_as_it_is_set_and_gets_a_new_key_every_day(open_page: OpenPage, office: Server) -> None:
    kiosk = open_page(1080, 1920)
    kiosk.clock.install()
    device = pair(office, kiosk, "kiosk", "Slow")
    change(office, device, {"settings": {"idle_seconds": 60}})
    kiosk.reload()
    tap(kiosk, "[data-service=passport]")
    kiosk.clock.run_for(55_000)
    assert kiosk.locator("[role=alertdialog]").count() == 0
    kiosk.clock.run_for(7_000)
    expect(kiosk.locator("[role=alertdialog]")).to_be_visible()
    old = kiosk.evaluate(KEPT)
    kiosk.clock.fast_forward("24:00:00")
    becomes(kiosk, lambda: "next" in kiosk.evaluate(KEPT))
    assert opens(office, old["key"])  # the new one is not used before the disk has it
    kiosk.clock.fast_forward("02:00")
    becomes(kiosk, lambda: kiosk.evaluate(KEPT)["key"] != old["key"])
    fresh = kiosk.evaluate(KEPT)["key"]
    assert (opens(office, old["key"]), opens(office, fresh)) == (False, True)
    # The power failed in that moment: the disk has the old key, and the next one beside it.
    kiosk.evaluate("kept => localStorage.setItem('device', JSON.stringify(kept))", {**old, "next": fresh})
    kiosk.goto(f"{office.url}/device")
    kiosk.wait_for_url("**/kiosk/centre")
    assert kiosk.evaluate(KEPT)["key"] == fresh


def test_without_a_server_pages_say_so_and_go_on_by_themselves(open_page: OpenPage, office: Server) -> None:
    machine, booting = open_page(1920, 1080), open_page(1080, 1920)
    machine.goto(f"{office.url}/device")
    code = shown_code(machine)
    office.kill()
    booting.goto(f"{STARTER.as_uri()}?{office.url}/device")  # what a machine opens first, from its own disk
    expect(booting.locator("p[lang=en]")).to_have_text("Please ask at the desk")
    expect(machine.locator("[data-state=away] h1")).to_be_visible(timeout=15_000)
    assert violations(machine) == []
    office.start()
    expect(machine.locator(".code")).to_have_text(code, timeout=15_000)
    booting.wait_for_url(f"{office.url}/device", timeout=15_000)
    assert shown_code(booting) != code


def opens(office: Server, key: str) -> bool:
    """Whether this is a device's key; asking for a ticket of a service that is not there uses no key up."""
    order = {"services": ["no-such-service"], "language": "ru", "channel": "kiosk"}
    return office.send("POST", key, "/branches/centre/tickets", order).status_code != 401


def becomes(page: Page, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


def flashes_in_two_seconds(page: Page) -> int:
    """How often the sign turns to its second colours and back."""
    return int(
        page.evaluate(
            """async () => {
                const sign = document.querySelector(".identify"), colours = [];
                for (const end = performance.now() + 2000; performance.now() < end; ) {
                    colours.push(getComputedStyle(sign).backgroundColor);
                    await new Promise(requestAnimationFrame);
                }
                return Math.ceil(colours.filter((colour, i) => i && colour !== colours[i - 1]).length / 2);
            }"""
        )
    )
