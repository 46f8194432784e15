"""What a task hands over to have its models measured: pictures, what to measure on them, and the words of the card."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from enhance.evaluate.metrics import Metric, SetMetric
from enhance.inference.facts import Facts
from enhance.inference.model import Model
from enhance.pixels import Planes

Method = Callable[[Any], Planes]
"""Inputs of some examples, in the form that the task gives them -> what is drawn of them (N,3,H,W)."""


class Example(Protocol):
    """One picture of a test set."""

    @property
    def labels(self) -> Mapping[str, str]:
        """What is known of it, such as {"age": "20-39"}; examples with equal values are also measured as a group."""

    @property
    def may_be_shown(self) -> bool:
        """Whether its terms allow it on a contact sheet."""


class Pairs(Protocol):
    """Some examples whose pictures have one shape."""

    @property
    def examples(self) -> Sequence[Example]: ...

    @property
    def inputs(self) -> Any:
        """What a method is given."""

    @property
    def originals(self) -> Planes:
        """What its outputs are compared with, (N,3,H,W) with 8-bit steps."""

    def shown_inputs(self) -> Planes:
        """The inputs as pictures (N,3,h,w), for contact sheets."""

    def compared(self, outputs: Planes) -> Planes:
        """The part of outputs (...,N,3,H',W') that the originals show, (...,N,3,H,W)."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An `Example` that is a file."""

    path: Path
    labels: Mapping[str, str] = field(default_factory=dict)
    may_be_shown: bool = True


@dataclass(frozen=True, eq=False)
class PicturePairs:
    """`Pairs` whose outputs are compared with the originals as they are.

    Attributes:
        shown: the inputs as pictures, (N,3,h,w).
    """

    examples: Sequence[Example]
    inputs: Any
    originals: Planes
    shown: Planes

    def shown_inputs(self) -> Planes:
        return self.shown

    def compared(self, outputs: Planes) -> Planes:
        return outputs


_E = TypeVar("_E")


def some(examples: Sequence[_E], limit: int | None) -> tuple[_E, ...]:
    """All examples, or always the same random `limit` of them, in their order."""
    order = np.random.default_rng(0).permutation(len(examples))[:limit]
    return tuple(examples[index] for index in sorted(order))


INTERVALS = (
    "±: half the 95 % confidence interval of the mean, normal approximation, examples taken as independent"
    " (jackknife for the kernel distance)"
)


def describe_folders(
    unit: str, paths: Sequence[Path], counts: Mapping[int, int], title: Callable[[int], str], limit: int | None
) -> str:
    """Which examples were measured, and how many at each size, in one line of a protocol."""
    names = ", ".join(f"{path.parent.name}/{path.name}".lstrip("/") for path in paths)
    sizes = ", ".join(f"{count} at {title(size)}" for size, count in counts.items())
    return f"{unit}: {names}: {sizes}" + (f" (at most {limit} a size, chosen by seed 0)" if limit else "")


def pixels_across(size: int) -> str:
    """A size for tables: "64 pixels"."""
    return f"{size} pixels"


@dataclass(frozen=True)
class CardTexts:
    """What a model's card says beside its numbers, as Markdown.

    Attributes:
        warning: what the network must not be taken for; it stands first.
        limits: what it does badly.
        terms: of the data that shipped weights were trained on.
        facts: further lines of the table of facts, title -> value.
        recipe: its recipe as JSON, where the file has it in an older form.
    """

    warning: str
    limits: str
    terms: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    recipe: str = ""


@dataclass(frozen=True)
class Benchmark:
    """A test set, how to measure on it, and how to speak of it.

    Attributes:
        unit: what is counted, in the plural: "faces".
        sizes: the sizes in pixels at which is measured, each by itself.
        title: names a size for tables: "16 -> 64".
        examples: those that are measured at a size.
        pairs: reads examples at a size, some at a time.
        method: a model as a function of the inputs.
        metrics, set_metrics: by their names in tables, and in that order.
        describe: the protocol in words, from the number of examples at each size.
        texts: what is said of a model whose facts are given.
        too_small: what to say where there is no example for any size.
        baselines: methods without a network, the one that all are held against first.
        labels: by which labels examples are grouped, in the order of the table.
        people: those of the labels that say something of people and not of where a picture came from.
        fairness_metrics: metrics by which groups of people are held against all examples.
        set_labels: those of the labels by which sets are compared, too, where groups are large enough for that.
        reference: pictures (N,3,H,W) that sets of outputs are compared with at a size, instead of the originals.
    """

    unit: str
    sizes: tuple[int, ...]
    title: Callable[[int], str]
    examples: Callable[[int], Sequence[Any]]
    pairs: Callable[[Sequence[Any], int], Iterable[Pairs]]
    method: Callable[[Model], Method]
    metrics: Mapping[str, Metric]
    set_metrics: Mapping[str, SetMetric]
    describe: Callable[[Mapping[int, int]], tuple[str, ...]]
    texts: Callable[[Facts], CardTexts]
    too_small: str
    baselines: Mapping[str, Method] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    fairness_metrics: tuple[str, ...] = ()
    set_labels: tuple[str, ...] = ()
    reference: Callable[[int], Iterable[Planes]] | None = None

    @property
    def baseline(self) -> str | None:
        """The name of the method that all are held against."""
        return next(iter(self.baselines), None)

    def about(self, metric: str) -> Metric | SetMetric:
        """Return the metric of that name."""
        return self.metrics[metric] if metric in self.metrics else self.set_metrics[metric]
