"""Recipes as JSON and back."""

import dataclasses
import json
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from enhance.train.task import Recipe

_T = TypeVar("_T")


def to_json(recipe: Recipe) -> str:
    """All fields of a recipe, nested as its dataclasses are."""
    return json.dumps(dataclasses.asdict(recipe))  # type: ignore[call-overload]


def rebuild(kind: type[_T], fields: Mapping[str, Any]) -> _T:
    """The frozen dataclass `kind` from fields as `to_json` wrote them; fields that are missing take their defaults.

    Raises:
        TypeError: there is a field that it does not have.
    """
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints.get(name), value) for name, value in fields.items()})


def _value(hint: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        # Of `Part | None` the part; of a mapping of numbers nothing.
        kinds = [kind for kind in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(kind)]
        return rebuild(kinds[0], value) if kinds else dict(value)  # type: ignore[arg-type]
    return tuple(_value(None, item) for item in value) if isinstance(value, list) else value
