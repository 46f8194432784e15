from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import PhotoError
from enhance.tasks.sketch import paper
from enhance.tasks.sketch.doodles import doodle
from enhance.tasks.sketch.strokes import ink
from tests.tasks.sketch.conftest import POINTS

Pixels = NDArray[np.uint8]


def ink_of(side: int = 256, width: float = 2.5) -> NDArray[np.float32]:
    strokes = doodle(POINTS, 0.0, np.random.default_rng(3))
    return cv2.resize(ink(strokes, width, 256), (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 1)


INK = ink_of()
SMALL = cv2.resize(INK, (128, 128), interpolation=cv2.INTER_AREA)


def agreement(found: NDArray[np.float32], expected: NDArray[np.float32] = SMALL) -> float:
    """Share of lines of each that have a line of the other within two pixels: the lesser of the two."""
    shares = []
    for a, b in ((found, expected), (expected, found)):
        near = cv2.dilate(np.asarray(b > 0.25, np.uint8), np.ones((5, 5), np.uint8))
        shares.append(float(near[a > 0.5].mean()))
    return min(shares)


def white(ink: NDArray[np.float32], colour: tuple[int, int, int] = (0, 0, 0)) -> Pixels:
    return np.uint8(255 - ink[..., None] * (255 - np.array(colour)))


@pytest.mark.parametrize("colour", [(0, 0, 0), (230, 120, 20), (250, 220, 40), (60, 60, 255)])
def test_lines_of_any_colour_on_white(colour: tuple[int, int, int]) -> None:
    drawing = paper.read_drawing(white(INK, colour))
    assert drawing.ink.shape == (128, 128)
    assert 0 <= drawing.ink.min() <= drawing.ink.max() <= 1
    assert agreement(drawing.ink) > 0.95
    assert not drawing.moved


@pytest.mark.parametrize("colour", [0, 255])
def test_lines_on_nothing_may_be_black_or_white(colour: int) -> None:
    rgba = np.full((256, 256, 4), colour, np.uint8)
    rgba[..., 3] = INK * 255
    assert agreement(paper.read_drawing(rgba).ink) > 0.95


def test_a_white_sheet_with_lines_on_nothing() -> None:
    rgba = np.zeros((336, 336, 4), np.uint8)
    rgba[40:296, 40:296, :3], rgba[40:296, 40:296, 3] = white(INK), 255
    expected = cv2.resize(np.pad(INK, 40), (128, 128), interpolation=cv2.INTER_AREA)
    assert agreement(paper.read_drawing(rgba).ink, expected * 1.5) > 0.9


def test_chalk_is_ink() -> None:
    assert agreement(paper.read_drawing(255 - white(INK)).ink) > 0.95


def test_a_photograph_of_pencil_in_the_light_of_a_lamp() -> None:
    random = np.random.default_rng(0)
    x = np.linspace(0, 1, 900)
    light = 0.4 + 0.3 * x[None] + 0.25 * x[:, None]
    photographed = (1 - 0.35 * ink_of(900)) * light
    photographed = photographed[..., None] * [1, 0.95, 0.85] + random.normal(0, 0.015, (900, 900, 3))
    assert agreement(paper.read_drawing(np.float32(photographed.clip(0, 1))).ink) > 0.9


@pytest.mark.parametrize("thick", [9, 15])
def test_thick_lines_become_thin_ones_in_their_middle(thick: int) -> None:
    broad = cv2.dilate(INK, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick)))
    found = paper.read_drawing(white(broad)).ink
    assert 0.5 < found.sum() / SMALL.sum() < 1.6
    near = cv2.dilate(np.asarray(SMALL > 0.25, np.uint8), np.ones((7, 7), np.uint8))
    assert near[found > 0.5].mean() > 0.9


def test_thin_lines_of_a_large_drawing_are_not_lost() -> None:
    large = paper.read_drawing(white(cv2.resize(INK, (3000, 3000), interpolation=cv2.INTER_LINEAR)))
    assert agreement(large.ink) > 0.95


def test_what_is_filled_becomes_its_outline() -> None:
    picture = white(INK)
    cv2.circle(picture, (128, 60), 25, (0, 0, 0), -1)
    found = paper.read_drawing(picture).ink
    assert found[27:33, 61:67].max() < 0.2
    assert found[30, 49:54].max() > 0.5


def test_a_small_drawing_is_put_where_heads_lie() -> None:
    sheet = np.full((900, 1200, 3), 255, np.uint8)
    sheet[600:800, 100:300] = white(ink_of(200))
    drawing = paper.read_drawing(sheet)
    rows, columns = np.nonzero(drawing.ink > 0.5)
    assert drawing.moved
    assert abs((columns.min() + columns.max()) / 2 - 64) < 3
    assert 95 < max(np.ptp(rows), np.ptp(columns)) < 112


def test_a_landscape_is_made_square_with_its_lines_in_proportion() -> None:
    sheet = np.full((256, 340, 3), 255, np.uint8)
    sheet[:, 42:298] = white(INK)
    found = paper.read_drawing(sheet).ink
    expected = cv2.resize(np.pad(INK, 42), (128, 128), interpolation=cv2.INTER_AREA)
    assert agreement(found, expected * 1.4) > 0.9


def test_what_is_no_drawing_is_refused_in_one_line(tmp_path: Path) -> None:
    blank, dark = np.full((100, 100, 3), 255, np.uint8), np.random.default_rng(0).integers(0, 255, (100, 100, 3))
    nothing = np.zeros((50, 50, 4), np.uint8)
    (tmp_path / "text.png").write_text("no picture")
    Image.fromarray(blank).save(tmp_path / "blank.png")
    for source, said in (
        (tmp_path / "blank.png", r"blank\.png: there are no lines"),
        (np.uint8(dark), "no drawing of lines|no lines"),
        (nothing, "is empty"),
        (tmp_path / "text.png", r"text\.png"),
        (tmp_path / "none.png", "no such file"),
    ):
        with pytest.raises(PhotoError, match=said) as caught:
            paper.read_drawing(source)
        assert "\n" not in str(caught.value)


def test_thinned_lines_are_a_pixel_wide_and_in_one_piece() -> None:
    mask = np.zeros((60, 60), bool)
    mask[10:50, 20:29] = True
    middle = paper.thinned(mask)
    assert (middle.sum(1) <= 2).all()
    assert abs(np.nonzero(middle)[1].mean() - 24) < 1
    assert cv2.connectedComponents(middle.astype(np.uint8), connectivity=8)[0] == 2
