"""A running office for the browser tests, and pages of every size to look at it with."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.running import Server, a_server

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DOUBLE_TAP_MS = 720
"""How long to wait between two taps that are both meant."""

OpenPage = Callable[..., Page]
expect.set_options(timeout=15_000)  # the machine may be busy


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a file: visitors come and go, nobody changes the office."""
    with a_server(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """open_page(width, height, **options of a browser context): a page whose script errors fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_one(width: int = 1080, height: int = 1920, **options: Any) -> Page:
        size = ViewportSize(width=width, height=height)
        # axe-core has to get in, past the pages' own content security policy.
        usual = {"reduced_motion": "reduce", "bypass_csp": True}
        contexts.append(browser.new_context(viewport=size, **{**usual, **options}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        for page in context.pages:  # a request that is being answered now must not fail the next test
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert errors == []


def violations(page: Page, **options: Any) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA (or the rules named), one line per finding."""
    page.evaluate(AXE.read_text("utf-8"))
    run = {"resultTypes": ["violations"], **(options or {"runOnly": AA})}
    found = page.evaluate("options => axe.run(document, options)", run)["violations"]
    return [f"{rule['id']}: {json.dumps(node['target'])}" for rule in found for node in rule["nodes"]]


def tap(page: Page, selector: str) -> None:
    """A tap that is meant: long enough after the last one."""
    page.wait_for_timeout(DOUBLE_TAP_MS)
    page.click(selector)
