"""Made-up faces, the made-up model of `tests.evaluate` and the small networks of `tests.train`."""

from tests.evaluate.conftest import folder, nearest
from tests.train.conftest import _cache, faces, photographs, tiny

__all__ = ["_cache", "faces", "folder", "nearest", "photographs", "tiny"]
