"""A run's log, shown elsewhere as it grows. The loop that writes it knows nothing of that."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from enhance.errors import TrainingError

SECONDS = 5.0
"""Between two looks at the log."""


class Writer(Protocol):
    """What takes numbers: a SummaryWriter of TensorBoard, or another that has these three."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


def tensorboard(folder: Path) -> Writer:
    """Writes for TensorBoard into a folder: `tensorboard --logdir` of it, or of one above.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError("tensorboard is missing: pip install tensorboard") from error
    writer: Writer = SummaryWriter(str(folder))
    return writer


@contextmanager
def followed(log: Path, writer: Writer, seconds: float = SECONDS) -> Iterator[None]:
    """Passes on what is added to a log of JSON lines, in a thread, until all of it has been."""
    ended = threading.Event()
    told = 0

    def look() -> None:
        nonlocal told
        lines = log.read_text().splitlines() if log.exists() else []
        for line in lines[told:]:
            _tell(writer, line)
        told = len(lines)
        writer.flush()

    def follow() -> None:
        while not ended.wait(seconds):
            look()

    # What was logged before this sitting has been told already.
    told = len(log.read_text().splitlines()) if log.exists() else 0
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        look()
        writer.close()


def _tell(writer: Writer, line: str) -> None:
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
