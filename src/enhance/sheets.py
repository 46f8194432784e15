"""Pictures beside each other, each with its name: the comparison that the project is about."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

GROUND, INK = (22, 22, 24), (225, 225, 220)
TALLEST = 512


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
