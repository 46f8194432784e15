import pytest

from enhance.painting.tiles import spans, united


@pytest.mark.parametrize(("length", "size"), [(1, 8), (8, 8), (100, 16), (101, 30)])
def test_spans_hold_every_pixel_once_and_see_their_margin(length: int, size: int) -> None:
    found = list(spans(length, size, 5))
    assert [n for span in found for n in range(span.start, span.stop)] == list(range(length))
    assert all(span.before == max(span.start - 5, 0) and span.after == min(span.stop + 5, length) for span in found)


def test_boxes_that_overlap_become_one_and_others_stay() -> None:
    boxes = [(0, 0, 4, 4), (10, 0, 14, 4), (3, 3, 11, 5), (20, 20, 22, 22), (4, 5, 6, 7)]
    assert sorted(united(boxes)) == [((0, 0, 14, 5), [0, 1, 2]), ((4, 5, 6, 7), [4]), ((20, 20, 22, 22), [3])]


def test_boxes_are_united_as_long_as_the_union_meets_another() -> None:
    assert united([(0, 0, 2, 9), (4, 4, 6, 5), (1, 0, 5, 1)]) == [((0, 0, 6, 9), [0, 1, 2])]
