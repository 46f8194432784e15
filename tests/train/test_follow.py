"""A log that is shown elsewhere as it grows."""

import json
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from enhance.errors import TrainingError
from enhance.train import follow


class Told:
    def __init__(self) -> None:
        self.numbers: list[tuple[str, float, int]] = []
        self.flushed, self.closed = threading.Event(), False

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        self.numbers.append((tag, scalar_value, global_step))

    def flush(self) -> None:
        if self.numbers:
            self.flushed.set()

    def close(self) -> None:
        self.closed = True


def line(pictures: int, **groups: object) -> str:
    return json.dumps({"pictures": pictures, **groups}) + "\n"


def test_what_is_logged_is_told_once(tmp_path: Path) -> None:
    log, told = tmp_path / "log.jsonl", Told()
    log.write_text(line(1, losses={"pixel": 9}))  # of another sitting
    with follow.followed(log, told, seconds=0.01):
        with log.open("a") as file:
            file.write(line(2, losses={"pixel": 0.5}, images_per_s=7.0))
        assert told.flushed.wait(30)
        with log.open("a") as file:
            file.write(line(3, held_out={"score": 0.25}))
    assert told.numbers == [("losses/pixel", 0.5, 2), ("images_per_s", 7.0, 2), ("held_out/score", 0.25, 3)]
    assert told.closed


class Run:
    """A tracker that is not installed, as its documentation has it."""

    def __init__(self, **about: str) -> None:
        self.about, self.told, self.finished = about, list[tuple[dict[str, float], int]](), False

    def log(self, data: dict[str, float], step: int) -> None:
        self.told.append((data, step))

    def finish(self) -> None:
        self.finished = True


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_trackers_get_all_numbers_of_a_step_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Run] = []

    def init(**about: str) -> Run:
        runs.append(Run(**about))
        return runs[0]

    monkeypatch.setitem(sys.modules, name, SimpleNamespace(init=init))
    log = tmp_path / "log.jsonl"
    with follow.followed(log, getattr(follow, name)(tmp_path)):
        log.write_text(line(2, losses={"pixel": 0.5}, images_per_s=7.0) + line(4, losses={"pixel": 0.25}))
    (run,) = runs
    assert (run.about["project"], run.about["name"]) == ("enhance", tmp_path.name)
    assert run.told == [({"losses/pixel": 0.5, "images_per_s": 7.0}, 2), ({"losses/pixel": 0.25}, 4)]
    assert run.finished
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(TrainingError, match=f"{name} is missing: pip install {name}"):
        getattr(follow, name)(tmp_path)


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed: pip install tensorboard")
    log = tmp_path / "log.jsonl"
    with follow.followed(log, follow.tensorboard(tmp_path)):
        log.write_text(line(2, losses={"pixel": 0.5}))
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b"losses/pixel" in events.read_bytes()
