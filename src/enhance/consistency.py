"""What "the same photo, smaller" means here, and how a large photo is made to agree with its small one.

The downscale operator of this project is the mean of every block of `scale` x `scale` pixels.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]


def downscale(hr: "Array", scale: int = 4) -> "Array":
    """Block means of hr (H,W,C); H and W are multiples of scale. Returns (H/scale, W/scale, C)."""
    height, width, channels = hr.shape
    blocks = hr.reshape(height // scale, scale, width // scale, scale, channels)
    means: Array = blocks.mean((1, 3), dtype=hr.dtype)
    return means


def lr_psnr(hr: "Array", lr: "Array", scale: int = 4) -> float:
    """How well hr (H,W,3) agrees with lr (h,w,3), both in [0,1]: PSNR in dB between downscale(hr) and lr."""
    import numpy as np

    error = float(np.mean((downscale(hr, scale).astype(np.float64) - lr) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def enlarge(lr: "Array", scale: int = 4) -> "Array":
    """Bilinear enlargement of lr (h,w,C) to (scale*h, scale*w, C), as the networks' graphs do it."""
    import numpy as np

    for axis in (0, 1):
        length = lr.shape[axis]
        at = np.clip((np.arange(length * scale) + 0.5) / scale - 0.5, 0, length - 1)
        low = np.floor(at).astype(int)
        share = (at - low).astype(lr.dtype)
        share = share[:, None, None] if axis == 0 else share[None, :, None]
        first = np.take(lr, low, axis)
        lr = first + (np.take(lr, np.minimum(low + 1, length - 1), axis) - first) * share
    return lr


def project(hr: "Array", lr: "Array", scale: int = 4) -> "Array":
    """The picture near hr whose block means are lr: smooth first, block by block only for what is left.

    The same mathematics, with the same reasons, as in `train.networks.projection` (Bahat & Michaeli,
    "Explorable Super Resolution", CVPR 2020). Clips to [0,1] in between, so that bright edges stay true after it.

    Args:
        hr: (4h,4w,3) in [0,1].
        lr: (h,w,3) in [0,1].

    Returns:
        (4h,4w,3) float32 in [0,1].
    """
    import numpy as np

    for _ in range(2):
        hr = np.clip(hr + enlarge(_unblur(lr - downscale(hr, scale)), scale), 0, 1)
    hr = hr + np.repeat(np.repeat(lr - downscale(hr, scale), scale, 0), scale, 1)
    projected: Array = np.clip(hr, 0, 1, dtype=np.float32)
    return projected


def _unblur(residual: "Array") -> "Array":
    import numpy as np

    ratio = 8**0.5 - 3
    taps = np.array([ratio ** abs(n) for n in range(-2, 3)])
    taps /= taps.sum()
    height, width = residual.shape[:2]
    padded = np.pad(residual, ((2, 2), (2, 2), (0, 0)), mode="edge")
    rows = np.add.reduce([float(tap) * padded[n : n + height] for n, tap in enumerate(taps)])
    return np.add.reduce([float(tap) * rows[:, n : n + width] for n, tap in enumerate(taps)])
