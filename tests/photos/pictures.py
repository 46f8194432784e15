"""Files that other programs could have made, and canvases painted part by part."""

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from enhance.photos.canvas import Canvas


def bad_files(folder: Path) -> dict[str, Path]:
    Image.effect_noise((64, 64), 60).save(folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    contents = {
        "text.jpg": b"this is no picture",
        "cut.jpg": whole[: len(whole) // 2],
        "stub.jpg": whole[:100],
        "empty.png": b"",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return {name: folder / name for name in [*contents, "folder", "missing.png"]}


def deep_file(path: Path, values: np.ndarray, icc: bytes | None = None) -> np.ndarray:
    """Written by another library, as it would come from another program."""
    if path.suffix == ".png":
        import cv2

        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[-1]]
        cv2.imwrite(str(path), values[..., order])
    else:
        tifffile.imwrite(
            path,
            values if values.shape[-1] > 1 else values[..., 0],
            photometric="rgb" if values.shape[-1] > 1 else "minisblack",
            extrasamples=["unassalpha"] if values.shape[-1] == 4 else None,
            iccprofile=icc,
            compression="zlib",
        )
    return values


def blown_up(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(np.repeat(rgb, 4, 0), 4, 1)


def paint(canvas: Canvas, painted: np.ndarray) -> None:
    """In parts, as a large photo is."""
    for y in range(0, canvas.height, 16):
        for x in range(0, canvas.width, 20):
            canvas.put(x, y, painted[y : y + 16, x : x + 20])
