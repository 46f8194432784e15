"""ONNX Runtime: which device and how many threads a network gets, and what is said where memory is short.

Device and threads are arguments. Where they are left out, `on_device` decides, or else the environment variables
ENHANCE_DEVICE and ENHANCE_THREADS, which processes that are started from here inherit; else it is the CPU, with a
thread for each core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from enhance import cancellation
from enhance.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

DEVICE, THREADS = "ENHANCE_DEVICE", "ENHANCE_THREADS"
CPU = "CPUExecutionProvider"
PROVIDERS = {
    "cpu": CPU,
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Device -> what ONNX Runtime calls that which runs on it. Each but the first needs a build of onnxruntime with it."""

_chosen: ContextVar[str | None] = ContextVar("device", default=None)


def default_device() -> str:
    """The device that is used where none is named."""
    return _chosen.get() or os.environ.get(DEVICE) or "cpu"


@contextmanager
def on_device(device: str | None) -> Iterator[None]:
    """Run networks within it on a device, unless another is named. None: nothing is changed.

    Raises:
        ModelError: there is no such device, or this build of ONNX Runtime cannot use it.
    """
    if device is None:
        yield
        return
    check_device(device)
    before = _chosen.set(device)
    try:
        yield
    finally:
        _chosen.reset(before)


def check_device(device: str) -> None:
    """Raise ModelError where there is no such device, or this build of ONNX Runtime cannot use it."""
    import onnxruntime

    _provider(device, onnxruntime.get_available_providers())


def default_threads() -> int:
    """How many threads a network gets on the CPU where no number is given; 0: one for each core.

    Raises:
        ModelError: the environment variable is no such number.
    """
    value = os.environ.get(THREADS) or "0"
    if not value.isdecimal():
        raise ModelError(f"{THREADS}={value}: is not a number of threads; give a whole number, 0 for one on each core")
    return int(value)


def open_session(
    model: str | bytes, *, device: str | None = None, threads: int | None = None
) -> onnxruntime.InferenceSession:
    """A network, of a file or of its contents, ready to run. It raises what ONNX Runtime raises, too.

    Args:
        device: one of PROVIDERS. None: `default_device`.
        threads: on the CPU. None: `default_threads`.

    Raises:
        ModelError: there is no such device, or it cannot be used here.
    """
    import onnxruntime

    device = default_device() if device is None else device
    provider = _provider(device, onnxruntime.get_available_providers())
    onnxruntime.disable_telemetry_events()  # on Windows, which does not heed the variable that `enhance` sets
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = default_threads() if threads is None else threads
    options.log_severity_level = 4  # what is wrong is said once, by us
    # A plan of memory for one size of pictures would be kept beside that of the next: much memory, and no faster.
    options.enable_mem_pattern = False
    # What the device cannot compute, the CPU does, or CUDA where TensorRT cannot.
    between = (PROVIDERS["cuda"],) if device == "tensorrt" else ()
    session = onnxruntime.InferenceSession(model, options, providers=list(dict.fromkeys((provider, *between, CPU))))
    if provider not in session.get_providers():  # ONNX Runtime would go on, in silence, without the device
        raise ModelError(f"device {device}: its driver or libraries are missing or too old; fix that, or use cpu")
    return session


def run_session(
    session: onnxruntime.InferenceSession, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None
) -> dict[str, NDArray[Any]]:
    """Run a network: name of the output -> array.

    Args:
        outputs: those that are wanted; None for all.

    Raises:
        MemoryError: it is too large for this machine.
        CancelledError: nobody waits for the answer any more.
    """
    cancellation.raise_if_cancelled()
    names = [output.name for output in session.get_outputs()] if outputs is None else list(outputs)
    try:
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))
    except Exception as error:  # onnxruntime has no class of its own for this
        if "alloc" in str(error):
            sizes = ", ".join("x".join(map(str, value.shape)) for value in inputs.values())
            raise MemoryError(f"no memory for a network that is given {sizes} numbers") from error
        raise


def _provider(device: str, available: Sequence[str]) -> str:
    if device not in PROVIDERS:
        raise ModelError(f"device {device}: is unknown; use one of {', '.join(PROVIDERS)}")
    if PROVIDERS[device] not in available:
        there = ", ".join(name for name, provider in PROVIDERS.items() if provider in available)
        raise ModelError(f"device {device}: this build of onnxruntime has only {there}; install one for that device")
    return PROVIDERS[device]
