"""Photos four times larger, with every face in them redrawn by a small generative adversarial network."""

from __future__ import annotations

import os
from importlib import import_module

# ONNX Runtime reports to its makers what it runs, and leaves a number in the user's home to be known by. Nothing is
# sent anywhere from here: so it is told not to, before it is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

TYPE_CHECKING = False
"""As of `typing`, which imports much: who interrupts the command line meanwhile would be shown a traceback."""

if TYPE_CHECKING:
    from typing import Any

    from enhance.honesty.lineup import lineup
    from enhance.inference.model import Model, models
    from enhance.tasks.fill.fill import fill
    from enhance.tasks.imagine.imagine import imagine
    from enhance.tasks.sketch.sketch import sketch
    from enhance.tasks.translate.translate import translate
    from enhance.tasks.upscale.enhance import upscale

    __version__: str

__all__ = ["Model", "__version__", "fill", "imagine", "lineup", "models", "sketch", "translate", "upscale"]


MODULES = {
    "Model": "enhance.inference.model",
    "fill": "enhance.tasks.fill.fill",
    "imagine": "enhance.tasks.imagine.imagine",
    "lineup": "enhance.honesty.lineup",
    "models": "enhance.inference.model",
    "sketch": "enhance.tasks.sketch.sketch",
    "translate": "enhance.tasks.translate.translate",
    "upscale": "enhance.tasks.upscale.enhance",
}
"""Public name -> the module that has it, imported when the name is first asked for."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return getattr(import_module(MODULES[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("enhance")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
