"""Results for people: an aligned plain-text table."""

from collections.abc import Sequence

from enhance.evaluate.metrics import MEANING
from enhance.evaluate.results import EVERYONE, Results, Row, Score

DIGITS = {"PSNR": 2, "LR-PSNR": 2, "KD-lite0": 2, "FID": 1}


def text(results: Results) -> str:
    """The protocol, then for each size all faces, then the groups; ± is half the 95 % confidence interval."""
    columns = results.metrics()
    lines = [*results.protocol, *(f"{name}: {MEANING[name]}" for name in columns)]
    for name, facts in results.models.items():
        lines.append(f"{name}: " + ", ".join(f"{key} {facts[key]}" for key in ("commit", "sha256") if key in facts))
    for size in dict.fromkeys(row.size for row in results.rows):
        alike = [row for row in results.rows if row.size == size]
        everyone = [row for row in alike if row.label == EVERYONE]
        groups = [row for row in alike if row.label != EVERYONE]
        lines += ["", f"{size} -> {4 * size}, {everyone[0].faces} faces"]
        lines += table([["", *columns], *([row.model, *cells(row, columns)] for row in everyone)], names=1)
        if groups:
            single = list(groups[0].scores)
            lines += ["", *table([["", "", "", *single], *_grouped(groups, single)], names=3)]
    return "\n".join(lines) + "\n"


def cells(row: Row, metrics: Sequence[str]) -> list[str]:
    """The scores of a row as text, "-" where there is none."""
    return [number(metric, row.scores[metric]) if metric in row.scores else "-" for metric in metrics]


def number(metric: str, score: Score) -> str:
    """The mean with the digits that the metric deserves, and its half interval where it has one."""
    digits = DIGITS.get(metric, 3)
    half = "" if score.half is None else f" ±{score.half:.{digits}f}"
    return f"{score.mean:.{digits}f}{half}"


def table(lines: Sequence[Sequence[str]], names: int) -> list[str]:
    """Aligns cells into lines: the first `names` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column < names else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _grouped(rows: Sequence[Row], metrics: Sequence[str]) -> list[list[str]]:
    """Lines of group, faces, model and scores; the models of a group together, its name on the first."""
    lines = []
    for label, value in dict.fromkeys((row.label, row.value) for row in rows):
        members = [row for row in rows if (row.label, row.value) == (label, value)]
        for index, row in enumerate(members):
            head = ["", ""] if index else [f"{label} {value}", str(row.faces)]
            lines.append([*head, row.model, *cells(row, metrics)])
    return lines
