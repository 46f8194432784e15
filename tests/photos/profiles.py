"""Colour profiles made for the tests: what others ship is under licences of its own."""

import struct
from collections.abc import Sequence

import numpy as np

ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
"""What its red, green and blue are in the connection space."""
D50 = (0.9642, 1.0, 0.8249)


def matrix_profile(colorants: Sequence[Sequence[float]] = ADOBE_RGB, gamma: float = 2.19921875) -> bytes:
    tags = {name: xyz(of) for name, of in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)))
    return profile(b"mntr", b"RGB ", b"XYZ ", tags | {b"wtpt": xyz(D50)})


def grey_profile(gamma: float) -> bytes:
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256))
    return profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve, b"wtpt": xyz(D50)})


def ink_profile() -> bytes:
    """CMYK of inks that are nearly pure, with all the black that the colours allow taken from them."""
    steps = np.linspace(0, 1, 9)
    inks = np.stack(np.meshgrid(steps, steps, steps, steps, indexing="ij"), -1).reshape(-1, 4)
    cyan, magenta, yellow = (np.array(c) for c in ((0.10, 0.55, 0.75), (0.80, 0.12, 0.40), (0.95, 0.85, 0.10)))
    rgb = np.ones((len(inks), 3))
    for n, ink in enumerate((cyan, magenta, yellow, np.full(3, 0.05))):
        rgb *= 1 - inks[:, n : n + 1] * (1 - ink)
    there = lab8(rgb)
    levels = np.linspace(0, 255, 17)
    lab = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    wanted = np.clip(rgb_of_lab8(lab), 0, 1)
    black = 0.6 * (1 - wanted.max(1))
    left = wanted / np.maximum(1 - black * 0.95, 0.05)[:, None]
    absorbed = np.log(np.stack([cyan, magenta, yellow], 1))
    solved = np.clip(np.log(np.clip(left, 0.02, 1)) @ np.linalg.inv(absorbed).T, 0, 1)
    back = np.concatenate([solved, black[:, None]], 1) * 255
    return profile(
        b"prtr", b"CMYK", b"Lab ", {b"A2B0": table(there, 4, 3, 9), b"B2A0": table(back, 3, 4, 17), b"wtpt": xyz(D50)}
    )


def profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": b"desc" + struct.pack(">II", 0, 5) + b"test\0" + bytes(78), b"cprt": b"text\0\0\0\0none\0", **tags}
    at, index, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        index += struct.pack(">4sII", name, at + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"none", 0x02400000, kind, space, connection)
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + xyz(D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


def xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def table(values: np.ndarray, given: int, found: int, steps: int) -> bytes:
    head = b"mft1\0\0\0\0" + struct.pack(
        ">BBBB9i", given, found, steps, 0, *(65536 * n for n in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    )
    line = bytes(range(256))
    return head + line * given + np.round(np.clip(values, 0, 255)).astype(np.uint8).tobytes() + line * found


SRGB_D50 = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])


def lab8(linear: np.ndarray) -> np.ndarray:
    t = linear @ SRGB_D50.T / D50
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)
    return lab * (2.55, 1, 1) + (0, 128, 128)


def rgb_of_lab8(lab: np.ndarray) -> np.ndarray:
    lightness, a, b = (lab[:, 0] / 2.55 + 16) / 116, (lab[:, 1] - 128) / 500, (lab[:, 2] - 128) / 200
    f = np.stack([lightness + a, lightness, lightness - b], 1)
    t = np.where(f > 6 / 29, f**3, (f - 16 / 116) / 7.787)
    return t * D50 @ np.linalg.inv(SRGB_D50).T
