"""Processes that teach one network together, on the machines of a Ray cluster: started there as `torchrun` would.

Ray finds the places and keeps them; what the processes tell each other goes past it, as in `train.distributed`.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from enhance.cluster import ray_cluster
from enhance.errors import TrainingError


class Member:
    """An actor that runs one of the processes, and ends with it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def place(self) -> tuple[str, str, int]:
        """Which machine this is, by its number and its address, and a port that is free there."""
        import ray

        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        return ray.get_runtime_context().get_node_id(), ray.util.get_node_ip_address(), port

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """The exit code of a command in the environment of this machine and what is added to it."""
        self._process = subprocess.Popen(list(command), env={**os.environ, **environment})
        return self._process.wait()

    def stop(self) -> None:
        """Ask the process to save what it has, and to end."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()


def launched(workers: int, command: Sequence[str], address: str | None = None) -> int:
    """Run a command in so many processes that meet each other, with a GPU each where there are any; the first exit
    code that is not 0.

    When one fails, or its machine is lost, the others are asked to end; so they are by Ctrl-C.

    Args:
        address: HOST:PORT of the head of a cluster, or "auto". None: one of this machine is started for the time being.

    Raises:
        EnhanceError: Ray is not installed, or no cluster answers.
        TrainingError: it has no room for so many.
    """
    with ray_cluster(address, {"include_dashboard": False}, logging_level="ERROR") as ray:
        return _run(ray, workers, command)


def _run(ray: Any, workers: int, command: Sequence[str]) -> int:
    available = ray.cluster_resources()
    kind = "GPU" if available.get("GPU") else "CPU"
    if available.get(kind, 0) < workers:
        raise TrainingError(
            f"the cluster has {int(available.get(kind, 0))} {kind}s, not {workers}; use fewer --workers"
        )
    resources = {"num_cpus": 1, "num_gpus": int(kind == "GPU")}
    # One thread of each runs the process, and another can stop it.
    actors = [ray.remote(Member).options(max_concurrency=2, **resources).remote() for _ in range(workers)]
    places = ray.get([actor.place.remote() for actor in actors])
    _, host, port = places[0]
    ranks: Counter[str] = Counter()
    every = Counter(node for node, _, _ in places)
    ends = []
    for rank, (actor, (node, _, _)) in enumerate(zip(actors, places, strict=True)):
        meeting = {"MASTER_ADDR": host, "MASTER_PORT": str(port), "WORLD_SIZE": str(workers), "RANK": str(rank)}
        local = {"LOCAL_RANK": str(ranks[node]), "LOCAL_WORLD_SIZE": str(every[node])}
        ranks[node] += 1
        ends.append(actor.run.remote(list(command), {**meeting, **local}))
    return _first_failure(ray, actors, ends)


def _first_failure(ray: Any, actors: Sequence[Any], ends: Sequence[Any]) -> int:
    """Wait for all; the first exit code that is not 0, which is 1 for a machine that was lost."""
    code, left = 0, list(ends)
    while left:
        try:
            (ended, *_), left = ray.wait(left)
            one = ray.get(ended)
        except ray.exceptions.RayError:
            one = 1
        except KeyboardInterrupt:
            one = 130
        if one and not code:
            code = one
            for actor in actors:
                actor.stop.remote()
    return code
