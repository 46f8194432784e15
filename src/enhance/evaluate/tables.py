"""Results for people: an aligned plain-text table."""

from collections.abc import Sequence

from enhance.evaluate.benchmark import Benchmark
from enhance.evaluate.results import ALL_EXAMPLES, Results, Row, Score


def text(results: Results, benchmark: Benchmark) -> str:
    """The protocol, then for each size all examples, then the groups; ± is half the 95 % confidence interval."""
    columns = results.metrics()
    lines = [*results.protocol, *(f"{name}: {benchmark.about(name).meaning}" for name in columns)]
    for name, facts in results.models.items():
        lines.append(f"{name}: " + ", ".join(f"{key} {facts[key]}" for key in ("commit", "sha256") if key in facts))
    for size in dict.fromkeys(row.size for row in results.rows):
        alike = [row for row in results.rows if row.size == size]
        everyone = [row for row in alike if row.label == ALL_EXAMPLES]
        groups = [row for row in alike if row.label != ALL_EXAMPLES]
        lines += ["", f"{benchmark.title(size)}, {everyone[0].count} {benchmark.unit}"]
        lines += table([["", *columns], *([row.model, *cells(row, columns, benchmark)] for row in everyone)], names=1)
        if groups:
            single = list(groups[0].scores)
            lines += ["", *table([["", "", "", *single], *_grouped(groups, single, benchmark)], names=3)]
    return "\n".join(lines) + "\n"


def cells(row: Row, metrics: Sequence[str], benchmark: Benchmark) -> list[str]:
    """The scores of a row as text, "-" where there is none."""
    return [number(row.scores[name], benchmark.about(name).digits) if name in row.scores else "-" for name in metrics]


def number(score: Score, digits: int) -> str:
    """The mean with so many digits after the point, and its half interval where it has one."""
    half = "" if score.half is None else f" ±{score.half:.{digits}f}"
    return f"{score.mean:.{digits}f}{half}"


def table(lines: Sequence[Sequence[str]], names: int) -> list[str]:
    """Align cells into lines: the first `names` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column < names else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _grouped(rows: Sequence[Row], metrics: Sequence[str], benchmark: Benchmark) -> list[list[str]]:
    """Lines of group, count, model and scores; the models of a group together, its name on the first."""
    lines = []
    for label, value in dict.fromkeys((row.label, row.value) for row in rows):
        members = [row for row in rows if (row.label, row.value) == (label, value)]
        for index, row in enumerate(members):
            head = ["", ""] if index else [f"{label} {value}", str(row.count)]
            lines.append([*head, row.model, *cells(row, metrics, benchmark)])
    return lines


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Cells as a table in Markdown, the first line its head."""
    head, *body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([head, "|" + "---|" * len(lines[0]), *body])
