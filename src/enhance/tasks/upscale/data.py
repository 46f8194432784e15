"""Faces for training: folders read once into arrays, then windows of them as fast as memory goes.

Every picture is a face in the face frame, or a known window of that frame. Each is kept at several sizes of the frame,
and a batch mixes them: one network learns to draw a whole face from 16 pixels and the lashes of an eye from 64. All
windows are 64x64, so a batch is one array whatever it mixes; a batch of whole faces holds as many as have its pixels.
Half of the small faces are turned, as they are in photos, and where names tell people's ages, every age is seen equally
often.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from enhance.datasets import cache, folders
from enhance.datasets.names import WHOLE_PICTURE, labels, window
from enhance.errors import DataError
from enhance.pixels import Box, PixelBox
from enhance.tasks.upscale.degradation import Degradation
from enhance.tasks.upscale.networks.generator import frame_coordinates
from enhance.tasks.upscale.options import SCALE
from enhance.train.task import Batch

_WINDOW = 64
_FRAMES = (64, 96, 128, 192, 256)
SMALL = 24
"""Pixels across a small picture's frame below which a face is small."""
LARGE = 48
"""Those from which on it is large; between the two it is of middling size."""
_HELD_OUT = {48: 64, 64: 64, 128: 24, 256: 8}
"""How many whole faces to validate by, for each frame."""

_Pixels = NDArray[np.uint8]

MAX_ROTATION = 45
"""Degrees; what leans more is turned by a right angle before it is drawn."""
LANDMARK_NOISE = 0.4
"""Pixels of the small picture by which a detector errs: the networks must not believe it to the last of them."""
CELEBA_CROP = (25, 60, 153, 188)


@dataclass(frozen=True)
class SizeMix:
    """How often each size is drawn: small faces, middling ones, large ones (lr frame < `SMALL`, < `LARGE`)."""

    small: float = 0.5
    middle: float = 0.25
    large: float = 0.25

    def of(self, lr_frame: float) -> float:
        """The weight of a face so many pixels across the frame of its small picture."""
        return self.small if lr_frame < SMALL else self.middle if lr_frame < LARGE else self.large


@dataclass(frozen=True)
class Sampling:
    """What a batch holds.

    Attributes:
        batch: windows of 64 pixels a step.
        sizes: how often each size is drawn.
        full_face_probability: how often a step sees whole faces instead of windows: as many as have the windows'
            pixels. A loss that asks whose face it is needs them.
        full_faces: frames of those faces, in pixels of the original. Frames smaller than a window are seen only so.
        landmark_noise: by how much, in pixels of the small picture, its coordinates are wrong.
    """

    batch: int = 32
    sizes: SizeMix = SizeMix()
    full_face_probability: float = 0.0
    full_faces: tuple[int, ...] = (128, 256)
    landmark_noise: float = LANDMARK_NOISE


@dataclass(frozen=True)
class ImageGroup:
    """Pictures of one kind at one size: pixels (n,H,H,3), of a frame `frame` pixels across, cut at (left, top), each
    then turned about its middle by an angle in degrees. The chances (n,) of being drawn are summed up in `cumulative`;
    without it all are alike."""

    pixels: _Pixels
    frame: float
    left: float
    top: float
    angles: NDArray[np.float64] | None = None
    cumulative: NDArray[np.float64] | None = None

    @property
    def lr_frame(self) -> float:
        return self.frame / SCALE

    @property
    def shows_frame(self) -> bool:
        """Whether every picture is the whole frame, upright."""
        return self.pixels.shape[1] == self.frame and self.angles is None


class TrainingSource(NamedTuple):
    path: Path
    window: Box
    crop: PixelBox | None


class FaceDataset:
    """Faces in memory: groups to learn from, groups held out to validate by (see `enhance.train.task.Data`).

    Args:
        folders: of faces; about one picture in a hundred, chosen by its name, is held out of training.
        degradation: from an original to the small picture that the network is given.
        seed: of everything that is drawn at random, beside the step.

    Raises:
        DataError: a folder or picture cannot be used.
    """

    def __init__(self, folders: Sequence[Path], sampling: Sampling, degradation: Degradation, seed: int = 0) -> None:
        self.sampling = sampling
        self.degradation = degradation
        self.seed = seed
        listing = [source for folder in folders for source in training_sources(folder)]
        self.digest = _digest(listing)
        self.training, self.validation = load_groups(listing, sampling.full_faces)
        if not any(group.pixels.shape[1] >= _WINDOW for group in self.training):
            raise DataError(f"{folders[0]}: the faces are smaller than {_WINDOW} pixels; larger ones are needed")

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        """`hr` (N,3,H,H) and `lr` (N,3,H/4,H/4) in [0,1]; `place` (N,3,H/4,H/4), see `generator.frame_coordinates`."""
        seed = (self.seed, step, rank) if rank else (self.seed, step)
        hr, coordinates = windows(self.training, self.sampling, np.random.default_rng(seed))
        lr = self.degradation(hr, torch.Generator().manual_seed((self.seed * 1_000_003 + step) * 64 + rank))
        return {"hr": hr, "lr": lr, "place": coordinates}

    def held_out(self) -> Sequence[Batch]:
        """Whole faces at each size that the data has."""
        batches = []
        for frame, count in _HELD_OUT.items():
            hr = full_faces(self.validation, frame, count)
            if len(hr):
                lr = self.degradation(hr, torch.Generator().manual_seed(self.seed))
                lr = (lr * 255).round() / 255
                batches.append({"hr": hr, "lr": lr, "place": frame_coordinates(lr)})
        return batches


def training_sources(folder: Path, split: str = "train") -> list[TrainingSource]:
    """List the pictures of a folder of aligned faces, or of CelebA in its official layout (`split` of it).

    Raises:
        DataError: no such folder, or no pictures in it.
    """
    if not (folder / "img_align_celeba").is_dir():
        return [TrainingSource(path, window(path.name), None) for path in folders.pictures(folder)]
    partition = folder / "list_eval_partition.txt"
    if not partition.is_file():
        raise DataError(f"{folder}: CelebA needs list_eval_partition.txt beside img_align_celeba")
    wanted = {"train": "0", "val": "1", "test": "2"}[split]
    lines = (line.split() for line in partition.read_text().splitlines() if line.strip())
    result = [
        TrainingSource(folder / "img_align_celeba" / name, WHOLE_PICTURE, CELEBA_CROP)
        for name, part in lines
        if part == wanted
    ]
    if not result:
        raise DataError(f"{partition}: lists no pictures of this part")
    return result


def load_groups(
    listing: Sequence[TrainingSource], full_faces: Sequence[int] = ()
) -> tuple[tuple[ImageGroup, ...], tuple[ImageGroup, ...]]:
    """Read pictures, from the cache where they have been read before, into groups for training and held out.

    Args:
        full_faces: frames to keep whole faces at, even if they are smaller than a window.

    Raises:
        DataError: a picture cannot be used.
    """
    training: list[ImageGroup] = []
    held_out: list[ImageGroup] = []
    members_of: dict[tuple[Path, Box, int, bool], list[TrainingSource]] = {}
    for source, size in zip(listing, cache.in_threads(_size, listing), strict=True):
        key = source.path.parent, source.window, size, folders.is_held_out(source.path.name)
        members_of.setdefault(key, []).append(source)
    for (_, box, size, held), members in members_of.items():
        cumulative = balanced_weights([member.path.stem for member in members]).cumsum()
        for width, frame in _sizes(box, size, full_faces):
            group = ImageGroup(_read_all(members, width), frame, box[0] * frame, box[1] * frame, cumulative=cumulative)
            (held_out if held else training).append(group)
            # Turning blurs, which shrinking by two or more takes away again.
            if not held and box == WHOLE_PICTURE and size >= 2 * width and width >= _WINDOW:
                angles = np.array([angle_of(member.path.name) for member in members])
                training.append(replace(group, pixels=_read_all(members, width, angles), angles=angles))
    return tuple(training), tuple(held_out)


def read_square(source: TrainingSource) -> _Pixels:
    """One picture as (H,H,3) uint8.

    Raises:
        DataError: it cannot be read, or is not square.
    """
    pixels = folders.read_pixels(source.path)
    if source.crop:
        left, top, right, bottom = source.crop
        pixels = pixels[top:bottom, left:right]
    if pixels.shape[0] != pixels.shape[1]:
        raise DataError(f"{source.path}: not square; cut it first with `enhance prepare` (--crops: not faces alone)")
    return pixels


def balanced_weights(names: Sequence[str]) -> NDArray[np.float64]:
    """The chance of each picture: every source as often as it has pictures, every age of a source equally often.

    Of faces found on the web most are of people between twenty and forty: drawn as they come, wrinkles are learnt last.
    Names that say no age (see `enhance.datasets.names.labels`) are all of one.
    """
    kinds = [(named["source"], named.get("age")) for named in map(labels, names)]
    pictures, people = Counter(source for source, _ in kinds), Counter(kinds)
    ages = Counter(source for source, _ in people)
    chances = [pictures[kind[0]] / ages[kind[0]] / people[kind] for kind in kinds]
    return np.array(chances) / len(names)


def angle_of(name: str) -> float:
    """The angle in degrees by which a picture of this name is turned, always the same."""
    return float(np.random.default_rng(list(name.encode())).uniform(-MAX_ROTATION, MAX_ROTATION))


def rotated(pixels: _Pixels, angle: float) -> _Pixels:
    """A square picture (H,H,3) turned clockwise about its middle; what lies beyond its edges is mirrored."""
    centre = (len(pixels) - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), -angle, 1)
    shape, edge = pixels.shape[:2], cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(pixels, matrix, shape, flags=cv2.INTER_CUBIC, borderMode=edge), np.uint8)


def area_resize(pixels: _Pixels, width: int) -> _Pixels:
    """Area-averages a square picture (H,H,3) to (width,width,3)."""
    if len(pixels) == width:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, width), Image.Resampling.BOX))


def group_probabilities(groups: Sequence[ImageGroup], sizes: SizeMix) -> NDArray[np.float64]:
    """The chance of drawing from each group: by `sizes` between sizes, by its number of pictures within one."""
    total: dict[float, int] = {}
    for group in groups:
        weight = sizes.of(group.lr_frame)
        total[weight] = total.get(weight, 0) + len(group.pixels)
    weights = [sizes.of(group.lr_frame) for group in groups]
    chances = np.array([w * len(group.pixels) / total[w] for w, group in zip(weights, groups, strict=True)])
    return chances / chances.sum()


def windows(groups: Sequence[ImageGroup], sampling: Sampling, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A batch: hr (N,3,H,H) float32 in [0,1], and where in the face frame its small pixels lie, (N,3,H/4,H/4)."""
    sizes, side, count = sampling.sizes, _WINDOW, sampling.batch
    full = [group for group in groups if group.shows_frame and group.frame in sampling.full_faces]
    groups = [group for group in groups if group.pixels.shape[1] >= side]
    weights = {group.frame: sizes.of(group.lr_frame) for group in full if sizes.of(group.lr_frame)}
    if sampling.full_face_probability and weights and rng.random() < sampling.full_face_probability:
        frames = sorted(weights)
        side = int(rng.choice(frames, p=np.array([weights[frame] for frame in frames]) / sum(weights.values())))
        groups = [group for group in full if group.frame == side]
        count = max(1, count * _WINDOW**2 // side**2)
    hr = np.empty((count, side, side, 3), np.uint8)
    coordinates = np.empty((count, 3, side // SCALE, side // SCALE), np.float32)
    centres = np.arange(side // SCALE) * SCALE + SCALE / 2
    for n, which in enumerate(rng.choice(len(groups), count, p=group_probabilities(groups, sizes))):
        group = groups[which]
        room = (group.pixels.shape[1] - side) // SCALE + 1
        picture, row, column = sample_index(group, rng), *(rng.integers(room, size=2) * SCALE)
        hr[n] = group.pixels[picture, row : row + side, column : column + side]
        angle = 0.0 if group.angles is None else np.deg2rad(group.angles[picture])
        middle = group.pixels.shape[1] / 2
        across, down = (column + centres - middle)[None], (row + centres - middle)[:, None]
        x = middle + np.cos(angle) * across + np.sin(angle) * down
        y = middle - np.sin(angle) * across + np.cos(angle) * down
        x, y = (group.left + x) / group.frame * 2 - 1, (group.top + y) / group.frame * 2 - 1
        right, below, turn, growth = rng.normal(0, 2 * sampling.landmark_noise / group.lr_frame, 4)
        coordinates[n, 0] = (1 + growth) * (x * np.cos(turn) - y * np.sin(turn)) + right
        coordinates[n, 1] = (1 + growth) * (x * np.sin(turn) + y * np.cos(turn)) + below
        coordinates[n, 2] = np.log2(group.lr_frame / 32)
        if rng.random() < 0.5:
            hr[n], coordinates[n] = hr[n, :, ::-1], coordinates[n, :, :, ::-1]
            coordinates[n, 0] *= -1
    pixels = torch.from_numpy(hr).permute(0, 3, 1, 2).contiguous().float() / 255
    return pixels, torch.from_numpy(coordinates)


def sample_index(group: ImageGroup, rng: np.random.Generator) -> int:
    """The number of a picture drawn from a group."""
    if group.cumulative is None:
        return int(rng.integers(len(group.pixels)))
    return int(group.cumulative.searchsorted(rng.random() * group.cumulative[-1], side="right"))


def full_faces(groups: Sequence[ImageGroup], frame: int, count: int) -> Tensor:
    """The first `count` faces that fill a frame of `frame` pixels, spread over the groups.

    Returns:
        (count, 3, frame, frame) float32 in [0,1]; fewer where there are fewer.
    """
    fitting = [group.pixels for group in groups if group.frame == frame and group.pixels.shape[1] == frame]
    rows = [pixels[n] for n in range(max(map(len, fitting), default=0)) for pixels in fitting if n < len(pixels)]
    if not rows:
        return torch.empty(0, 3, frame, frame)
    return torch.from_numpy(np.stack(rows[:count])).permute(0, 3, 1, 2).contiguous().float() / 255


def _digest(listing: Sequence[TrainingSource]) -> str:
    return folders.digest(source.path for source in listing)


def _size(source: TrainingSource) -> int:
    return source.crop[2] - source.crop[0] if source.crop else folders.size(source.path)[0]


def _sizes(box: Box, size: int, full_faces: Sequence[int] = ()) -> Iterator[tuple[int, float]]:
    """Widths at which to keep pictures `size` pixels wide that show `box`, each with the width of its frame."""
    extent = box[2] - box[0]
    if box == WHOLE_PICTURE:
        yield from ((frame, float(frame)) for frame in full_faces if frame < min(_WINDOW, size))
    wanted: dict[int, float] = {round(frame * extent): frame for frame in _FRAMES}
    wanted.setdefault(_WINDOW, _WINDOW / extent)
    for width, frame in sorted(wanted.items()):
        if _WINDOW <= width <= size:
            yield width, float(frame)


def _read_all(members: Sequence[TrainingSource], width: int, angles: NDArray[np.float64] | None = None) -> _Pixels:
    turned = "" if angles is None else " turned"
    key = cache.stamps([m.path for m in members]) + str([m.crop for m in members if m.crop]) + turned

    def make(index: int) -> _Pixels:
        pixels = read_square(members[index])
        return area_resize(pixels if angles is None else rotated(pixels, angles[index]), width)

    return cache.cached(key, len(members), (width, width, 3), make)
