"""The administration in a real browser: a saved change is on the other screens at once, a refused one is told."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import AA, OpenPage, violations

pytestmark = pytest.mark.browser

SAVED = {"en": "Saved. Kiosks and screens show it already.", "ru": "Сохранено. Киоски и табло уже показывают это."}


@pytest.fixture
def admin(open_page: OpenPage, server: Server) -> Callable[..., Page]:
    """admin(language, width, height) is somebody who has signed in as administrator."""

    def sign_in(language: str = "en", width: int = 1440, height: int = 1000, **options: str) -> Page:
        page = open_page(width, height, **options)
        page.goto(f"{server.url}/admin?lang={language}")
        page.fill("[name=username]", "admin")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("[data-code=passport]")).to_be_visible()
        return page

    return sign_in


def saved(page: Page, language: str = "en") -> None:
    page.click("[data-save]")
    expect(page.locator("[role=status]")).to_have_text(SAVED[language])
    expect(page.locator("[role=alert]")).to_have_text("")


def kiosk_of(server: Server, open_page: OpenPage, language: str = "en") -> Page:
    page = open_page(1080, 1920)
    page.goto(f"{server.url}/kiosk/{server.branch}?lang={language}")
    expect(page.locator("[data-service=passport]")).to_be_visible()
    return page


def service(server: Server, code: str) -> dict[str, object]:
    services = server.get(f"/admin/branches/{server.branch}", "admin")["services"]
    return next(one for one in services if one["code"] == code)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_renamed_service_shows_on_the_open_kiosk_while_people_wait(
    admin: Callable[..., Page], open_page: OpenPage, server: Server, language: str
) -> None:
    ticket = server.take_ticket()
    kiosk = kiosk_of(server, open_page, language)
    kiosk.evaluate("window.isTheSamePage = true")
    page = admin(language)
    expect(page.locator("[data-waiting]")).to_contain_text("1")
    page.fill(f"[name='name.{language}']", "Passport · Паспорт")
    saved(page, language)
    expect(kiosk.locator("[data-service=passport]")).to_contain_text("Passport · Паспорт", timeout=10_000)
    assert kiosk.evaluate("window.isTheSamePage")
    assert server.get(f"/tickets/{ticket['token']}")["status"] == "waiting"


def test_a_new_service_with_a_window_takes_tickets_on_the_open_kiosk(
    admin: Callable[..., Page], open_page: OpenPage, server: Server
) -> None:
    kiosk = kiosk_of(server, open_page)
    page = admin()
    page.click("[data-add]")
    page.fill("[name='name.ru']", "Справки")
    page.fill("[name='name.en']", "Certificates & extracts")
    page.fill("[name=prefix]", "G")
    page.fill("[name=norm_seconds]", "10")
    page.click("[data-add-document]")
    page.fill("[name='documents.0.name.ru']", "Паспорт")
    page.fill("[name='documents.0.source']", "§ 12")
    saved(page)
    expect(page.locator("[data-code=certificates-extracts]")).to_have_attribute("aria-current", "true")
    page.click("[data-tab=windows]")
    page.check("[data-window='1'][data-service=certificates-extracts]")
    page.check("[data-window='2'][data-service=certificates-extracts]")
    saved(page)
    expect(kiosk.locator("[data-service=certificates-extracts]")).to_be_visible(timeout=10_000)
    new = service(server, "certificates-extracts")
    assert new["norm_seconds"] == 600
    assert new["documents"] == [{"name": {"ru": "Паспорт"}, "required": True, "note": {}, "source": "§ 12"}]
    assert server.take_ticket("certificates-extracts")["number"] == "G001"


def test_documents_are_put_in_order_and_taken_away_by_keyboard(admin: Callable[..., Page], server: Server) -> None:
    before = [paper["name"]["en"] for paper in service(server, "passport")["documents"]]  # type: ignore[attr-defined]
    page = admin()
    page.focus("[data-paper='1'] [data-up]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-paper]').dataset.paper") == "0"
    page.focus("[data-paper='2'] [data-remove]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('[data-add-document]')")
    saved(page)
    after = [paper["name"]["en"] for paper in service(server, "passport")["documents"]]  # type: ignore[attr-defined]
    assert after == [before[1], before[0]]


def test_what_is_wrong_stands_beside_its_field_in_the_admins_language(
    admin: Callable[..., Page], server: Server
) -> None:
    page = admin("ru")
    page.fill("[name=prefix]", "A1")
    page.click("[data-save]")
    wrong = page.locator("label", has=page.locator("[name=prefix]"))
    expect(wrong).to_contain_text("От одной до трёх букв, без цифр.")
    expect(page.locator("[name=prefix]")).to_be_focused()
    expect(page.locator("[role=alert]")).to_contain_text("Исправьте отмеченные поля.")
    assert violations(page) == []
    page.fill("[name=prefix]", "Я")
    page.fill("[name='name.ru']", "")
    page.click("[data-save]")
    expect(page.locator("[name='name.ru']")).to_be_focused()
    page.fill("[name='name.ru']", "Паспорт")
    saved(page, "ru")
    assert service(server, "passport")["prefix"] == "Я"


def test_hours_of_a_day_change_and_an_overlap_is_told_at_that_day(
    admin: Callable[..., Page], open_page: OpenPage, server: Server
) -> None:
    page = admin()
    page.click("[data-tab=hours]")
    page.click("[data-day=mon] [data-add-span]")
    page.fill("[name='hours.mon.1.0']", "14:00")
    page.fill("[name='hours.mon.1.1']", "24:00")
    page.click("[data-save]")
    expect(page.locator("[data-day=mon]")).to_contain_text("must not overlap")
    expect(page.locator("[data-day=tue]")).not_to_contain_text("must not overlap")
    page.fill("[name='hours.mon.0.1']", "13:00")
    page.click("[data-day=sun] [data-remove]")
    saved(page)
    hours = server.get(f"/branches/{server.branch}")["hours"]
    assert hours["mon"] == [["00:00", "13:00"], ["14:00", "24:00"]]
    assert "sun" not in hours


def test_a_service_with_people_in_line_is_not_deleted_and_the_page_says_how_many(
    admin: Callable[..., Page], server: Server
) -> None:
    server.take_ticket()
    server.take_ticket()
    page = admin()
    page.click("[data-delete]")
    page.click("[data-yes]")
    expect(page.locator("[role=alert]")).to_contain_text("2 people wait for this")
    page.click("[data-code=collect]")
    page.click("[data-delete]")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("[data-delete]")).to_be_focused()
    page.click("[data-delete]")
    page.click("[data-yes]")
    expect(page.locator("[data-code=collect]")).to_have_count(0)
    expect(page.locator("[role=status]")).to_have_text(SAVED["en"])
    expect(page.locator("[data-code=passport]")).to_have_attribute("aria-current", "true")


def test_windows_come_and_go_and_one_in_use_stays(admin: Callable[..., Page], server: Server) -> None:
    server.post("anna", f"/windows/{server.window('1')}/open")
    page = admin()
    page.click("[data-tab=windows]")
    expect(page.locator("th", has_text="open: anna")).to_be_visible()
    page.check("[data-window='6'][data-service=passport]")
    page.fill("[name=code]", "7")
    page.click("[data-add-window]")
    expect(page.locator("[data-window='7']").first).to_be_visible()
    expect(page.locator("[data-window='6'][data-service=passport]")).to_be_checked()
    page.click("[data-delete-window='7']")
    page.click("[data-yes]")
    expect(page.locator("[data-window='7']")).to_have_count(0)
    page.click("[data-delete-window='1']")
    page.click("[data-yes]")
    expect(page.locator("[role=alert]")).to_contain_text("Somebody works at window 1")
    page.fill("[name=code]", "2")
    page.click("[data-add-window]")
    expect(page.locator("[role=alert]")).to_contain_text("“2” exists already")
    saved(page)
    shown = server.get(f"/admin/branches/{server.branch}", "admin")["windows"]
    assert {window["code"]: window["services"] for window in shown}["6"] == ["passport", "benefits", "collect"]


def test_two_admins_see_each_others_changes_and_overwrite_nothing(admin: Callable[..., Page], server: Server) -> None:
    first, second = admin(), admin()
    first.fill("[name='fee.en']", "€75")
    second.fill("[name='name.en']", "Travel passport")
    saved(second)
    expect(first.locator("[role=status]")).to_contain_text("Somebody else has just changed")
    expect(first.locator("[name='fee.en']")).to_have_value("€75")
    saved(first)
    expect(second.locator("[name='fee.en']")).to_have_value("€75")
    both = service(server, "passport")
    assert (both["name"]["en"], both["fee"]["en"]) == ("Travel passport", "€75")  # type: ignore[index]


def test_what_is_not_saved_is_not_lost_without_a_question(admin: Callable[..., Page], server: Server) -> None:
    page = admin()
    page.fill("[name='name.en']", "Half a na")
    expect(page.locator("[role=status]")).to_have_text("Not saved yet.")
    page.click("[data-tab=hours]")
    page.click("[data-no]")
    expect(page.locator("[name='name.en']")).to_have_value("Half a na")
    page.click("[data-code=residence]")
    page.click("[data-yes]")
    expect(page.locator("[name='name.en']")).to_have_value("Registration of residence")
    page.click("[data-save]")
    expect(page.locator("[role=status]")).to_have_text("There is nothing to save.")
    assert service(server, "passport")["name"]["en"] == "Passport"  # type: ignore[index]


def test_an_admin_of_two_offices_chooses_one(admin: Callable[..., Page], server: Server) -> None:
    from queue_service.actions import setup, staff
    from queue_service.app import open_database
    from queue_service.settings import load_settings
    from tests.running import DEMO_OFFICE

    database = open_database(load_settings(data=server.data))
    other = DEMO_OFFICE.read_text("utf-8").replace("code: centre", "code: harbour").replace("City Service", "Harbour")
    setup.import_office(database, other)
    database.write(lambda c: staff.add_staff(c, "both", "admin", ["centre", "harbour"], password=PASSWORD))
    database.close()
    page = admin()
    page.get_by_role("button", name="Sign out").click()
    page.fill("[name=username]", "both")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.select_option("#branch", "harbour")
    page.wait_for_url("**branch=harbour**")
    expect(page.locator("#branch")).to_have_value("harbour")
    page.fill("[name='name.en']", "Sailor's passport")
    saved(page)
    assert service(server, "passport")["name"]["en"] == "Passport"  # type: ignore[index]


def test_why_messages_do_not_get_through_is_told_in_words(admin: Callable[..., Page], server: Server) -> None:
    page = admin()
    trouble = {"id": "1", "kind": "booked", "channel": "email", "attempts": 2, "queued_at": "2026-03-02T08:00:00Z"}
    waits = {
        **trouble,
        "state": "queued",
        "next_attempt_at": "2026-03-02T08:05:00Z",
        "error": "SMTPAuthenticationError 535",
    }
    failed = {**trouble, "state": "failed", "next_attempt_at": None, "error": "refused 550", "reason": "no_mailbox"}
    board = {"waiting": 1, "overdue": 0, "later": 0, "failed": 1, "configured": {"email": True, "text": False}}
    troubled = [{**waits, "reason": "login"}, failed]
    page.route("**/admin/branches/*/messages", lambda route: route.fulfill(json={**board, "troubled": troubled}))
    page.click("[data-tab=messages]")
    expect(page.locator("[data-reason=login]")).to_contain_text("does not accept our user name or password")
    expect(page.locator("[data-reason=no_mailbox] [data-again]")).to_be_visible()
    expect(page.get_by_text("no SMS and no messenger is used")).to_be_visible()
    assert violations(page) == []


def test_an_operator_is_told_that_this_page_is_not_theirs(open_page: OpenPage, server: Server) -> None:
    page = open_page(1440, 1000)
    page.goto(f"{server.url}/admin?lang=en")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account cannot use this page.")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (390, 844), (320, 640)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_administration_has_no_findings_and_never_scrolls_sideways(
    admin: Callable[..., Page], server: Server, width: int, height: int, theme: str
) -> None:
    server.take_ticket()
    page = admin("ru", width, height, color_scheme=theme)
    for tab in ("services", "windows", "hours", "office"):
        page.click(f"[data-tab={tab}]")
        expect(page.locator(f"[data-tab={tab}]")).to_have_attribute("aria-current", "page")
        assert violations(page, runOnly=AA) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    page.fill("[name='name.ru']", "Другое имя")
    page.click("[data-tab=hours]")
    expect(page.locator("dialog")).to_be_visible()
    assert violations(page, runOnly=AA) == []


def test_nothing_with_the_focus_hides_behind_the_save_bar(admin: Callable[..., Page]) -> None:
    page = admin("en", 390, 844)
    page.focus("[data-code=collect]")
    hidden = """() => {
        const [focus, bar] = [document.activeElement, document.querySelector('.save-bar')];
        if (bar.contains(focus)) return null;
        const [one, other] = [focus.getBoundingClientRect(), bar.getBoundingClientRect()];
        return one.top >= other.top && one.bottom <= other.bottom ? focus.outerHTML.slice(0, 80) : null;
    }"""
    for _ in range(35):
        page.keyboard.press("Tab")
        assert page.evaluate(hidden) is None


def test_a_refused_session_keeps_what_was_typed(admin: Callable[..., Page], server: Server) -> None:
    page = admin()
    page.fill("[name='name.en']", "Typed with care")
    cookie = {one["name"]: one["value"] for one in page.context.cookies()}["qs_session"]
    csrf = httpx.get(f"{server.url}/api/v1/me", cookies={"qs_session": cookie}).json()["csrf"]
    gone = httpx.delete(f"{server.url}/api/v1/session", cookies={"qs_session": cookie}, headers={"X-CSRF-Token": csrf})
    assert gone.status_code == 204
    page.click("[data-save]")
    expect(page.locator("[role=alert]")).to_contain_text("Please sign in.")
    expect(page.locator("[name='name.en']")).to_have_value("Typed with care")
