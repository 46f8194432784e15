"""A contact sheet: the same faces as each model drew them, side by side."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from enhance.evaluate.protocol import Face, Pictures

TILE, GAP, HEAD = 128, 6, 40
LINES = 20
PAPER, INK = "white", "#333333"

SHOWN_NOWHERE = ("celeba",)
"""Sources whose pictures may be measured with, but not handed on, not even on a sheet."""


def may_be_shown(face: Face) -> bool:
    """Whether the terms of a face's source allow it on a sheet."""
    return face.labels["source"] not in SHOWN_NOWHERE


def draw(rows: Sequence[Sequence[Pictures]], titles: Sequence[str], tile: int = TILE) -> Image.Image:
    """Draws one line per face and one column per title; after LINES faces it goes on beside them.

    Every picture becomes `tile` pixels wide. The first column is enlarged by repeating pixels, so that they can be
    seen, the others by bicubic.

    Args:
        rows: for each face one picture (3,H,W) in [0,1] per title; any sizes.
    """
    blocks = [rows[start : start + LINES] for start in range(0, len(rows), LINES)]
    block_width = len(titles) * (tile + GAP) + GAP
    page = Image.new("RGB", (len(blocks) * block_width, HEAD + len(blocks[0]) * (tile + GAP)), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for place in range(len(blocks) * len(titles)):
        block, column = divmod(place, len(titles))
        left = block * block_width + GAP + column * (tile + GAP)
        pen.text((left + tile / 2, HEAD / 2), titles[column], INK, font, anchor="mm")
        for line, row in enumerate(blocks[block]):
            pixels = np.rint(np.clip(row[column], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
            kernel = Image.Resampling.BICUBIC if column else Image.Resampling.NEAREST
            picture = Image.fromarray(pixels).resize((tile, tile), kernel)
            page.paste(picture, (left, HEAD + line * (tile + GAP)))
    return page
