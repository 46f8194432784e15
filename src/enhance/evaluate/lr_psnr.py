"""Does the output still say what the input said? PSNR of the downscaled output against the input."""

import numpy as np
from numpy.typing import NDArray

from enhance.evaluate.psnr import psnr
from enhance.painting import consistency


def lr_psnr(output: NDArray[np.float32], lr: NDArray[np.float32]) -> NDArray[np.float64]:
    """PSNR between the downscaled output and the small picture it was made from, both in [0,1].

    The measure of NTIRE's "learning the super-resolution space" challenge (Lugmayr et al. 2022), which asks for
    45 dB. Rounding the output to 8 bits alone limits it to about 71 dB.

    Args:
        output: (...,3,H,W).
        lr: (...,3,h,w) with H a multiple of h; leading axes broadcast.

    Returns:
        dB per picture, shape (...); higher is more faithful.
    """
    scale = output.shape[-1] // lr.shape[-1]
    pictures = np.moveaxis(output.reshape(-1, *output.shape[-3:]), 1, -1)
    small = np.stack([consistency.downscale(picture, scale) for picture in pictures])
    return psnr(np.moveaxis(small, -1, 1).reshape(*output.shape[:-2], *lr.shape[-2:]), lr)
