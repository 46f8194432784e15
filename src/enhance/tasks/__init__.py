"""What `enhance` can do to a picture; each task is a folder that knows no other task."""

import importlib
import json
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from enhance.errors import TrainingError

if TYPE_CHECKING:
    from enhance.train.task import Recipe

TASKS = ("upscale", "translate", "sketch", "imagine", "fill")
"""The one list to extend: names of folders that hold `recipes.py` with `RECIPES` and `from_fields`."""


def recipe_named(name: str) -> "Recipe":
    """The recipe of that name.

    Raises:
        TrainingError: there is none; the message lists those there are.
    """
    known: dict[str, Any] = {}
    for task in TASKS:
        known |= _recipes(task).RECIPES
    if name not in known:
        raise TrainingError(f"no recipe is called {name}; there are {', '.join(known)}")
    recipe: Recipe = known[name]()
    return recipe


def recipe_of(state: Mapping[str, Any]) -> "Recipe":
    """The recipe that a checkpoint carries.

    Raises:
        TrainingError: it is of a task, or of a version, that is not known here.
    """
    task = state.get("task_name")
    try:
        if task not in TASKS:
            raise KeyError(task)
        recipe: Recipe = _recipes(task).from_fields(json.loads(state["recipe"]))
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"this run is of a task or a version that is not known here ({task}: {error})") from error
    return recipe


def _recipes(task: str) -> ModuleType:
    return importlib.import_module(f"enhance.tasks.{task}.recipes")
