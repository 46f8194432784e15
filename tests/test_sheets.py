import numpy as np
from PIL import Image

from enhance.sheets import (
    GAP,
    GRID_GAP,
    GROUND,
    HEAD,
    SHEET_TILE,
    WALL,
    captioned_rows,
    contact_sheet,
    grid,
    lineup_sheet,
    side_by_side,
    with_scale,
)


def test_every_panel_is_shown_at_one_size_with_a_caption_beneath() -> None:
    small, large = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (64, 64), "blue")
    sheet = np.asarray(side_by_side([("input", small), ("GAN", large)]))
    red = (sheet == (255, 0, 0)).all(-1)
    blue = (sheet == (0, 0, 255)).all(-1)
    assert red.sum() == blue.sum() == 256 * 256
    caption = sheet[red.any(1).nonzero()[0].max() + 1 :]
    assert (caption.max(-1) > 200).any()
    assert tuple(sheet[0, 0]) == GROUND


def test_a_small_input_shows_its_pixels() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::2, ::2] = 255
    sheet = np.asarray(side_by_side([("", Image.fromarray(pixels)), ("", Image.new("RGB", (32, 32)))]))
    margin = 8
    first = sheet[margin : margin + 256, margin : margin + 256]
    assert set(np.unique(first)) == {0, 255}


def test_a_contact_sheet_shows_the_examples_in_their_places() -> None:
    black, white = np.zeros((3, 16, 16), np.float32), np.ones((3, 64, 64), np.float32)
    page = contact_sheet([[black, white], [white, black]], ["input", "original"])
    centres = [GAP + SHEET_TILE // 2 + index * (SHEET_TILE + GAP) for index in range(2)]
    tones = [[page.getpixel((x, HEAD + y - GAP)) for x in centres] for y in centres]
    assert tones == [[(0, 0, 0), (255, 255, 255)], [(255, 255, 255), (0, 0, 0)]]


def test_a_contact_sheet_keeps_proportions() -> None:
    wide = np.zeros((3, 32, 64), np.float32)
    page = contact_sheet([[wide]], ["input"], tile=64)
    assert page.getpixel((GAP + 63, HEAD + 31)) == (0, 0, 0)
    assert page.getpixel((GAP + 32, HEAD + 33)) == (255, 255, 255)


def colour(value: int, height: int = 16) -> np.ndarray:
    return np.full((height, height, 3), value, np.uint8)


def test_a_grid_has_a_row_for_each_example_and_a_column_for_each_title() -> None:
    sheet = np.asarray(grid({"a": [colour(50), colour(100)], "b": [colour(150, 64), colour(200, 64)]}, 32))
    step = 32 + GRID_GAP
    assert sheet.shape == (2 * step + GRID_GAP, 2 * step + GRID_GAP, 3)
    middle = GRID_GAP + 16
    found = [[int(sheet[middle + down * step, middle + across * step, 0]) for across in (0, 1)] for down in (0, 1)]
    assert found == [[50, 150], [100, 200]]


def test_a_grid_shows_small_pictures_pixel_by_pixel() -> None:
    checks = np.zeros((2, 2, 3), np.uint8)
    checks[0, 1] = checks[1, 0] = 255
    cell = np.asarray(grid({"a": [checks]}, 32))[GRID_GAP:-GRID_GAP, GRID_GAP:-GRID_GAP]
    assert np.array_equal(cell, checks.repeat(16, 0).repeat(16, 1))


def test_rows_have_their_captions_beneath_and_titles_above() -> None:
    red, blue = (np.broadcast_to(np.float32(tone), (8, 8, 3)) for tone in ((1, 0, 0), (0, 0, 1)))
    page = captioned_rows([("first", [red, blue]), ("second", [blue, red])], ["one", "two"], tile=32)
    assert page.size == (64, 24 + 2 * (32 + 24))
    tones = [[page.getpixel((x, y)) for x in (16, 48)] for y in (24 + 16, 24 + 56 + 16)]
    assert tones == [[(255, 0, 0), (0, 0, 255)], [(0, 0, 255), (255, 0, 0)]]
    pixels = np.asarray(page)
    for words in (pixels[:24], pixels[56:80], pixels[112:]):
        assert (words > 200).any()
    assert (captioned_rows([("", [red])], tile=32).size) == (32, 56)


def test_a_line_up_hangs_every_answer_on_the_wall() -> None:
    red, blue = (np.broadcast_to(np.float32(tone), (8, 8, 3)) for tone in ((1, 0, 0), (0, 0, 1)))
    page = np.asarray(lineup_sheet((red, "known"), [(blue, "one"), (blue, "two")], ("all", "of it")))
    assert tuple(page[0, 0]) == WALL
    assert (page == (255, 0, 0)).all(-1).sum() == 256 * 256
    assert (page == (0, 0, 255)).all(-1).sum() == 2 * 256 * 256


def test_a_scale_of_colours_lies_beneath_the_picture() -> None:
    picture = np.ones((40, 300, 3), np.float32)
    page = np.asarray(with_scale(picture, np.float32([[1, 0, 0], [0, 0, 1]]), "low", "high"))
    assert (page[:40] == 255).all()
    bar = page[40 + 5 + 5]
    assert tuple(bar[12]) == (255, 0, 0)
    assert tuple(bar[287]) == (0, 0, 255)
    assert (page[62:] > 200).any()
