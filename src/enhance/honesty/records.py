"""What was measured of a file of weights, as JSON beside it; it counts for these very weights alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enhance.errors import ModelError
from enhance.files import sha256


def record_of(weights: Path, path: Path) -> Mapping[str, Any] | None:
    """Read the record of a file of weights; None if there is none, or if the weights have changed since.

    Args:
        path: the record, whose `sha256` is that of the weights.

    Raises:
        ModelError: the record is unreadable.
    """
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return record if record["sha256"] == sha256(weights) else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read; remove it, or measure {weights.name} again") from error
