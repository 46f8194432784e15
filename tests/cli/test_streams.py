"""What goes through standard input, output and error, and what is said there."""

import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"
FAST = ("--rest", "bicubic", "--faces", "none", "--scale", "2")


def enhance(*words: object, cwd: Path, given: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "enhance.cli", *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, cwd=cwd, check=False, timeout=300)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    with Image.open(SAMPLE) as image:
        image.crop((56, 0, 140, 84)).resize((42, 42)).save(path)
    return path


def test_a_photo_goes_through_a_pipe_in_its_own_format(face: Path) -> None:
    done = enhance("-", *FAST, cwd=face.parent, given=face.read_bytes())
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == ("PNG", (84, 84))
    assert done.stderr.startswith(b"stdout: 42x42 to 84x84")
    assert [path.name for path in face.parent.iterdir()] == ["face.png"]
    done = enhance(face, "-o", "-", "--format", "webp", "-q", *FAST, cwd=face.parent)
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.format == "WEBP"
    assert done.stderr == b""
    enhance("-", "-o", "from.png", *FAST, cwd=face.parent, given=face.read_bytes())
    with Image.open(face.parent / "from.png") as image:
        assert image.size == (84, 84)


def test_what_cannot_go_through_a_pipe_is_one_line(face: Path) -> None:
    done = enhance("-", cwd=face.parent, given=b"no picture", code=2)
    assert done.stderr.startswith(b"enhance: stdin: is not a picture")
    assert done.stderr.count(b"\n") == 1
    assert b"- is for one picture alone" in enhance("-", face, cwd=face.parent, code=2).stderr
    assert b"name a file with -o" in enhance(face, "-o", "-", "--compare", cwd=face.parent, code=2).stderr


def test_the_other_tasks_take_pipes_too(tmp_path: Path) -> None:
    lines = Image.new("RGBA", (120, 120))
    ImageDraw.Draw(lines).ellipse((20, 20, 100, 100), outline="black", width=4)
    lines.save(tmp_path / "lines.png")
    drawing = (tmp_path / "lines.png").read_bytes()
    commands = {
        "sketch": (enhance("sketch", "-", "--size", "128", cwd=tmp_path, given=drawing), (128, 128)),
        "fill": (enhance("fill", "-", "--box", "10,10,9,9", cwd=tmp_path, given=drawing), (120, 120)),
        "imagine": (enhance("imagine", "a red bird", "--size", "64", "-o", "-", "-q", cwd=tmp_path), None),
    }
    for name, (done, size) in commands.items():
        with Image.open(io.BytesIO(done.stdout)) as image:
            assert image.size == (size or image.size), name
        assert done.stderr.startswith(b"stdout: ") is (name != "imagine")
    assert [path.name for path in tmp_path.iterdir()] == ["lines.png"]
    said = enhance("inspect", "-", cwd=tmp_path, given=commands["fill"][0].stdout).stdout
    assert said.startswith(b"stdin:")
    assert b"invented" in said
    several = enhance("sketch", "-", "-n", "2", cwd=tmp_path, given=drawing, code=2)
    assert b"- is for one picture alone" in several.stderr


def test_a_photo_that_was_enhanced_before_is_told_of(face: Path, tmp_path: Path) -> None:
    enhance(face, *FAST, cwd=tmp_path)
    assert b"it was enhanced before" in enhance("face_x2.png", *FAST, cwd=tmp_path).stdout


def test_json_is_one_object_a_line_for_what_was_done_and_what_was_not(face: Path, tmp_path: Path) -> None:
    (said,) = map(json.loads, enhance(face, "--json", "--scale", "2", cwd=tmp_path).stdout.splitlines())
    assert said.keys() >= {"source", "target", "faces", "notes", "agreement", "invented", "seconds", "error"}
    described = (SAMPLE.parents[1] / "docs" / "command-line.md").read_text()
    assert [key for key in said if f"`{key}`" not in described] == []
    assert (said["error"], said["size"]) == (None, [84, 84])
    assert [one["redrawn"] for one in said["faces"]] == [True]
    (said,) = map(json.loads, enhance("none.png", "--json", cwd=tmp_path, code=2).stdout.splitlines())
    assert said["error"] == "none.png: no such file"
    done = enhance(face, "none.png", "-o", "out", "--json", *FAST, cwd=tmp_path, code=3)
    lines = {Path(line["source"]).name: line["error"] for line in map(json.loads, done.stdout.splitlines())}
    assert lines == {"face.png": None, "none.png": "none.png: no such file"}
    again = enhance(face, "-o", "out/", "none.png", "--json", *FAST, cwd=tmp_path, code=3)
    assert [line.get("skipped") for line in map(json.loads, again.stdout.splitlines())].count(True) == 1


WRONG = {
    "fill": ("none.png", "--box", "1,1,2,2"),
    "imagine": ("a red bird", "-o", "bird.txt"),
    "translate": ("none.png",),
}
"""Of each command what it cannot do."""


def test_every_command_that_makes_pictures_says_so_as_json(tmp_path: Path) -> None:
    Image.fromarray(np.full((96, 96, 3), 200, np.uint8)).save(tmp_path / "plain.png")
    asked = (
        (("fill", "plain.png", "--box", "10,10,9,9", "-n", "2"), 2),
        (("imagine", "a", "red", "bird", "--size", "64", "-n", "2"), 2),
        (("translate", "plain.png"), 1),
        (("translate", "plain.png", "--force"), 1),
    )
    for words, lines in asked:
        told = [json.loads(line) for line in enhance(*words, "--json", "-q", cwd=tmp_path).stdout.splitlines()]
        assert len(told) == lines, words
        for one in told:
            assert one.keys() >= {"source", "target", "error", "faces", "agreement", "notes", "sentence"}, words
            assert one["error"] is None
            if one["target"]:
                with Image.open(tmp_path / one["target"]) as made:
                    assert list(made.size) == one["size"], words
        (wrong,) = enhance(words[0], *WRONG[words[0]], "--json", cwd=tmp_path, code=2).stdout.splitlines()
        assert json.loads(wrong)["error"]


def test_what_was_made_here_is_left_out_of_several(face: Path, tmp_path: Path) -> None:
    enhance(face, *FAST, cwd=tmp_path)
    made = tmp_path / "face_x2.png"
    done = enhance("face.png", "face_x2.png", *FAST, cwd=tmp_path)
    assert done.stderr == b"enhance: face_x2.png: made by enhance, left out (--again takes them too)\n"
    assert not (tmp_path / "face_x2_x2.png").exists()
    enhance("face_x2.png", "face_x2.png", "--again", "-o", "out", *FAST, cwd=tmp_path)
    assert (tmp_path / "out" / "face_x2_x2.png").exists()
    folder = tmp_path / "in"
    folder.mkdir()
    for path in (face, made):
        path.rename(folder / path.name)
    done = enhance(folder, *FAST, cwd=tmp_path)
    assert b"1 enhanced, 0 done before, 0 failed, 1 made by enhance left out (--again takes them too)" in done.stdout
    assert b"face_x2.png: made by enhance, left out" in enhance(folder, "--dry-run", *FAST, cwd=tmp_path).stdout
    enhance(folder / made.name, *FAST, cwd=tmp_path)
    assert (folder / "face_x2_x2.png").exists()


def test_a_photo_that_cannot_be_signed_leaves_no_file(face: Path, tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    subject = ["-subj", "/CN=nobody", "-keyout", "key.pem", "-out", "cert.pem"]
    made = ["openssl", "req", "-x509", "-new", "-newkey", "rsa:2048", "-nodes", *subject]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    before = {path.name for path in tmp_path.iterdir()}
    done = enhance(face, "--sign", "cert.pem", "--key", "key.pem", *FAST, cwd=tmp_path, code=2)
    assert done.stderr.startswith(b"enhance: cert.pem: cannot sign face_x2.png")
    done = enhance(face, "--sign", "none.pem", "--key", "key.pem", *FAST, cwd=tmp_path, code=2)
    assert b"none.pem: cannot be used to sign (No such file" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_large_photo_shows_on_a_terminal_how_far_it_is(tmp_path: Path) -> None:
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    noise = np.random.default_rng(0).integers(100, 140, (700, 900, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.png")
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    command = [sys.executable, "-m", "enhance.cli", "large.png", "--scale", "1"]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        os.close(theirs)
        seen = b""
        while part := _read(ours):
            seen += part
        said, _ = process.communicate()
    os.close(ours)
    assert process.returncode == 0
    assert b"large.png" in seen
    assert b"%|" in seen
    assert b"drawing" in seen
    assert said.startswith(b"large_x1.png: 900x700")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
