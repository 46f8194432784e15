"""Layout of several pictures as one: side by side, in tables, on the wall of a line-up, above a scale of colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from enhance.pixels import RGB, Planes, to_uint8

GROUND, INK = (22, 22, 24), (225, 225, 220)
TALLEST = 512
SHEET_TILE, GAP, HEAD, LINES = 128, 6, 40, 20
"""Of a contact sheet: pixels of a picture, between pictures and of the titles, and pictures below each other."""
GRID_GAP, GRID_CELL = 4, 192
"""Of a grid: pixels between pictures, and of a picture."""
WALL, RULE, WALL_INK, _FAINT, BOARD = (222, 218, 208), (196, 191, 179), (38, 38, 40), (110, 106, 98), (28, 28, 30)
LINEUP_TILE, LINEUP_GAP = 256, 28


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


def contact_sheet(rows: Sequence[Sequence[Planes]], titles: Sequence[str], tile: int = SHEET_TILE) -> Image.Image:
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


def grid(columns: Mapping[str, Sequence[NDArray[np.uint8]]], height: int = GRID_CELL) -> Image.Image:
    """Pictures without words: a row for each example, a column for each title.

    Args:
        columns: title -> pictures (H,W,3) uint8. Small ones are enlarged by repeating pixels, so that a sheet shows
            what a network is given.
        height: of a cell, in pixels.
    """
    count = max(len(column) for column in columns.values())
    step = height + GRID_GAP
    page = Image.new("RGB", (len(columns) * step + GRID_GAP, count * step + GRID_GAP), GROUND)
    for across, column in enumerate(columns.values()):
        for down, picture in enumerate(column):
            cell = Image.fromarray(picture)
            method = Image.Resampling.NEAREST if cell.height <= height else Image.Resampling.BOX
            width = round(cell.width * height / cell.height)
            place = GRID_GAP + across * step, GRID_GAP + down * step
            page.paste(cell.resize((width, height), method).crop((0, 0, height, height)), place)
    return page


def captioned_rows(
    rows: Sequence[tuple[str, Sequence[RGB]]], titles: Sequence[str] = (), tile: int = 112
) -> Image.Image:
    """Rows of pictures, each row with a caption beneath, columns with titles above.

    Args:
        rows: captions, and pictures (H,W,3) in [0,1], which are shown as squares of `tile` pixels.
        titles: of the columns; none for none.
    """
    line = 24
    head = line if titles else 0
    page = Image.new("RGB", (max(len(row) for _, row in rows) * tile, len(rows) * (tile + line) + head), GROUND)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    for column, title in enumerate(titles):
        draw.text(((column + 0.5) * tile, line / 2), title, INK, font, anchor="mm")
    for down, (caption, row) in enumerate(rows):
        top = head + down * (tile + line)
        for column, picture in enumerate(row):
            image = Image.fromarray(to_uint8(picture)).resize((tile, tile), Image.Resampling.BICUBIC)
            page.paste(image, (column * tile, top))
        draw.text((page.width / 2, top + tile + line / 2), caption, INK, font, anchor="mm")
    return page


def lineup_sheet(known: tuple[RGB, str], answers: Sequence[tuple[RGB, str]], sentences: Sequence[str]) -> Image.Image:
    """A line-up: what is known at the left, every answer against a wall with its number, and sentences beneath.

    Args:
        known: the pixels (h,w,3) in [0,1] that were given, and words for them.
        answers: pictures (H,W,3) in [0,1], and words for each.
        sentences: two lines; the second is paler.
    """
    count = len(answers)
    rows = 1 if count <= 4 else 2 if count <= 12 else 3 if count <= 21 else 4
    columns = -(-count // rows)
    board, foot, tile, gap = 40, 92, LINEUP_TILE, LINEUP_GAP
    cell = tile + gap, tile + board + gap
    left = tile + 3 * gap
    width, height = left + columns * cell[0] + gap, gap + rows * cell[1] + foot
    page = Image.new("RGB", (width, height), WALL)
    draw = ImageDraw.Draw(page)
    letters = {size: ImageFont.load_default(size) for size in (15, 17, 22)}
    for row in range(rows):
        for step in range(5):
            y = gap + row * cell[1] + step * tile // 4
            draw.line((left - gap, y, width, y), RULE, 3 if step == 4 else 1)
    draw.rectangle((left - 2 * gap + 12, 0, left - 2 * gap + 14, height - foot), RULE)

    def hang(picture: RGB, x: int, y: int, method: Image.Resampling) -> None:
        image = Image.fromarray(to_uint8(picture))
        scale = tile / max(image.size)
        fitted = image.resize((round(image.width * scale), round(image.height * scale)), method)
        draw.rectangle((x - 4, y - 4, x + tile + 3, y + tile + 3), "white")
        page.paste(fitted, (x + (tile - fitted.width) // 2, y + (tile - fitted.height) // 2))

    top = gap + ((rows * cell[1] - gap) - (tile + board)) // 2
    hang(known[0], gap, top, Image.Resampling.NEAREST)
    draw.text((gap + tile / 2, top + tile + 24), known[1], WALL_INK, letters[17], anchor="mm")
    for number, (picture, words) in enumerate(answers):
        x, y = left + number % columns * cell[0], gap + number // columns * cell[1]
        hang(picture, x, y, Image.Resampling.LANCZOS)
        draw.rectangle((x - 4, y + tile + 4, x + tile + 3, y + tile + board - 2), BOARD)
        line = y + tile + board / 2 + 1
        draw.text((x + 12, line), str(number + 1), "white", letters[22], anchor="lm")
        draw.text((x + tile - 10, line), words, (190, 188, 180), letters[15], anchor="rm")
    for sentence, y, ink in zip(sentences, (22, 54), (WALL_INK, _FAINT), strict=True):
        draw.text((gap, height - foot + y), sentence, ink, letters[17], anchor="lm")
    return page


def with_scale(picture: RGB, colours: RGB, low: str, high: str) -> Image.Image:
    """A picture (H,W,3) in [0,1] above a bar of colours (n,3) from `low` to `high`, which are words."""
    height, width = picture.shape[:2]
    letters = max(11, min(22, width // 28))
    page = Image.new("RGB", (width, height + 4 * letters), GROUND)
    page.paste(Image.fromarray(to_uint8(picture)))
    left, right = letters, width - letters
    bar = Image.fromarray(to_uint8(colours)[None]).resize((right - left, letters), Image.Resampling.BILINEAR)
    page.paste(bar, (left, height + letters // 2))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(letters)
    for x, words, anchor in ((left, low, "lm"), (right, high, "rm")):
        draw.text((x, height + 2.6 * letters), words, INK, font, anchor=anchor)
    return page
