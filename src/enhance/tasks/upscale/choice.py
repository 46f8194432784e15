"""What suits a photo: whether it is restored, which models draw it, and whether its result is held to every pixel of
it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from enhance.faces.crops import FaceCrop
from enhance.inference.model import Model
from enhance.inference.shipped import is_shipped
from enhance.painting.restoration import Defects, measure, restore, restorer
from enhance.photos import defects
from enhance.photos.photo import Photo
from enhance.pixels import to_integers
from enhance.tasks.upscale.options import (
    AUTO,
    BACKGROUND_MODEL,
    BICUBIC,
    FACE_MODEL,
    LINEUP_MODEL,
    RESTORATION_LINEUP_MODEL,
    RESTORATION_MODEL,
    RESTORED_BACKGROUND_MODEL,
    SCALE,
    TWICE_RESTORED_BACKGROUND_MODEL,
    UpscaleOptions,
)

_Details = tuple[tuple[Model, float], ...]

PLAINLY_BAD = 1.0
"""From which amount of defects on faces are restored, too, and free of consistency."""
ROUGH = 7.0
"""Noise in grey levels from which a network that was never shown noise draws worms of it, where bicubic only blurs."""
LARGER, TWICE = 1.25, 2.0
"""How many times larger a photo is from which on all that was lost is drawn, at 1 nothing; and up to which it is drawn
for twice the size, at SCALE for four times."""
INVENTED = 0.8
"""Share of what is drawn for twice the size, beside what invents nothing: with less of it photos are nearer to the true
ones and no less real to a judge of sets, and none changes suddenly where its defects begin to count."""
LEFT = 0.2
"""Share of the noise that a restored face still has, as grain that is no detail of it: in a portrait made worse in
twenty steps, faces whose detail had drowned were taken for sharp ones without this."""


@dataclass(frozen=True)
class Choice:
    """How a photo is enlarged.

    Attributes:
        clean: the photo without the defects that were measured: this is what is enlarged.
        restorer: what removed them; None if there was nothing to remove.
        grain: standard deviation of what the noise has left in it, in [0,1], about.
        defect: what about the photo should not be kept, in words; None if all of it may be.
        consistent: whether the result, made smaller, must equal the photo.
        background: draws what is not a face; None for bicubic, and for a photo that is not enlarged.
        details: what draw the same with what the photo's defects have cost it, and how much each counts, in [0,1].
    """

    clean: Photo
    restorer: Model | None
    grain: float
    defect: str | None
    consistent: bool
    background: Model | None
    details: _Details = ()

    @property
    def restores(self) -> bool:
        """Whether faces are restored, not only enlarged."""
        return self.defect is not None and not self.consistent


def choose(
    photo: Photo,
    options: UpscaleOptions,
    known: Defects | None = None,
    progress: Callable[[float], object] | None = None,
) -> tuple[Choice, NDArray[np.float32]]:
    """Choose what suits a photo, as far as the options leave it open.

    A photo of which every pixel must be kept is not restored.

    Args:
        known: its defects, if they need not be measured: a video is restored alike from frame to frame.
        progress: receives the fraction of it that is restored.

    Returns:
        The choice, and the restored photo (H,W,3) in [0,1] before it is rounded.

    Raises:
        ModelError: there is no such model.
    """
    rgb = photo.rgb
    measured = measure(rgb) if known is None else known
    clean, used = photo, None
    strength = 0.0 if options.consistent and known is None else options.strength
    if strength:
        restored = restore(rgb, measured, strength, progress)
        if restored is not rgb:
            clean, used = replace(photo, pixels=to_integers(restored, photo.pixels.dtype)), restorer()
            rgb = restored
    defect = measured.words() if measured.amount >= PLAINLY_BAD else None
    consistent = defect is None if options.consistent is None else options.consistent
    grain = 0.0 if used is None else LEFT * strength * measured.noise / 255
    return Choice(clean, used, grain, defect, consistent, *_background(options, measured, strength)), rgb


def _background(options: UpscaleOptions, measured: Defects, strength: float) -> tuple[Model | None, _Details]:
    """What draws the rest of a photo of which so much of the measured defects was taken out: `background` and `details`
    of `Choice`."""
    asked, scale = options.background, options.scale
    too_rough = not strength and asked in (AUTO, BACKGROUND_MODEL) and measured.noise > ROUGH
    if scale == 1 or asked == BICUBIC or too_rough:
        return None, ()
    if asked != AUTO:
        return Model.load(asked), ()
    lost = measured.times(strength).lost * min((scale - 1) / (LARGER - 1), 1.0) * (1 - options.fidelity)
    large = float(np.clip((scale - TWICE) / (SCALE - TWICE), 0, 1))
    twice = INVENTED * lost * (1 - large)
    shares = {
        BACKGROUND_MODEL: 1 - twice - lost * large,
        TWICE_RESTORED_BACKGROUND_MODEL: twice,
        RESTORED_BACKGROUND_MODEL: lost * large,
    }
    (first, _), *details = ((Model.load(name), share) for name, share in shares.items() if share > 0)
    return first, tuple(details)


def face_model(
    model: str | os.PathLike[str] | Model | None, crops: Sequence[FaceCrop], *, restores: bool
) -> tuple[Model, str | None]:
    """The model that draws faces, and the reason for it, where that is for the user to know.

    Args:
        model: None for what suits.
        crops: the faces.
        restores: whether all of the photo is to be restored.

    Raises:
        ModelError: there is no such model.
    """
    if model is not None:
        return model if isinstance(model, Model) else Model.load(model), None
    blurred = sum(defects.is_blurred(crop.lr, crop.size) for crop in map(FaceCrop.reduced, crops))
    reason = f"blurred faces: drawn by {RESTORATION_MODEL}" if 2 * blurred > len(crops) and not restores else None
    return Model.load(RESTORATION_MODEL if restores or reason else FACE_MODEL), reason


def lineup_models(model: Model) -> tuple[Model | None, Model]:
    """What draws further answers beside one of a model: what restores a bad face in several ways for them to be drawn
    from, if anything does, and what draws them. It is those that were taught to, where there are any.

    Raises:
        ModelError: they are not there.
    """
    if not is_shipped(model.path):
        return None, model
    if model.facts.name == RESTORATION_MODEL:
        return Model.load(RESTORATION_LINEUP_MODEL), Model.load(LINEUP_MODEL)
    return None, Model.load(LINEUP_MODEL) if model.facts.name == FACE_MODEL else model
