"""The site as a folder, in a real browser before a plain server of files."""

import base64
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from enhance.cli.site import site
from enhance.faces.known import KnownFace
from enhance.faces.resolution import drawn_share
from enhance.honesty import credentials
from enhance.honesty.exploration import explore
from enhance.honesty.report import band_map, report
from enhance.inference import floats, shipped
from enhance.inference.model import Model, full_frame
from enhance.photos.photo import read as read_photo
from enhance.tasks.fill.fill import fill_photo
from enhance.tasks.fill.options import FillOptions
from enhance.tasks.imagine import vocabulary
from enhance.tasks.imagine.imagine import imagine_all
from enhance.tasks.imagine.options import ImagineOptions
from enhance.tasks.imagine.words import SentenceError, read_sentence
from enhance.tasks.sketch.options import SketchOptions
from enhance.tasks.sketch.sketch import sketch_all
from enhance.tasks.translate.options import TranslateOptions
from enhance.tasks.translate.translate import translate_photo
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.finding import find_jobs
from enhance.tasks.upscale.options import BACKGROUND_MODEL, UpscaleOptions
from enhance.web import folder
from tests.web.conftest import SAMPLES
from tests.web.pages.acts import BROWSER, brush, drop, opened_again, sample, until
from tests.web.pages.packages import unpacked
from tests.web.pages.test_site import sound

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
AGREEMENT = 40
"""Least dB between a picture drawn in the browser and one drawn in Python."""
OF_BIRDS = 35
"""The same for birds: their network of 8 bits gives pictures 39 dB apart where its inputs differ by a millionth."""
LEAST_BYTES, MOST_BYTES = 4_000_000, 8_000_000
"""Of download until the first picture is drawn; less would mean that not all of it was counted."""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package onnxruntime-web: that of ENHANCE_ORT_WEB, or from npm."""
    if given := os.environ.get("ENHANCE_ORT_WEB"):
        return Path(given)
    return unpacked(folder.GET_RUNTIME.split()[-1], tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="session")
def written(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hosts") / "enhance"
    done = CliRunner().invoke(site, ["--out", str(out), "--runtime", str(runtime)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out


class Hosted:
    """A plain server of files, which can be ended and begun again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}/enhance/"
        self.begin()

    def begin(self) -> None:
        command = [sys.executable, "-m", "http.server", str(self.port), "--bind", "127.0.0.1", "-d", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        self.end()
        pytest.fail("the server did not begin")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def hosted(written: Path) -> Iterator[Hosted]:
    one = Hosted(written.parent)
    yield one
    one.end()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    one = context.new_page()
    one.set_default_timeout(90_000)
    wrong: list[str] = []
    one.on("pageerror", lambda error: wrong.append(str(error)))
    one.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield one
    context.close()
    assert not wrong


@pytest.fixture(scope="module")
def paper(browser: Any, hosted: Hosted) -> Iterator[Any]:
    """A page that has the network already."""
    one = browser.new_page()
    one.goto(f"{hosted.url}sketch")
    yield one
    one.close()


def fetched_by(page: Any) -> dict[str, int]:
    """Bytes of the bodies that a page fetches, by their addresses; what comes out of a cache later adds nothing."""
    sizes: dict[str, int] = {}

    def add(one: Any) -> None:
        sizes[one.url] = max(one.sizes()["responseBodySize"], sizes.get(one.url, 0))

    page.on("requestfinished", add)
    return sizes


def asked(page: Any, what: str, body: bytes | str, **options: Any) -> dict[str, Any]:
    """What the page's own way of asking answers; the pictures as arrays in [0,1]."""
    given = body if isinstance(body, str) else base64.b64encode(body).decode()
    told = page.evaluate(
        """async ([what, given, words, options]) => {
          const { insist } = await import(new URL("static/service.js", document.baseURI));
          const bytes = (text) => new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
          const form = new FormData();
          if (what === "fill") JSON.parse(given).forEach((one, n) => form.append(["photo", "mask"][n], bytes(one)));
          const body = what === "fill" ? form : words ? given : bytes(given);
          const { facts } = await insist(what, body, { ...options, format: "png" });
          delete facts.mask;
          const text = async (blob) => {
            const read = new FileReader();
            read.readAsDataURL(blob);
            await new Promise((done) => { read.onload = done; });
            return read.result.split(",")[1];
          };
          return { ...facts, answers: await Promise.all(facts.answers.map(async ({ data }) => text(data))) };
        }""",
        [what, given, isinstance(body, str), options],
    )
    files = [base64.b64decode(one) for one in told["answers"]]
    return {**told, "files": files, "pictures": [decoded(one) for one in files]}


def decoded(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"), np.float64) / 255


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """PSNR in dB."""
    return float(-10 * np.log10(max(np.mean((one - other) ** 2), 1e-12)))


def drawing(width: int, scale: float = 1.0, filled: bool = False) -> bytes:
    """A cat's head on white, 512 pixels across, in lines of a width."""
    big = Image.new("RGB", (1536, 1536), "white")
    pen = ImageDraw.Draw(big)

    def at(*places: float) -> list[float]:
        return [15.36 * (50 + scale * (place - 50)) for place in places]

    wide = 3 * width
    pen.ellipse(at(18, 25, 82, 90), outline="black", width=wide)
    for ear in ((22, 40, 20, 8, 42, 28), (78, 40, 80, 8, 58, 28)):
        pen.line(at(*ear), "black", wide, joint="curve")
    for eye in ((33, 50, 43, 58), (57, 50, 67, 58)):
        pen.ellipse(at(*eye), outline="black", width=wide, fill="black" if filled else None)
    pen.line(at(46, 66, 54, 66, 50, 71, 46, 66), "black", wide, joint="curve")
    pen.line(at(50, 71, 50, 76), "black", wide)
    buffer = io.BytesIO()
    big.resize((512, 512), Image.Resampling.BOX).save(buffer, "PNG")
    return buffer.getvalue()


def test_pages_name_only_what_is_there_and_shut_nobody_out(written: Path, page: Any, hosted: Hosted, axe: str) -> None:
    lost: list[str] = []
    page.on("response", lambda answer: lost.append(answer.url) if answer.status >= 400 else None)
    for name in ("", *(trick.name for trick in folder.TRICKS)):
        page.goto(f"{hosted.url}{name}")
        page.wait_for_selector("footer")
        links = page.eval_on_selector_all("a", "all => all.map((one) => one.href)")
        assert links
        for link in links:
            path = written / link.removeprefix(hosted.url)
            assert (path / "index.html").is_file(), link
        page.wait_for_selector("header nav")
        sound(page, 1280, axe)
    assert not lost
    assert "Not here" not in (written / "index.html").read_text()


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (drawing(7), {}),
        (drawing(7), {"seed": 12, "colour": "ginger", "looseness": 0.2}),
        (drawing(2), {"seed": 3}),
        (drawing(26, filled=True), {"colour": "#335577"}),
        (drawing(6, scale=0.35), {"seed": 5}),
    ],
    ids=["plain", "dyed", "thin", "thick and filled", "small"],
)
def test_a_cat_is_the_one_that_python_paints(paper: Any, given: bytes, options: dict[str, Any]) -> None:
    told = asked(paper, "sketch", given, size=128, **options)
    (cat,) = sketch_all(given, [SketchOptions(**{"size": 128, **options})])
    assert told["moved"] is cat.drawing.moved
    assert agreement(told["pictures"][0], cat.painted) > AGREEMENT


def test_sizes_and_several(paper: Any) -> None:
    for size in (256, 512):
        told = asked(paper, "sketch", drawing(7), size=size, n=2, seed=4)
        cats = sketch_all(drawing(7), [SketchOptions(seed=seed, size=size) for seed in (4, 5)])
        for picture, cat in zip(told["pictures"], cats, strict=True):
            assert agreement(picture, np.asarray(cat.canvas.image()) / 255) > AGREEMENT


def sentences() -> list[str]:
    """Those of the page, and nonsense of all kinds of words."""
    given = re.findall(r'"(an? [^"]+)"', (folder.STATIC / "birds.js").read_text())
    assert len(given) >= 7
    given += [
        "a crimson bely robin facing left",
        "",
        "hello world",
        "a bird that's black, and the wings not red; it has",
    ]
    random = np.random.default_rng(1)
    small = re.findall(r"\S+", "and or with has is are a the its , . on of not no but that which")
    known = [*sorted(vocabulary.KNOWN), *vocabulary.SPECIES, *small * 12, "blak", "whiet", "zzz", "car", "1"]
    return [*given, *(" ".join(random.choice(known, random.integers(3, 18))) for _ in range(300))]


def test_sentences_are_read_as_in_python(paper: Any) -> None:
    found = paper.evaluate(
        """async (sentences) => {
          const { prepared, read } = await import(new URL("static/browser/words.js", document.baseURI));
          const packed = await fetch(new URL("static/data/birds.json.packed", document.baseURI));
          const file = new Response(packed.body.pipeThrough(new DecompressionStream("gzip")));
          const tables = prepared((await file.json()).words);
          return sentences.map((sentence) => {
            try { return read(sentence, tables); } catch (error) { return error.message; }
          });
        }""",
        sentences(),
    )
    for sentence, got in zip(sentences(), found, strict=True):
        if isinstance(got, str):
            with pytest.raises(SentenceError, match=re.escape(got)):
                read_sentence(sentence)
            continue
        wanted = read_sentence(sentence)
        assert (*(sorted(map(tuple, got[name])) for name in ("pairs", "accents")), got["traits"]) == (
            *(sorted(pairs) for pairs in (wanted.pairs, wanted.accents)),
            sorted(wanted.traits),
        ), sentence
        assert list(got["taken"].items()) == list(wanted.taken), sentence
        assert (got["unknown"], got["facing"], got["text"]) == ([*wanted.unknown], wanted.facing, wanted.text)


@pytest.mark.parametrize(
    ("sentence", "options"),
    [
        ("a small bird with a red head and a white belly", {"seed": 1}),
        ("a swimming duck with a green head facing left", {"seed": 9}),
        ("a blue bird with a yellow bill", {"layout": 3}),
    ],
)
def test_a_bird_is_the_one_that_python_draws(paper: Any, sentence: str, options: dict[str, Any]) -> None:
    told = asked(paper, "imagine", sentence, size=128, n=2, **options)
    seed = options.pop("seed", 0)
    birds = imagine_all(sentence, [ImagineOptions(seed=seed + n, size=128, **options) for n in range(2)])
    assert told["layouts"] == [bird.layout for bird in birds]
    for picture, bird in zip(told["pictures"], birds, strict=True):
        assert agreement(picture, np.asarray(bird.canvas.image()) / 255) > OF_BIRDS


def test_a_bird_is_drawn_and_its_file_says_from_what_words(page: Any, hosted: Hosted, tmp_path: Path) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}birds")
    page.fill("#words", "a <red> bird & a xylophone")
    page.click("#draw")
    page.wait_for_selector("#eight li:nth-child(8) img")
    assert LEAST_BYTES < sum(sizes.values()) < MOST_BYTES, sizes
    assert page.inner_text("#sentence del") == "xylophone"
    with page.expect_download() as given:
        page.click("#save")
    given.value.save_as(tmp_path / "bird.png")
    stamp = credentials.inspect(tmp_path / "bird.png")["stamp"]
    assert stamp["words"] == "a <red> bird & a xylophone"


def photo(across: int, angle: float = 0, sample: str = "astronaut.jpg", noise: float = 0, seed: int = 0) -> Image.Image:
    """A sample at a size and turned, its edge going on, with noise in grey levels."""
    folders = {"astronaut.jpg": SAMPLES}
    with Image.open(folders.get(sample, folder.STATIC / "samples") / sample) as whole:
        one = whole.convert("RGB")
    one = one.resize((across, round(across * one.height / one.width)), Image.Resampling.LANCZOS)
    if angle:
        one = one.rotate(angle, Image.Resampling.BICUBIC, fillcolor=one.getpixel((1, 1)))
    if noise:
        grain = np.random.default_rng(seed).normal(0, noise, (one.height, one.width, 3))
        one = Image.fromarray(np.clip(np.asarray(one) + grain, 0, 255).astype(np.uint8))
    return one


def told_alike(page: Any, given: Image.Image, **options: Any) -> float:
    """How well what is drawn of a photo here agrees with what Python draws, in dB; what is told of it must be alike."""
    told = asked(page, "enhance", _png(given), **options)
    read = read_photo(given)
    # As in the service, faces are found before the photo is restored.
    known = [KnownFace.of(job, number) for number, job in enumerate(find_jobs(read.rgb, None, False), 1)]
    # The folder has one network less: what is no face in bad photos it draws as in good ones.
    wanted = enhance_photo(read, UpscaleOptions(background=BACKGROUND_MODEL, **options), known_faces=known)
    assert told["model"] == (wanted.model.facts.name if wanted.model else "bicubic")
    assert [(one["pixels_across"], one["reason"]) for one in told["faces"]] == [
        (one.size, one.reason) for one in wanted.faces
    ]
    assert told["lr_psnr_db"] == pytest.approx(min(wanted.agreement, 99), abs=0.5)
    return agreement(told["pictures"][0], np.asarray(wanted.image().convert("RGB")) / 255)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (photo(96), {}),
        (photo(110, angle=30), {"seed": 5}),
        (photo(96, noise=5), {}),
        (photo(150, noise=12), {"seed": 2}),
        (photo(40, sample="face_2.png"), {"model": "face_x4_pixel"}),
        (photo(80, angle=30), {"model": "face_x4_lineup", "seed": 3}),
    ],
    ids=["plain", "leaning", "grainy", "very grainy", "careful", "drawn twice"],
)
def test_a_face_is_the_one_that_python_draws(paper: Any, given: Image.Image, options: dict[str, Any]) -> None:
    assert told_alike(paper, given, **options) > AGREEMENT


def test_networks_are_unpacked_as_they_were(paper: Any) -> None:
    names = [*folder.networks(), "yunet", "estimator"]
    told = paper.evaluate(
        """async (names) => {
          const { weights } = await import(new URL("static/browser/weights.js", document.baseURI));
          const digests = [];
          for (const name of names) {
            const file = await fetch(new URL(`static/data/${name}.onnx.packed`, document.baseURI));
            const model = weights(new Uint8Array(await file.arrayBuffer()));
            digests.push([...new Uint8Array(await crypto.subtle.digest("SHA-256", model))]);
          }
          return digests;
        }""",
        names,
    )
    for name, digest in zip(names, told, strict=True):
        assert bytes(digest) == hashlib.sha256(folder.network(name)).digest(), name


@pytest.mark.parametrize("noise", [0, 12])
def test_a_photo_without_colours_gets_none(paper: Any, noise: float) -> None:
    plain = np.asarray(photo(110, noise=noise).convert("L"), np.int16)[..., None]
    roundings = np.random.default_rng(0).integers(0, 2, (*plain.shape[:2], 3))  # as JPEG rounds each channel
    given = Image.fromarray((plain + roundings).clip(0, 255).astype(np.uint8))
    assert told_alike(paper, given) > AGREEMENT
    colours = np.ptp(asked(paper, "enhance", _png(given))["pictures"][0], axis=2)
    assert colours.max() < 4 / 255


def test_a_grainy_photo_is_known_as_one(paper: Any) -> None:
    notes = [asked(paper, "enhance", _png(photo(96, noise=noise)))["notes"] for noise in (0, 12)]
    assert [any("grainy" in note for note in one) for one in notes] == [False, True]


def test_a_face_is_redrawn_as_far_as_its_detail_is_lost(paper: Any) -> None:
    landmarks = [(40.0, 60.0), (100.0, 60.0), (70.0, 90.0), (50.0, 120.0), (92.0, 120.0)]
    grain = np.random.default_rng(5).normal(0.5, 0.2, (160, 150)).astype(np.float32)
    given = [np.clip(cv2.GaussianBlur(grain, (0, 0), blur) * 2 - 0.5, 0, 1) for blur in (0.8, 1.05, 1.1, 1.2, 1.4)]
    found = paper.evaluate(
        """async ([given, landmarks]) => {
          const { drawnShare } = await import(new URL("static/browser/defects.js", document.baseURI));
          const plane = (data) => ({ width: 150, height: 160, data: Float32Array.from(data) });
          return given.map((data) => drawnShare([plane(data), plane(data), plane(data)], landmarks));
        }""",
        [[one.ravel().tolist() for one in given], landmarks],
    )
    wanted = [drawn_share(np.repeat(one[..., None], 3, 2), np.array(landmarks)) for one in given]
    assert found == pytest.approx(wanted, abs=0.01)
    assert min(wanted) == 0
    assert max(wanted) == 1
    assert any(0 < share < 1 for share in wanted)


@pytest.mark.parametrize("noise", [0, 12])
def test_what_was_made_up_is_as_in_python(paper: Any, noise: float) -> None:
    given = read_photo(photo(110, angle=30, noise=noise))
    told = asked(paper, "map", _png(photo(110, angle=30, noise=noise)), seed=2)
    wanted = enhance_photo(given, UpscaleOptions(seed=2, background=BACKGROUND_MODEL))
    reports = report(given, wanted)
    assert told["measured"]
    assert [one["made_up"] for one in told["faces"]] == [pytest.approx(one.made_up, abs=0.02) for one in reports]
    with Image.open(io.BytesIO(told["files"][0])) as image:
        opaque = np.asarray(image.getchannel("A"), np.float64) / 255
    assert opaque.max() > 0.2
    # The answers of a bad photo are drawn by three networks of 8 bits one after the other, whose roundings add up.
    least = 25 if noise else 30
    assert agreement(opaque, np.clip(band_map(wanted, reports, given) / (48 / 255), 0, 1)) > least


@pytest.mark.slow
def test_forty_photos_are_those_that_python_makes(paper: Any) -> None:
    random = np.random.default_rng(3)
    for number in range(40):
        sample = ("astronaut.jpg", "face_1.png", "face_2.png")[number % 3]
        across = int(random.integers(20, 110) if number % 3 else random.integers(60, 300))
        angle, noise = float(random.uniform(-40, 40)) * (number % 2), 5.0 * (number % 5 == 4)
        found = told_alike(paper, photo(across, angle, sample, noise, number), seed=number % 4)
        assert found > AGREEMENT, (number, sample, across, angle, noise)


def test_a_line_up_of_a_grainy_photo_is_drawn_on_the_restored_face(paper: Any) -> None:
    clean, grainy = (asked(paper, "lineup", _png(photo(160, noise=noise)), n=2) for noise in (0, 16))
    assert "agrees with the photo" in clean["sentence"]
    assert "agrees with the photo as it was restored" in grainy["sentence"]
    rough, smooth = (np.abs(np.diff(np.diff(shown["pictures"][0], axis=1), axis=1)).mean() for shown in (grainy, clean))
    assert rough < 1.2 * smooth  # drawn on the grain itself, skin is all cracks


@pytest.mark.parametrize("options", [{"to": "horse"}, {"to": "horse", "coat": "palomino"}], ids=lambda one: str(one))
def test_a_photo_is_painted_as_python_paints_it(paper: Any, options: dict[str, str]) -> None:
    given = photo(200)
    told = asked(paper, "translate", _png(given), force=True, **options)
    wanted = translate_photo(read_photo(given), TranslateOptions(force=True, **options))
    assert told["model"] == f"animals + {options['to']}"
    assert told["untouched"] == pytest.approx(wanted.untouched, abs=0.002)
    assert agreement(told["pictures"][0], np.asarray(wanted.canvas.image().convert("RGB")) / 255) > AGREEMENT
    assert asked(paper, "translate", _png(given), **options)["drawn"] is False


@pytest.mark.parametrize("side", [256, 88])
def test_a_horse_gets_the_stripes_that_python_draws(paper: Any, side: int) -> None:
    """The smaller one is below 72 pixels, and so is drawn with broader stripes."""
    given = photo(side, sample="horse.jpg")
    told = asked(paper, "translate", _png(given))
    wanted = translate_photo(read_photo(given), TranslateOptions())
    assert told["model"] == "animals + zebra"
    assert told["untouched"] == pytest.approx(wanted.untouched, abs=0.002)
    assert agreement(told["pictures"][0], np.asarray(wanted.canvas.image().convert("RGB")) / 255) > AGREEMENT


def test_a_face_is_turned_as_in_python(paper: Any) -> None:
    given = photo(96)
    (job,) = find_jobs(read_photo(given).rgb, None, force=False)
    assert job.crop is not None
    wanted = explore(Model.load("face_x4_lineup"), job.crop)
    told = asked(paper, "explore", _png(given), dials="2.5")
    left, top, right, bottom = told["part"]
    rows, columns = (
        slice(4 * (least - start), 4 * (most - start))
        for least, most, start in ((top, bottom, job.crop.top), (left, right, job.crop.left))
    )
    # A direction and its opposite are the same.
    near, middle, far = sorted(
        agreement(told["pictures"][0], wanted.turned((turn,))[rows, columns]) for turn in (2.5, 0, -2.5)
    )[::-1]
    assert near > AGREEMENT > middle > far
    assert told["lr_psnr_db"] > 49
    assert asked(paper, "explore", _png(given), dials="0,0,0")["lr_psnr_db"] > 49


def filled(page: Any, given: Image.Image, mask: Image.Image, **options: Any) -> dict[str, Any]:
    """As `asked`, of a photo and its mask."""
    return asked(page, "fill", json.dumps([base64.b64encode(_png(one)).decode() for one in (given, mask)]), **options)


@pytest.mark.parametrize(
    "box", [(52, 142, 100, 190), (80, 40, 130, 70), (104, 30, 136, 84)], ids=["patch", "eyes", "half a face"]
)
def test_a_hole_is_filled_as_in_python(paper: Any, box: tuple[int, int, int, int]) -> None:
    given, mask = photo(224), Image.new("L", (224, 224))
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    told = filled(paper, given, mask, n=2, seed=3)
    for seed, picture in zip((3, 4), told["pictures"], strict=True):
        wanted = fill_photo(read_photo(given), mask, (), FillOptions(seed=seed, rest="network"))
        made, before = wanted.rgb, np.asarray(given) / 255
        assert np.array_equal(picture[~wanted.hole], before[~wanted.hole])
        assert agreement(picture[wanted.hole], made[wanted.hole]) > AGREEMENT
        if seed == 3:
            assert len(told["faces"]) == len(wanted.faces)
            assert told["hole_pixels"] == wanted.hole.sum()


@pytest.mark.parametrize("to", ["zebra", "horse"])
def test_an_animal_is_painted_and_its_file_says_so(page: Any, hosted: Hosted, tmp_path: Path, to: str) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}stripes")
    if to == "horse":
        page.check("[name=to][value=horse]", force=True)
        page.reload()  # the choice is in the address
    drop(page, ("photo.png", _png(photo(120))))
    page.click("#force")
    page.wait_for_selector("#result:not([hidden])")
    assert LEAST_BYTES < sum(sizes.values()) < MOST_BYTES, sizes
    assert {name for name in ("horse", "zebra") if any(f"{name}.onnx" in url for url in sizes)} == {to}
    with page.expect_download() as given:
        page.click("#save")
    given.value.save_as(tmp_path / "painted.png")
    stamp = credentials.inspect(tmp_path / "painted.png")["stamp"]
    assert stamp["model"] == f"animals + {to}"
    assert {"horse": "the coats are invented", "zebra": "the stripes are invented"}[to] in stamp["invention"]


def test_a_grainy_photo_needs_no_network_for_clean_ones(page: Any, hosted: Hosted) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}faces")
    drop(page, ("photo.png", _png(photo(200, noise=12))))
    until(page, "document.querySelector('photo-stage').box !== null")
    page.click("#go")
    page.wait_for_selector("#result:not([hidden])")
    assert "grainy" in page.inner_text("#facts")
    assert "agrees with the photo" not in page.inner_text("#facts"), "it is not held to the grain"
    assert any("face_x4_grainy" in url for url in sizes)
    assert not any("face_x4_gan" in url for url in sizes)
    assert LEAST_BYTES < sum(sizes.values()) < MOST_BYTES, sizes


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_face_is_enhanced_and_its_file_says_so(page: Any, hosted: Hosted, tmp_path: Path, ending: str) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}faces")
    page.click('[data-sample="face_2.png"]')
    page.wait_for_selector("#result:not([hidden])")
    assert LEAST_BYTES < sum(sizes.values()) < MOST_BYTES, sizes
    page.click("#invented")
    until(page, "document.querySelector('photo-stage').map !== null")
    assert "of it was made up" in page.inner_text("#facts")
    with page.expect_download() as given:
        page.click(f"#{ending}")
    given.value.save_as(tmp_path / f"face.{ending}")
    stamp = credentials.inspect(tmp_path / f"face.{ending}")["stamp"]
    assert stamp["model"] == "face_x4_gan + photo_x4_pixel"
    assert "1 face redrawn" in stamp["invention"]
    page.click("#lineup")
    page.wait_for_selector("#cards li:nth-child(8) img")
    if ending == "png":
        page.click("#turn")
        page.wait_for_selector("#dials:not([hidden])")
        page.fill("#dials input >> nth=0", "3")
        until(page, "document.querySelector('face-dials').busy === false")
        with page.expect_download() as given:
            page.click("text=Download this face")
        given.value.save_as(tmp_path / "turned.png")
        assert credentials.inspect(tmp_path / "turned.png")["stamp"]["model"] == "face_x4_lineup"


def test_what_is_opened_below_a_result_survives_a_reload_and_the_back_button(page: Any, hosted: Hosted) -> None:
    page.goto(f"{hosted.url}faces")
    sample(page, "face_2.png")  # small, for it is drawn more than a hundred times
    opened_again(page)


def test_something_is_brushed_away_and_the_file_says_so(page: Any, hosted: Hosted, tmp_path: Path) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}holes")
    page.click('[data-sample="astronaut.jpg"]')
    page.wait_for_selector("#go:not([hidden])")
    brush(page, (60, 150), (90, 160))
    page.click("#go")
    page.wait_for_selector("#answers li:nth-child(4) canvas")
    assert LEAST_BYTES < sum(sizes.values()) < MOST_BYTES, sizes
    with page.expect_download() as given:
        page.click("#save")
    given.value.save_as(tmp_path / "filled.png")
    stamp = credentials.inspect(tmp_path / "filled.png")["stamp"]
    assert stamp["model"] == "photo_fill"
    assert stamp["part"] == "hole"
    assert len(stamp["redrawn_faces"]) == 1


def test_the_face_of_the_wall_is_drawn_here_once_its_network_was_fetched(page: Any, hosted: Hosted) -> None:
    networks: list[str] = []
    page.on("request", lambda one: networks.append(one.url) if ".onnx" in one.url else None)
    page.goto(hosted.url)
    until(page, "document.querySelector('[data-tile=faces]').width > 300")
    page.goto(f"{hosted.url}faces")
    assert not networks
    sample(page, "face_2.png")
    page.goto(f"{hosted.url}faces")
    until(page, "document.querySelector('#hero canvas').dataset.seed")
    page.goto(hosted.url)
    until(page, "document.querySelector('.tile[href=faces]').textContent.includes('just now')")


@pytest.fixture(scope="module")
def shading(playing: Any, hosted: Hosted) -> Iterator[Any]:
    """A way to a page of a browser that computes WebGPU in software; it takes what an address would say of that."""
    chromium = playing.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--enable-unsafe-webgpu"])
    contexts: list[Any] = []

    def opened(setting: str) -> Any:
        contexts.append(chromium.new_context())
        one = contexts[-1].new_page()
        one.set_default_timeout(200_000)
        one.goto(f"{hosted.url}sketch")
        one.evaluate("setting => { window.name = setting; }", setting)
        if not one.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())"):
            pytest.skip("this browser has no WebGPU, not even in software")
        return one

    yield opened
    for context in contexts:
        context.close()
    chromium.close()


def offered(seed: int, side: int = 8) -> dict[str, np.ndarray]:
    """What `face_x4_lineup` takes: the sample's face, very small."""
    small = np.asarray(photo(64).crop((22, 10, 38, 26)).resize((side, side)), np.float32).transpose(2, 0, 1)[None] / 255
    channels = Model.load("face_x4_lineup").facts.noise_channels
    noise = np.random.default_rng(seed).standard_normal((1, channels, side, side), dtype=np.float32)
    return {"lr": small, "noise": noise, "place": full_frame(side, side)[None]}


def drawn_on(page: Any, given: list[dict[str, np.ndarray]], then: str = "") -> dict[str, Any]:
    """What a page's networks make of each, and whether the GPU draws after the first of them.

    Args:
        then: a script that the GPU's worker runs before the last of them.
    """
    plain = [{name: [one.ravel().tolist(), one.shape] for name, one in each.items()} for each in given]
    modules = "const [networks, gpu] = await Promise.all(['networks', 'gpu'].map(name => " + (
        "import(new URL(`static/browser/${name}.js`, document.baseURI))));"
    )
    first, *rest = plain
    run = "Array.from((await networks.run('face_x4_lineup', given)).hr)"
    made = [page.evaluate(f"async given => {{ {modules} await gpu.begin(); return {run}; }}", first)]
    chosen = page.evaluate(f"async () => {{ {modules} return gpu.settled('face_x4_lineup'); }}")
    for n, one in enumerate(rest):
        if then and n == len(rest) - 1:
            next(one for one in page.workers if "gpu_worker" in one.url).evaluate(then)
        made.append(page.evaluate(f"async given => {{ {modules} return {run}; }}", one))
    still = page.evaluate(f"async () => {{ {modules} return gpu.settled('face_x4_lineup'); }}")
    shapes = [(1, 3, *(4 * side for side in one["lr"].shape[2:])) for one in given]
    pictures = [np.array(one).reshape(shape).clip(0, 1) for one, shape in zip(made, shapes, strict=True)]
    return {"pictures": pictures, "chosen": chosen, "still": still}


@pytest.mark.parametrize("name", ["face_x4_lineup", "face_x4_grainy", "sketch_cat", "yunet"])
def test_networks_of_floats_are_those_of_python(paper: Any, name: str) -> None:
    told = paper.evaluate(
        """async (name) => {
          const from = (name) => import(new URL(`static/browser/${name}.js`, document.baseURI));
          const [{ floats }, { unpacked }] = await Promise.all(["floats", "files"].map(from));
          const digest = await crypto.subtle.digest("SHA-256", floats(await unpacked(`data/${name}.onnx`)));
          return [...new Uint8Array(digest)];
        }""",
        name,
    )
    wanted = floats.floats(folder.network(name))
    assert bytes(told) == hashlib.sha256(wanted).digest()


def test_a_gpu_draws_what_python_draws_with_floats_until_it_is_lost(shading: Any, tmp_path: Path) -> None:
    page = shading("always")
    given = [offered(seed) for seed in range(3)]
    lose = """async () => {
      const { env } = await import(new URL("../ort/ort.webgpu.bundle.min.mjs", location));
      const { device } = env.webgpu;
      device.destroy();
      await device.lost;
    }"""
    told = drawn_on(page, given, lose)
    assert told["chosen"] is True
    assert told["still"] is False
    (tmp_path / "floats.onnx").write_bytes(floats.floats(shipped.weights_of("face_x4_lineup").read_bytes()))
    plain, rounded = Model.load(tmp_path / "floats.onnx"), Model.load("face_x4_lineup")
    for number, (picture, one) in enumerate(zip(told["pictures"], given, strict=True)):
        by_floats, by_8_bits = (agreement(picture, model.run(**one)["hr"].clip(0, 1)) for model in (plain, rounded))
        # WebAssembly draws before the GPU is known, and after it is lost.
        assert (by_floats > 80) == (number == 1), (number, by_floats)
        assert (by_8_bits if number != 1 else by_floats) > AGREEMENT, (number, by_8_bits)


def test_a_gpu_that_is_slower_is_not_asked_again(shading: Any) -> None:
    page = shading("any")
    assert drawn_on(page, [offered(0)])["chosen"] is False
    asked_for: list[str] = []
    page.on("request", lambda one: asked_for.append(one.url))
    assert page.evaluate("async () => Boolean(await caches.match(new URL('static/gpu', document.baseURI)))")
    page.reload()
    page.evaluate("window.name = ''")
    assert drawn_on(page, [offered(0)])["chosen"] is False
    assert not [url for url in asked_for if "gpu_worker" in url]


def test_a_gpu_of_software_is_not_used(shading: Any) -> None:
    page = shading("")
    asked_for: list[str] = []
    page.context.on("request", lambda one: asked_for.append(one.url))
    told = asked(page, "lineup", _png(photo(96)), n=2)
    assert len(told["pictures"]) == 2
    assert any("gpu_worker" in url for url in asked_for)
    assert not [url for url in asked_for if "webgpu" in url or "jsep" in url]


def test_what_cannot_be_read_is_said(paper: Any) -> None:
    with pytest.raises(playwright.Error, match="no lines on it"):
        asked(paper, "sketch", _png(Image.new("RGB", (64, 64), "white")))
    with pytest.raises(playwright.Error, match="cannot be read"):
        asked(paper, "sketch", b"no picture")


def test_a_stroke_becomes_a_cat_and_its_file_is_stamped(page: Any, hosted: Hosted, tmp_path: Path) -> None:
    sizes = fetched_by(page)
    page.goto(f"{hosted.url}sketch")
    page.click("#examples button")
    page.wait_for_selector("#answer img")
    fetched = {url: size for url, size in sizes.items() if "photo_x4" not in url}  # that one enlarges what is shown
    assert any("sketch_cat" in url for url in fetched)
    assert LEAST_BYTES < sum(fetched.values()) < MOST_BYTES, fetched
    page.wait_for_selector("#answer img[data-size='512']")
    with page.expect_download() as given:
        page.click("#save")
    given.value.save_as(tmp_path / "cat.png")
    stamp = credentials.inspect(tmp_path / "cat.png")["stamp"]
    assert stamp["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert stamp["seed"] == "0"


def test_it_works_without_the_server_after_the_first_visit(page: Any, hosted: Hosted) -> None:
    page.goto(f"{hosted.url}sketch")
    page.click("#examples button")
    page.wait_for_selector("#answer img[data-size='512']")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")  # begun by the first picture
    hosted.end()
    page.reload()  # its address has a question mark, and no slash before it
    page.wait_for_selector("#answer img")
    page.goto(hosted.url)
    page.click("a.tile[href='sketch']")
    page.click("#examples li:nth-child(2) button")
    page.wait_for_selector("#answer img[data-size='512']")
    hosted.begin()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
