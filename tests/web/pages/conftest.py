"""A real browser before a running service."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.conftest import Served
from tests.web.pages.acts import BROWSER, SECONDS
from tests.web.pages.packages import unpacked

for needed in ("fastapi", "prometheus_client", "uvicorn"):
    pytest.importorskip(needed, reason="the web extra is not installed")

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


PATIENCE = 240
"""Seconds for a test and what it needs. Playwright's driver has hung, busy for ever, and no exception ends that."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Ends this process, and what it began, where a test hangs; the Makefile then tries once more."""
    slow = item.get_closest_marker("slow") is not None
    late = threading.Timer(10 * PATIENCE if slow else PATIENCE, _give_up, [item])
    late.daemon = True
    late.start()
    try:
        return (yield)
    finally:
        late.cancel()


def _give_up(item: pytest.Item) -> None:
    capturing = item.config.pluginmanager.getplugin("capturemanager")
    if capturing is not None:
        capturing.suspend_global_capture(in_=True)
    os.write(2, f"\n{item.nodeid}: hangs\n".encode())
    subprocess.run(["pkill", "-KILL", "-P", str(os.getpid())], check=False, timeout=10)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="session")
def playing() -> Iterator[Any]:
    if BROWSER is None:
        pytest.skip("no browser is installed: apt-get install chromium")
    with playwright.sync_playwright() as play:
        yield play


@pytest.fixture(scope="session")
def browser(playing: Any) -> Iterator[Any]:
    chromium = playing.chromium.launch(
        executable_path=BROWSER,
        args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
    )
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser: Any, served: Served) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    one = context.new_page()
    one.set_default_timeout(SECONDS)
    wrong: list[str] = []
    foreign: list[str] = []
    one.on("pageerror", lambda error: wrong.append(str(error)))
    one.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    one.on(
        "request",
        lambda asked: None if asked.url.startswith((served.url, "blob:", "data:")) else foreign.append(asked.url),
    )
    one.goto(f"{served.url}/faces")
    yield one
    context.close()
    assert not wrong
    assert not foreign, "something was sent elsewhere"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker, from npm."""
    folder = unpacked("axe-core@4", tmp_path_factory.mktemp("axe"))
    return (folder / "axe.min.js").read_text()
