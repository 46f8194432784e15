import hashlib
import os
from pathlib import Path

import pytest

from enhance.files import sha256, write_atomically


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(OSError, match="target"):
        write_atomically(target, b"new")
    assert list(tmp_path.iterdir()) == [target]


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
