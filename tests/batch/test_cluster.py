"""Photos through a real Ray cluster on this machine, whose parts are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from enhance.batch.manifest import Manifest
from enhance.batch.plan import PhotoTask
from enhance.batch.run import run
from enhance.errors import PhotoError
from tests.cli.test_cli import SAMPLES, enhance, refused
from tests.processes import ran

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'enhance[ray]'")
ROOT = Path(__file__).parents[2]
COUNT = 300


def copied(source: Path, target: Path) -> str:
    """Work that costs nothing, and says which process did it."""
    text = source.read_text()
    with target.parent.with_name("processes").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if text == "bad":
        raise PhotoError(f"{source}: is bad")
    if text == "deadly":
        os._exit(9)
    time.sleep(0.02)
    target.write_text(text * 4)
    return f"{target}: made"


def tasks(folder: Path) -> list[PhotoTask]:
    return [PhotoTask(str(path), str(folder / "out" / path.name)) for path in sorted((folder / "in").iterdir())]


def drive(folder: Path, address: str) -> None:
    """What the driver does, in a process of its own."""
    from enhance.batch.cluster import Cluster, on_ray

    engine = partial(on_ray, work=copied, cluster=Cluster(address, cpus=1))
    manifest = Manifest(folder / "out", "")
    with manifest.kept():
        summary = run(tasks(folder), engine, manifest, ahead=COUNT)
    print(summary.enhanced, summary.skipped, *map(str, summary.failed.values()), sep="\n")


def driver(folder: Path, address: str) -> subprocess.Popen[str]:
    code = f"from tests.batch.test_cluster import drive, Path; drive(Path({str(folder)!r}), {address!r})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").glob("[!.]*"))


def waited_for(folder: Path, count: int) -> None:
    """Until so many targets are there."""
    for _ in range(4000):
        if len(made(folder)) >= count:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{count} photos are not made in time")


def test_a_folder_through_a_cluster_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with Image.open(SAMPLES / "astronaut.jpg") as image:
        for n in range(2):
            image.crop((100 + n, 20, 124 + n, 44)).save(tmp_path / "in" / f"{n}.png")
    (tmp_path / "in" / "bad.jpg").write_text("no picture")
    words = (tmp_path / "in", "-o", tmp_path / "out", "--engine", "ray")
    first = enhance(*words)
    assert first.returncode == 3, first.stderr
    assert "2 enhanced, 0 done before, 1 failed" in first.stdout
    assert first.stderr.count("\n") == 1
    assert "bad.jpg" in first.stderr
    again = enhance(*words[:-2])  # by the other engine, which reads the same manifest
    assert "0 enhanced, 2 done before, 1 failed" in again.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".enhance.db", "0_x4.png", "1_x4.png"]


def test_options_of_the_other_engine_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert refused(enhance(tmp_path, "-o", tmp_path / "out", "--cpus", 1), "--engine ray")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("victim", ["actor", "node", "driver"])
def test_whatever_is_killed_nothing_is_lost(victim: str, seed: int, tmp_path: Path) -> None:
    # In a process of its own: what Ray leaves open is not ours to complain about.
    code = f"from tests.batch.test_cluster import *; killed(Path({str(tmp_path)!r}), {victim!r}, {seed})"
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    environment = {**os.environ, "PYTHONPATH": paths, "RAY_raylet_start_wait_time_s": "300"}
    done = ran([sys.executable, "-c", code], cwd=ROOT, env=environment, limit=1500)
    assert done.returncode == 0, done.stderr[-2000:]
    enhanced, skipped, *failed = done.stdout.split("\n")[:-2]
    assert (int(enhanced) + int(skipped), len(failed)) == (COUNT - 2, 2), failed
    assert all(f"{n:03}.txt" in line for n, line in zip((7, 8), sorted(failed), strict=True))
    assert made(tmp_path) == [f"{n:03}.txt" for n in range(COUNT) if n not in (7, 8)]
    assert all((tmp_path / "out" / name).read_text() == f"{int(name[:3])} " * 4 for name in made(tmp_path))
    states = dict(Manifest(tmp_path / "out", "").states(tasks(tmp_path)))
    assert sum(state == "done" for state in states.values()) == COUNT - 2


def killed(folder: Path, victim: str, seed: int) -> None:
    """Goes through COUNT texts with two machines, of which a part is killed at a random moment."""
    from ray.cluster_utils import Cluster

    (folder / "in").mkdir()
    for n in range(COUNT):
        (folder / "in" / f"{n:03}.txt").write_text({7: "bad", 8: "deadly"}.get(n, f"{n} "))
    machine = {"num_cpus": 1, "object_store_memory": 100 << 20}
    cluster = Cluster(initialize_head=True, head_node_args={**machine, "include_dashboard": False})
    try:
        other = cluster.add_node(**machine)
        running = driver(folder, cluster.address)
        waited_for(folder, random.Random(seed).randrange(20, 200))
        if victim == "actor":
            os.kill(int((folder / "processes").read_text().splitlines()[-1]), signal.SIGKILL)
        elif victim == "node":
            cluster.remove_node(other, allow_graceful=False)
        else:
            running.kill()
            running.communicate()
            running = driver(folder, cluster.address)
        said, _ = running.communicate(timeout=900)
        print(said)
    finally:
        cluster.shutdown()
