"""Photos four times larger, with every face in them redrawn by a small generative adversarial network."""

import os
from typing import TYPE_CHECKING, Any

# ONNX Runtime reports to its makers what it runs, and leaves a number in the user's home to be known by. Nothing is
# sent anywhere from here: so it is told not to, before it is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# The functions, at once: were the modules of the same names imported later, they would take the functions' place.
# They import nothing heavy until they are called.
from enhance.lineup import lineup
from enhance.upscale import upscale

if TYPE_CHECKING:
    from enhance.model import Model, models

    __version__: str

__all__ = ["Model", "__version__", "lineup", "models", "upscale"]


def __getattr__(name: str) -> Any:
    if name in ("Model", "models"):
        from enhance import model

        return getattr(model, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("enhance")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
