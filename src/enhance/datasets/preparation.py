"""From any photos to a folder that `enhance train` can read: of aligned faces, or of square crops of anything."""

import io
import json
import os
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from enhance.counts import counted
from enhance.datasets.folders import PICTURE_SUFFIXES
from enhance.datasets.names import WHOLE_PICTURE, window
from enhance.errors import DataError, EnhanceError
from enhance.faces import detection, geometry
from enhance.files import replacing, write_atomically
from enhance.photos.photo import read
from enhance.pixels import Array, rescale, webp_bytes

_ENOUGH = 0.9
"""A face must be at least this large, as a part of what is written: enlarged ones would teach blur."""
MOST_TILT = 35.0
_SHARP = 2e-3
MEASURED = 96
"""Least sharpness, and the side in pixels at which it is measured whatever size is written. Nine in ten faces of
good collections have more; every face that was enlarged three times has less, and half of those enlarged twice."""
_QUALITY = 95
REDUCED = 2560
"""Longest side of a photo that crops are cut from."""
DETAILED = 2e-4
"""Least sharpness of a crop worth learning from; sky and bokeh have less."""


@dataclass
class Prepared:
    """What became of photos: how many faces or squares were written, and how many were dropped, by the reason."""

    written: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, line: str) -> list[str]:
        """Add what `to_tar` returned; return why photos could not be read, a line each."""
        one = json.loads(line)
        self.written += one["written"]
        self.dropped.update(one["dropped"])
        unread: list[str] = one["unread"]
        return unread

    def sentence(self, what: str) -> str:
        """Return the counts in one line. what: a noun for one of what was written."""
        reasons = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(self.dropped.items()))
        return counted(self.written, what) + (f"; dropped: {reasons}" if reasons else "")


Cut = Callable[[Array, int], Iterator[Array | str]]
"""What is cut from a photo (H,W,3) in [0,1] at a size in pixels; in place of what is not worth learning from, why."""


def prepare(photos: Sequence[Path], out: Path, *, size: int = 128) -> Prepared:
    """Find the faces of photos and write them, aligned, into a folder: sharp, upright and large enough ones only.

    A photo that cannot be read is reported on stderr and passed over.

    Args:
        photos: files, or folders that are searched with all folders in them.
        out: where `<photo>_<n>.webp` are written, the largest face of a photo first; made if need be.
        size: side of the face frame in pixels.

    Returns:
        How many faces were written, and why others were not.

    Raises:
        DataError: there is no photo, no face in them that is good enough, or `out` cannot be written to.
    """
    counts = _to_folder(files_of(photos, out), out, cut_faces, size)
    if not counts.written:
        raise nothing(counts, size, crops=False)
    return counts


def crops(photos: Sequence[Path], out: Path, *, size: int = 256) -> Prepared:
    """Cut photos into square crops for `photo_x4`, leaving out the flat ones; parameters and errors as for `prepare`.

    A large photo is first reduced, so that what its camera smeared or its file blocked is not learnt.
    """
    counts = _to_folder(files_of(photos, out), out, cut_squares, size)
    if not counts.written:
        raise nothing(counts, size, crops=True)
    return counts


def to_tar(names: Path, target: Path, *, size: int, cut: Cut) -> str:
    """Like `prepare`, for the photos that a file names, each ended by a zero byte, into a tar file as in WebDataset.

    Returns:
        The counts, as JSON for `Prepared.add`. A tar without pictures is written, too.

    Raises:
        DataError: the file with the names cannot be read.
    """
    try:
        paths = [Path(os.fsdecode(name)) for name in names.read_bytes().split(b"\0") if name]
    except OSError as error:
        raise DataError(f"{names}: cannot be read ({error.strerror})") from error
    counts, unread = Prepared(), list[str]()
    with replacing(target) as partial, tarfile.open(partial, "w") as tar:
        for name, content in _cut(paths, cut, size, counts, unread.append):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return json.dumps({"written": counts.written, "dropped": counts.dropped, "unread": unread})


def nothing(counts: Prepared, size: int, *, crops: bool) -> DataError:
    """Return the error for photos from which nothing was cut."""
    if crops:
        return DataError(f"the photos hold no detailed square of {size} pixels; give larger or sharper photos")
    return DataError(
        f"the photos hold no face that is sharp, upright and at least {round(size * _ENOUGH)} pixels wide "
        f"({counts.sentence('face')}); give larger photos or a smaller size"
    )


def cut_faces(rgb: Array, size: int) -> Iterator[Array | str]:
    """The faces of a photo, in their frames, the largest first."""
    detected = detection.detect(rgb)
    if not detected:
        yield "photos without a face"
    for face in detected:
        crop = judged(rgb, face, size)
        yield f"faces {crop}" if isinstance(crop, str) else crop


def cut_squares(rgb: Array, size: int) -> Iterator[Array | str]:
    """A photo cut into squares."""
    if min(rgb.shape[:2]) < size:
        yield f"photos smaller than {size} pixels"
    if max(rgb.shape) > REDUCED:
        rgb = rescale(rgb, REDUCED / max(rgb.shape))
    for top, left in product(*(range(0, side - size + 1, size) for side in rgb.shape[:2])):
        crop = rgb[top : top + size, left : left + size]
        yield "flat squares" if sharpness(crop) < DETAILED else crop


def judged(rgb: Array, face: detection.Face, size: int) -> Array | str:
    """Return a face of a photo (H,W,3) in its frame, (size,size,3), or the reason why it is not used."""
    if geometry.face_size(face.landmarks) < size * _ENOUGH:
        return f"smaller than {round(size * _ENOUGH)} pixels"
    if abs(geometry.tilt(face.landmarks)) > MOST_TILT:
        return "that lean"
    crop, _ = geometry.align(rgb, face.landmarks, size)
    # Judged at one size, so that one bar serves all.
    if sharpness(crop if size == MEASURED else geometry.align(rgb, face.landmarks, MEASURED)[0]) < _SHARP:
        return "that are blurred"
    return crop


def sharpness(crop: Array) -> float:
    """Variance of the Laplacian of (H,W,3) in [0,1], as grey."""
    grey = crop.mean(axis=-1)
    inner = grey[1:-1, 1:-1]
    return float((grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner).var())


def files_of(photos: Sequence[Path], out: Path) -> list[Path]:
    """The files named, and those in the folders named but for what an earlier run wrote.

    Raises:
        DataError: there are none, or `out` is a file.
    """
    if out.is_file():
        raise DataError(f"{out}: is a file; name a folder with --out")
    files: list[Path] = []
    for path in photos:
        if not path.is_dir():
            files.append(path)
            continue
        inside = (m for m in sorted(path.rglob("*")) if m.suffix.lower() in PICTURE_SUFFIXES and m.is_file())
        # What an earlier run wrote is no photo.
        files += [member for member in inside if out.resolve() not in member.resolve().parents]
    if not files:
        raise DataError(f"{', '.join(map(str, photos)) or 'nothing given'}: no photos here; give photos or folders")
    return files


def _to_folder(paths: Sequence[Path], out: Path, cut: Cut, size: int) -> Prepared:
    counts = Prepared()
    for name, content in _cut(paths, cut, size, counts):
        with writing_into(out):
            write_atomically(out / name, content)
    return counts


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Make a folder, and say in one line why nothing can be written into it.

    Raises:
        DataError: nothing can.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(f"{folder}: cannot be written to ({error.strerror}); name another with --out") from error


def _print_error(line: str) -> None:
    print(f"enhance: {line}", file=sys.stderr)


def _cut(
    paths: Sequence[Path], cut: Cut, size: int, counts: Prepared, report: Callable[[str], object] = _print_error
) -> Iterator[tuple[str, bytes]]:
    """Names and files of what is cut from the photos that can be read; of the others it says why."""
    taken: set[str] = set()
    for path in paths:
        try:
            rgb = read(path).rgb
        except EnhanceError as error:
            report(str(error))
            counts.dropped["photos that cannot be read"] += 1
            continue
        for crop in cut(rgb, size):
            if isinstance(crop, str):
                counts.dropped[crop] += 1
                continue
            counts.written += 1
            yield _name(path, taken), webp_bytes(crop, _QUALITY)


def _name(path: Path, taken: set[str]) -> str:
    """A name that no other face of this run has, and that says nothing about windows to those who read it."""
    stem = path.stem if window(path.name) == WHOLE_PICTURE else f"face_{path.stem}"
    number = next(n for n in range(len(taken) + 1) if f"{stem}_{n}.webp" not in taken)
    taken.add(f"{stem}_{number}.webp")
    return f"{stem}_{number}.webp"
