"""What "the same photo, smaller" means here, and how a large photo is made to agree with its small one.

The downscale operator of this project is the mean of every block of `scale` x `scale` pixels.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

GOAL = 51.0
"""LR-PSNR in dB that an enhanced photo must reach; a little over the promised 50, for the rounding to 8 bits."""


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


def resize(picture: "Array", scale: float) -> "Array":
    """Bicubic enlargement, or antialiased reduction, of (H,W,C); it may overshoot the range of values a little."""
    import numpy as np
    from PIL import Image

    height, width, channels = picture.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., c], np.float32)) for c in range(channels)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC)) for plane in planes], -1)


def back_project(hr: "Array", lr: "Array", scale: int = 4, *, goal: float = GOAL, most: int = 8) -> "Array":
    """Adds what lr has and hr, made small, has not, as smoothly as bicubic goes, until they agree to `goal` dB.

    As few passes as that takes: each makes edges a little crisper, and many would make them ring
    (Irani and Peleg, "Improving resolution by image registration", CVGIP 1991).

    Args:
        hr: (scale*h, scale*w, 3) in [0,1].
        lr: (h,w,3) in [0,1].
        most: passes to take at most.

    Returns:
        float32 in [0,1], of hr's shape.
    """
    import numpy as np

    for _ in range(most):
        if lr_psnr(hr, lr, scale) >= goal:
            break
        hr = np.clip(hr + resize(lr - downscale(hr, scale), scale), 0, 1)
    return hr.astype(np.float32)
