"""Several processes that teach one network: each with examples of its own, by the mean of all their gradients.

Gradients are averaged in one flat vector after `backward`, as StyleGAN3 (Karras et al., 2021) and R3GAN (Huang et al.,
2024) do. Wrappers such as DistributedDataParallel forbid `torch.autograd.grad`, which gradient penalties need.

Started by `torchrun`, or by `enhance train --workers N`; a process by itself is rank 0 of 1, and nothing is sent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from enhance.errors import TrainingError
from enhance.inference import sessions

_T = TypeVar("_T")
DEVICES = ("cpu", "cuda")
PRIME = 982_451_653
"""How far apart the seeds of ranks are: further than a run has steps."""


def rank() -> int:
    """Return the number of this process; 0 logs, shows and saves."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world() -> int:
    """Return the number of processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def device() -> torch.device:
    """What this process trains on: what ENHANCE_DEVICE says, or else its GPU where there is one, or the CPU.

    Raises:
        TrainingError: it says what torch cannot train on here.
    """
    name = os.environ.get(sessions.DEVICE) or ("cuda" if torch.cuda.is_available() else "cpu")
    if name not in DEVICES:
        raise TrainingError(f"device {name}: is not for training; use one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device cuda: this build of torch finds none; install one for it, or use --device cpu")
    if name == "cpu":
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


def noise_seed(seed: int, step: int) -> int:
    """What a task's noise is drawn from at a step: other noise on every rank, and the same again in a resumed run."""
    return seed * 1_000_003 + step + rank() * PRIME


@contextmanager
def joined() -> Iterator[None]:
    """Meet the other processes, of which the environment tells as `torchrun` has it; without others, do nothing."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    here = device()
    if here.type == "cuda":
        torch.cuda.set_device(here)
    distributed.init_process_group("nccl" if here.type == "cuda" else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank_0_first(make: Callable[[], _T]) -> _T:
    """Run `make` on rank 0 before the others, which then find its caches."""
    result = make() if rank() == 0 else None
    if world() > 1:
        distributed.barrier()
    return make() if result is None else result


def begin_alike(networks: Iterable[nn.Module]) -> None:
    """Give all processes the weights of rank 0."""
    if world() == 1:
        return
    for network in networks:
        for value in network.state_dict().values():
            distributed.broadcast(value, 0)


def agreed(spent: float, stop: bool) -> tuple[float, bool]:
    """How far the run is by the clock of rank 0, and whether any process was told to stop."""
    if world() == 1:
        return spent, stop
    message = torch.tensor([spent if rank() == 0 else 0.0, float(stop)], dtype=torch.float64, device=device())
    distributed.all_reduce(message)
    return float(message[0]), bool(message[1])


@torch.no_grad()
def average(parameters: Iterable[nn.Parameter], losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Make every gradient the mean of those of all processes, and return the mean losses.

    A process whose loss is no number makes it one for all, so that all of them stop at the same step.
    """
    if world() == 1:
        return dict(losses)
    parameters = list(parameters)
    values = torch.stack([loss.detach().float() for loss in losses.values()])
    # Some have none, which is not the same to an optimiser as a gradient of zero.
    has = torch.tensor([float(one.grad is not None) for one in parameters], device=values.device)
    grads = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
    flat = torch.cat([*(grad.float().flatten() for grad in grads), has, values])
    distributed.all_reduce(flat)
    flat /= world()
    parts = flat.split([*(grad.numel() for grad in grads), len(has), len(values)])
    for one, mean, share in zip(parameters, parts, parts[-2].tolist(), strict=False):
        if share:
            one.grad = mean.view_as(one).to(one.dtype)
    return dict(zip(losses, parts[-1].unbind(), strict=True))


def launched(workers: int, arguments: Sequence[str]) -> int:
    """Run this program in so many processes on this machine that meet each other; the first exit code that is not 0.

    Ctrl-C reaches them all, and each saves what it has to; SIGTERM is passed on. When one fails, the others are ended.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(workers)}
    meeting["LOCAL_WORLD_SIZE"] = str(workers)
    threads = str(max(1, torch.get_num_threads() // workers))
    environment: dict[str, Any] = {"OMP_NUM_THREADS": threads, **os.environ, **meeting}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "enhance.cli", *arguments], env={**environment, "RANK": str(n), "LOCAL_RANK": str(n)}
        )
        for n in range(workers)
    ]

    def stop(*_: object) -> None:
        for process in processes:
            process.terminate()

    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    signal.signal(signal.SIGINT, lambda *_: None)  # they heard it, too
    signal.signal(signal.SIGTERM, stop)
    try:
        while any(process.poll() is None for process in processes):
            if any(process.poll() for process in processes):
                stop()
            time.sleep(0.1)
    finally:
        stop()
        for number, handler in before:
            signal.signal(number, handler)
    return next((process.returncode for process in processes if process.returncode), 0)
