"""The story of a measurement: every method gets the inputs of a test set; its outputs are compared with originals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.benchmark import Benchmark, Example, Method
from enhance.evaluate.metrics import SetMetric
from enhance.evaluate.results import Results, Row
from enhance.pixels import Planes, eight_bit
from enhance.progress import Bar
from enhance.sheets import contact_sheet

_Group = tuple[str, str]
"""A label and its value."""
_SHOWN = 40
"""Examples on a contact sheet."""


@dataclass(frozen=True)
class Measured:
    """All examples of one size, in the order in which they were read.

    Attributes:
        values: metric -> (methods, examples).
        of_sets: label and value of a group, or `ALL_EXAMPLES` twice -> metric -> a value and its standard error for
            each method.
        shown: for each example on the contact sheet a picture (3,H,W) for each column.
    """

    examples: list[Example]
    values: dict[str, NDArray[np.float64]]
    of_sets: dict[_Group, dict[str, list[tuple[float, float]]]]
    shown: list[list[Planes]]


def compare(benchmark: Benchmark, methods: Mapping[str, Method]) -> tuple[Results, dict[int, Image.Image]]:
    """Measure functions beside the baselines of a benchmark.

    Gives the results and for each size a contact sheet of examples that may be shown.

    Raises:
        DataError: a picture cannot be used, or there is none for any size.
        EnhanceError: the weights of a metric cannot be used.

    >>> found, _ = compare(faces([Path("faces/val64")], sizes=[16], limit=100), {"now": lambda lr: network(lr)})
    >>> found.score("now", 16, "ST-LPIPS")
    """
    everyone = {**benchmark.baselines, **methods}
    rows: list[Row] = []
    sheets: dict[int, Image.Image] = {}
    for size in benchmark.sizes:
        if measured := _measure(benchmark, everyone, size):
            if measured.shown:
                sheets[size] = contact_sheet(measured.shown, ["input", *everyone, "original"])
            labels = [example.labels for example in measured.examples]
            for index, name in enumerate(everyone):
                values = {metric: column[index] for metric, column in measured.values.items()}
                of_sets = {
                    group: {metric: column[index] for metric, column in distances.items()}
                    for group, distances in measured.of_sets.items()
                }
                rows += results.rows(name, size, labels, benchmark.labels, values, of_sets)
    if not rows:
        raise DataError(benchmark.too_small)
    counts = {row.size: row.count for row in rows if row.label == results.ALL_EXAMPLES}
    return Results(benchmark.describe(counts), {}, tuple(rows)), sheets


def _measure(benchmark: Benchmark, methods: Mapping[str, Method], size: int) -> Measured | None:
    """None where no example suits the size."""
    chosen = benchmark.examples(size)
    if not chosen:
        return None
    metrics = {name: metric for name, metric in benchmark.metrics.items() if metric.available()}
    set_metrics = {name: one for name, one in benchmark.set_metrics.items() if one.available() and len(chosen) > 1}
    showable = [example for example in chosen if example.may_be_shown]
    on_sheet = {id(showable[index]) for index in np.random.default_rng(1).permutation(len(showable))[:_SHOWN]}
    examples: list[Example] = []
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in metrics}
    features: dict[str, list[NDArray[np.float64]]] = {name: [] for name in set_metrics}
    shown: list[list[Planes]] = []
    with Bar(benchmark.title(size)) as bar:
        for pairs in benchmark.pairs(chosen, size):
            outputs = pairs.compared(eight_bit(np.stack([method(pairs.inputs) for method in methods.values()])))
            for name, metric in metrics.items():
                values[name].append(metric.measure(outputs, pairs))
            for name, of_set in set_metrics.items():
                features[name].append(np.stack([of_set.features(planes) for planes in (*outputs, pairs.originals)]))
            inputs = pairs.shown_inputs()
            for index, example in enumerate(pairs.examples):
                if id(example) in on_sheet:
                    shown.append([inputs[index], *outputs[:, index], pairs.originals[index]])
            examples += pairs.examples
            bar.step(len(examples), len(chosen), benchmark.unit)
    compared = {name: np.concatenate(parts, axis=1) for name, parts in features.items()}
    distances = _distances(benchmark, size, set_metrics, examples, compared)
    return Measured(examples, {name: np.concatenate(parts, axis=1) for name, parts in values.items()}, distances, shown)


def _distances(
    benchmark: Benchmark,
    size: int,
    set_metrics: Mapping[str, SetMetric],
    examples: Sequence[Example],
    features: Mapping[str, NDArray[np.float64]],
) -> dict[_Group, dict[str, list[tuple[float, float]]]]:
    """Distances of sets of features (methods + 1, examples, d), of which the last are the originals'."""
    reference = list(benchmark.reference(size)) if benchmark.reference and set_metrics else None
    groups: dict[_Group, NDArray[np.bool_]] = {
        (results.ALL_EXAMPLES, results.ALL_EXAMPLES): np.ones(len(examples), bool)
    }
    for label in benchmark.set_labels:
        known = np.array([example.labels.get(label, "") for example in examples])
        groups |= {(label, value): known == value for value in sorted(set(known.tolist()) - {""})}
    result: dict[_Group, dict[str, list[tuple[float, float]]]] = {}
    for name, of_set in set_metrics.items():
        against = None if reference is None else np.concatenate([of_set.features(planes) for planes in reference])
        for group, members in groups.items():
            if members.sum() > 1:
                *outputs, original = features[name][:, members]
                distances = [of_set.distance(one, original if against is None else against) for one in outputs]
                result.setdefault(group, {})[name] = distances
    return result
