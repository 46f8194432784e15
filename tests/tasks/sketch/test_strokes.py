import numpy as np
import pytest

from enhance.tasks.sketch import strokes as lines


def test_ink_is_where_the_stroke_is_and_nowhere_else() -> None:
    ink = lines.ink([np.array([[0.25, 0.5], [0.75, 0.5]])], 3.0, 128)
    assert ink.shape == (128, 128)
    assert ink[64, 40:88].min() > 0.4
    assert ink[:60].max() == ink[68:].max() == 0
    assert ink[:, :30].max() == ink[:, 98:].max() == 0


@pytest.mark.parametrize("width", [1.6, 2.5, 4.0])
def test_a_wider_pen_leaves_more_ink(width: float) -> None:
    line = [np.array([[0.1, 0.1], [0.9, 0.8]])]
    assert lines.ink(line, width + 1.5, 128).sum() > lines.ink(line, width, 128).sum()


def test_a_strict_drawing_is_not_moved_and_a_loose_one_is_by_ten_pixels_in_256() -> None:
    strokes = [np.random.default_rng(n).random((20, 2)) for n in range(6)]
    for before, after in zip(strokes, lines.loosened(strokes, 0.0, np.random.default_rng(0)), strict=True):
        assert (before == after).all()
    moved = [
        np.abs(after - before).mean()
        for seed in range(20)
        for before, after in zip(
            strokes[:3], lines.loosened(strokes[:3], 1.0, np.random.default_rng(seed)), strict=True
        )
    ]
    assert 0.2 < np.mean(moved) / lines.WARP < 1.2


def test_loose_drawings_lack_short_strokes_only() -> None:
    long, short = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.5, 0.5], [0.52, 0.5]])
    strokes = [long, long, long, short, short, short]
    counts = [len(lines.loosened(strokes, 1.0, np.random.default_rng(seed))) for seed in range(50)]
    assert min(counts) >= 3
    assert 0.2 < (6 - np.mean(counts)) / 3 < 0.6


def test_traced_edges_lie_on_the_edges_of_the_picture() -> None:
    picture = np.full((144, 144, 3), 200, np.uint8)
    picture[:, 72:] = 40
    strokes = lines.traced(picture, 0.02, 0.0, np.random.default_rng(0))
    assert strokes
    assert all(abs(stroke[:, 0] - 0.5).max() < 0.02 for stroke in strokes)
