"""Booking at home on a phone, and the appointment afterwards: few taps, no dead ends, readable by everybody."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response, Route, expect

from queue_service.actions.setup import import_office
from queue_service.app import open_database
from queue_service.settings import load_settings
from tests.running import DEMO_OFFICE, Server
from tests.screens.bookable import PERSON, book, make_bookable
from tests.screens.conftest import OpenPage, violations
from tests.screens.test_ticket_page import CLIPPED, LARGEST_PAGE_BYTES, TEXT_SPACING, sideways

pytestmark = pytest.mark.browser
COUNT_TAPS = """addEventListener("click", (event) => {
    if (event.isTrusted && event.detail) sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1;
}, true)"""
STEPS = ("service", "day", "time", "who", "review")


@pytest.fixture(scope="module")
def office(office: Server) -> Server:
    make_bookable(office, "passport", "residence", "collect")
    return office


def phone(open_page: OpenPage, office: Server, query: str = "?lang=en", width: int = 390, **options: Any) -> Page:
    page = open_page(width, 844, has_touch=True, **options)
    page.goto(f"{office.url}/book/{office.branch}{query}")
    page.wait_for_selector("[data-service]")
    return page


def go_to(page: Page, step: str, service: str = "passport", day: int = 1, time: int = 0) -> None:
    """From the first step to another; every call ends at a step whose choices are there."""
    for name in STEPS[: STEPS.index(step)]:
        page.wait_for_selector(f"[data-step={name}][data-busy=false]")
        if name == "service":
            page.click(f"[data-service={service}]")
        elif name == "day":
            page.locator("[data-day]").nth(day).click()
        elif name == "time":
            page.locator("[data-time]").nth(time).click()
        else:
            write(page)
            page.click("[data-review]")
    page.wait_for_selector(f"[data-step={step}][data-busy=false]")


def write(page: Page, name: str = PERSON["name"], number: str = PERSON["phone"]) -> None:
    page.fill("#name", name)
    page.fill("#phone", number)


def free_times(page: Page) -> list[str]:
    return [str(button.get_attribute("data-time")) for button in page.locator("[data-time]").all()]


def places_at(office: Server, service: str, starts_at: str) -> int:
    slots = office.get(f"/branches/{office.branch}/slots?service={service}")
    return sum(slot["free"] for slot in slots if slot["starts_at"] == starts_at)


def token_on(page: Page) -> str:
    page.wait_for_url(re.compile(r"/a/"))
    return page.url.split("/a/")[1].split("?")[0]


def test_a_visit_is_booked_on_a_phone_with_six_taps_at_most(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844, has_touch=True)
    page.add_init_script(COUNT_TAPS)
    page.goto(f"{office.url}/book/{office.branch}?lang=en")
    page.click("[data-service=passport]")
    page.locator("[data-day]").nth(1).click()
    page.locator("[data-time]").first.click()
    page.click("#name")
    page.keyboard.type(PERSON["name"])
    page.keyboard.press("Tab")
    page.keyboard.type(PERSON["phone"])
    page.click("[data-review]")
    review = page.locator("dl")
    for words in ("Passport", "Tomorrow, ", "08:00", "City Service Centre, 1 Freedom Square", *PERSON.values()):
        expect(review).to_contain_text(words)
    expect(page.locator(".bring")).to_contain_text("Photograph, 35 × 45 mm")
    page.click("[data-book]")
    token = token_on(page)
    expect(page.locator("[role=status]")).to_contain_text("It is booked.")
    booked = office.get(f"/appointments/{token}")
    expect(page.locator(".code")).to_have_text(booked["code"])
    assert (booked["name"], booked["language"], booked["channel"]) == (PERSON["name"], "en", "web")
    assert page.evaluate("Number(sessionStorage.taps)") <= 6
    page.wait_for_function("document.querySelector('.entry img').naturalWidth > 0")
    with page.expect_download() as download:
        page.click("[data-calendar]")
    assert b"BEGIN:VEVENT" in Path(download.value.path()).read_bytes()


def test_whoever_was_faster_leaves_other_times_to_choose_from(open_page: OpenPage, office: Server) -> None:
    page = phone(open_page, office)
    go_to(page, "time", "passport", day=2)
    wanted = free_times(page)[3]
    for _ in range(2):  # as many as there are windows for it
        hold = {"service": "passport", "starts_at": wanted}
        assert office.post("", f"/branches/{office.branch}/slot-holds", hold).status_code == 201
    page.click(f"[data-time='{wanted}']")
    expect(page.get_by_role("alert")).to_contain_text("Somebody was faster")
    expect(page.locator("h1")).to_be_focused()
    offered = free_times(page)
    assert 0 < len(offered) <= 5  # each offered once, nothing else beside them
    assert wanted not in offered
    page.click("[data-all-times]")
    expect(page.locator("h1")).to_be_focused()
    assert len(free_times(page)) > len(offered)
    page.locator("[data-time]").first.click()
    expect(page.locator("#name")).to_be_visible()


def test_errors_are_told_in_words_beside_the_field_that_has_the_focus(open_page: OpenPage, office: Server) -> None:
    page = phone(open_page, office)
    go_to(page, "who", day=3)
    page.click("[data-review]")
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#name-fault")).to_have_text("Please write your name.")
    assert page.get_attribute("#name", "aria-describedby") == "name-fault"
    write(page, number="12")
    page.click("[data-review]")
    expect(page.locator("#phone")).to_be_focused()
    assert page.input_value("#name") == PERSON["name"]
    # What only the server knows to be wrong is told at its field as well.
    write(page, number="+44 20 7946 000 1 2 3 4 5 6 7 8")
    page.click("[data-review]")
    page.click("[data-book]")
    expect(page.locator("#phone")).to_be_focused()
    expect(page.locator("#phone-fault")).to_contain_text("Please write the number with its code")
    purposes = [page.get_attribute(f"#{name}", "autocomplete") for name in ("name", "phone", "email")]
    assert purposes == ["name", "tel", "email"]


def test_back_is_one_step_and_gives_the_time_back(open_page: OpenPage, office: Server) -> None:
    page = phone(open_page, office)
    go_to(page, "time", "collect", day=1)
    before = free_times(page)
    places = places_at(office, "collect", before[2])
    page.locator("[data-time]").nth(2).click()
    write(page)
    page.click("[data-review]")
    page.wait_for_selector("[data-book]")
    assert places_at(office, "collect", before[2]) == places - 1
    page.go_back()
    expect(page.locator("#name")).to_have_value(PERSON["name"])
    page.go_back()
    page.wait_for_selector("[data-step=time][data-busy=false]")
    assert free_times(page) == before
    assert places_at(office, "collect", before[2]) == places
    page.click("[data-back]")
    page.wait_for_selector("[data-step=day][data-busy=false]")
    page.go_back()
    page.wait_for_selector("[data-step=service]")
    page.go_forward()
    page.wait_for_selector("[data-step=day] [data-day]")
    # A link leads straight to a service.
    page.goto(f"{office.url}/book/{office.branch}?service=residence&lang=en")
    expect(page.locator("[data-step=day] .chosen")).to_have_text("Registration of residence")


def test_the_time_left_is_told_and_can_be_had_again(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844)
    page.clock.install()
    page.goto(f"{office.url}/book/{office.branch}?lang=en")
    go_to(page, "who", "residence", day=4)
    expect(page.locator(".kept")).to_contain_text(re.compile("kept for you for (9|10) more minutes"))
    write(page)
    page.clock.fast_forward("08:30")
    expect(page.get_by_role("alert").filter(has_text="less than two minutes")).to_be_visible()
    assert page.input_value("#name") == PERSON["name"]
    page.click("[data-keep]")
    # Ten more minutes from the server's now, of which this page's clock has used most already.
    expect(page.locator("[data-busy=false]")).to_be_visible()
    page.click("[data-review]")
    page.click("[data-book]")
    token_on(page)


def test_an_appointment_moves_in_three_taps_and_back_in_one(open_page: OpenPage, office: Server) -> None:
    booked = book(office, "residence", 5)
    page = open_page(390, 844)
    page.add_init_script(COUNT_TAPS)
    page.goto(f"{booked['status_url']}?lang=en")
    page.click("[data-move]")
    page.locator("[data-day]").nth(2).click()
    wanted = free_times(page)[4]
    page.click(f"[data-time='{wanted}']")
    page.wait_for_selector(f"[data-starts-at='{wanted}'][data-busy=false]")
    assert page.evaluate("Number(sessionStorage.taps)") == 3
    assert office.get(f"/appointments/{booked['token']}")["starts_at"] == wanted
    expect(page.get_by_role("status")).to_contain_text("this is your time now")
    page.click("[data-move-back]")
    page.wait_for_selector(f"[data-starts-at='{booked['starts_at']}'][data-busy=false]")
    assert office.get(f"/appointments/{booked['token']}")["starts_at"] == booked["starts_at"]


def test_an_appointment_is_cancelled_after_a_second_question(open_page: OpenPage, office: Server) -> None:
    booked = book(office, "collect", 8)
    page = open_page(390, 844)
    page.goto(f"{booked['status_url']}?lang=en")
    page.click("[data-cancel]")
    expect(page.locator("[data-keep]")).to_be_focused()
    page.click("[data-keep]")
    page.click("[data-cancel]")
    page.click("[data-cancel-yes]")
    page.wait_for_selector("[data-status=cancelled]")
    expect(page.locator("h1")).to_be_focused()
    assert office.get(f"/appointments/{booked['token']}")["status"] == "cancelled"
    page.click("[data-again]")
    expect(page.locator("[data-step=day] .chosen")).to_have_text("Collect a finished document")


def test_documents_that_are_packed_stay_ticked(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844)
    page.goto(f"{book(office, 'passport', 9)['status_url']}?lang=en")
    page.get_by_label("Photograph, 35 × 45 mm").check()
    page.reload()
    expect(page.get_by_label("Photograph, 35 × 45 mm")).to_be_checked()
    expect(page.get_by_label("Previous passport")).not_to_be_checked()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_step_has_findings_or_loses_anything_on_a_narrow_phone(
    open_page: OpenPage, office: Server, language: str
) -> None:
    page = phone(open_page, office, f"?lang={language}", width=320)  # as at 400 % of a usual screen
    for step in STEPS:
        if step != "service":
            go_to_next(page, step)
        _assert_fits(page, step)
    page.click("[data-book]")
    page.wait_for_selector("[data-status=booked]")
    _assert_fits(page, "booked")
    page.click("[data-move]")
    page.wait_for_selector("[data-day]")
    _assert_fits(page, "moving")
    page.click("[data-keep]")
    page.click("[data-cancel]")
    _assert_fits(page, "asking")
    page.click("[data-cancel-yes]")
    page.wait_for_selector("[data-status=cancelled]")
    _assert_fits(page, "cancelled")
    assert page.get_attribute("html", "lang") == language


def go_to_next(page: Page, step: str) -> None:
    if step in ("day", "time", "who"):
        page.locator({"day": "[data-service]", "time": "[data-day]", "who": "[data-time]"}[step]).last.click()
    else:
        page.click("[data-review]")
        _assert_fits(page, "who with faults")
        page.click("[data-step=who] summary")
        write(page)
        page.click("[data-review]")
    page.wait_for_selector(f"[data-step={step}][data-busy=false]")


def _assert_fits(page: Page, step: str) -> None:
    assert violations(page) == [], step
    style = page.add_style_tag(content=TEXT_SPACING)
    assert sideways(page) <= 0, step
    assert page.evaluate(CLIPPED) == [], step
    style.evaluate("style => style.remove()")


def test_dark_pages_have_no_findings(open_page: OpenPage, office: Server) -> None:
    page = phone(open_page, office, color_scheme="dark")
    go_to(page, "review", "collect", day=5)
    assert violations(page) == []
    page.click("[data-book]")
    page.wait_for_selector("[data-status=booked]")
    assert violations(page) == []


def test_the_pages_weigh_little_and_keep_to_their_own_security_policy(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844, bypass_csp=False)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{office.url}/book/{office.branch}")
    go_to(page, "review", "residence", day=6)
    assert 0 < sum(answer.request.sizes()["responseBodySize"] for answer in answers) <= LARGEST_PAGE_BYTES
    answers.clear()
    page.goto(book(office, "residence", 12)["status_url"])
    page.wait_for_load_state("networkidle")
    assert 0 < sum(answer.request.sizes()["responseBodySize"] for answer in answers) <= LARGEST_PAGE_BYTES
    assert complaints == []


def test_a_visit_of_two_services_is_found_and_booked_in_one(open_page: OpenPage, office: Server) -> None:
    page = phone(open_page, office, width=320)
    page.click("[data-service=passport]")
    page.click("[data-more]")
    page.wait_for_selector("[data-step=more]")
    assert page.locator("[data-service=passport]").count() == 0
    _assert_fits(page, "more")
    page.click("[data-service=collect]")
    page.wait_for_selector("[data-step=day][data-busy=false] [data-without=collect]")
    _assert_fits(page, "two services")
    page.locator("[data-day]").nth(3).click()
    page.locator("[data-time]").first.click()
    write(page)
    page.click("[data-review]")
    page.click("[data-book]")
    mine = office.get(f"/appointments/{token_on(page)}")
    assert [service["code"] for service in mine["services"]] == ["passport", "collect"]


def test_needs_count_in_the_search_of_days(open_page: OpenPage, office: Server) -> None:
    asked: list[str] = []
    page = open_page(390, 844)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{office.url}/book/{office.branch}?service=passport&lang=en")
    page.wait_for_selector("[data-step=day][data-busy=false] [data-day]")
    page.click("[data-step=day] .asking summary")
    page.click(".asking [value=wheelchair]")
    page.wait_for_function("document.querySelector('[data-step=day][data-busy=false] [data-day]')")
    page.locator("[data-day]").first.click()
    page.locator("[data-time]").last.click()
    page.wait_for_selector("[data-step=who]")
    assert page.is_checked("[data-step=who] [value=wheelchair]")
    searched = [url for url in asked if "needs=wheelchair" in url]
    assert [url.split("?")[0].rsplit("/", 1)[1] for url in searched] == ["nearest-slots", "slots"]


@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_name_is_corrected_or_the_page_says_why_not(open_page: OpenPage, office: Server, is_fixed: bool) -> None:
    make_bookable(office, "passport", "residence", "collect", protections={"name_fixed": is_fixed})
    booked = book(office, "residence", 14)
    page = open_page(320, 844)
    page.goto(f"{booked['status_url']}?lang=en")
    page.click("[data-correct]")
    _assert_fits(page, "correcting")
    page.fill("#phone", "12")
    page.click("[data-save]")
    expect(page.locator("#phone")).to_be_focused()
    page.fill("#phone", "+44 20 7946 0123")
    if is_fixed:
        expect(page.locator("[data-name-fixed]")).to_contain_text("The name cannot be changed here")
        assert page.locator("#name").count() == 0
    else:
        page.fill("#name", "Ada King")
    page.click("[data-save]")
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert office.get(f"/appointments/{booked['token']}")["name"] == ("Ada Lovelace" if is_fixed else "Ada King")
    if is_fixed:
        page.click("[data-correct]")
        page.click("[data-cancel]")
        page.click("[data-cancel-yes]")
        page.wait_for_selector("[data-status=cancelled]")
    make_bookable(office, "passport", "residence", "collect")


def _answer(board: Any, route: Route) -> None:
    route.fulfill(json=board)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_somebody_signs_up_for_a_draw(open_page: OpenPage, office: Server, language: str) -> None:
    make_bookable(office, "passport", "residence", "collect", protections={"draw_minutes": 1440})
    page = phone(open_page, office, f"?lang={language}", width=320)
    page.click("[data-service=residence]")
    page.wait_for_selector("[data-draw]")
    _assert_fits(page, "draw is on")
    page.click("[data-draw]")
    _assert_fits(page, "draw")
    write(page, number=f"+44 20 7946 88{ord(language[0])}")
    page.click("[data-sign-up]")
    page.wait_for_selector("[data-status=waiting]")
    _assert_fits(page, "signed up")
    entry = office.get(f"/waiting-list/{page.url.split('/w/')[1].split('?')[0]}")
    assert (entry["kind"], entry["drawn"], entry["booked"]) == ("draw", False, None)
    lost = {**entry, "status": "ended", "drawn": True, "draw_at": None}
    won = {**lost, "status": "booked", "booked": {"starts_at": entry["draw_at"], "status_url": f"{office.url}/a/mine"}}
    for result, button in ((lost, "[data-again]"), (won, "[data-see]")):
        page.route("**/api/v1/waiting-list/*", partial(_answer, result))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector(button)
        _assert_fits(page, button)
    page.unroute("**/api/v1/waiting-list/*")
    page.reload()
    page.click("[data-leave]")
    page.click("[data-leave-yes]")
    page.wait_for_selector("[data-status=ended]")
    make_bookable(office, "passport", "residence", "collect")


def test_an_office_without_bookings_says_so(open_page: OpenPage, office: Server) -> None:
    page = open_page(390, 844)
    page.route("**/services", lambda route: route.fulfill(json=[]))
    page.goto(f"{office.url}/book/{office.branch}?lang=en")
    expect(page.get_by_text("This office takes no bookings now.")).to_be_visible()


def test_a_browser_works_for_its_search_where_that_is_asked_also_on_plain_http(
    open_page: OpenPage, office: Server
) -> None:
    make_bookable(office, "passport", "residence", "collect", protections={"proof_of_work": 300})
    assert office.get(f"/branches/{office.branch}/slots?service=passport")["code"] == "proof_needed"
    page = open_page(390, 844)
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page.goto(f"{office.url}/book/{office.branch}?lang=en")
    go_to(page, "time", day=1)
    page.locator("[data-time]").first.click()
    # A proof is good for one hold: the next one is worked for anew.
    page.wait_for_selector("[data-step=who]")
    page.click("[data-back]")
    page.wait_for_selector("[data-step=time][data-busy=false]")
    page.locator("[data-time]").nth(1).click()
    write(page)
    page.click("[data-review]")
    page.click("[data-book]")
    token = token_on(page)
    page.click("[data-move]")
    page.locator("[data-day]").nth(1).click()
    wanted = free_times(page)[5]
    page.click(f"[data-time='{wanted}']")
    page.wait_for_selector(f"[data-starts-at='{wanted}'][data-busy=false]")
    assert office.get(f"/appointments/{token}")["starts_at"] == wanted
    make_bookable(office, "passport", "residence", "collect")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_whoever_waits_for_a_sooner_time_is_offered_it_and_takes_it(
    open_page: OpenPage, office: Server, language: str
) -> None:
    # Driving licences are for tomorrow and later, and tomorrow is full but for what is given back.
    tomorrow = a_full_day_of_driving(office)
    page = phone(open_page, office, f"?lang={language}", width=320)
    page.click("[data-service=driving]")
    page.click("[data-wait]")
    _assert_fits(page, "wait")
    page.click("[data-join]")
    expect(page.locator("#name")).to_be_focused()
    write(page, number=f"+44 20 7946 77{ord(language[0])}")
    page.click("[data-join]")
    page.wait_for_selector("[data-status=waiting]")
    _assert_fits(page, "waiting")
    token = page.url.split("/w/")[1].split("?")[0]
    office.send("DELETE", "rita", f"/appointments/{tomorrow['token']}")
    assert office.get(f"/waiting-list/{token}")["status"] == "offered"
    page.reload()
    page.wait_for_selector("[data-accept]")
    _assert_fits(page, "offered")
    page.click("[data-accept]")
    page.wait_for_selector("[data-status=booked]")
    mine = office.get(f"/appointments/{page.url.split('/a/')[1].split('?')[0]}")
    assert mine["starts_at"] == tomorrow["starts_at"]
    # The place on the list has been used, and can be left no more; it leads to the appointment.
    page.goto(f"{office.url}/w/{token}?lang={language}")
    page.click("[data-status=booked] [data-see]")
    expect(page.locator(".code")).to_have_text(mine["code"])


def test_another_office_that_is_sooner_is_one_tap_away(open_page: OpenPage, office: Server) -> None:
    """Passports are for the day after tomorrow here, and for today in the other office of the town."""
    make_bookable(office, "passport", lead_minutes=2 * 24 * 60)
    make_bookable(another_office(office), "passport")
    page = phone(open_page, office, width=320)
    page.click("[data-service=passport]")
    sooner = page.locator("[data-elsewhere=harbour]")
    expect(sooner).to_contain_text("Today")
    expect(sooner).to_contain_text("Harbour")
    _assert_fits(page, "sooner elsewhere")
    sooner.click()
    page.wait_for_url("**/book/harbour?service=passport**")
    page.locator("[data-day]").first.click()
    page.locator("[data-time]").first.click()
    write(page)
    page.click("[data-review]")
    page.click("[data-book]")
    assert office.get(f"/appointments/{token_on(page)}")["branch"]["code"] == "harbour"


def another_office(office: Server) -> Server:
    """The same server, as the admin of a second branch uses it."""
    database = open_database(load_settings(data=office.data))
    text = DEMO_OFFICE.read_text("utf-8").replace("code: centre", "code: harbour").replace("City Service", "Harbour")
    import_office(database, text)
    database.close()
    other = replace(office, branch="harbour", tokens={}, process=None)
    other.hire("hanna", "admin")
    other.tokens["admin"] = other.tokens["hanna"]
    return other


def a_full_day_of_driving(office: Server) -> Any:
    """One window with one slot a day, on which somebody is booked tomorrow; their appointment."""
    terms = {"minutes": 60, "lead_minutes": 10 * 60, "protections": {"waiting_list": True}}
    make_bookable(office, "driving", **terms)
    base = f"/admin/branches/{office.branch}"
    for roster in office.get(base, "admin")["rosters"]:
        if roster["window"] == "3":
            hours = {day: [["09:00", "10:00"]] for day in roster["hours"]}
            office.send("PATCH", "admin", f"{base}/rosters/{roster['id']}", {"hours": hours})
        else:
            office.send("DELETE", "admin", f"{base}/rosters/{roster['id']}")
    return book(office, "driving")
