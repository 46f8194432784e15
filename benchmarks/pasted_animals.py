"""What a perfect painter would measure: real zebras in the places of horses, and real horses in those of zebras.

    python benchmarks/pasted_animals.py HORSE2ZEBRA [--seeds 3] [--write]

HORSE2ZEBRA holds trainA, trainB, masksA, masksB, valA and valB. The animals of each photo of a val folder are taken out
(Telea's inpainting), and in the place of each a real animal of the other kind is pasted, cut out of a training photo by
its mask: one of the twelve that suit the place's shape best, by chance. KD-lite0 is of whole photos to those of the
other val folder, and so are the shares that EfficientNet-lite0 calls zebras. What is left of the distance is due to
what is around the animals, and to their poses, which no painter of coats may change. --write puts the table into
docs/translate.md.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bad_photos import printed
from enhance.datasets import folders
from enhance.errors import DataError, EnhanceError
from enhance.evaluate.kernel_distance import class_scores
from enhance.evaluate.metrics import KD_LITE0_UNPAIRED
from enhance.inference.model import Model
from enhance.photos.photo import Photo
from enhance.pixels import to_float, to_uint8
from enhance.tasks.translate.benchmark import CLASSES
from enhance.tasks.translate.finding import probabilities, separate
from enhance.tasks.translate.options import ANIMALS, TranslateOptions
from enhance.tasks.translate.translate import redrawn
from pages import ROOT, rewrite

Pixels = NDArray[np.uint8]
Way = Callable[[Pixels, int], Pixels]
"""A photo and its number, to what is made of it."""

PAGE = ROOT / "docs" / "translate.md"
WAYS = {"zebra": ("valA", "valB", "trainB", "masksB"), "horse": ("valB", "valA", "trainA", "masksA")}
"""To a kind of animal: photos of the other, photos of this one, and where its animals are cut out."""
ALIKE = 12
"""As many cut-outs suit a place; one of them is chosen by chance."""
LEAST = 2500
"""Pixels of an animal that is worth cutting out."""
MAYBE, AROUND = 0.3, 9
"""The probability from which on a pixel is taken out of a photo, and the width in pixels by which that grows."""
SOFT = 0.8
"""Standard deviation in pixels of the blur of a cut-out's edge."""


class CutOut(NamedTuple):
    """An animal of a training photo: its pixels (h,w,3) and where it is, (h,w) in 0 to 1."""

    pixels: Pixels
    where: NDArray[np.float32]

    @property
    def shape(self) -> float:
        """How wide it is for its height, as a logarithm."""
        return float(np.log(self.where.shape[1] / self.where.shape[0]))


def main() -> int:
    """Parse, paste, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3, help="how often other animals are pasted (default 3)")
    parser.add_argument("--write", action="store_true", help="also write the table into docs/translate.md")
    options = parser.parse_args()
    try:
        lines = printed(rows(options.data, options.seeds))
    except EnhanceError as error:
        print(f"pasted_animals: {error}", file=sys.stderr)
        return error.exit_code
    if options.write:
        rewrite(PAGE, "pasted animals", lines)
    return 0


def rows(data: Path, seeds: int) -> Iterator[str]:
    """A row for every direction and way."""
    yield "| to | | called zebra | KD-lite0 |"
    yield "|---|---|---|---|"
    for kind, (source, target, train, masks) in WAYS.items():
        photos = [folders.read_pixels(path) for path in folders.pictures(data / source)]
        wanted = [folders.read_pixels(path) for path in folders.pictures(data / target)]
        animals = cut_outs(data / train, data / masks)
        other = next(one for one in ANIMALS if one != kind)
        ways: dict[str, list[Way]] = {
            "the photos as they are": [lambda photo, _: photo],
            "enhance": [painter(kind)],
            f"real {kind}s pasted": [pasting(animals, other, seed) for seed in range(seeds)],
        }
        for name, made in ways.items():
            results = [measures([way(photo, n) for n, photo in enumerate(photos)], wanted) for way in made]
            share, distance, error = np.mean(results, 0)
            yield f"| {kind} | {name} | {share:.0%} | {distance:.0f} ± {1.96 * error:.0f} |"


def painter(kind: str) -> Way:
    """What ships."""
    model, options = Model.load(kind), TranslateOptions(to=kind)
    return lambda photo, _: to_uint8(redrawn(Photo(photo), model, options).canvas.rgb)


def pasting(animals: Sequence[CutOut], kind: str, seed: int) -> Way:
    """A photo with real animals in the places of those of a kind."""

    def pasted(photo: Pixels, number: int) -> Pixels:
        rng = np.random.default_rng((seed, number))
        likely = probabilities(photo)[ANIMALS.index(kind)]
        height, width = photo.shape[:2]
        found = cv2.resize(likely, (width, height)) > MAYBE
        hole = cv2.dilate(found.astype(np.uint8), np.ones((AROUND, AROUND), np.uint8))
        result = np.asarray(cv2.inpaint(photo, hole, 5, cv2.INPAINT_TELEA), np.float32)
        for place in reversed(separate(likely, width, height)):
            left, top, right, bottom = place.box
            shape = np.log((right - left) / (bottom - top))
            suits = sorted(animals, key=lambda one: abs(one.shape - shape))[:ALIKE]
            chosen = suits[rng.integers(len(suits))]
            size = right - left, bottom - top
            method = cv2.INTER_AREA if size[0] < chosen.where.shape[1] else cv2.INTER_CUBIC
            pixels = cv2.resize(chosen.pixels, size, interpolation=method).astype(np.float32)
            where = cv2.GaussianBlur(cv2.resize(chosen.where, size), (0, 0), SOFT)[..., None]
            part = result[top:bottom, left:right]
            part += where * (pixels - part)
        return np.clip(np.rint(result), 0, 255).astype(np.uint8)

    return pasted


def cut_outs(photos: Path, masks: Path) -> list[CutOut]:
    """The larger animals of a folder of photos, and of one of masks of the same names."""
    found = []
    for path in folders.pictures(photos):
        pixels = folders.read_pixels(path)
        mask = cv2.resize(folders.read_pixels(masks / path.name)[..., 0], pixels.shape[1::-1])
        count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
        for n in range(1, count):
            left, top, width, height, area = stats[n]
            part = slice(top, top + height), slice(left, left + width)
            if area >= LEAST:
                found.append(CutOut(pixels[part], (labels[part] == n).astype(np.float32)))
    if not found:
        raise DataError(f"{masks}: no animal is large enough to be cut out")
    return found


def measures(made: Sequence[Pixels], wanted: Sequence[Pixels]) -> tuple[float, float, float]:
    """The share that is called zebras, KD-lite0 and its standard error."""
    planes, others = ([to_float(one).transpose(2, 0, 1)[None] for one in some] for some in (made, wanted))
    called = [int(class_scores(one)[0].argmax()) in CLASSES["zebra"] for one in planes]
    drawn, real = (np.concatenate([KD_LITE0_UNPAIRED.features(one) for one in some]) for some in (planes, others))
    return float(np.mean(called)), *KD_LITE0_UNPAIRED.distance(drawn, real)


if __name__ == "__main__":
    sys.exit(main())
