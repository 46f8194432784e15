"""The site as a folder, as far as that needs no browser; `pages/test_folder.py` opens it in one."""

from pathlib import Path

import pytest

from enhance.errors import EnhanceError
from enhance.web import folder, packing


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What looks like onnxruntime-web, but runs nothing."""
    package = tmp_path_factory.mktemp("ort")
    (package / "dist").mkdir()
    for name in folder.RUNS:
        (package / "dist" / name).write_text(name)
    return package


def test_a_missing_runtime_and_a_folder_that_is_there_are_refused_in_one_line(tmp_path: Path, runtime: Path) -> None:
    with pytest.raises(EnhanceError, match=r"^[^\n]*npm install onnxruntime-web[^\n]*$"):
        folder.write_site(tmp_path / "site", tmp_path / "nothing")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.jpg").touch()
    with pytest.raises(EnhanceError, match="is there already"):
        folder.write_site(tmp_path / "photos", runtime, overwrite=True)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["mine.jpg"]
    assert not list(tmp_path.glob(".*.part"))


def test_only_such_a_folder_is_written_over(tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "packed", bytes)  # test_packing.py packs networks, which takes long
    out = tmp_path / "site"
    written = folder.write_site(out, runtime)
    assert written == sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    assert not list(out.rglob("__pycache__"))
    assert all((out / trick.name / "index.html").is_file() for trick in folder.TRICKS)
    with pytest.raises(EnhanceError, match="--overwrite"):
        folder.write_site(out, runtime)
    (out / "old.txt").touch()
    folder.write_site(out, runtime, overwrite=True)
    assert not (out / "old.txt").exists()
