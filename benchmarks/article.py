"""The pictures of docs/article.md, drawn anew.

    python benchmarks/article.py [--out docs/article] [--tour FOLDER] [--minutes 6]

Photographs are the sample (NASA, public domain); all else is drawn. The film and how sure the police is come from a
tour of training (`enhance train --tour`), which is gone through unless the folder of an earlier one is given.
"""

import argparse
import io
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import enhance
from enhance.errors import EnhanceError
from enhance.faces import detection, geometry
from enhance.files import replacing
from enhance.honesty.lineup import lineup, sheet
from enhance.painting.background import bicubic
from enhance.photos.canvas import to_image
from enhance.photos.photo import read
from enhance.pixels import Planes, to_float, to_uint8
from enhance.sheets import captioned_rows, side_by_side
from enhance.tasks.upscale import tour as touring
from film import cut
from pages import ROOT
from pictures import HEAD, SAMPLES, smaller

TIMES = 3
"""How many times the sample is made smaller: a face of some twenty pixels is left."""
INK, PAPER, RED, BLUE = "#222226", "#ffffff", "#c0392b", "#2c6fbb"


def main() -> int:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "article", metavar="FOLDER")
    parser.add_argument("--tour", type=Path, help="what an earlier `enhance train --tour` left")
    parser.add_argument("--minutes", type=float, default=6.0, help="of the tour (default 6)")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    try:
        save(zoomed(), out / "zoom.webp")
        save(compared(), out / "blurry.webp")
        save(edges(), out / "edge.webp")
        save(logo(), out / "logo.webp")
        save(tricks(), out / "tricks.webp")
        save(people(), out / "lineup.webp")
        with TemporaryDirectory() as folder:
            if options.tour is None:
                touring.tour(Path(folder) / "tour", options.minutes, note=print)
            trained = options.tour or Path(folder) / "tour"
            save(police(trained), out / "police.webp")
            save(learning(trained), out / "learning.webp")
            with Image.open(trained / "side_by_side.png") as page:
                save(page.crop((0, 0, page.width, 40 + 6 * 134)), out / "truth.webp")
    except EnhanceError as error:
        print(f"article: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def save(image: Image.Image, path: Path) -> None:
    """Write a WebP file."""
    with replacing(path) as part:
        image.save(part, "WEBP", quality=86)


def head(image: Image.Image, times: float) -> Image.Image:
    """The head of the sample, which is `times` as large as the sample itself."""
    left, top, right, bottom = (round(edge * times) for edge in HEAD)
    return image.crop((left, top, right, bottom))


def zoomed() -> Image.Image:
    """The photo, and the face in it, pixel by pixel."""
    small = smaller(TIMES)
    framed = small.resize((small.width * 6, small.height * 6), Image.Resampling.NEAREST)
    box = [edge * 6 / TIMES for edge in HEAD]
    ImageDraw.Draw(framed).rectangle(box, outline="#ffd23f", width=4)
    face = head(small, 1 / TIMES)
    size = round(framed.height * face.width / face.height), framed.height
    return side_by_side([("a photo", framed), ("its face", face.resize(size, Image.Resampling.NEAREST))])


def compared() -> Image.Image:
    """The same face by bicubic and by a network that was taught by the per-pixel loss."""
    small = smaller(TIMES)
    source = read(small)
    pixel = enhance.upscale(small, model="face_x4_pixel", strength=0)
    large = to_image(source, bicubic(source.rgb, 4))
    panels = [
        ("given", head(small, 1 / TIMES)),
        ("bicubic", head(large, 4 / TIMES)),
        ("pixel loss", head(pixel, 4 / TIMES)),
    ]
    return side_by_side(panels)


def edges() -> Image.Image:
    """A sharp edge drawn aside is punished twice, a soft one once and a little; computed, not told."""
    places = np.arange(32)
    true = (places >= 16).astype(float)
    sharp = (places >= 18).astype(float)
    soft = np.clip((places - 10) / 12, 0, 1)
    figure = Figure(figsize=(9.6, 3.6), facecolor=PAPER, layout="constrained")
    for number, (name, drawn) in enumerate((("sharp, two pixels aside", sharp), ("soft", soft))):
        axes = figure.add_subplot(1, 3, number + 1)
        axes.step(places, true, where="mid", color=INK, label="the truth")
        axes.step(places, drawn, where="mid", color=BLUE, label="drawn")
        axes.fill_between(places, true, drawn, step="mid", color=RED, alpha=0.35)
        axes.set_title(f"{name}: error {mean_error(true, drawn):.3f}", fontsize=10)
        axes.set_ylim(-0.15, 1.35)
        axes.legend(fontsize=8, loc="upper left", frameon=False)
        axes.set_xticks([])
        axes.set_yticks([])
    axes = figure.add_subplot(1, 3, 3)
    asides = np.arange(-6, 7)
    truths = [(places >= 16 + aside).astype(float) for aside in asides]
    guess = np.mean(truths, axis=0)
    bars = {"sharp edge": mean_of(truths, true), "mean of all": mean_of(truths, guess)}
    axes.bar(list(bars), list(bars.values()), color=[BLUE, RED])
    axes.set_title("error, if nobody knows the place", fontsize=10)
    axes.set_yticks([])
    for spine in ("top", "right", "left"):
        axes.spines[spine].set_visible(False)
    return drawn_by(figure)


def mean_error(true: NDArray[np.float64], drawn: NDArray[np.float64]) -> float:
    """The per-pixel loss: squared differences, on average."""
    return float(np.square(true - drawn).mean())


def mean_of(truths: list[NDArray[np.float64]], drawn: NDArray[np.float64]) -> float:
    """The same over all truths that might be."""
    return float(np.mean([mean_error(true, drawn) for true in truths]))


def police(trained: Path) -> Image.Image:
    """How sure the discriminator is that the real face is the real one, as training goes on."""
    lines = [json.loads(line) for line in (trained / "gan" / "log.jsonl").read_text().splitlines()]
    seen = [(line["pictures"], np.exp(-line["losses"]["discrimination"])) for line in lines if "losses" in line]
    figure = Figure(figsize=(8, 3.2), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(*zip(*seen, strict=True), color=BLUE, linewidth=2)
    axes.axhline(0.5, color=INK, linewidth=1, linestyle=":")
    axes.text(seen[-1][0], 0.51, "a coin would be as good", ha="right", va="bottom", fontsize=9, color=INK)
    axes.set_ylim(0.4, 1)
    axes.set_xlabel("pictures that the counterfeiter has drawn")
    axes.set_ylabel("how sure the police is")
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(False)
    return drawn_by(figure)


def learning(trained: Path) -> Image.Image:
    """One face from the first grid to the last: by pixel loss, then against the discriminator."""
    grids = [*sorted((trained / "pixel" / "grids").glob("*.png")), *sorted((trained / "gan" / "grids").glob("*.png"))]
    chosen = [grids[round(n)] for n in np.linspace(0, len(grids) - 1, min(7, len(grids)))]
    rows: list[list[Planes]] = [[], []]
    for path in chosen:
        with Image.open(path) as grid:
            for row in range(2):
                rows[row].append(to_float(np.asarray(cut(grid, [3], [row + 1]))))
    titles = [f"{path.parents[1].name}, {int(path.stem):,}" for path in chosen]
    return captioned_rows([("", row) for row in rows], titles, tile=150)


def logo() -> Image.Image:
    """What is no face becomes one, if it is forced."""
    with Image.open(SAMPLES / "logo.png") as given:
        source = read(given)
        drawn = enhance.upscale(given, aligned=True, force=True)
        return side_by_side([("a logo", given), ("bicubic", to_image(source, bicubic(source.rgb, 4))), ("GAN", drawn)])


def tricks() -> Image.Image:
    """A drawing and two cats, two sentences and two birds, a hole and what was put into it."""
    pencil = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(pencil)
    pen.ellipse((48, 70, 208, 220), outline="black", width=4)
    for points in ([(62, 100), (66, 34), (116, 74)], [(140, 74), (190, 34), (194, 100)]):
        pen.line(points, "black", 4)
    for x in (98, 158):
        pen.ellipse((x - 12, 122, x + 12, 146), outline="black", width=4)
        pen.ellipse((x - 4, 130, x + 4, 138), fill="black")
    pen.polygon([(120, 164), (136, 164), (128, 174)], fill="black")
    pen.line([(128, 174), (128, 184)], "black", 3)
    for y in (168, 178):
        pen.line([(112, y), (60, y - 6)], "black", 2)
        pen.line([(144, y), (196, y - 6)], "black", 2)
    cats = [enhance.sketch(pencil, colour=colour, size=256) for colour in ("ginger", "grey")]
    sentences = ("a small bird with a red head and a white belly", "a small bird with a white head and a red belly")
    birds = [square(enhance.imagine(sentence, seed=5)) for sentence in sentences]
    photo = read(SAMPLES / "astronaut.jpg")
    framed, _ = geometry.align(photo.rgb, detection.detect(photo.rgb)[0].landmarks, 128)
    hole = np.zeros((128, 128), bool)
    hole[36:76, 66:108] = True
    holed = to_uint8(np.where(hole[..., None], 1, framed))
    filled = enhance.fill(to_uint8(framed), hole, aligned=True)
    cells = [pencil, *cats, *birds, Image.fromarray(holed), filled]
    return captioned_rows([("", [to_float(np.asarray(square(cell))) for cell in cells])], TRICKS, tile=180)


TRICKS = (
    "a drawing",
    "a ginger cat",
    "a grey cat",
    "red head, white belly",
    "white head, red belly",
    "a hole",
    "filled",
)


def square(image: Image.Image) -> Image.Image:
    """A picture as a square of 256 pixels, on white."""
    scale = 256 / max(image.size)
    fitted = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
    page = Image.new("RGB", (256, 256), "white")
    page.paste(fitted, ((256 - fitted.width) // 2, (256 - fitted.height) // 2))
    return page


def people() -> Image.Image:
    """The line-up."""
    page = sheet(lineup(smaller(TIMES), 8))
    return page.resize((page.width * 2 // 3, page.height * 2 // 3), Image.Resampling.LANCZOS)


def drawn_by(figure: Figure) -> Image.Image:
    """What matplotlib drew."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return Image.open(buffer).convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
