"""Photos by URL: from and to an object store, whole or not at all."""

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image

from enhance.batch import storage
from enhance.batch.attempt import attempt
from enhance.batch.manifest import Manifest, finished
from enhance.batch.plan import Outcome, PhotoTask
from enhance.batch.run import run
from enhance.batch.tars import also_tars
from enhance.cli.far import far_tasks
from enhance.errors import EnhanceError, PhotoError
from tests.cli.test_cli import SAMPLES, enhance, refused
from tests.processes import LIMIT, end, ran

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'enhance[remote]'")


def copied(source: Path, target: Path) -> str:
    text = source.read_text()
    if text == "bad":
        raise PhotoError(f"{source}: is bad")
    target.with_name(f"{target.stem}_map.txt").write_text("beside")
    target.write_text(text * 4)
    return f"{target}: made"


@pytest.fixture
def memory() -> Iterator[str]:
    """The URL of a folder in memory with three texts in it."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    for name, text in {"in/a.txt": "1", "in/sub/b.txt": "2", "in/c.txt": "bad", "in/d.md": "other"}.items():
        system.pipe_file(f"/{name}", text.encode())
    yield "memory:/"
    system.store.clear()


def tasks(memory: str) -> list[PhotoTask]:
    found, _ = storage.pictures_under(f"{memory}/in", {".txt"}, recursive=True, leave=None)
    return [PhotoTask(url, url.replace("/in/", "/out/")) for url in found]


def done(memory: str, given: list[PhotoTask], **how: object) -> tuple[int, int, dict[str, str]]:
    def engine(todo: Iterator[PhotoTask]) -> Iterator[tuple[PhotoTask, Outcome]]:
        return ((task, attempt(task, copied)) for task in todo)

    manifest = Manifest(f"{memory}/out", "", **how)  # type: ignore[arg-type]
    with manifest.kept():
        summary = run(given, engine, manifest, ahead=2)
    return summary.enhanced, summary.skipped, summary.failed


def test_a_folder_by_url(memory: str) -> None:
    given = tasks(memory)
    assert [task.source for task in given] == [f"memory:///in/{name}" for name in ("a.txt", "c.txt", "sub/b.txt")]
    assert len(storage.pictures_under(f"{memory}/in", {".txt"}, recursive=False, leave=None)[0]) == 2
    enhanced, skipped, failed = done(memory, given)
    assert (enhanced, skipped) == (2, 0)
    assert failed == {given[1].source: f"{given[1].source}: is bad"}
    system = fsspec.filesystem("memory")
    assert sorted(system.find("/out")) == [
        *("/out/.enhance.db", "/out/a.txt", "/out/a_map.txt", "/out/sub/b.txt", "/out/sub/b_map.txt"),
    ]
    assert system.cat_file("/out/sub/b.txt") == b"2222"
    assert done(memory, given)[:2] == (0, 2)
    assert finished(f"{memory}/out") == {"a.txt", "sub/b.txt"}
    system.pipe_file("/in/a.txt", b"9")
    system.pipe_file("/out/sub/b.txt", b"retouched")
    enhanced, skipped, failed = done(memory, given)
    assert (enhanced, skipped, set(failed)) == (1, 0, {given[1].source, given[2].source})
    assert (system.cat_file("/out/a.txt"), system.cat_file("/out/sub/b.txt")) == (b"9999", b"retouched")


def test_what_was_begun_at_a_url_is_ours(memory: str) -> None:
    given = tasks(memory)
    killed = Manifest(f"{memory}/out", "")
    system = fsspec.filesystem("memory")
    with killed.kept():
        killed.begin(given[:1])
        notes = [name for name in system.find("/out") if name.endswith(".jsonl")]
        assert len(notes) == 1
        kept = system.cat_file(notes[0])
    system.rm_file("/out/.enhance.db")  # it was killed before it could write that
    system.pipe_file(notes[0], kept)
    system.pipe_file("/out/a.txt", b"half done")
    assert [state for _, state in Manifest(f"{memory}/out", "").states(given)] == ["to do"] * 3
    assert done(memory, given)[:2] == (2, 0)
    assert not [name for name in system.find("/out") if name.endswith(".jsonl")]


def test_results_beside_the_photos_are_no_photos(memory: str) -> None:
    system = fsspec.filesystem("memory")
    for name in ("in/a.png", "in/sub/b.png"):
        system.pipe_file(f"/{name}", b"1")
    given, folder, _ = far_tasks((f"{memory}/in",), f"{memory}/in", None, 4.0, True)
    assert [task.target for task in given] == [f"{memory}/in/a_x4.png", f"{memory}/in/sub/b_x4.png"]
    manifest = Manifest(str(folder), "")
    with manifest.kept():
        outcomes = [(task, attempt(task, copied)) for task in given]
        manifest.begin(given)
        manifest.finish((task, one.source, one.target) for task, one in outcomes if one.target)
    assert system.exists("/in/a_x4.png")
    assert far_tasks((f"{memory}/in",), f"{memory}/in", None, 4.0, True)[0] == given


def test_a_store_that_cannot_be_reached_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(EnhanceError, match="nowhere"):
        storage.fetch("memory://nowhere/a.txt", tmp_path / "a.txt")
    with pytest.raises(EnhanceError, match=r"^nonsense://.*"):
        storage.remote_version("nonsense://a/b")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert refused(enhance(tmp_path, "-o", "nonsense://a/b"), "nonsense")


def test_a_tar_of_samples_stays_one(tmp_path: Path) -> None:
    samples = {"1.txt": b"1", "1.json": b"{}", "2.txt": b"bad", "2.json": b"{}"}
    with tarfile.open(tmp_path / "in.tar", "w") as tar:
        for name, content in samples.items():
            entry = tarfile.TarInfo(f"sub/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    target = tmp_path / "out" / "in.tar"
    said = also_tars(tmp_path / "in.tar", target, copied, {".txt"}, None)
    assert said.splitlines() == [f"{target}: 1 photo, 1 left out", f"  {tmp_path}/in.tar:2.txt: is bad"]
    with tarfile.open(target) as tar:
        made = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert made == {"sub/1.txt": b"1111", "sub/1.json": b"{}", "sub/2.json": b"{}"}
    (tmp_path / "in.tar").write_bytes((tmp_path / "in.tar").read_bytes()[:700])
    with pytest.raises(PhotoError, match=r"in\.tar: .*tar file"):
        also_tars(tmp_path / "in.tar", target, copied, {".txt"}, None)
    assert list(target.parent.iterdir()) == [target]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket on an object store of this machine."""
    if find_spec("moto") is None or find_spec("s3fs") is None:
        pytest.skip("moto and s3fs are not installed: pip install 'enhance[dev]'")
    with socket.socket() as free:  # or two runs of the tests would share one store
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + LIMIT
        while True:
            try:
                urlopen(f"{address}/moto-api/", timeout=10).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail("the object store of this machine does not start")
                time.sleep(0.1)
        yield "s3://photos"
    finally:
        end(server)


def remote(code: str) -> str:
    """What a few lines of Python print that use `s3`, a file system, in a process of their own."""
    start = "import json, s3fs; s3 = s3fs.S3FileSystem(); "
    done = ran([sys.executable, "-c", start + code])
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_photos_from_and_to_an_object_store(s3: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        for name in ("a.png", "sub/b.jpg"):
            image.crop((100, 20, 124, 44)).save(tmp_path / "in" / name)
    remote(f"s3.mkdir('photos'); s3.put({str(tmp_path / 'in')!r}, 'photos/', recursive=True)")
    words = (f"{s3}/in", "--recursive", "-o", f"{s3}/out", "--jobs", 1)
    assert f"{s3}/in/a.png -> {s3}/out/a_x4.png" in enhance(*words, "--dry-run").stdout
    first = enhance(*words)
    assert first.returncode == 0, first.stderr
    assert f"{s3}/out/sub/b_x4.jpg: 24x24 to 96x96" in first.stdout
    made = json.loads(remote("print(json.dumps(s3.find('photos/out')))"))
    assert made == ["photos/out/.enhance.db", "photos/out/a_x4.png", "photos/out/sub/b_x4.jpg"]
    assert "0 enhanced, 2 done before" in enhance(*words).stdout
    here = enhance(f"{s3}/in/a.png", "-o", f"{tmp_path / 'here'}{os.sep}")
    assert here.returncode == 0, here.stderr
    with Image.open(tmp_path / "here" / "a_x4.png") as image:
        assert image.size == (96, 96)
    missing = enhance(f"{s3}/nothing", "-o", f"{s3}/out")
    assert refused(missing, f"{s3}/nothing", "no photos")


def test_a_folder_by_its_file_url(tmp_path: Path) -> None:
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        image.crop((100, 20, 124, 44)).save(tmp_path / "a b.png")
    done = enhance(f"file://{tmp_path}/a%20b.png", "-o", f"file://{tmp_path}/out/")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "a b_x4.png").is_file()
