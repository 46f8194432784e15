"""Where the models that come with the package lie: each in a folder of its name, with its card and its calibration."""

from pathlib import Path

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
DISCRIMINATOR = "discriminator.onnx"
"""What the network is called that a model had to convince, in the model's folder."""

PURPOSE = "purpose.txt"
"""One line in the model's folder that says what it is for."""


def names() -> list[str]:
    """The names of the shipped models, sorted."""
    return sorted(folder.name for folder in WEIGHTS.iterdir() if weights_of(folder.name).is_file())


def weights_of(name: str) -> Path:
    """The ONNX file of a shipped model, if there is one of that name."""
    return WEIGHTS / name / f"{name}.onnx"


def purpose(name: str) -> str:
    """What a shipped model is for, in one line; empty if its folder does not say."""
    path = WEIGHTS / name / PURPOSE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def is_shipped(path: Path) -> bool:
    """Whether a file came with the package."""
    return WEIGHTS in path.resolve().parents
