"""Numbers with their doubt: means over faces and groups of faces, and the file that keeps them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.datasets.names import LABELS
from enhance.errors import DataError
from enhance.evaluate.protocol import Face

Z95 = 1.96
EVERYONE = "all"

PEOPLE = ("sex", "age", "group")
"""The labels that say something of people and not of where a picture came from."""
WORSE = {"ST-LPIPS": 1, "identity": -1}
"""Measures by which groups are held against all faces, and the sign of a change for the worse."""
ENOUGH, FAIR = 20, 0.15
"""Groups of fewer faces say nothing; none of the others should be worse than the mean by more than this share of it."""


@dataclass(frozen=True)
class Score:
    """A mean and half the width of its 95 % confidence interval, None where one face or the measure allows none."""

    mean: float
    half: float | None


@dataclass(frozen=True)
class Row:
    """What one model scored at one size on the faces whose `label` is `value`; both are "all" for every face."""

    model: str
    size: int
    label: str
    value: str
    faces: int
    scores: dict[str, Score]


@dataclass(frozen=True)
class Results:
    """A measurement: what was done (`protocol`), with which files (`models`: name -> facts), and what came out."""

    protocol: tuple[str, ...]
    models: dict[str, dict[str, str]]
    rows: tuple[Row, ...]

    def score(self, model: str, size: int, metric: str) -> float:
        """The mean of `metric` over all faces at `size`."""
        row = next(r for r in self.rows if (r.model, r.size, r.label) == (model, size, EVERYONE))
        return row.scores[metric].mean

    def metrics(self) -> list[str]:
        """The names of all measures that were taken, in the order of the table."""
        return list(dict.fromkeys(name for row in self.rows for name in row.scores))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Behind:
    """A group of people that a model serves worse than everybody: by which share of everybody's mean.

    bicubic: the same share for bicubic enlargement: how much harder such faces are; None where it was not measured.
    """

    row: Row
    metric: str
    everyone: Score
    share: float
    bicubic: float | None


def worst_groups(results: Results, model: str) -> list[Behind]:
    """For each size and each measure of WORSE the group of at least ENOUGH people for whom a model does worst."""
    found = []
    means = {(row.model, row.size): row for row in results.rows if row.label == EVERYONE}
    people = {(row.model, row.size, row.label, row.value): row for row in results.rows if row.label in PEOPLE}

    def share(row: Row, metric: str) -> float:
        mean = means[row.model, row.size].scores[metric].mean
        return WORSE[metric] * (row.scores[metric].mean - mean) / mean

    for size in dict.fromkeys(row.size for row in results.rows):
        groups = [row for row in people.values() if (row.model, row.size) == (model, size) and row.faces >= ENOUGH]
        for metric in WORSE if groups else ():
            worst = max(groups, key=lambda row: share(row, metric))
            same = people.get(("bicubic", size, worst.label, worst.value))
            everyone = means[model, size].scores[metric]
            bicubic = None if same is None else share(same, metric)
            found.append(Behind(worst, metric, everyone, share(worst, metric), bicubic))
    return found


def load(path: Path) -> Results:
    """Reads a results.json.

    Raises:
        DataError: no such file, or not one of ours.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(Row(**row | {"scores": {k: Score(**v) for k, v in row["scores"].items()}}) for row in raw["rows"])
        return Results(tuple(raw["protocol"]), raw["models"], rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not the results of `enhance evaluate`") from error


def score(values: NDArray[np.float64]) -> Score:
    """Mean of independent values and its normal interval, mean +- 1.96 s / sqrt(n)."""
    half = Z95 * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Score(float(values.mean()), half)


def rows(
    model: str,
    size: int,
    faces: Sequence[Face],
    values: Mapping[str, NDArray[np.float64]],
    of_set: Mapping[str, tuple[float, float]],
) -> list[Row]:
    """One row for all faces, then one for each group that their names tell of.

    Args:
        values: metric -> one value per face.
        of_set: metric -> value and standard error of all faces together; groups are too small for these.
    """
    whole = {
        name: Score(value, Z95 * error if math.isfinite(error) else None) for name, (value, error) in of_set.items()
    }
    everyone = {name: score(column) for name, column in values.items()}
    found = [Row(model, size, EVERYONE, EVERYONE, len(faces), everyone | whole)]
    for label in LABELS:
        for value in sorted({face.labels[label] for face in faces if label in face.labels}):
            members = np.array([face.labels.get(label) == value for face in faces])
            scores = {name: score(column[members]) for name, column in values.items()}
            found.append(Row(model, size, label, value, int(members.sum()), scores))
    return found
