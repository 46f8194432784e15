"""Birds to learn from: pictures, where their parts lie, and what people said of them, read once into arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from enhance.datasets import cache, folders
from enhance.errors import DataError
from enhance.pixels import Array, PixelBox
from enhance.tasks.imagine import layouts as lay
from enhance.tasks.imagine.layouts import Layouts
from enhance.tasks.imagine.words import tokens, understood

BIRD_SIZE = 64
KEPT = 72
"""Pixels of the side at which pictures are kept: windows of `BIRD_SIZE` are cut from them."""
MOST_JOINED = 4
"""How many people's captions a step joins at most."""

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Bird:
    """One picture: its file, what part of it to use (left, top, right, bottom in pixels; None: all), its points in
    fractions of that part, width by height of what it shows, whether it faces left, and captions."""

    path: Path
    box: PixelBox | None
    points: tuple[tuple[float, float], ...]
    aspect: float
    faces_left: bool
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Captions:
    """Captions of all pictures, read: rows of `vectors` and `colours`, those of picture n from `starts[n]` on."""

    vectors: NDArray[np.bool_]
    colours: NDArray[np.uint8]
    starts: NDArray[np.intp]

    def of(self, picture: int, which: Sequence[int]) -> tuple[Array, Array]:
        """Vector (LENGTH,) and colours (parts, colours) of some of a picture's captions, joined."""
        rows = [self.starts[picture] + n for n in which]
        return self.vectors[rows].max(0).astype(np.float32), self.colours[rows].max(0).astype(np.float32) / 10

    def count(self, picture: int) -> int:
        return int(self.starts[picture + 1] - self.starts[picture])

    def votes(self) -> Array:
        """(N, parts, colours): how many of a picture's captions name a colour of a part; of the most named one 1."""
        votes = np.add.reduceat(self.colours == 10, self.starts[:-1]).astype(np.float32)
        return np.asarray(votes / np.maximum(votes.max(-1, keepdims=True), 1), np.float32)


@dataclass(frozen=True)
class Sampling:
    """How batches are drawn.

    Attributes:
        batch: pictures a step.
        joined: how often the captions of several people are joined.
        strange: how often the picture's own captions are exchanged for those of another.
        shifted: whether windows are cut anywhere, and not from the middle.
    """

    batch: int = 16
    joined: float = 0.5
    strange: float = 0.25
    shifted: bool = True


@dataclass(frozen=True)
class Birds:
    """Pictures in memory, (N,72,72,3) with the bird facing right, their layouts, and what was said of them."""

    pixels: _Pixels
    points: Array
    aspect: Array
    captions: Captions
    digest: str
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:  # noqa: ARG002
        """Batch number `step`, see `_examples`: that of another process is another."""
        rng = np.random.default_rng((self.seed, step, rank))
        return self._examples(rng.choice(self.training, self.sampling.batch), rng, self.sampling)

    def held_out(self) -> list[dict[str, Tensor]]:
        rng = np.random.default_rng(self.seed)
        plain = Sampling(len(self.held), joined=0.0, strange=0.0, shifted=False)
        return [self._examples(self.held, rng, plain)]

    @cached_property
    def training(self) -> NDArray[np.intp]:
        """Numbers of the pictures to learn from."""
        return np.setdiff1d(np.arange(len(self.pixels)), self.held)

    @cached_property
    def held(self) -> NDArray[np.intp]:
        """Numbers of the held-out pictures: every thirty-third."""
        return np.arange(4, len(self.pixels), 33)

    def _examples(self, which: NDArray[np.intp], rng: np.random.Generator, sampling: Sampling) -> dict[str, Tensor]:
        """Pictures with what is said of them.

        Returns:
            image: (N,3,64,64) in [0,1].
            maps, words: (N,CHANNELS,32,32) and (N,LENGTH+2), the inputs of the generator.
            real_maps, real_words: what people said of the picture.
            wrong_maps, wrong_words: the same place with what they said of another bird.
            areas: (N,parts,32,32), where the parts lie.
            named: (N,parts,colours), what `maps` say; votes: likewise, what people say of the picture.
            own: (N,), 1 where `maps` and `words` are the picture's own.
        """
        count = len(which)
        room = KEPT - BIRD_SIZE + 1
        left, top = rng.integers(room, size=(2, count)) if sampling.shifted else np.full((2, count), room // 2)
        windows = np.stack(
            [self.pixels[n, y : y + BIRD_SIZE, x : x + BIRD_SIZE] for n, x, y in zip(which, left, top, strict=True)]
        )
        points = moved(self.points[which], left, top)
        corners, busy = lay.corners_of(windows)
        layouts = Layouts(points, corners, busy, self.aspect[which])
        captions = [self._captions(n, rng, sampling) for n in which]
        others = [self._captions(n, rng, sampling) for n in rng.choice(self.training, count)]
        own = rng.random(count) >= sampling.strange
        third = [self._captions(n, rng, sampling) for n in rng.choice(self.training, count)]
        chosen = [a if mine else b for a, b, mine in zip(captions, third, own, strict=True)]
        out: dict[str, NDArray[np.float32]] = {}
        tellings = {"": chosen, "real_": captions, "wrong_": others}
        colours = [np.stack([chosen for _, chosen in pairs]) for pairs in tellings.values()]
        for (prefix, pairs), maps in zip(tellings.items(), lay.maps(layouts, *colours), strict=True):
            out[f"{prefix}maps"] = maps
            out[f"{prefix}words"] = np.concatenate([np.stack([words for words, _ in pairs]), layouts.extra()], 1)
        out["named"] = colours[0]
        out["areas"] = lay.areas(points)
        out["votes"] = self.votes[which]
        out["own"] = own.astype(np.float32)
        image = torch.from_numpy(windows).permute(0, 3, 1, 2).float() / 255
        return {"image": image} | {name: torch.from_numpy(value) for name, value in out.items()}

    def _captions(self, picture: int, rng: np.random.Generator, sampling: Sampling) -> tuple[Array, Array]:
        count = self.captions.count(picture)
        several = int(rng.integers(2, MOST_JOINED + 1)) if rng.random() < sampling.joined else 1
        return self.captions.of(picture, rng.choice(count, min(several, count), replace=False).tolist())

    @cached_property
    def votes(self) -> Array:
        """See `Captions.votes`."""
        return self.captions.votes()


def moved(points: Array, left: NDArray[np.intp], top: NDArray[np.intp]) -> Array:
    """Points (N,15,2) of pictures of `KEPT` pixels as fractions of windows of `BIRD_SIZE` at (left, top), or -1."""
    shift = np.stack([left, top], 1)[:, None] / KEPT
    inside = (points - shift) * KEPT / BIRD_SIZE
    good = np.asarray((points >= 0).all(-1) & (inside >= 0).all(-1) & (inside <= 1).all(-1))
    return np.where(good[..., None], inside, -1).astype(np.float32)


def load_birds(places: Sequence[Path], sampling: Sampling, seed: int = 0) -> Birds:
    """Read one folder of birds, from the cache where it has been read before.

    Raises:
        DataError: it cannot be used.
    """
    birds = [bird for folder in places for bird in list_birds(folder)]
    key = cache.stamps([bird.path for bird in birds]) + "".join(f"{bird.box}{bird.faces_left}" for bird in birds)
    pixels = cache.cached(key, len(birds), (KEPT, KEPT, 3), lambda n: _small(birds[n]))
    points = np.array([bird.points for bird in birds], np.float32)
    left = np.array([bird.faces_left for bird in birds])
    points[left] = lay.mirrored(points[left])
    aspect = np.array([bird.aspect for bird in birds], np.float32)
    return Birds(
        pixels, points, aspect, _captions_of(birds), folders.digest(bird.path for bird in birds), sampling, seed
    )


def list_birds(folder: Path) -> list[Bird]:
    """The training birds of a folder: pictures.tsv, captions.tsv and train/, or CUB-200-2011 as it is published.

    Raises:
        DataError: it is neither, or a table cannot be read.
    """
    if (folder / "pictures.tsv").is_file():
        tables = list(_tables(folder))
    elif (folder / "images.txt").is_file():
        tables = list(_cub(folder))
    else:
        raise DataError(
            f"{folder}: no birds here; give a folder with pictures.tsv, captions.tsv and train/, or CUB_200_2011"
        )
    if not tables:
        raise DataError(f"{folder}: none of its pictures has a caption and is for training")
    return tables


def _tables(folder: Path) -> Iterator[Bird]:
    try:
        captions: dict[str, list[str]] = {}
        for line in (folder / "captions.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            name, caption = line.split("\t")
            captions.setdefault(name, []).append(caption)
        head, *rows = [line.split("\t") for line in (folder / "pictures.tsv").read_text(encoding="utf-8").splitlines()]
        for row in (dict(zip(head, row, strict=True)) for row in rows):
            path = folder / row["split"] / row["file"]
            if row["split"] == "train" and captions.get(row["file"]):
                with Image.open(path) as image:
                    side = image.width
                spots = [
                    tuple(int(v) / side for v in row[name].split(",")) if row[name] else (-1.0, -1.0)
                    for name in lay.POINTS
                ]
                points = tuple((x, y) for x, y in spots)
                yield Bird(path, None, points, float(row["aspect"]), row["facing"] == "L", tuple(captions[row["file"]]))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: its tables of birds cannot be read: {error}") from error


def _cub(folder: Path) -> Iterator[Bird]:
    """CUB-200-2011 as published, with the captions of Reed et al. (text_c10) in it or beside it."""
    texts = next((path for path in (folder / "text_c10", folder.parent / "text_c10") if path.is_dir()), None)
    if texts is None:
        raise DataError(f"{folder}: CUB needs the folder text_c10 with its captions, in it or beside it")
    try:
        paths, boxes, splits = (
            _rows(folder / f"{name}.txt") for name in ("images", "bounding_boxes", "train_test_split")
        )
        spots = {number: np.full((len(lay.POINTS), 2), -1.0) for number in paths}
        for line in (folder / "parts" / "part_locs.txt").read_text().splitlines():
            number, part, x, y, visible = line.split()
            if visible == "1":
                spots[number][int(part) - 1] = float(x), float(y)
        for number, (name,) in paths.items():
            text = texts / Path(name).with_suffix(".txt")
            if splits[number] == ["1"] and text.is_file():
                path = folder / "images" / name
                with Image.open(path) as image:
                    box = framed(tuple(map(float, boxes[number])), image.size)
                size = np.array([box[2] - box[0], box[3] - box[1]])
                points = np.where(spots[number] >= 0, (spots[number] - box[:2]) / size, -1)
                points = np.where(((points >= 0) & (points <= 1)).all(1, keepdims=True), points, -1)
                captions = tuple(line for line in text.read_text(encoding="utf-8").splitlines() if line.strip())
                yield Bird(path, box, tuple(map(tuple, points)), size[0] / size[1], faces_left(points), captions)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder}: its tables of birds cannot be read: {error}") from error


def _rows(path: Path) -> dict[str, list[str]]:
    return {number: rest for number, *rest in map(str.split, path.read_text().splitlines())}


def framed(box: tuple[float, ...], size: tuple[int, int], most: float = 1.25) -> PixelBox:
    """The window of a picture to show.

    Args:
        box: left, top, width and height of the bird; a tenth more is shown.
        size: width and height of the picture.
        most: how many times one side of the window may be the other, as far as there is picture.
    """
    frames = []
    left, top, width, height = box
    wide = max(1.1 * width, 1.1 * height / most)
    tall = max(1.1 * height, 1.1 * width / most)
    for middle, extent, limit in ((left + width / 2, wide, size[0]), (top + height / 2, tall, size[1])):
        start = min(max(middle - extent / 2, 0), max(limit - extent, 0))
        frames.append((round(start), round(min(start + extent, limit))))
    return frames[0][0], frames[1][0], frames[0][1], frames[1][1]


def faces_left(points: NDArray[np.floating]) -> bool:
    """Whether the beak is to the left of the head's other points (15,2)."""
    beak = points[lay.POINTS.index("beak")]
    others = [points[lay.POINTS.index(name)] for name in ("crown", "nape", "throat", "forehead")]
    xs = [x for x, _ in others if x >= 0]
    return bool(beak[0] >= 0 and xs and beak[0] < sum(xs) / len(xs))


def _captions_of(birds: Sequence[Bird]) -> Captions:
    readings = [[understood(tokens(caption)) for caption in bird.captions] for bird in birds]
    flat = [reading for each in readings for reading in each]
    vectors = np.stack([reading.vector() > 0 for reading in flat])
    colours = np.stack([np.round(reading.colours() * 10).astype(np.uint8) for reading in flat])
    return Captions(vectors, colours, np.cumsum([0, *map(len, readings)]))


def _small(bird: Bird) -> _Pixels:
    """One picture (KEPT,KEPT,3), the bird facing right."""
    rgb = Image.fromarray(folders.read_pixels(bird.path))
    rgb = rgb.crop(bird.box) if bird.box else rgb
    pixels = np.asarray(rgb.resize((KEPT, KEPT), Image.Resampling.BOX))
    return pixels[:, ::-1] if bird.faces_left else pixels


def candidates(birds: Birds, points: int = 7) -> tuple[Layouts, Array]:
    """Layouts that may be worth shipping.

    Args:
        points: how many points must be seen, the beak, the crown, the throat and an eye among them.

    Returns:
        Layouts of pictures, and the shares of people who used each word, (N,LENGTH).
    """
    middle = (KEPT - BIRD_SIZE) // 2
    windows = birds.pixels[:, middle : middle + BIRD_SIZE, middle : middle + BIRD_SIZE]
    places = np.full(len(windows), middle)
    layouts = Layouts(moved(birds.points, places, places), *lay.corners_of(windows), birds.aspect)
    visible = lay.shown(layouts.points)
    must = [lay.POINTS.index(name) for name in ("beak", "crown", "throat")]
    eyes = [lay.POINTS.index(name) for name in ("left_eye", "right_eye")]
    good = np.flatnonzero((visible.sum(1) >= points) & visible[:, must].all(1) & visible[:, eyes].any(1))
    counts = np.diff(birds.captions.starts)
    shares = np.add.reduceat(birds.captions.vectors.astype(np.float32), birds.captions.starts[:-1]) / counts[:, None]
    return layouts[good], shares[good].astype(np.float32)
