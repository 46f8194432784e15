"""A Ray cluster, joined by what gives it work: batches of photos, and training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from enhance.errors import EnhanceError


@contextmanager
def ray_cluster(address: str | None, local: Mapping[str, Any], **settings: Any) -> Iterator[Any]:
    """Connect to a cluster, give the module `ray`, and disconnect at the end.

    Args:
        address: HOST:PORT of the cluster's head, or "auto". None: one of this machine is started, and ended again.
        local: options of `ray.init` for a cluster of this machine.
        settings: its options in both cases.

    Raises:
        EnhanceError: Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to its makers
    try:
        import ray
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[ray]'") from error
    try:
        ray.init(**({"address": "local", **local} if address is None else {"address": address}), **settings)
    except (ConnectionError, ValueError) as error:
        what = "no Ray cluster answers; start one with `ray start --head`, or leave --address out"
        raise EnhanceError(f"{address}: {what}") from error
    try:
        yield ray
    finally:
        ray.shutdown()
