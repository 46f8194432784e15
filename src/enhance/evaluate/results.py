"""Means over examples and groups of examples with their confidence intervals, and the file that keeps them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enhance.errors import DataError
from enhance.evaluate.benchmark import Benchmark
from enhance.evaluate.metrics import Metric

Z95 = 1.96
ALL_EXAMPLES = "all"
_COUNT = "faces"
"""What a results.json calls the number of examples, whatever they show."""

ENOUGH, FAIR = 20, 0.15
"""Groups of fewer people say nothing; none of the others should be worse than the mean by more than this share."""


@dataclass(frozen=True)
class Score:
    """A mean and half the width of its 95 % confidence interval, None where one example or the measure allows none."""

    mean: float
    half: float | None


@dataclass(frozen=True)
class Row:
    """What one model scored at one size on the `count` examples whose `label` is `value`; both are "all" for all."""

    model: str
    size: int
    label: str
    value: str
    count: int
    scores: dict[str, Score]


@dataclass(frozen=True)
class Results:
    """A measurement: how it was done (`protocol`), the files (`models`: name -> facts), and the scores (`rows`)."""

    protocol: tuple[str, ...]
    models: dict[str, dict[str, str]]
    rows: tuple[Row, ...]

    def score(self, model: str, size: int, metric: str) -> float:
        """The mean of `metric` over all examples at `size`."""
        row = next(r for r in self.rows if (r.model, r.size, r.label) == (model, size, ALL_EXAMPLES))
        return row.scores[metric].mean

    def metrics(self) -> list[str]:
        """The names of all measures that were taken, in the order of the table."""
        return list(dict.fromkeys(name for row in self.rows for name in row.scores))

    def to_json(self) -> str:
        raw = asdict(self)
        raw["rows"] = [{_COUNT if key == "count" else key: value for key, value in row.items()} for row in raw["rows"]]
        return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class GroupGap:
    """A group of people that a model serves worse than everybody: by which share of everybody's mean.

    baseline: the same share for the baseline: how much harder such pictures are; None where it was not measured.
    """

    row: Row
    metric: str
    everyone: Score
    share: float
    baseline: float | None


def worst_groups(results: Results, model: str, benchmark: Benchmark) -> list[GroupGap]:
    """For each size and fairness metric, the group of at least ENOUGH people for whom a model does worst."""
    gaps = []
    means = {(row.model, row.size): row for row in results.rows if row.label == ALL_EXAMPLES}
    people = {(row.model, row.size, row.label, row.value): row for row in results.rows if row.label in benchmark.people}

    def share(row: Row, metric: str) -> float:
        mean = means[row.model, row.size].scores[metric].mean
        about = benchmark.about(metric)
        sign = -1 if isinstance(about, Metric) and about.higher_is_better else 1
        return sign * (row.scores[metric].mean - mean) / mean

    for size in dict.fromkeys(row.size for row in results.rows):
        groups = [row for row in people.values() if (row.model, row.size) == (model, size) and row.count >= ENOUGH]
        for metric in benchmark.fairness_metrics if groups else ():
            worst = max(groups, key=lambda row: share(row, metric))
            same = people.get((benchmark.baseline or "", size, worst.label, worst.value))
            everyone = means[model, size].scores[metric]
            baseline = None if same is None else share(same, metric)
            gaps.append(GroupGap(worst, metric, everyone, share(worst, metric), baseline))
    return gaps


def load_results(path: Path) -> Results:
    """Read a results.json.

    Raises:
        DataError: no such file, or not one of ours.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Results(tuple(raw["protocol"]), raw["models"], tuple(_row(row) for row in raw["rows"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not the results of `enhance evaluate`") from error


def score(values: NDArray[np.float64]) -> Score:
    """Mean of independent values and its normal interval, mean +- 1.96 s / sqrt(n)."""
    half = Z95 * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Score(float(values.mean()), half)


def rows(
    model: str,
    size: int,
    labels: Sequence[Mapping[str, str]],
    grouped_by: Sequence[str],
    values: Mapping[str, NDArray[np.float64]],
    of_sets: Mapping[tuple[str, str], Mapping[str, tuple[float, float]]],
) -> list[Row]:
    """One row for all examples, then one for each group.

    Args:
        labels: of each example.
        grouped_by: the labels whose values make groups, in the order of the rows.
        values: metric -> one value per example.
        of_sets: label and value of a group, `ALL_EXAMPLES` twice for all -> metric -> value and standard error of
            all of them together. Most groups are too small for these.
    """

    def whole(group: tuple[str, str]) -> dict[str, Score]:
        return {
            name: Score(value, Z95 * error if math.isfinite(error) else None)
            for name, (value, error) in of_sets.get(group, {}).items()
        }

    each = {name: score(column) for name, column in values.items()}
    results = [Row(model, size, ALL_EXAMPLES, ALL_EXAMPLES, len(labels), each | whole((ALL_EXAMPLES, ALL_EXAMPLES)))]
    for label in grouped_by if values else ():
        for value in sorted({known[label] for known in labels if label in known}):
            members = np.array([known.get(label) == value for known in labels])
            scores = {name: score(column[members]) for name, column in values.items()} | whole((label, value))
            results.append(Row(model, size, label, value, int(members.sum()), scores))
    return results


def _row(raw: dict[str, Any]) -> Row:
    scores = {name: Score(**value) for name, value in raw["scores"].items()}
    return Row(**{"count" if key == _COUNT else key: value for key, value in raw.items()} | {"scores": scores})
