"""A contact sheet: the same faces as each model drew them, side by side."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from enhance.evaluate.protocol import Pictures

TILE, GAP, HEAD = 256, 8, 40
PAPER, INK = "white", "#333333"


def draw(rows: Sequence[Sequence[Pictures]], titles: Sequence[str]) -> Image.Image:
    """Draws one line per face and one column per title.

    Tiles are 256 pixels wide. What is smaller is enlarged to fit, the first column by repeating pixels, so that they
    can be seen, the others by bicubic.

    Args:
        rows: for each face one picture (3,H,W) in [0,1] per title; any sizes.
    """
    width = len(titles) * (TILE + GAP) + GAP
    page = Image.new("RGB", (width, HEAD + len(rows) * (TILE + GAP)), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(20)
    for column, title in enumerate(titles):
        left = GAP + column * (TILE + GAP)
        pen.text((left + TILE / 2, HEAD / 2), title, INK, font, anchor="mm")
        for line, row in enumerate(rows):
            pixels = np.rint(np.clip(row[column], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
            kernel = Image.Resampling.BICUBIC if column else Image.Resampling.NEAREST
            tile = Image.fromarray(pixels).resize((TILE, TILE), kernel)
            page.paste(tile, (left, HEAD + line * (TILE + GAP)))
    return page
