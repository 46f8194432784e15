"""What the file of a network says of it, typed: nothing else reads the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

from enhance.errors import ModelError
from enhance.inference.protobuf import as_text, one, parse

if TYPE_CHECKING:
    import onnxruntime

NOISE, COORDINATES, BAD = "noise", "place", "bad"
"""Inputs that go with a picture: standard normal noise, where in the frame of a face each pixel lies, and the picture
as it was before it was restored."""
REQUIRED = ("name", "task")


@dataclass(frozen=True)
class Facts:
    """The facts of a network.

    Attributes:
        name: what it is called on the command line.
        task: "super_resolution", "translation" and so on.
        inputs, outputs: their names, in the order of the graph.
        scale: how many times larger the output is than the input.
        multiple: height and width of its input are padded to multiples of this.
        noise_channels: planes of noise that it takes.
        shared_noise: the last so many of them count by their mean alone, which is one for the whole picture.
        mirrored_noise: the first so many of them are the same on both sides of a face, so that its eyes match.
        truncation: factors of the noise of seed 0, for frames of 16, 32, 64, ... pixels; one number for any size.
        noise_scale: factors of the noise of any seed, for the same frames: with them answers are as far apart as they
            ought to be.
        refined_below: what is drawn of a face of fewer pixels across is drawn once more, from half as many more of
            itself.
        restores: whether it removes noise, blur and JPEG blocks, and so does not agree with its input.
        tiling: whether a picture may be given to it in parts.
        extra: all that the file says of itself, as text: licence, recipe, commit, data, cost and more.
    """

    name: str
    task: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    scale: int = 1
    multiple: int = 1
    noise_channels: int = 0
    shared_noise: int = 0
    mirrored_noise: int = 0
    truncation: tuple[float, ...] = (1.0,)
    noise_scale: tuple[float, ...] = (1.0,)
    refined_below: int = 0
    restores: bool = False
    tiling: Literal["supported", "never"] = "supported"
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def invents(self) -> bool:
        """Whether it draws one of many possible results, and not what they have in common."""
        return self.noise_channels > 0

    @property
    def takes_coordinates(self) -> bool:
        """Whether it draws faces, and must know where in the face frame each pixel lies."""
        return COORDINATES in self.inputs

    @classmethod
    def read(cls, session: onnxruntime.InferenceSession) -> Facts:
        """Read metadata and graph. Keys that older files lack have defaults.

        Raises:
            ModelError: the file does not say what it is, or says what makes no sense.
        """
        metadata = dict(session.get_modelmeta().custom_metadata_map)
        missing = [key for key in REQUIRED if key not in metadata]
        if missing:
            raise ModelError(
                f"says nothing of its {', '.join(missing)}; only models made by `enhance export` can be used"
            )
        shapes = {node.name: node.shape for node in session.get_inputs()}
        restores = metadata.get("restores", metadata.get("mends")) == "yes"
        tiling = metadata.get("tiling", "supported")
        try:
            noise_channels = int(shapes[NOISE][1]) if NOISE in shapes else 0
            if tiling not in ("supported", "never"):
                raise ValueError(tiling)
            return cls(
                name=metadata["name"],
                task=metadata["task"],
                inputs=tuple(shapes),
                outputs=tuple(node.name for node in session.get_outputs()),
                scale=int(metadata.get("scale", 1)),
                multiple=int(metadata.get("multiple", 1)),
                noise_channels=noise_channels,
                shared_noise=int(metadata.get("shared_noise", 0)),
                mirrored_noise=int(metadata.get("mirrored_noise", 0)),
                truncation=_truncation(metadata, COORDINATES in shapes, restores),
                noise_scale=_factors(metadata.get("noise_scale", "[1.0]")),
                refined_below=int(metadata.get("refined_below", 0)),
                restores=restores,
                tiling=cast(Literal["supported", "never"], tiling),
                extra=MappingProxyType(metadata),
            )
        except (ValueError, TypeError, IndexError) as error:
            raise ModelError(f"its metadata are damaged ({error}); export it again with `enhance export`") from error


@dataclass(frozen=True)
class Peek:
    """What a file of weights says of itself, as far as it is known without loading the network.

    Attributes:
        metadata: what the file says of itself.
        inputs: of its graph.
    """

    metadata: Mapping[str, str]
    inputs: tuple[str, ...]

    @property
    def task(self) -> str:
        """See `Facts`."""
        return self.metadata.get("task", "")

    @property
    def takes_coordinates(self) -> bool:
        """See `Facts`."""
        return COORDINATES in self.inputs


def peek(path: Path) -> Peek:
    """Read what a file of weights says of itself: thousandths of a second, where loading it takes tenths.

    Raises:
        OSError: it cannot be read.
    """
    metadata, inputs = {}, []
    for number, value in parse(path.read_bytes()):
        if number == MODEL_METADATA:
            key, text = (as_text(one(parse(value), field)) for field in (1, 2))
            metadata[key] = text
        elif number == _MODEL_GRAPH:
            inputs = [as_text(one(parse(content), 1)) for field, content in parse(value) if field == _GRAPH_INPUT]
    return Peek(MappingProxyType(metadata), tuple(inputs))


_MODEL_GRAPH, MODEL_METADATA, _GRAPH_INPUT = 7, 14, 11
"""Numbers given by onnx.proto to fields."""


def _truncation(metadata: Mapping[str, str], draws_faces: bool, restores: bool) -> tuple[float, ...]:
    if "truncation" in metadata:
        return _factors(metadata["truncation"])
    # Of files that were exported before they said it.
    return (0.6,) if draws_faces and restores else (0.5, 1.0) if draws_faces else (1.0,)


def _factors(numbers: str) -> tuple[float, ...]:
    return tuple(float(factor) for factor in json.loads(numbers)) or (1.0,)
