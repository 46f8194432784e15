"""What can be asked of `upscale`: each option once, for Python, the command line, the service, videos and manifests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from enhance.files import sha256
from enhance.options import option, options_of

if TYPE_CHECKING:
    from enhance.inference.model import Model

FACE_MODEL = "face_x4_gan"
LINEUP_MODEL = "face_x4_lineup"
"""The model for several answers, which it draws as far apart as the truth is from them."""
RESTORATION_MODEL = "face_x4_grainy"
"""The model for blurred faces, and for grainy and blocky photos, which restores them. None asked for: one of these."""
RESTORATION_LINEUP_MODEL = "face_x4_grainy_lineup"
"""The same for several answers: it restores a face in as many ways, and each is drawn by `LINEUP_MODEL`."""
BACKGROUND_MODEL = "photo_x4_pixel"
"""The model for what is not a face."""
RESTORED_BACKGROUND_MODEL = "photo_x4_grainy"
"""The same, for photos that were bad and are restored: it draws what was lost."""
TWICE_RESTORED_BACKGROUND_MODEL = "photo_x2_grainy"
"""The same, for those that are made twice as large, where most of what is seen is as fine as the photo itself."""
BICUBIC = "bicubic"
"""Instead of a model's name: none."""
AUTO = "auto"
"""Instead of a model's name: what suits the photo."""
SCALE = 4
"""How many times larger the models that suit draw."""
MOST_PIXELS = 1_000_000_000
"""Of a result, unless more are allowed: it takes 3 GB, and as much again while it is written."""
MEMORY = 512
"""Megabytes for the parts of a photo that are being worked on, besides the photo itself and what is made of it."""


@dataclass(frozen=True, kw_only=True)
class FaceOptions:
    """How faces are drawn. A `model` that was loaded already may be given, too."""

    model: str | os.PathLike[str] | Model | None = option(
        None,
        "A shipped model, or an .onnx file.",
        kind=str,
        unset="face_x4_gan; for bad photos face_x4_grainy",
        unset_over_http="auto",
    )
    seed: int = option(0, "One of many possible answers; 0 is nearest on average.", least=0, most_over_http=2**31 - 1)
    aligned: bool = option(False, "The picture is a face in the frame already: redraw all of it.")
    force: bool = option(False, "Redraw also what is not a face.")


@dataclass(frozen=True, kw_only=True)
class UpscaleOptions(FaceOptions):
    """How a photo is enlarged."""

    scale: float = option(4.0, "How many times larger; 1 only restores.", least=1, most=16, most_over_http=8)
    background: str = option(
        AUTO,
        "For what is not a face: a model (photo_x4 is crisper, and invents textures), bicubic, or auto: photo_x4_pixel,"
        " and for bad photos photo_x2_grainy and photo_x4_grainy.",
        flag="--rest",
        choices_over_http=(
            AUTO,
            BACKGROUND_MODEL,
            TWICE_RESTORED_BACKGROUND_MODEL,
            RESTORED_BACKGROUND_MODEL,
            "photo_x4",
            BICUBIC,
        ),
    )
    strength: float = option(
        1.0, "How much of the measured noise, blocks and blur is taken out: 0 nothing, above 1 more.", least=0, most=2
    )
    faces: str = option(
        "all",
        "Which are redrawn: all, none, the largest, or numbers such as 1,3; 1 is the largest.",
        pattern=r"all|none|largest|[1-9]\d{0,3}(,[1-9]\d{0,3})*",
        form="all, none, largest, or numbers such as 1,3",
    )
    fidelity: float = option(
        0.0, "How far a face's own pixels outweigh what is invented: 0 not at all; 1 invents nothing.", least=0, most=1
    )
    consistent: bool | None = option(
        None,
        "Made small again, the answer is the input.",
        kind=bool,
        flag="--consistency",
        unset="unless that is grainy, blocky or blurred",
        unset_over_http="auto",
    )

    def of_frames(self) -> UpscaleOptions:
        """The same for pictures that follow each other: detail that is invented anew in each would flicker."""
        return replace(self, background=BACKGROUND_MODEL) if self.background == AUTO else self

    @property
    def face_numbers(self) -> tuple[int, ...] | None:
        """The faces that are to be redrawn, 1 being the largest; None for all."""
        if self.faces == "none" or self.fidelity == 1:
            return ()
        if self.faces == "all":
            return None
        return (1,) if self.faces == "largest" else tuple(int(number) for number in self.faces.split(","))

    def fingerprint(self) -> str:
        """All that a result depends on besides the photo, as JSON: the options, and of models their content.

        Raises:
            ModelError: there is no such model.
        """
        values: dict[str, Any] = {name: getattr(self, name) for name in options_of(type(self))}
        values |= {"scale": float(self.scale), "seed": int(self.seed), "fidelity": float(self.fidelity)}
        values["model"] = self.model_digests()
        if self.background != BICUBIC:
            usual = BACKGROUND_MODEL, TWICE_RESTORED_BACKGROUND_MODEL, RESTORED_BACKGROUND_MODEL
            chosen = usual if self.background == AUTO else (self.background,)
            values["background"] = [_digest(one) for one in chosen]
        if self.strength:
            from enhance.painting import restoration

            values["restorer"] = [sha256(path) for path in restoration.weight_files()]
        return json.dumps(values, sort_keys=True)

    def model_digests(self) -> list[str]:
        """The SHA-256 of the files of weights that may draw the faces."""
        return [_digest(one) for one in ((FACE_MODEL, RESTORATION_MODEL) if self.model is None else (self.model,))]


@dataclass(frozen=True, kw_only=True)
class LineupOptions(FaceOptions):
    """Which face is drawn several times."""

    n: int = option(8, "How many answers.", flag="-n", least=2, most=32, most_over_http=16)
    model: str | os.PathLike[str] | Model | None = option(
        None,
        "A shipped model, or an .onnx file.",
        kind=str,
        unset="face_x4_lineup; face_x4_grainy for a blurred face",
        unset_over_http="auto",
    )
    seed: int = option(0, "Of the first answer; the others have those that follow.", least=0, most_over_http=2**31 - 1)
    face: int = option(1, "Which face, 1 being the largest.", least=1, most_over_http=99)


def _digest(model: str | os.PathLike[str] | Model) -> str:
    from enhance.inference.model import Model

    return sha256((model if isinstance(model, Model) else Model.load(model)).path)
