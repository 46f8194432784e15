"""`enhance prepare --tars`: a set to train on, made by the engines that photos go through."""

import tarfile
from pathlib import Path

import pytest
from PIL import Image

from enhance.datasets.folders import pictures
from tests.cli.test_cli import SAMPLES, enhance, refused


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three of 128x128, the last without any detail, and one that cannot be read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        for n in range(2):
            image.crop((40 + n, 20, 168 + n, 148)).save(folder / f"{n}.png")
    Image.new("RGB", (128, 128), "grey").save(folder / "2.png")
    (folder / "3.jpg").write_text("no picture")
    return folder


def test_tar_files_are_written_once_and_are_a_set(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("prepare", photos, "--crops", "--size", 64, "--tars", 2, "--jobs", 1, "--out", tmp_path / "out")
    first = enhance(*words)
    assert first.returncode == 0, first.stderr
    assert "3.jpg" in first.stderr
    assert first.stderr.count("\n") == 1
    assert "2 tar files, 0 done before, 0 failed; " in first.stdout
    assert "dropped: flat squares (4), photos that cannot be read (1)" in first.stdout
    with tarfile.open(tmp_path / "out" / "00000.tar") as tar:
        names = tar.getnames()
    assert {name[:2] for name in names} == {"0_", "1_"}
    again = enhance(*words)
    assert "0 tar files, 2 done before, 0 failed; 0 crops" in again.stdout
    (tmp_path / "out" / "00001.tar").unlink()
    assert "1 tar file, 1 done before, 0 failed; 0 crops" in enhance(*words).stdout
    assert enhance(*words, "-q").stdout == ""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = pictures(tmp_path / "out")
    assert [path.name for path in found] == sorted(names)
    with Image.open(found[0]) as image:
        assert image.size == (64, 64)


def test_photos_of_which_nothing_is_left_are_an_error(photos: Path, tmp_path: Path) -> None:
    (photos / "3.jpg").unlink()
    words = ("prepare", photos / "2.png", "--size", 64, "--out", tmp_path / "out")
    assert refused(enhance(*words, "--crops", "--tars", 2), "no detailed square of 64 pixels")
    assert refused(enhance(*words, "--engine", "ray"), "--tars")


@pytest.mark.parametrize("more", [(), ("--tars", 2)])
def test_a_folder_that_cannot_be_made_is_told_in_one_line(more: tuple[object, ...], photos: Path) -> None:
    words = ("prepare", photos / "0.png", "--crops", "--size", 64, "--out", photos / "3.jpg")
    assert refused(enhance(*words, *more), "3.jpg: is a file; name a folder with --out")
