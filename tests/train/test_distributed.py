"""Two processes that meet on this machine, and teach one network."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from enhance.errors import TrainingError
from enhance.train import checkpoint, distributed, loop, run, trainer
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule
from enhance.train.task import Batch, Exported, Group, Stateless
from enhance.train.trainer import Trainer
from tests.processes import LIMIT, end, ran

ROOT = Path(__file__).parents[2]
EXAMPLES = 8


class Numbers(Stateless):
    """A network that learns to add, in two groups; the second has a weight that never gets a gradient."""

    def __init__(self) -> None:
        self.adder, self.judge = nn.Linear(3, 1), nn.ModuleDict({"used": nn.Linear(1, 1), "idle": nn.Linear(1, 1)})
        self.groups = {
            "adder": Group(nn.ModuleDict({"adder": self.adder}), (0.5, 0.9), True),
            "judge": Group(self.judge, (0.5, 0.9)),
        }

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        made = self.adder(batch["x"])
        if group == "adder":
            return {"error": (made - batch["y"]).square().mean(), "judged": self.judge["used"](made).abs().mean()}
        # With a gradient of a gradient, which the wrappers of torch do not allow.
        real = batch["y"].requires_grad_()
        (slope,) = torch.autograd.grad(self.judge["used"](real).sum(), real, create_graph=True)
        return {"penalty": slope.square().mean(), "told": (self.judge["used"](made.detach()) - 1).square().mean()}

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:  # noqa: ARG002
        return {}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        return {"score": float((self.adder(batches[0]["x"]) - batches[0]["y"]).abs().mean())}

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return "it has gone wrong" if means["error"] > 1e6 else None

    def export(self) -> Mapping[str, Exported]:
        return {}


class Sums:
    """EXAMPLES of a step, of which each process gets its part."""

    digest = "none"

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        x = torch.rand(EXAMPLES, 3, generator=torch.Generator().manual_seed(step))
        part = slice(rank * EXAMPLES // world, (rank + 1) * EXAMPLES // world)
        return {"x": x[part], "y": x[part].sum(1, keepdim=True)}

    def held_out(self) -> Sequence[Batch]:
        return [self.batch(10**6)]


class Poisoned(Sums):
    """The same with a number of one process that is none."""

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        batch = super().batch(step, rank, world)
        return {**batch, "y": batch["y"] * float("nan")} if (step, rank) == (3, world - 1) else batch


@dataclass(frozen=True)
class Adding:
    task_name: ClassVar[str] = "adding"

    name: str = "adding"
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=1e-2, warm_up=2, cool_down=0.0, ema=0.9))
    seed: int = 0
    poisoned: bool = False

    def data(self, folders: Sequence[Path]) -> Sums:  # noqa: ARG002
        return Poisoned() if self.poisoned else Sums()

    def task(self, device: torch.device) -> Numbers:  # noqa: ARG002
        return Numbers()


def recipe_of(state: Mapping[str, Any]) -> Adding:
    return rebuild(Adding, json.loads(state["recipe"]))


def teach(out: str, images: int, poisoned: bool = False) -> None:
    """What one process does."""
    loop.LOG_SECONDS = 0.0
    trainer.autocast = lambda _: nullcontext()  # the order of sums shows in few bits
    with distributed.joined():
        run.start([Path()], Adding(poisoned=poisoned), Path(out), images=images)


def go_on(out: str, images: int) -> None:
    trainer.autocast = lambda _: nullcontext()
    with distributed.joined():
        run.resume(Path(out), recipe_of, folders=[Path()], images=images)


def started(world: int, code: str) -> list[subprocess.Popen[str]]:
    """So many processes that meet each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    env = {**os.environ, "PYTHONPATH": paths, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [sys.executable, "-c", f"from tests.train.test_distributed import *; {code}"],
            cwd=ROOT,
            env={**env, "RANK": str(n), "WORLD_SIZE": str(world)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for n in range(world)
    ]


def torchrun(world: int, code: str) -> subprocess.Popen[str]:
    """The same by the program that comes with torch."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    program = [sys.executable, "-c", f"from tests.train.test_distributed import *; {code}"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(world)]
    return subprocess.Popen(
        [*launcher, "--no-python", *program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What each complained of. One that waits for the others for ever is ended, and they with it."""
    until = time.monotonic() + LIMIT
    try:
        return [process.communicate(timeout=max(1.0, until - time.monotonic()))[1] for process in processes]
    finally:
        for process in processes:
            end(process)


def losses(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line)["losses"] for line in (folder / "log.jsonl").read_text().splitlines() if "losses" in line]


def weights(folder: Path) -> Tensor:
    state = checkpoint.load(folder / checkpoint.LAST)
    return torch.cat([value.flatten() for group in state["networks"].values() for value in group.values()])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 20 steps by one process."""
    folder = tmp_path_factory.mktemp("alone")
    ended(started(1, f"teach({str(folder)!r}, {20 * EXAMPLES})"))
    return folder


def test_two_processes_learn_as_one_with_the_double_batch(alone: Path, tmp_path: Path) -> None:
    said = ended([torchrun(2, f"teach({str(tmp_path)!r}, {20 * EXAMPLES})")])
    one, two = losses(alone), losses(tmp_path)
    assert len(one) == len(two) == 20, said
    for by_one, by_two in zip(one, two, strict=True):
        assert by_two == pytest.approx(by_one, rel=1e-4, abs=1e-6)
    assert torch.allclose(weights(alone), weights(tmp_path), atol=1e-5)
    progress = checkpoint.load(tmp_path / checkpoint.LAST)["progress"]
    assert (progress["step"], progress["pictures"]) == (20, 20 * EXAMPLES)


def test_a_run_goes_on_with_another_number_of_processes(alone: Path, tmp_path: Path) -> None:
    ended(started(2, f"teach({str(tmp_path)!r}, {9 * EXAMPLES})"))
    ended(started(1, f"go_on({str(tmp_path)!r}, {20 * EXAMPLES})"))
    assert torch.allclose(weights(alone), weights(tmp_path), atol=1e-5)


def test_all_stop_where_a_loss_of_one_is_no_number(tmp_path: Path) -> None:
    said = ended(started(2, f"teach({str(tmp_path / 'run')!r}, {20 * EXAMPLES}, poisoned=True)"))
    assert all("no longer a number (error) at step 3" in words for words in said)
    assert checkpoint.load(tmp_path / "run" / checkpoint.LAST)["progress"]["step"] == 3
    assert torch.isfinite(weights(tmp_path / "run")).all()


def test_a_signal_to_one_stops_them_all(tmp_path: Path) -> None:
    both = started(2, f"teach({str(tmp_path / 'run')!r}, {10**9})")
    late = time.monotonic() + LIMIT
    while not (tmp_path / "run" / "log.jsonl").exists() and time.monotonic() < late:
        assert all(process.poll() is None for process in both), ended(both)
        time.sleep(0.1)
    both[1].send_signal(signal.SIGTERM)
    said = ended(both)
    assert [process.returncode for process in both] == [0, 0], said
    assert (tmp_path / "run" / checkpoint.LAST).exists()


def test_a_process_by_itself_is_all_there_are() -> None:
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.agreed(0.5, True) == (0.5, True)
    assert distributed.noise_seed(3, 7) == 3 * 1_000_003 + 7
    alone = Trainer(Numbers(), Schedule(), torch.device("cpu"))
    assert set(alone.step(Sums().batch(0), 0)) == {"error", "judged", "penalty", "told"}


@pytest.mark.slow
def test_workers_on_the_command_line(faces: Path, tmp_path: Path) -> None:
    words = ["train", faces, "--recipe", "face_x4_pixel", "--out", tmp_path / "run", "--images", 64, "--workers", 2]
    done = ran([sys.executable, "-m", "enhance.cli", *words], limit=900)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("pictures in") == 1
    words = ["train", tmp_path / "nothing", "--recipe", "face_x4_pixel", "--out", tmp_path / "other", "--images", 64]
    done = ran([sys.executable, "-m", "enhance.cli", *words, "--workers", 2], limit=900)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_what_to_train_on_is_chosen_and_said_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert distributed.device().type == "cpu"
    for asked, why in (("cuda", "this build of torch finds none"), ("coreml", "is not for training; use one of cpu")):
        monkeypatch.setenv("ENHANCE_DEVICE", asked)
        with pytest.raises(TrainingError, match=f"device {asked}: {why}"):
            distributed.device()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("ENHANCE_DEVICE", "cpu")
    assert distributed.device().type == "cpu"
