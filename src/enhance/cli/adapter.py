"""Options of a task as options of a command."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from enhance.inference import sessions
from enhance.options import Option, options_of

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")


class _Named(click.Path):
    """A path, but not the empty one, which Python takes for the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty name is no file or folder", param, context)
        return super().convert(value, param, context)


PATH = _Named(path_type=Path, readable=False)
"""A file or a folder; what reads it says why it cannot."""


class _Number(click.FloatRange):
    """A number within a range, which what is no number never leaves."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        number = super().convert(value, param, context)
        if math.isnan(number):
            self.fail(f"{value} is not a number", param, context)
        return number


class Formed(click.ParamType[str]):
    """A text that must match the form of its option."""

    name = "text"

    def __init__(self, one: Option) -> None:
        self.one = one

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> str:
        if not self.one.allows(value):
            self.fail(f"{value or 'nothing'} is not {self.one.range_in_words()}", param, context)
        return value


def options(kind: type, *, without: tuple[str, ...] = (), unset: dict[str, str] | None = None) -> Callable[[_F], _F]:
    """A decorator that gives a command the options of a dataclass, in the order of its fields.

    Args:
        without: fields that the command does not have.
        unset: by name of a field, what None stands for in this command, in words.
    """

    def decorate(command: _F) -> _F:
        for name, one in reversed(options_of(kind).items()):
            if name not in without:
                words = (unset or {}).get(name, one.unset)
                command = _option(name, replace(one, unset=words))(command)
        return command

    return decorate


def take(kind: type[_T], values: dict[str, Any]) -> _T:
    """The options that a command was given; they are taken out of `values`."""
    return kind(**{name: values.pop(name) for name in options_of(kind) if name in values})


def device_option(command: _F) -> _F:
    """A decorator that gives a command `--device`, for all networks that it and its processes run."""

    def choose(_context: click.Context, _parameter: click.Parameter, device: str | None) -> None:
        if device is not None:
            sessions.check_device(device)
            os.environ[sessions.DEVICE] = device  # which processes that are started from here inherit

    return click.option(
        "--device",
        type=click.Choice(tuple(sessions.PROVIDERS)),
        callback=choose,
        expose_value=False,
        help=f"What networks run on.  [the environment's {sessions.DEVICE}, or cpu]",
    )(command)


def training_device(command: _F) -> _F:
    """A decorator that gives a command `--device` for training, which torch does."""

    def choose(_context: click.Context, _parameter: click.Parameter, device: str | None) -> None:
        if device is not None:
            os.environ[sessions.DEVICE] = device

    return click.option(
        "--device",
        type=click.Choice(("cpu", "cuda")),
        callback=choose,
        expose_value=False,
        help=f"What to train on.  [the environment's {sessions.DEVICE}, or a GPU where there is one]",
    )(command)


def _option(name: str, one: Option) -> Callable[[_F], _F]:
    words = f"{one.help}  [{one.unset}]" if one.unset else one.help
    if one.kind is bool:
        flag = one.flag if one.default is not None else f"{one.flag}/--no-{one.name_over_http}"
        return click.option(flag, name, is_flag=True, default=one.default, help=words)
    flags = (one.short, one.flag) if one.short else (one.flag,)
    shown = one.default is not None and not one.multiple
    default: dict[str, Any] = {"required": True} if one.required else {"default": one.default, "show_default": shown}
    more: dict[str, Any] = {"multiple": one.multiple, "metavar": one.metavar or None}
    return click.option(*flags, name, type=_type(one), help=words, **default, **more)


def _type(one: Option) -> Any:
    if one.choices:
        return click.Choice(one.choices)
    if one.pattern:
        return Formed(one)
    if one.kind is str:
        return str
    if one.kind is Path:
        return PATH
    least = one.least if one.above is None else one.above
    if one.kind is int:
        return click.IntRange(None if least is None else int(least), None if one.most is None else int(one.most))
    return _Number(least, one.most, min_open=one.above is not None)
