"""A ticket on its holder's phone, and on paper: true, current, and readable on the smallest screen."""

import io
import re
from typing import Any

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Page, Response, expect

from tests.running import Server
from tests.screens.conftest import OpenPage

pytestmark = pytest.mark.browser
LARGEST_PAGE_BYTES = 100_000
DOTS_PER_MM = 8  # 203 dpi
CSS_PX_PER_MM = 96 / 25.4
TEXT_SPACING = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"

CLIPPED = """() => [...document.querySelectorAll("#app *")]
    .filter((part) => part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 1)
    .filter((part) => getComputedStyle(part).display !== "inline")
    .map((part) => part.outerHTML.slice(0, 80))"""


def call_next(office: Server, window: str = "3") -> Any:
    return office.post("anna", f"/windows/{office.window(window)}/next").json()


def at_the_window(office: Server, window: str, *moves: str) -> None:
    for move in moves:
        body = {"outcome": "solved"} if move == "finish" else {}
        assert office.post("anna", f"/windows/{office.window(window)}/{move}", body).status_code in (200, 204), move


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_a_waiting_ticket_tells_state_number_time_place_and_age_in_this_order(
    open_page: OpenPage, office: Server
) -> None:
    office.take_ticket("family")
    ticket = office.take_ticket("family", "en")
    page = open_page(390, 844)
    page.goto(ticket["status_url"])
    wait = page.locator("[data-wait]").inner_text()  # before the office opens, another range than in the day
    assert wait
    words = page.locator("#app").inner_text()
    order = [
        "You are waiting",
        "1\u00a0person before you",
        ticket["number"],
        wait,
        "Wait in the hall.",
        "Updated at ",
    ]
    places = [words.index(part) for part in order]
    assert places == sorted(places)
    assert "Passports of the applicants" in words


def test_the_place_moves_up_and_the_call_fills_the_screen(open_page: OpenPage, office: Server) -> None:
    first, second = office.take_ticket("driving"), office.take_ticket("driving")
    at_the_window(office, "3", "open")
    page = open_page(390, 844)
    page.add_init_script("navigator.vibrate = (pattern) => { (window.buzzed ??= []).push(pattern); return true; }")
    page.goto(second["status_url"])
    expect(page.locator("[role=status] .place")).to_have_text("Перед вами 1\u00a0человек")
    assert call_next(office)["number"] == first["number"]
    expect(page.locator("[role=status] .place")).to_have_text("Вы следующий")
    at_the_window(office, "3", "start", "finish")
    assert call_next(office)["number"] == second["number"]

    call = page.locator("[role=alert] .turn")
    expect(call).to_contain_text("Подойдите к окну")
    expect(call.locator(".window")).to_have_text("3")
    assert page.title() == f"Подойдите к окну\u00a03 — {second['number']}"
    box = call.bounding_box()
    assert box is not None
    assert box["height"] > 844 * 0.6
    assert page.evaluate("window.buzzed.length") == 1
    page.click("[data-coming]")
    expect(page.locator("[data-coming]")).to_have_count(0)

    at_the_window(office, "3", "start")
    expect(page.get_by_text("Вас обслуживают")).to_be_visible()
    at_the_window(office, "3", "finish")
    expect(page.get_by_text("Ваш визит завершён")).to_be_visible()
    at_the_window(office, "3", "close")


def test_a_ticket_is_given_back_only_after_a_second_question(open_page: OpenPage, office: Server) -> None:
    ticket = office.take_ticket("benefits", "en")
    page = open_page(390, 844)
    page.goto(ticket["status_url"])
    page.click("[data-cancel]")
    expect(page.locator("[data-keep]")).to_be_focused()
    page.click("[data-keep]")
    assert office.get(f"/tickets/{ticket['token']}")["status"] == "waiting"
    page.click("[data-cancel]")
    page.click("[data-cancel-yes]")
    expect(page.get_by_text("You have given this ticket back")).to_be_visible()
    assert office.get(f"/tickets/{ticket['token']}")["status"] == "cancelled"


def test_an_old_call_is_not_told_as_if_it_were_new(open_page: OpenPage, server: Server) -> None:
    ticket = server.take_ticket("driving", "en")
    at_the_window(server, "3", "open", "next")
    page = open_page(390, 844)
    page.clock.install()
    page.goto(ticket["status_url"])
    expect(page.get_by_text("It is your turn")).to_be_visible()
    server.kill()
    # The phone slept and wakes: until the server has answered, nothing is claimed.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Checking your place")).to_be_visible()
    expect(page.get_by_text("It is your turn")).to_have_count(0)
    page.clock.run_for(25_000)
    expect(page.get_by_text(re.compile(r"No connection\. Last updated at \d\d:\d\d\."))).to_be_visible()
    expect(page.get_by_text(re.compile(r"You were called to window\s3 at \d\d:\d\d"))).to_be_visible()
    assert "Go to window" not in page.title()
    server.start()
    page.clock.resume()
    expect(page.get_by_text("It is your turn")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("No connection")).to_have_count(0)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_narrow_phone_and_spaced_text_lose_nothing(open_page: OpenPage, office: Server, language: str) -> None:
    ticket = office.take_ticket("residence", language)
    page = open_page(320, 640)
    page.goto(ticket["status_url"])
    expect(page.locator(".now .number")).to_have_text(ticket["number"])
    assert sideways(page) <= 0
    page.add_style_tag(content=TEXT_SPACING)
    assert sideways(page) <= 0
    assert page.evaluate(CLIPPED) == []


def test_news_is_announced_politely_and_the_call_at_once(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844)
    page.goto(office.take_ticket("residence")["status_url"])
    assert page.locator("[role=status] .place").count() == 1
    assert page.locator("[role=alert]").inner_text() == ""


def test_the_page_stays_under_its_weight(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(office.take_ticket("passport")["status_url"])
    page.wait_for_load_state("networkidle")
    weight = sum(answer.request.sizes()["responseBodySize"] for answer in answers)
    assert 0 < weight <= LARGEST_PAGE_BYTES


def test_an_unknown_ticket_gets_a_calm_page_in_the_visitors_language(open_page: OpenPage, office: Server) -> None:
    for locale, words in (("ru-RU", "Неизвестный талон"), ("en-GB", "Unknown ticket")):
        page = open_page(390, 844, locale=locale)
        answer = page.goto(f"{office.url}/t/nobody-has-this")
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_role("heading", name=words)).to_be_visible()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_slip_fits_the_roll_and_can_be_read_and_scanned(open_page: OpenPage, office: Server, language: str) -> None:
    ticket = office.take_ticket("passport", language)
    scale = DOTS_PER_MM / CSS_PX_PER_MM
    page = open_page(302, 800, device_scale_factor=scale)
    page.goto(ticket["slip_url"])
    page.evaluate("document.fonts.ready")
    words = page.locator("body").inner_text()
    for part in (
        {"ru": "Городской центр услуг", "en": "City Service Centre"}[language],
        {"ru": "Паспорт", "en": "Passport"}[language],
        {"ru": "Фотография 35 × 45 мм", "en": "Photograph, 35 × 45 mm"}[language],
    ):
        assert part in words
    assert re.search(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", words)
    assert _ink_height_mm(page.locator("svg.number").screenshot()) >= 15
    assert sideways(page) <= 0
    body = page.locator("body").bounding_box()
    assert body is not None
    assert body["width"] <= 72 * CSS_PX_PER_MM + 0.5
    _assert_shows_code(page.locator(".qr").screenshot(), ticket["status_url"])


def _ink_height_mm(picture: bytes) -> float:
    box = Image.open(io.BytesIO(picture)).convert("L").point(lambda shade: 255 if shade < 128 else 0).getbbox()
    assert box is not None
    return float(box[3] - box[1]) / DOTS_PER_MM


def _assert_shows_code(picture: bytes, payload: str) -> None:
    """The printed code is the one a scanner reads as `payload`: module by module, 25 mm and 4 dots or more."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(payload)
    modules = code.get_matrix()
    image = Image.open(io.BytesIO(picture)).convert("L")
    size = image.width / len(modules)
    assert size >= 4
    assert size * (len(modules) - 8) / DOTS_PER_MM >= 25
    printed = [
        [image.getpixel((int((x + 0.5) * size), int((y + 0.5) * size))) < 128 for x in range(len(modules))]  # type: ignore[operator]
        for y in range(len(modules))
    ]
    assert printed == modules


def test_the_slip_prints_on_one_page_of_80_mm_that_ends_with_it(open_page: OpenPage, office: Server) -> None:
    page = open_page(302, 800)
    for service in ("passport", "collect"):
        page.goto(office.take_ticket(service)["slip_url"])
        height_mm = float(str(page.locator("body[data-height]").get_attribute("data-height")))
        printed = page.pdf(prefer_css_page_size=True)
        [(width, height)] = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
        assert float(width) == pytest.approx(80 / 25.4 * 72, abs=1)
        assert float(height) == pytest.approx(height_mm / 25.4 * 72, abs=1)
        assert 70 < height_mm < 150


def test_a_long_number_stays_on_the_paper(open_page: OpenPage, office: Server) -> None:
    page = open_page(302, 800)
    page.goto(office.take_ticket("passport")["slip_url"])
    widths = page.evaluate(
        """async () => {
            await document.fonts.ready;
            const label = document.querySelector("svg.number text");
            return [label.getBBox().width, document.querySelector("svg.number").viewBox.baseVal.width];
        }"""
    )
    assert widths[0] <= widths[1]
