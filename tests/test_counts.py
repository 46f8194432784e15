import pytest

from enhance.counts import counted


@pytest.mark.parametrize(("count", "words"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces"), (1200, "1,200 faces")])
def test_only_one_is_singular(count: int, words: str) -> None:
    assert counted(count, "face") == words
