"""LPIPS proper, when the user has its package and AlexNet's weights."""

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_PACKAGE = "lpips"
_WEIGHTS = "alexnet-owt-7be5be79.pth"
MISSING = f"LPIPS left out: it needs `pip install lpips` and {_WEIGHTS} in torch's hub folder"


def available() -> bool:
    """Whether the network is here already; it is never downloaded."""
    weights = Path(torch.hub.get_dir()) / "checkpoints" / _WEIGHTS
    return importlib.util.find_spec(_PACKAGE) is not None and weights.is_file()


def lpips(output: NDArray[np.float32], original: NDArray[np.float32]) -> NDArray[np.float64]:
    """LPIPS 0.1 with AlexNet (Zhang et al., CVPR 2018), shape (...,N); only where `available()`.

    Args:
        output: (...,N,3,H,W) in [0,1].
        original: (N,3,H,W) in [0,1].
    """
    rows = output.reshape(-1, *original.shape)
    with torch.inference_mode():
        target = torch.from_numpy(original)
        distances = [_network()(torch.from_numpy(row), target, normalize=True).flatten() for row in rows]
    return torch.stack(distances).double().numpy().reshape(output.shape[:-3])


@cache
def _network() -> Any:
    return importlib.import_module(_PACKAGE).LPIPS(net="alex", verbose=False).eval()
