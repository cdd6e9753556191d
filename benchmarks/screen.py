"""What does a hall screen cost the machine that shows it? The processor time of a whole Chromium, at rest and in use.

A Raspberry Pi 4 is to be busy for less than 40 % of its four processors, which is 160 % of one. A machine without
graphics paints by its processor: then this is the worst case.
"""

import os
import time
from typing import Any

from benchmarks.live import Found, Operator, a_hall
from benchmarks.tables import table

CALLS_EVERY_SECONDS = 5


def measure(seconds: float) -> Found:
    """Shares of one processor, in percent: while nobody is called, and with a call every five seconds."""
    from playwright.sync_api import sync_playwright

    with a_hall() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("QS_BROWSER"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{server.port}/display/bench")
        page.wait_for_selector("#app[data-version]", state="attached")
        operator = Operator(server)
        operator.call()
        page.wait_for_timeout(8000)  # the first call has moved and stands
        found = {
            "at rest %": _share(browser, seconds, page.wait_for_timeout),
            "in use %": _share(browser, seconds, lambda ms: _call_again_and_again(operator, page, ms)),
        }
        browser.close()
    table("A hall screen, of one processor", tuple(found), [tuple(found.values())])
    return found


def _share(browser: Any, seconds: float, let_pass: Any) -> float:
    session = browser.new_browser_cdp_session()

    def used() -> float:
        return float(sum(one["cpuTime"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"]))

    began, before = time.monotonic(), used()
    let_pass(1000 * seconds)
    return 100 * (used() - before) / (time.monotonic() - began)


def _call_again_and_again(operator: Operator, page: Any, milliseconds: float) -> None:
    until = time.monotonic() + milliseconds / 1000
    while time.monotonic() < until:
        operator.finish()
        operator.call()
        page.wait_for_timeout(1000 * CALLS_EVERY_SECONDS)
