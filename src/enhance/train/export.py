"""From a run to a file that ships: the averaged weights as an ONNX graph that describes itself."""

import json
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from enhance.errors import InternalError, TrainingError
from enhance.files import write_atomically
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import Generator, place
from enhance.tasks.upscale.recipes import Recipe, from_json
from enhance.train import checkpoint
from enhance.train.quantization import frames, quantized, small, watch
from enhance.train.run import generator_of, starting_weights

TOLERANCE = 1e-4
FRAME = {
    "left_eye": [0.344, 0.398],
    "right_eye": [0.652, 0.398],
    "nose": [0.498, 0.566],
    "left_mouth": [0.376, 0.718],
    "right_mouth": [0.622, 0.718],
}
LICENCE = "research, non-commercial use only"


class Shipped(nn.Module):
    """The generator as its users meet it: it is asked for nothing that it does not use."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        self.inputs = ["lr"] + ["noise"] * (generator.noise > 0) + ["place"] * generator.framed

    def forward(self, *given: Tensor) -> Tensor:
        """`inputs`, which are lr (N,3,h,w) in [0,1], noise (N,Z,h,w) and place (N,3,h,w), to hr (N,3,4h,4w)."""
        known = dict(zip(self.inputs, given, strict=True))
        empty = known["lr"][:, :0]
        made: Tensor = self.generator(known["lr"], known.get("noise", empty), known.get("place", empty))
        return made

    def example(self, count: int, height: int, width: int, random: torch.Generator) -> dict[str, Tensor]:
        """`inputs` of that size."""
        lr = torch.rand(count, 3, height, width, generator=random)
        noise = torch.randn(count, self.generator.noise, height, width, generator=random)
        return {name: x for name, x in (("lr", lr), ("noise", noise), ("place", place(lr))) if name in self.inputs}


class Opinion(nn.Module):
    """The discriminator as its users meet it: it is shown whole frames, and works out where in them each pixel lies."""

    def __init__(self, discriminator: Discriminator) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, hr: Tensor, lr: Tensor) -> Tensor:
        """hr (N,3,4h,4w) and lr (N,3,h,w) in [0,1], h and w multiples of 4, to (N,1,h/4,w/4)."""
        found: Tensor = self.discriminator(hr, lr, place(lr))
        return found


def export(run: Path, out: Path, watched: Sequence[Path] = (), others: Sequence[Path] = ()) -> Path:
    """Writes the best weights of a run folder (or of one checkpoint) as ONNX, with everything that names them.

    Args:
        out: the file, whose name is the model's.
        watched: folders of pictures such as it will get. With them the convolutions are rounded to 8 bits.
        others: runs, checkpoints or .onnx files that went on from the same weights. The mean of all is written: it is
            often better than each of them (Wortsman et al., "Model soups", ICML 2022).

    Raises:
        DataError: a folder cannot be used.
        TrainingError: there is no such run, or another is of another shape.
        InternalError: the exported graph does not compute what the network computes.
    """
    state = checkpoint.load(checkpoint.find(run, checkpoint.BEST))
    recipe = from_json(state["recipe"])
    generator = generator_of(recipe)
    mean: dict[str, Tensor] = {}
    weights = {run: state["average"]} | {other: starting_weights(other).generator for other in others}
    for source in (run, *others):
        checkpoint.fit(generator, weights[source], source)
        for name, value in generator.state_dict().items():
            mean[name] = mean.get(name, torch.zeros_like(value)) + value / (1 + len(others))
    checkpoint.fit(generator, mean, run)
    network = Shipped(generator).eval()
    model = to_onnx(network)
    for key, value in {"name": out.stem, **facts(recipe, state), "mean_of": str(1 + len(others))}.items():
        model.metadata_props.add(key=key, value=value)
    difference = parity(network, model.SerializeToString())
    if difference > TOLERANCE:
        raise InternalError(f"{run}: the exported graph differs from the network by {difference:.1e}; not written")
    if watched:
        model = quantized(model, watch(watched, network.inputs, recipe.noise))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, model.SerializeToString())
    return out


def export_discriminator(run: Path, out: Path, watched: Sequence[Path]) -> Path:
    """Writes the discriminator of a run folder in 8 bits, for `enhance.honesty.discriminator_map`.

    Args:
        watched: folders of pictures such as it will get.

    Raises:
        DataError: a folder cannot be used.
        TrainingError: there is no such run, or it has no discriminator.
    """
    state = checkpoint.load(checkpoint.find(run, checkpoint.LAST))
    if len(state["networks"]) < 2:
        raise TrainingError(f"{run}: this run has no discriminator; name a run of face_x4_gan")
    discriminator = Discriminator()
    checkpoint.fit(discriminator, state["networks"][1], run)
    given = {"hr": torch.rand(2, 3, 64, 80), "lr": torch.rand(2, 3, 16, 20)}
    model = _graph(Opinion(discriminator).eval(), given, "verdicts")
    pairs = ({"hr": frame, "lr": small(frame)} for frame in frames(watched))
    said = {"name": "discriminator", "task": "opinion", "commit": _commit(), "licence": LICENCE}
    for key, value in {**said, "recipe": state["recipe"], "data_sha256": state["data_sha256"]}.items():
        model.metadata_props.add(key=key, value=value)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, quantized(model, pairs).SerializeToString())
    return out


def to_onnx(network: Shipped) -> onnx.ModelProto:
    """The network as a graph over any N, h and w."""
    return _graph(network, network.example(2, 16, 20, torch.Generator().manual_seed(0)), "hr")


def _graph(network: nn.Module, given: dict[str, Tensor], answer: str) -> onnx.ModelProto:
    sizes = {name: {0: "N", 2: f"{name}_h", 3: f"{name}_w"} for name in given}
    if "hr" not in given:
        sizes = dict.fromkeys(given, sizes["lr"])
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        # The exporter that traces is deprecated, but it gives the plainer graph: fixed operators, no decompositions.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(given.values()),
            path := Path(folder) / "network.onnx",
            dynamo=False,
            opset_version=17,
            input_names=list(given),
            output_names=[answer],
            dynamic_axes={**sizes, answer: {0: "N", 2: "H", 3: "W"}},
        )
        model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return model


def facts(recipe: Recipe, state: dict[str, Any]) -> dict[str, str]:
    """What the file says of itself, but for its name."""
    progress = state["progress"]
    cost = [*progress["before"], {"recipe": recipe.name, **{k: progress[k] for k in ("pictures", "seconds")}}]
    return {
        "task": "super_resolution",
        "scale": str(Generator.scale),
        "multiple": "4" if recipe.deep else "2",
        "noise": str(recipe.noise),
        "frame": json.dumps(FRAME),
        "value_range": "[0,1] sRGB",
        "degradation": "blur, noise and JPEG, twice" if recipe.grainy else "mean of 4x4 blocks",
        "mends": "yes" if recipe.grainy else "no",
        "recipe": state["recipe"],
        "commit": _commit(),
        "licence": LICENCE,
        "data_sha256": state["data_sha256"],
        "pictures": str(sum(part["pictures"] for part in cost)),
        "minutes": f"{sum(part['seconds'] for part in cost) / 60:.0f}",
        "cost": json.dumps(cost),
    }


def parity(network: Shipped, data: bytes) -> float:
    """The largest difference, at sizes from small to large and not square, between the graph and the network."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(0)
    worst = 0.0
    for count, height, width in ((3, 16, 16), (1, 24, 36), (1, 64, 64)):
        given = network.example(count, height, width, random)
        with torch.no_grad():
            expected = network(*given.values()).numpy()
        (found,) = session.run(["hr"], {name: x.numpy() for name, x in given.items()})
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
