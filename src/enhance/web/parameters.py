"""Options of a task as parameters of a query, and as OpenAPI describes these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from enhance.options import Option, options_of

T = TypeVar("T")
Choices = Mapping[str, tuple[str, ...]]
"""What a text may be here, by the name of the field."""


def parse(kind: type[T], query: Mapping[str, str], choices: Choices | None = None) -> T:
    """The options that a query gives.

    Raises:
        ValueError: a value that is out of range or not of its kind; the message says which, and what may be given.
    """
    given = {}
    for name, one in options_of(kind).items():
        if one.name_over_http in query:
            given[name] = _parsed(one.over_http((choices or {}).get(name, ())), query[one.name_over_http])
    return kind(**given)


def describe(kind: type, choices: Choices | None = None) -> list[dict[str, Any]]:
    """The parameters of a query, as OpenAPI has them."""
    return [described(one.over_http((choices or {}).get(name, ()))) for name, one in options_of(kind).items()]


def described(one: Option) -> dict[str, Any]:
    """One parameter of a query, as OpenAPI has it."""
    schema: dict[str, Any] = {"type": {bool: "boolean", int: "integer", float: "number"}.get(one.kind, "string")}
    values = (one.unset_over_http, *one.choices) if one.unset_over_http and one.kind is str else one.choices
    given: dict[str, Any] = {
        "enum": list(values) or None,
        "pattern": one.pattern,
        "exclusiveMinimum": one.above,
        "minimum": one.least,
        "maximum": one.most,
        "default": one.default if one.default is not None else one.unset_over_http if one.kind is str else None,
    }
    schema |= {key: value for key, value in given.items() if value not in (None, "")}
    return {"name": one.name_over_http, "in": "query", "description": one.help, "schema": schema}


def _parsed(one: Option, text: str) -> Any:
    if one.unset_over_http and text == one.unset_over_http:
        return None
    wrong = ValueError(f"{one.name_over_http} is {one.range_in_words()}")
    value: Any = text
    if one.kind is bool:
        if text not in ("true", "false"):
            raise wrong
        return text == "true"
    try:
        if one.kind is float:
            value = float(text)
        elif one.kind is int:
            if not (text.isascii() and text.isdigit() and len(text) < 12):
                raise wrong
            value = int(text)
    except ValueError:
        raise wrong from None
    if not one.allows(value):
        raise wrong
    return value
