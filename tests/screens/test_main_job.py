"""The main job, end to end, in a real browser: kiosk → desk → hall screen → phone, in Russian and in English."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.make import PASSWORD
from tests.running import Server

pytestmark = pytest.mark.browser

WORDS = {
    "ru": {
        "service": "Паспорт",
        "take": "Взять талон",
        "next_in_line": "Вы следующий",
        "next": "Следующий",
        "called": "Ваша очередь",
        "go": "Подойдите к окну",
        "serving": "Вас обслуживают",
        "done": "Ваш визит завершён",
        "spoken": "Талон A 1, окно 1",
    },
    "en": {
        "service": "Passport",
        "take": "Take a ticket",
        "next_in_line": "You are next",
        "next": "Next",
        "called": "It is your turn",
        "go": "Go to window",
        "serving": "You are being served",
        "done": "Your visit is finished",
        "spoken": "Ticket A 1, window 1",
    },
}


@pytest.fixture
def screens(browser: Browser, server: Server) -> Iterator[Any]:
    """screens("/path", width, height) is a page of its own person, whose errors fail the test."""
    contexts = []
    errors: list[str] = []

    def open_page(path: str, width: int, height: int) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(f"{path}: {error}"))
        page.goto(f"{server.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def at_the_desk(screens: Any, language: str) -> Page:
    desk: Page = screens(f"/desk?lang={language}", 1440, 900)
    desk.fill("[name=username]", "anna")
    desk.fill("[name=password]", PASSWORD)
    desk.keyboard.press("Enter")
    desk.click('[data-open="1"]')
    expect(desk.locator("[data-action=next]")).to_be_enabled()
    return desk


def takes_a_ticket(screens: Any, language: str) -> tuple[str, str]:
    """Number and token of a ticket taken at the kiosk, by two taps."""
    kiosk = screens(f"/kiosk/centre?lang={language}", 1080, 1920)
    kiosk.get_by_role("button", name=WORDS[language]["service"]).click()
    kiosk.wait_for_timeout(750)  # a second tap within 700 ms would count as a slip of the finger
    kiosk.get_by_role("button", name=WORDS[language]["take"]).click()
    number = kiosk.locator(".body .number, .number").first
    expect(number).to_have_text("A001")
    source = kiosk.locator("img.qr").get_attribute("src") or ""
    return number.inner_text(), source.split("/")[-2]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_visit_from_the_kiosk_to_the_end(screens: Any, server: Server, language: str) -> None:
    words = WORDS[language]
    hall = screens(f"/display/centre?lang={language}", 1920, 1080)
    hall.evaluate("window.heard = []; addEventListener('announced', (event) => heard.push(event.detail))")
    desk = at_the_desk(screens, language)
    number, token = takes_a_ticket(screens, language)
    phone = screens(f"/t/{token}?lang={language}", 390, 844)
    expect(phone.get_by_text(words["next_in_line"])).to_be_visible()
    expect(desk.locator("[data-waiting]")).to_have_text("1")

    wait_for_hero = f"""() => new Promise((resolve) => {{
        const isShown = () => document.querySelector('.hero .number')?.innerText === '{number}';
        const look = () => (isShown() ? resolve(Date.now()) : requestAnimationFrame(look));
        look();
    }})"""
    desk.evaluate("addEventListener('keydown', () => { window.pressedAt = Date.now(); }, {capture: true, once: true})")
    desk.keyboard.press("n")
    shown_at = hall.evaluate(wait_for_hero)
    assert shown_at - desk.evaluate("window.pressedAt") < 300

    expect(hall.locator(".hero")).to_contain_text("1")
    expect(hall.get_by_role("log")).to_have_text(words["spoken"])
    expect(phone.get_by_text(words["called"])).to_be_visible()
    expect(phone.locator(".go")).to_contain_text(words["go"])
    expect(phone.locator(".go")).to_contain_text("1")
    assert number in phone.title()
    expect(desk.locator("[data-action=start]")).to_be_enabled()
    desk.keyboard.press("s")
    expect(phone.get_by_text(words["serving"])).to_be_visible()
    expect(desk.locator("[data-action=finish]")).to_be_enabled()
    desk.keyboard.press("f")
    expect(phone.get_by_text(words["done"])).to_be_visible()
    hall.wait_for_function("heard.length === 1")

    hall.evaluate("sessionStorage.setItem('before', 'reload')")
    hall.reload()
    hall.evaluate("window.heard = []; addEventListener('announced', (event) => heard.push(event.detail))")
    expect(hall.locator(".hero .number").first).to_have_text(number)
    hall.wait_for_timeout(1500)
    assert hall.evaluate("heard.length") == 0, "a reload must not announce again"


def test_after_a_kill_and_restart_screen_and_phone_catch_up_by_themselves(screens: Any, server: Server) -> None:
    hall = screens("/display/centre?lang=en", 1920, 1080)
    ticket = server.take_ticket()
    phone = screens(f"/t/{ticket['token']}?lang=en", 390, 844)
    expect(phone.get_by_text("You are next")).to_be_visible()
    window = server.window("1")
    server.post("anna", f"/windows/{window}/open")
    server.kill()
    server.start()
    server.post("anna", f"/windows/{window}/next")
    began = time.monotonic()
    expect(hall.locator(".hero .number").first).to_have_text("A001", timeout=10_000)
    expect(phone.get_by_text("It is your turn")).to_be_visible(timeout=10_000)
    assert time.monotonic() - began < 10


def test_nothing_is_called_by_opening_reloading_or_a_second_tab(screens: Any, server: Server) -> None:
    server.take_ticket()
    desk = at_the_desk(screens, "en")
    desk.reload()
    expect(desk.locator("[data-action=next]")).to_be_enabled()
    second = desk.context.new_page()
    second.goto(f"{server.url}/desk?lang=en")
    expect(second.locator("[data-action=next]")).to_be_enabled()
    desk.wait_for_timeout(500)
    assert server.get("/branches/centre")["waiting"] == 1


def test_a_change_by_the_admin_shows_on_the_open_kiosk(screens: Any, server: Server) -> None:
    server.take_ticket()
    kiosk = screens("/kiosk/centre?lang=en", 1080, 1920)
    admin = screens("/admin?lang=en", 1440, 1000)
    admin.fill("[name=username]", "admin")
    admin.fill("[name=password]", PASSWORD)
    admin.keyboard.press("Enter")
    expect(admin.get_by_text("1 person is waiting for this now")).to_be_visible()
    admin.fill("[name='name.en']", "Passport and identity card")
    admin.click("[data-save]")
    expect(kiosk.get_by_text("Passport and identity card")).to_be_visible(timeout=10_000)
    assert server.get("/branches/centre")["waiting"] == 1
