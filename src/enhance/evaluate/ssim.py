"""Structural similarity on luma."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from enhance.pixels import LUMA

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2


def ssim(output: NDArray[np.float32], original: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean SSIM of the BT.601 luma, with the paper's Gaussian window of 11 pixels and sigma 1.5.

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity",
    IEEE TIP 2004, equation 13. Only windows that lie wholly inside the picture count, as in the authors' code.

    Args:
        output, original: (...,3,H,W) in [0,1], H and W at least 11; leading axes broadcast.

    Returns:
        Similarity per picture in [-1,1], shape (...); 1 is equal.
    """
    x, y = np.broadcast_arrays(output, original)
    a, b = _luma(x), _luma(y)
    moments = torch.cat([_blur(picture) for picture in (a, b, a * a, b * b, a * b)], dim=1)
    mean_a, mean_b, aa, bb, ab = moments.unbind(dim=1)
    var_a, var_b, cov = aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b
    similarity = (2 * mean_a * mean_b + _C1) * (2 * cov + _C2)
    similarity = similarity / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))
    return similarity.mean(dim=(-2, -1)).numpy().reshape(x.shape[:-3])


def _luma(pictures: NDArray[np.float32]) -> Tensor:
    """(...,3,H,W) -> (N,1,H,W) float64: variances of flat regions cancel badly in float32."""
    flat = torch.from_numpy(np.ascontiguousarray(pictures, dtype=np.float64)).reshape(-1, *pictures.shape[-3:])
    return torch.einsum("nchw,c->nhw", flat, torch.tensor(LUMA, dtype=torch.float64)).unsqueeze(1)


def _blur(pictures: Tensor) -> Tensor:
    offsets = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    kernel = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    kernel = kernel / kernel.sum()
    return functional.conv2d(functional.conv2d(pictures, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))
