"""Folders of pictures: what is in them, which are held out of training, and what names the set."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from enhance.errors import DataError

SUFFIXES = {".webp", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder, by name.

    Raises:
        DataError: no such folder, or no pictures in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of pictures")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DataError(f"{folder}: no pictures here; name a folder of {', '.join(sorted(SUFFIXES))} files")
    return paths


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """One picture as sRGB (H,W,3) uint8.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{path}: cannot be read as a picture; remove it from the folder") from error


def is_held_out(name: str) -> bool:
    """True for about one name in a hundred, always the same ones: such pictures are never trained on."""
    first, second = hashlib.sha256(name.encode()).digest()[:2]
    return first * 256 + second < 655


def digest(paths: Iterable[Path]) -> str:
    """Names a list of files by their folders, names and sizes: a sha256 in hexadecimal."""
    sha256 = hashlib.sha256()
    for path in paths:
        sha256.update(f"{path.parent.name}/{path.name} {path.stat().st_size}\n".encode())
    return sha256.hexdigest()
