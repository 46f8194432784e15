"""`enhance doctor`: what this machine has, and what would be used of it, in one screen."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click

from enhance.cli import adapter
from enhance.cli.command_options import Json
from enhance.errors import EnhanceError

EXTRAS = {
    "heic": ("pillow_heif",),
    "video": ("av",),
    "c2pa": ("c2pa",),
    "web": ("starlette", "uvicorn", "prometheus_client"),
    "ray": ("ray",),
    "remote": ("fsspec", "s3fs"),
    "train": ("torch", "onnx", "onnxscript", "matplotlib"),
}
"""Extra -> the modules that it brings, as far as they are needed."""


@click.command()
@adapter.options(Json)
def doctor(as_json: bool) -> None:
    """Say what this machine has, and what would be used of it."""
    findings = examined()
    if as_json:
        click.echo(json.dumps(findings))
        return
    width = max(map(len, findings))
    for name, words in findings.items():
        click.echo(f"{name:{width}}  {words}")


def examined() -> dict[str, str]:
    """Return what this machine has, in the order of the output: name -> description."""
    from enhance.batch.processes import cores, default_jobs
    from enhance.datasets import cache
    from enhance.inference import sessions, shipped

    jobs = default_jobs()
    threads = sessions.default_threads() or max(1, cores() // jobs)
    names = shipped.names()
    megabytes = sum(shipped.weights_of(name).stat().st_size for name in names) / 1e6
    missing = {extra: [one for one in modules if find_spec(one) is None] for extra, modules in EXTRAS.items()}
    here = [extra for extra, lacking in missing.items() if not lacking]
    absent = [f"{extra} (pip install 'enhance[{extra}]')" for extra, lacking in missing.items() if lacking]
    return {
        "enhance": f"{_version('enhance')} in {Path(__file__).parents[1]}",
        "python": f"{platform.python_version()} on {platform.platform(terse=True)} {platform.machine()}",
        "cores": f"{cores()} to use of {os.cpu_count()}; photos at a time: {jobs}, threads of each: {threads}",
        "memory": _memory(),
        "onnxruntime": f"{_version('onnxruntime', 'onnxruntime-gpu', 'onnxruntime-directml', 'onnxruntime-openvino')}, "
        f"runs on {', '.join(_devices())}",
        "device": _device(),
        "weights": f"{len(names)} networks, {megabytes:.0f} MB: {', '.join(names)}",
        "extras": ", ".join(here) or "none",
        "missing": "; ".join(absent) or "nothing",
        "training": _training(),
        "cache": f"{cache.folder()}, {_size(cache.folder()) / 1e6:,.0f} MB",
    }


def _device() -> str:
    from enhance.inference import sessions

    device = sessions.default_device()
    reason = f"{sessions.DEVICE}={device}" if os.environ.get(sessions.DEVICE) else "the default; --device names another"
    try:
        sessions.check_device(device)
    except EnhanceError as error:
        return f"{device} ({reason}) cannot be used: {error}"
    return f"{device} ({reason})"


def _devices() -> list[str]:
    import onnxruntime

    from enhance.inference import sessions

    there = onnxruntime.get_available_providers()
    return [device for device, provider in sessions.PROVIDERS.items() if provider in there]


def _memory() -> str:
    """Of Linux only; elsewhere there is no way without another package."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return "not known on this system"
    sizes = {name: int(rest.split()[0]) / 1e6 for name, _, rest in (line.partition(":") for line in lines)}
    return f"{sizes['MemTotal']:.1f} GB, {sizes['MemAvailable']:.1f} GB free"


def _training() -> str:
    if find_spec("torch") is None:
        return "not without PyTorch: pip install torch==2.13.0 'enhance[train]'"
    import torch

    cards = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return f"PyTorch {torch.__version__} on {', '.join(cards) or 'the CPU'}"


def _version(*packages: str) -> str:
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "not installed as a package"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
