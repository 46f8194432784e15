"""benchmarks/kills.py: one of each kind every time, and five with -m slow."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import kills
from enhance.batch.attempt import file_facts
from enhance.batch.manifest import Manifest
from enhance.batch.plan import FileFacts, PhotoTask
from tests.processes import ran

ROOT = Path(__file__).parents[2]
LIMIT = 1500.0
"""Seconds. A quiet core takes forty."""


def tried(*words: object) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = ran([sys.executable, kills.__file__, *words], cwd=ROOT, env=environment, limit=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'enhance[ray]'")
def test_an_actor_a_machine_and_the_driver_are_killed_and_nothing_is_lost() -> None:
    assert "| actor and machine and driver | 1 | 60 | 0 |" in tried("--photos", 60, "--together")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'enhance[ray]'")
def test_five_of_each() -> None:
    said = tried("--seed", 1)
    assert all(f"| {victim} | 5 | 300 | 0 |" in said for victim in kills.VICTIMS)


def test_what_is_broken_is_found(tmp_path: Path) -> None:
    given = kills.tasks(kills.made(tmp_path / "in", 12), tmp_path / "out")
    (tmp_path / "out").mkdir()
    failed = {}
    for task in given:
        if Path(task.source).stem in {f"{kills.BAD:04}", f"{kills.DEADLY:04}"}:
            failed[task.source] = f"{task.source}: cannot be made"
        else:
            kills.enlarged(Path(task.source), Path(task.target))
    with (manifest := Manifest(tmp_path / "out", "")).kept():
        manifest.begin(given)
        manifest.finish(facts(task) for task in given if task.source not in failed)
    assert list(kills.broken(given, tmp_path / "out", failed)) == []
    Path(given[0].target).unlink()
    Path(given[1].target).write_bytes(Path(given[2].target).read_bytes()[:100])
    Path(given[2].target).with_name(".0002.png.01234567.part").touch()
    Path(given[3].target).with_name("0003_2.png").write_bytes(Path(given[3].target).read_bytes())
    failed[given[4].source] = "why"
    del failed[given[kills.BAD].source]
    assert [line.partition(": ")[::2] for line in kills.broken(given, tmp_path / "out", failed)] == [
        ("0000.png", "lost"),
        ("0003_2.png", "nobody asked for it"),
        ("0001.png", "half a file"),
        (".0002.png.01234567.part", "half a file"),
        ("not reported", "0007.png"),
        ("reported", "why"),
        ("the manifest says {'to do'", "3, 'not ours': 1, 'done': 8}"),
    ]


def facts(task: PhotoTask) -> tuple[PhotoTask, FileFacts, FileFacts]:
    return task, file_facts(Path(task.source)), file_facts(Path(task.target))
