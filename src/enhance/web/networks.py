"""The networks that the service has."""

from __future__ import annotations

from typing import Any

import numpy as np

from enhance.errors import EnhanceError
from enhance.inference import shipped
from enhance.inference.model import Model
from enhance.painting.restoration import estimator
from enhance.tasks.fill.painter import FACE_FILL, PHOTO_FILL
from enhance.tasks.imagine.imagine import BIRD_MODEL
from enhance.tasks.sketch.sketch import CAT_MODEL
from enhance.tasks.translate.options import ANIMALS
from enhance.tasks.upscale.finding import find_jobs
from enhance.tasks.upscale.options import BACKGROUND_MODEL, FACE_MODEL


class NoWeightsError(EnhanceError):
    """A network that does not come with this version."""


def require_weights(name: str) -> None:
    """Refuse to draw by a network that is not there.

    Raises:
        NoWeightsError: it does not come with this version.
    """
    if not _there(name):
        raise NoWeightsError(f"{name}: there are no weights that draw it yet")


def weights() -> dict[str, dict[str, Any]]:
    """Which tasks can be done, and which of their ways."""
    return {
        "upscale": {"weights": _there(FACE_MODEL)},
        "translate": {"weights": any(map(_there, ANIMALS)), "to": [name for name in ANIMALS if _there(name)]},
        "sketch": {"weights": _there(CAT_MODEL)},
        "imagine": {"weights": _there(BIRD_MODEL)},
        "fill": {"weights": _there(FACE_FILL), "photo": _there(PHOTO_FILL)},
    }


def _there(name: str) -> bool:
    return shipped.weights_of(name).is_file()


def warm() -> None:
    """Load the networks that the first visitor would wait for.

    Raises:
        ModelError: one is missing.
    """
    find_jobs(np.full((48, 48, 3), 0.5, np.float32), None, force=False)
    estimator()
    for name in (FACE_MODEL, BACKGROUND_MODEL):
        Model.load(name)
