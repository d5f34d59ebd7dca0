"""Every page in a real browser: nothing fails, nothing is asked from elsewhere, everything can be seen and moved.

Pages are opened from disk, as readers of the offline book do, in a browser that can't resolve any name. Each is looked
at in light, in dark and on the width of a phone, with pictures in `_build/screenshots`.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import toc
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .page_counts import Counts, expected

pytestmark = pytest.mark.pages

SCRIPTS = Path(__file__).parent / "look_at_page.js"
SCREENSHOTS = toc.REPOSITORY / "_build" / "screenshots"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
PATIENCE = 20_000
"""Milliseconds that a page may take to be ready on a busy machine."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium; install it to test the pages in a browser")
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(color_scheme="light", viewport=WIDE)
    made.add_init_script(path=SCRIPTS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def disk(html: Path) -> str:
    return f"{html.resolve().as_uri()}/"


@pytest.fixture(scope="module")
def server(html: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/"
        listening.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def _tab(context: BrowserContext, site: str, page: str) -> Iterator[Page]:
    """An opened page that has drawn itself; in the end it must not have asked elsewhere or met an error."""
    tab, bad = context.new_page(), list[str]()
    tab.on("request", lambda r: None if r.url.startswith((site, "data:", "blob:")) else bad.append(f"asks {r.url}"))
    tab.on("requestfailed", lambda r: bad.append(f"failed {r.url}"))
    tab.on("response", lambda r: bad.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    tab.on("console", lambda m: bad.append(f"console {m.text}") if m.type == "error" else None)
    tab.on("pageerror", lambda error: bad.append(f"error {error}"))
    try:
        tab.goto(f"{site}{page}.html", wait_until="load")
        tab.wait_for_function("avl.ready()", timeout=PATIENCE)
        yield tab
        assert bad == []
    finally:
        tab.close()


def _picture(tab: Page, page: str, kind: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SCREENSHOTS / f"{page.replace('/', '-')}-{kind}.png", full_page=True)


@pytest.mark.parametrize("page", toc.listed())
def test_page_from_disk(page: str, disk: str, context: BrowserContext) -> None:
    with _tab(context, disk, page) as tab:
        assert tab.evaluate("avl.broken()") == []
        assert Counts(**tab.evaluate("avl.counts()")) == expected(page)
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            tab.wait_for_function(f"avl.shows('{scheme}')", timeout=PATIENCE)
            assert tab.evaluate("avl.pale()") == [], scheme
            _picture(tab, page, scheme)
        tab.set_viewport_size(PHONE)
        assert tab.evaluate("avl.overflow()") == []
        _picture(tab, page, "phone")


@pytest.mark.parametrize("page", toc.listed())
def test_page_from_a_server(page: str, server: str, context: BrowserContext) -> None:
    with _tab(context, server, page) as tab:
        assert tab.evaluate("avl.broken()") == []


@pytest.mark.parametrize("page", toc.listed_notebooks())
def test_arrow_key_moves_each_slider_and_changes_its_pane(page: str, disk: str, context: BrowserContext) -> None:
    if not expected(page).sliders:
        pytest.skip("a page without sliders")
    with _tab(context, disk, page) as tab:
        for handle in tab.locator(".noUi-handle").all():
            box = handle.locator("xpath=ancestor::div[contains(@class, 'widget-vbox')][1]")
            pane, value = box.locator(".avl-pane").inner_html(), handle.get_attribute("aria-valuetext")
            handle.focus()
            handle.press("ArrowRight")
            expect(handle).not_to_have_attribute("aria-valuetext", value or "")
            tab.wait_for_function(
                "([box, old]) => box.querySelector('.avl-pane').innerHTML !== old", arg=[box.element_handle(), pane]
            )
        assert tab.evaluate("avl.broken()") == []


def test_theme_button_recolours_figures(disk: str, context: BrowserContext) -> None:
    page = next((page for page in toc.notebooks() if expected(page).plots), None)
    if page is None:
        pytest.skip("no page with a plotly figure")
    with _tab(context, disk, page) as tab:
        for _ in range(3):  # auto, light, dark
            tab.locator(".theme-switch-button:visible").first.click()
            scheme = tab.evaluate("document.documentElement.dataset.theme")
            tab.wait_for_function(f"avl.shows('{scheme}')", timeout=PATIENCE)
            assert tab.evaluate("avl.pale()") == []


def test_search_finds_a_known_word(server: str, context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(f"{server}search.html?q=routing")
    tab.wait_for_selector("#search-results li a", timeout=PATIENCE)
    tab.close()
