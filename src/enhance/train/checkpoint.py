"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file, written atomically."""

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from enhance.errors import TrainingError
from enhance.files import write_atomically
from enhance.train import recipe as recipes
from enhance.train.task import Recipe

LAST = "last.pt"
BEST = "best.pt"
ROUNDED, STEPS = "_quantized", "_scale"
"""How the names of weights end that a model file stores in 8 bits, and those of the steps of each output."""


@dataclass
class Progress:
    """How far a run is, and how much it has cost.

    Attributes:
        pictures: examples that it has seen.
        seconds: of training, over all sittings.
        best: the least score so far.
        before: what the weights it began with had cost, stage by stage.
        minutes, images: how long it is to train, in all.
        folders: what it trains on.
    """

    step: int = 0
    pictures: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    before: list[dict[str, Any]] = field(default_factory=list)
    minutes: float | None = None
    images: int | None = None
    folders: list[str] = field(default_factory=list)

    def spent(self) -> float:
        """The part of the run that is over; 1 and more where it has ended."""
        parts = [self.pictures / self.images] if self.images else []
        if self.minutes:
            parts.append(self.seconds / 60 / self.minutes)
        return max(parts)

    def stage(self, recipe: str) -> dict[str, Any]:
        """What this run cost, as an entry of `before`."""
        return {"recipe": recipe, "pictures": self.pictures, "seconds": self.seconds}


class LoadedWeights(NamedTuple):
    """Weights of networks by their names, and what they cost, stage by stage."""

    networks: dict[str, dict[str, Tensor]]
    cost: list[dict[str, Any]]


def save(path: Path, state: Mapping[str, Any], recipe: Recipe, progress: Progress, digest: str) -> None:
    """Save state dicts (tensors, numbers, lists and dicts only), the recipe, the progress and the data's digest.

    Raises:
        TrainingError: the file cannot be written.
    """
    facts = {
        "task_name": recipe.task_name,
        "recipe": recipes.to_json(recipe),
        "progress": asdict(progress),
        "data_sha256": digest,
    }
    content = io.BytesIO()  # of a full disk, torch's own writer says nothing that a user understands
    torch.save({**state, **facts}, content)
    try:
        write_atomically(path, content.getvalue())
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror}); make room there") from error


def load(path: Path) -> dict[str, Any]:
    """Load what `save` saved. Nothing in the file is ever executed.

    Raises:
        TrainingError: there is no such file, or it is not a checkpoint.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: no such checkpoint; name a run folder or a .pt file that `enhance train` wrote")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise TrainingError(f"{path}: not a checkpoint of `enhance train`, or a damaged one") from error
    if isinstance(state, dict) and "average" in state:
        state = _renewed(state)
    if not isinstance(state, dict) or not {"recipe", "progress", "averages"} <= state.keys():
        raise TrainingError(f"{path}: not a checkpoint of `enhance train`")
    return state


def _renewed(state: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint of version 0.1, which knew one generator and one discriminator, in today's form."""
    names = ("generator", "discriminator")

    def grouped(states: list[Any], prefix: bool) -> dict[str, Any]:
        pairs = zip(names, states, strict=False)
        return {name: {f"{name}.{k}": v for k, v in s.items()} if prefix else s for name, s in pairs}

    return {
        **state,
        "task_name": "upscale",
        "task": {},
        "networks": grouped(state.get("networks", []), True),
        "optimisers": grouped(state.get("optimisers", []), False),
        "averages": grouped([state["average"]], True),
    }


def find_checkpoint(path: Path, name: str) -> Path:
    """The checkpoint `name` of a run folder, or the file itself."""
    return path / name if path.is_dir() else path


def initial_weights(path: Path) -> LoadedWeights:
    """The weights that a run folder, a checkpoint or a file of `enhance export` has to begin with.

    Of networks that are averaged, the averages with the best score; of the others, the last. A file may have the others
    beside it, in `discriminator.onnx`.

    Raises:
        TrainingError: it is none of these.
    """
    if path.suffix == ".onnx":
        exported_weights = exported(path)
        beside = path.with_name("discriminator.onnx")
        others = exported(beside).networks if beside.is_file() and beside != path else {}
        return LoadedWeights(others | exported_weights.networks, exported_weights.cost)
    state = load(find_checkpoint(path, BEST))
    progress = Progress(**state["progress"])
    last = path / LAST
    groups = [*(load(last)["networks"] if last.is_file() else state.get("networks", {})).values()]
    networks: dict[str, dict[str, Tensor]] = {}
    for group in (*groups, *state["averages"].values()):
        networks |= _split(group)
    name = json.loads(state["recipe"])["name"]
    return LoadedWeights(networks, [*progress.before, progress.stage(name)])


def _split(group: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """The state of a group of networks as one state for each."""
    networks: dict[str, dict[str, Tensor]] = {}
    for key, value in group.items():
        name, rest = key.split(".", 1)
        networks.setdefault(name, {})[rest] = value
    return networks


def exported(path: Path) -> LoadedWeights:
    """The weights that a file of `enhance export` carries, and what they had cost, where it says so.

    Raises:
        TrainingError: it is not such a file.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    another = TrainingError(f"{path}: not a model of `enhance export`, or a damaged one")
    try:
        model = onnx.load(path)
        facts = {fact.key: fact.value for fact in model.metadata_props}
        cost = json.loads(facts.get("cost", "[]"))
    except FileNotFoundError:
        raise TrainingError(f"{path}: no such file; name a run folder or an .onnx file of `enhance export`") from None
    except (DecodeError, ValueError) as error:
        raise another from error
    arrays = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    for node in model.graph.node:  # what is equal is stored once
        if node.op_type == "Identity" and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]]
    tensors: dict[str, Tensor] = {}
    for name, array in arrays.items():
        plain = name.removesuffix(ROUNDED)
        if "." not in plain or not plain[0].isalpha() or plain.endswith((STEPS, "_zero_point")):
            continue
        if name.endswith(ROUNDED):
            # Of 8 bits, in steps of each output's own; the bias has the same steps, by another name.
            steps = arrays.get(plain + STEPS, arrays.get(name + STEPS))
            array = array * np.asarray(steps, np.float32).reshape(-1, *[1] * (array.ndim - 1))
        tensors[plain] = torch.from_numpy(array.astype(np.float32))
    if "recipe" not in facts or not tensors:
        raise another
    return LoadedWeights(_split(tensors), cost)


def load_weights(network: nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
    """Put weights into a network.

    Raises:
        TrainingError: they are another network's.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError(f"{source}: the weights are of a network of another shape than the recipe's") from error


def with_inputs(weight: Tensor, count: int) -> Tensor:
    """The weight of a convolution (O,I,h,w) with its first `count` inputs, filled up with zeros: those that it did not
    have count for nothing."""
    more = torch.zeros(len(weight), max(count - weight.shape[1], 0), *weight.shape[2:]).to(weight)
    return torch.cat([weight[:, :count], more], 1)
