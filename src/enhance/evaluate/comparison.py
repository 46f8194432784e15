"""The story of a measurement: every method gets the inputs of a test set; its outputs are compared with originals."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance.errors import DataError
from enhance.evaluate import results
from enhance.evaluate.benchmark import Benchmark, Example, Method
from enhance.evaluate.results import Results, Row
from enhance.pixels import Planes, eight_bit
from enhance.progress import Bar
from enhance.sheets import contact_sheet

SHOWN = 40
"""Examples on a contact sheet."""


@dataclass(frozen=True)
class Measured:
    """All examples of one size, in the order in which they were read.

    values: metric -> (methods, examples); of_sets: metric -> a value and its standard error for each method; shown: for
    each example on the contact sheet a picture (3,H,W) for each column.
    """

    examples: list[Example]
    values: dict[str, NDArray[np.float64]]
    of_sets: dict[str, list[tuple[float, float]]]
    shown: list[list[Planes]]


def compare(benchmark: Benchmark, methods: Mapping[str, Method]) -> tuple[Results, dict[int, Image.Image]]:
    """Measures functions beside the baselines of a benchmark.

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
                of_set = {metric: column[index] for metric, column in measured.of_sets.items()}
                rows += results.rows(name, size, labels, benchmark.labels, values, of_set)
    if not rows:
        raise DataError(benchmark.too_small)
    counts = {row.size: row.count for row in rows if row.label == results.ALL}
    return Results(benchmark.describe(counts), {}, tuple(rows)), sheets


def _measure(benchmark: Benchmark, methods: Mapping[str, Method], size: int) -> Measured | None:
    """None where no example suits the size."""
    chosen = benchmark.examples(size)
    if not chosen:
        return None
    metrics = {name: metric for name, metric in benchmark.metrics.items() if metric.available()}
    set_metrics = {name: one for name, one in benchmark.set_metrics.items() if one.available() and len(chosen) > 1}
    showable = [example for example in chosen if example.may_be_shown]
    on_sheet = {id(showable[index]) for index in np.random.default_rng(1).permutation(len(showable))[:SHOWN]}
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
            if sys.stderr.isatty() or len(examples) == len(chosen):
                bar.show(len(examples) / len(chosen), f"{len(examples)}/{len(chosen)} {benchmark.unit}")
    distances = {}
    for name, of_set in set_metrics.items():
        *made, original = np.concatenate(features[name], axis=1)
        distances[name] = [of_set.distance(one, original) for one in made]
    return Measured(examples, {name: np.concatenate(parts, axis=1) for name, parts in values.items()}, distances, shown)
