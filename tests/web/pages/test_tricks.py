"""The pages for drawings, sentences, animals and holes in a real browser."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from enhance.honesty import credentials
from tests.web.conftest import Served
from tests.web.pages.acts import astronaut, brush, drop, picture, place, until


def saved(page: Any, button: str, folder: Path) -> Path:
    """What a button downloads."""
    with page.expect_download() as given:
        page.click(button)
    path = folder / given.value.suggested_filename
    given.value.save_as(path)
    return path


def stroke(page: Any, *places: tuple[float, float]) -> None:
    """Draws through places on the paper, each in percent."""
    box = page.locator("#paper").bounding_box()
    spots = [(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100) for x, y in places]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()


def ink(page: Any, x: float, y: float) -> bool:
    """Whether there is ink at a place of the paper, in percent."""
    dark = "([x, y]) => document.querySelector('#paper').getContext('2d').getImageData(x, y, 1, 1).data[0] < 128"
    return page.evaluate(dark, [x * 10.24, y * 10.24])


FINISHED = "#answer img:last-child[data-size='512']"


def painted(page: Any, before: str = "") -> str:
    """The address of the picture that was painted and enlarged; waits for another than the one before."""
    until(page, f"![undefined, {before!r}].includes(document.querySelector({FINISHED!r})?.src)")
    until(page, "!document.querySelector('#answer').classList.contains('busy')")
    return page.get_attribute(FINISHED, "src")


def test_the_cat_is_painted_after_each_stroke(page: Any, served: Served, tmp_path: Path) -> None:
    page.goto(f"{served.url}/sketch")
    assert page.is_visible("#hint")
    stroke(page, (20, 60), (20, 20), (40, 32), (60, 32), (80, 20), (80, 60), (50, 88), (20, 60))
    first = painted(page)
    assert page.is_hidden("#hint")
    stroke(page, (38, 55), (44, 55), (42, 58))
    second = painted(page, first)
    page.click("#undo")
    painted(page, second)
    assert "never was" in page.inner_text("#facts")
    path = saved(page, "#save", tmp_path)
    assert credentials.inspect(path)["stamp"]["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    page.reload()
    painted(page)
    assert ink(page, 20, 40)
    page.click("#clear")
    until(page, "document.querySelectorAll('#answer img').length === 0")
    assert not ink(page, 20, 40)
    page.go_back()
    painted(page)


def test_pen_eraser_width_and_mirror(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/sketch")
    page.click("#mirror")
    stroke(page, (20, 30), (20, 60))
    assert ink(page, 20, 45)
    assert ink(page, 80, 45)
    page.click("#mirror")
    page.fill("#width", "5")
    stroke(page, (30, 80), (60, 80))
    assert ink(page, 45, 81.6)
    page.check("[name=tool][value=eraser]", force=True)
    stroke(page, (15, 45), (25, 45))
    assert not ink(page, 20, 45)
    assert ink(page, 80, 45)


def test_a_pen_that_is_pressed_draws_thicker(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/sketch")
    touch = page.context.new_cdp_session(page)
    box = page.locator("#paper").bounding_box()
    for height, force in ((30, 0.1), (70, 0.95)):
        for kind, x in (("mousePressed", 20), ("mouseMoved", 50), ("mouseMoved", 80), ("mouseReleased", 80)):
            touch.send(
                "Input.dispatchMouseEvent",
                {
                    "type": kind, "x": box["x"] + box["width"] * x / 100, "y": box["y"] + box["height"] * height / 100,
                    "button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen", "force": force,
                },
            )  # fmt: skip
    assert ink(page, 50, 30)
    assert ink(page, 50, 70.8)
    assert not ink(page, 50, 30.8)


def test_a_finger_draws_and_does_not_scroll(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport={"width": 380, "height": 560}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{served.url}/sketch")
    touch = context.new_cdp_session(page)
    page.locator("#paper").scroll_into_view_if_needed()
    box = page.locator("#paper").bounding_box()
    before = page.evaluate("scrollY")
    x = box["x"] + box["width"] / 2
    for kind, height in (("touchStart", 80), *(("touchMove", height) for height in range(75, 15, -5)), ("touchEnd", 0)):
        y = box["y"] + box["height"] * height / 100
        points = [{"x": x, "y": y}] if kind != "touchEnd" else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(page, "document.querySelector('#undo').disabled === false")
    assert ink(page, 50, 50)
    assert page.evaluate("scrollY") == before
    context.close()


def test_drawing_by_keyboard(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/sketch")
    page.focus("#paper")
    page.keyboard.press("Space")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    painted(page)
    page.keyboard.press("Tab")
    assert ink(page, 60, 50)


def test_an_example_other_cats_fur_and_looseness(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/sketch")
    page.click("#examples li:nth-child(2) button")
    first = painted(page)
    page.check("#colours [value=ginger]", force=True)
    second = painted(page, first)
    assert "colour=ginger" in page.url
    page.fill("#looseness", "1")
    third = painted(page, second)
    page.click("#more")
    page.wait_for_selector("#others li")
    assert page.locator("#others li").count() == 4
    page.click("#others li:nth-child(2) button")
    painted(page, third)
    assert "seed=2" in page.url


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" fill="none" stroke="black">
<path d="M18 60a32 32 0 1 1 64 0a32 32 0 1 1 -64 0M24 42L22 12L42 30M58 29L78 11L76 42"/></svg>"""


def test_drawings_that_are_dropped_are_painted(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/sketch")
    until(page, "document.querySelectorAll('#examples li').length > 3")
    buffer = io.BytesIO()
    sheet = Image.new("RGB", (200, 200), "white")
    sheet.paste("black", (60, 60, 140, 66))
    sheet.save(buffer, "PNG")
    first = ""
    for name, content in (("paper.png", buffer.getvalue()), ("cat.svg", SVG)):
        drop(page, (name, content))
        first = painted(page, first)
    assert ink(page, 18, 60)
    page.reload()
    painted(page)
    assert ink(page, 18, 60)


def test_the_brush_by_keyboard(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/holes")
    page.click('[data-sample="astronaut.jpg"]')
    page.wait_for_selector("#go:not([hidden])")
    page.focus("photo-stage canvas")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert page.is_enabled("#go")
    assert page.evaluate("document.querySelector('photo-stage').strokes.length") == 1


def test_a_bird_of_words_and_one_word_changed(page: Any, served: Served, tmp_path: Path) -> None:
    page.goto(f"{served.url}/birds")
    page.fill("#words", "a glorptastic bird with a red head and a crimson belly")
    page.click("#draw")
    page.wait_for_selector("#eight li:nth-child(8)")
    assert page.inner_text("#sentence del") == "glorptastic"
    told = page.inner_text("#facts")
    assert "“glorptastic” is not a word it learnt" in told
    assert "“crimson” for red" in told
    page.click("#eight li:nth-child(3) button")
    until(page, "location.search.includes('seed=2')")
    page.click("#sentence button:has-text('red')")
    page.wait_for_selector("#varied li:nth-child(12)")
    assert "same pose" in page.inner_text("#which")
    pressed = page.locator("#varied button[aria-pressed=true]")
    assert pressed.inner_text() == "red"
    page.click("#varied li:has-text('blue') button")
    until(page, "document.querySelector('#sentence').textContent.includes('blue head')")
    until(page, "location.search.includes('blue+head')")
    path = saved(page, "#save", tmp_path)
    assert credentials.inspect(path)["stamp"]["words"] == "a glorptastic bird with a blue head and a crimson belly"
    page.go_back()
    until(page, "document.querySelector('#words').value.includes('red head')")
    page.wait_for_selector("#eight li:nth-child(8)")


def test_words_that_say_nothing_are_an_error_in_one_line(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/birds")
    page.fill("#words", "xyzzy plugh")
    page.click("#draw")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.is_hidden("#work")
    page.click("#examples li:first-child button")
    page.wait_for_selector("#eight li:nth-child(8)")
    assert page.is_hidden("#trouble")


def test_a_photo_without_a_horse_is_told_and_can_be_forced(page: Any, served: Served, tmp_path: Path) -> None:
    page.goto(f"{served.url}/stripes")
    before = place(page)
    drop(page, astronaut())
    page.wait_for_selector("#trouble:not([hidden])")
    page.click("#force")
    page.wait_for_selector("#result:not([hidden])")
    assert place(page) == before
    assert "invented" in page.inner_text("#facts")
    page.click("#mask")
    assert page.evaluate("document.querySelector('photo-stage').map !== null")
    path = saved(page, "#save", tmp_path)
    with Image.open(path) as image:
        assert image.size == (224, 224)
    assert credentials.inspect(path)["stamp"]["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    done = page.url
    page.reload()
    page.wait_for_selector("#result:not([hidden])")
    assert page.url == done


def test_the_sample_horse_becomes_a_zebra(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/stripes")
    page.click('[data-sample="horse.jpg"]')
    page.wait_for_selector("#result:not([hidden])")
    assert "every stripe is invented" in page.inner_text("#facts")
    assert page.is_hidden("#trouble")


def test_who_wants_a_horse_is_asked_for_a_zebra(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/stripes")
    assert page.inner_text("h1:visible") == "Drop a horse, get a zebra"
    page.check("[name=to][value=horse]", force=True)
    for _ in range(2):
        assert page.inner_text("h1:visible") == "Drop a zebra, get a horse"
        assert "finds the zebras" in page.inner_text(".lead:visible")
        assert page.is_hidden('[data-sample="horse.jpg"]')
        page.reload()  # the choice is in the address
    page.click('[data-sample="zebra.webp"]')
    page.wait_for_selector("#result:not([hidden])")
    assert "the coat is invented" in page.inner_text("#facts")
    assert "One zebra" in page.inner_text("#facts")
    assert page.is_hidden("#trouble")


def test_a_zebra_becomes_a_horse_whose_coat_is_still_chosen_after_a_reload(
    page: Any, served: Served, tmp_path: Path
) -> None:
    page.goto(f"{served.url}/stripes")
    page.check("[name=to][value=horse]", force=True)
    page.select_option("#coat", "grey")
    drop(page, ("field.png", picture(120, 80)))
    page.click("#force")
    page.wait_for_selector("#result:not([hidden])")
    assert saved(page, "#save", tmp_path).name == "field_horse.png"
    page.reload()
    page.wait_for_selector("#result:not([hidden])")
    assert page.input_value("#coat") == "grey"


def test_the_line_runs_through_the_animal(page: Any, served: Served) -> None:
    shown = base64.b64encode(picture(120, 80)).decode()
    facts = {"width": 120, "height": 80, "model": "zebra", "drawn": True, "animals": [{"box": [80, 10, 100, 60]}]}
    pictures = {"answers": [{"seed": 0, "type": "image/png", "data": shown}], "mask": shown}
    told = {"untouched": 0.9, "sentence": "one horse", "notes": [], "seconds": 0.1}
    page.route("**/v1/translate*", lambda route: route.fulfill(json={**facts, **pictures, **told}))
    page.goto(f"{served.url}/stripes")
    drop(page, ("field.png", picture(120, 80)))
    page.wait_for_selector("#result:not([hidden])")
    until(page, "document.querySelector('photo-stage').split === 0.75")
    assert "One horse" in page.inner_text("#facts")
    assert "90 %" in page.inner_text("#facts")


def test_a_hole_is_brushed_and_filled_several_times(page: Any, served: Served, tmp_path: Path) -> None:
    page.goto(f"{served.url}/holes")
    before = place(page)
    page.click('[data-sample="astronaut.jpg"]')
    page.wait_for_selector("#go:not([hidden])")
    assert page.is_disabled("#go")
    brush(page, (20, 20), (40, 20))
    page.click("#undo")
    assert page.is_disabled("#go")
    brush(page, (62, 160), (88, 160), (64, 172), (86, 172))
    page.click("#go")
    page.wait_for_selector("#answers li:nth-child(4)")
    page.wait_for_selector("#result:not([hidden])")
    assert place(page) == before
    assert "Invented pixels" in page.inner_text("#facts")
    page.click("#answers li:nth-child(3) button")
    until(page, "document.querySelector('#answers li:nth-child(3) button').getAttribute('aria-pressed') === 'true'")
    page.click("#differ")
    assert page.evaluate("document.querySelector('photo-stage').map !== null")
    path = saved(page, "#save", tmp_path)
    with Image.open(path) as filled, Image.open(io.BytesIO(astronaut()[1])) as given:
        assert filled.convert("RGB").getpixel((10, 10)) == given.convert("RGB").getpixel((10, 10))
        assert filled.convert("RGB").getpixel((74, 166)) != given.convert("RGB").getpixel((74, 166))
    assert credentials.inspect(path)["stamp"]["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    page.go_back()
    page.wait_for_selector("#go:not([hidden])")
    assert page.is_enabled("#go"), "the brushed hole is gone"


@pytest.mark.parametrize("path", ["sketch", "birds", "stripes", "holes"])
def test_a_result_is_open_to_everybody(page: Any, served: Served, path: str, axe: str) -> None:
    page.goto(f"{served.url}/{path}")
    if path == "sketch":
        page.click("#examples li:first-child button")
        painted(page)
        page.click("#more")
        page.wait_for_selector("#others li")
    elif path == "birds":
        page.click("#examples li:first-child button")
        page.wait_for_selector("#eight li:nth-child(8)")
        page.click("#sentence button >> nth=1")
        page.wait_for_selector("#varied li")
    elif path == "stripes":
        drop(page, astronaut())
        page.click("#force")
        page.wait_for_selector("#result:not([hidden])")
    else:
        page.click('[data-sample="astronaut.jpg"]')
        page.wait_for_selector("#go:not([hidden])")
        brush(page, (62, 160), (88, 160))
        page.click("#go")
        page.wait_for_selector("#result:not([hidden])")
    asked = "axe.run({ preload: false }).then((done) => done.violations.map((v) => v.id + ' ' + v.nodes[0].html))"
    assert page.evaluate(f"{axe}; {asked}") == []
