"""Pictures with holes drawn into them: faces in their frame, or crops of any photos."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from enhance.counts import counted
from enhance.datasets import cache, folders, names
from enhance.errors import DataError
from enhance.pixels import Box, to_float, to_uint8
from enhance.tasks.fill import copying, masks
from enhance.tasks.fill.masks import Hole, Holes
from enhance.tasks.fill.networks import GRID, MULTIPLE
from enhance.tasks.fill.painter import COPIED

_Pixels = NDArray[np.uint8]

_FRAME = 128
_LEAST, _LARGEST = 128, 640
"""Photos of a smaller side are left out; larger ones are reduced, for training sees small crops of them."""
_HELD_OUT = 48
"""Pictures that are validated by."""
_COPIED, _LEAST_HOLE = 256, 0.05
"""Pixels across crops whose holes are filled with copies, and the least share of hole in them and their windows."""


@dataclass(frozen=True)
class Sizes:
    """Pictures of a step by their side in pixels, and how often each side is drawn, in proportion.

    Attributes:
        sides: side -> (pictures in a step, chance of the side).
        drafts: how often the hole holds a draft instead of nothing.
    """

    sides: tuple[tuple[int, int, float], ...]
    drafts: float = 0.0


@dataclass(frozen=True)
class SizeGroup:
    """Faces of one size, pixels (n,H,H,3), which show a window of a frame `frame` pixels across, cut at (left, top)."""

    pixels: _Pixels
    frame: int
    left: float
    top: float


class FaceData:
    """Faces in their frame, `_FRAME` pixels across or half of it."""

    def __init__(self, sources: Sequence[Path], *, sizes: Sizes, holes: Holes, seed: int, note: Callable[[str], None]):
        paths = [path for folder in sources for path in folders.pictures(folder)]
        self.digest = folders.digest(paths)
        self.sizes, self.holes, self.seed = sizes, holes, seed
        groups: dict[tuple[Box, bool], list[Path]] = {}
        for path in paths:
            groups.setdefault((names.window(path.name), folders.is_held_out(path.name)), []).append(path)
        self.training: list[SizeGroup] = []
        held: list[_Pixels] = []
        for (window, out), members in groups.items():
            whole = window == names.WHOLE_PICTURE
            for frame in (_FRAME, _FRAME // 2) if whole else (_FRAME,):
                side = round(frame * (window[2] - window[0]))
                if out and not (whole and frame == _FRAME):
                    continue
                pixels = read_squares(members[:: max(1, len(members) // _HELD_OUT)] if out else members, side, note)
                if out:
                    held.append(pixels[:_HELD_OUT])
                else:
                    self.training.append(SizeGroup(pixels, frame, window[0] * frame, window[1] * frame))
        if not self.training:
            raise DataError(f"{sources[0]}: too few faces; a few hundred, aligned by `enhance prepare`, are needed")
        self._held = held[0] if held else np.empty((0, _FRAME, _FRAME, 3), np.uint8)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:  # noqa: ARG002
        """`image` as it is given, `truth`, `mask` and `place` of `Completion`."""
        rng = np.random.default_rng((self.seed, step, rank))
        side, count = drawn_size(self.sizes, rng)
        groups = [group for group in self.training if group.pixels.shape[1] == side]
        if not groups:
            groups = [max(self.training, key=lambda group: len(group.pixels))]
            side = groups[0].pixels.shape[1]
        group = groups[rng.integers(len(groups))]
        truth = np.empty((count, side, side, 3), np.uint8)
        where = np.empty((count, 3, side // GRID, side // GRID), np.float32)
        for n in range(count):
            truth[n] = group.pixels[rng.integers(len(group.pixels))]
            where[n] = place_in(group)
            if rng.random() < 0.5:
                truth[n] = truth[n, :, ::-1]
                where[n] = where[n, :, :, ::-1]
                where[n, 0] *= -1
            # The frame of a face of which much is hidden is found by a pixel or two only.
            where[n, :2] += rng.normal(0, 0.015, (2, 1, 1))
        mask = np.stack([self.holes.draw(side, side, rng) for _ in range(count)])
        return {**network_inputs(truth, mask, self.sizes.drafts, rng), "place": torch.from_numpy(where)}

    def held_out(self) -> Sequence[dict[str, Tensor]]:
        """Faces that are never learnt from, with holes of every kind."""
        return [
            {
                **batch,
                "place": torch.from_numpy(
                    np.stack([place_in(SizeGroup(self._held, _FRAME, 0, 0))] * len(batch["mask"]))
                ),
            }
            for batch in held_out_batches(self._held)
        ]


class PhotoData:
    """Crops of any photos. Each folder is drawn from the more often, the larger its pictures are."""

    def __init__(self, sources: Sequence[Path], *, sizes: Sizes, holes: Holes, seed: int, note: Callable[[str], None]):
        listed = [folders.pictures(folder) for folder in sources]
        self.digest = folders.digest([path for paths in listed for path in paths])
        self.sizes, self.holes, self.seed = sizes, holes, seed
        self.groups: list[list[_Pixels]] = []
        held: list[_Pixels] = []
        for folder, paths in zip(sources, listed, strict=True):
            note(f"reading {counted(len(paths), 'picture')} of {folder.name}")
            with ThreadPoolExecutor() as pool:
                read = list(pool.map(_photo, paths))
            large = [
                (path, pixels) for path, pixels in zip(paths, read, strict=True) if min(pixels.shape[:2]) >= _LEAST
            ]
            held += [pixels for path, pixels in large if folders.is_held_out(path.name)][:_HELD_OUT]
            kept = [pixels for path, pixels in large if not folders.is_held_out(path.name)]
            if kept:
                self.groups.append(kept)
        if not self.groups:
            raise DataError(f"{sources[0]}: no photos of at least {_LEAST} pixels; larger ones are needed")
        widths = np.array([np.mean([min(p.shape[:2]) for p in group]) for group in self.groups])
        self.chances = widths / widths.sum()
        rng = np.random.default_rng(seed)
        rows = [random_crop(held[n], _FRAME, rng) for n in rng.permutation(len(held))[:_HELD_OUT]]
        self._held = np.stack(rows) if rows else np.empty((0, _FRAME, _FRAME, 3), np.uint8)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:  # noqa: ARG002
        """`image` as it is given, `truth` and `mask` of `Completion`."""
        rng = np.random.default_rng((self.seed, step, rank))
        side, count = drawn_size(self.sizes, rng)
        truth = np.empty((count, side, side, 3), np.uint8)
        for n in range(count):
            truth[n] = self.crop(side, rng)
        mask = np.stack([self.holes.draw(side, side, rng) for _ in range(count)])
        return network_inputs(truth, mask, self.sizes.drafts, rng)

    def crop(self, side: int, rng: np.random.Generator) -> _Pixels:
        """A square (side,side,3) of one of the photos to learn from."""
        group = self.groups[rng.choice(len(self.groups), p=self.chances)]
        return random_crop(group[rng.integers(len(group))], side, rng)

    def held_out(self) -> Sequence[dict[str, Tensor]]:
        """Crops of photos that are never learnt from, with holes of every kind."""
        return held_out_batches(self._held)


class CopiedPhotos:
    """Crops of any photos whose holes were filled with copies before training began: it takes longer than a step.

    Args:
        crops: how many; a step sees windows of some.
    """

    def __init__(
        self, sources: Sequence[Path], *, sizes: Sizes, holes: Holes, seed: int, note: Callable[[str], None], crops: int
    ):
        self.photos = PhotoData(sources, sizes=sizes, holes=holes, seed=seed, note=note)
        self.digest, self.sizes, self.holes, self.seed = self.photos.digest, sizes, holes, seed
        paths = [path for folder in sources for path in folders.pictures(folder)]
        note(f"filling holes of {counted(crops, 'crop')} with copies, unless that was done before")
        key = f"copied coarse to fine {cache.stamps(paths)} {holes} {crops} {seed}"
        self.crops = cache.cached(key, crops, (3, _COPIED, _COPIED, 3), self._row)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:  # noqa: ARG002
        """`image`, which holds copied patches where `mask` is a quarter, and `truth`."""
        rng = np.random.default_rng((self.seed, step, rank))
        side, count = drawn_size(self.sizes, rng)
        windows: list[_Pixels] = []
        while len(windows) < count:
            y, x = rng.integers((_COPIED - side) // 8 + 1, size=2) * 8
            window = self.crops[rng.integers(len(self.crops)), :, y : y + side, x : x + side]
            if window[2].mean() > 255 * _LEAST_HOLE:
                windows.append(window[:, :, ::-1] if rng.random() < 0.5 else window)
        return _copied_inputs(np.stack(windows))

    def held_out(self) -> Sequence[dict[str, Tensor]]:
        """Crops of photos that are never learnt from, with holes of every kind, filled with copies."""
        batches = []
        for batch in self.photos.held_out():
            truth = np.ascontiguousarray(batch["truth"].permute(0, 2, 3, 1).numpy())
            holes = batch["mask"][:, 0].numpy() > 0
            batches.append(
                _copied_inputs(np.stack([_with_copies(x, hole, 0) for x, hole in zip(truth, holes, strict=True)]))
            )
        return batches

    def _row(self, number: int) -> _Pixels:
        rng = np.random.default_rng((self.seed, 1, number))
        crop = to_float(self.photos.crop(_COPIED, rng))
        hole = self.holes.draw(_COPIED, _COPIED, rng)
        while hole.mean() <= _LEAST_HOLE:
            hole = self.holes.draw(_COPIED, _COPIED, rng)
        return _with_copies(crop, hole > 0, number)


def opened(
    sources: Sequence[Path],
    *,
    framed: bool,
    copied: int,
    sizes: Sizes,
    holes: Holes,
    seed: int,
    note: Callable[[str], None],
) -> FaceData | PhotoData | CopiedPhotos:
    """Faces in their frame, or crops of photos; of so many crops holes that are filled with copies, if it is not 0.

    Raises:
        DataError: a folder cannot be used.
    """
    if copied:
        return CopiedPhotos(sources, sizes=sizes, holes=holes, seed=seed, note=note, crops=copied)
    kind = FaceData if framed else PhotoData
    return kind(sources, sizes=sizes, holes=holes, seed=seed, note=note)


def _with_copies(picture: NDArray[np.float32], hole: Hole, seed: int) -> _Pixels:
    """A picture (H,W,3) in [0,1], the same with its hole filled with patches, and the hole in white; (3,H,W,3)."""
    copied = picture.copy()
    copying.copy(copied, hole, seed)
    return to_uint8(np.stack([picture, copied, np.repeat(hole[..., None], 3, 2).astype(np.float32)]))


def _copied_inputs(rows: _Pixels) -> dict[str, Tensor]:
    """What `_with_copies` made of pictures, (N,3,H,W,3), as a network gets it."""
    truth, image, hole = torch.from_numpy(rows).permute(1, 0, 4, 2, 3).contiguous().float() / 255
    return {"image": image, "truth": truth, "mask": hole[:, :1] * COPIED}


def network_inputs(
    truth: _Pixels, mask: NDArray[np.float32], drafts: float, rng: np.random.Generator
) -> dict[str, Tensor]:
    """Pictures (N,H,H,3) and their holes (N,H,H) as a network gets them: empty, or with a draft in them."""
    original = torch.from_numpy(truth).permute(0, 3, 1, 2).contiguous().float() / 255
    hole = torch.from_numpy(mask)[:, None]
    image = original * (1 - hole)
    for n in range(len(truth)):
        if rng.random() < drafts:
            small = torch.nn.functional.avg_pool2d(original[n : n + 1], 2)
            draft = torch.nn.functional.interpolate(small, scale_factor=2.0, mode="bilinear")
            image[n] = torch.where(hole[n] > 0, draft[0], original[n])
            hole[n] *= 0.5
    return {"image": image, "truth": original, "mask": hole}


def held_out_batches(held: _Pixels) -> list[dict[str, Tensor]]:
    """A batch of eight for each kind of hole, by turns, until the pictures are used up."""
    batches = []
    height, width = held.shape[1:3]
    for begin in range(0, len(held) - 7, 8):
        kind = masks.MASK_KINDS[begin // 8 % len(masks.MASK_KINDS)]
        truth = held[begin : begin + 8]
        mask = np.stack([masks.measured(kind, height, width, begin + n) for n in range(8)])
        batches.append(network_inputs(truth, mask, 0.0, np.random.default_rng(0)))
    return batches


def place_in(group: SizeGroup) -> NDArray[np.float32]:
    """Where the squares of a group's pictures lie in the frame; see `networks.place`."""
    squares = np.arange(group.pixels.shape[1] // GRID) * GRID + GRID / 2
    where = np.empty((3, len(squares), len(squares)), np.float32)
    where[0] = (group.left + squares) / group.frame * 2 - 1
    where[1] = ((group.top + squares) / group.frame * 2 - 1)[:, None]
    where[2] = np.log2(group.frame / 128)
    return where


def random_crop(pixels: _Pixels, side: int, rng: np.random.Generator) -> _Pixels:
    """A square of a photo (H,W,3), reduced by up to two and flipped at random; (side,side,3)."""
    least = min(pixels.shape[:2])
    cut = min(least, round(side * rng.uniform(1, 2))) if least > side else least
    top, left = (rng.integers(n - cut + 1) for n in pixels.shape[:2])
    square = pixels[top : top + cut, left : left + cut]
    if cut != side:
        square = np.asarray(
            cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA if cut > side else cv2.INTER_CUBIC), np.uint8
        )
    return square[:, ::-1] if rng.random() < 0.5 else square


def drawn_size(sizes: Sizes, rng: np.random.Generator) -> tuple[int, int]:
    """The side of a step's pictures, and how many it has."""
    chances = np.array([chance for _, _, chance in sizes.sides])
    side, count, _ = sizes.sides[rng.choice(len(chances), p=chances / chances.sum())]
    if side % MULTIPLE:
        raise ValueError(f"pictures of {side} pixels: not a multiple of {MULTIPLE}")
    return side, count


def _photo(path: Path) -> _Pixels:
    """A photo (H,W,3), its shorter side reduced to `_LARGEST` at most."""
    pixels = folders.read_pixels(path)
    factor = _LARGEST / min(pixels.shape[:2])
    return pixels if factor >= 1 else _resized(pixels, round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))


def read_squares(paths: Sequence[Path], side: int, note: Callable[[str], None]) -> _Pixels:
    """Square pictures reduced to `side`, (n,side,side,3), from the cache where they have been read before.

    Raises:
        DataError: one cannot be read, or is not square.
    """

    def square(number: int) -> _Pixels:
        pixels = folders.read_pixels(paths[number])
        if pixels.shape[0] != pixels.shape[1]:
            raise DataError(f"{paths[number]}: not square; align it first with `enhance prepare`")
        return pixels if len(pixels) == side else _resized(pixels, side, side)

    note(f"reading {counted(len(paths), 'picture')} of {paths[0].parent.name} at {side} pixels")
    return cache.cached(f"fill {cache.stamps(paths)}", len(paths), (side, side, 3), square)


def _resized(pixels: _Pixels, width: int, height: int) -> _Pixels:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
