"""The page in a real browser."""

import base64
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.web.conftest import SAMPLES, Served

for needed in ("fastapi", "prometheus_client", "uvicorn"):
    pytest.importorskip(needed, reason="the web extra is not installed")

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DOCS = Path(__file__).parents[2] / "docs"
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser is installed: apt-get install chromium")

SECONDS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(
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
    one.goto(served.url)
    yield one
    context.close()
    assert not wrong
    assert not foreign, "something was sent elsewhere"


def drop(page: Any, *photos: tuple[str, bytes]) -> None:
    given = [[name, base64.b64encode(content).decode()] for name, content in photos]
    page.evaluate(
        """(given) => {
          const carried = new DataTransfer();
          for (const [name, text] of given)
            carried.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
          dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }""",
        given,
    )


def paste(page: Any, photo: bytes | None, text: str = "") -> None:
    page.evaluate(
        """([photo, text]) => {
          const clipboardData = new DataTransfer();
          if (photo)
            clipboardData.items.add(new File([Uint8Array.from(atob(photo), (c) => c.charCodeAt(0))], "image.jpg"));
          clipboardData.setData("text/plain", text);
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        [photo and base64.b64encode(photo).decode(), text],
    )


def until(page: Any, true: str) -> None:
    """Waits; the browser's own way of waiting needs eval, which the page's policy forbids."""
    for _ in range(SECONDS // 50):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {true}")


def zoom_by_mouse(page: Any) -> None:
    """Drags a box around the astronaut's head."""
    box = page.locator("photo-stage canvas").bounding_box()
    scale = min(box["width"], box["height"]) / 224
    left = box["x"] + (box["width"] - 224 * scale) / 2
    page.mouse.move(left + 60 * scale, box["y"] + 6 * scale)
    page.mouse.down()
    page.mouse.move(left + 136 * scale, box["y"] + 90 * scale, steps=4)
    page.mouse.up()


def enhance(page: Any) -> None:
    page.click("#go")
    page.wait_for_selector("#result:not([hidden])")
    until(page, "document.querySelector('photo-stage').split === 0.5")


def pixels(page: Any) -> str:
    return page.evaluate("document.querySelector('photo-stage canvas').toDataURL()")


def astronaut() -> tuple[str, bytes]:
    return "astronaut.jpg", (SAMPLES / "astronaut.jpg").read_bytes()


def test_drop_find_drag_enhance_slide_and_download(page: Any, tmp_path: Path) -> None:
    drop(page, astronaut())
    page.wait_for_selector("#faces button")
    assert "One face found" in page.inner_text("#status")
    zoom_by_mouse(page)
    until(page, "document.querySelector('#status').textContent.includes('raw pixels')")
    shown = page.evaluate("document.querySelector('photo-stage').shown")
    assert shown == pytest.approx([60, 6, 136, 90], abs=2)
    enhance(page)
    half = pixels(page)
    page.focus("#split")
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.querySelector('photo-stage').split") == pytest.approx(0.2)
    assert pixels(page) != half
    assert "was imagined" in page.inner_text("#words")
    for button, kind in (("#png", "PNG"), ("#jpg", "JPEG")):
        with page.expect_download() as saved:
            page.click(button)
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        with Image.open(path) as image:
            image.load()
            assert image.format == kind
            assert image.size == tuple(4 * (shown[n + 2] - shown[n]) for n in (0, 1))
            assert "compositeWithTrainedAlgorithmicMedia" in str(image.info)


def test_ways_side_by_side_again_loupe_lineup_and_map(page: Any) -> None:
    page.click('[data-sample="astronaut.jpg"]')
    page.click("#faces button")
    enhance(page)
    gan = pixels(page)
    page.check("input[value=bicubic]", force=True)
    until(page, "document.querySelector('#words').textContent.includes('Nothing was invented')")
    assert pixels(page) != gan
    page.click("#beside")
    page.wait_for_selector("#grid figure")
    assert page.locator("#grid figcaption").all_inner_texts() == ["bicubic", "pixel loss", "GAN", "given"]
    page.check("input[value=auto]", force=True)
    until(page, "document.querySelector('#words').textContent.includes('imagined')")
    first = page.evaluate("document.querySelector('photo-stage').over.width")
    assert first > 100
    page.click("#again")
    until(page, "document.querySelector('#cancel').hidden")
    page.click("#glass")
    before = pixels(page)
    page.hover("photo-stage canvas", position={"x": 300, "y": 200})
    assert pixels(page) != before
    page.click("#glass")
    page.click("#lineup")
    page.wait_for_selector("#cards li")
    assert page.locator("#cards li").count() == 8
    page.click("#cards li:nth-child(4) button")
    until(page, "document.querySelector('#status').textContent.includes('Drag the line')")
    page.click("#invented")
    until(page, "document.querySelector('#words').textContent.includes('to a verifier')")
    until(page, "/further|not measured/.test(document.querySelector('#status').textContent)")
    mapped = page.evaluate("document.querySelector('photo-stage').map !== null")
    assert mapped == page.locator("#veil").is_visible()
    assert mapped or "not measured" in page.inner_text("#status")


def test_by_keyboard_alone(page: Any) -> None:
    page.focus('[data-sample="astronaut.jpg"]')
    page.keyboard.press("Enter")
    page.wait_for_selector("#faces button")
    page.focus("photo-stage canvas")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#status').textContent.includes('raw pixels')")
    page.keyboard.press("Enter")  # the button to enhance has the focus now
    page.wait_for_selector("#result:not([hidden])")


def test_paste(page: Any) -> None:
    paste(page, astronaut()[1])
    page.wait_for_selector("#faces button")
    assert "One face found" in page.inner_text("#status")


def test_pasted_text_is_left_alone(page: Any) -> None:
    paste(page, None, "not a picture")
    page.wait_for_timeout(200)
    assert page.locator("#trouble").is_hidden()


def test_errors_are_shown_well(page: Any) -> None:
    drop(page, ("notes.txt", b"no picture"))
    page.wait_for_selector("#trouble:not([hidden])")
    assert "notes.txt is not a picture" in page.inner_text("#trouble")
    drop(page, astronaut())
    page.wait_for_selector("#faces button")
    assert not page.is_visible("#trouble")
    page.route("**/v1/enhance*", lambda route: route.abort())
    page.click("#go")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "does not answer" in page.inner_text("#trouble")


def test_cancel(page: Any) -> None:
    page.click('[data-sample="astronaut.jpg"]')
    page.wait_for_selector("#faces button")
    page.route("**/v1/enhance*", lambda _: None)  # an answer that never comes
    page.click("#go")
    page.click("#cancel")
    until(page, "document.querySelector('#status').textContent === 'Cancelled.'")
    assert page.is_enabled("#go")
    assert not page.is_visible("#trouble")


def test_many_photos_queue_with_progress_and_can_be_cancelled(page: Any) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(buffer, "PNG")
    drop(
        page,
        astronaut(),
        ("wall.png", buffer.getvalue()),
        ("notes.txt", b"no picture"),
        ("last.png", buffer.getvalue()),
    )
    page.click('[aria-label="Cancel last.png"]')
    until(page, "document.querySelectorAll('#history progress').length === 0")
    states = dict(
        zip(
            page.locator("#history li button:first-child span").all_inner_texts(),
            page.locator("#history li button:first-child small").all_inner_texts(),
            strict=True,
        )
    )
    assert (states["astronaut.jpg"], states["wall.png"], states["last.png"]) == ("done", "done", "cancelled")
    assert states["notes.txt"] not in ("done", "cancelled", "waiting")
    page.click("#history li:has-text('astronaut.jpg') button")
    page.wait_for_selector("#result:not([hidden])")


def test_webcam(page: Any) -> None:
    page.click("#webcam")
    page.wait_for_selector("#camera:not([hidden])")
    page.click("#webcam")
    page.wait_for_selector("#work:not([hidden])")
    assert "webcam.png" in page.inner_text("#title")


def test_a_near_face_can_be_seen_from_afar(page: Any) -> None:
    page.click('[data-sample="astronaut.jpg"]')
    page.click("text=See it from afar first")
    until(page, "document.querySelector('#title').textContent.startsWith('small')")
    page.click("#faces button")
    enhance(page)
    page.click("#beside")
    page.wait_for_selector("#grid figure")
    assert page.locator("#grid figcaption").all_inner_texts()[-1] == "original"


def test_the_page_that_explains(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/how")
    until(page, "document.querySelector('#when').textContent.includes('every pixel')")
    page.fill("#time", "25")
    assert "discriminator" in page.inner_text("#when")
    before = page.inner_text("#charge")
    page.fill("#blur", "10")
    assert page.inner_text("#charge") != before
    page.click("#turn")
    until(page, "document.querySelector('#said').textContent.includes('dB')")


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
    until(page, "document.querySelector('#verdict').textContent.includes('of the places')")
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


@pytest.mark.parametrize(
    ("path", "width"), [("/", 1280), ("/", 768), ("/", 380), ("/how", 1280), ("/how", 380), ("/api", 380)]
)
def test_nothing_is_cut_off_and_nobody_is_shut_out(page: Any, served: Served, path: str, width: int, axe: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(served.url + path)
    states = [""]
    if path == "/":
        states += ["opened", "enhanced"]
    for state in states:
        if state == "opened":
            page.click('[data-sample="astronaut.jpg"]')
            page.wait_for_selector("#faces button")
        if state == "enhanced":
            page.click("#faces button")
            enhance(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        asked = "axe.run({ preload: false }).then((done) => done.violations.map((v) => v.id + ' ' + v.nodes[0].html))"
        found = page.evaluate(f"{axe}; {asked}")
        assert found == []


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


@pytest.mark.slow
@pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS=1 draws docs/web_*.webp anew")
@pytest.mark.parametrize("width", [1280, 768, 380])
def test_screenshots(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.click('[data-sample="astronaut.jpg"]')
    page.click("text=See it from afar first")
    until(page, "document.querySelector('#title').textContent.startsWith('small')")
    page.click("#faces button")
    enhance(page)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(DOCS / f"web_{width}.webp", quality=80)
