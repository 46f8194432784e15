"""A model: an ONNX file that describes itself, as a function from small pictures to large ones."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enhance.errors import ModelError
from enhance.inference import shipped

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

CALM = 0.5
"""How loud the noise of seed 0 is, beside that of the other seeds, where faces are 16 pixels wide."""
CALM_IF_MENDING = 0.6
"""The same where faces are mended, of any size."""
REQUIRED = ("name", "task", "scale", "multiple", "noise", "frame")


class Model:
    """Pictures (N,3,h,w) float32 in [0,1] to (N,3,4h,4w), any h and w, on the CPU.

    Attributes:
        path: the ONNX file.
        facts: its metadata: name, task, scale, frame, value_range, degradation, recipe, commit, licence and more.
        scale: how many times larger the answer is.
        mends: whether it mends noise, blur and blocks before it agrees with its input.
    """

    def __init__(self, path: Path, session: "onnxruntime.InferenceSession", facts: Mapping[str, str]) -> None:
        self.path = path
        self.facts = facts
        self.scale = int(facts["scale"])
        self.mends = facts.get("mends") == "yes"
        self._multiple = int(facts["multiple"])
        self._planes = int(facts["noise"])
        self._session = session
        self._inputs = {given.name for given in session.get_inputs()}

    @property
    def planes(self) -> int:
        """How many planes of noise it takes."""
        return self._planes

    @property
    def invents(self) -> bool:
        """Whether it draws one of many possible answers, and not what they have in common."""
        return self._planes > 0

    @property
    def framed(self) -> bool:
        """Whether it draws faces, and must know where in the face frame each pixel lies."""
        return "place" in self._inputs

    @staticmethod
    def load(name: str | os.PathLike[str]) -> "Model":
        """Loads a shipped model by its name, or any ONNX file made by `enhance export`. Loaded once per process.

        Raises:
            ModelError: no such model, or the file is not one of ours.
        """
        path = Path(name) if str(name).endswith(".onnx") else shipped.weights_of(str(name))
        if not path.is_file():
            if shipped.is_shipped(path):
                there = ", ".join(shipped.names()) or "none"
                raise ModelError(f"no model is called {name}; there are {there}, or name an .onnx file")
            raise ModelError(f"{path}: no such model file; name an .onnx file made by `enhance export`")
        return _load(path.resolve(), path.stat().st_mtime_ns)

    def __call__(
        self, lr: "Array", *, seed: int = 0, noise: "Array | None" = None, place: "Array | None" = None
    ) -> "Array":
        """Enlarges pictures.

        Args:
            lr: (N,3,h,w) float32 in [0,1], sRGB.
            seed: names one of the many possible answers; 0 is nearest to the truth on average, see `loudness`.
            noise: (N,Z,h,w) standard normal, instead of `seed`.
            place: (N,3,h,w), where in the face frame each pixel lies, see `geometry.coordinates`. None: each fills it.

        Returns:
            (N,3,scale*h,scale*w) float32 in [0,1].

        Raises:
            ModelError: lr, noise or place has another shape, lr has no pixels, or they are no floats; a seed below 0.
            MemoryError: it is too large for this machine.
        """
        import numpy as np

        from enhance.faces import crops
        from enhance.inference import sessions

        lr = np.asarray(lr)
        if lr.ndim != 4 or lr.shape[1] != 3 or 0 in lr.shape:
            raise ModelError(f"a model takes an array (N,3,h,w) with pixels in it, not {lr.shape}")
        if not np.issubdtype(lr.dtype, np.floating) or not np.isfinite(lr).all():
            raise ModelError(f"a model takes finite floats in [0,1], not {lr.dtype} or what is no number")
        count, _, height, width = lr.shape
        if noise is not None and np.shape(noise) != (count, self._planes, height, width):
            raise ModelError(f"this model takes noise {(count, self._planes, height, width)}, not {np.shape(noise)}")
        if place is None:
            place = np.broadcast_to(crops.aligned_crop(np.empty((height, width, 3), np.float32)).coordinates, lr.shape)
        if np.shape(place) != lr.shape:
            raise ModelError(f"place has the shape of the pictures, {lr.shape}, not {np.shape(place)}")
        if noise is None:
            # Every picture of a batch gets the noise that it would get alone.
            one = chance(seed).standard_normal((1, self._planes, height, width), dtype=np.float32)
            noise = np.concatenate([self.loudness(seed, there) * one for there in place])
        below, right = -height % self._multiple, -width % self._multiple
        border = ((0, 0), (0, 0), (0, below), (0, right))
        given = {
            "lr": np.pad(lr.astype(np.float32, copy=False), border, mode="edge"),
            "noise": np.pad(noise, border),
            "place": np.pad(place.astype(np.float32, copy=False), border, mode="edge"),
        }
        (hr,) = sessions.answers(self._session, ["hr"], {name: given[name] for name in self._inputs})
        clipped: Array = np.clip(hr[:, :, : height * self.scale, : width * self.scale], 0, 1)
        return clipped

    def loudness(self, seed: int, place: "Array") -> float:
        """How loud the noise is of an answer for a face whose pixels lie at place (3,h,w), see `geometry.coordinates`.

        Seed 0, the answer given unless another is asked for, keeps nearer to the middle of all answers, which is on
        average nearer to the truth, where much is made up: of a small face, and of one that is mended (the truncation
        of Brock et al., "Large scale GAN training for high fidelity natural image synthesis", ICLR 2019). In sharp
        photos the noise of a face from 32 pixels on is skin and hair, and kept in full.
        """
        import numpy as np

        if seed or not self.framed:
            return 1.0
        fine = float(place[2, 0, 0])
        return CALM_IF_MENDING if self.mends else float(np.interp(fine, (-1, 0), (CALM, 1)))


def chance(seed: int, *part: int) -> "np.random.Generator":
    """Where the noise of an answer comes from, or that of a numbered part of it.

    Raises:
        ModelError: the seed is below 0.
    """
    import numpy as np

    if seed < 0:
        raise ModelError(f"seed {seed}: seeds are whole numbers from 0 on")
    return np.random.default_rng((seed, *part) if part else seed)


def models() -> dict[str, Mapping[str, str]]:
    """The models shipped with the package: name -> what its file says of itself."""
    return {name: Model.load(name).facts for name in shipped.names()}


def face_models() -> tuple[str, ...]:
    """The names of the shipped models that draw faces: those that know the face frame."""
    return tuple(name for name in shipped.names() if name.startswith("face_"))


@lru_cache(maxsize=8)
def _load(path: Path, modified: int) -> Model:  # noqa: ARG001 - a file that changed is another file
    from enhance.inference import sessions

    try:
        session: Any = sessions.opened(str(path))
    except Exception as error:  # onnxruntime raises its own classes, which share no base but this
        raise ModelError(f"{path}: cannot be read as an ONNX model; export it again with `enhance export`") from error
    facts = dict(session.get_modelmeta().custom_metadata_map)
    missing = [key for key in REQUIRED if key not in facts]
    if missing:
        raise ModelError(
            f"{path}: says nothing of its {', '.join(missing)}; only models made by `enhance export` can be used"
        )
    return Model(path, session, facts)
