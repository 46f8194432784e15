"""What `enhance` can do to a picture; each task is a folder that knows no other task."""

import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from enhance.errors import EnhanceError, TrainingError

if TYPE_CHECKING:
    from enhance.evaluate.benchmark import Benchmark
    from enhance.inference.model import Model
    from enhance.train.task import Recipe

TASKS = ("upscale", "translate", "sketch", "imagine", "fill")
"""The one list to extend: names of folders that hold `recipes.py` with `RECIPES` and `from_fields`, and, where their
models can be measured, `benchmark.py` with `benchmark_for`."""


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


def benchmark_for(models: Sequence["Model"]) -> Callable[..., "Benchmark"]:
    """What opens the benchmark by which models are measured, from folders of test pictures.

    Raises:
        EnhanceError: there is none for one of them, or another for each of two.
    """
    benchmarks = {_benchmark_for(model): model.path.stem for model in models}
    if len(benchmarks) > 1:
        raise EnhanceError(
            f"{' and '.join(benchmarks.values())} are measured on different pictures; measure each by itself"
        )
    return next(iter(benchmarks))


def _benchmark_for(model: "Model") -> Callable[..., "Benchmark"]:
    for task in TASKS:
        module = f"enhance.tasks.{task}.benchmark"
        if importlib.util.find_spec(module) and (benchmark := importlib.import_module(module).benchmark_for(model)):
            opened: Callable[..., Benchmark] = benchmark
            return opened
    raise EnhanceError(f"{model.path.stem}: there is no benchmark for models of the task {model.facts.task}")


def _recipes(task: str) -> ModuleType:
    return importlib.import_module(f"enhance.tasks.{task}.recipes")
