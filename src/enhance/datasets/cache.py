"""Pictures that were read and reduced once, kept as one array for the next run."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from enhance.files import replacing

_Pixels = NDArray[np.uint8]
_T = TypeVar("_T")
_R = TypeVar("_R")

MOST_OF_MEMORY = 0.5
"""What the arrays of all processes that train here may take of the memory. Beyond that, they are mapped from the disk,
and the processes share them."""
_AHEAD = 1024
"""Rows that are made before they are written down: all at once would fill the memory."""
_loaded: dict[Path, int] = {}
_mapped: set[Path] = set()


def folder() -> Path:
    """Where arrays are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enhance"


def place(key: str, shape: tuple[int, ...]) -> Path:
    """Where an array is kept, whether it is there or not; key and shape as of `cached`."""
    return folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}_{'x'.join(map(str, shape))}.npy"


def cached(key: str, count: int, shape: tuple[int, ...], make: Callable[[int], _Pixels]) -> _Pixels:
    """An array (count, *shape) uint8 whose rows `make` makes, in several threads, unless they were made before.

    It is mapped from the disk, and not to be written to, where it and those before it take too much of the memory.

    Args:
        key: whatever the rows depend on: files, when they were written, sizes.
        make: number of the row to row.
    """
    target = place(key, shape)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, suffix=".npy") as partial:
            array = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(count, *shape))
            for index, row in enumerate(in_threads(make, range(count))):
                array[index] = row
            array.flush()
    size = target.stat().st_size
    room = MOST_OF_MEMORY * memory() / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if sum(_loaded.values()) - _loaded.get(target, 0) + size > room:
        _mapped.add(target)
        return np.load(target, mmap_mode="r")
    # Into memory where there is room: windows of a mapped file are as slow as the disk once its pages are evicted.
    _loaded[target] = size
    return np.asarray(np.load(target))


def in_threads(make: Callable[[_T], _R], items: Sequence[_T]) -> Iterator[_R]:
    """What `make` makes of each, in order, by several threads, which are never far ahead of what was taken."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(items), _AHEAD):
            yield from pool.map(make, items[start : start + _AHEAD])


def is_mapped() -> bool:
    """Whether this process reads some of its pictures from the disk, for want of memory."""
    return bool(_mapped)


def memory() -> int:
    """Bytes of memory of this machine; where it does not say, so many that nothing is mapped."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return 2**62


def stamps(paths: Sequence[Path]) -> str:
    """Name files and when they were written, as part of a key."""
    return "\n".join(f"{path.resolve()} {path.stat().st_mtime_ns}" for path in paths)
