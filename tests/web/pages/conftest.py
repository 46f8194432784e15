"""A real browser before a running service."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.conftest import Served
from tests.web.pages.acts import BROWSER, SECONDS

for needed in ("fastapi", "prometheus_client", "uvicorn"):
    pytest.importorskip(needed, reason="the web extra is not installed")

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


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
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core cannot be had: npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "axe-core@4"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"axe-core cannot be had: {done.stderr[-200:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()
