"""A model: an ONNX file that describes itself, as a function of named arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError, ModelError
from enhance.inference import floats, hub, sessions, shipped
from enhance.inference.facts import BAD, COORDINATES, NOISE, Facts, peek
from enhance.inference.noise import noise_rng, truncation
from enhance.pixels import Planes

if TYPE_CHECKING:
    import onnxruntime

TRAINED = 16, 64
"""Pixels across the face frame between which the networks were trained."""
KINDS = {"float": "f", "double": "f", "float16": "f", "bool": "b"}
"""What ONNX calls numbers -> numpy's letter of their kind; all others are integers."""


class Model:
    """A network and what its file says of it.

    Attributes:
        path: the ONNX file.
        facts: name, task, scale, inputs, licence and more.
        session: of ONNX Runtime.
    """

    def __init__(self, path: Path, session: onnxruntime.InferenceSession, facts: Facts) -> None:
        self.path, self.session, self.facts = path, session, facts

    @staticmethod
    def load(name: str | os.PathLike[str], *, device: str | None = None, threads: int | None = None) -> Model:
        """Load a shipped model by its name, or any ONNX file made by `enhance export`. Loaded once per process.

        hf:user/repository@revision is the ONNX file of a repository on the Hugging Face hub.

        Args:
            device: "cpu", "cuda" or another of `sessions.PROVIDERS`. None: the environment's ENHANCE_DEVICE, or the
                CPU.
            threads: on the CPU, 0 for one on each core. None: the environment's ENHANCE_THREADS, or 0.

        Raises:
            ModelError: no such model or device, or the file is not one of ours.
        """
        if str(name).startswith(hub.SCHEME):
            path = hub.fetched(str(name))
        else:
            path = Path(name) if str(name).endswith(".onnx") else shipped.weights_of(str(name))
        if not path.is_file():
            if not str(name).endswith(".onnx"):
                there = ", ".join(shipped.names()) or "none"
                raise ModelError(f"no model is called {name}; there are {there}, or name an .onnx file")
            raise ModelError(f"{path}: no such model file; name an .onnx file made by `enhance export`")
        device = sessions.default_device() if device is None else device
        threads = sessions.default_threads() if threads is None else threads
        return _load(path.resolve(), path.stat().st_mtime_ns, device, threads)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Run the network as it is: nothing is padded, scaled or clipped.

        Args:
            inputs: an array for each input of `facts.inputs`. Floats and integers become as wide as the graph has
                them; neither becomes the other.

        Returns:
            Name of the output -> array.

        Raises:
            ModelError: an input is missing or unknown, or its shape or its kind of numbers is another.
            MemoryError: it is too large for this machine.
        """
        known = {input_.name: input_ for input_ in self.session.get_inputs()}
        if inputs.keys() != known.keys():
            raise ModelError(f"{self.facts.name}: takes {', '.join(known)}, not {', '.join(inputs) or 'nothing'}")
        arrays = {}
        for name, input_ in known.items():
            array = np.asarray(inputs[name])
            fixed = [side if isinstance(side, int) else None for side in input_.shape]
            if array.ndim != len(fixed) or any(n not in (None, m) for n, m in zip(fixed, array.shape, strict=True)):
                shape = "x".join(str(side) for side in input_.shape)
                raise ModelError(f"{self.facts.name}: {name} has the shape {shape}, not {array.shape}")
            element = input_.type.removeprefix("tensor(").removesuffix(")")
            if np.dtype(array.dtype).kind not in KINDS.get(element, "iu"):
                raise ModelError(f"{self.facts.name}: {name} is of {element}, not {array.dtype}")
            arrays[name] = array.astype({"float": "float32", "double": "float64"}.get(element, element), copy=False)
        return sessions.run_session(self.session, arrays)

    def __call__(
        self,
        lr: Planes,
        *,
        seed: int = 0,
        noise: Planes | None = None,
        place: Planes | None = None,
        bad: Planes | None = None,
    ) -> Planes:
        """Make pictures of pictures: larger ones, where the scale is above 1.

        Args:
            lr: (N,3,h,w) float32 in [0,1], sRGB, of any h and w.
            seed: names one of the many possible results; 0 is nearest to the truth on average, see `noise.truncation`.
            noise: (N,Z,h,w) standard normal, instead of `seed`.
            place: (N,3,h,w), where in the face frame each pixel lies, see `faces.geometry.coordinates`. None: each
                picture fills the frame.
            bad: (N,3,h,w), what `lr` was before it was restored, for a network that looks at it, too. None: it was not.

        Returns:
            (N,3,scale*h,scale*w) float32 in [0,1].

        Raises:
            ModelError: lr, noise, place or bad has another shape, lr has no pixels, or they are no floats; a seed below
                0; or the model takes more than a picture, which `run` gives it.
            MemoryError: it is too large for this machine.
        """
        facts = self.facts
        pictures = [name for name in facts.inputs if name not in (NOISE, COORDINATES, BAD)]
        if len(pictures) != 1:
            taken = ", ".join(facts.inputs)
            raise ModelError(f"{facts.name}: is for {facts.task}; name another model, or give it {taken} by Model.run")
        unsuitable = f"{facts.name}: is for {facts.task}, and makes no pictures of pictures; name another model"
        if len(facts.outputs) != 1:
            raise ModelError(unsuitable)
        lr = np.asarray(lr)
        if lr.ndim != 4 or lr.shape[1] != 3 or 0 in lr.shape:
            raise ModelError(f"a model takes an array (N,3,h,w) with pixels in it, not {lr.shape}")
        if not np.issubdtype(lr.dtype, np.floating) or not np.isfinite(lr).all():
            raise ModelError(f"a model takes finite floats in [0,1], not {lr.dtype} or what is no number")
        count, _, height, width = lr.shape
        of_noise = count, facts.noise_channels, height, width
        if noise is not None and np.shape(noise) != of_noise:
            raise ModelError(f"this model takes noise {of_noise}, not {np.shape(noise)}")
        if place is None:
            place = np.broadcast_to(full_frame(height, width), lr.shape)
        if np.shape(place) != lr.shape:
            raise ModelError(f"place has the shape of the pictures, {lr.shape}, not {np.shape(place)}")
        bad = lr if bad is None else np.asarray(bad)
        if bad.shape != lr.shape:
            raise ModelError(f"bad has the shape of the pictures, {lr.shape}, not {bad.shape}")
        if noise is None:
            # Every picture of a batch gets the noise that it would get alone.
            one = noise_rng(seed).standard_normal((1, *of_noise[1:]), dtype=np.float32)
            noise = np.concatenate([truncation(facts, seed, float(where[2, 0, 0])) * one for where in place])
        given = {pictures[0]: lr, COORDINATES: place, BAD: bad}
        border = (0, 0), (0, 0), (0, -height % facts.multiple), (0, -width % facts.multiple)
        inputs = {
            name: np.pad(noise, border)
            if name == NOISE
            else np.pad(given[name].astype(np.float32, copy=False), border, mode="edge")
            for name in facts.inputs
        }
        output = self.run(**inputs)[facts.outputs[0]]
        if output.ndim != 4 or output.shape[1] != 3:
            raise ModelError(unsuitable)
        output = output[:, :, : height * facts.scale, : width * facts.scale]
        clipped: Planes = np.clip(output, 0, 1, out=output if output.flags.writeable else None)
        return clipped


def full_frame(height: int, width: int) -> Planes:
    """Where the pixels of a picture lie in the face frame that it fills.

    Returns:
        (3,height,width): x and y from -1 to 1, and how fine the pixels are, log2 of the pixels across the frame / 32,
        as far as the networks were trained.
    """
    x, y = (2 * (np.arange(side) * (1 / side) + 0.5 / side) - 1 for side in (width, height))
    fineness = np.log2(np.clip(np.sqrt(height * width), *TRAINED) / 32)
    planes = np.broadcast_arrays(x[None], y[:, None], fineness)
    return np.stack(planes).astype(np.float32)


def models() -> dict[str, Mapping[str, str]]:
    """The models shipped with the package: name -> what its file says of itself."""
    return {name: peek(shipped.weights_of(name)).metadata for name in shipped.names()}


def enlarging_models() -> tuple[str, ...]:
    """The names of the shipped models that make pictures larger."""
    known = {name: peek(shipped.weights_of(name)) for name in shipped.names()}
    return tuple(name for name, one in known.items() if one.task == "super_resolution")


def face_models() -> tuple[str, ...]:
    """The names of the shipped models that enlarge faces: those that know the face frame."""
    known = {name: peek(shipped.weights_of(name)) for name in shipped.names()}
    return tuple(name for name, one in known.items() if one.task == "super_resolution" and one.takes_coordinates)


@lru_cache(maxsize=16)
def _load(path: Path, modified: int, device: str, threads: int) -> Model:  # noqa: ARG001 - a file that changed is another
    try:
        model: str | bytes = str(path)
        if device != "cpu" and floats.has_8_bits(content := path.read_bytes()):
            model = floats.floats(content)
        session = sessions.open_session(model, device=device, threads=threads)
    except EnhanceError:
        raise
    except Exception as error:  # onnxruntime raises its own classes, which share no base but this
        raise ModelError(f"{path}: cannot be read as an ONNX model; export it again with `enhance export`") from error
    try:
        return Model(path, session, Facts.read(session))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
