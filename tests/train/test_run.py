from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from enhance.errors import TrainingError
from enhance.tasks.upscale import recipes
from enhance.tasks.upscale.recipes import Recipe
from enhance.train import checkpoint, run

from .toy import ToyRecipe, recipe_of


def alter(out: Path, **facts: Any) -> None:
    """Changes the progress that a run folder says it has made."""
    state = checkpoint.load(out / checkpoint.LAST)
    state["progress"] |= facts
    torch.save(state, out / checkpoint.LAST)


def test_a_run_is_not_started_over_another(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    recipe = tiny(recipes.face_x4_pixel())
    run.start([faces], recipe, tmp_path / "run", images=4)
    with pytest.raises(TrainingError, match="--resume"):
        run.start([faces], recipe, tmp_path / "run", images=4)


def test_weights_of_one_recipe_begin_another(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    run.start([faces], tiny(recipes.face_x4_pixel()), tmp_path / "pixel", images=40)
    gan = run.start([faces], tiny(recipes.face_x4_gan()), tmp_path / "gan", images=8, init=tmp_path / "pixel")
    assert [part["recipe"] for part in gan.before] == ["face_x4_pixel"]
    assert gan.before[0]["pictures"] == 40


def test_weights_of_another_shape_are_refused(faces: Path, tiny: Callable[[Recipe], Recipe], tmp_path: Path) -> None:
    run.start([faces], tiny(recipes.face_x4_pixel()), tmp_path / "pixel", images=4)
    narrow = tiny(recipes.face_x4_pixel())
    wider = replace(narrow, shape=replace(narrow.shape, width=32))
    with pytest.raises(TrainingError, match="another shape"):
        run.start([faces], wider, tmp_path / "wide", images=4, init=tmp_path / "pixel")


def test_a_run_says_how_long_it_is_to_be_and_where_it_lies(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--minutes or --images"):
        run.start(pair, ToyRecipe(), tmp_path / "run")
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="is a file"):
        run.start(pair, ToyRecipe(), tmp_path / "file", images=4)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_knows_its_data_and_its_length(pair: tuple[Path, Path], tmp_path: Path) -> None:
    run.start(pair, ToyRecipe(), tmp_path / "run", images=8)
    alter(tmp_path / "run", images=16)
    assert run.resume(tmp_path / "run", recipe_of).pictures == 16
    done = run.resume(tmp_path / "run", recipe_of)
    assert (done.pictures, done.step) == (16, 4)
    assert run.resume(tmp_path / "run", recipe_of, images=24).pictures == 24
    assert run.resume(tmp_path / "run" / checkpoint.LAST, recipe_of, images=28).pictures == 28


def test_minutes_are_counted_over_all_sittings(pair: tuple[Path, Path], tmp_path: Path) -> None:
    run.start(pair, ToyRecipe(), tmp_path / "run", images=8)
    alter(tmp_path / "run", images=None, minutes=10.0, seconds=599.9)
    done = run.resume(tmp_path / "run", recipe_of)
    assert done.pictures > 8
    assert 600 <= done.seconds < 660
    assert checkpoint.load(tmp_path / "run" / checkpoint.LAST)["progress"]["seconds"] == done.seconds


def test_the_data_of_a_resumed_run_may_have_moved(pair: tuple[Path, Path], tmp_path: Path) -> None:
    moved = [tmp_path / "moved" / path.name for path in pair]
    for old, new in zip(pair, moved, strict=True):
        new.parent.mkdir(exist_ok=True)
        new.symlink_to(old)
    run.start(pair, ToyRecipe(), tmp_path / "run", images=8)
    done = run.resume(tmp_path / "run", recipe_of, folders=moved, images=12)
    assert done.folders == [str(path) for path in moved]
    alter(tmp_path / "run", folders=[])
    with pytest.raises(TrainingError, match="name the folders"):
        run.resume(tmp_path / "run", recipe_of, images=16)
    alter(tmp_path / "run", images=None, minutes=None)
    with pytest.raises(TrainingError, match="--minutes or --images"):
        run.resume(tmp_path / "run", recipe_of, folders=moved)


def test_fresh_weights_are_the_same_for_the_same_seed() -> None:
    one, same, other = (
        run.trainer_of(ToyRecipe(seed=seed)).state()["networks"]["generators"]["ab.0.weight"] for seed in (0, 0, 1)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
