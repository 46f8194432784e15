"""The site as a folder: pages, networks and what runs them in a browser, for any server of static files.

The pages are those of `enhance serve`; what they ask a service there is answered here by a worker in the browser
(`browser/`), in onnxruntime-web. A service worker keeps every file, so that it works without the internet afterwards.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from enhance.errors import EnhanceError
from enhance.faces import yunet
from enhance.files import sha256
from enhance.honesty import uncertainty
from enhance.inference import bundled, shipped
from enhance.inference.facts import peek
from enhance.inference.model import Model
from enhance.painting import restoration
from enhance.photos.provenance import Stamp, software, stamped
from enhance.pixels import PixelBox
from enhance.tasks.imagine import layouts, vocabulary, words
from enhance.tasks.imagine.bank import LEVELS, Bank, packed_layouts
from enhance.tasks.sketch.options import FUR_COLOURS as FURS
from enhance.tasks.translate.options import COATS
from enhance.web import packing

HERE = Path(__file__).parent
STATIC, BROWSER = HERE / "static", HERE / "browser"
RUNTIME = Path("node_modules", "onnxruntime-web")
GET_RUNTIME = "npm install onnxruntime-web@1.22.0"
"""This release's WebAssembly is 0.8 MB smaller than that of 1.30."""
WASM = "ort-wasm-simd-threaded.wasm"
GPU_WASM, GPU_SCRIPT = "ort-wasm-simd-threaded.jsep.wasm", "ort.webgpu.bundle.min.mjs"
"""What runs networks on a GPU; fetched only where one is there, and after the first result."""
SCRIPTS = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", GPU_SCRIPT)
RUNS = (*SCRIPTS, WASM, GPU_WASM)
PACKED = ".packed"
"""How files end that the pages unpack: not .gz, which some servers would unpack on the way."""
COARSE = {"estimator": 13, "face_x4_grainy": 16, "photo_x4_pixel": 16}
"""How many bits float weights have in the browser: of three networks that a grainy photo needs, for it needs the most.
The estimator is then off by a tenth of a grey level, or by a twenty-fifth, at most. Of the others only the first layer
and the last have floats; rounding them changes a picture as much as a change of the photo by a millionth does.
"""
NOT_HERE = ("api.js", "how.js", "learning")
"""What only the pages of the service show: its document, and how networks learn."""
WORD_SETS = "subject_ends", "breaks", "copulas", "links", "determiners", "prepositions", "negations", "facing"
WORD_MAPS = ("COLOUR_OF", "PART_OF", "MARK_OF", "SHAPE_OF", "QUALITY_OF", "SPECIES", "SHAPED")
BOX = cast(PixelBox, ("@BOX@",))
MARK = Path("static", "data", "facts.json")
"""What a folder of ours has, by which it may be written over."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self' blob:; media-src 'self' blob:; worker-src 'self'; form-action 'none'"
)


@dataclass(frozen=True)
class Trick:
    """A page that the folder has.

    Attributes:
        name: of the page.
        title: in the menu.
        models: the shipped networks that it needs.
        does: what it does, after "it".
    """

    name: str
    title: str
    models: tuple[str, ...]
    does: str


TRICKS = (
    Trick(
        "faces",
        "Faces",
        (
            "face_x4_gan",
            "photo_x4_pixel",
            "face_x4_pixel",
            "face_x4_lineup",
            "face_x4_grainy",
            "face_x4_grainy_lineup",
            "photo_restore",
        ),
        "redraws small faces",
    ),
    Trick("stripes", "Stripes", ("animals", "zebra", "horse"), "turns horses into zebras and back"),
    Trick("sketch", "Sketch", ("sketch_cat", "photo_x4_pixel"), "paints cats as you draw them"),
    Trick("birds", "Birds", ("bird",), "draws birds from words"),
    Trick("holes", "Holes", ("photo_fill", "face_fill"), "fills holes"),
)


def write_site(out: Path, runtime: Path | None = None, *, overwrite: bool = False) -> int:
    """Write the folder, whole or not at all.

    Args:
        out: where to; it must not be there, or be empty, or with `overwrite` be such a folder.
        runtime: an unpacked npm package onnxruntime-web. None: the one in ./node_modules.

    Returns:
        How many bytes were written.

    Raises:
        EnhanceError: the runtime is missing, the folder is there already or cannot be written.
    """
    scripts = (runtime or RUNTIME) / "dist"
    for name in RUNS:
        if not (scripts / name).is_file():
            raise EnhanceError(
                f"{scripts / name}: is missing; {GET_RUNTIME}, or name the unpacked package with --runtime"
            )
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not (overwrite and (out / MARK).is_file()):
        raise EnhanceError(f"{out}: is there already; name another folder, or add --overwrite if it is such a site")
    partial = out.absolute().with_name(f".{out.absolute().name}.{secrets.token_hex(4)}.part")
    try:
        partial.mkdir(parents=True)
        _fill(partial, scripts)
        if out.exists():
            shutil.rmtree(out)
        partial.replace(out)
    except OSError as error:
        raise EnhanceError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sum(file.stat().st_size for file in out.rglob("*") if file.is_file())


def _fill(folder: Path, scripts: Path) -> None:
    static = folder / "static"
    shutil.copytree(STATIC, static, ignore=shutil.ignore_patterns("*.html", "__pycache__", *NOT_HERE))
    shutil.copytree(BROWSER, static / "browser")
    for name in ("frame.js", "service.js"):
        (static / "browser" / name).replace(static / name)
    (static / "browser" / "sw.js").replace(folder / "sw.js")
    (static / "ort").mkdir()
    for name in SCRIPTS:
        shutil.copyfile(scripts / name, static / "ort" / name)
    _write(static / "ort" / WASM, packing.squeezed((scripts / WASM).read_bytes()))
    # Packed better, it takes 3 % less, but twice as long.
    _write(static / "ort" / GPU_WASM, packing.squeezed((scripts / GPU_WASM).read_bytes(), 5))
    data = static / "data"
    data.mkdir()
    for model in (*networks(), "estimator", "yunet"):
        _write(data / f"{model}.onnx", packing.packed(network(model)))
    for name, tables in {"birds": bird_tables(), "cats": cat_tables()}.items():
        _write(data / f"{name}.json", gzip.compress(json.dumps(tables).encode(), mtime=0))
    for script in (*static.glob("*.js"), *static.glob("*.css"), *(static / "browser").glob("*.js"), folder / "sw.js"):
        script.write_text(packing.bare(script.read_text()))
    menu = [[trick.name, trick.title] for trick in TRICKS]
    _begin(static / "frame.js", f"const tricks = {json.dumps(menu)};")
    for trick in TRICKS:
        (folder / trick.name).mkdir()
        (folder / trick.name / "index.html").write_text(page(trick.name))
    (folder / "index.html").write_text(hall())
    mark = _version(folder)
    (folder / MARK).write_text(json.dumps({"version": mark, **facts()}))
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    small = [path for path in files if path.suffix != PACKED and path.name not in ("sw.js", GPU_SCRIPT)]
    names = [path.relative_to(folder).as_posix().removesuffix("index.html") for path in small]
    _begin(folder / "sw.js", f"const VERSION = {json.dumps(mark)}, FILES = {json.dumps(names)};")


def page(name: str) -> str:
    """A page of the service, for a folder of its own: what it names is named from the root of the site."""
    head = (
        f'<meta charset="utf-8">\n  <base href="../">\n  <meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    )
    return (STATIC / f"{name}.html").read_text().replace('<meta charset="utf-8">', head, 1)


def hall() -> str:
    """The first page, which says that it works without the program."""
    text = page("index").replace('<base href="../">', '<base href="./">')
    *does, last = (trick.does for trick in TRICKS)
    offers = f"It {', '.join(does)} and {last}, in this browser and, after the first visit, without the internet."
    return re.sub(r"<p>Five tricks.*?to begin\.", f"<p>{offers} All of it is made up.", text, flags=re.S)


def networks() -> tuple[str, ...]:
    """The shipped networks that the folder has."""
    return tuple(dict.fromkeys(model for trick in TRICKS for model in trick.models))


def network(name: str) -> bytes:
    """A network as the browser fetches it: that of Python, but for bits of a few weights; YuNet's are packed."""
    if name == "yunet":
        return bundled.repaired(bundled.find_bundled(yunet.FILE).read_bytes(), packed=True)
    file = restoration.weight_files()[1] if name == "estimator" else shipped.weights_of(name)
    model = file.read_bytes()
    return packing.coarse(model, COARSE[name]) if name in COARSE else model


def facts() -> dict[str, Any]:
    """What the scripts need to know of the networks, beside their weights."""
    return {
        "stamps": {
            "sketch": _stamp("sketch_cat", drawing=True, invention="a cat"),
            "imagine": _stamp("bird", words="@WORDS@", invention="a bird"),
            "enhance": _stamps_of_photos(),
            "translate": _stamps_of_animals(),
            "fill": _stamps_of_holes(),
        },
        "networks": {name: _numbers(name) for name in networks()},
        "coats": COATS,
    }


def cat_tables() -> dict[str, Any]:
    """The looks of cats, and the colours of their fur."""
    return {"looks": peek(shipped.weights_of("sketch_cat")).metadata["looks"], "colours": FURS}


def bird_tables() -> dict[str, Any]:
    """The tables that sentences are read by, and the layouts: a byte for each number, in base 64."""
    sets = {name: getattr(vocabulary, name.upper()) for name in WORD_SETS}
    sets |= {name: getattr(vocabulary, name) for name in ("KNOWN", "SILENT", "ORDINARY", "ACCENTS")}
    maps = {name: getattr(vocabulary, name) for name in WORD_MAPS}
    bank = Bank.load()
    arrays = dict(packed_layouts(bank.layouts, bank.word_shares)) | {
        "said": np.round(bank.word_shares * LEVELS).astype(np.uint8)
    }
    return {
        "words": {
            "sets": {name: sorted(found) for name, found in sets.items()},
            "maps": maps,
            "COLOURS": vocabulary.COLOUR_WORDS,
            "PARTS": vocabulary.BODY_PARTS,
            "longest": words.LONGEST,
        },
        "traits": words.TRAITS,
        "length": words.LENGTH,
        "points": layouts.POINTS,
        "parts": layouts.PLACES_OF.astype(int).tolist(),
        "reach": [layouts.WIDTHS[point] for point in layouts.POINTS],
        "limbs": [[layouts.POINTS.index(end) for end in limb] for limb in layouts.LIMBS],
        "noise": int(peek(shipped.weights_of("bird")).metadata["noise"]),
        "bank": {name: base64.b64encode(array.tobytes()).decode() for name, array in arrays.items()},
    }


def _stamp(model: str, **facts: Any) -> str:
    """XMP for a picture by this network; the seed, and words where there are any, are put in where @SEED@ stands."""
    digits = sha256(shipped.weights_of(model))[:12]
    stamp = Stamp(software(), model, digits, 0, math.nan, (), everywhere=True, **facts)
    return stamped(None, stamp).decode().replace("<enhance:Seed>0<", "<enhance:Seed>@SEED@<")


def _stamps_of_photos() -> list[str]:
    """XMP for photos in which no face was redrawn, one, and several; the last is for a photo that no network drew."""
    stamps = [Stamp(software(), "@MODEL@", "@DIGITS@", 0, math.nan, (BOX,) * count) for count in range(3)]
    return [_open(stamp) for stamp in (*stamps, replace(stamps[0], model="", version=""))]


def _stamps_of_animals() -> list[str]:
    """XMP for photos in which animals in one place were redrawn, and in several."""
    one = Stamp(software(), "@MODEL@", "@DIGITS@", 0, math.nan, (BOX,), part="animal", invention="@INVENTED@")
    return [_open(stamp) for stamp in (one, replace(one, faces=(BOX, BOX)))]


def _stamps_of_holes() -> list[str]:
    """XMP for photos with one hole that was filled, and with several."""
    one = Stamp(software(), "@MODEL@", "@DIGITS@", 0, math.nan, (BOX,), part="hole")
    return [_open(stamp) for stamp in (one, replace(one, faces=(BOX, BOX)))]


def _open(stamp: Stamp) -> str:
    """XMP in which what is known only when a picture was drawn stands between @."""
    text = re.sub("(<rdf:li>@BOX@</rdf:li>)+", "@BOXES@", stamped(None, stamp).decode())
    text = re.sub(r">2 (faces|animals)", r">@COUNT@ \1", text).replace(
        "<enhance:LrPsnr>nan<", "<enhance:LrPsnr>@AGREEMENT@<"
    )
    return text.replace("<enhance:Seed>0<", "<enhance:Seed>@SEED@<") if stamp.part != "animal" else text


def _numbers(model: str) -> dict[str, Any]:
    """What must be known of a network to run it."""
    network = Model.load(model)
    known, calibrated = network.facts, uncertainty.calibration(network.path)
    return {
        "constants": calibrated and calibrated["constants"],
        "digits": sha256(shipped.weights_of(model))[:12],
        "multiple": known.multiple,
        "noise": known.noise_channels,
        "shared": known.shared_noise,
        "truncation": known.truncation,
        "mirrored": known.mirrored_noise,
        "noise_scale": known.noise_scale,
        "refined_below": known.refined_below,
    }


def _write(target: Path, content: bytes) -> None:
    target.with_name(target.name + PACKED).write_bytes(content)


def _begin(script: Path, line: str) -> None:
    script.write_text(f"{line}\n{script.read_text()}")


def _version(folder: Path) -> str:
    """Twelve digits that change when any file does."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
