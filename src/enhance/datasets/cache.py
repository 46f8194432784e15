"""Pictures that were read and reduced once, kept as one array for the next run."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.files import replacing

Pixels = NDArray[np.uint8]


def folder() -> Path:
    """Where arrays are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enhance"


def cached(key: str, count: int, shape: tuple[int, ...], make: Callable[[int], Pixels]) -> Pixels:
    """An array (count, *shape) uint8 whose rows `make` makes, in several threads, unless they were made before.

    Args:
        key: whatever the rows depend on: files, when they were written, sizes.
        make: number of the row to row.
    """
    target = folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}_{'x'.join(map(str, shape))}.npy"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, suffix=".npy") as partial:
            array = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(count, *shape))
            with ThreadPoolExecutor() as pool:
                for index, row in enumerate(pool.map(make, range(count))):
                    array[index] = row
            array.flush()
    # Into memory, not mapped: random windows of a mapped file are as slow as the disk once its pages are evicted.
    return np.asarray(np.load(target))


def stamps(paths: Sequence[Path]) -> str:
    """Names files and when they were written, as part of a key."""
    return "\n".join(f"{path.resolve()} {path.stat().st_mtime_ns}" for path in paths)
