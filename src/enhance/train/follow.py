"""A run's log, shown elsewhere as it grows. The loop that writes it knows nothing of that."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from enhance.errors import TrainingError

PROJECT = "enhance"
"""What trackers call all our runs."""
SECONDS = 5.0
"""Between two looks at the log."""


class Writer(Protocol):
    """What takes numbers: a SummaryWriter of TensorBoard, or another that has these three."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class ExperimentTracker(Protocol):
    """A run of Trackio or of Weights & Biases."""

    def log(self, data: dict[str, float], step: int) -> object: ...

    def finish(self) -> object: ...


def tensorboard(folder: Path) -> Writer:
    """Write for TensorBoard into `tensorboard` in a run's folder: `tensorboard --logdir` of it, or of one above.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError("tensorboard is missing: pip install tensorboard") from error
    writer: Writer = SummaryWriter(str(folder / "tensorboard"))
    return writer


class Tracked:
    """A writer for trackers of experiments, which take all numbers of a step at once.

    Args:
        run: takes numbers by their names, and the step; has an end.
    """

    def __init__(self, run: ExperimentTracker) -> None:
        self._run, self._step = run, 0
        self._numbers: dict[str, float] = {}

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        if global_step != self._step:
            self.flush()
        self._numbers[tag], self._step = scalar_value, global_step

    def flush(self) -> None:
        if self._numbers:
            self._run.log(self._numbers, step=self._step)
        self._numbers = {}

    def close(self) -> None:
        self.flush()
        self._run.finish()


def trackio(folder: Path) -> Writer:
    """Write for Trackio, which keeps runs on this machine: `trackio show --project enhance`.

    Raises:
        TrainingError: Trackio is not installed.
    """
    try:
        import trackio
    except ImportError as error:
        raise TrainingError("trackio is missing: pip install trackio") from error
    return Tracked(trackio.init(project=PROJECT, name=folder.name))


def wandb(folder: Path) -> Writer:
    """Write for Weights & Biases, as its own environment variables and `wandb login` say: WANDB_MODE=offline sends
    nothing.

    Raises:
        TrainingError: wandb is not installed.
    """
    try:
        import wandb
    except ImportError as error:
        raise TrainingError("wandb is missing: pip install wandb") from error
    return Tracked(wandb.init(project=PROJECT, name=folder.name, dir=str(folder), resume="allow"))


@contextmanager
def followed(log: Path, writer: Writer, seconds: float = SECONDS) -> Iterator[None]:
    """Pass on what is added to a log of JSON lines, in a thread, until all of it has been."""
    ended = threading.Event()
    sent = 0

    def look() -> None:
        nonlocal sent
        lines = log.read_text().splitlines() if log.exists() else []
        for line in lines[sent:]:
            _write(writer, line)
        sent = len(lines)
        writer.flush()

    def follow() -> None:
        while not ended.wait(seconds):
            look()

    # What was logged before this sitting has been sent already.
    sent = len(log.read_text().splitlines()) if log.exists() else 0
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        look()
        writer.close()


def _write(writer: Writer, line: str) -> None:
    """One line: losses, measures and speed, over the pictures that were seen."""
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return  # it is being written
    for group in ("losses", "held_out"):
        for name, value in record.get(group, {}).items():
            writer.add_scalar(f"{group}/{name}", value, record["pictures"])
    if "images_per_s" in record:
        writer.add_scalar("images_per_s", record["images_per_s"], record["pictures"])
