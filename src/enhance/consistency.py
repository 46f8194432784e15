"""What "the same photo, smaller" means here, and how a large photo is made to agree with its small one.

The downscale operator of this project is the mean of every block of `scale` x `scale` pixels.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

GRAINY = 9.0
"""Standard deviation of noise in grey levels of 255 from which a photo is taken for grainy."""
BLOCKY = 0.8
"""By which share steps at the borders of JPEG's blocks of BLOCK pixels exceed others in a photo taken for blocky."""
BLOCK = 8

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


def flaw(rgb: "Array") -> str | None:
    """What about a photo (H,W,3) in [0,1] should not be kept, in words; None if all of it may be.

    To agree with a grainy or blocky photo to the last pixel is to keep its grain and its blocks.
    """
    noise, blocks = grain(rgb), blockiness(rgb)
    if noise > GRAINY:
        return f"the photo is grainy (noise of about {noise:.0f} grey levels)"
    if blocks > BLOCKY:
        return "the photo shows JPEG blocks"
    return None


def grain(rgb: "Array") -> float:
    """Standard deviation of the noise in a photo (H,W,3), in grey levels of 255; 0 for less than 32 pixels a side.

    From the finest diagonal wavelet (Donoho and Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika
    1994), in the calmest quarter of the photo: grain is everywhere, fine detail is not.
    """
    import numpy as np

    luma = _luma(rgb)
    height, width = (side // 16 * 16 for side in luma.shape)
    if min(height, width) < 32:
        return 0.0
    luma = luma[:height, :width]
    diagonal = (luma[::2, ::2] - luma[1::2, ::2] - luma[::2, 1::2] + luma[1::2, 1::2]) / 2
    patches = np.abs(diagonal).reshape(height // 16, 8, width // 16, 8).swapaxes(1, 2).reshape(-1, 64)
    # A patch of one colour was clipped, or painted: it tells nothing of grain elsewhere.
    told = np.median(patches[patches.max(1) > 0], axis=1) if patches.any() else np.zeros(1)
    return float(np.quantile(told, 0.25) / 0.6745)


def blockiness(rgb: "Array") -> float:
    """By which share the steps between JPEG's blocks exceed those elsewhere in a photo (H,W,3).

    That of rows or of columns, whichever is less. Steps are second differences, so that slopes
    do not count; 0 for less than six blocks a side.
    """
    import numpy as np

    luma = _luma(rgb)
    if min(luma.shape) < 6 * BLOCK:
        return 0.0
    found = []
    for plane in (luma, luma.T):
        rough = np.abs(2 * np.diff(plane, axis=0)[1:-1] - np.diff(plane, axis=0)[:-2] - np.diff(plane, axis=0)[2:])
        # Row n of these is the step between rows n + 1 and n + 2.
        lines = np.minimum(rough, 30).mean(axis=1)
        border = (np.arange(len(lines)) + 2) % BLOCK == 0
        found.append(float(lines[border].mean() / max(lines[~border].mean(), 0.5) - 1))
    return min(found)


def _luma(rgb: "Array") -> "Array":
    """(H,W) in grey levels of 255."""
    import numpy as np

    return rgb @ np.array([0.299, 0.587, 0.114], np.float32) * 255
