"""Where the models that come with the package lie: each in a folder of its name, with its card and its calibration."""

from pathlib import Path

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
DISCRIMINATOR = "discriminator.onnx"
"""What the network is called that a model had to convince, in the model's folder."""


def names() -> list[str]:
    """The names of the shipped models, sorted."""
    return sorted(folder.name for folder in WEIGHTS.iterdir() if weights_of(folder.name).is_file())


def weights_of(name: str) -> Path:
    """The ONNX file of a shipped model, if there is one of that name."""
    return WEIGHTS / name / f"{name}.onnx"


def is_shipped(path: Path) -> bool:
    """Whether a file came with the package."""
    return WEIGHTS in path.resolve().parents
