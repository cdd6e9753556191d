"""The operator's desk in a real browser: all work by keyboard, one press one action, nothing lost, nothing jumping."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.make import PASSWORD
from tests.running import Server
from tests.screens.conftest import OpenPage, violations

pytestmark = pytest.mark.browser

OpenDesk = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def _no_pause_between_calls(office: Server) -> None:
    office.send("PATCH", "admin", f"/admin/branches/{office.branch}", {"recall_pause_seconds": 0})


@pytest.fixture
def desk(open_page: OpenPage, office: Server) -> Iterator[OpenDesk]:
    """desk() is anna at window 1, which serves passports and residence; nobody is left in the hall afterwards."""

    def open_desk(who: str = "anna", window: str = "1", width: int = 1440, height: int = 900, **options: Any) -> Page:
        office.post(who, f"/windows/{office.window(window)}/open")
        page = open_page(width, height, **{"locale": "en", **options})
        page.request.post(f"{office.url}/api/v1/session", data={"username": who, "password": PASSWORD})
        page.goto(f"{office.url}/desk?lang={options.get('locale', 'en')}")
        expect(page.locator("[data-rest]")).to_be_enabled()
        return page

    yield open_desk
    for window in board(office)["windows"]:
        if window["operator"] is None:
            continue
        state = window["leg"] and window["leg"]["state"]
        moves = {None: (), "called": ("start", "finish"), "serving": ("finish",)}[state]
        for move in (*moves, "close"):
            body = {"outcome": "solved"} if move == "finish" else {}
            office.post(window["operator"], f"/windows/{window['id']}/{move}", body)
    office.post("helen", f"/branches/{office.branch}/close-day")


def board(office: Server) -> Any:
    return office.get(f"/branches/{office.branch}/desk", "helen")


def at_window(office: Server, code: str = "1") -> Any:
    return next(window for window in board(office)["windows"] if window["code"] == code)


def found(office: Server, number: str) -> Any:
    return office.get(f"/branches/{office.branch}/tickets?number={number}", "helen")


def take(office: Server, *services: str, **more: Any) -> str:
    order = {"services": services or ("passport",), "language": "ru", "channel": "kiosk", **more}
    return str(office.post("", f"/branches/{office.branch}/tickets", order).json()["number"])


def press(page: Page, key: str) -> None:
    """A press that is meant: while an action is under way, the desk takes no other."""
    expect(page.locator("[data-pending='']")).to_be_attached()
    page.keyboard.press(key)


def is_called(page: Page, number: str) -> None:
    expect(page.locator("[data-leg-state=called]")).to_be_visible()
    expect(page.locator(".visitor .number")).to_have_text(number)


def serve(page: Page) -> None:
    press(page, "s")
    expect(page.locator("[data-leg-state=serving]")).to_be_visible()


def is_free(page: Page) -> None:
    expect(page.locator("[data-action=next]")).to_be_enabled()


def test_a_shift_needs_the_keyboard_alone(desk: OpenDesk, office: Server) -> None:
    first, second, third, fourth = (take(office) for _ in range(4))
    page = desk()
    press(page, "F2")
    is_called(page, first)
    press(page, "r")
    expect(page.locator("[data-action=no-show]")).to_be_enabled()
    press(page, "x")
    is_free(page)
    assert found(office, first)["state"] == "missed"
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'т', code: 'KeyN', bubbles: true}))")
    is_called(page, second)
    serve(page)
    press(page, "2")
    press(page, "Shift+N")
    is_called(page, third)
    visit = found(office, second)
    assert (visit["state"], visit["outcome"]) == ("done", "documents_missing")
    press(page, "h")
    expect(page.locator("#hold")).to_be_visible()
    press(page, "2")
    is_free(page)
    assert (found(office, third)["state"], found(office, third)["hold_reason"]) == ("held", "copies")
    press(page, "F2")
    is_called(page, fourth)
    press(page, "F3")
    expect(page.locator("[data-leg-state=serving]")).to_be_visible()
    press(page, "F7")
    is_free(page)
    press(page, "b")
    press(page, "1")
    expect(page.locator(".stage")).to_contain_text("Short break")
    press(page, "b")
    is_free(page)


def test_letters_can_be_switched_off_and_function_keys_cannot(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk()
    press(page, "?")
    page.uncheck("#help input >> nth=0")
    press(page, "Escape")
    press(page, "n")
    press(page, "F4")
    page.wait_for_timeout(300)
    assert board(office)["waiting_total"] == 1
    press(page, "F2")
    is_called(page, number)


def posts(page: Page) -> Callable[[], list[str]]:
    """What the page sends from now on, as it is sent: the last part of each address."""
    page.evaluate("""() => {
        const send = window.fetch;
        window.posts = [];
        window.fetch = (address, init) => {
            if (init?.method === "POST") window.posts.push(address.split("/").pop());
            return send(address, init);
        };
    }""")
    return lambda: list(page.evaluate("window.posts"))


def test_the_second_click_of_a_double_click_is_not_for_what_stands_there_by_then(
    desk: OpenDesk, office: Server
) -> None:
    """A7: however soon the answer comes, and whatever the button says and does by then."""
    first, second = take(office), take(office)
    page = desk()
    sent = posts(page)
    page.dblclick("[data-action=next]")
    is_called(page, first)
    assert sent() == ["next"]
    for action, then in (("start", "finish"), ("finish", "next"), ("next", "start")):
        page.click(f"[data-action={action}]")
        expect(page.locator(f"[data-action={then}]")).to_be_enabled()
        page.mouse.down(click_count=2)
        page.mouse.up(click_count=2)
    is_called(page, second)
    assert sent() == ["next", "start", "finish", "next"]


def test_a_key_that_stays_down_acts_once(desk: OpenDesk, office: Server) -> None:
    """A7: a letter under a file of papers calls nobody who comes later; Enter presses no button a second time."""
    page = desk()
    sent = posts(page)
    page.keyboard.down("n")
    expect(page.get_by_text("Nobody is waiting for you")).to_be_visible()
    number = take(office)
    expect(page.locator(f".line [data-call={number}]")).to_be_visible()
    is_free(page)
    for _ in range(6):
        page.keyboard.down("n")
    assert sent() == ["next"]
    page.keyboard.up("n")
    page.focus("[data-action=next]")
    page.keyboard.down("Enter")
    is_called(page, number)
    expect(page.locator("[data-action=start]")).to_be_enabled()
    page.focus("[data-action=start]")
    for _ in range(6):
        page.keyboard.down("Enter")
    assert sent() == ["next", "next"]
    page.keyboard.up("Enter")
    page.keyboard.down("r")
    expect(page.locator("[data-action=no-show]")).to_be_enabled()
    for _ in range(6):
        page.keyboard.down("r")
    page.keyboard.up("r")
    assert sent() == ["next", "next", "recall"]
    assert at_window(office)["leg"]["calls"] == 2


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (320, 640)])
def test_the_main_action_stays_where_it_is(desk: OpenDesk, office: Server, width: int, height: int) -> None:
    take(office, "passport", "residence", needs=["wheelchair", "more_time"], priority="with_infant")
    page = desk(width=width, height=height, locale="ru")
    places = [page.locator(".actions .main").bounding_box()]
    for key, state in (("n", "called"), ("s", "serving"), ("f", None), ("b", None)):
        press(page, key)
        if state:
            expect(page.locator(f"[data-leg-state={state}]")).to_be_visible()
        elif key == "f":
            is_free(page)
        else:
            press(page, "2")
            expect(page.locator("[data-action=resume]")).to_be_enabled()
        places.append(page.locator(".actions .main").bounding_box())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert places == places[:1] * 5


def test_a_move_is_taken_back_while_its_seconds_run(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk("boris", "2")
    expect(page.locator("[data-action=undo]")).to_be_hidden()
    press(page, "n")
    is_called(page, number)
    serve(page)
    press(page, "5")
    page.fill("#note", "no passport")
    page.locator("h1").click()
    press(page, "f")
    is_free(page)
    undo = page.locator("[data-action=undo]")
    expect(undo).to_contain_text(number)
    before = int(undo.locator(".left").inner_text())
    expect(undo.locator(".left")).not_to_have_text(str(before))
    assert 0 < int(undo.locator(".left").inner_text()) < before <= 10
    press(page, "Control+z")
    expect(page.locator("[data-leg-state=serving]")).to_be_visible()
    expect(page.locator("[value=refused]")).to_be_checked()
    expect(page.locator("#note")).to_have_value("no passport")
    expect(undo).to_be_hidden()


def test_an_outcome_that_needs_a_note_says_so_at_the_note(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk()
    press(page, "n")
    is_called(page, number)
    serve(page)
    press(page, "5")
    press(page, "f")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#note-problem")).to_contain_text("Refused")
    page.keyboard.type("n and f are letters here")
    assert at_window(office)["leg"]["state"] == "serving"
    page.reload()
    expect(page.locator("#note")).to_have_value("n and f are letters here")
    expect(page.locator("[value=refused]")).to_be_checked()
    press(page, "f")
    is_free(page)
    visit = found(office, number)
    assert (visit["outcome"], visit["note"]) == ("refused", "n and f are letters here")


def test_who_is_put_aside_comes_back_at_a_time_or_when_somebody_says_so(desk: OpenDesk, office: Server) -> None:
    first, second = take(office), take(office)
    page = desk()
    press(page, "n")
    is_called(page, first)
    press(page, "h")
    page.check("#hold [value='15']")
    press(page, "1")
    is_free(page)
    row = page.locator(f"[data-list=held] [data-number={first}]")
    expect(row).to_contain_text("Filling in a form, back at")
    held = board(office)["held"][0]
    assert (
        890
        < page.evaluate("([a, b]) => (new Date(a) - new Date(b)) / 1000", [held["returns_at"], held["held_at"]])
        <= 900
    )
    row.get_by_role("button", name="Back in line").click()
    expect(row).to_be_hidden()
    expect(page.locator(".line .number").first).to_have_text(first)
    assert [leg["number"] for leg in board(office)["waiting"]] == [first, second]


def test_the_time_of_a_return_is_the_offices_own(desk: OpenDesk, office: Server) -> None:
    page = desk(timezone_id="Asia/Tokyo")
    moment_at = """async ([time, now]) =>
        (await import("/static/operator/aside_dialogs.js")).momentAt(time, Date.parse(now))"""
    assert page.evaluate(moment_at, ["10:30", "2026-03-02T09:00:20Z"]) == "2026-03-02T09:30:00.000Z"
    assert page.evaluate(moment_at, ["09:30", "2026-03-02T09:00:20Z"]) == "2026-03-02T08:30:00.000Z"
    assert page.evaluate(moment_at, ["04:00", "2026-03-29T00:30:00Z"]) == "2026-03-29T02:00:00.000Z"


def test_a_visitor_is_sent_on_and_comes_back_with_the_note(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    anna, boris = desk(), desk("boris", "2")
    press(anna, "n")
    is_called(anna, number)
    press(anna, "t")
    expect(anna.locator("#transfer")).to_contain_text(f"{number} keeps the number and the place in line")
    expect(anna.locator("#transfer .main")).to_be_disabled()
    anna.select_option("[name=to]", label="Window 2 — boris")
    anna.check("[name=back]")
    anna.fill("[name=note]", "photo is missing")
    anna.click("#transfer .main")
    is_free(anna)
    row = boris.locator(f"[data-call={number}]")
    expect(row).to_contain_text("For your window")
    expect(anna.locator(f"[data-call={number}]")).to_be_hidden()
    press(boris, "n")
    is_called(boris, number)
    expect(boris.locator(".earlier q")).to_have_text("photo is missing")
    expect(boris.locator(".then")).to_contain_text("Passport")
    serve(boris)
    press(boris, "f")
    expect(anna.locator(f"[data-call={number}]")).to_contain_text("For your window")


def test_a_chosen_visitor_is_called_with_a_reason_that_is_counted(desk: OpenDesk, office: Server) -> None:
    first, second = take(office), take(office)
    page = desk()
    press(page, "/")
    page.keyboard.type("z999")
    press(page, "Enter")
    press(page, "1")
    expect(page.locator("#call .field-error")).to_contain_text("No ticket")
    page.fill("[name=number]", second.lower())
    expect(page.locator("#number-hint")).to_have_text("Passport")
    press(page, "Enter")
    press(page, "2")
    is_called(page, second)
    report = office.get(f"/branches/{office.branch}/reports/jumps", "helen")["operators"]
    assert next(row for row in report if row["name"] == "anna")["reasons"] == {"small_child": 1}
    assert board(office)["waiting"][0]["number"] == first


def test_who_missed_the_call_is_called_again_in_one_go(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk()
    for key in ("n", "r", "x"):
        press(page, key)
    page.locator(f"[data-list=missed] [data-call={number}]").click()
    press(page, "3")
    is_called(page, number)


def test_the_card_tells_what_has_to_be_known(desk: OpenDesk, office: Server) -> None:
    needs = ["wheelchair", "interpreter", "language"]
    take(office, "collect", "residence", needs=needs, priority="with_infant")
    page = desk("boris", "2")
    expect(page.locator(".line .chips")).to_contain_text("Priority")
    press(page, "n")
    chips = page.locator(".details .chips")
    for words in (
        "With a child under one year — ask to see: The child is there",
        "Wheelchair",
        "Wants to speak Russian",
    ):
        expect(chips).to_contain_text(words)
    expect(page.locator(".then")).to_have_text("Then: Registration of residence")
    expect(page.locator(".facts")).to_contain_text("within 5 min promised")
    page.check(".papers input")
    page.reload()
    expect(page.locator(".papers input")).to_be_checked()
    levels = """async () => (({ level }) => [479, 480, 600].map((s) => level(s, 600)))
        (await import("/static/operator/words.js"))"""
    assert page.evaluate(levels) == ["within", "near", "over"]


def test_recalls_tell_their_pause_and_limit(desk: OpenDesk, office: Server) -> None:
    office.send("PATCH", "admin", f"/admin/branches/{office.branch}", {"recall_pause_seconds": 30})
    number = take(office)
    page = desk()
    press(page, "n")
    is_called(page, number)
    expect(page.locator("[data-action=recall]")).to_contain_text("in 29 s")
    expect(page.locator("[data-action=recall]")).to_be_disabled()
    expect(page.locator("[data-action=no-show]")).to_contain_text("after call 2")
    office.send("PATCH", "admin", f"/admin/branches/{office.branch}", {"recall_pause_seconds": 0})
    expect(page.locator("[data-action=recall]")).to_be_enabled()


def test_a_window_opens_with_fewer_services_and_takes_more_later(desk: OpenDesk, office: Server) -> None:
    take(office, "residence")
    page = desk()
    page.click(".menu-button")
    page.click("#menu [data-action=close]")
    page.click('[data-open-with="1"]')
    page.uncheck("[value=residence]")
    page.click("[data-save]")
    is_free(page)
    assert at_window(office)["serves"] == ["passport"]
    press(page, "n")
    expect(page.locator(".said")).to_have_text("Nobody is waiting for you")
    page.click(".menu-button")
    page.click("#menu [data-action=services]")
    page.check("[value=residence]")
    press(page, "Enter")
    expect(page.locator("[data-waiting]")).to_have_text("1")
    assert at_window(office)["serves"] == ["passport", "residence"]


def test_somebody_without_a_ticket_gets_one_in_three_presses(desk: OpenDesk, office: Server) -> None:
    page = desk()
    press(page, "w")
    press(page, "1")
    number = page.locator("[data-issued]").inner_text()
    press(page, "Enter")
    expect(page.locator("dialog")).to_be_hidden()
    visit = found(office, number)
    assert (visit["state"], visit["channel"], visit["service"]["code"]) == ("waiting", "reception", "passport")


def test_a_break_shows_how_long_it_lasts_and_who_covers(desk: OpenDesk, office: Server) -> None:
    page = desk()
    press(page, "b")
    expect(page.locator("#pause")).to_contain_text("last open window for: Passport, Registration of residence")
    press(page, "Escape")
    office.post("boris", f"/windows/{office.window('2')}/open")
    expect(page.locator(".windows")).to_contain_text("2 · open")
    press(page, "b")
    expect(page.locator("#pause")).not_to_contain_text("last open window")
    press(page, "2")
    expect(page.locator(".stage")).to_contain_text("Lunch")
    expect(page.locator(".stage")).to_contain_text("For 0:01")
    expect(page.locator(".stage")).to_contain_text("Meanwhile open: 2.")


def test_a_refusal_says_in_words_what_happened(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk()
    press(page, "n")
    is_called(page, number)

    def from_another_tab_first(route: Route) -> None:
        office.post("anna", f"/windows/{office.window('1')}/hold", {"reason": "form"})
        route.continue_()

    page.route("**/start", from_another_tab_first)
    press(page, "s")
    words = "No visitor is called or served at this window. Nothing was done."
    expect(page.locator(".head-of-card [role=alert]")).to_have_text(words)
    is_free(page)


def test_without_a_connection_nothing_is_done_later(desk: OpenDesk, office: Server) -> None:
    take(office)
    page = desk()
    page.context.set_offline(True)
    expect(page.locator(".offline")).to_contain_text("No connection", timeout=10_000)
    expect(page.locator("[data-action=next]")).to_be_disabled()
    press(page, "n")
    page.context.set_offline(False)
    is_free(page)
    page.wait_for_timeout(300)
    assert board(office)["waiting_total"] == 1


def test_a_hidden_desk_counts_in_its_title_and_tells_of_the_first_in_line(desk: OpenDesk, office: Server) -> None:
    page = desk()
    expect(page).to_have_title("Desk 1")
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { get: () => true });
        window.told = 0;
        addEventListener("first-in-line", () => { window.told += 1; });
    }""")
    take(office)
    expect(page).to_have_title("(1) Desk 1")
    take(office)
    expect(page).to_have_title("(2) Desk 1")
    assert page.evaluate("told") == 1


def test_the_desk_moves_into_a_small_window_on_top_and_back(desk: OpenDesk, office: Server) -> None:
    number = take(office)
    page = desk()
    if not page.evaluate("'documentPictureInPicture' in window"):
        pytest.skip("this browser has no windows on top")
    page.click(".menu-button")
    page.click("text=Small window on top")
    inside = "documentPictureInPicture.window.document"
    page.wait_for_function(f"{inside}.querySelector('[data-action=next]')")
    page.evaluate(f"{inside}.querySelector('[data-action=next]').click()")
    page.wait_for_function(f"{inside}.querySelector('.visitor .number')?.innerText === {json.dumps(number)}")
    page.evaluate("documentPictureInPicture.window.close()")
    is_called(page, number)


@pytest.mark.parametrize(("language", "theme", "width"), [("ru", "dark", 320), ("en", "light", 1440)])
def test_no_state_and_no_dialog_has_a_barrier(
    desk: OpenDesk, office: Server, language: str, theme: str, width: int
) -> None:
    take(office, "passport", "residence", needs=["wheelchair", "more_time"], priority="with_infant")
    take(office)
    page = desk(width=width, height=800, locale=language, color_scheme=theme)
    findings = {"free": violations(page)}
    for key, state in (("n", "called"), ("s", "serving")):
        press(page, key)
        expect(page.locator(f"[data-leg-state={state}]")).to_be_visible()
        findings[state] = violations(page)
    press(page, "5")
    press(page, "f")
    expect(page.locator("#note-problem")).to_be_visible()
    findings["note needed"] = violations(page)
    page.locator("h1").click()
    for key, dialog in (("h", "hold"), ("t", "transfer"), ("b", "pause"), ("w", "walk-in"), ("?", "help")):
        press(page, key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        findings[dialog] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        press(page, "Escape")
    page.click(".menu-button")
    findings["menu"] = violations(page)
    assert {state: found for state, found in findings.items() if found} == {}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_button_holds_its_words(desk: OpenDesk, office: Server, language: str) -> None:
    page = desk(width=1280, height=800, locale=language)
    number = take(office)
    press(page, "n")
    is_called(page, number)
    too_full = "all => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.innerText)"
    assert page.locator(".actions button").evaluate_all(too_full) == []
    press(page, "s")
    expect(page.locator("[data-action=finish-next]")).to_be_visible()
    assert page.locator(".actions button").evaluate_all(too_full) == []
