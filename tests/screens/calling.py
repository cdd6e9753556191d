"""Windows that call as a test wants, and hall screens that show it."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.running import Server
from tests.screens.conftest import OpenPage

SIZES = {"1080p": (1920, 1080), "portrait": (1080, 1920), "4k": (3840, 2160)}


class Hall:
    """A running office whose windows call as the test wants."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ids = {window: server.window(window) for window in ("1", "2")}
        self.staff = {"1": "anna", "2": "boris"}
        for window in self.staff:
            self.do(window, "open")
            self.do(window, "resume")
            self.finish(window)

    def call(self, window: str = "1", language: str = "ru") -> str:
        """Calls a new visitor, after the one before is done; the number."""
        self.finish(window)
        self.server.take_ticket("passport", language)
        return str(self.do(window, "next").json()["number"])

    def finish(self, window: str) -> None:
        if self.do(window, "start").status_code == 200:
            self.do(window, "finish", {"outcome": "solved"})

    def do(self, window: str, move: str, body: Any = None) -> Any:
        return self.server.post(self.staff[window], f"/windows/{self.ids[window]}/{move}", body)

    def board(self) -> Any:
        return self.server.get(f"/branches/{self.server.branch}/hall")


def show(open_page: OpenPage, server: Server, query: str = "", size: str = "1080p", **options: Any) -> Page:
    page = open_page(*SIZES[size], **options)
    page.goto(f"{server.url}/display/{server.branch}?{query}")
    expect(page.locator("#app[data-version]")).to_be_attached()
    page.evaluate("document.fonts.ready")
    return page


# What arrives by the socket says what time it is as well; the page would follow that back to the present.
DEAF_TO_THE_TIME = """() => {
  const parse = JSON.parse;
  JSON.parse = (text, reviver) => {
    const told = parse(text, reviver);
    if (Array.isArray(told)) delete told[1]?.server_time;
    return told;
  };
}"""


def on_a_clock_of_its_own(page: Page) -> None:
    """From now on the page's time is what the test says: it stands still, and the server's is not heard any more."""
    page.route("**/branches/*/hall", lambda route: route.abort())
    page.evaluate(DEAF_TO_THE_TIME)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
