"""The page for faces in a real browser."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from enhance.honesty import credentials
from tests.web.conftest import SAMPLES, Served, running
from tests.web.pages.acts import (
    BROWSER,
    SECONDS,
    astronaut,
    drop,
    enhance,
    opened,
    opened_again,
    paste,
    picture,
    pixels,
    place,
    sample,
    stage_box,
    until,
)


def test_a_dropped_photo_is_zoomed_to_its_face_enhanced_compared_and_saved(page: Any, tmp_path: Path) -> None:
    before = place(page)
    opened(page)
    left, top, right, bottom = page.evaluate("document.querySelector('photo-stage').shown")
    face = page.evaluate("document.querySelector('photo-stage').faces[0].box")
    assert left <= face[0] < face[2] <= right
    assert top <= face[1] < face[3] <= bottom
    assert right - left < 224
    enhance(page)
    assert place(page) == before, "the stage has moved or grown"
    half = pixels(page)
    page.focus("#split")
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.querySelector('photo-stage').split") == pytest.approx(0.2)
    assert pixels(page) != half
    assert "was imagined" in page.inner_text("#facts")
    for button, kind in (("#png", "PNG"), ("#jpg", "JPEG")):
        with page.expect_download() as saved:
            page.click(button)
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        with Image.open(path) as image:
            image.load()
            assert image.format == kind
            assert image.size == (4 * (right - left), 4 * (bottom - top))
            assert "compositeWithTrainedAlgorithmicMedia" in str(image.info)


def test_a_sample_runs_straight_through(page: Any) -> None:
    sample(page)
    assert page.is_hidden("#drop")
    assert page.is_visible("#left")
    assert page.is_hidden("#go")
    assert page.inner_text("#status") == "Drag the line."
    until(page, "document.querySelector('#status').textContent === ''")  # nothing that was said is left standing


def test_a_box_by_mouse_is_no_sliver(page: Any) -> None:
    opened(page)
    page.click("#whole")
    until(page, "document.querySelector('photo-stage').box === null")
    box = stage_box(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] - 40, steps=4)
    page.mouse.up()
    until(page, "document.querySelector('photo-stage').box !== null")
    left, top, right, bottom = page.evaluate("document.querySelector('photo-stage').shown")
    assert right - left > (bottom - top) / 2


@pytest.mark.parametrize("shape", [(400, 90), (90, 400), (200, 200)])
def test_the_line_is_where_the_finger_and_the_slider_say(page: Any, shape: tuple[int, int]) -> None:
    drop(page, ("wall.png", picture(*shape)))
    until(page, "document.querySelector('#status').textContent.includes('No face')")
    enhance(page)
    box = stage_box(page)
    frame = page.evaluate("document.querySelector('photo-stage').frame")
    x = frame["left"] + frame["width"] * 0.3
    page.mouse.click(box["x"] + x, box["y"] + frame["top"] + frame["height"] / 2)
    assert float(page.input_value("#split")) == pytest.approx(30, abs=1)
    white = """(x) => { const canvas = document.querySelector('photo-stage canvas');
      const across = x * canvas.width / canvas.clientWidth;
      const all = canvas.getContext('2d').getImageData(across, canvas.height / 2, 1, 1).data;
      return all[0] + all[1] + all[2]; }"""
    assert page.evaluate(white, x) > 600


def test_both_sides_side_by_side_another_guess_loupe_lineup_and_map(page: Any) -> None:
    sample(page, "astronaut.jpg")
    assert "24 pixels" in page.inner_text("#facts")
    sharp = pixels(page)
    page.select_option("#right", "bicubic")
    until(page, "document.querySelector('#facts').textContent.includes('Nothing was invented')")
    assert pixels(page) != sharp
    page.select_option("#right", "auto")
    page.select_option("#left", "original")
    until(page, "document.querySelector('photo-stage').under !== null")
    assert "left=original" in page.url
    page.click("#beside")
    page.wait_for_selector("#grid figure")
    until(page, "document.querySelector('#cancel').hidden")
    names = page.locator("#grid figcaption").all_inner_texts()
    assert names == ["Given pixels", "Smooth (bicubic)", "Careful (pixel loss)", "Sharp (GAN)", "Original"]
    page.click("#again")
    until(page, "document.querySelector('#cancel').hidden && location.search.includes('seed=1')")
    until(page, "document.querySelector('photo-stage').split === 0.5")
    page.click("#glass")
    before = pixels(page)
    page.hover("photo-stage canvas", position={"x": 300, "y": 200})
    assert pixels(page) != before
    page.click("#glass")
    page.click("#lineup")
    page.wait_for_selector("#cards li")
    assert page.locator("#cards li").count() == 8
    page.click("#cards li:nth-child(4) button")
    until(page, "document.querySelector('#cancel').hidden && document.querySelector('photo-stage').split === 0.5")
    assert page.get_attribute("#cards li:nth-child(4) button", "aria-pressed") == "true"
    assert page.is_visible("#cards"), "the line-up is gone, and no other card can be chosen"
    page.click("#invented")
    until(page, "document.querySelector('#facts').textContent.includes('to a verifier')")
    until(page, "/further|not measured/.test(document.querySelector('#status').textContent)")
    mapped = page.evaluate("document.querySelector('photo-stage').map !== null")
    assert mapped == page.locator("#veil").is_visible()


def test_dials_turn_the_face_and_not_its_small_picture(page: Any, tmp_path: Path) -> None:
    sample(page, "astronaut.jpg")
    page.click("#turn")
    page.wait_for_selector("#dials:not([hidden])")
    shown = """[...document.querySelectorAll('#dials canvas')].map((one) =>
      [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data])"""
    face, small = page.evaluate(shown)
    assert len(face) == 16 * len(small)
    page.fill("#dials input >> nth=0", "3")
    page.fill("#dials input >> nth=1", "-2")
    until(page, "document.querySelector('face-dials').busy === false")
    turned, still = page.evaluate(shown)
    assert sum(map(abs, map(int.__sub__, face, turned))) / len(face) > 1
    apart = [one - other for one, other in zip(small, still, strict=True)]
    # What is clipped at white and black costs few pixels a few levels; 50 dB is what a line-up promises.
    assert max(map(abs, apart)) <= 4, "the small picture has changed"
    assert sum(abs(one) > 2 for one in apart) < len(apart) / 200
    assert sum(one * one for one in apart) / len(apart) < 255**2 / 10**5
    with page.expect_download() as saved:
        page.click("text=Download this face")
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    assert credentials.inspect(path)["stamp"]["model"] == "face_x4_lineup"
    page.click("text=Back to the middle")
    until(page, "document.querySelector('face-dials').busy === false")
    assert page.evaluate(shown)[0] == face
    page.go_back()
    until(page, "document.querySelector('#dials').hidden")


def test_line_up_dials_map_and_trouble_are_open_to_everybody(page: Any, axe: str) -> None:
    asked = "axe.run({ preload: false }).then((done) => done.violations.map((v) => v.id + ' ' + v.nodes[0].html))"
    sample(page, "astronaut.jpg")
    for button, there in (("#lineup", "#cards li"), ("#turn", "#dials canvas"), ("#invented", "#veil:not([hidden])")):
        page.click(button)
        page.wait_for_selector(there)
        until(page, "document.querySelector('#cancel').hidden")
        assert page.evaluate(f"{axe}; {asked}") == [], button
    drop(page, ("notes.txt", b"no picture"))
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.evaluate(f"{axe}; {asked}") == []


def test_a_machine_with_too_much_to_do_is_asked_again(page: Any) -> None:
    asked: list[str] = []

    def busy(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
            return
        said = {"code": "took_too_long", "message": "not done within 120 s; try a smaller part"}
        route.fulfill(status=503, headers={"retry-after": "2"}, json={"error": said})

    page.route("**/v1/faces*", busy)
    drop(page, astronaut())
    until(page, "document.querySelector('#status').textContent.includes('too much to do')")
    until(page, "document.querySelector('photo-stage').box !== null")
    assert len(asked) == 2
    assert page.is_hidden("#trouble")


def test_who_is_quicker_than_the_search_for_faces_is_not_interrupted(page: Any) -> None:
    looking: list[Any] = []
    drawing: list[Any] = []
    page.route("**/v1/faces*", lambda route: looking.append(route))
    # Not that of the small face, which has no box.
    page.route("**/v1/enhance*box=*", lambda route: drawing.append(route))
    drop(page, astronaut())
    page.click("#go")
    until(page, "document.querySelector('photo-stage').waits !== null")
    looking[0].continue_()
    until(page, "document.querySelector('photo-stage').faces.length === 1")
    drawing[0].continue_()
    page.wait_for_selector("#result:not([hidden])")
    assert page.evaluate("document.querySelector('photo-stage').box") is None


def test_what_is_passed_on_says_what_it_is(page: Any, tmp_path: Path) -> None:
    sample(page)
    for button, kind, frames in (("#pair", "PNG", 1), ("#loop", "WEBP", 16)):
        with page.expect_download() as saved:
            page.click(button)
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        with Image.open(path) as image:
            assert image.format == kind
            assert getattr(image, "n_frames", 1) == frames
            duration = 0
            for frame in range(frames):
                image.seek(frame)
                image.load()
                duration += image.info.get("duration", 0)
            assert frames == 1 or duration == 2000
        assert credentials.inspect(path)["stamp"]["digital_source_type"].endswith(
            "/compositeWithTrainedAlgorithmicMedia"
        )


def test_every_state_has_an_address_and_survives_a_reload(page: Any, served: Served) -> None:
    opened(page)
    zoomed = page.url
    enhance(page)
    done = page.url
    assert len({served.url + "/faces", zoomed, done}) == 3
    page.go_back()
    page.wait_for_selector("#go:not([hidden])")
    assert page.url == zoomed
    page.go_forward()
    page.wait_for_selector("#result:not([hidden])")
    page.click("footer a[href=how]")
    page.wait_for_selector("#edge")
    page.go_back()
    page.wait_for_selector("#result:not([hidden])")
    page.reload()
    page.wait_for_selector("#result:not([hidden])")
    assert page.url == done
    page.goto(served.url)
    page.click("visit-history li a")
    page.wait_for_selector("#result:not([hidden])")
    page.click("#forget")
    page.wait_for_selector("#drop:not([hidden])")
    assert page.locator("visit-history li").count() == 0
    page.goto(done)
    until(page, "document.querySelector('#status').textContent.includes('forgotten')")


def test_what_is_opened_below_a_result_survives_a_reload_and_the_back_button(page: Any) -> None:
    sample(page, "astronaut.jpg")
    opened_again(page)


def test_by_keyboard_alone(page: Any) -> None:
    opened(page)
    page.click("#whole")
    until(page, "document.querySelector('photo-stage').box === null")
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
    assert page.is_hidden("#drop")


def test_pasted_text_is_left_alone(page: Any) -> None:
    paste(page, None, "not a picture")
    page.wait_for_timeout(200)
    assert page.locator("#trouble").is_hidden()
    assert page.is_visible("#drop")


def test_errors_are_shown_well(page: Any) -> None:
    drop(page, ("notes.txt", b"no picture"))
    page.wait_for_selector("#trouble:not([hidden])")
    assert "notes.txt is not a picture" in page.inner_text("#trouble")
    opened(page)
    assert not page.is_visible("#trouble")
    page.route("**/v1/enhance*", lambda route: route.abort())
    page.click("#go")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "does not answer" in page.inner_text("#trouble")
    assert page.is_enabled("#go")


def test_cancel(page: Any) -> None:
    opened(page)
    page.route("**/v1/enhance*", lambda _: None)  # an answer that never comes
    page.click("#go")
    page.click("#cancel")
    until(page, "document.querySelector('#status').textContent === 'Cancelled.'")
    assert page.is_enabled("#go")
    assert page.is_visible("#go")
    assert not page.is_visible("#trouble")


def test_nothing_is_waited_for_for_ever(page: Any) -> None:
    page.route("**/v1/limits", lambda route: route.fulfill(json={"seconds": -7}))  # patience is twice that and 15 s
    page.route("**/v1/faces*", lambda _: None)
    page.reload()
    drop(page, astronaut())
    page.wait_for_selector("#trouble:not([hidden])")
    assert "took too long" in page.inner_text("#trouble")
    assert page.is_visible("#go")


def test_a_photo_above_the_limits_is_looked_at_whole_and_drawn_where_it_is_zoomed_to(page: Any) -> None:
    page.route("**/v1/limits", lambda route: route.fulfill(json={"draw_pixels": 30_000, "seconds": 60}))
    page.reload()
    opened(page)
    page.click("#whole")
    until(page, "document.querySelector('photo-stage').box === null")
    enhance(page)
    left, top, right, bottom = page.evaluate("document.querySelector('photo-stage').shown")
    assert (right - left) * (bottom - top) <= 30_000


def test_a_photo_of_twelve_megapixels_is_looked_at(page: Any) -> None:
    with Image.open(SAMPLES / "astronaut.jpg") as small:
        large = Image.new("RGB", (4000, 3000), "grey")
        large.paste(small.resize((448, 448)), (1700, 1200))
    buffer = io.BytesIO()
    large.save(buffer, "JPEG")
    drop(page, ("phone.jpg", buffer.getvalue()))
    until(page, "document.querySelector('#status').textContent !== 'Looking for faces…'")
    page.wait_for_selector("#faces button")
    assert page.is_hidden("#trouble")


def test_a_photo_that_is_larger_than_what_is_read_is_reduced_here(page: Any) -> None:
    page.route("**/v1/limits", lambda route: route.fulfill(json={"look_pixels": 20_000, "seconds": 60}))
    page.reload()
    drop(page, astronaut())
    until(page, "document.querySelector('photo-stage').photo !== null")
    assert page.evaluate("document.querySelector('photo-stage').photo.width") < 142


def test_over_plain_http_on_a_name_of_the_local_network(tmp_path: Path, playing: Any) -> None:
    for served in running(tmp_path / "log", "--allow-host", "attic.example"):
        browser = playing.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--host-resolver-rules=MAP attic.example 127.0.0.1"]
        )
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.goto(f"http://attic.example:{served.port}/faces")
        assert page.evaluate("isSecureContext || 'randomUUID' in crypto") is False
        assert page.locator("#webcam").count() == 0
        sample(page)
        page.reload()
        page.wait_for_selector("#result:not([hidden])")
        browser.close()


def test_many_photos_queue_can_be_cancelled_and_taken_home(page: Any, tmp_path: Path) -> None:
    wall = picture(40, 40)
    drop(page, astronaut(), ("wall.png", wall), ("notes.txt", b"no picture"), ("last.png", wall))
    # At once, without waiting for it to lie still: the list is drawn anew while photos are done.
    page.dispatch_event('[aria-label="Cancel last.png"]', "click")
    until(page, "document.querySelectorAll('visit-history progress').length === 0")
    states = dict(
        zip(
            page.locator("visit-history li a span").all_inner_texts(),
            page.locator("visit-history li a small").all_inner_texts(),
            strict=True,
        )
    )
    assert (states["astronaut.jpg"], states["wall.png"], states["last.png"]) == ("done", "done", "cancelled")
    assert "not a picture" in states["notes.txt"]
    with page.expect_download() as saved:
        page.click("#zip")
    saved.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert packed.testzip() is None
        sizes = {name: Image.open(io.BytesIO(packed.read(name))).size for name in packed.namelist()}
    assert sorted(sizes.values()) == [(160, 160), (896, 896)]
    page.click("visit-history li:has-text('astronaut.jpg') a")
    page.wait_for_selector("#result:not([hidden])")


def test_webcam(page: Any) -> None:
    page.click("#webcam")
    page.wait_for_selector("#camera:not([hidden])")
    page.click("#webcam")
    until(page, "document.querySelector('#title').textContent.includes('webcam.png')")


def test_fingers_scroll_pan_and_pinch(browser: Any, served: Served) -> None:
    context = browser.new_context(
        viewport={"width": 380, "height": 560}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{served.url}/faces")
    opened(page)
    page.click("#whole")
    until(page, "document.querySelector('photo-stage').box === null")
    touch = context.new_cdp_session(page)
    box = stage_box(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": a, "y": b, "id": n} for n, (a, b) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (x, y))
    for step in range(1, 11):
        fingers("touchMove", (x, y - 14 * step))
    fingers("touchEnd")
    until(page, "scrollY > 40")
    assert page.evaluate("document.querySelector('photo-stage').box") is None
    # A page that was flung goes on for a while.
    page.wait_for_timeout(1500)
    page.evaluate("scrollTo(0, 0)")
    until(page, "scrollY === 0")
    page.wait_for_timeout(300)
    fingers("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 9):
        fingers("touchMove", (x - 20 - 8 * step, y), (x + 20 + 8 * step, y))
    fingers("touchEnd")
    until(page, "document.querySelector('photo-stage').box !== null")
    left, top, right, bottom = page.evaluate("document.querySelector('photo-stage').shown")
    assert right - left < 150
    assert 0.5 < (right - left) / (bottom - top) < 2
    assert page.evaluate("scrollY") == 0
    context.close()


def test_a_small_face_enhances_itself_before_anything_is_given(browser: Any, served: Served) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{served.url}/faces")
    until(page, "document.querySelector('#hero canvas').width > 100")
    before = page.evaluate("document.querySelector('#hero canvas').toDataURL()")
    until(page, f"document.querySelector('#hero canvas').toDataURL() !== {before!r}")
    page.click("#hero")
    page.wait_for_selector("#result:not([hidden])")
    assert page.is_hidden("#hero")
    assert "imagined" in page.inner_text("#facts")
    context.close()


def test_a_picture_develops_without_a_flash_fills_the_stage_and_what_is_next_is_in_the_window(
    browser: Any, served: Served
) -> None:
    context = browser.new_context(viewport={"width": 380, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{served.url}/faces")
    page.wait_for_selector("header nav")
    before = place(page)
    page.evaluate(
        """() => { const stage = document.querySelector("photo-stage"), draw = stage.draw;
          window.steps = [];
          stage.draw = () => { draw.call(stage);
            if (stage.over) steps.push(stage.lined ? "line" : stage.reveal ? "coming" : "whole"); }; }"""
    )
    page.tap('[data-sample="astronaut.jpg"]')
    until(page, "document.querySelector('photo-stage').split === 0.5")
    steps = page.evaluate("steps.filter((one, n) => one !== steps[n - 1])")
    assert steps == ["coming", "whole", "line"], "the finished picture is seen before it has come"
    assert place(page) == before, "the stage has moved or grown"
    frame = page.evaluate("document.querySelector('photo-stage').frame")
    assert [frame["left"], frame["top"]] == pytest.approx([0, 0], abs=0.5)
    assert [frame["width"], frame["height"]] == pytest.approx(before[2:], abs=0.5)
    status = page.locator("#status").bounding_box()
    assert status["y"] + status["height"] <= 780
    context.close()
