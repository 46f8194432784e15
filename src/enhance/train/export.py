"""From a run to a file that ships: averaged weights as an ONNX graph that describes itself."""

import json
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor

from enhance.errors import InternalError, TrainingError
from enhance.files import write_atomically
from enhance.train import checkpoint
from enhance.train.checkpoint import Progress
from enhance.train.quantization import quantized, with_small_weights
from enhance.train.run import RecipeOf
from enhance.train.task import Exported, Recipe, Task

TOLERANCE = 1e-4
"""Largest difference between a graph and its network, for outputs of about unit range."""
LICENCE = "research, non-commercial use only"


def export(
    run: Path,
    out: Path,
    recipe_of: RecipeOf,
    *,
    network: str | None = None,
    folders: Sequence[Path] = (),
    others: Sequence[Path] = (),
    small: bool = False,
) -> Path:
    """Write a network of a run folder (or of one checkpoint) as ONNX, with everything that names it.

    Args:
        out: the file, *.onnx; its name is the model's.
        network: which of those that the task exports; None for the first.
        folders: of such inputs as it will get. With them its convolutions are rounded to 8 bits.
        others: runs, checkpoints or .onnx files that went on from the same weights. The mean of all is written: it is
            often better than each of them (Wortsman et al., "Model soups", ICML 2022).
        small: whether weights are stored in 8 bits. They become floats when it is loaded: only the file is smaller.

    Raises:
        DataError: a folder cannot be used.
        TrainingError: there is no such run or network, another run is of another shape, or `out` cannot be written or
            does not end in .onnx.
        InternalError: the exported graph does not compute what the network computes.
    """
    if out.is_dir():
        raise TrainingError(f"{out}: is a folder; name the file to write, such as {out.name}.onnx")
    if out.suffix != ".onnx":
        # --model takes what ends otherwise for a name.
        raise TrainingError(f"{out}: a model's file ends in .onnx; name it {out.name}.onnx")
    state = checkpoint.load(checkpoint.find_checkpoint(run, checkpoint.BEST))
    recipe = recipe_of(state)
    task = recipe.task(torch.device("cpu"))
    load_mean(task, (run, *others))
    networks = task.export()
    name = network or next(iter(networks))
    if name not in networks:
        raise TrainingError(f"{run}: this run has no {name} to export; there are {', '.join(networks)}")
    exported = networks[name]
    if folders and exported.calibration is None:
        raise TrainingError(f"{run}: {name} cannot be rounded to 8 bits; leave out --int8")
    model = to_onnx(exported)
    difference = parity(exported, model.SerializeToString())
    if difference > TOLERANCE:
        raise InternalError(f"{run}: the exported graph differs from the network by {difference:.1e}; not written")
    facts = {"name": out.stem, **facts_of(recipe, state), **exported.facts, "mean_of": str(1 + len(others))}
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    if folders and exported.calibration is not None:
        inputs = ({name: x.numpy() for name, x in example.items()} for example in exported.calibration(folders))
        model = quantized(model, inputs, exported.floats)
    if small:
        model = with_small_weights(model)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, model.SerializeToString())
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written ({error.strerror}); name a file elsewhere") from error
    return out


def load_mean(task: Task, sources: Sequence[Path]) -> None:
    """Put the mean of the weights of several runs or files into a task's networks, and make them ready to be used. Of
    parts that only some have, it is the mean of those.

    Raises:
        TrainingError: one of them is of another shape.
    """
    states = [checkpoint.initial_weights(source).networks for source in sources]
    for group in task.groups.values():
        for name, module in group.networks.items():
            found: dict[str, list[Tensor]] = {}
            for source, networks in zip(sources, states, strict=True):
                if name not in networks:
                    continue
                # What a run added to the weights that it began from, these lack.
                checkpoint.load_weights(module, {**module.state_dict(), **networks[name]}, source)
                for key in networks[name]:
                    found.setdefault(key, []).append(module.state_dict()[key].clone())
            if found:
                module.load_state_dict({key: sum(values) / len(values) for key, values in found.items()})
        group.networks.eval()


def to_onnx(exported: Exported) -> onnx.ModelProto:
    """The network as a graph."""
    example = exported.examples[0]
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        # The exporter that traces is deprecated, but it gives the plainer graph: fixed operators, no decompositions.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported.module,
            tuple(example.values()),
            path := Path(folder) / "network.onnx",
            dynamo=False,
            opset_version=17,
            # Or batch norms would be merged into convolutions, and their weights lose their names: see `--init`.
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=list(example),
            output_names=list(exported.outputs),
            dynamic_axes={name: dict(axes) for name, axes in exported.axes.items()},
        )
        model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return model


def parity(exported: Exported, data: bytes) -> float:
    """The largest difference between the graph and the network over all examples."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    worst = 0.0
    for example in exported.examples:
        with torch.no_grad():
            expected = exported.module(*example.values())
        outputs = session.run(list(exported.outputs), {name: x.numpy() for name, x in example.items()})
        for one, other in zip((expected,) if isinstance(expected, Tensor) else expected, outputs, strict=True):
            worst = max(worst, float(np.abs(one.numpy() - other).max()))
    return worst


def facts_of(recipe: Recipe, state: Mapping[str, Any]) -> dict[str, str]:
    """What any file says of where it comes from."""
    progress = Progress(**state["progress"])
    cost = [*progress.before, progress.stage(recipe.name)]
    return {
        "recipe": state["recipe"],
        "commit": _commit(),
        "licence": LICENCE,
        "data_sha256": state["data_sha256"],
        "pictures": str(sum(stage["pictures"] for stage in cost)),
        "minutes": f"{sum(stage['seconds'] for stage in cost) / 60:.0f}",
        "cost": json.dumps(cost),
    }


def _commit() -> str:
    try:
        process = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return process.stdout.strip()
