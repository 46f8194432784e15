"""Pictures that were read and reduced once, kept as one array for the next run."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.files import replacing

_Pixels = NDArray[np.uint8]

MOST_OF_MEMORY = 0.5
"""What the arrays of all processes that train here may take of the memory. Beyond that, they are mapped from the disk,
and the processes share them."""
_loaded: dict[Path, int] = {}
_mapped: set[Path] = set()


def folder() -> Path:
    """Where arrays are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enhance"


def cached(key: str, count: int, shape: tuple[int, ...], make: Callable[[int], _Pixels]) -> _Pixels:
    """An array (count, *shape) uint8 whose rows `make` makes, in several threads, unless they were made before.

    It is mapped from the disk, and not to be written to, where it and those before it take too much of the memory.

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
    size = target.stat().st_size
    room = MOST_OF_MEMORY * memory() / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if sum(_loaded.values()) - _loaded.get(target, 0) + size > room:
        _mapped.add(target)
        return np.load(target, mmap_mode="r")
    # Into memory where there is room: windows of a mapped file are as slow as the disk once its pages are evicted.
    _loaded[target] = size
    return np.asarray(np.load(target))


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
    """Names files and when they were written, as part of a key."""
    return "\n".join(f"{path.resolve()} {path.stat().st_mtime_ns}" for path in paths)
