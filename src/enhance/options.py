"""Options of a task: fields of a frozen dataclass, each with its help and its range.

The command line, the service, manifests and the tasks read the same fields, so that an option is declared once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from numbers import Real
from typing import Any


@dataclass(frozen=True)
class Option:
    """Help, range and names of a field.

    Attributes:
        help: one sentence.
        kind: bool, int, float, str or Path.
        default: what it is unless it is given.
        flag: on the command line; without its dashes it is the name in a query.
        short: the same with one letter.
        metavar: what stands for the value in the help of the command line.
        multiple: whether it may be given several times; the value is then a tuple.
        required: whether it must be given.
        unset: what None stands for, in words.
        unset_over_http: the word for None in a query.
        above, least, most: its range; `most_over_http` is the limit of the service, where that is lower.
        choices: the values it may have; `choices_over_http`: those that the service allows.
        pattern: the regular expression of a text that it may be, and `form` the same in words.
    """

    help: str
    kind: type
    default: Any = None
    flag: str = ""
    short: str = ""
    metavar: str = ""
    multiple: bool = False
    required: bool = False
    unset: str = ""
    unset_over_http: str = ""
    above: float | None = None
    least: float | None = None
    most: float | None = None
    most_over_http: float | None = None
    choices: tuple[str, ...] = ()
    choices_over_http: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""

    @property
    def name_over_http(self) -> str:
        """Its name in a query."""
        return self.flag.lstrip("-")

    @property
    def limit_over_http(self) -> float | None:
        """The largest value that the service takes."""
        return self.most if self.most_over_http is None else self.most_over_http

    def over_http(self, choices: tuple[str, ...] = ()) -> Option:
        """The same with the limits of the service."""
        return replace(self, most=self.limit_over_http, choices=choices or self.choices_over_http or self.choices)

    def allows(self, value: Any) -> bool:
        """Whether a value, not None, is of its kind and in its range."""
        if self.kind in (int, float):
            if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
                return False
            number = float(value)
            return (
                (self.kind is float or number.is_integer())
                and (self.above is None or number > self.above)
                and (self.least is None or number >= self.least)
                and (self.most is None or number <= self.most)
            )
        if self.pattern:
            return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None
        return not self.choices or value in self.choices

    def range_in_words(self) -> str:
        """Return the range in words: "a whole number from 0 on"."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.form:
            return self.form
        if self.kind is bool:
            return "one of true, false"
        what = {int: "a whole number", float: "a number"}.get(self.kind, "a text")
        if self.above is not None:
            what += f" above {_number(self.above)}"
        elif self.least is not None:
            what += f" from {_number(self.least)}"
        if self.most is not None:
            return f"{what} {'up ' if self.above is not None or self.least is None else ''}to {_number(self.most)}"
        return what + (" on" if self.least is not None else "")


def option(default: Any, help: str, *, kind: type | None = None, flag: str = "", **limits: Any) -> Any:
    """A field of a dataclass of options. Its flag is its name, unless another is given.

    Args:
        kind: needed where the default is None.
        limits: as in `Option`.
    """
    return field(default=default, metadata={"option": Option(help, kind or type(default), default, flag, **limits)})


def options_of(kind: type) -> dict[str, Option]:
    """The options of a dataclass by the names of its fields."""
    options = {one.name: one.metadata["option"] for one in fields(kind) if "option" in one.metadata}
    return {name: replace(one, flag=one.flag or f"--{name.replace('_', '-')}") for name, one in options.items()}


def problem(options: Any) -> str | None:
    """What is wrong with the first value that is out of its range, in words; None if all may be."""
    for name, one in options_of(type(options)).items():
        value = getattr(options, name)
        values = value if one.multiple else (value,)
        if not (value is None and one.default is None) and not all(map(one.allows, values)):
            return f"{name} is {value}, but must be {one.range_in_words()}"
    return None


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"
