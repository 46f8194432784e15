"""Measuring: how close, how faithful, how real, and for whom. Needs the extra `[train]`.

`evaluation.evaluate` measures weights files; `comparison.compare` measures any function.
"""

import importlib.util

from enhance.errors import EnhanceError

if missing := [package for package in ("torch", "onnx") if importlib.util.find_spec(package) is None]:
    raise EnhanceError(f"{missing[0]} is missing: pip install torch==2.13.0 'enhance[train]'")
