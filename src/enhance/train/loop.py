"""The training loop. It knows nothing of the task: it alternates steps, keeps the average, logs, shows, saves
and resumes."""

import copy
import json
import math
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from enhance.errors import TrainingError
from enhance.files import write_atomically
from enhance.tasks.upscale.data import Batch
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, pictures
from enhance.train.checkpoint import Progress
from enhance.train.task import Task

LOG_SECONDS = 15.0
SAVE_SECONDS = 180.0
WARM_UP = 100
COOL_DOWN = 0.2
REST = 9.0
"""A look at the held-out faces is followed by at least so many times its length of training: with dear losses it is
dear, too."""
SHOWN = 12
SANE_SCORE_GAP = 30.0


class Trainer:
    """A task, its optimisers and the running average of its generator; `step` is the whole of GAN training."""

    def __init__(self, task: Task, recipe: Recipe, device: torch.device) -> None:
        self.task = task
        self.recipe = recipe
        self.device = device
        self.networks: list[nn.Module] = [task.generator]
        self.optimisers = [torch.optim.Adam(task.generator.parameters(), recipe.rate, betas=(0.9, 0.99))]
        if task.discriminator is not None:
            self.networks.append(task.discriminator)
            self.optimisers.append(torch.optim.Adam(task.discriminator.parameters(), recipe.rate, betas=(0.0, 0.99)))
        for network in self.networks:
            network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(task.generator).requires_grad_(False)

    def step(self, batch: Batch, rate: float) -> dict[str, float]:
        """One step of each network on one batch, at a learning rate that is `rate` times the recipe's.

        Raises:
            TrainingError: a loss is not a number, or the discriminator has won.
        """
        losses, made = self._improve(0, lambda: self.task.generator_losses(batch), batch.step, rate)
        if self.task.discriminator is not None:
            further, _ = self._improve(1, lambda: (self.task.discriminator_losses(batch, made), made), batch.step, rate)
            losses |= further
        decay = min(self.recipe.ema, (1 + batch.step) / (10 + batch.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.task.generator.parameters(), strict=True):
                mean.lerp_(now, 1 - decay)
        return losses

    def _improve(
        self, which: int, ask: Callable[[], tuple[Mapping[str, Tensor], Tensor]], step: int, rate: float
    ) -> tuple[dict[str, float], Tensor]:
        for group in self.optimisers[which].param_groups:
            group["lr"] = self.recipe.rate * rate * min(1.0, (step + 1) / WARM_UP)
        with autocast(self.device):
            losses, made = ask()
        total = torch.stack([loss.float() for loss in losses.values()]).sum()
        if not torch.isfinite(total):
            bad = ", ".join(name for name, loss in losses.items() if not torch.isfinite(loss))
            raise TrainingError(f"the loss is no longer a number ({bad}) at step {step}; lower the recipe's rate")
        self.optimisers[which].zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.networks[which].parameters(), 5.0)
        self.optimisers[which].step()
        return {name: float(loss.detach()) for name, loss in losses.items()}, made

    def state(self) -> dict[str, Any]:
        return {
            "networks": [network.state_dict() for network in self.networks],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "average": self.average.state_dict(),
        }

    def restore(self, state: Mapping[str, Any], source: Path) -> None:
        if len(state["networks"]) != len(self.networks):
            raise TrainingError(f"{source}: this run is of another recipe than {self.recipe.name}")
        for network, weights in zip(self.networks, state["networks"], strict=True):
            checkpoint.fit(network, weights, source)
        for optimiser, moments in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(moments)
        checkpoint.fit(self.average, state["average"], source)

    def begin_from(
        self, generator: Mapping[str, Tensor], discriminator: Mapping[str, Tensor] | None, source: Path
    ) -> None:
        checkpoint.fit(self.task.generator, generator, source)
        checkpoint.fit(self.average, generator, source)
        if self.task.discriminator is not None and discriminator is not None:
            checkpoint.fit(self.task.discriminator, discriminator, source)


def autocast(device: torch.device) -> torch.autocast:
    """bf16 where the processor multiplies it in hardware, float32 elsewhere."""
    able = device.type == "cuda" or bool(torch.cpu._is_avx512_bf16_supported())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)


def train(
    trainer: Trainer,
    batches: Callable[[int], Batch],
    held_out: Mapping[int, Tensor],
    out: Path,
    *,
    progress: Progress,
    data_sha256: str,
    minutes: float | None = None,
    images: int | None = None,
) -> Progress:
    """Trains until `minutes` of this run or `images` pictures are spent, or a signal asks it to stop.

    Args:
        batches: step to batch.
        held_out: pixels across the frame -> faces (N,3,frame,frame) that are never trained on.
        out: the run's folder: `last.pt`, `best.pt`, `log.jsonl`, `grids/`, `curves.png`, `training.webp`.
        progress: where to go on.

    Raises:
        TrainingError: the run went wrong. `last.pt` is then the last good state.
    """
    (out / "grids").mkdir(parents=True, exist_ok=True)
    _forget_after(out / "log.jsonl", progress.pictures)
    started, begun = time.monotonic(), progress.seconds
    logged = saved = started
    sums: dict[str, list[float]] = {}
    seen = progress.pictures
    judge_every = _doubling(progress.pictures)
    next_look, rested = next(judge_every), started

    def save() -> None:
        checkpoint.save(out / checkpoint.LAST, trainer.state(), trainer.recipe, progress, data_sha256)

    def look() -> dict[str, float]:
        found = judge(trainer, held_out)
        show(trainer, held_out, out / "grids" / f"{progress.pictures:09d}.png")
        if found["score"] < progress.best:
            progress.best = found["score"]
            state = {"average": trainer.average.state_dict()}
            checkpoint.save(out / checkpoint.BEST, state, trainer.recipe, progress, data_sha256)
        return found

    def keep_what_is_good() -> None:
        weights = [value for network in trainer.networks for value in network.parameters()]
        if all(torch.isfinite(value).all() for value in weights):
            save()

    with stop_signals() as stopped, Bar(images, minutes) as bar, on_error(keep_what_is_good):
        while True:
            spent = _spent(progress, started, minutes, images)
            if spent >= 1 or stopped:
                break
            rate = 1.0 if spent < 1 - COOL_DOWN else max(0.1, (1 - spent) / COOL_DOWN)
            batch = batches(progress.step)
            losses = trainer.step(batch, rate)
            progress.step += 1
            progress.pictures += len(batch.hr)
            progress.seconds = begun + time.monotonic() - started
            for name, value in losses.items():
                sums.setdefault(name, []).append(value)
            now = time.monotonic()
            due = progress.pictures >= next_look and now >= rested
            if due or now - logged >= LOG_SECONDS:
                means = {name: sum(values) / len(values) for name, values in sums.items()}
                record: dict[str, Any] = {**_cost(progress), "losses": means}
                record["images_per_s"] = round((progress.pictures - seen) / (now - logged), 1)
                _alarm(means, progress)
                if due:
                    record["held_out"] = look()
                    rested = time.monotonic() + REST * (time.monotonic() - now)
                    while next_look <= progress.pictures:
                        next_look = next(judge_every)
                _append(out / "log.jsonl", record)
                bar.show(progress, spent, record["images_per_s"], means)
                sums, seen, logged = {}, progress.pictures, time.monotonic()
            if now - saved >= SAVE_SECONDS:
                save()
                saved = time.monotonic()
        found = look()
        _append(out / "log.jsonl", {**_cost(progress), "held_out": found})
        save()
    pictures.save_curves(out / "log.jsonl", out / "curves.png")
    pictures.save_animation(out / "grids", out / "training.webp")
    return progress


def judge(trainer: Trainer, held_out: Mapping[int, Tensor]) -> dict[str, float]:
    """The task's measures of the averaged generator at each size, and `score`, their mean."""
    found: dict[str, float] = {}
    scores = []
    trainer.average.eval()
    with torch.no_grad():
        for frame, faces in held_out.items():
            here = trainer.task.judge(trainer.average, faces.to(trainer.device))
            scores.append(here.pop("score"))
            found |= {f"{name}_{frame // 4}": value for name, value in here.items()}
    if not all(math.isfinite(value) for value in found.values()):
        raise TrainingError("the generator's pictures are no longer numbers; the last good weights are kept")
    return {**found, "score": sum(scores) / len(scores)} if scores else {"score": 0.0}


def show(trainer: Trainer, held_out: Mapping[int, Tensor], path: Path) -> None:
    """Saves a grid: given | bicubic | now | original, a few faces of each size."""
    columns: list[list[Tensor]] = [[], [], [], []]
    count = max(1, SHOWN // max(1, len(held_out)))
    with torch.no_grad():
        for faces in held_out.values():
            hr = faces[:count].to(trainer.device)
            lr, made = trainer.task.answer(trainer.average, hr)
            for column, part in zip(columns, (lr, pictures.bicubic(lr, 4), made, hr), strict=True):
                column.append(part)
    if columns[0]:
        pictures.save_picture(pictures.grid([pictures.joined(column, 256) for column in columns], 192), path)


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of dying of them; a second SIGINT is obeyed at once."""
    received: list[int] = []

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
    """Calls `rescue` before a training error goes on its way."""
    try:
        yield
    except TrainingError:
        rescue()
        raise


class Bar:
    """One line on a terminal; a line every so often in a file."""

    def __init__(self, images: int | None, minutes: float | None) -> None:
        self.goal = f"{images:,} images" if images is not None else f"{minutes:g} minutes"
        self.live = sys.stderr.isatty()
        self.started = time.monotonic()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            sys.stderr.write("\n")

    def show(self, progress: Progress, spent: float, speed: float, losses: Mapping[str, float]) -> None:
        elapsed = time.monotonic() - self.started
        left = elapsed * (1 - spent) / spent if spent else 0.0
        filled = round(20 * spent)
        words = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        line = f"[{'#' * filled}{'.' * (20 - filled)}] {progress.pictures:,} pictures, {speed:.0f} images/s, "
        line += f"{left / 60:.0f} min of {self.goal} left  {words}"
        width = shutil.get_terminal_size().columns
        sys.stderr.write(f"\r{line[: width - 1]:<{width - 1}}" if self.live else line + "\n")
        sys.stderr.flush()


def _spent(progress: Progress, started: float, minutes: float | None, images: int | None) -> float:
    shares = [progress.pictures / images] if images else []
    if minutes:
        shares.append((time.monotonic() - started) / 60 / minutes)
    return max(shares)


def _doubling(pictures: int) -> Iterator[int]:
    """When to look at the held-out faces: early on often, for that is when they change."""
    due = 1000
    while True:
        if due > pictures:
            yield due
        due += min(max(1000, due // 5), 20_000)


def _alarm(means: Mapping[str, float], progress: Progress) -> None:
    if means.get("discrimination", 1.0) < 1e-3 and means.get("adversarial", 0.0) > SANE_SCORE_GAP:
        raise TrainingError(
            f"the discriminator tells every picture apart since picture {progress.pictures:,}: the run has collapsed; "
            f"the last good weights are kept"
        )


def _cost(progress: Progress) -> dict[str, float]:
    return {"step": progress.step, "pictures": progress.pictures, "seconds": round(progress.seconds, 1)}


def _append(path: Path, record: Mapping[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(record) + "\n")


def _forget_after(log: Path, pictures_seen: int) -> None:
    """Drops what a killed run had logged after its last checkpoint: the resumed run says it again."""
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
