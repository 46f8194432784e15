"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file, written atomically."""

import json
import os
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from enhance.errors import TrainingError
from enhance.tasks.upscale.recipes import Recipe

LAST = "last.pt"
BEST = "best.pt"


@dataclass
class Progress:
    """How far a run is, and what that cost. `before` lists what the weights it began with had cost."""

    step: int = 0
    pictures: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    before: list[dict[str, Any]] = field(default_factory=list)


def save(path: Path, state: Mapping[str, Any], recipe: Recipe, progress: Progress, sha256: str) -> None:
    """Saves state dicts (tensors, numbers, lists and dicts only), the recipe, the progress and the data's name."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    facts = {"recipe": json.dumps(asdict(recipe)), "progress": asdict(progress), "data_sha256": sha256}
    torch.save({**state, **facts}, part)
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """What `save` saved. Nothing in the file is ever executed.

    Raises:
        TrainingError: there is no such file, or it is not a checkpoint.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: no such checkpoint; name a run folder or a .pt file that `enhance train` wrote")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise TrainingError(f"{path}: not a checkpoint of `enhance train`, or a damaged one") from error
    if not isinstance(state, dict) or not {"recipe", "progress", "average"} <= state.keys():
        raise TrainingError(f"{path}: not a checkpoint of `enhance train`")
    return state


def find(path: Path, name: str) -> Path:
    """The checkpoint `name` of a run folder, or the file itself."""
    return path / name if path.is_dir() else path


def exported(path: Path, network: str = "generator") -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """The weights of a network that a file of `enhance export` carries, and what they had cost, where it says so.

    Raises:
        TrainingError: it is not such a file.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    another = TrainingError(f"{path}: not a model of `enhance export`, or a damaged one")
    try:
        model = onnx.load(path)
        said = {fact.key: fact.value for fact in model.metadata_props}
        cost = json.loads(said.get("cost", "[]"))
    except FileNotFoundError:
        raise TrainingError(f"{path}: no such file; name a run folder or an .onnx file of `enhance export`") from None
    except (DecodeError, ValueError) as error:
        raise another from error
    arrays = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    prefix = f"{network}."
    tensors: dict[str, Tensor] = {}
    for name, array in arrays.items():
        plain = name.removesuffix("_quantized")
        if plain.startswith(prefix) and not plain.endswith(("_scale", "_zero_point")):
            if plain != name:
                # Of 8 bits, in steps of each output's own; the bias has the same steps, by another name.
                steps = arrays.get(f"{plain}_scale", arrays.get(f"{name}_scale"))
                array = array * np.asarray(steps, np.float32).reshape(-1, *[1] * (array.ndim - 1))
            tensors[plain.removeprefix(prefix)] = torch.from_numpy(array.astype(np.float32))
    if "recipe" not in said or not tensors:
        raise another
    return tensors, cost


def fit(network: nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
    """Puts weights into a network.

    Raises:
        TrainingError: they are another network's.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError(f"{source}: the weights are of a network of another shape than the recipe's") from error
