import json
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from enhance.train.recipe import rebuild, to_json

from .toy import Losses, ToyRecipe


@dataclass(frozen=True)
class Part:
    rate: float = 1.0
    widths: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Whole:
    task_name: ClassVar[str] = "whole"

    name: str
    part: Part = field(default_factory=Part)
    maybe: Part | None = None
    weights: dict[str, float] = field(default_factory=dict)


@pytest.mark.parametrize(
    "whole",
    [Whole("a"), Whole("b", Part(2.0, (3, 4, 5)), Part(widths=()), {"x": 1.0}), ToyRecipe(losses=Losses(cycle=2.0))],
)
def test_a_recipe_comes_back_as_it_was(whole: Whole | ToyRecipe) -> None:
    assert rebuild(type(whole), json.loads(to_json(whole))) == whole  # type: ignore[arg-type]


def test_what_an_older_version_did_not_know_takes_its_default() -> None:
    assert rebuild(Whole, {"name": "a", "part": {"rate": 3.0}}) == Whole("a", Part(rate=3.0))


@pytest.mark.parametrize("fields", [{"name": "a", "colour": 1}, {"name": "a", "part": {"colour": 1}}])
def test_what_this_version_does_not_know_is_an_error(fields: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="colour"):
        rebuild(Whole, fields)
