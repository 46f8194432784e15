"""How a cat looks, beside its shape: colours at some places of its head and around it, and how striped and sharp it is.

A network that has them as inputs while it learns need not guess them: what it does not know it would paint as an
average, in brown. Afterwards the looks of real cats are drawn at random, or by a colour that somebody wants.

A look is an array (LOOK,): `_PLACES` colours in sRGB, each from -1 to 1, then two shares of fine detail and the
sharpness, about -1 to 1.
"""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

_Look = NDArray[np.float32]

INSIDE = 12
"""How many of the places lie on the head: the first of them."""
_PLACES = 19
LOOK = 3 * _PLACES + 3
_MIRRORED = [2, 1, 0, 4, 3, 5, 7, 6, 8, 10, 9, 11, 13, 12, 15, 14, 17, 16, 18]
"""Which place each becomes in a mirror."""
FUR = (0, 1, 2, 3, 4)
"""Places whose colour is the colour of the cat."""
NEAREST = 12
"""How many looks a colour leaves to draw from."""
_AROUND = np.array([[0.05, 0.04], [0.95, 0.04], [0.03, 0.45], [0.97, 0.45], [0.05, 0.95], [0.95, 0.95], [0.5, 0.97]])


def places(points: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Where colours are taken, (19,2) in [0,1]: on a head with landmarks (13,2), or on anything in the middle."""
    if points is None:
        x, y = np.meshgrid([0.3, 0.43, 0.57, 0.7], [0.3, 0.5, 0.7])
        return np.concatenate([np.stack([x, y], -1).reshape(-1, 2)[ANYTHING], _AROUND])
    eye_l, eye_r, nose, mouth, outer_l, tip_l, inner_l, inner_r, tip_r, outer_r, cheek_l, cheek_r, chin = points
    inside = [
        0.5 * eye_l + 0.5 * inner_l,
        0.25 * (eye_l + eye_r + inner_l + inner_r),
        0.5 * eye_r + 0.5 * inner_r,
        0.4 * eye_l + 0.4 * cheek_l + 0.2 * mouth,
        0.4 * eye_r + 0.4 * cheek_r + 0.2 * mouth,
        0.3 * (eye_l + eye_r) + 0.4 * nose,
        0.55 * mouth + 0.25 * nose + 0.2 * cheek_l,
        0.55 * mouth + 0.25 * nose + 0.2 * cheek_r,
        0.3 * mouth + 0.7 * chin,
        (outer_l + tip_l + inner_l) / 3,
        (outer_r + tip_r + inner_r) / 3,
        nose,
    ]
    return np.concatenate([np.array(inside), _AROUND])


ANYTHING = [0, 1, 3, 4, 7, 5, 8, 11, 9, 2, 6, 10]
"""A grid of twelve places in an order in which mirrored ones lie where those of a head do, nearly."""


def look_of(picture: NDArray[np.uint8], points: NDArray[np.float64] | None) -> _Look:
    """The look of a picture (H,H,3), with its landmarks if it has any."""
    side = len(picture)
    means = cv2.blur(picture, (side // 16, side // 16))
    at = places(points)
    x, y = (np.clip(np.round(at[:, n] * side - 0.5).astype(int), 0, side - 1) for n in (0, 1))
    colours = means[y, x].astype(np.float32) / 127.5 - 1
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    middle = slice(side // 4, -side // 4)
    detail = []
    for fine, coarse in ((1.0, 3.0), (2.5, 7.0)):
        band = cv2.GaussianBlur(grey, (0, 0), fine * side / 144) - cv2.GaussianBlur(grey, (0, 0), coarse * side / 144)
        detail.append(np.log(band[middle, middle].std() / 8 + 0.05))
    finest = grey - cv2.GaussianBlur(grey, (0, 0), side / 144)
    detail.append(np.log(finest[middle, middle].std() / 4 + 0.05))
    return np.concatenate([colours.ravel(), np.array(detail, np.float32)]).astype(np.float32)


def mirrored_look(look: _Look) -> _Look:
    colours = look[: 3 * _PLACES].reshape(_PLACES, 3)[_MIRRORED]
    return np.concatenate([colours.ravel(), look[3 * _PLACES :]])


def fur(look: _Look) -> NDArray[np.float32]:
    """The colour of the cat, (3,) in [-1,1]."""
    return np.asarray(look[: 3 * _PLACES].reshape(_PLACES, 3)[list(FUR)].mean(0))


def packed_looks(looks: NDArray[np.float32]) -> str:
    """Looks (n,LOOK) in [-2,2] as text: a byte for each number, in base 64."""
    return base64.b64encode(np.round((np.clip(looks, -2, 2) + 2) * 255 / 4).astype(np.uint8).tobytes()).decode()


def unpacked_looks(text: str) -> NDArray[np.float32]:
    """Looks (n,LOOK) from text."""
    steps = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, LOOK)
    return steps.astype(np.float32) * np.float32(4 / 255) - 2


def chosen(looks: NDArray[np.float32], rgb: tuple[float, float, float] | None, random: np.random.Generator) -> _Look:
    """One of many looks (n,LOOK), drawn at random; with a colour in [0,1] one of the nearest, dyed.

    The surroundings stay as they are, and so does the pattern: what was darker than the mean of the fur still is.
    """
    if rgb is None:
        return looks[random.integers(len(looks))]
    wanted = np.array(rgb, np.float32) * 2 - 1
    furs = looks[:, : 3 * _PLACES].reshape(-1, _PLACES, 3)[:, list(FUR)]
    # A uniform coat first: of a piebald cat the mean is a colour that is nowhere on it.
    apart = np.linalg.norm(furs.mean(1) - wanted, axis=1) + 0.7 * np.linalg.norm(furs.std(1), axis=1)
    nearest = np.argsort(apart, kind="stable")[: max(1, min(NEAREST, len(looks) // 4))]
    look = looks[random.choice(nearest)].copy()
    colours = look[: 3 * _PLACES].reshape(_PLACES, 3)
    colours[:INSIDE] = np.clip(colours[:INSIDE] + (wanted - colours[list(FUR)].mean(0)), -1, 1)
    return look
