import numpy as np
import pytest

from enhance.errors import PhotoError
from enhance.tasks.sketch import paper, svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'


def ink(inside: str, head: str = HEAD) -> np.ndarray:
    return svg.inked_svg(f"{head}{inside}</svg>".encode(), "drawing.svg", 200)


def at(found: np.ndarray, x: float, y: float) -> float:
    return float(found[int(y * 2) - 2 : int(y * 2) + 3, int(x * 2) - 2 : int(x * 2) + 3].max())


@pytest.mark.parametrize(
    ("inside", "on", "off"),
    [
        ('<path d="M10 10 L90 10 l0 80 H10 z"/>', [(50, 10), (90, 50), (10, 50)], [(50, 50)]),
        ('<path d="m10,50c20,-40 60,-40 80,0"/>', [(10, 50), (50, 20), (90, 50)], [(50, 50)]),
        ('<path d="M10 50 Q30 10 50 50 T90 50"/>', [(30, 30), (70, 70)], [(30, 70), (70, 30)]),
        ('<path d="M10 50 C20 20 40 20 50 50 S80 80 90 50"/>', [(30, 27.5), (70, 72.5)], [(30, 72)]),
        ('<path d="M20 50 A30 30 0 0 1 80 50"/>', [(50, 20)], [(50, 80), (50, 50)]),
        ('<path d="M20 50a30 30 0 0060 0"/>', [(50, 80)], [(50, 20), (50, 50)]),
        ('<circle cx="50" cy="50" r="30"/>', [(20, 50), (50, 80)], [(50, 50)]),
        ('<ellipse cx="50" cy="50" rx="40" ry="10"/>', [(10, 50), (50, 60)], [(50, 80)]),
        ('<polygon points="10,10 90,10 50,80"/>', [(50, 10), (30, 45)], [(50, 50)]),
        ('<polyline points="10,10 90,10 50,80"/>', [(50, 10)], [(30, 45)]),
        ('<line x1="10" y1="20" x2="90" y2="20" style="stroke-width:3"/>', [(50, 20)], [(50, 40)]),
        ('<rect x="10" y="10" width="80" height="60" stroke="black"/>', [(50, 10), (90, 40)], [(50, 40)]),
        (
            '<g transform="translate(50 50) rotate(90)"><line x1="10" y1="0" x2="40" y2="0"/></g>',
            [(50, 80)],
            [(80, 50)],
        ),
        ('<g transform="scale(2)"><line x1="10" y1="20" x2="40" y2="20"/></g>', [(50, 40)], [(50, 20)]),
        ('<line x1="10" y1="90" x2="90" y2="90"/><path display="none" d="M10 10H90"/>', [(50, 90)], [(50, 10)]),
    ],
)
def test_shapes_are_drawn_where_they_are(
    inside: str, on: list[tuple[float, float]], off: list[tuple[float, float]]
) -> None:
    found = ink(inside)
    assert found.shape == (200, 200)
    assert all(at(found, *place) > 0.5 for place in on)
    assert all(at(found, *place) == 0 for place in off)


def test_the_ground_is_no_line_and_what_is_without_a_size_is_shown_whole() -> None:
    found = ink('<rect width="500" height="500" fill="white"/><circle cx="500" cy="300" r="40"/>', "<svg>")
    rows, columns = np.nonzero(found > 0.5)
    assert np.ptp(rows) > 150
    assert np.ptp(columns) > 150


@pytest.mark.parametrize(
    ("inside", "said"),
    [("<path d='M1 1", "damaged"), ("<text>cat</text>", "no paths"), ("<path d=''/>", "no paths"), ("", "no paths")],
)
def test_what_cannot_be_drawn_is_said_in_one_line(inside: str, said: str) -> None:
    with pytest.raises(PhotoError, match=rf"drawing\.svg.*{said}") as caught:
        ink(inside)
    assert "\n" not in str(caught.value)


def test_entities_are_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg><text>&b;</text></svg>'
    assert svg.is_svg(bomb)
    with pytest.raises(PhotoError, match="entities"):
        svg.inked_svg(bomb, "bomb.svg", 200)


def test_a_drawing_is_read_from_its_file_and_its_bytes() -> None:
    content = f'{HEAD}<circle cx="50" cy="50" r="40"/></svg>'.encode()
    assert paper.read_drawing(content).ink[64, 10:16].max() > 0.5
    assert not svg.is_svg(b"\x89PNG")
