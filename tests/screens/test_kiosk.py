"""The kiosk in a real browser: two taps to a ticket, nothing left behind, usable by everybody."""

import re

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.running import Server
from tests.screens.conftest import DOUBLE_TAP_MS, OpenPage, tap

pytestmark = pytest.mark.browser
STEPS = ("start", "service", "ticket")


def kiosk(page: Page, office: Server, query: str = "") -> Page:
    page.goto(f"{office.url}/kiosk/{office.branch}{query}")
    page.wait_for_selector("[data-service]")
    return page


def go_to(page: Page, step: str) -> None:
    """From the start to a step."""
    if step != "start":
        tap(page, "[data-service]")
    if step == "ticket":
        tap(page, "[data-take]")
        page.wait_for_selector("[data-done]")


def boxes(page: Page, selector: str = "button") -> list[dict[str, float]]:
    found = page.locator(selector).all()
    return [box for button in found if (box := button.bounding_box()) is not None]  # type: ignore[misc]


def waiting(office: Server) -> int:
    return int(office.get(f"/branches/{office.branch}")["waiting"])


def number_on(page: Page) -> str:
    return page.locator(".ticket .number").inner_text()


def test_two_taps_lead_from_the_start_to_a_ticket_for_every_service(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    for service in office.get(f"/branches/{office.branch}/services"):
        tap(page, f"[data-service={service['code']}]")
        tap(page, "[data-take]")
        expect(page.locator(".ticket .number")).to_have_text(re.compile(rf"^{service['prefix']}\d{{3}}$"))
        tap(page, "[data-done]")


def test_a_kiosk_with_a_printer_prints_the_slip_by_itself(open_page: OpenPage, office: Server) -> None:
    page = open_page()
    page.add_init_script("window.print = () => { window.top.printed = (window.top.printed ?? 0) + 1; }")
    kiosk(page, office, "?print=auto")
    go_to(page, "ticket")
    page.wait_for_function("window.printed === 1")
    slip = page.frame_locator("iframe.slip")
    expect(slip.get_by_role("img", name=number_on(page))).to_be_attached()


def test_the_pages_keep_to_their_own_security_policy(open_page: OpenPage, office: Server) -> None:
    page = open_page(bypass_csp=False)
    page.add_init_script("window.print = () => console.log('printed')")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    kiosk(page, office, "?print=auto")
    with page.expect_console_message(lambda message: message.text == "printed"):
        go_to(page, "ticket")
    page.goto(office.take_ticket()["status_url"])
    page.wait_for_selector("[data-status=waiting]")
    page.goto(office.url)
    page.wait_for_selector(".doors")
    assert complaints == []


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)])
@pytest.mark.parametrize("step", STEPS)
def test_targets_are_large_and_apart(open_page: OpenPage, office: Server, size: tuple[int, int], step: str) -> None:
    page = kiosk(open_page(*size), office)
    go_to(page, step)
    found = boxes(page)
    assert len(found) >= 3
    assert all(box["width"] >= 88 and box["height"] >= 88 for box in found)
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            apart_x = max(other["x"] - one["x"] - one["width"], one["x"] - other["x"] - other["width"])
            apart_y = max(other["y"] - one["y"] - one["height"], one["y"] - other["y"] - other["height"])
            assert max(apart_x, apart_y) >= 15.5, (one, other)


def test_the_language_switch_stays_in_its_place_and_keeps_the_step(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    places = []
    for step in STEPS:
        if step != "start":
            tap(page, "[data-service]" if step == "service" else "[data-take]")
            page.wait_for_selector(f"[data-step={step}]")
        assert page.locator(".languages button").all_inner_texts() == ["Русский", "English"]
        places.append(page.locator(".languages").bounding_box())
        for language in ("en", "ru"):
            tap(page, f".languages [lang={language}]")
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(page.locator("html")).to_have_attribute("dir", "ltr")
            expect(page.locator(".body")).to_have_attribute("data-step", step)
    assert places[0] == places[1] == places[2]


def test_a_left_kiosk_asks_at_30_seconds_and_starts_over_at_50(open_page: OpenPage, office: Server) -> None:
    page = open_page()
    page.clock.install()
    kiosk(page, office)
    page.click(".languages [lang=en]")
    page.clock.run_for(1000)
    page.click("[data-service=passport]")
    page.clock.run_for(28_000)
    expect(page.locator("[role=alertdialog]")).to_have_count(0)
    page.clock.run_for(3000)
    expect(page.get_by_text("Are you still there?")).to_be_visible()
    expect(page.locator("[data-more-time]")).to_be_focused()
    page.click("[data-more-time]")
    expect(page.locator("[role=alertdialog]")).to_have_count(0)
    page.clock.run_for(31_000)
    expect(page.locator("#idle-words")).to_contain_text(re.compile(r"in 1?\d s"))
    page.clock.run_for(20_000)
    expect(page.locator("[data-step=start]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_a_shown_ticket_leaves_after_8_seconds_or_later_on_request(open_page: OpenPage, office: Server) -> None:
    page = open_page()
    page.clock.install()
    kiosk(page, office)
    for is_extended, stays_ms in ((False, 6000), (True, 50_000)):
        page.clock.run_for(1000)
        page.click("[data-service=passport]")
        page.clock.run_for(1000)
        page.click("[data-take]")
        page.wait_for_selector("[data-done]")
        page.clock.run_for(1000)
        if is_extended:
            page.click("[data-more-time]")
        page.clock.run_for(stays_ms)
        expect(page.locator("[data-step=ticket]")).to_be_visible()
        page.clock.run_for(12_000)
        expect(page.locator("[data-step=start]")).to_be_visible()


def test_nothing_of_the_last_visitor_remains(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office, "?print=auto")
    pages_before = page.evaluate("history.length")
    tap(page, ".languages [lang=en]")
    tap(page, "[data-accessible]")
    go_to(page, "ticket")
    number, token = number_on(page), str(page.get_attribute(".qr", "src")).split("/")[-2]
    page.wait_for_selector("iframe.slip", state="attached")
    tap(page, "[data-done]")
    page.wait_for_selector("[data-step=start]")
    shown = page.evaluate("document.documentElement.outerHTML")
    assert number not in shown
    assert token not in shown
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("history.length") == pages_before
    assert page.get_attribute("html", "lang") == "ru"
    assert page.locator(".accessible, iframe").count() == 0


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)])
def test_the_accessible_view_is_low_and_large(open_page: OpenPage, office: Server, size: tuple[int, int]) -> None:
    page = kiosk(open_page(*size), office)
    usual = _text_sizes(page)
    tap(page, "[data-accessible]")
    page.wait_for_selector(".accessible")
    for selector, pixels in _text_sizes(page).items():
        assert pixels >= usual[selector] * 1.45, selector
    for step in STEPS:
        if step != "start":
            tap(page, "[data-service]" if step == "service" else "[data-take]")
            page.wait_for_selector(f"[data-step={step}]")
        low = boxes(page)
        assert low
        assert all(box["y"] >= size[1] / 2 and box["y"] + box["height"] <= size[1] for box in low), step
        assert all(box["height"] >= 88 and box["width"] >= 88 for box in low), step


def _text_sizes(page: Page) -> dict[str, float]:
    measure = "selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize)"
    wanted = (".services button", ".services small", ".hours", ".languages button", "header .clock")
    return {selector: page.evaluate(measure, selector) for selector in wanted}


def test_every_service_is_reached_in_the_accessible_view_by_turning_pages(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    tap(page, "[data-accessible]")
    seen = set()
    while True:
        seen |= {str(button.get_attribute("data-service")) for button in page.locator("[data-service]").all()}
        list_height = page.evaluate(
            "(box => [box.scrollHeight, box.clientHeight])(document.querySelector('.services'))"
        )
        assert list_height[0] <= list_height[1] + 2, "a service is cut off"
        if page.locator(".pager .more").is_disabled():
            break
        tap(page, ".pager .more")
    assert seen == {service["code"] for service in office.get(f"/branches/{office.branch}/services")}


def test_reading_aloud_says_what_the_screen_shows(open_page: OpenPage, office: Server) -> None:
    page = open_page()
    page.add_init_script("speechSynthesis.speak = (said) => { (window.said ??= []).push([said.lang, said.text]); }")
    kiosk(page, office)
    tap(page, "[data-accessible]")
    language, words = page.evaluate("window.said[0]")
    assert language == "ru"
    assert words.startswith("С чем вы пришли?")
    assert "Паспорт" in words


def test_a_ticket_can_be_taken_with_the_keyboard_alone(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    for wanted in ("[data-service=driving]", "[data-take]", "[data-done]"):
        page.wait_for_selector(wanted)
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement?.matches(selector)", wanted):
                break
        width, offset = page.evaluate(
            "(style => [style.outlineWidth, style.outlineStyle])(getComputedStyle(document.activeElement))"
        )
        assert (width, offset) == ("4px", "solid")
        page.wait_for_timeout(DOUBLE_TAP_MS)
        page.keyboard.press("Enter")
    expect(page.locator("[data-step=start]")).to_be_visible()
    tap(page, "[data-service=driving]")
    page.wait_for_timeout(DOUBLE_TAP_MS)
    page.keyboard.press("Escape")
    expect(page.locator("[data-step=start]")).to_be_visible()


def test_a_finger_that_slides_off_does_nothing(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    [first, second, *_] = boxes(page, "[data-service]")
    page.mouse.move(first["x"] + 40, first["y"] + 40)
    page.mouse.down()
    expect(page.locator("[data-step=start]")).to_be_visible()
    page.mouse.move(second["x"] + 40, second["y"] + 40)
    page.mouse.up()
    page.wait_for_timeout(100)
    expect(page.locator("[data-step=start]")).to_be_visible()


def test_a_shaking_finger_does_not_press_what_appears_under_it(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    go_to(page, "service")
    [take] = boxes(page, "[data-take]")
    x, y = take["x"] + take["width"] / 2, take["y"] + take["height"] / 2
    tap(page, "[data-back]")
    page.wait_for_timeout(DOUBLE_TAP_MS)
    before = waiting(office)
    page.mouse.click(x, y)  # a service, and in the same place "take a ticket"
    page.wait_for_selector("[data-take]")
    page.mouse.click(x, y)
    page.wait_for_timeout(300)
    expect(page.locator("[data-step=service]")).to_be_visible()
    assert waiting(office) == before


def test_two_quick_taps_take_one_ticket(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    before = waiting(office)
    go_to(page, "service")
    page.wait_for_timeout(DOUBLE_TAP_MS)
    page.locator("[data-take]").dblclick()
    page.wait_for_selector("[data-done]")
    page.wait_for_timeout(DOUBLE_TAP_MS)
    assert waiting(office) == before + 1
    expect(page.locator("[data-step=ticket]")).to_be_visible()


def test_a_lost_answer_is_asked_for_again_and_makes_one_ticket(open_page: OpenPage, office: Server) -> None:
    page = kiosk(open_page(), office)
    before, keys = waiting(office), []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/tickets", lose_the_first)
    go_to(page, "ticket")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert waiting(office) == before + 1


def test_documents_people_waiting_and_closing_time_are_told_before_the_ticket(
    open_page: OpenPage, office: Server
) -> None:
    page = kiosk(open_page(), office)
    office.take_ticket("family")
    expect(page.locator("[data-service=family] small")).to_have_text(re.compile(r"Жд[её]т|Ждут"))
    tap(page, "[data-service=family]")
    expect(page.locator(".facts")).to_contain_text(re.compile(r"Жд[её]т|Ждут"))
    expect(page.locator(".facts")).to_contain_text("12 € за свидетельство")
    expect(page.locator(".facts")).to_contain_text("Открыто до 24:00")
    expect(page.locator(".papers li")).to_have_count(2)
    expect(page.locator(".papers li.required")).to_contain_text("Паспорта заявителей")


def test_a_closed_service_says_why_at_once_and_gives_no_ticket(open_page: OpenPage, server: Server) -> None:
    page = kiosk(open_page(), server)
    address = f"{server.url}/api/v1/admin/branches/{server.branch}/services/collect"
    admin = {"Authorization": f"Bearer {server.tokens['admin']}"}
    assert httpx.patch(address, json={"open": False}, headers=admin).status_code == 200
    closed = page.locator("[data-service=collect].closed")
    expect(closed).to_contain_text("Талоны сейчас не выдаются")
    tap(page, "[data-service=collect]")
    expect(page.locator(".papers li")).to_have_count(1)
    expect(page.locator("[data-take]")).to_have_count(0)


def test_without_a_server_the_kiosk_says_where_to_go_and_comes_back_by_itself(
    open_page: OpenPage, server: Server
) -> None:
    page = kiosk(open_page(), server)
    tap(page, "[data-service]")
    server.kill()
    tap(page, "[data-take]")
    expect(page.get_by_text("Подойдите, пожалуйста, к администратору зала.")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("У киоска нет связи")).to_be_visible(timeout=40_000)
    server.start()
    expect(page.get_by_text("У киоска нет связи")).to_have_count(0, timeout=20_000)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (390, 844)])
def test_nothing_scrolls_sideways_is_selected_or_opens_a_menu(
    open_page: OpenPage, office: Server, size: tuple[int, int]
) -> None:
    page = kiosk(open_page(*size), office)
    for step in STEPS:
        if step != "start":
            tap(page, "[data-service]" if step == "service" else "[data-take]")
            page.wait_for_selector(f"[data-step={step}]")
        width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert width <= size[0], step
        assert height <= size[1] or size[0] < 620, step
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).userSelect") == "none"
    menu = "document.body.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))"
    assert page.evaluate(menu) is False
