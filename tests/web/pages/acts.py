"""What people do on the pages."""

import base64
import io
import shutil
from typing import Any

import pytest
from PIL import Image

from tests.web.conftest import SAMPLES

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60_000
"""Milliseconds after which something that should come never came."""


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


def sample(page: Any, name: str = "face_1.png") -> None:
    """Opens a sample and waits for what comes of it by itself."""
    page.click(f'[data-sample="{name}"]')
    page.wait_for_selector("#result:not([hidden])")
    until(page, "document.querySelector('photo-stage').split === 0.5")


def opened(page: Any, content: bytes | None = None, name: str = "astronaut.jpg") -> None:
    """Drops a photo and waits until its face is zoomed to."""
    drop(page, (name, content or astronaut()[1]))
    until(page, "document.querySelector('photo-stage').box !== null")


def enhance(page: Any) -> None:
    page.click("#go")
    page.wait_for_selector("#result:not([hidden])")
    until(page, "document.querySelector('photo-stage').split === 0.5")


def opened_again(page: Any) -> None:
    """Opens a line-up, dials and the map below a result, and comes back to them by a reload and by the button."""
    settled = "document.querySelector('#cancel').hidden && document.querySelector('face-dials').busy !== true"
    there = "['#cards', '#dials', '#veil', '#result'].map((one) => !document.querySelector(one).hidden)"
    face = "document.querySelector('#dials canvas').toDataURL()"
    plain = page.url
    for button, found in (("#lineup", "#cards li"), ("#turn", "#dials canvas")):
        page.click(button)
        page.wait_for_selector(found)
        until(page, settled)
    middle = page.evaluate(face)
    page.fill("#dials input >> nth=0", "3")
    page.fill("#dials input >> nth=2", "-1.5")
    until(page, settled)
    turned, state = page.evaluate(face), page.url
    assert turned != middle
    page.click("#invented")
    until(page, f"{settled} && document.querySelector('photo-stage').map !== null")
    page.reload()
    until(page, f"{settled} && {there}.every(Boolean)")
    assert page.evaluate(face) == turned
    assert page.input_value("#dials input >> nth=2") == "-1.5"
    assert page.locator("#cards img").count() == 8
    for address, shown in (
        (state, [True, True, False, True]),
        (None, [True, False, False, True]),
        (plain, [False, False, False, True]),
    ):
        page.go_back()
        until(page, f"{settled} && {there}.join() === '{','.join(str(one).lower() for one in shown)}'")
        assert page.url == address or address is None
    page.go_forward()
    page.go_forward()
    until(page, f"{settled} && {there}.join() === 'true,true,false,true'")
    assert page.evaluate(face) == turned


def pixels(page: Any) -> str:
    return page.evaluate("document.querySelector('photo-stage canvas').toDataURL()")


def stage_box(page: Any) -> dict[str, float]:
    return page.locator("photo-stage").bounding_box()


def place(page: Any) -> list[float]:
    """Where the stage is on the page, however far that is scrolled: left, top, width, height."""
    return page.evaluate(
        """() => { const { x, y, width, height } = document.querySelector("photo-stage").getBoundingClientRect();
          return [x + scrollX, y + scrollY, width, height]; }"""
    )


def brush(page: Any, *places: tuple[float, float]) -> None:
    """Brushes through places of the photo, in its pixels."""
    where = page.evaluate("document.querySelector('photo-stage').place")
    box = stage_box(page)
    spots = [
        (box["x"] + where["x"] + x * where["scale"], box["y"] + where["y"] + y * where["scale"]) for x, y in places
    ]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()


def astronaut() -> tuple[str, bytes]:
    return "astronaut.jpg", (SAMPLES / "astronaut.jpg").read_bytes()


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, kind)
    return buffer.getvalue()
