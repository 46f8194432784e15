"""The training loop. It knows nothing of the task: it steps, logs, validates, shows, saves and resumes."""

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from torch import Tensor

from enhance.datasets import cache
from enhance.errors import TrainingError
from enhance.files import write_atomically
from enhance.progress import Bar
from enhance.train import ahead, checkpoint, curves, distributed
from enhance.train.checkpoint import Progress
from enhance.train.task import Batch, Data, Recipe
from enhance.train.trainer import Trainer

LOG_SECONDS = 15.0
SAVE_SECONDS = 120.0
REST = 9.0
"""After each validation, train for at least REST times as long as it took: it is slow when the losses are slow."""
_SHOWN = 12
"""Rows of a sheet of samples."""


def train(trainer: Trainer, recipe: Recipe, data: Data, out: Path, progress: Progress) -> Progress:
    """Train until the minutes or images of `progress` are spent, or a signal asks it to stop.

    Args:
        out: the run's folder: `last.pt`, `best.pt`, `log.jsonl`, `grids/`, `curves.png`, `training.webp`.
        progress: where to go on, and how long to go on for.

    Raises:
        TrainingError: the run went wrong. `last.pt` is then the last good state.
    """
    if distributed.rank() == 0:
        (out / "grids").mkdir(parents=True, exist_ok=True)
        forget_after(out / "log.jsonl", progress.pictures)
    log, world = out / "log.jsonl", distributed.world()
    held_out = [_moved(batch, trainer) for batch in data.held_out()]
    started, before = time.monotonic(), progress.seconds
    saved = rested = started
    since = _Since(progress.pictures, started)
    due_at = validations(progress.pictures)
    due = next(due_at)

    def save() -> None:
        checkpoint.save(out / checkpoint.LAST, trainer.state(), recipe, progress, data.digest)

    def validate() -> dict[str, float]:
        with trainer.averaged():
            measures = measure_held_out(trainer, held_out)
            show(trainer, held_out, out / "grids" / f"{progress.pictures:09d}.png")
        if measures["score"] < progress.best:
            progress.best = measures["score"]
            state = {"averages": trainer.averages_state()}
            checkpoint.save(out / checkpoint.BEST, state, recipe, progress, data.digest)
        return measures

    def rescue() -> None:
        if distributed.rank() == 0 and trainer.finite():
            save()

    early = trainer.device.type == "cuda" or cache.is_mapped()
    with (
        ahead.batches(data, distributed.rank(), world, ahead=early) as batch_of,
        stop_signals() as stopped,
        Bar(recipe.name) as bar,
        on_error(rescue),
    ):
        while True:
            spent, ended = distributed.agreed(progress.spent(), bool(stopped))
            if spent >= 1 or ended:
                break
            batch = batch_of(progress.step)
            losses = trainer.step(batch, progress.step, spent)
            progress.step += 1
            progress.pictures += len(next(iter(batch.values()))) * world
            progress.seconds = before + time.monotonic() - started
            if distributed.rank():
                continue  # the first of them says, shows and saves what is of them all
            since.add(losses)
            now = time.monotonic()
            validating = progress.pictures >= due and now >= rested
            if validating or now - since.began >= LOG_SECONDS:
                record = since.record(progress, now)
                means = record["losses"]
                if reason := trainer.task.collapsed(means):
                    raise TrainingError(f"{reason} at picture {progress.pictures:,}; the last good weights are kept")
                if validating:
                    record["held_out"] = validate()
                    rested = time.monotonic() + REST * (time.monotonic() - now)
                    while due <= progress.pictures:
                        due = next(due_at)
                append(log, record)
                words = " ".join(f"{name} {value:.3f}" for name, value in means.items())
                bar.show(spent, f"{progress.pictures:,} pictures, {record['images_per_s']:.0f} a second  {words}")
                since = _Since(progress.pictures, time.monotonic())
            if now - saved >= SAVE_SECONDS:
                save()
                saved = time.monotonic()
        if distributed.rank():
            return progress
        append(log, {**cost(progress), "held_out": validate()})
        save()
    curves.save_curves(log, out / "curves.png")
    curves.save_film(out / "grids", out / "training.webp")
    return progress


@dataclass
class _Since:
    """What happened since the last line of the log: after how many pictures, and when, it began, and the losses."""

    pictures: int
    began: float
    losses: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take the losses of a step."""
        for name, value in losses.items():
            self.losses.setdefault(name, []).append(value)

    def record(self, progress: Progress, now: float) -> dict[str, Any]:
        """The next line: how far the run is, the means of the losses, and the pace."""
        means = {name: sum(float(value) for value in values) / len(values) for name, values in self.losses.items()}
        pace = (progress.pictures - self.pictures) / max(now - self.began, 1e-9)
        return {**cost(progress), "losses": means, "images_per_s": round(pace, 1)}


def measure_held_out(trainer: Trainer, held_out: Sequence[Batch]) -> dict[str, float]:
    """The task's measures of held-out batches; a run without any has the score 0.

    Raises:
        TrainingError: a measure is not a number.
    """
    measures = trainer.task.validate(held_out) if held_out else {"score": 0.0}
    if not all(math.isfinite(value) for value in measures.values()):
        raise TrainingError("the measures of held-out examples are no longer numbers; the last good weights are kept")
    return measures


def show(trainer: Trainer, held_out: Sequence[Batch], path: Path) -> None:
    """Save a sheet of samples, a few rows of each held-out batch."""
    columns: dict[str, list[Any]] = {}
    for batch in held_out:
        rows = {name: value[: max(1, _SHOWN // len(held_out))] for name, value in batch.items()}
        for title, pictures in trainer.task.samples(rows).items():
            cells = pictures.float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
            columns.setdefault(title, []).extend(np.ascontiguousarray(cell) for cell in cells)
    if columns:
        curves.save_sheet(columns, path)


def validations(pictures: int) -> Iterator[int]:
    """At how many pictures to validate: early on often, for that is when a network changes."""
    due = 1000
    while True:
        if due > pictures:
            yield due
        due += min(max(1000, due // 5), 20_000)


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them; a second SIGINT is obeyed at once.

    In a thread other than the main one, signals are somebody else's.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if received:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def on_error(rescue: Callable[[], None]) -> Iterator[None]:
    """Call `rescue` when a training error occurs, and raise it again."""
    try:
        yield
    except TrainingError:
        rescue()
        raise


def cost(progress: Progress) -> dict[str, float]:
    """Return how far the run is, for a line of the log."""
    return {"step": progress.step, "pictures": progress.pictures, "seconds": round(progress.seconds, 1)}


def append(log: Path, record: Mapping[str, Any]) -> None:
    """Add a line of JSON."""
    with log.open("a") as file:
        file.write(json.dumps(record) + "\n")


def _moved(batch: Batch, trainer: Trainer) -> dict[str, Tensor]:
    return {name: value.to(trainer.device) for name, value in batch.items()}


def forget_after(log: Path, pictures_seen: int) -> None:
    """Drop what a killed run logged after its last checkpoint: the resumed run logs it again."""
    if not log.exists():
        return
    kept = []
    for line in log.read_text().splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if record["pictures"] <= pictures_seen:
            kept.append(line + "\n")
    write_atomically(log, "".join(kept).encode())
