"""Pictures beside each other, each with its name: the comparison that the project is about."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from enhance.pixels import Planes, to_uint8

GROUND, INK = (22, 22, 24), (225, 225, 220)
TALLEST = 512
TILE, GAP, HEAD, LINES = 128, 6, 40, 20
"""Of a contact sheet: pixels of a picture, between pictures and of the titles, and pictures below each other."""


def side_by_side(panels: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """One dark picture with every panel at the same size, its caption beneath.

    Args:
        panels: captions and pictures of the same proportions; all are shown at the last one's size, at least 256 and at
            most 512 pixels high. One that is smaller shows its pixels.
    """
    width, height = panels[-1][1].size
    shown = min(max(height, 256), TALLEST)
    size = max(1, round(width * shown / height)), shown
    margin = max(8, shown // 40)
    letters = max(13, shown // 20)
    font = ImageFont.load_default(size=letters)
    line = 2 * letters
    sheet = Image.new("RGB", (len(panels) * (size[0] + margin) + margin, size[1] + margin + line), GROUND)
    draw = ImageDraw.Draw(sheet)
    for n, (caption, picture) in enumerate(panels):
        left = margin + n * (size[0] + margin)
        method = Image.Resampling.NEAREST if picture.height < height else Image.Resampling.LANCZOS
        sheet.paste(picture.convert("RGB").resize(size, method), (left, margin))
        middle = left + size[0] / 2, margin + size[1] + line / 2
        draw.text(middle, caption, fill=INK, font=font, anchor="mm")
    return sheet


def contact_sheet(rows: Sequence[Sequence[Planes]], titles: Sequence[str], tile: int = TILE) -> Image.Image:
    """One line for each example and one column for each title; after LINES examples it goes on beside them.

    The longer side of every picture becomes `tile` pixels. The first column is enlarged by repeating pixels, so that
    they can be seen, the others by bicubic.

    Args:
        rows: for each example one picture (3,H,W) in [0,1] per title; any sizes.
    """
    blocks = [rows[start : start + LINES] for start in range(0, len(rows), LINES)]
    block_width = len(titles) * (tile + GAP) + GAP
    page = Image.new("RGB", (len(blocks) * block_width, HEAD + len(blocks[0]) * (tile + GAP)), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    widest = max(font.getlength(title) for title in titles)
    if widest > tile:
        font = ImageFont.load_default(15 * tile / widest)
    for place in range(len(blocks) * len(titles)):
        block, column = divmod(place, len(titles))
        left = block * block_width + GAP + column * (tile + GAP)
        draw.text((left + tile / 2, HEAD / 2), titles[column], "#333333", font, anchor="mm")
        for line, row in enumerate(blocks[block]):
            picture = Image.fromarray(to_uint8(row[column]).transpose(1, 2, 0))
            size = tuple(max(1, round(tile * side / max(picture.size))) for side in picture.size)
            kernel = Image.Resampling.BICUBIC if column else Image.Resampling.NEAREST
            page.paste(picture.resize((size[0], size[1]), kernel), (left, HEAD + line * (tile + GAP)))
    return page
