"""Made-up faces and the small networks of `tests.train`."""

from tests.train.conftest import _cache, faces, tiny

__all__ = ["_cache", "faces", "tiny"]
