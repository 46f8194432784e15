"""Where results go and what they are written over, as every command that makes pictures does it."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.processes import ran

SAMPLES = Path(__file__).parents[2] / "samples"
PLAIN = ("--scale", "2", "--faces", "none", "--rest", "bicubic")
FILL = ("fill", "face.png", "--box", "5,5,9,9", "--rest", "smooth", "--no-faces")
COMMANDS = [
    (("face.png", *PLAIN), "face_x2.png"),
    (FILL, "face_filled.png"),
    (("translate", "face.png", "--force"), "face_zebra.png"),
    (("sketch", "drawing.png", "--size", "64"), "drawing_cat.png"),
    (("imagine", "a red bird", "--size", "64"), "bird.png"),
]
REFUSED = "is there, and is not what enhance made; name another place with -o, or add --overwrite"


def enhance(where: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return ran([sys.executable, "-m", "enhance.cli", *words], cwd=where)


def names(where: Path) -> list[str]:
    return sorted(path.name for path in where.iterdir())


@pytest.fixture
def here(tmp_path: Path) -> Path:
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        image.crop((56, 0, 140, 84)).save(tmp_path / "face.png")
    drawing = Image.new("L", (200, 200), "white")
    ImageDraw.Draw(drawing).ellipse((40, 40, 160, 160), outline="black", width=4)
    drawing.save(tmp_path / "drawing.png")
    return tmp_path


@pytest.mark.parametrize(("words", "name"), COMMANDS, ids=[name for _, name in COMMANDS])
def test_only_what_was_made_here_is_written_over_where_nobody_named_the_file(
    words: tuple[str, ...], name: str, here: Path
) -> None:
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(here / name)
    mine, before = (here / name).read_bytes(), names(here)
    done = enhance(here, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"enhance: {name}: {REFUSED}\n")
    assert ((here / name).read_bytes(), names(here)) == (mine, before)
    assert enhance(here, *words, "--overwrite").returncode == 0
    (here / name).touch()
    made = (here / name).stat().st_mtime_ns
    assert enhance(here, *words).returncode == 0, "what enhance made is made anew"
    assert (here / name).stat().st_mtime_ns > made


def test_a_file_that_is_named_is_written_over_and_a_name_in_a_folder_is_not(here: Path) -> None:
    (here / "out").mkdir()
    for file in (here / "named.png", here / "out" / "face_filled.png", here / "named_1.png"):
        file.write_bytes(b"mine")
    assert enhance(here, *FILL, "-o", "./named.png").returncode == 0
    assert enhance(here, *FILL, "-o", "out").returncode == 2
    assert enhance(here, *FILL, "-n", "2", "-o", "named.png").returncode == 2
    assert (here / "out" / "face_filled.png").read_bytes() == (here / "named_1.png").read_bytes() == b"mine"
    assert not (here / "named_0.png").exists()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("face.png", "--compare"), "large_compare.png"),
        (("face.png", "--map"), "large_map.png"),
        (("face.png", "--map"), "large_band.png"),
        (("translate", "face.png", "--force", "--mask"), "large_mask.png"),
    ],
)
def test_nor_is_what_lies_where_more_would_be_written(words: tuple[str, ...], name: str, here: Path) -> None:
    (here / name).write_bytes(b"mine")
    done = enhance(here, *words, "-o", "large.png", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == f"{name}: {REFUSED}"
    assert (here / name).read_bytes() == b"mine"
    assert not (here / "large.png").exists()


def test_of_several_photos_one_that_has_no_room_stops_no_other(here: Path) -> None:
    (here / "face_x2.png").write_bytes(b"mine")
    planned = enhance(here, "face.png", "drawing.png", "--dry-run", *PLAIN)
    assert planned.stdout == f"face_x2.png: {REFUSED}\ndrawing.png -> drawing_x2.png\n"
    for _ in range(2):
        done = enhance(here, "face.png", "drawing.png", *PLAIN)
        assert done.returncode == 3
        assert REFUSED in done.stderr
        assert "1 enhanced, 0 done before, 1 failed" in done.stdout
    assert (here / "face_x2.png").read_bytes() == b"mine"
    assert enhance(here, "face.png", "drawing.png", "--overwrite", *PLAIN).returncode == 0


def test_a_folder_goes_on_where_it_was_whatever_its_files_can_say(here: Path) -> None:
    (here / "in").mkdir()
    with Image.open(here / "face.png") as image:
        image.convert("RGB").save(here / "in" / "face.bmp")  # which has no room to say who made it
    assert enhance(here, "in", *PLAIN).returncode == 0
    assert "0 enhanced, 1 done before, 0 failed" in enhance(here, "in", *PLAIN).stdout
    assert "1 enhanced, 0 done before, 0 failed" in enhance(here, "in", *PLAIN, "--mark").stdout
    (here / "in_x2" / "face_x2.bmp").write_bytes(b"mine")
    assert REFUSED in enhance(here, "in", *PLAIN).stderr


@pytest.mark.parametrize("command", [(), ("translate",)])
def test_nor_is_a_foreign_video(command: tuple[str, ...], here: Path) -> None:
    pytest.importorskip("av")
    target = here / ("clip_zebra.mp4" if command else "clip_x4.mp4")
    for file in (here / "clip.mp4", target):
        file.write_bytes(b"mine")
    done = enhance(here, *command, "clip.mp4")
    assert (done.returncode, done.stderr) == (2, f"enhance: {target.name}: {REFUSED}\n")
    done = enhance(here, *command, "clip.mp4", "-o", "new/clip.mp4")
    assert done.returncode == 2
    assert "clip.mp4: cannot be read or drawn as a video" in done.stderr
    assert not (here / "new").exists()


def test_nor_is_a_foreign_tar(here: Path) -> None:
    with tarfile.open(here / "set.tar", "w") as archive:
        archive.add(here / "face.png", "face.png")
    for _ in range(2):
        assert enhance(here, "set.tar", *PLAIN).returncode == 0
    (here / "set_x2.tar").write_bytes((here / "set.tar").read_bytes())
    assert REFUSED in enhance(here, "set.tar", *PLAIN).stderr
    assert enhance(here, "set.tar", "-o", "set_x2.tar", *PLAIN).returncode == 0


@pytest.mark.parametrize(("words", "name"), COMMANDS, ids=[name for _, name in COMMANDS])
def test_a_name_without_an_ending_or_with_a_slash_is_a_folders(words: tuple[str, ...], name: str, here: Path) -> None:
    for folder, written in (("made", "made"), ("of.2024/", "of.2024")):
        assert enhance(here, *words, "-o", folder).returncode == 0
        assert names(here / written) == [name]
    (here / "taken").write_bytes(b"mine")
    done = enhance(here, *words, "-o", "taken")
    assert done.stderr == "enhance: taken: is a file; name a folder, or a file with an ending\n"
    assert (here / "taken").read_bytes() == b"mine"


@pytest.mark.parametrize("command", [(), ("translate",), ("sketch",)])
def test_one_file_does_not_hold_what_is_made_of_several(command: tuple[str, ...], here: Path) -> None:
    before = names(here)
    done = enhance(here, *command, "face.png", "drawing.png", "-o", "all.png")
    assert done.returncode == 2
    assert done.stderr == "enhance: all.png: cannot hold what is made of 2 files; name a folder, as in -o all.png/\n"
    assert names(here) == before


def test_a_line_up_is_a_folder_with_no_older_answers_in_it(here: Path) -> None:
    for count in (3, 2):
        assert enhance(here, "lineup", "face.png", "-n", count).returncode == 0
    assert names(here / "face_lineup") == ["answer_01.png", "answer_02.png", "lineup.json", "lineup.png"]
    done = enhance(here, "lineup", "face.png", "-o", "drawing.png")
    assert (done.returncode, done.stderr) == (2, "enhance: drawing.png: is a file; name a folder\n")
    assert enhance(here, "lineup", "face.png", "-o", "-").returncode == 2
    assert not (here / "-").exists()
