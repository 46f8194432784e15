"""How often does the gate turn a face away, and how often does it let something else through?

    python benchmarks/gate.py FACES... [--not-faces FOLDER] [--count 530] [--out gate.json]

FACES are folders of pictures in the face frame that no network learnt from. They and the pictures of not_faces.py (or
the squares in FOLDER, as `enhance prepare --crops` cuts them) are made small to frames of 16, 32 and 64 pixels and
shown in two ways: as they are (`--aligned`), and laid softly over a made-up scene of 320x240 pixels, where the detector
has to find them first. Counted are faces that would not be redrawn, and other things that would.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors import HEIGHT, UTK, WIDTH, background, is_photo, read
from enhance.faces import detection, geometry, verification
from enhance.faces.drawing import drawing_size
from not_faces import array, not_faces

Array = NDArray[np.float32]
SIZES = (16, 32, 64)
SCENES = 3
"""Every so many pictures, one is laid over a scene."""


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=530, help="faces in all (default 530)")
    parser.add_argument("--not-faces", type=Path, metavar="FOLDER", help="squares of anything but faces")
    parser.add_argument("--out", type=Path, help="write what was found as JSON, too")
    options = parser.parse_args()
    real = list(chosen(options.faces, options.count))
    if options.not_faces:
        fake = [("other", read(path)) for path in sorted(options.not_faces.iterdir()) if is_photo(path)]
    else:
        fake = list(not_faces([face for _, face in real if len(face) >= 256][:60]))
    found: dict[str, Any] = {"faces": len(real), "not_faces": dict(Counter(kind for kind, _ in fake))}
    found |= {"aligned": aligned(real, fake), "in_scenes": in_scenes(real[::SCENES], fake[::SCENES])}
    for way in ("aligned", "in_scenes"):
        print(f"{way}: of faces turned away, of other things let through")
        for size, row in found[way].items():
            print(f"  {size:>3}", *(f"{name} {share(*counts)}" for name, counts in row.items()), sep="  ")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")


def share(wrong: int, of: int) -> str:
    """A count and what it is of, and the percentage."""
    return f"{wrong}/{of} ({100 * wrong / max(of, 1):.1f} %)"


def chosen(folders: Sequence[Path], count: int) -> Iterator[tuple[str, Array]]:
    """Names and pictures of faces, spread evenly over the folders; windows of the frame are continued to all of it."""
    for folder in folders:
        paths = sorted(path for path in folder.iterdir() if is_photo(path))
        want = round(count / len(folders))
        for path in paths[:: max(1, len(paths) // want)][:want]:
            face = read(path)
            if path.name.startswith("utk_"):
                left, top, side = UTK
                whole = round(len(face) / side)
                x, y = round(left * whole), round(top * whole)
                around = (y, whole - len(face) - y), (x, whole - len(face) - x), (0, 0)
                face = np.pad(face, around, mode="edge")
            yield path.stem, face


def aligned(real: Sequence[tuple[str, Array]], fake: Sequence[tuple[str, Array]]) -> dict[str, Any]:
    """Of pictures that fill the frame."""
    found = {}
    for size in SIZES:
        away, through, kinds = 0, Counter[str](), Counter(kind for kind, _ in fake)
        marks = verification.aligned_landmarks(size, size)
        large = [small(face, size) for _, face in real if len(face) >= size]
        away = sum(verification.rejection_reason(face, marks) is not None for face in large)
        for kind, picture in fake:
            through[kind] += verification.rejection_reason(small(picture, size), marks) is None
        print(f"{size}: {dict(through)}", file=sys.stderr, flush=True)
        row = {"faces turned away": (away, len(large)), "let through": (through.total(), len(fake))}
        found[str(size)] = row | {kind: (through[kind], kinds[kind]) for kind in kinds if through[kind]}
    return found


def in_scenes(real: Sequence[tuple[str, Array]], fake: Sequence[tuple[str, Array]]) -> dict[str, Any]:
    """Of pictures in a scene: the detector misses some faces, the gate turns others away."""
    found = {}
    for size in SIZES:
        missed = away = through = 0
        large = [face for _, face in real if len(face) >= size]
        for number, face in enumerate(large):
            scene, x, y = laid(face, size, number)
            near = [other for other in detection.detect(scene) if np.hypot(*(middle(other) - (x, y))) < size / 3]
            missed += not near
            away += bool(near) and not redrawn(scene, near)
        for number, (_, picture) in enumerate(fake):
            scene, _, _ = laid(picture, size, number)
            through += bool(redrawn(scene, detection.detect(scene)))
        found[str(size)] = {
            "not found": (missed, len(large)),
            "faces turned away": (away, len(large) - missed),
            "let through": (through, len(fake)),
        }
        print(f"{size} in scenes: {found[str(size)]}", file=sys.stderr, flush=True)
    return found


def redrawn(scene: Array, found: Sequence[detection.Face]) -> list[detection.Face]:
    """Those that the network would draw."""
    return [
        face
        for face in found
        if drawing_size(face.landmarks) and verification.rejection_reason(scene, face.landmarks) is None
    ]


def middle(face: detection.Face) -> NDArray[np.float64]:
    """Where the face lies in the picture."""
    inverse = geometry.similarity(geometry.FRAME_LANDMARKS, face.landmarks)
    return inverse[:, :2] @ (0.5, 0.5) + inverse[:, 2]


def laid(picture: Array, size: int, number: int) -> tuple[Array, float, float]:
    """A scene (HEIGHT,WIDTH,3) with the picture at `size` pixels faded into it, and where its middle is."""
    random = np.random.default_rng((number, size))
    scene = background(random)
    reach = size // 4
    around = np.pad(small(picture, size), ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    whole = len(around)
    x, y = int(random.integers(0, WIDTH - whole)), int(random.integers(0, HEIGHT - whole))
    line = (np.arange(whole) + 0.5) * 2 / whole - 1
    soft = np.clip((1 - np.sqrt(line[None] ** 2 + line[:, None] ** 2)) / 0.25, 0, 1)[..., None].astype(np.float32)
    place = scene[y : y + whole, x : x + whole]
    place += soft * (around - place)
    return scene, x + whole / 2, y + whole / 2


def small(picture: Array, size: int) -> Array:
    """(S,S,3) box-averaged to (size,size,3), in 8-bit steps."""
    image = Image.fromarray(np.round(picture * 255).astype(np.uint8))
    return array(image.resize((size, size), Image.Resampling.BOX))


if __name__ == "__main__":
    main()
