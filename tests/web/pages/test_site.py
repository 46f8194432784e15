"""The wall, the pages to read, and what holds for all pages."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.web.conftest import Served
from tests.web.pages.acts import astronaut, brush, drop, sample, until

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
STATIC = ROOT / "src" / "enhance" / "web" / "static"


def test_the_wall_is_alive_within_a_second_and_leads_everywhere(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(served.url)
    face = "document.querySelector('[data-tile=faces]').toDataURL()"
    until(page, "document.querySelector('[data-tile=faces]').width > 300")
    first = page.evaluate(face)
    until(page, f"{face} !== {first!r}")
    page.click("#still")
    held = page.evaluate(face)
    page.wait_for_timeout(400)
    assert page.evaluate(face) == held
    links = page.locator(".tile").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert links == ["faces", "stripes", "sketch", "birds", "holes"]
    for link in links:
        assert served.ask("GET", f"/{link}")[0] == 200
    context.close()


@pytest.mark.parametrize("path", ["", "faces"])
def test_the_face_that_enhances_itself_is_drawn_while_one_looks(page: Any, served: Served, path: str) -> None:
    asked: list[Any] = []
    page.on("response", lambda one: asked.append(one) if "/v1/enhance" in one.url else None)
    page.goto(f"{served.url}/{path}")
    canvas = "document.querySelector('[data-tile=faces], #hero canvas')"
    until(page, f"{canvas}.dataset.seed")  # motion is not wanted, so it is shown when it comes
    seed = page.evaluate(f"{canvas}.dataset.seed")
    drawn = next(one for one in asked if f"seed={seed}&" in one.url)
    assert json.loads(drawn.headers["enhance-facts"])["faces"][0]["redrawn"]
    assert path or "just now" in page.inner_text(".tile[href=faces]")


def test_a_photo_dropped_on_the_wall_goes_to_the_faces(page: Any, served: Served) -> None:
    page.goto(served.url)
    until(page, "document.querySelector('[data-tile=faces]').width > 300")
    with page.expect_navigation():
        drop(page, astronaut())
    until(page, "document.querySelector('photo-stage').box")
    assert "/faces?photo=" in page.url


def test_the_page_that_explains(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/how")
    until(page, "document.querySelector('#when').textContent.includes('every pixel')")
    page.fill("#time", "14")
    assert "discriminator" in page.inner_text("#when")
    before = page.inner_text("#charge")
    page.fill("#blur", "10")
    assert page.inner_text("#charge") != before


def test_the_discriminator_is_asked_about_any_crop(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/how")
    page.locator("#scene").scroll_into_view_if_needed()
    until(page, "document.querySelector('#when').textContent !== ''")
    box = page.locator("#scene").bounding_box()
    scale = box["width"] / 224
    page.mouse.move(box["x"] + 60 * scale, box["y"] + 6 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 140 * scale, box["y"] + 86 * scale, steps=3)
    page.mouse.up()
    until(page, "document.querySelector('#verdict').textContent.includes('convincing')")
    assert "%" not in page.inner_text("#verdict")
    captions = page.locator("#opinions figcaption").all_inner_texts()
    told = {name.rsplit(" ", 1)[0]: float(name.rsplit(" ", 1)[1]) for name in captions}
    assert told["photograph"] > told["GAN"] > told["pixel loss"] > told["bicubic"]
    page.focus("#scene")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, f"document.querySelector('#opinions figcaption').textContent !== {captions[0]!r}")


def test_the_page_for_programs(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/api")
    page.wait_for_selector("text=POST /v1/lineup")


def test_the_site_is_light() -> None:
    assert sum(path.stat().st_size for kind in ("*.js", "*.css") for path in STATIC.glob(kind)) < 150_000


@pytest.mark.parametrize("width", [1440, 768, 380])
@pytest.mark.parametrize("path", ["/", "/faces", "/stripes", "/sketch", "/birds", "/holes", "/how", "/api"])
def test_nothing_is_cut_off_and_nobody_is_shut_out(page: Any, served: Served, path: str, width: int, axe: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(served.url + path)
    page.wait_for_selector("header nav")
    sound(page, width, axe)
    if path == "/faces":
        sample(page)
        page.click("#beside")
        page.wait_for_selector("#grid figure")
        sound(page, width, axe)


def sound(page: Any, width: int, axe: str) -> None:
    """Nothing is wider than the window, and the checker of accessibility finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    asked = "axe.run({ preload: false }).then((done) => done.violations.map((v) => v.id + ' ' + v.nodes[0].html))"
    assert page.evaluate(f"{axe}; {asked}") == []


def shot(page: Any, name: str, part: str | None = None) -> None:
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1500)
    with Image.open(io.BytesIO(page.locator(part).screenshot() if part else page.screenshot())) as image:
        image.convert("RGB").save(DOCS / f"web_{name}.webp", quality=80)


screenshots = pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS=1 draws docs/web_*.webp anew")


@pytest.mark.slow
@screenshots
@pytest.mark.parametrize("width", [1280, 768, 380])
def test_screenshots_of_a_face(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sample(page, "astronaut.jpg")
    shot(page, str(width))
    if width == 1280:
        page.click("#turn")
        page.wait_for_selector("#dials:not([hidden])")
        page.fill("#dials input >> nth=0", "2")
        until(page, "document.querySelector('face-dials').busy === false")
        shot(page, "dials", "#dials")


@pytest.mark.slow
@screenshots
def test_screenshots_of_the_other_pages(page: Any, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(served.url)
    shot(page, "wall")
    page.goto(f"{served.url}/faces")
    shot(page, "hero")
    page.goto(f"{served.url}/stripes")
    page.click('[data-sample="horse.jpg"]')
    page.wait_for_selector("#result:not([hidden])")
    shot(page, "stripes")
    page.goto(f"{served.url}/sketch")
    page.click("#examples li:first-child button")
    page.wait_for_selector("#answer img[data-size='512']")
    shot(page, "sketch")
    page.goto(f"{served.url}/birds")
    page.click("#examples li:first-child button")
    page.wait_for_selector("#eight li:nth-child(8)")
    shot(page, "birds")
    page.goto(f"{served.url}/holes")
    page.click('[data-sample="astronaut.jpg"]')
    page.wait_for_selector("#go:not([hidden])")
    brush(page, (60, 156), (90, 156), (60, 164), (90, 164), (60, 172), (90, 172), (62, 180), (88, 180))
    page.click("#go")
    page.wait_for_selector("#answers li:nth-child(4)")
    shot(page, "holes")
