from dataclasses import dataclass

import pytest

pytest.importorskip("fastapi", reason="the web extra is not installed")

from pydantic import ValidationError

from enhance.options import option
from enhance.web.queries import query_model, ranges_in_words, taken
from enhance.web.query_options import HoleOptions, PartOptions


@dataclass(frozen=True)
class Options:
    """Options of every kind."""

    size: int = option(3, "How large.", least=1, most=99, most_over_http=9)
    share: float = option(0.5, "How much.", above=0, most=1)
    force: bool = option(False, "Do it anyway.", flag="--really")
    kept: bool | None = option(None, "Keep it.", kind=bool, unset_over_http="auto")
    model: str | None = option(None, "Which.", kind=str, unset_over_http="auto", choices=("one", "two"))
    colour: str | None = option(None, "Which colour.", kind=str, choices=("red",))


QUERY = query_model("OptionsQuery", (Options, HoleOptions), {"model": ("two", "three")})


def test_a_query_gives_the_options_of_its_task() -> None:
    assert taken(Options, QUERY()) == Options()
    given = {"size": "9", "share": ".25", "really": "true", "kept": "false", "model": "three", "colour": "red"}
    assert taken(Options, QUERY.model_validate(given)) == Options(9, 0.25, True, False, "three", "red")
    assert taken(Options, QUERY.model_validate({"kept": "auto", "model": "auto"})) == Options()
    holes = taken(HoleOptions, QUERY.model_validate({"hole": ["1,2,3,4", "5,6,7,8"]}))
    assert holes.boxes() == [(1, 2, 3, 4), (5, 6, 7, 8)]


@pytest.mark.parametrize(
    "given",
    [{"size": "10"}, {"size": "0"}, {"size": "1.0"}, {"size": "²"}, {"size": " 3"}, {"size": "1_0"}, {"share": "0"},
     {"share": "nan"}, {"share": "inf"}, {"share": "x"}, {"really": "1"}, {"really": "True"}, {"force": "true"},
     {"kept": "yes"}, {"model": "one"}, {"model": ""}, {"colour": "blue"}, {"sise": "3"}, {"hole": ["1,2,3"]}],
)  # fmt: skip
def test_what_is_out_of_range_or_unknown_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        QUERY.model_validate(given)


def test_each_option_is_described_with_its_range_and_default() -> None:
    described = QUERY.model_json_schema()["properties"]
    assert {"minimum": 1, "maximum": 9, "default": 3, "description": "How large."}.items() <= described["size"].items()
    assert described["share"]["exclusiveMinimum"] == 0
    assert described["model"]["enum"] == ["auto", "two", "three"]
    assert described["model"]["default"] == "auto"
    assert "default" not in described["colour"]
    assert ranges_in_words((Options,))["size"] == "a whole number from 1 to 9"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (PartOptions(box="9,0,8,5"), "left before right"),
        (PartOptions(region="0,0,0,5"), "one pixel"),
        (PartOptions("0,0,1,1", "0,0,1,1"), "one of them"),
    ],
)
def test_parts_that_are_none(options: PartOptions, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        options.edges()


def test_box_and_region_say_the_same() -> None:
    assert PartOptions(box="1,2,4,6").edges() == PartOptions(region="1,2,3,4").edges() == (1, 2, 4, 6)
    assert PartOptions().edges() is None
