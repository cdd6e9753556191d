"""An appointment becomes a ticket at the kiosk: typed or scanned, early, on time or late, and called in its turn."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.running import Server
from tests.screens.bookable import book, make_bookable, put_at
from tests.screens.conftest import OpenPage, tap, violations
from tests.screens.test_kiosk import boxes

pytestmark = pytest.mark.browser
SIZES = [(1080, 1920), (1920, 1080)]
# What a scanner set to English types on a Russian keyboard: the same keys, other letters.
ON_A_RUSSIAN_KEYBOARD = """text => {
    const places = { "/": "Slash", ".": "Period", ":": "Semicolon", "-": "Minus", "_": "Minus" };
    const russian = { "/": ".", ".": "ю", ":": "Ж", "-": "-", "_": "_" };
    for (const sign of text) {
        const place = /[a-z]/i.test(sign) ? `Key${sign.toUpperCase()}` : `Digit${sign}`;
        const code = places[sign] ?? place;
        const key = russian[sign] ?? (/[a-z]/i.test(sign) ? "ф" : sign);
        const shiftKey = sign === ":" || sign === "_" || /[A-Z]/.test(sign);
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true }));
    }
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true }));
}"""


@pytest.fixture(scope="module")
def office(office: Server) -> Server:
    make_bookable(office, "passport", "collect", minutes=10)
    return office


def kiosk(page: Page, office: Server, query: str = "") -> Page:
    page.goto(f"{office.url}/kiosk/{office.branch}{query}")
    page.wait_for_selector("[data-booked]")
    return page


def type_code(page: Page, code: str) -> None:
    tap(page, "[data-booked]")
    for sign in code:
        page.click(f"[data-sign='{sign}']", delay=0)
        page.wait_for_timeout(210 if code.count(sign) > 1 else 0)
    expect(page.locator(".typed")).to_have_attribute("aria-label", " ".join(code))


def number_on(page: Page) -> str:
    page.wait_for_selector("[data-step=ticket]")
    return page.locator(".ticket .number").inner_text()


def an_appointment(office: Server, minutes: float, service: str = "collect", **person: Any) -> Any:
    booked = book(office, service, **person)
    put_at(office, booked["code"], minutes)
    return booked


def test_a_typed_code_gives_a_ticket_that_is_called_in_its_turn(open_page: OpenPage, office: Server) -> None:
    early, on_time = an_appointment(office, 50), an_appointment(office, 1)
    walk_in = office.take_ticket("collect")["number"]
    page = kiosk(open_page(), office)
    numbers = {}
    for booked, words in ((early, "You are early: your appointment is at"), (on_time, "You are on time:")):
        type_code(page, booked["code"])
        tap(page, "[data-check-in]")
        numbers[booked["code"]] = number_on(page)
        # The screen speaks the language of the booking.
        expect(page.locator(".arrival")).to_contain_text(words)
        assert office.get(f"/appointments/{booked['token']}")["number"] == numbers[booked["code"]]
        token = str(page.get_attribute(".ticket .qr", "src")).split("/")[-2]
        assert (
            office.get(f"/tickets/{token}")["booked_at"] == office.get(f"/appointments/{booked['token']}")["starts_at"]
        )
        tap(page, "[data-done]")
        page.wait_for_selector("[data-booked]")
    window = office.window("6")
    office.post("anna", f"/windows/{window}/open")
    called = []
    for _ in range(3):
        called.append(office.post("anna", f"/windows/{window}/next").json()["number"])
        for move, body in (("start", {}), ("finish", {"outcome": "solved"})):
            assert office.post("anna", f"/windows/{window}/{move}", body).is_success
    office.post("anna", f"/windows/{window}/close")
    assert called == [numbers[on_time["code"]], walk_in, numbers[early["code"]]]


def test_a_scanned_square_checks_in_from_wherever_the_kiosk_is(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office, "?print=auto")
    page.add_init_script("window.print = () => {}")
    late = an_appointment(office, -20)
    page.keyboard.type(late["status_url"])
    page.keyboard.press("Enter")
    first = number_on(page)
    expect(page.locator(".arrival")).to_contain_text("You are late for")
    page.wait_for_selector("iframe.slip", state="attached")
    expect(page.frame_locator("iframe.slip").locator("body")).to_contain_text(re.compile(r"Appointment at \d\d:\d\d"))
    # The next one does not wait until that page is gone, and scans on a Russian keyboard.
    page.evaluate(ON_A_RUSSIAN_KEYBOARD, an_appointment(office, 1)["status_url"])
    expect(page.locator(".ticket .number")).not_to_have_text(first)
    expect(page.locator(".arrival")).to_contain_text("You are on time")


def test_a_keyboard_types_the_code_as_well(open_page: OpenPage, office: Server) -> None:
    booked = an_appointment(office, 1)
    page = kiosk(open_page(), office)
    tap(page, "[data-booked]")
    page.keyboard.type(booked["code"].lower(), delay=310)  # slower than any scanner
    expect(page.locator(".typed")).to_have_attribute("aria-label", " ".join(booked["code"]))
    page.keyboard.press("Enter")
    number_on(page)


def test_a_code_that_does_not_fit_is_told_in_words_and_can_be_mended(open_page: OpenPage, office: Server) -> None:
    booked = an_appointment(office, 1)
    page = kiosk(open_page(), office)
    type_code(page, "222222")
    tap(page, "[data-check-in]")
    expect(page.get_by_role("alert")).to_contain_text("Такой записи мы не знаем")
    page.wait_for_timeout(210)
    page.click("[data-erase]")
    expect(page.get_by_role("alert").locator("p")).to_have_count(0)
    expect(page.locator("[data-check-in]")).to_be_disabled()
    tap(page, "[data-back]")
    page.wait_for_selector("[data-step=start]")
    assert "222" not in page.locator("#app").inner_text()
    office.post("", f"/branches/{office.branch}/check-in", {"code": booked["code"]})
    tap(page, ".languages [lang=en]")
    page.keyboard.type(booked["status_url"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Your number is K\d{3}"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", ["usual", "accessible"])
def test_the_keys_are_large_apart_and_in_reach(
    open_page: OpenPage, office: Server, size: tuple[int, int], view: str
) -> None:
    page = kiosk(open_page(*size), office)
    if view == "accessible":
        tap(page, "[data-accessible]")
    tap(page, "[data-booked]")
    page.wait_for_selector("[data-sign]")
    found = boxes(page)
    assert len(found) > 32
    assert all(box["width"] >= 88 and box["height"] >= 88 for box in found)
    assert all(box["y"] + box["height"] <= size[1] for box in found)
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            apart_x = max(other["x"] - one["x"] - one["width"], one["x"] - other["x"] - other["width"])
            apart_y = max(other["y"] - one["y"] - one["height"], one["y"] - other["y"] - other["height"])
            assert max(apart_x, apart_y) >= 15.5, (one, other)
    if view == "accessible":
        assert min(box["y"] for box in found) >= size[1] / 2
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", ["usual", "accessible"])
def test_the_ticket_of_an_appointment_fits_the_screen(
    open_page: OpenPage, office: Server, size: tuple[int, int], view: str
) -> None:
    page = kiosk(open_page(*size), office, "?lang=ru")
    if view == "accessible":
        tap(page, "[data-accessible]")
    page.keyboard.type(an_appointment(office, 50, language="ru")["status_url"])
    page.keyboard.press("Enter")
    number_on(page)
    expect(page.locator(".arrival")).to_contain_text("Вы пришли раньше")
    assert page.evaluate("(box => box.scrollHeight - box.clientHeight)(document.querySelector('.ticket'))") <= 2
    assert violations(page) == []


def test_an_office_without_bookings_asks_for_no_code(open_page: OpenPage, office: Server) -> None:
    page = open_page()

    def nothing_bookable(route: Any) -> None:
        services = route.fetch().json()
        route.fulfill(json=[{**service, "bookable": False} for service in services])

    page.route("**/services", nothing_bookable)
    page.goto(f"{office.url}/kiosk/{office.branch}")
    page.wait_for_selector("[data-service]")
    assert page.locator("[data-booked]").count() == 0
