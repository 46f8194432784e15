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
    rank, world = distributed.rank(), distributed.world()
    if rank == 0:
        (out / "grids").mkdir(parents=True, exist_ok=True)
        forget_after(out / "log.jsonl", progress.pictures)
    records = _Records(trainer, recipe, data, out, progress)
    started, before = time.monotonic(), progress.seconds
    early = trainer.device.type == "cuda" or cache.is_mapped()
    with (
        ahead.batches(data, rank, world, ahead=early) as batch_of,
        stop_signals() as stopped,
        Bar(recipe.name) as bar,
        on_error(records.rescue),
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
            if rank == 0:  # the first says, shows and saves what is of them all
                records.after_step(losses, spent, bar)
        if rank:
            return progress
        records.finish()
    curves.save_curves(records.log, out / "curves.png")
    curves.save_film(out / "grids", out / "training.webp")
    return progress


class _Records:
    """What is kept of a run beside its weights: a line of the log now and then, validations, sheets and checkpoints."""

    def __init__(self, trainer: Trainer, recipe: Recipe, data: Data, out: Path, progress: Progress):
        self.trainer, self.recipe, self.progress = trainer, recipe, progress
        self.out, self.log, self.digest = out, out / "log.jsonl", data.digest
        self.held_out = [_moved(batch, trainer) for batch in data.held_out()]
        self.saved = self.rested = time.monotonic()
        self.since = _Since(progress.pictures, self.saved)
        self.due_at = validations(progress.pictures)
        self.due = next(self.due_at)

    def after_step(self, losses: Mapping[str, Tensor], spent: float, bar: Bar) -> None:
        """Log, validate and save, if it is time to.

        Raises:
            TrainingError: the losses or the measures say that the run went wrong.
        """
        self.since.add(losses)
        now = time.monotonic()
        validating = self.progress.pictures >= self.due and now >= self.rested
        if validating or now - self.since.began >= LOG_SECONDS:
            self.add_line(now, spent, bar, validating=validating)
        if now - self.saved >= SAVE_SECONDS:
            self.save()
            self.saved = time.monotonic()

    def add_line(self, now: float, spent: float, bar: Bar, *, validating: bool) -> None:
        """Add a line to the log, with what was measured if it validates, and show it."""
        pictures = self.progress.pictures
        record = self.since.record(self.progress, now)
        means = record["losses"]
        if reason := self.trainer.task.collapsed(means):
            raise TrainingError(f"{reason} at picture {pictures:,}; the last good weights are kept")
        if validating:
            record["held_out"] = self.validate()
            self.rested = time.monotonic() + REST * (time.monotonic() - now)
            while self.due <= pictures:
                self.due = next(self.due_at)
        append(self.log, record)
        words = " ".join(f"{name} {value:.3f}" for name, value in means.items())
        bar.show(spent, f"{pictures:,} pictures, {record['images_per_s']:.0f} a second  {words}")
        self.since = _Since(pictures, time.monotonic())

    def validate(self) -> dict[str, float]:
        """Measure the averages and show what they draw; keep them if they are the best so far."""
        with self.trainer.averaged():
            measures = measure_held_out(self.trainer, self.held_out)
            show(self.trainer, self.held_out, self.out / "grids" / f"{self.progress.pictures:09d}.png")
        if measures["score"] < self.progress.best:
            self.progress.best = measures["score"]
            self._keep(checkpoint.BEST, {"averages": self.trainer.averages_state()})
        return measures

    def save(self) -> None:
        """Keep all that the run needs to go on."""
        self._keep(checkpoint.LAST, self.trainer.state())

    def rescue(self) -> None:
        """Keep the state that an error left, if it is good."""
        if distributed.rank() == 0 and self.trainer.finite():
            self.save()

    def finish(self) -> None:
        """Validate and save what the run ends with."""
        append(self.log, {**cost(self.progress), "held_out": self.validate()})
        self.save()

    def _keep(self, name: str, state: dict[str, Any]) -> None:
        checkpoint.save(self.out / name, state, self.recipe, self.progress, self.digest)


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
