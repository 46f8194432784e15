"""Perceptual distance: ST-LPIPS with AlexNet."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from enhance.inference import packaged

_WEIGHTS = "stlpips_pytorch", "weights/vST0.0/alex_shift_tolerant.pth"
_CHUNK = 8


def st_lpips(output: NDArray[np.float32], original: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance between deep features of an AlexNet that forgives shifts by a pixel, weighted by human judgement.

    Ghildyal and Liu, "Shift-tolerant perceptual similarity metric", ECCV 2022; the measure is that of Zhang et al.,
    "The unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018, on a network whose strides
    are preceded by blurs. Used to measure only: training sees another network.

    Args:
        output: (...,N,3,H,W) in [0,1].
        original: (N,3,H,W) in [0,1]; its features are computed once for all leading axes of `output`.

    Returns:
        Distance per picture, shape (...,N), 0 for equal pictures; lower looks closer.

    Raises:
        EnhanceError: the weights' package is not installed.
    """
    weights = _weights()
    rows = output.reshape(-1, *original.shape)
    distances = np.empty(rows.shape[:2])
    with torch.inference_mode():
        for start in range(0, len(original), _CHUNK):
            part = slice(start, start + _CHUNK)
            target = _features(torch.from_numpy(original[part]), weights)
            for row, values in zip(rows, distances, strict=True):
                values[part] = _distance(_features(torch.from_numpy(row[part]), weights), target, weights).numpy()
    return distances.reshape(output.shape[:-3])


def st_lpips_among(pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance between each two of some pictures (N,3,H,W) in [0,1], (N,N); features of each are computed once.

    Raises:
        EnhanceError: the weights' package is not installed.
    """
    weights = _weights()
    distances = np.zeros((len(pictures), len(pictures)))
    with torch.inference_mode():
        layers = _features(torch.from_numpy(pictures), weights)
        for n in range(len(pictures) - 1):
            one, others = ([layer[part] for layer in layers] for part in (slice(n, n + 1), slice(n + 1, None)))
            distances[n, n + 1 :] = _distance(one, others, weights).numpy()
    return distances + distances.T


@cache
def _weights() -> dict[str, Tensor]:
    state: dict[str, Tensor] = torch.load(packaged.find_in_package(*_WEIGHTS), weights_only=True, map_location="cpu")
    return state


def _features(pictures: Tensor, weights: dict[str, Tensor]) -> list[Tensor]:
    """The five rectified layers, each scaled to unit length over its channels."""

    def conv(x: Tensor, name: str, padding: int) -> Tensor:
        return functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=padding)

    def halve(x: Tensor, name: str) -> Tensor:
        """Blur before the stride, so that what falls between samples is not lost; the padding is part of the paper."""
        kernel = weights[f"{name}.filt"]
        return functional.conv2d(functional.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, stride=2, groups=len(kernel))

    x = (2 * pictures - 1 - weights["scaling_layer.shift"]) / weights["scaling_layer.scale"]
    first = functional.relu(halve(conv(x, "net.slice1.0", padding=2), "net.slice1.1"))
    second = functional.relu(conv(halve(functional.max_pool2d(first, 3, 1), "net.slice2.4"), "net.slice2.5", padding=2))
    third = functional.relu(conv(halve(functional.max_pool2d(second, 3, 1), "net.slice3.8"), "net.slice3.9", padding=1))
    fourth = functional.relu(conv(third, "net.slice4.11", padding=1))
    fifth = functional.relu(conv(fourth, "net.slice5.13", padding=1))
    return [functional.normalize(layer, dim=1, eps=1e-10) for layer in (first, second, third, fourth, fifth)]


def _distance(a: list[Tensor], b: list[Tensor], weights: dict[str, Tensor]) -> Tensor:
    layers = [
        functional.conv2d((one - other) ** 2, weights[f"lin{index}.model.1.weight"]).mean(dim=(1, 2, 3))
        for index, (one, other) in enumerate(zip(a, b, strict=True))
    ]
    return torch.stack(layers).sum(dim=0)
