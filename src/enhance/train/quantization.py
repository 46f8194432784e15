"""Eight bits instead of 32: about twice as fast on a CPU, and less than a third of the file.

After Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", CVPR
2018, as ONNX Runtime does it: it watches which numbers occur between the layers, and rounds them in steps to fit.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from enhance.errors import DataError
from enhance.faces import geometry
from enhance.tasks.upscale import data

Given = dict[str, NDArray[np.float32]]

KEPT = (
    "/generator/head/", "/generator/mend/", "/generator/paint/", "/generator/notch/", "/generator/projection/",
    "/discriminator/to_half/", "/discriminator/given/", "/discriminator/verdict/",
)  # fmt: skip
"""What stays in floats: the ends of the networks, whose rounding would be seen, and the agreement with the input."""
SIZES = (16, 32, 64)
WATCHED = 160


def quantized(model: onnx.ModelProto, watched: Iterator[Given]) -> onnx.ModelProto:
    """The same graph with its convolutions in 8 bits.

    Args:
        model: a float graph made by `export.to_onnx`.
        watched: inputs such as it will get.
    """
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    floats = [name for name in convolutions if name.startswith(KEPT)]
    with TemporaryDirectory() as folder, _quiet():
        quantize_static(
            model,
            path := Path(folder) / "quantized.onnx",
            _Reader(watched),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=floats,
            per_channel=True,
            # Processors without VNNI add two products in 16 bits: weights of 8 would overflow there, those of 7 do not.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        made = onnx.load(path)
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)
    return made


def watch(folders: Sequence[Path], inputs: Sequence[str], planes: int) -> Iterator[Given]:
    """Some pictures of folders of squares, made small to each of `SIZES`, as `inputs` with noise of so many planes.

    Raises:
        DataError: a folder cannot be used, or its pictures are smaller than the smallest frame.
    """
    rng = np.random.default_rng(0)
    for frame in frames(folders):
        lr = small(frame)
        noise = rng.standard_normal((1, planes, *lr.shape[2:]), dtype=np.float32)
        place = geometry.whole(lr[0].transpose(1, 2, 0)).place[None]
        yield {name: x for name, x in (("lr", lr), ("noise", noise), ("place", place)) if name in inputs}


def frames(folders: Sequence[Path]) -> Iterator[NDArray[np.float32]]:
    """Some pictures of folders of squares, as (1,3,H,H) in [0,1], each at all sizes that it is large enough for.

    Raises:
        DataError: as `watch`.
    """
    listing = [source for folder in folders for source in data.sources(folder)]
    chosen = [listing[n] for n in sorted(np.random.default_rng(0).permutation(len(listing))[:WATCHED])]
    count = 0
    for pixels in map(data.read, chosen):
        for size in SIZES:
            if len(pixels) >= data.SCALE * size:
                frame = data.shrink(pixels, data.SCALE * size)
                yield frame.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
                count += 1
    if not count:
        raise DataError(f"{folders[0]}: no picture of {data.SCALE * SIZES[0]} pixels or more to watch the network on")


def small(frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1,3,4h,4w) to (1,3,h,w), in steps of 8 bits."""
    _, _, height, width = frame.shape
    blocks = frame.reshape(1, 3, height // data.SCALE, data.SCALE, width // data.SCALE, data.SCALE)
    return np.rint(blocks.mean((3, 5)) * 255).astype(np.float32) / np.float32(255)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, watched: Iterator[Given]) -> None:
        self.watched = watched

    def get_next(self) -> Given | None:
        return next(self.watched, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """It advises on the root logger to prepare a graph that needs no preparing."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
