import os
from pathlib import Path

import numpy as np
import pytest

from enhance.datasets import cache


def row(index: int) -> np.ndarray:
    return np.full((2, 3), 10 * index, np.uint8)


@pytest.fixture(autouse=True)
def _own_cache(_cache: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_what_was_made_is_not_made_again() -> None:
    made: list[int] = []

    def counted(index: int) -> np.ndarray:
        made.append(index)
        return row(index)

    first, again = (cache.cached("faces", 3, (2, 3), counted) for _ in range(2))
    assert first[:, 0, 0].tolist() == [0, 10, 20]
    assert np.array_equal(first, again)
    assert sorted(made) == [0, 1, 2]
    cache.cached("other faces", 3, (2, 3), counted)
    assert len(made) == 6


def test_a_picture_that_cannot_be_read_leaves_nothing_behind() -> None:
    def broken(index: int) -> np.ndarray:
        if index == 1:
            raise ValueError(index)
        return row(index)

    with pytest.raises(ValueError, match="1"):
        cache.cached("faces", 3, (2, 3), broken)
    assert list(cache.folder().iterdir()) == []
    assert cache.cached("faces", 3, (2, 3), row)[1, 0, 0] == 10


def test_what_is_too_large_for_the_memory_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_loaded", {})
    monkeypatch.setattr(cache, "_mapped", set())
    monkeypatch.setattr(cache, "memory", lambda: 2 * 250)
    small = cache.cached("small", 3, (2, 3), row)  # of 146 bytes with its head, of which 250 fit
    assert not isinstance(small, np.memmap)
    assert not isinstance(cache.cached("small", 3, (2, 3), row), np.memmap)  # counted once
    assert not cache.is_mapped()
    large = cache.cached("large", 3, (2, 3), row)
    assert isinstance(large, np.memmap)
    assert cache.is_mapped()
    assert np.array_equal(small, large)
    with pytest.raises(ValueError, match="read-only"):
        large[0] = 1


def test_it_lies_in_the_home_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.folder() == tmp_path / "enhance"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert cache.folder() == tmp_path / "me" / ".cache" / "enhance"


def test_a_file_that_was_written_again_is_another(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.touch()
    os.utime(file, (1, 1))
    before = cache.stamps([file])
    assert cache.stamps([file]) == before
    os.utime(file, (2, 2))
    assert cache.stamps([file]) != before


def test_threads_are_not_far_ahead_of_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_AHEAD", 4)
    begun: list[int] = []

    def made(index: int) -> int:
        begun.append(index)
        return 2 * index

    results = cache.in_threads(made, range(10))
    assert next(results) == 0
    assert max(begun) < 4
    assert [0, *results] == list(range(0, 20, 2))
