import pytest

from enhance.tasks.imagine.vocabulary import BODY_PARTS, COLOUR_WORDS
from enhance.tasks.imagine.words import LENGTH, SentenceError, read_sentence


def pairs(sentence: str) -> set[str]:
    return {f"{part} {colour}" for part, colour in read_sentence(sentence).pairs}


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("a small bird with a red head and a white belly", {"head red", "belly white"}),
        ("a small bird with a white head and a red belly", {"head white", "belly red"}),
        ("this bird has wings that are blue and has a white belly", {"wing blue", "belly white"}),
        ("its belly is white and its back is grey", {"belly white", "back grey"}),
        ("the wings are black and white and the head is blue", {"wing black", "wing white", "head blue"}),
        ("this bird is black with a yellow crown", {"body black", "head yellow"}),
        (
            "a yellow-bellied bird with brown wings, tail and nape",
            {"belly yellow", "wing brown", "tail brown", "nape brown"},
        ),
        ("a bird with yellow breast feathers and a black bill", {"belly yellow", "bill black"}),
        ("a bird with red on its head", {"head red"}),
        ("a black and white bird", {"body black", "body white"}),
        ("bird without a red head", set()),
    ],
)
def test_a_colour_goes_to_its_part(sentence: str, found: set[str]) -> None:
    assert pairs(sentence) == found


def test_stripes_and_rings_are_marks_and_not_the_part() -> None:
    found = read_sentence("a black bird with white stripes on its wings and a yellow ring around its eye")
    assert found.pairs == {("body", "black")}
    assert found.accents == {("wing", "white"), ("eye", "yellow")}
    assert {"striped", "ringed"} <= found.traits


def test_near_words_and_misspellings_are_said() -> None:
    found = read_sentence("a crimson bird with a whtie bely and a yelow beek")
    assert found.pairs == {("body", "red"), ("belly", "white"), ("bill", "yellow")}
    assert dict(found.taken) == {"crimson": "red", "whtie": "white", "bely": "belly", "yelow": "yellow", "beek": "beak"}
    assert "crimson for red" in found.sentence()


def test_unknown_words_are_named_and_nothing_is_taken_from_them() -> None:
    found = read_sentence("a red bird in a wooden house, with a hat but no legs")
    assert set(found.unknown) >= {"wooden", "house", "hat", "no"}
    assert found.pairs == {("body", "red")}
    assert "wooden" in found.sentence()


def test_shapes_belong_to_parts() -> None:
    assert {"throat:long", "bill:short", "bill:curved"} <= read_sentence("a long neck and a short curved beak").traits
    assert "body:small" in read_sentence("a tiny bird").traits
    assert {"duck", "water"} <= read_sentence("a swimming duck").traits


def test_birds_by_name() -> None:
    found = read_sentence("a cardinal")
    assert ("body", "red") in found.pairs
    assert "cardinal" in dict(found.taken)


@pytest.mark.parametrize("sentence", ["", "   ", "!!", "12", "the quick house of cards", "red bird " * 100])
def test_what_says_nothing_of_a_bird_is_refused_in_one_line(sentence: str) -> None:
    with pytest.raises(SentenceError) as raised:
        read_sentence(sentence)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_the_vector_tells_swapped_colours_apart() -> None:
    one, other = read_sentence("red head and white belly"), read_sentence("white head and red belly")
    assert one.vector().shape == (LENGTH,)
    assert (one.vector() != other.vector()).sum() == 4
    assert one.colours()[BODY_PARTS.index("head"), COLOUR_WORDS.index("red")] == 1


def test_ordinary_words_are_not_taken_for_misspellings() -> None:
    found = read_sentence("a red bird wearing a hat, facing left, singing in a garden")
    assert found.taken == ()
    assert found.unknown == ("hat", "singing", "garden")
    assert found.facing == "left"
