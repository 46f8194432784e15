"""Is it still the same person? Cosine between face embeddings."""

import numpy as np
from numpy.typing import NDArray

from enhance.faces.recognition import embed
from enhance.pixels import Box


def identity(
    output: NDArray[np.float32], original: NDArray[np.float32], box: Box = (0, 0, 1, 1)
) -> NDArray[np.float64]:
    """Cosine of the SFace embeddings of output and original.

    Args:
        output, original: (...,3,H,W) in [0,1]; leading axes broadcast.
        box: left, top, right, bottom of what the pictures show, as fractions of the face frame.

    Returns:
        Cosine per picture in [-1,1], shape (...); higher is more alike. See `enhance.faces.recognition.SAME`.
    """
    return np.asarray((embed(output, box) * embed(original, box)).sum(axis=-1))
