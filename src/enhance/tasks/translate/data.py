"""Photos of two kinds of animals, unpaired, with masks of the animals: whole photos to find in, and crops to redraw.

A folder is a plain folder of photos; its masks lie in a folder beside it, in which `masks` stands where the folder's
name has `train` (trainA and masksA), under the same names, white where the animal is.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from enhance.datasets import cache, folders
from enhance.errors import DataError
from enhance.train.task import Batch, Inputs

_SIDE, MASK = 256, 128
"""Pixels across photos and masks in memory."""
_KINDS, NEITHER = 2, 2
_HELD_OUT = 0.04
"""The share of photos, chosen by name, that is never trained on."""
_SMALLEST = 40
"""Pixels of a mask (of 128 across) that are an animal."""
_ROOM = 1.25
"""The side of a crop in units of the longer side of the animal's box, at run time."""

CALIBRATING = 160
"""Pictures by which 8-bit steps are chosen."""

_Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Photos:
    """Photos of animals of one kind: pixels (n,256,256,3), masks (n,128,128), and a box for each animal, or group of
    animals that touch: (m,5), the number of the photo and left, top, right, bottom in its pixels."""

    pixels: _Pixels
    masks: _Pixels
    boxes: NDArray[np.int64]


def masks_folder(folder: Path) -> Path:
    """Where the masks of a folder of photos lie."""
    name = folder.name.replace("train", "masks") if "train" in folder.name else f"masks_{folder.name}"
    return folder.with_name(name)


def listing(folder: Path) -> list[tuple[Path, Path]]:
    """The photos of a folder with their masks, sorted by name.

    Raises:
        DataError: there are no such folders, no photos, or a photo has no mask.
    """
    photos = folders.pictures(folder)
    masks = masks_folder(folder)
    if not masks.is_dir():
        raise DataError(f"{folder}: no masks of the animals: they are expected in {masks}, white on black, same names")
    known = {path.stem: path for path in folders.pictures(masks)}
    for path in photos:
        if path.stem not in known:
            raise DataError(f"{path}: has no mask in {masks}; make one, or remove the photo")
    return [(path, known[path.stem]) for path in photos]


def _load(folder: Path) -> tuple[Photos, Photos, str]:
    """Read a folder, from the cache where it has been read before: photos to train on, held-out ones, and a digest.

    Raises:
        DataError: the folder cannot be used.
    """
    files = listing(folder)
    paths = [path for pair in files for path in pair]
    read = cache.cached(cache.stamps(paths), len(files), (_SIDE, _SIDE, 4), lambda n: _read(*files[n]))
    pixels, masks = read[..., :3], np.ascontiguousarray(read[:, ::2, ::2, 3])
    held = np.array([folders.is_held_out(path.name, _HELD_OUT) for path, _ in files])
    if held.all() or not held.any():
        held = np.arange(len(files)) == len(files) - 1
    return _photos(pixels[~held], masks[~held]), _photos(pixels[held], masks[held]), folders.digest(paths)


def bounding_boxes(mask: _Pixels) -> list[tuple[int, int, int, int, int]]:
    """Boxes (left, top, right, bottom) of what is connected in a mask (h,w), in its pixels, and how much there is."""
    count, _, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    result = []
    for left, top, width, height, area in stats[1:count].tolist():
        if area >= _SMALLEST:
            result.append((left, top, left + width, top + height, area))
    return result


def exact_square(box: Sequence[float], room: float, height: int, width: int) -> tuple[float, float, float]:
    """Left, top and side of a square around a box (left, top, right, bottom), `room` times as long as its longer side.

    It is no larger than the picture's longer side, and lies in the picture where it can.
    """
    left, top, right, bottom = box
    side = min(room * max(right - left, bottom - top), max(height, width))

    def begin(low: float, high: float, most: int) -> float:
        return float(np.clip((low + high - side) / 2, 0, most - side)) if side < most else (most - side) / 2

    return begin(left, right, width), begin(top, bottom, height), side


def rotated_crop(
    picture: NDArray[np.uint8], left: float, top: float, side: float, size: int, angle: float = 0.0
) -> NDArray[np.uint8]:
    """A square of a picture (h,w) or (h,w,3) at `size` pixels, turned by an angle in degrees about its middle.

    What lies outside of the picture repeats its edge.
    """
    step = side / size
    if step > 1:
        # Averaged first: warping alone would skip pixels.
        kernel = max(1, round(step))
        picture = np.asarray(cv2.blur(picture, (kernel, kernel), borderType=cv2.BORDER_REPLICATE), np.uint8)
    across, down = step * np.cos(np.deg2rad(angle)), step * np.sin(np.deg2rad(angle))
    middle = np.array([left, top]) + side / 2 - 0.5
    turn = np.array([[across, -down], [down, across]])
    matrix = np.column_stack([turn, middle - turn @ np.full(2, (size - 1) / 2)])
    flags = (cv2.INTER_LINEAR if step > 1 else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


@dataclass(frozen=True)
class Crops:
    """How animals are cut out to be redrawn.

    Attributes:
        size: pixels across a crop.
        batch: crops of each kind in a step.
        least: pixels across the smallest animal that is learnt from, of photos of 256.
        room: the least and the most side of a crop, in units of the animal's.
        jitter: by how much its middle may err, in units of its side.
        turn: by how many degrees it is turned at most: patterns must follow bodies, not the picture's sides.
        light: by how much brightness and contrast vary.
    """

    size: int = 128
    batch: int = 4
    least: int = 64
    room: tuple[float, float] = (0.85, 1.7)
    jitter: float = 0.14
    turn: float = 25.0
    light: float = 0.1


class AnimalCrops:
    """Crops of animals of two kinds with their masks: `a`, `b` (N,3,S,S) in [0,1], `mask_a`, `mask_b` (N,1,S,S)."""

    def __init__(self, folders: Sequence[Path], crops: Crops, seed: int) -> None:
        self.training, self.held, self.digest = _two(folders)
        self.crops, self.seed = crops, seed
        self._chosen = [_large_enough(photos, crops.least) for photos in self.training]

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        rng = np.random.default_rng((self.seed, step, rank))
        batch: dict[str, Tensor] = {}
        for name, photos, chosen in zip("ab", self.training, self._chosen, strict=True):
            picked = rng.integers(len(chosen), size=self.crops.batch)
            cuts = [self._cut(photos, photos.boxes[chosen[n]], rng) for n in picked]
            batch[name], batch[f"mask_{name}"] = _tensors(cuts)
        return batch

    def held_out(self) -> Sequence[Batch]:
        count = min(16, *(len(photos.boxes) for photos in self.held))
        batch: dict[str, Tensor] = {}
        for name, photos in zip("ab", self.held, strict=True):
            order = np.argsort(-_extent(photos.boxes), kind="stable")[:count]
            cuts = [self._cut(photos, box, None) for box in photos.boxes[np.sort(order)]]
            batch[name], batch[f"mask_{name}"] = _tensors(cuts)
        return [batch]

    def _cut(self, photos: Photos, box: NDArray[np.int64], rng: np.random.Generator | None) -> tuple[_Pixels, _Pixels]:
        number, size, room, angle = int(box[0]), self.crops.size, _ROOM, 0.0
        if rng is not None:
            room, angle = float(rng.uniform(*self.crops.room)), self.crops.turn * float(rng.uniform(-1, 1))
        left, top, side = exact_square(box[1:].tolist(), room, _SIDE, _SIDE)
        if rng is not None:
            left, top = (float(x + rng.uniform(-1, 1) * self.crops.jitter * side) for x in (left, top))
        pixels = rotated_crop(photos.pixels[number], left, top, side, size, angle)
        mask = rotated_crop(photos.masks[number], left / 2, top / 2, side / 2, size, angle)
        if rng is not None:
            pixels = _lit(pixels, self.crops.light, rng)
            if rng.random() < 0.5:
                pixels, mask = pixels[:, ::-1], mask[:, ::-1]
        return pixels, mask


@dataclass(frozen=True)
class Views:
    """How whole photos are shown to the finder.

    Attributes:
        size: pixels across.
        batch: photos of each kind in a step.
        zoom: the least and the most of a photo's side that is shown; what is beyond the photo repeats its edge.
        others: photos in a step that show neither kind, where there are folders of such.
        pasted: how often an animal from another photo is laid in.
        light: by how much brightness and contrast vary.
    """

    size: int = 160
    batch: int = 6
    others: int = 6
    zoom: tuple[float, float] = (0.35, 1.6)
    pasted: float = 0.25
    light: float = 0.25


class AnimalViews:
    """Whole photos and where which animals are: `image` (N,3,S,S), `where` (N,2,S/2,S/2), all in [0,1].

    `known` (N,2,1,1) is 0 where other animals of a kind may be in the photo than the mask has, 1 where not.
    """

    def __init__(self, folders: Sequence[Path], views: Views, seed: int) -> None:
        whole = len(folders) == 1 or not (folders[0] / "trainA").is_dir()
        first = 2 if whole and len(folders) > 1 else 1
        self.training, self.held, self.digest = _two(folders[:first])
        self.others = [_without_animals(folder) for folder in folders[first:]]
        self.views, self.seed = views, seed

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:  # noqa: ARG002
        rng = np.random.default_rng((self.seed, step, rank))
        shown = [self._view(kind, rng) for kind in (0, 1) for _ in range(self.views.batch)]
        for _ in range(self.views.others if self.others else 0):
            photos = self.others[int(rng.integers(len(self.others)))]
            pixels, mask = self._window(
                photos[int(rng.integers(len(photos)))], np.zeros((MASK, MASK), np.uint8), [], rng
            )
            shown.append((pixels, mask, NEITHER))
        return self._batch(shown)

    def held_out(self) -> Sequence[Batch]:
        shown = []
        for kind, photos in enumerate(self.held):
            for pixels, mask in zip(photos.pixels[:32], photos.masks[:32], strict=True):
                view = (
                    rotated_crop(pixels, 0, 0, _SIDE, self.views.size),
                    rotated_crop(mask, 0, 0, MASK, self.views.size // 2),
                )
                shown.append((*view, kind))
        return [self._batch(shown[begin : begin + 16]) for begin in range(0, len(shown), 16)]

    def _batch(self, shown: Sequence[tuple[_Pixels, _Pixels, int]]) -> Batch:
        image, mask = _tensors([(pixels, mask) for pixels, mask, _ in shown])
        where = torch.zeros(len(shown), _KINDS, *mask.shape[2:])
        known = torch.ones(len(shown), _KINDS, 1, 1)
        for n, (_, _, kind) in enumerate(shown):
            if kind != NEITHER:
                where[n, kind], known[n, kind] = mask[n, 0], 0
        return {"image": image, "where": where, "known": known}

    def _view(self, kind: int, rng: np.random.Generator) -> tuple[_Pixels, _Pixels, int]:
        photos = self.training[kind]
        number = int(rng.integers(len(photos.pixels)))
        pixels, mask = photos.pixels[number], photos.masks[number]
        if rng.random() < self.views.pasted:
            pixels, mask = _pasted(pixels, mask, photos, int(rng.integers(len(photos.boxes))), rng)
        boxes = photos.boxes[photos.boxes[:, 0] == number, 1:].tolist()
        return *self._window(pixels, mask, boxes, rng), kind

    def _window(
        self, pixels: _Pixels, mask: _Pixels, boxes: Sequence[Sequence[int]], rng: np.random.Generator
    ) -> tuple[_Pixels, _Pixels]:
        """A part of a photo, or it and more, and the same of its mask."""
        size = self.views.size
        low, high = np.log(self.views.zoom)
        side = _SIDE * float(np.exp(rng.uniform(low, high)))
        spare = _SIDE - side
        left, top = (float(rng.uniform(min(spare, 0), max(spare, 0))) for _ in "xy")
        if spare > 0 and boxes and rng.random() < 0.7:
            # A window near an animal: most of those drawn at random would show none.
            box = boxes[int(rng.integers(len(boxes)))]
            left, top = (
                float(np.clip(rng.uniform(near, far) - side / 2, 0, spare))
                for near, far in ((box[0], box[2]), (box[1], box[3]))
            )
        pixels = _lit(rotated_crop(pixels, left, top, side, size), self.views.light, rng, tint=True)
        mask = rotated_crop(mask, left / 2, top / 2, side / 2, size // 2)
        if rng.random() < 0.5:
            pixels, mask = pixels[:, ::-1], mask[:, ::-1]
        return pixels, mask


def _without_animals(folder: Path) -> _Pixels:
    """Photos of a folder that show neither kind, (n,256,256,3)."""
    paths = folders.pictures(folder)
    return cache.cached(cache.stamps(paths), len(paths), (_SIDE, _SIDE, 3), lambda n: _small(paths[n]))


def photo_inputs(places: Sequence[Path]) -> Iterator[Inputs]:
    """Some photos of folders as the finder will get them, to choose its 8-bit steps by.

    Raises:
        DataError: a folder cannot be used.
    """
    paths = [path for folder in places for path in folders.pictures(folder)]
    for path in paths[:: max(1, len(paths) // CALIBRATING)]:
        photo = _middle(Image.fromarray(folders.read_pixels(path))).resize((224, 224), Image.Resampling.BOX)
        yield {"image": torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].float() / 255}


def animal_inputs(folders: Sequence[Path], *, coat: bool) -> Iterator[Inputs]:
    """Some animals of folders of photos with masks as a translator will get them, to choose its 8-bit steps by.

    Args:
        coat: whether it takes one; coats of all kinds are given then.

    Raises:
        DataError: a folder cannot be used.
    """
    rng = np.random.default_rng(0)
    for folder in folders:
        photos, _, _ = _load(folder)
        for box in photos.boxes[:: max(1, len(photos.boxes) * len(folders) // CALIBRATING)]:
            pixels = rotated_crop(photos.pixels[box[0]], *exact_square(box[1:].tolist(), _ROOM, _SIDE, _SIDE), 128)
            inputs = {"image": torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255}
            yield inputs | ({"coat": torch.from_numpy(rng.uniform(0.1, 0.9, (1, 3))).float()} if coat else {})


def _pasted(
    pixels: _Pixels, mask: _Pixels, photos: Photos, animal: int, rng: np.random.Generator
) -> tuple[_Pixels, _Pixels]:
    """A photo with an animal of another photo laid in, and the mask of both."""
    number, *box = photos.boxes[animal].tolist()
    left, top, side = exact_square(box, 1.1, _SIDE, _SIDE)
    size = int(side * np.exp(rng.uniform(-1, 0.2))) // 2 * 2
    size = int(np.clip(size, 24, _SIDE))
    other = rotated_crop(photos.pixels[number], left, top, side, size)
    cover = rotated_crop(photos.masks[number], left / 2, top / 2, side / 2, size)
    if rng.random() < 0.5:
        other, cover = other[:, ::-1], cover[:, ::-1]
    x, y = (int(rng.integers(0, (_SIDE - size) // 2 + 1)) * 2 for _ in "xy")
    pixels, mask = pixels.copy(), mask.copy()
    weight = cover[..., None].astype(np.float32) / 255
    window = pixels[y : y + size, x : x + size]
    window[...] = np.rint(window + weight * (other.astype(np.float32) - window)).astype(np.uint8)
    place = mask[y // 2 : (y + size) // 2, x // 2 : (x + size) // 2]
    np.maximum(
        place, cv2.resize(np.ascontiguousarray(cover), (size // 2, size // 2), interpolation=cv2.INTER_AREA), out=place
    )
    return pixels, mask


def _lit(pixels: _Pixels, most: float, rng: np.random.Generator, *, tint: bool = False) -> _Pixels:
    """Another brightness and contrast, and with `tint` sometimes other colours or none."""
    contrast, brightness = 1 + rng.uniform(-most, most), 255 * rng.uniform(-most, most) / 2
    gain = contrast * (1 + rng.uniform(-most, most, 3) / 2 if tint else np.ones(3))
    lit = (pixels.astype(np.float32) - 128) * gain.astype(np.float32) + np.float32(128 + brightness)
    if tint and rng.random() < 0.1:
        lit[...] = lit.mean(2, keepdims=True)
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def _tensors(cuts: Sequence[tuple[_Pixels, _Pixels]]) -> tuple[Tensor, Tensor]:
    pixels = torch.from_numpy(np.stack([pixels for pixels, _ in cuts])).permute(0, 3, 1, 2).contiguous()
    masks = torch.from_numpy(np.stack([mask for _, mask in cuts]))[:, None]
    return pixels.float() / 255, masks.float() / 255


def _two(folders: Sequence[Path]) -> tuple[tuple[Photos, Photos], tuple[Photos, Photos], str]:
    if len(folders) == 1 and (folders[0] / "trainA").is_dir() and (folders[0] / "trainB").is_dir():
        folders = [folders[0] / "trainA", folders[0] / "trainB"]
    if len(folders) != 2:
        raise DataError(
            f"{folders[0]}: two folders are needed, one of each kind of animal, or one with trainA and trainB"
        )
    (a, held_a, digest_a), (b, held_b, digest_b) = (_load(folder) for folder in folders)
    return (a, b), (held_a, held_b), hashlib.sha256(f"{digest_a} {digest_b}".encode()).hexdigest()


def _photos(pixels: _Pixels, masks: _Pixels) -> Photos:
    animals = [
        (n, 2 * x0, 2 * y0, 2 * x1, 2 * y1)
        for n, mask in enumerate(masks)
        for x0, y0, x1, y1, _ in bounding_boxes(mask)
    ]
    return Photos(pixels, masks, np.array(animals, np.int64).reshape(-1, 5))


def _extent(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.maximum(boxes[:, 3] - boxes[:, 1], boxes[:, 4] - boxes[:, 2])


def _large_enough(photos: Photos, least: int) -> NDArray[np.intp]:
    chosen = np.flatnonzero(_extent(photos.boxes) >= least)
    return chosen if len(chosen) else np.arange(len(photos.boxes))


def _read(photo: Path, mask: Path) -> _Pixels:
    """A photo and its mask as (256,256,4); what is not square is cut to its middle."""
    cover = _middle(Image.fromarray(folders.read_pixels(mask))).convert("L")
    cover = cover.resize((MASK, MASK), Image.Resampling.BOX).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    return np.dstack([_small(photo), np.asarray(cover)])


def _small(photo: Path) -> _Pixels:
    picture = _middle(Image.fromarray(folders.read_pixels(photo)))
    better = Image.Resampling.BOX if picture.width > _SIDE else Image.Resampling.BICUBIC
    return np.asarray(picture if picture.width == _SIDE else picture.resize((_SIDE, _SIDE), better))


def _middle(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return image.crop((left, top, left + side, top + side))
