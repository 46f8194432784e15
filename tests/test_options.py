"""Options that are declared once."""

from dataclasses import dataclass

import pytest

from enhance.options import option, options_of, problem


@dataclass(frozen=True)
class Some:
    size: float = option(2.0, "How large.", above=1, most=16, most_over_http=8)
    count: int = option(3, "How many.", least=0)
    kind: str = option("round", "Which.", choices=("round", "square"))
    sharp: bool | None = option(None, "Whether.", kind=bool, flag="--is-sharp")


def test_a_flag_is_the_name_unless_it_is_given() -> None:
    assert [one.flag for one in options_of(Some).values()] == ["--size", "--count", "--kind", "--is-sharp"]
    assert options_of(Some)["sharp"].name_over_http == "is-sharp"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, None),
        ({"size": 16, "count": 0, "sharp": False}, None),
        ({"size": 1}, "size is 1, but must be a number above 1 up to 16"),
        ({"size": float("nan")}, "size is nan, but must be a number above 1 up to 16"),
        ({"size": None}, "size is None, but must be a number above 1 up to 16"),
        ({"size": "four"}, "size is four, but must be a number above 1 up to 16"),
        ({"count": -1}, "count is -1, but must be a whole number from 0 on"),
        ({"count": 1.5}, "count is 1.5, but must be a whole number from 0 on"),
        ({"kind": "flat"}, "kind is flat, but must be one of round, square"),
    ],
)
def test_what_is_out_of_range_is_said(given: dict[str, object], told: str | None) -> None:
    assert problem(Some(**given)) == told  # type: ignore[arg-type]


def test_the_service_has_limits_of_its_own() -> None:
    size = options_of(Some)["size"]
    assert size.allows(12)
    assert not size.over_http().allows(12)
    assert size.over_http().range_in_words() == "a number above 1 up to 8"
