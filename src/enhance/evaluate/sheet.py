"""A contact sheet: the same faces as each model drew them, side by side."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from enhance.evaluate.protocol import Pictures

TILE, GAP, HEAD = 128, 6, 40
LINES = 20
PAPER, INK = "white", "#333333"


def draw(rows: Sequence[Sequence[Pictures]], titles: Sequence[str]) -> Image.Image:
    """Draws one line per face and one column per title; after LINES faces it goes on beside them.

    Every tile is TILE pixels wide. The first column is enlarged by repeating pixels, so that they can be seen, the
    others by bicubic.

    Args:
        rows: for each face one picture (3,H,W) in [0,1] per title; any sizes.
    """
    blocks = [rows[start : start + LINES] for start in range(0, len(rows), LINES)]
    block_width = len(titles) * (TILE + GAP) + GAP
    page = Image.new("RGB", (len(blocks) * block_width, HEAD + len(blocks[0]) * (TILE + GAP)), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for place in range(len(blocks) * len(titles)):
        block, column = divmod(place, len(titles))
        left = block * block_width + GAP + column * (TILE + GAP)
        pen.text((left + TILE / 2, HEAD / 2), titles[column], INK, font, anchor="mm")
        for line, row in enumerate(blocks[block]):
            pixels = np.rint(np.clip(row[column], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
            kernel = Image.Resampling.BICUBIC if column else Image.Resampling.NEAREST
            tile = Image.fromarray(pixels).resize((TILE, TILE), kernel)
            page.paste(tile, (left, HEAD + line * (TILE + GAP)))
    return page
