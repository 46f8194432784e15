import numpy as np
from PIL import Image

from enhance.sheets import GAP, GROUND, HEAD, TILE, contact_sheet, side_by_side


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
    centres = [GAP + TILE // 2 + index * (TILE + GAP) for index in range(2)]
    tones = [[page.getpixel((x, HEAD + y - GAP)) for x in centres] for y in centres]
    assert tones == [[(0, 0, 0), (255, 255, 255)], [(255, 255, 255), (0, 0, 0)]]


def test_a_contact_sheet_keeps_proportions() -> None:
    wide = np.zeros((3, 32, 64), np.float32)
    page = contact_sheet([[wide]], ["input"], tile=64)
    assert page.getpixel((GAP + 63, HEAD + 31)) == (0, 0, 0)
    assert page.getpixel((GAP + 32, HEAD + 33)) == (255, 255, 255)
