"""The machines of a Ray cluster that do the work: photos stream through actors that load the networks once.

Ray Data streams them (https://docs.ray.io/en/latest/data/data.html): it starts as many actors as there is room for,
adds some when machines join, and keeps no more photos under way than the actors take. Tasks go through it twice:
whatever never came back the first time, since a process, a machine or a whole block was lost, goes through once more, a
photo a block, so that a photo that ends its process takes no other with it.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enhance.batch.attempt import attempt, killed
from enhance.batch.plan import Outcome, PhotoTask, Work
from enhance.batch.processes import cores
from enhance.batch.storage import is_url
from enhance.cluster import ray_cluster
from enhance.counts import counted
from enhance.errors import EnhanceError
from enhance.files import remove_partial_files
from enhance.inference import sessions

if TYPE_CHECKING:
    from numpy.typing import NDArray

WAVE = 20_000
"""Photos that are begun together. Between two waves the actors start anew, which takes seconds."""
_BLOCK = 16
"""Most photos of a block in the first pass: a block is lost with its process, a small one costs more of Ray's time."""
_BLOCKS = 16
"""Of few photos, each actor gets as many blocks as this in the first pass rather than large ones."""
CPUS = 2
"""Cores of an actor, if machines have as many: one photo keeps no more of them busy."""
_TURN = 0.02
"""Seconds that a turn of Ray Data's loop takes at least."""
STORE = 256 << 20
"""Bytes that a cluster of this machine alone keeps in shared memory: only names travel."""

SETTINGS = {
    "RAY_DATA_AUTOSCALING_REQUEST_EXPIRE_TIME_S": "45",  # cores of a driver that was killed are free again after it
    "RAY_worker_niceness": "0",  # or whatever else a machine does comes before its photos
    "RAY_task_events_report_interval_ms": "0",  # for a dashboard that is not there
    "RAY_enable_metrics_collection": "0",
}
"""What Ray is told by its environment, unless that says something else already."""


@dataclass(frozen=True)
class Cluster:
    """Which machines, and what each actor gets of them.

    Attributes:
        address: HOST:PORT of the head, or "auto" for the one that this machine belongs to. None: a cluster is started
            on this machine for the time being.
        cpus: cores of an actor, and threads of its networks. None: CPUS, or as many as the largest machine has.
        most: actors. None: as many as there is room for.
    """

    address: str | None = None
    cpus: int | None = None
    most: int | None = None


def on_ray(
    tasks: Iterator[PhotoTask], work: Work, *, cluster: Cluster, remember: bool = True, debug: bool = False
) -> Iterator[tuple[PhotoTask, Outcome]]:
    """Yield each task when it is over, with its outcome. All machines must reach the files by the same names.

    Args:
        remember, debug: as of `attempt`.

    Raises:
        EnhanceError: Ray is not installed, no cluster answers, or none of its machines is large enough.
    """
    first = next(tasks, None)
    if first is None:
        return
    wave = [first, *islice(tasks, WAVE - 1)]
    try:
        with _connected(cluster, debug) as ray:
            resources = _resources(ray, cluster)
            room = min(_room(ray, resources), cluster.most or WAVE)
            worker = {"work": work, "remember": remember, "debug": debug, "environment": _environment()}
            while wave:
                left = dict(enumerate(wave))
                for block in (max(1, min(_BLOCK, len(wave) // (_BLOCKS * room))), 1):
                    for number, outcome in _through(left, block, worker, resources, cluster.most):
                        if number in left:
                            yield left.pop(number), outcome
                    if not left:
                        break
                yield from ((task, killed(task)) for task in left.values())
                _tidy(wave)
                wave = list(islice(tasks, WAVE))
    finally:
        _tidy(wave)


def _tidy(tasks: Sequence[PhotoTask]) -> None:
    """Remove what processes that were killed left half written. Others may have made the same photos since."""
    remove_partial_files(*(Path(task.target) for task in tasks if not is_url(task.target)))


class RayWorker:
    """An actor that works on one photo after another, with networks that are loaded once."""

    def __init__(self, work: Work, remember: bool, debug: bool, environment: Mapping[str, str]) -> None:
        import ray

        os.environ.update(environment)
        context = ray.get_runtime_context()
        resources = context.get_assigned_resources()
        os.environ[sessions.THREADS] = str(max(1, int(resources.get("CPU", 1))))
        self.work, self.remember, self.debug = work, remember, debug

    def __call__(self, batch: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        import numpy as np

        outcomes = np.empty(len(batch["task"]), object)
        for n, packed in enumerate(batch["task"]):
            outcomes[n] = pickle.dumps(
                attempt(pickle.loads(packed), self.work, remember=self.remember, debug=self.debug)
            )
        return {"number": batch["number"], "made": outcomes}


def _through(
    tasks: Mapping[int, PhotoTask],
    block: int,
    worker: Mapping[str, Any],
    resources: Mapping[str, float],
    most: int | None,
) -> Iterator[tuple[int, Outcome]]:
    """Send tasks through the actors once; those that never come back are missing from what is yielded."""
    import ray.data

    rows = [{"number": number, "task": pickle.dumps(task)} for number, task in list(tasks.items())]
    blocks = -(-len(rows) // block)
    sizes = {"min_size": 1, "max_size": min(most or blocks, blocks)}
    if block == 1:
        sizes["max_tasks_in_flight_per_actor"] = 1  # or those that wait behind a deadly photo are lost with it, twice
    with warnings.catch_warnings():
        # Which says that from Ray 2.64 on retries cannot be counted: a deadly photo would then be tried for ever.
        warnings.simplefilter("ignore")
        outcomes = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            RayWorker,
            batch_size=block,
            compute=ray.data.ActorPoolStrategy(**sizes),
            fn_constructor_kwargs=dict(worker),
            max_restarts=-1,
            max_task_retries=1,
            **resources,
        )
    for batch in outcomes.iter_batches(batch_size=None, prefetch_batches=0):
        for number, packed in zip(batch["number"], batch["made"], strict=True):
            yield int(number), pickle.loads(packed)


class Patience:
    """What Ray Data calls at each turn of its loop, which would keep a core busy while no actor is there yet."""

    def __init__(self) -> None:
        self._before = 0.0

    def on_execution_step(self, executor: object) -> None:  # noqa: ARG002
        """Sleep where the last turn did not wait."""
        time.sleep(max(0.0, min(_TURN, self._before + _TURN - time.monotonic())))
        self._before = time.monotonic()

    def before_execution_starts(self, executor: object) -> None:
        """Do nothing; nor do the methods below."""

    def after_execution_succeeds(self, executor: object) -> None: ...

    def after_execution_fails(self, executor: object, error: Exception) -> None: ...


@contextmanager
def _connected(cluster: Cluster, debug: bool) -> Iterator[Any]:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    quiet: dict[str, Any] = {} if debug else {"log_to_driver": False, "logging_level": logging.CRITICAL}
    local = {"num_cpus": cores(), "object_store_memory": STORE, "include_dashboard": False}
    with ray_cluster(cluster.address, local, **quiet) as ray:
        try:
            data = importlib.import_module("ray.data")
        except ModuleNotFoundError as error:
            raise EnhanceError(f"{error.name} is missing: pip install 'enhance[ray]'") from error
        context = data.DataContext.get_current()
        context.max_errored_blocks = -1
        if hasattr(context, "custom_execution_callback_classes"):  # of Ray 2.60, for one
            context.custom_execution_callback_classes = [Patience]
        if not debug:
            # It prints of each process that died, to standard output, and has no setting for that.
            worker: Any = importlib.import_module("ray._private.worker")
            if hasattr(worker, "print_to_stdstream"):
                worker.print_to_stdstream = lambda *_args, **_kwargs: None
            context.enable_progress_bars = False
            logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        yield ray


def _resources(ray: Any, cluster: Cluster) -> dict[str, float]:
    """What each actor is given, as Ray names it."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    largest = int(max(node.get("CPU", 0) for node in nodes))
    cpus = min(CPUS, largest) if cluster.cpus is None else cluster.cpus
    if not 1 <= cpus <= largest:
        raise EnhanceError(f"{cluster.address or 'this machine'}: has {counted(largest, 'core')} at most, not {cpus}")
    if sessions.default_device() == "cpu":
        return {"num_cpus": cpus}
    if not any(node.get("GPU") for node in nodes):
        device = sessions.default_device()
        raise EnhanceError(f"{cluster.address or 'this machine'}: no machine of the cluster has a GPU for {device}")
    return {"num_cpus": cpus, "num_gpus": 1}


def _room(ray: Any, resources: Mapping[str, float]) -> int:
    """How many actors the machines have room for now; 1 at least."""
    names = {"num_cpus": "CPU", "num_gpus": "GPU"}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    each = (min(node.get(names[name], 0) // needed for name, needed in resources.items()) for node in nodes)
    return max(1, int(sum(each)))


def _environment() -> dict[str, str]:
    """What this process was told by its environment, for the actors on other machines."""
    return {name: value for name, value in os.environ.items() if name.startswith("ENHANCE_")}
