import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from enhance.errors import TrainingError
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.data import FaceDataset
from enhance.tasks.upscale.degradation import AreaReduction
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, loop, run
from enhance.train.schedule import Schedule
from enhance.train.task import Batch

from .toy import Losses, ToyRecipe


def test_a_network_can_learn_one_batch_by_heart(faces: Path, tiny: Callable[[Recipe], Recipe]) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    recipe = replace(recipe, shape=replace(recipe.shape, width=32, edge=32), schedule=Schedule(rate=3e-3))
    one = recipe.data([faces]).batch(0)
    trainer = run.trainer_of(recipe)
    learned = [float(trainer.step(one, step)["pixel"]) for step in range(200)]
    assert learned[-1] < 0.5 * learned[0]


def test_a_run_leaves_what_it_promises(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    out = tmp_path / "run"
    progress = run.start([faces], recipe, out, images=1200)
    assert progress.pictures == 1200
    records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert records[-1]["pictures"] == 1200
    assert {"last.pt", "best.pt", "log.jsonl", "grids", "curves.png"} <= {path.name for path in out.iterdir()}
    assert not [path.name for path in out.iterdir() if ".part" in path.name]
    with Image.open(out / "curves.png") as curves:
        assert curves.width > 300


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_weights(
    faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path
) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    trainer = run.trainer_of(recipe)

    class Poisoned(FaceDataset):
        def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
            batch = super().batch(step, rank, world)
            return {**batch, "hr": batch["hr"] * float("nan")} if step == 5 else batch

    poisoned = Poisoned([faces], recipe.sampling, AreaReduction(), recipe.seed)
    with pytest.raises(TrainingError, match=r"no longer a number \(pixel\) at step 5"):
        loop.train(trainer, recipe, poisoned, tmp_path, checkpoint.Progress(images=1000))
    assert all(torch.isfinite(value).all() for value in trainer.averages["generator"].state_dict().values())
    kept = checkpoint.load(tmp_path / checkpoint.LAST)
    assert kept["progress"]["step"] == 5
    assert all(torch.isfinite(value).all() for value in kept["networks"]["generator"].values())


def test_a_run_that_has_collapsed_says_so_and_stops(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOG_SECONDS", 0.0)
    with pytest.raises(TrainingError, match=r"one colour at picture 4; the last good weights are kept"):
        run.start(pair, ToyRecipe(losses=Losses(cycle=1e4)), tmp_path / "run", images=100)
    assert checkpoint.load(tmp_path / "run" / checkpoint.LAST)["progress"]["pictures"] == 4


def test_measures_that_are_no_numbers_are_no_score(pair: tuple[Path, Path]) -> None:
    trainer, held_out = run.trainer_of(ToyRecipe()), ToyRecipe().data(pair).held_out()
    assert loop.measure_held_out(trainer, held_out)["score"] > 0
    assert loop.measure_held_out(trainer, []) == {"score": 0.0}
    with pytest.raises(TrainingError, match="no longer numbers"):
        loop.measure_held_out(trainer, [{name: value * float("nan") for name, value in held_out[0].items()}])


def test_validations_are_frequent_early_and_never_rare() -> None:
    due = list(itertools.islice(loop.validations(0), 60))
    assert due[:5] == [1000, 2000, 3000, 4000, 5000]
    assert max(np.diff(due)) == 20_000
    assert next(loop.validations(4500)) == 5000
    assert next(loop.validations(5000)) > 5000


def test_a_thread_other_than_the_main_one_leaves_signals_alone() -> None:
    handlers: list[object] = []

    def work() -> None:
        with loop.stop_signals() as stopped:
            handlers.extend([signal.getsignal(signal.SIGINT), list(stopped)])

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [before, []]


@pytest.mark.parametrize(("rest", "validations"), [(0.0, 9), (1e9, 2)])
def test_a_validation_is_followed_by_training(
    rest: float,
    validations: int,
    faces: Path,
    tiny: Callable[[Recipe], Recipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "REST", rest)
    monkeypatch.setattr(loop, "validations", lambda _: itertools.count(4, 4))
    run.start([faces], tiny(recipes.face_x4_pixel()), tmp_path / "run", images=32)
    records = map(json.loads, (tmp_path / "run" / "log.jsonl").read_text().splitlines())
    assert sum("held_out" in record for record in records) == validations


def test_the_log_forgets_what_the_checkpoint_does_not_know(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"pictures": 10}\n{"pictures": 20}\n{"pictures": 30}\n{"pict')
    loop.forget_after(log, 20)
    assert log.read_text() == '{"pictures": 10}\n{"pictures": 20}\n'


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_first(sent: signal.Signals, faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    script = "from enhance.train import loop; loop.LOG_SECONDS = 0.0; from enhance.cli import main; main()"
    words = ["train", str(faces), "--recipe", "face_x4_pixel", "--minutes", "5", "--out", str(out)]
    command = [sys.executable, "-c", script, *words]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (out / "log.jsonl").exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
    process.send_signal(sent)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert checkpoint.load(out / checkpoint.LAST)["progress"]["step"] > 0
