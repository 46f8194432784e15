"""Made-up faces and the made-up model of `tests.evaluate`."""

from tests.evaluate.conftest import folder, nearest

__all__ = ["folder", "nearest"]
