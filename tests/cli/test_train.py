from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from enhance import tasks
from enhance.cli.train import train
from enhance.train import checkpoint, run
from tests.train.conftest import pair
from tests.train.toy import ToyRecipe, recipe_of

__all__ = ["pair"]


def test_going_on_needs_the_run_and_nothing_else(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "recipe_of", recipe_of)
    out = tmp_path / "run"
    run.start(pair, ToyRecipe(), out, images=8)
    state = checkpoint.load(out / checkpoint.LAST)
    state["progress"] |= {"images": 16, "seconds": 240.0}
    torch.save(state, out / checkpoint.LAST)
    done = CliRunner().invoke(train, ["--resume", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"{out}: 16 pictures in 4 minutes" in done.output
    quiet = CliRunner().invoke(train, ["--resume", str(out), "--images", "24", "-q"], catch_exceptions=False)
    assert checkpoint.load(out / checkpoint.LAST)["progress"]["pictures"] == 24
    assert quiet.output == ""


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--resume", "runs/a", "--out", "runs/b"], "the run's own folder"),
        (["--resume", "runs/a", "--init", "runs/b"], "its own recipe and weights"),
        (["--resume", "runs/a", "--recipe", "face_x4_gan"], "its own recipe and weights"),
        (["faces", "--out", "runs/a", "--images", "4"], "--recipe NAME"),
        (["--recipe", "face_x4_pixel", "--out", "runs/a", "--images", "4"], "a folder of pictures"),
    ],
)
def test_what_is_missing_or_too_much_is_said(words: list[str], remedy: str) -> None:
    done = CliRunner().invoke(train, words)
    assert done.exit_code == 2
    assert remedy in done.output
