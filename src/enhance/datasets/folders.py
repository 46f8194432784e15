"""Folders of pictures: what is in them, which are held out of training, and what names the set."""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from enhance.datasets import cache
from enhance.errors import DataError

SHARD = ".tar"
PICTURE_SUFFIXES = {".webp", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}
HELD_OUT = 655 / 65536
"""The share of pictures that no network is trained on: one in a hundred."""


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder, by name. Those of tar files in it, as WebDataset has them, are unpacked once, into the
    folder of `cache`.

    Raises:
        DataError: no such folder, or no pictures in it, or a tar file is damaged.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of pictures")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    if shards := sorted(path for path in folder.iterdir() if path.suffix.lower() == SHARD):
        paths += [path for shard in shards for path in _unpacked(shard)]
    if not paths:
        raise DataError(f"{folder}: no pictures here; name a folder of {', '.join(sorted(PICTURE_SUFFIXES))} files")
    return paths


def _unpacked(shard: Path) -> list[Path]:
    """The pictures of a tar file, by name, in a folder that is named after it, as it was when it was unpacked."""
    key = hashlib.sha256(cache.stamps([shard]).encode()).hexdigest()[:24]
    target = cache.folder() / "shards" / key / shard.stem
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as name:
            folder = Path(name) / shard.stem
            folder.mkdir()
            try:
                with tarfile.open(shard) as tar:
                    for member in tar:
                        file = tar.extractfile(member) if member.isfile() else None
                        if file is not None and Path(member.name).suffix.lower() in PICTURE_SUFFIXES:
                            # One folder for all of it, and so no way out of it either.
                            with (folder / member.name.strip("/").replace("/", "_")).open("wb") as copy:
                                shutil.copyfileobj(file, copy)
            except (tarfile.TarError, EOFError) as error:
                raise DataError(f"{shard}: cannot be read as a tar file; fetch or make it again") from error
            with suppress(OSError):  # another process was faster
                folder.rename(target)
    return sorted(target.iterdir())


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """One picture as sRGB (H,W,3) uint8.

    Raises:
        DataError: it cannot be read.
    """
    with _opened(path) as image:
        return np.asarray(image.convert("RGB"))


def size(path: Path) -> tuple[int, int]:
    """Width and height of a picture, which is not decoded.

    Raises:
        DataError: it cannot be read.
    """
    with _opened(path) as image:
        return image.size


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{path}: cannot be read as a picture; remove it from the folder") from error


def is_held_out(name: str, share: float = HELD_OUT) -> bool:
    """True for about this share of names, always the same ones: such pictures are never trained on."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < share * 2**32


def digest(paths: Iterable[Path]) -> str:
    """Name a list of files by their folders, names and sizes: a sha256 in hexadecimal."""
    sha256 = hashlib.sha256()
    for path in paths:
        sha256.update(f"{path.parent.name}/{path.name} {path.stat().st_size}\n".encode())
    return sha256.hexdigest()
