"""SqueezeNet 1.1 features, for a cheap perceptual loss (Iandola et al., 2016; Johnson et al., ECCV 2016).

The ImageNet weights come inside the package `ndf` as a pickle of numpy arrays, which is read by an unpickler that
can build nothing else.
"""

import pickle
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.inference import packaged

_FIRES = ("fire2", "fire3", "fire4", "fire5", "fire6", "fire7", "fire8", "fire9")
POOLED_BEFORE = {"fire2", "fire4", "fire6"}
MEAN_BGR = (103.939, 116.779, 123.68)


class SqueezeNet(nn.Module):
    """A frozen SqueezeNet that returns its features at three depths, or at a fourth as well.

    Args:
        deep: whether to go on to fire9, where it knows things more than edges.
        top: layers after those, which `forward` does not use.
    """

    def __init__(self, *, deep: bool = False, top: Sequence[str] = ()) -> None:
        super().__init__()
        self.fires = _FIRES if deep else _FIRES[:4]
        arrays = read_weights((*self.fires, *top))
        self.layers = nn.ModuleDict({name.replace("/", "_"): _convolution(*pair) for name, pair in arrays.items()})
        self.register_buffer("mean", torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """rgb (N,3,H,W) in [0,1] to features after conv1, fire3, fire5 (and fire9), each of unit length in every
        pixel."""
        return [functional.normalize(x.float(), dim=1, eps=1e-6) for x in self._taken(rgb)]

    def _taken(self, rgb: Tensor) -> list[Tensor]:
        x = functional.relu(self.layers["conv1"](rgb.flip(1) * 255 - cast(Tensor, self.mean)))
        taken = [x]
        for name in self.fires:
            if name in POOLED_BEFORE:
                x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
            squeezed = functional.relu(self.layers[f"{name}_squeeze1x1"](x))
            x = torch.cat([self.layers[f"{name}_expand1x1"](squeezed), self.layers[f"{name}_expand3x3"](squeezed)], 1)
            x = functional.relu(x)
            if name in ("fire3", "fire5", "fire9"):
                taken.append(x)
        return taken


class Classifier(SqueezeNet):
    """SqueezeNet whole: what it takes a picture for."""

    def __init__(self) -> None:
        super().__init__(deep=True, top=("conv10",))

    def forward(self, rgb: Tensor) -> Tensor:  # type: ignore[override]  # classes, not features
        """rgb (N,3,H,W) in [0,1], 224 pixels a side as a rule, to probabilities (N,1000) of ImageNet's classes."""
        return functional.relu(self.layers["conv10"](self._taken(rgb)[-1])).mean((2, 3)).softmax(1)


def read_weights(fires: Sequence[str] = _FIRES[:4]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Layer name to kernel (h,w,in,out) and bias (out), as the package `ndf` carries them.

    Args:
        fires: the modules to read beside the first convolution; "conv10" is the last one, which tells classes.

    Raises:
        EnhanceError: the package is not installed.
    """
    path = packaged.find_in_package("ndf", "example_models/weights/squeezenet_weights.pkl")
    with path.open("rb") as file:
        weights = _ArraysOnly(file, encoding="latin1").load()
    return {
        name: (pair[0], pair[1]) for name, pair in weights.items() if name == "conv1" or name.startswith(tuple(fires))
    }


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "numpy.core.multiarray" and name == "_reconstruct":
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        if module == "numpy" and name in ("dtype", "ndarray"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not an array")


def _convolution(kernel: np.ndarray, bias: np.ndarray) -> nn.Conv2d:
    height, _, inputs, outputs = kernel.shape
    layer = nn.Conv2d(inputs, outputs, height, stride=2 if inputs == 3 else 1, padding=height // 2)
    layer.weight.data = torch.from_numpy(kernel.astype(np.float32).transpose(3, 2, 0, 1).copy())
    layer.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32).ravel().copy()))
    return layer
