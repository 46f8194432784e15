"""Every task over HTTP, asked of a service that runs by itself."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("fastapi", reason="the web extra is not installed")

from enhance.web.endpoints import ENDPOINTS
from enhance.web.networks import weights
from tests.web.conftest import SAMPLES, Served

ASTRONAUT = (SAMPLES / "astronaut.jpg").read_bytes()
THERE = weights()


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def opened(content: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def form(**parts: bytes) -> tuple[bytes, dict[str, str]]:
    head = '--cut\r\nContent-Disposition: form-data; name="{0}"; filename="{0}.png"\r\n\r\n'
    body = b"".join(head.format(name).encode() + data + b"\r\n" for name, data in parts.items())
    return body + b"--cut--\r\n", {"content-type": "multipart/form-data; boundary=cut"}


def said(answer: tuple[int, dict[str, str], bytes], status: int) -> dict[str, Any]:
    assert answer[0] == status, answer
    return dict(json.loads(answer[2])["error"])


def cat() -> bytes:
    image = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((50, 70, 206, 230), outline="black", width=3)
    for left in (60, 150):
        pen.line((left, 100, left + 5, 30, left + 45, 80), fill="black", width=3)
        pen.ellipse((left + 25, 120, left + 45, 140), outline="black", width=3)
    return png(image)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_every_answer_has_what_the_document_says_and_no_more(served: Served, endpoint: Any) -> None:
    query = {"lineup": "n=2", "translate": "force=true", "sketch": "size=128", "fill": "hole=8,8,9,9"}.get(
        endpoint.name, ""
    )
    with Image.open(io.BytesIO(ASTRONAUT)) as image:
        small = png(image.reduce(3))
    body = {"sketch": cat(), "imagine": b"a small red bird", "opinion": ASTRONAUT}.get(endpoint.name, small)
    query += "box=60,10,124,74" if endpoint.name == "opinion" else ""
    status, _, answer = served.ask("POST", f"{endpoint.path}?{query}", body, {"accept": "application/json"})
    assert status == 200, answer
    endpoint.facts.model_validate_json(answer)


@pytest.mark.skipif(not THERE["sketch"]["weights"], reason="no weights")
def test_a_drawing_becomes_a_cat_or_several(served: Served) -> None:
    status, headers, body = served.ask("POST", "/v1/sketch?size=128&seed=3", cat(), {"accept": "image/webp"})
    assert (status, headers["content-type"]) == (200, "image/webp"), body
    assert json.loads(headers["enhance-facts"])["sentence"].startswith("a cat that never was")
    several = json.loads(served.ask("POST", "/v1/sketch?size=128&seed=3&n=3&format=png", cat())[2])
    assert [one["seed"] for one in several["answers"]] == [3, 4, 5]
    with Image.open(io.BytesIO(base64.b64decode(several["answers"][0]["data"]))) as image:
        assert (image.format, image.size) == ("PNG", (128, 128))
    assert len({one["data"] for one in several["answers"]}) == 3
    blank = served.ask("POST", "/v1/sketch", png(Image.new("RGB", (99, 99), "white")))
    assert "no lines" in said(blank, 422)["message"]
    assert said(served.ask("POST", "/v1/sketch?colour=octarine", cat()), 422)["code"] == "bad_photo"
    vector = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1L8 1L8 8Z" stroke="#000"/></svg>'
    assert served.ask("POST", "/v1/sketch?size=64", vector, {"content-type": "image/svg+xml"})[0] == 200


@pytest.mark.skipif(not THERE["imagine"]["weights"], reason="no weights")
def test_a_sentence_becomes_a_bird_or_several(served: Served) -> None:
    words = b"a small bird with a red head and a flumph"
    status, headers, body = served.ask("POST", "/v1/imagine?size=64", words, {"content-type": "text/plain"})
    assert (status, headers["content-type"]) == (200, "image/png"), body
    facts = json.loads(headers["enhance-facts"])
    assert {"part": "head", "colour": "red"} in facts["understood"]
    assert facts["ignored"] == ["flumph"]
    asked = json.dumps({"sentence": "a blue bird"}).encode()
    several = served.ask("POST", "/v1/imagine?size=64&n=2", asked, {"content-type": "application/json"})
    assert [one["seed"] for one in json.loads(several[2])["answers"]] == [0, 1]
    for wrong in (b"", b"flumph", b"\xff\xfe", b"a red bird " * 99):
        assert said(served.ask("POST", "/v1/imagine", wrong), 422)["code"] == "bad_sentence"
    photo = served.ask("POST", "/v1/imagine", ASTRONAUT, {"content-type": "image/jpeg"})
    assert said(photo, 415)["code"] == "unsupported_media_type"


@pytest.mark.skipif(not THERE["fill"]["weights"], reason="no weights")
def test_a_hole_is_filled_from_a_mask_a_box_or_what_is_transparent(served: Served) -> None:
    with Image.open(io.BytesIO(ASTRONAUT)) as image:
        photo = image.convert("RGB").crop((0, 100, 120, 200))
    mask = Image.new("L", photo.size)
    mask.paste(255, (30, 40, 50, 60))
    body, kind = form(photo=png(photo), mask=png(mask))
    status, headers, filled = served.ask("POST", "/v1/fill", body, kind)
    assert status == 200, filled
    assert json.loads(headers["enhance-facts"])["hole_pixels"] == 400
    changed = np.abs(opened(filled) - opened(png(photo))).sum(-1) > 0
    assert changed[40:60, 30:50].any()
    assert not changed[np.asarray(mask) == 0].any()
    boxed = served.ask("POST", "/v1/fill?hole=30,40,20,20", png(photo))
    assert np.array_equal(opened(boxed[2]), opened(filled))
    clear = photo.copy()
    clear.putalpha(Image.eval(mask, lambda level: 255 - level))
    assert np.array_equal(opened(served.ask("POST", "/v1/fill", png(clear))[2]), opened(filled))
    part = json.loads(served.ask("POST", "/v1/fill?region=20,30,60,60&n=2", body, kind)[2])
    assert (part["width"], part["height"], part["hole_pixels"], len(part["answers"])) == (60, 60, 400, 2)
    with Image.open(io.BytesIO(base64.b64decode(part["mask"]))) as shown:
        assert np.asarray(shown).sum() == 255 * 400
    small, kind = form(photo=png(photo), mask=png(Image.new("L", (9, 9), 255)))
    assert said(served.ask("POST", "/v1/fill", small, kind), 422)["code"] == "bad_mask"
    assert "more than half transparent" in said(served.ask("POST", "/v1/fill", png(photo)), 422)["message"]


@pytest.mark.skipif("zebra" not in THERE["translate"]["to"], reason="no weights")
def test_animals_are_redrawn_and_a_photo_without_any_stays(served: Served) -> None:
    answer = json.loads(served.ask("POST", "/v1/translate", ASTRONAUT, {"accept": "application/json"})[2])
    assert (answer["drawn"], answer["animals"], answer["untouched"]) == (False, [], 1)
    assert "--" not in answer["sentence"]
    same = opened(base64.b64decode(answer["answers"][0]["data"]))
    assert np.array_equal(same, opened(ASTRONAUT))
    forced = json.loads(served.ask("POST", "/v1/translate?force=true", ASTRONAUT, {"accept": "application/json"})[2])
    assert forced["drawn"]
    with Image.open(io.BytesIO(base64.b64decode(forced["mask"]))) as mask:
        assert np.asarray(mask).max() == 255


def test_tasks_without_weights_say_so(served: Served) -> None:
    told = json.loads(served.ask("GET", "/v1/limits")[2])["tasks"]
    assert told == THERE
    for to in {"zebra", "horse"} - set(told["translate"]["to"]):
        assert said(served.ask("POST", f"/v1/translate?to={to}", ASTRONAUT), 422)["code"] == "no_weights"


def test_a_form_a_format_and_everything_as_json(served: Served) -> None:
    body, kind = form(photo=ASTRONAUT)
    path = "/v1/enhance?box=56,0,140,84&model=bicubic"
    status, headers, picture = served.ask("POST", path, body, {**kind, "accept": "image/webp, */*;q=0.1"})
    assert (status, headers["content-type"]) == (200, "image/webp"), picture
    everything = json.loads(served.ask("POST", path, body, {**kind, "accept": "application/json"})[2])
    assert everything["answers"][0]["type"] == "image/png"
    assert {"width", "faces", "notes"} <= everything.keys()
    wrong, kind = form(picture=ASTRONAUT)
    assert said(served.ask("POST", path, wrong, kind), 422)["code"] == "bad_multipart"


def test_a_face_has_one_number_and_one_size_wherever_it_is_asked_for(served: Served) -> None:
    """Two faces: the smaller one is meant, and a box around it shows part of the larger one."""
    with Image.open(io.BytesIO(ASTRONAUT)) as image:
        head = image.convert("RGB").crop((60, 0, 144, 84))
    scene = Image.new("RGB", (200, 120), (90, 110, 130))
    scene.paste(head, (0, 10))
    scene.paste(head.resize((56, 56)), (100, 30))
    photo = png(scene)
    found = json.loads(served.ask("POST", "/v1/faces", photo)[2])["faces"]
    assert [face["number"] for face in found] == [1, 2]
    second = found[1]
    box = "box=90,20,170,100"
    lineup = json.loads(served.ask("POST", "/v1/lineup?n=2&face=2", photo)[2])
    assert (lineup["number"], lineup["pixels_across"]) == (2, second["pixels_across"])
    assert lineup["face"] == pytest.approx(second["box"], abs=0.2)
    assert f"{second['pixels_across']} pixels across" in lineup["sentence"]
    boxed = json.loads(served.ask("POST", f"/v1/lineup?n=2&{box}", photo)[2])
    assert boxed["answers"][1]["png"] == lineup["answers"][1]["png"]
    facts = json.loads(served.ask("POST", f"/v1/map?face=2&{box}", photo)[1]["enhance-facts"])
    assert [(face["number"], face["pixels_across"]) for face in facts["faces"]] == [(2, second["pixels_across"])]
    assert f"drawn from {second['pixels_across']} pixels across" in facts["sentences"][0]
    part = json.loads(served.ask("POST", f"/v1/enhance?{box}", photo)[1]["enhance-facts"])["faces"]
    whole = json.loads(served.ask("POST", "/v1/enhance", photo)[1]["enhance-facts"])["faces"]
    keys = ("number", "pixels_across", "redrawn")
    assert [[face[key] for key in keys] for face in part] == [[second[key] for key in keys]]
    assert [[face[key] for key in keys] for face in whole] == [[face[key] for key in keys] for face in found]
    assert "no face 7" in said(served.ask("POST", "/v1/lineup?face=7", photo), 422)["message"]


def test_a_large_photo_is_looked_at_and_drawn_by_parts(served: Served) -> None:
    with Image.open(io.BytesIO(ASTRONAUT)) as image:
        large = Image.new("RGB", (2500, 1700), (90, 110, 130))
        large.paste(image, (1500, 900))
    buffer = io.BytesIO()
    large.save(buffer, "JPEG", quality=92)
    photo = buffer.getvalue()
    told = json.loads(served.ask("POST", "/v1/faces", photo)[2])
    assert (told["width"], told["height"]) == (2500, 1700)
    left, top = (round(edge) for edge in told["faces"][0]["box"][:2])
    assert said(served.ask("POST", "/v1/enhance", photo), 413)["code"] == "too_many_pixels"
    region = f"region={left - 20},{top - 20},90,90"
    status, headers, body = served.ask("POST", f"/v1/enhance?{region}", photo)
    assert status == 200, body
    facts = json.loads(headers["enhance-facts"])
    assert (facts["width"], facts["faces"][0]["number"]) == (360, 1)
    assert served.ask("POST", "/v1/lineup?n=2&face=1", photo)[0] == 200


def test_answers_have_a_limit_too(served: Served) -> None:
    """A small file of one colour that would fill the memory."""
    flat = png(Image.new("RGB", (1990, 1990)))
    limit = json.loads(served.ask("GET", "/v1/limits")[2])["result_pixels"]
    for path in ("enhance?scale=8", "enhance?scale=4.1&model=bicubic"):
        wrong = said(served.ask("POST", f"/v1/{path}", flat), 413)
        assert wrong["code"] == "too_many_pixels"
        assert f"{limit:,}" in wrong["message"]
