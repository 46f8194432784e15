"""The query of an endpoint, as FastAPI checks and describes it: made from the options of the task, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from enhance.options import Option, options_of

_T = TypeVar("_T")
Choices = Mapping[str, tuple[str, ...]]
"""What a text may be here, by the name of the field."""

INTEGER, _NUMBER = re.compile(r"-?[0-9]{1,15}"), re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
TRUE, FALSE = "true", "false"


class Query(BaseModel):
    """The query of any endpoint; what is not one of its fields is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False, protected_namespaces=())


def query_model(name: str, kinds: Sequence[type], choices: Choices | None = None) -> type[Query]:
    """The query that asks for the options of some dataclasses.

    Args:
        name: of the class that is made.
        choices: where they are known only when the service starts.
    """
    fields: dict[str, Any] = {}
    for kind in kinds:
        for field, one in options_of(kind).items():
            fields[field] = _field(one.over_http((choices or {}).get(field, ())))
    return create_model(name, __base__=Query, **fields)


def taken(kind: type[_T], query: Query) -> _T:
    """Return the options of a dataclass from a query."""
    values: dict[str, Any] = {}
    for field, one in options_of(kind).items():
        value = getattr(query, field)
        if value == one.unset_over_http and one.default is None:
            value = None
        elif one.kind is bool and value in (TRUE, FALSE):
            value = value == TRUE
        values[field] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


def ranges_in_words(kinds: Sequence[type], choices: Choices | None = None) -> dict[str, str]:
    """What each option of an endpoint may be, by its name in a query."""
    schema = {}
    for kind in kinds:
        for field, one in options_of(kind).items():
            limited = one.over_http((choices or {}).get(field, ()))
            schema[one.name_over_http] = limited.range_in_words()
    return schema


def _field(one: Option) -> Any:
    """A field of a query: its type and what is said of it."""
    words: dict[str, Any] = {"alias": one.name_over_http, "description": one.help}
    many, pattern = isinstance(one.default, tuple), f"^({one.pattern})$" if one.pattern else ""
    default = one.default if one.default is not None or not one.unset_over_http else one.unset_over_http
    if many:
        text = Annotated[str, Field(pattern=pattern)] if pattern else str
        return list[text], Field(default_factory=list, max_length=64, **words)  # type: ignore[valid-type]
    if one.kind is bool and one.default is not None:
        return Annotated[bool, BeforeValidator(_boolean)], Field(default, **words)
    if one.kind in (int, float):
        limits = {"gt": one.above, "ge": one.least, "le": one.most}
        words |= {name: limit for name, limit in limits.items() if limit is not None}
        if one.kind is int:
            return Annotated[int, BeforeValidator(_matching(INTEGER))], Field(default, **words)
        return Annotated[float, BeforeValidator(_matching(_NUMBER))], Field(default, allow_inf_nan=False, **words)
    values = (TRUE, FALSE) if one.kind is bool else one.choices
    if values:
        unset = (one.unset_over_http,) if one.unset_over_http else ()
        kind: Any = Literal[(*unset, *values)]
    else:
        kind = Annotated[str, Field(pattern=pattern)] if pattern else str
    if default is None:
        words["json_schema_extra"] = lambda schema: schema.pop("default", None)
    return kind, Field(default, **words)


def _boolean(value: object) -> bool:
    if value not in (TRUE, FALSE, True, False):
        raise ValueError("is neither true nor false")
    return value in (TRUE, True)


def _matching(pattern: re.Pattern[str]) -> Callable[[object], object]:
    """Take text only as programs write numbers: no blanks, no underscores, no digits of other scripts."""

    def check(value: object) -> object:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError("is no number")
        return value

    return check
