"""Faces for training: folders read once into arrays, then windows of them as fast as memory goes.

Every picture is a face in the face frame, or a known window of that frame. Each is kept at several sizes of
the frame, and a batch mixes them: one network learns to draw a whole face from 16 pixels and the lashes of
an eye from 64. All windows are 64x64, so a batch is one array whatever it mixes; a batch of whole large faces holds
fewer. Half of the small faces are turned, as they are in photos, and where names tell people's ages, every age is seen
equally often.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from enhance.errors import DataError
from enhance.evaluate.protocol import SUFFIXES, WINDOWS, labels

WINDOW = 64
SCALE = 4
FRAMES = (64, 96, 128, 192, 256)
SMALL = 24
"""Pixels across a small picture's frame below which a face is small."""
FINE = 48
"""Those from which on it is fine; between the two it is middling."""
LARGE = (128, 256)
"""Frames of the faces that are learnt from as a whole as well, not only through windows."""

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

MOST_TURNED = 45
"""Degrees; what leans more is turned by a right angle before it is drawn."""
MISLED = 0.4
"""Pixels of the small picture by which a detector errs: the networks must not believe it to the last of them."""
CELEBA_CROP = (25, 60, 153, 188)


class Batch(NamedTuple):
    """What one step learns from; every tensor on the same device.

    hr (N,3,H,H) float32 in [0,1]; place (N,3,H/4,H/4), see `networks.generator.place`; step counts from 0 and seeds
    whatever the step draws at random.
    """

    hr: Tensor
    place: Tensor
    step: int


@dataclass(frozen=True)
class Shelf:
    """Pictures of one kind at one size: pixels (n,H,H,3), of a frame `frame` pixels across, cut at (left, top), each
    then turned about its middle by an angle in degrees. The chances (n,) of being drawn are summed up in `cumulative`;
    without it all are alike."""

    pixels: Pixels
    frame: float
    left: float
    top: float
    angles: NDArray[np.float64] | None = None
    cumulative: NDArray[np.float64] | None = None

    @property
    def lr_frame(self) -> float:
        return self.frame / SCALE

    @property
    def shows_whole(self) -> bool:
        """Whether every picture is the whole frame, upright."""
        return self.pixels.shape[1] == self.frame and self.angles is None


@dataclass(frozen=True)
class Faces:
    """A data set in memory: shelves to learn from, shelves held out to judge by, and what names it."""

    training: tuple[Shelf, ...]
    held_out: tuple[Shelf, ...]
    sha256: str
    pictures: int


class Source(NamedTuple):
    path: Path
    window: Box
    crop: tuple[int, int, int, int] | None


def sources(folder: Path, split: str = "train") -> list[Source]:
    """Lists the pictures of a folder of aligned faces, or of CelebA in its official layout (`split` of it).

    Raises:
        DataError: no such folder, or no pictures in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of pictures")
    partition = folder / "list_eval_partition.txt"
    if (folder / "img_align_celeba").is_dir():
        if not partition.is_file():
            raise DataError(f"{folder}: CelebA needs list_eval_partition.txt beside img_align_celeba")
        wanted = {"train": "0", "val": "1", "test": "2"}[split]
        lines = (line.split() for line in partition.read_text().splitlines() if line.strip())
        found = [
            Source(folder / "img_align_celeba" / name, WHOLE, CELEBA_CROP) for name, part in lines if part == wanted
        ]
    else:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        found = [Source(path, window(path.name), None) for path in paths]
    if not found:
        raise DataError(f"{folder}: no pictures here; give a folder of aligned faces (`enhance prepare` makes one)")
    return found


def window(name: str) -> Box:
    """The part of the face frame that a picture of this name shows, as fractions."""
    return next((box for prefix, box in WINDOWS.items() if name.startswith(prefix)), WHOLE)


def read(source: Source) -> Pixels:
    """One picture as (H,W,3) uint8; a square with the window's proportions."""
    try:
        with Image.open(source.path) as image:
            rgb = image.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{source.path}: cannot be read as a picture; remove it from the folder") from error
    pixels = np.asarray(rgb.crop(source.crop) if source.crop else rgb)
    if pixels.shape[0] != pixels.shape[1]:
        raise DataError(f"{source.path}: not square; align it first with `enhance prepare`")
    return pixels


def load(folders: Sequence[Path], *, note: Callable[[str], None] = print) -> Faces:
    """Reads folders of faces, from the cache where they have been read before.

    About one picture in a hundred, chosen by its name, is held out of training to judge by.

    Raises:
        DataError: a folder or picture cannot be used.
    """
    listing = [source for folder in folders for source in sources(folder)]
    digest = hashlib.sha256()
    for source in listing:
        digest.update(f"{source.path.parent.name}/{source.path.name} {source.path.stat().st_size}\n".encode())
    training: list[Shelf] = []
    held_out: list[Shelf] = []
    groups: dict[tuple[Path, Box, int, bool], list[Source]] = {}
    with ThreadPoolExecutor() as pool:
        for source, size in zip(listing, pool.map(_size, listing), strict=True):
            groups.setdefault((source.path.parent, source.window, size, is_held_out(source.path.name)), []).append(
                source
            )
    for (_, box, size, held), members in groups.items():
        cumulative = balanced([member.path.stem for member in members]).cumsum()
        for width, frame in _sizes(box, size):
            pixels = _cached(members, width, note)
            shelf = Shelf(pixels, frame, box[0] * frame, box[1] * frame, cumulative=cumulative)
            (held_out if held else training).append(shelf)
            # Turning blurs, which shrinking by two or more takes away again.
            if not held and box == WHOLE and size >= 2 * width:
                angles = np.array([angle_of(member.path.name) for member in members])
                turned_pixels = _cached(members, width, note, angles)
                training.append(replace(shelf, pixels=turned_pixels, angles=angles))
    if not training:
        raise DataError(f"{folders[0]}: the faces are smaller than {WINDOW} pixels; larger ones are needed")
    return Faces(tuple(training), tuple(held_out), digest.hexdigest(), len(listing))


def balanced(names: Sequence[str]) -> NDArray[np.float64]:
    """The chance of each picture: every source as often as it has pictures, every age of a source equally often.

    Of faces found on the web most are of people between twenty and forty: drawn as they come, wrinkles are learnt last.
    Names that say no age (see `evaluate.protocol.labels`) are all of one.
    """
    kinds = [(said["source"], said.get("age")) for said in map(labels, names)]
    pictures, people = Counter(source for source, _ in kinds), Counter(kinds)
    ages = Counter(source for source, _ in people)
    chances = [pictures[kind[0]] / ages[kind[0]] / people[kind] for kind in kinds]
    return np.array(chances) / len(names)


def angle_of(name: str) -> float:
    """The angle in degrees by which a picture of this name is turned, always the same."""
    return float(np.random.default_rng(list(name.encode())).uniform(-MOST_TURNED, MOST_TURNED))


def turned(pixels: Pixels, angle: float) -> Pixels:
    """A square picture (H,H,3) turned clockwise about its middle; what lies beyond its edges is mirrored."""
    import cv2

    centre = (len(pixels) - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), -angle, 1)
    shape, edge = pixels.shape[:2], cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(pixels, matrix, shape, flags=cv2.INTER_CUBIC, borderMode=edge), np.uint8)


def is_held_out(name: str) -> bool:
    """True for about one name in a hundred, always the same ones."""
    return hashlib.sha256(name.encode()).digest()[0] * 256 + hashlib.sha256(name.encode()).digest()[1] < 655


def _size(source: Source) -> int:
    if source.crop:
        return source.crop[2] - source.crop[0]
    try:
        with Image.open(source.path) as image:
            return image.width
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{source.path}: cannot be read as a picture; remove it from the folder") from error


def _sizes(box: Box, size: int) -> Iterator[tuple[int, float]]:
    """Widths at which to keep pictures `size` pixels wide that show `box`, each with the width of its frame."""
    extent = box[2] - box[0]
    wanted: dict[int, float] = {round(frame * extent): frame for frame in FRAMES}
    wanted.setdefault(WINDOW, WINDOW / extent)
    for width, frame in sorted(wanted.items()):
        if WINDOW <= width <= size:
            yield width, float(frame)


def _cached(
    members: Sequence[Source], width: int, note: Callable[[str], None], angles: NDArray[np.float64] | None = None
) -> Pixels:
    names = "\n".join(f"{m.path.resolve()} {m.path.stat().st_mtime_ns} {m.crop}" for m in members)
    how = f"{width}" if angles is None else f"{width}_turned"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enhance"
    target = cache / f"{hashlib.sha256(names.encode()).hexdigest()[:24]}_{how}.npy"
    if not target.exists():
        note(f"reading {len(members):,} pictures of {members[0].path.parent.name} at {width} pixels")
        cache.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part.npy")
        array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(members), width, width, 3))
        with ThreadPoolExecutor() as pool:
            each = np.zeros(len(members)) if angles is None else angles
            for index, pixels in enumerate(pool.map(lambda m, angle: _made(m, angle, width), members, each)):
                array[index] = pixels
        array.flush()
        part.replace(target)
    # Into memory, not mapped: random windows of a mapped file are as slow as the disk once its pages are evicted.
    return np.load(target)


def _made(source: Source, angle: float, width: int) -> Pixels:
    pixels = read(source)
    return shrink(turned(pixels, angle) if angle else pixels, width)


def shrink(pixels: Pixels, width: int) -> Pixels:
    """Area-averages a square picture (H,H,3) to (width,width,3)."""
    if len(pixels) == width:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, width), Image.Resampling.BOX))


@dataclass(frozen=True)
class Sizes:
    """How often each fineness is drawn: whole small faces, middling ones, fine ones (lr frame < `SMALL`, < `FINE`)."""

    small: float = 0.5
    middle: float = 0.25
    fine: float = 0.25

    def of(self, shelf: Shelf) -> float:
        return self.small if shelf.lr_frame < SMALL else self.middle if shelf.lr_frame < FINE else self.fine


def shares(shelves: Sequence[Shelf], sizes: Sizes) -> NDArray[np.float64]:
    """The chance of drawing from each shelf: by `sizes` between sizes, by its number of pictures within one."""
    total: dict[float, int] = {}
    for shelf in shelves:
        total[sizes.of(shelf)] = total.get(sizes.of(shelf), 0) + len(shelf.pixels)
    weights = np.array([sizes.of(shelf) * len(shelf.pixels) / total[sizes.of(shelf)] for shelf in shelves])
    return weights / weights.sum()


def batch(
    shelves: Sequence[Shelf],
    sizes: Sizes,
    *,
    size: int,
    seed: int,
    step: int,
    wholes: float = 0.0,
    misled: float = MISLED,
) -> Batch:
    """Batch number `step`: the same for the same arguments, so that a resumed run goes on where it stopped.

    Args:
        size: windows in it.
        wholes: the chance that it holds whole faces of 128 or 256 pixels instead, each as often as `sizes` says, and as
            many as have the windows' pixels.
        misled: by how much, in pixels of the small picture, its places are wrong.
    """
    rng = np.random.default_rng((seed, step))
    whole = [shelf for shelf in shelves if shelf.shows_whole and shelf.frame in LARGE] if wholes else []
    often = {shelf.frame: sizes.of(shelf) for shelf in whole if sizes.of(shelf)}
    side = WINDOW
    if often and rng.random() < wholes:
        frames = sorted(often)
        side = int(rng.choice(frames, p=np.array([often[frame] for frame in frames]) / sum(often.values())))
        shelves = [shelf for shelf in whole if shelf.frame == side]
        size = max(1, size * WINDOW**2 // side**2)
    hr = np.empty((size, side, side, 3), np.uint8)
    place = np.empty((size, 3, side // SCALE, side // SCALE), np.float32)
    centres = np.arange(side // SCALE) * SCALE + SCALE / 2
    for n, which in enumerate(rng.choice(len(shelves), size, p=shares(shelves, sizes))):
        shelf = shelves[which]
        room = (shelf.pixels.shape[1] - side) // SCALE + 1
        picture, row, column = drawn(shelf, rng), *(rng.integers(room, size=2) * SCALE)
        hr[n] = shelf.pixels[picture, row : row + side, column : column + side]
        angle = 0.0 if shelf.angles is None else np.deg2rad(shelf.angles[picture])
        middle = shelf.pixels.shape[1] / 2
        across, down = (column + centres - middle)[None], (row + centres - middle)[:, None]
        x = middle + np.cos(angle) * across + np.sin(angle) * down
        y = middle - np.sin(angle) * across + np.cos(angle) * down
        x, y = (shelf.left + x) / shelf.frame * 2 - 1, (shelf.top + y) / shelf.frame * 2 - 1
        right, down, turn, grown = rng.normal(0, 2 * misled / shelf.lr_frame, 4)
        place[n, 0] = (1 + grown) * (x * np.cos(turn) - y * np.sin(turn)) + right
        place[n, 1] = (1 + grown) * (x * np.sin(turn) + y * np.cos(turn)) + down
        place[n, 2] = np.log2(shelf.lr_frame / 32)
        if rng.random() < 0.5:
            hr[n], place[n] = hr[n, :, ::-1], place[n, :, :, ::-1]
            place[n, 0] *= -1
    pixels = torch.from_numpy(hr).permute(0, 3, 1, 2).contiguous().float() / 255
    return Batch(pixels, torch.from_numpy(place), step)


def drawn(shelf: Shelf, rng: np.random.Generator) -> int:
    """The number of a picture drawn from a shelf."""
    if shelf.cumulative is None:
        return int(rng.integers(len(shelf.pixels)))
    return int(shelf.cumulative.searchsorted(rng.random() * shelf.cumulative[-1], side="right"))


def wholes(shelves: Sequence[Shelf], frame: int, count: int) -> Tensor:
    """The first `count` held-out faces that fill a frame of `frame` pixels, spread over the shelves.

    Returns:
        (count, 3, frame, frame) float32 in [0,1]; fewer where there are fewer.
    """
    fitting = [shelf.pixels for shelf in shelves if shelf.frame == frame and shelf.pixels.shape[1] == frame]
    rows = [pixels[n] for n in range(max(map(len, fitting), default=0)) for pixels in fitting if n < len(pixels)]
    if not rows:
        return torch.empty(0, 3, frame, frame)
    return torch.from_numpy(np.stack(rows[:count])).permute(0, 3, 1, 2).contiguous().float() / 255
