"""The VGG16 of ST-LPIPS, for a perceptual loss by human judgement (Ghildyal and Liu, "Shift-tolerant perceptual
similarity metric", ECCV 2022; Simonyan and Zisserman, ICLR 2015).

Ten times as dear as SqueezeNet, and worth it for a last stage: its strides are preceded by blurs, so that an edge
that lies beside its place is not another edge, and its channels are weighted by what people see. It only trains:
what was drawn is measured by the AlexNet of `evaluate.st_lpips`, which no generator here was ever taught to please.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.inference import packaged

_WEIGHTS = "stlpips_pytorch", "weights/vST0.0/vgg_shift_tolerant.pth"
SLICES = ((0, 2), (6, 8), (12, 14, 16), (20, 22, 24), (28, 30, 32))
"""The names that the file gives the convolutions of each resolution; all but the first begin with a halving."""


class VGG(nn.Module):
    """A frozen VGG16 that returns its features at five depths.

    Raises:
        EnhanceError: the package with the weights is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = torch.load(packaged.find_in_package(*_WEIGHTS), weights_only=True, map_location="cpu")
        self.slices = nn.ModuleList()
        for depth, names in enumerate(SLICES, 1):
            layers = nn.ModuleList()
            for name in names:
                weight, bias = (weights[f"net.slice{depth}.{name}.{part}"] for part in ("weight", "bias"))
                layers.append(nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1))
                layers[-1].load_state_dict({"weight": weight, "bias": bias})
            self.slices.append(layers)
            # Distances are of squares, weighted: of lengths, the weights' roots.
            self.register_buffer(f"counts{depth}", weights[f"lin{depth - 1}.model.1.weight"].clamp(min=0).sqrt())
        self.register_buffer("shift", weights["scaling_layer.shift"])
        self.register_buffer("spread", weights["scaling_layer.scale"])
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """rgb (N,3,H,W) in [0,1] to features at 1/1 to 1/16 of the resolution, each of unit length in every pixel and
        then weighted by how much its channels count; see `losses.feature_distance`."""
        x = (2 * rgb - 1 - cast(Tensor, self.shift)) / cast(Tensor, self.spread)
        taken = []
        for depth, layers in enumerate(self.slices, 1):
            x = x if depth == 1 else self._halved(x)
            for layer in cast(nn.ModuleList, layers):
                x = functional.relu(layer(x))
            taken.append(functional.normalize(x.float(), dim=1, eps=1e-6) * getattr(self, f"counts{depth}"))
        return taken

    @staticmethod
    def _halved(x: Tensor) -> Tensor:
        x = functional.pad(functional.max_pool2d(x, 2, 1), (2, 2, 2, 2), mode="reflect")
        # Two means of two are the paper's blur by 1, 2, 1: a convolution would do it channel by channel, and slowly.
        return functional.avg_pool2d(functional.avg_pool2d(x, 2, 1), 2, 2)
