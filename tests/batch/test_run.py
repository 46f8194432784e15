"""Folders of photos: what is found, what is done again, and what is left of runs that were stopped."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from enhance.batch.attempt import file_facts
from enhance.batch.manifest import Manifest, finished
from enhance.batch.plan import FileFacts, PhotoTask, Work, shard_of
from enhance.batch.processes import in_processes
from enhance.batch.run import Engine, Summary, run
from enhance.batch.search import photos_in
from enhance.errors import PhotoError
from tests.cli.test_cli import SAMPLES, enhance, refused
from tests.processes import LIMIT, end

ENDINGS = {".txt"}


def copied(source: Path, target: Path, *, log: Path | None = None, seconds: float = 0) -> str:
    """Work that costs nothing. A file that says so fails, ends its process, or takes its time."""
    text = source.read_text()
    if log:
        with log.open("a") as file:
            file.write(f"{source.name}\n")
    if text == "bad":
        raise PhotoError(f"{source}: is bad")
    if text == "our fault":
        raise RuntimeError("oh")
    if text == "deadly":
        os._exit(9)
    time.sleep(seconds)
    target.write_text(text * 4)
    return f"{target}: made"


def tasks(folder: Path, out: Path, **texts: str) -> list[PhotoTask]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return [PhotoTask(str(path), str(out / path.name)) for path in sorted(folder.glob("*.txt"))]


def engine(work: Work, jobs: int = 1) -> Engine:
    return partial(in_processes, work=work, jobs=jobs)


def done(
    given: list[PhotoTask],
    out: Path,
    *,
    settings: str = "",
    log: Path | None = None,
    jobs: int = 1,
    overwrite: bool = False,
) -> Summary:
    manifest = Manifest(out, settings)
    with manifest.kept():
        return run(given, engine(partial(copied, log=log), jobs), manifest, overwrite=overwrite)


def test_a_folder_is_read_in_order_and_no_link_leads_in_a_circle(tmp_path: Path) -> None:
    for name in ("a.txt", "z/b.TXT", "z/out/made.txt", "other.md", ".hidden.txt", "y/c.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "in" / "a-link").symlink_to(tmp_path / "in" / "y", target_is_directory=True)
    (tmp_path / "in" / "y" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "in" / "self.txt").symlink_to("self.txt")
    (tmp_path / "in" / "gone.txt").symlink_to("nowhere.txt")
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    folder = tmp_path / "in"
    found, others = photos_in(folder, ENDINGS, recursive=True, leave=folder / "z" / "out")
    assert [str(path.relative_to(folder)) for path in found] == ["a.txt", "gone.txt", "self.txt", "y/c.txt", "z/b.TXT"]
    assert others == 2  # one is a pipe, which would never end
    assert len(photos_in(folder, ENDINGS, recursive=False, leave=tmp_path / "out")[0]) == 3
    with pytest.raises(PhotoError, match="nowhere"):
        photos_in(tmp_path / "nowhere", ENDINGS, recursive=True, leave=tmp_path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_fails_stops_nothing(jobs: int, tmp_path: Path) -> None:
    given = tasks(tmp_path / "in", tmp_path / "out", a="deadly", b="bad", c="good", d="our fault", e="fine")
    summary = done(given, tmp_path / "out", jobs=jobs)
    assert summary.enhanced == 2
    words = {Path(path).stem: why for path, why in summary.failed.items()}
    assert set(words) == {"a", "b", "d"}
    assert "ended its process" in words["a"]
    assert words["b"].endswith("is bad")
    assert "RuntimeError: oh" in words["d"]
    assert (tmp_path / "out" / "c.txt").read_text() == "good" * 4


def test_only_what_changed_is_done_again(tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    given = tasks(tmp_path / "in", out, a="1", b="2", c="3")
    assert done(given, out, log=log).enhanced == 3
    assert (done(given, out, log=log).skipped, log.read_text().count("\n")) == (3, 3)
    os.utime(given[0].source, (1, 1))
    os.utime(given[1].target, (1, 1))
    assert done(given, out).skipped == 3  # another time, the same content
    Path(given[0].source).write_text("9")
    Path(given[1].target).unlink()
    log.unlink()
    assert done(given, out, log=log).enhanced == 2
    assert log.read_text() == "a.txt\nb.txt\n"
    assert Path(given[0].target).read_text() == "9999"
    assert done(given, out, settings="others").enhanced == 3


def test_other_settings_may_be_good_enough(tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = tasks(tmp_path / "in", out, a="1")
    assert done(given, out, settings="before").enhanced == 1
    for settings, state in (("now", "to do"), ("before", "done")):
        manifest = Manifest(out, "now", accepts=lambda before, wanted=settings: before == wanted)  # type: ignore[misc]
        assert list(manifest.states(given)) == [(given[0], state)]


def test_what_is_not_ours_is_left_alone_until_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = tasks(tmp_path / "in", out, a="1", b="2", c="3")
    out.mkdir()
    Path(given[0].target).write_text("mine")
    assert set(done(given, out).failed) == {given[0].source}
    Path(given[1].target).write_text("retouched")
    summary = done(given, out)
    assert set(summary.failed) == {given[0].source, given[1].source}
    assert all("--overwrite" in why for why in summary.failed.values())
    assert [Path(task.target).read_text() for task in given] == ["mine", "retouched", "3333"]
    assert done(given, out, overwrite=True).enhanced == 2
    assert done(given, out).skipped == 3
    here = [PhotoTask(given[0].source, given[1].source)]
    assert "is an input" in done([*given, *here], out).failed[given[0].source]
    assert Path(given[1].source).read_text() == "2"


def test_a_target_that_was_begun_is_ours(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (given,) = tasks(tmp_path / "in", out, a="1")
    manifest = Manifest(out, "")
    with manifest.kept():
        manifest.begin([given])
    Path(given.target).write_text("written, and killed before it could say so")
    half = out / ".a.txt.0123abcd.part"
    half.write_text("half")
    assert done([given], out).enhanced == 1
    assert (Path(given.target).read_text(), half.exists()) == ("1111", False)
    assert done([given], out).skipped == 1


def test_a_folder_done_by_an_older_version_is_not_done_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = tasks(tmp_path / "in", out, a="1", b="2", c="3")
    out.mkdir()
    lines = []
    for task in given[:2]:
        Path(task.target).write_text("made")
        source, made = (
            {"bytes": one.size, "modified": one.modified, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in (Path(task.source), Path(task.target))
            for one in (file_facts(path),)
        )
        name = Path(task.target).name
        lines += [{"at": 1.5, "target": name, "settings": ""}]
        lines += [{"at": 2.5, "target": name, "settings": "", "source": task.source, "from": source, "finished": made}]
    lines += [{"at": 3.5, "target": "b.txt", "settings": ""}]  # and begun again
    (out / ".enhance.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"target": "a.t')
    assert [state for _, state in Manifest(out, "").states(given)] == ["done", "to do", "to do"]
    summary = done(given, out)
    assert (summary.enhanced, summary.skipped) == (2, 1)
    assert [Path(task.target).read_text() for task in given] == ["made", "2222", "3333"]
    assert done(given, out).skipped == 3


def test_a_damaged_manifest_is_said_in_a_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = tasks(tmp_path / "in", out, a="1")
    done(given, out)
    (out / ".enhance.db").write_bytes(b"no database " * 1000)
    for reading in (lambda: done(given, out), lambda: list(Manifest(out, "").states(given))):
        with pytest.raises(PhotoError, match=r"not readable .*; move .enhance\*.db away"):
            reading()


def test_a_manifest_is_small(tmp_path: Path) -> None:
    given = [PhotoTask(f"/photos/{n:07}.jpg", str(tmp_path / f"some folder/IMG_{n:07}_x4.jpg")) for n in range(4000)]
    manifest = Manifest(tmp_path, "settings")
    with manifest.kept():
        manifest.begin(given)
        made = FileFacts(2_000_000, time.time_ns(), bytes(range(16)))
        manifest.finish((task, made, made) for task in given)
    assert manifest.path.stat().st_size < 150 * len(given)
    assert finished(tmp_path) == {f"some folder/IMG_{n:07}_x4.jpg" for n in range(4000)}


def test_shards_share_the_work_and_know_of_each_other(tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = tasks(tmp_path / "in", out, **{f"photo{n}": str(n) for n in range(20)})
    parts = [list(Manifest(out, "", (n, 3)).own(given)) for n in (1, 2, 3)]
    assert sorted((task for part in parts for task in part), key=lambda task: task.source) == sorted(
        given, key=lambda task: task.source
    )
    assert all(parts)
    for n in (1, 2, 3):
        manifest = Manifest(out, "", (n, 3))
        with manifest.kept():
            assert run(given, engine(copied), manifest).enhanced == len(parts[n - 1])
    assert done(given, out).skipped == 20
    assert shard_of("2/5") == (2, 5)
    for text in ("0/2", "3/2", "2", "a/b", ""):
        with pytest.raises(ValueError, match=f"{text}|invalid"):
            shard_of(text)


def test_two_runs_do_not_write_into_one_manifest(tmp_path: Path) -> None:
    with (
        Manifest(tmp_path, "").kept(),
        pytest.raises(PhotoError, match="another run"),
        Manifest(tmp_path, "").kept(),
    ):
        pass
    with Manifest(tmp_path, "", (1, 2)).kept(), Manifest(tmp_path, "", (2, 2)).kept():
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small photos in a tree, a bad one, and something else."""
    (tmp_path / "in" / "sub" / "ünï 顔").mkdir(parents=True)
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        for n, name in enumerate(("a.png", "sub/b.jpg", "sub/ünï 顔/c.webp")):
            image.crop((100 + n, 20, 124 + n, 44)).save(tmp_path / "in" / name)
    (tmp_path / "in" / "sub" / "bad.jpg").write_text("no picture")
    (tmp_path / "in" / "notes.txt").write_text("something else")
    return tmp_path / "in"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_on_the_command_line(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    words = (folder, "--recursive", "-o", tmp_path / "out")
    plan = enhance(*words, "--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert plan.stdout.count(" -> ") == 4
    assert not (tmp_path / "out").exists()
    first = enhance(*words, "--jobs", 2)
    assert first.returncode == 3, first.stderr
    assert "bad.jpg" in first.stderr
    assert first.stderr.count("\n") == 1
    assert "3 enhanced, 0 done before, 1 failed, 1 other file left out" in first.stdout
    made = contents(tmp_path / "out")
    assert sorted(made) == [".enhance.db", "a_x4.png", "sub/b_x4.jpg", "sub/ünï 顔/c_x4.webp"]
    again = enhance(*words)
    assert "0 enhanced, 3 done before, 1 failed" in again.stdout
    assert {**contents(tmp_path / "out"), ".enhance.db": b""} == {**made, ".enhance.db": b""}
    assert contents(folder) == before
    assert refused(enhance(folder, "--shard", "3/2"), "3/2")
    assert refused(enhance(folder, "-o", folder / "a.png"), "a.png", "folder")
    assert refused(enhance(folder, "--model", "nonsense"), "nonsense")


def test_results_beside_the_photos_are_not_enhanced_again(folder: Path) -> None:
    assert "1 enhanced" in enhance(folder, "-o", folder).stdout
    assert "0 enhanced, 1 done before" in enhance(folder, "-o", folder).stdout


def hearing() -> None:
    """What runs in a shell's background is born deaf to Ctrl-C; the tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on(how: signal.Signals, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (folder / "sub" / "bad.jpg").unlink()
    for n in range(20):  # so many that it cannot be done before it is stopped
        (folder / f"z{n:02}.png").write_bytes((folder / "a.png").read_bytes())
    command = [sys.executable, "-m", "enhance.cli", str(folder), "--recursive", "-o", str(out)]
    stopped = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=hearing
    )
    assert stopped.stdout is not None
    patience = threading.Timer(LIMIT, end, (stopped,))
    patience.start()
    try:
        assert b"_x4." in stopped.stdout.readline()
        # As a terminal does it: to every process of the run. The other only to the first, as an administrator does it.
        (os.killpg if how == signal.SIGINT else os.kill)(stopped.pid, how)
        _, words = stopped.communicate(timeout=LIMIT)
    finally:
        patience.cancel()
        end(stopped)
    assert b"Traceback" not in words
    assert stopped.returncode == (130 if how == signal.SIGINT else -how)
    if how == signal.SIGINT:
        assert b"goes on from there" in words
        assert not list(out.rglob("*.part"))
    again = enhance(folder, "--recursive", "-o", out)
    assert again.returncode == 0, again.stderr
    made = [
        ".enhance.db",
        "a_x4.png",
        "sub/b_x4.jpg",
        "sub/ünï 顔/c_x4.webp",
        *(f"z{n:02}_x4.png" for n in range(20)),
    ]
    assert sorted(contents(out)) == made
    assert "0 done before" not in again.stdout
