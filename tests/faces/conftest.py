from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    folder = SHARED / "faces" / "val256"
    if not folder.is_dir():
        pytest.skip(f"no faces at {folder}")
    with Image.open(sorted(folder.glob("aaf_*"))[100]) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)
