import hashlib
import os
from pathlib import Path

import pytest

from enhance.files import partial_files, remove_partial_files, replacing, sha256, write_atomically


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(OSError, match="target"):
        write_atomically(target, b"new")
    assert list(tmp_path.iterdir()) == [target]


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    with replacing(target) as partial:
        partial.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupted_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(target) as partial:  # noqa: PT012
        partial.write_bytes(b"ne")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["a.jpg", "a.b.mp4", "n" * 251 + ".png", "ü" * 120 + ".png"])
@pytest.mark.parametrize("suffix", ["", ".png"])
def test_what_a_killed_process_left_is_found_by_the_name_of_its_target(tmp_path: Path, name: str, suffix: str) -> None:
    target, other = tmp_path / name, tmp_path / f"other{name[:9]}"
    writers = [replacing(target, suffix=suffix), replacing(other, suffix=suffix)]
    ours, theirs = (writer.__enter__() for writer in writers)
    for partial in (ours, theirs):
        partial.write_bytes(b"half")
    assert ours.name.startswith(".")
    assert ours.suffix == (suffix or ".part")
    assert partial_files(target) == [ours]
    remove_partial_files(target)
    assert list(tmp_path.iterdir()) == [theirs]


def test_a_partial_file_may_have_one_itself(tmp_path: Path) -> None:
    outer = replacing(tmp_path / "a.jpg", suffix=".jpg").__enter__()
    inner = replacing(outer, suffix=".jpg").__enter__()
    inner.write_bytes(b"half")
    (tmp_path / "..a.jpg.txt").write_bytes(b"not ours")
    assert partial_files(tmp_path / "a.jpg") == [inner]


def test_a_file_that_changed_has_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    for turn, content in enumerate((b"old", b"new")):
        path.write_bytes(content)
        os.utime(path, (turn, turn))
        assert sha256(path) == hashlib.sha256(content).hexdigest()


def test_an_unchanged_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"large")
    first = sha256(path)
    monkeypatch.delattr(Path, "read_bytes")
    assert sha256(path) == first
