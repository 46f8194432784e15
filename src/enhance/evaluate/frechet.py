"""FID proper, when the user has its Inception network; never with another network under its name."""

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_PACKAGE = "pytorch_fid"
_WEIGHTS = "pt_inception-2015-12-05-6726825d.pth"
MISSING = f"FID left out: it needs `pip install pytorch-fid` and {_WEIGHTS} in torch's hub folder"


def available() -> bool:
    """Whether the network is here already; it is never downloaded."""
    weights = Path(torch.hub.get_dir()) / "checkpoints" / _WEIGHTS
    return importlib.util.find_spec(_PACKAGE) is not None and weights.is_file()


def frechet(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Frechet distance of two normal distributions fitted to features, and nan: it has no simple standard error.

    Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", NeurIPS 2017.
    Biased upwards for few pictures: compare only values of the same number of pictures.

    Args:
        x, y: features (n,d).
    """
    cov_x, cov_y = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (x, y))
    # The eigenvalues of a product of two covariances are real and not negative but for rounding.
    cross = np.sqrt(np.maximum(np.linalg.eigvals(cov_x @ cov_y).real, 0)).sum()
    means = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    return float(means + np.trace(cov_x) + np.trace(cov_y) - 2 * cross), float("nan")


def inception_features(pictures: NDArray[np.float32]) -> NDArray[np.float64]:
    """Inception's pooled features (N,2048) of pictures (N,3,H,W) in [0,1]; only where `available()`."""
    with torch.inference_mode():
        chunks = [_network()(torch.from_numpy(pictures[i : i + 16]))[0] for i in range(0, len(pictures), 16)]
    return torch.cat(chunks).flatten(1).double().numpy()


@cache
def _network() -> Any:
    return importlib.import_module(f"{_PACKAGE}.inception").InceptionV3([3]).eval()
