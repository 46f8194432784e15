import numpy as np

from enhance.tasks.imagine.layouts import CHANNELS, POINTS, Layouts, areas, maps, mirrored, seen_parts
from enhance.tasks.imagine.vocabulary import BODY_PARTS, COLOUR_WORDS
from enhance.tasks.imagine.words import read_sentence


def layout(**places: tuple[float, float]) -> Layouts:
    points = np.full((1, len(POINTS), 2), -1, np.float32)
    for name, place in places.items():
        points[0, POINTS.index(name)] = place
    corners = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float32)
    return Layouts(points, corners, np.zeros(1, np.float32), np.ones(1, np.float32))


def colour(found: np.ndarray, name: str) -> np.ndarray:
    return np.asarray(found[0, len(POINTS) + 1 + COLOUR_WORDS.index(name)])


def test_a_colour_is_painted_where_its_part_is() -> None:
    one = layout(crown=(0.8, 0.2), belly=(0.3, 0.7))
    (found,) = maps(one, read_sentence("a red head and a white belly").colours()[None])
    assert found.shape == (1, CHANNELS, 32, 32)
    assert found.dtype == np.float32
    row, column = np.unravel_index(colour(found, "red").argmax(), (32, 32))
    assert (column / 32, row / 32) == (0.78125, 0.1875)
    assert colour(found, "white")[22, 9] > 0.9
    assert colour(found, "white")[6, 25] < 0.01
    assert colour(found, "green").max() == 0


def test_several_tellings_share_their_places() -> None:
    one = layout(crown=(0.8, 0.2), belly=(0.3, 0.7))
    red, blue = maps(one, *(read_sentence(f"a {name} head").colours()[None] for name in ("red", "blue")))
    different = np.abs(red - blue).max((0, 2, 3)) > 0
    assert [COLOUR_WORDS[n - len(POINTS) - 1] for n in np.flatnonzero(different)] == ["red", "blue"]


def test_corners_lie_in_the_corners() -> None:
    (found,) = maps(layout(), np.zeros((1, len(BODY_PARTS), len(COLOUR_WORDS)), np.float32))
    assert np.abs((found[0, -3:, 0, -1] + 1) / 2 - [1, 0, 0]).max() < 0.05
    assert np.abs((found[0, -3:, -1, 0] + 1) / 2 - [0, 1, 0]).max() < 0.05


def test_hidden_parts_have_no_area() -> None:
    points = layout(crown=(0.8, 0.2), left_eye=(0.85, 0.15)).points
    seen = seen_parts(points)[0]
    assert {BODY_PARTS[n] for n in np.flatnonzero(seen)} == {"body", "head", "eye"}
    assert np.allclose(areas(points)[0].sum((1, 2)), seen, atol=1e-5)


def test_mirrored_twice_is_the_same() -> None:
    points = layout(left_wing=(0.25, 0.5), beak=(0.9, 0.25)).points
    turned = mirrored(points)
    assert turned[0, POINTS.index("right_wing")].tolist() == [0.75, 0.5]
    assert turned[0, POINTS.index("left_wing")].tolist() == [-1, -1]
    assert np.allclose(mirrored(turned), points)
