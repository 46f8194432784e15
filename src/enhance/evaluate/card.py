"""The page that goes with a model's weights: what they do, what they cost, how well they do it, and for whom."""

import json
from collections.abc import Sequence

from enhance.errors import ModelError
from enhance.evaluate.benchmark import Benchmark
from enhance.evaluate.front_matter import front_matter
from enhance.evaluate.results import ALL_EXAMPLES, ENOUGH, FAIR, Results, worst_groups
from enhance.evaluate.tables import cells, markdown, number
from enhance.files import sha256
from enhance.inference.model import Model
from enhance.inference.shipped import is_shipped

WORST_GROUPS = "### Worst groups"
_LIMITS = "## Limits\n"


def model_facts(model: Model) -> dict[str, str]:
    """What a weights file says of itself, by name, and the sha256 and size of the file."""
    metadata = dict(sorted(model.facts.extra.items()))
    return metadata | {"sha256": sha256(model.path), "bytes": str(model.path.stat().st_size)}


def card(model: Model, results: Results, benchmark: Benchmark, sections: Sequence[str] = ()) -> str:
    """The model card as Markdown, its facts from the weights file and its numbers from a measurement of that file.

    The terms of the data are known for shipped weights; others have the licence that their file states.

    Args:
        model: named in `results` as its file is.
        results: what `evaluate` gave for it.
        benchmark: what it was measured by.
        sections: what else is known of the model, in Markdown, each with its own heading.

    Raises:
        ModelError: the results do not measure this very file.
    """
    metadata, name = model_facts(model), model.path.stem
    if results.models.get(name, {}).get("sha256") != metadata["sha256"]:
        raise ModelError(f"{model.path}: these results are of another file; measure this one first")
    texts = benchmark.texts(model.facts)
    about = [
        ("Task", metadata.get("task")),
        ("Scale", metadata.get("scale")),
        *texts.facts.items(),
        ("Values", metadata.get("value_range")),
        ("Input is a multiple of", metadata.get("multiple")),
        ("Noise input", metadata.get("noise") if metadata.get("noise") != "0" else None),
        ("Degradation", metadata.get("degradation")),
        ("Pictures seen in training", _count(metadata.get("pictures"))),
        ("Minutes of training", _count(metadata.get("minutes"))),
        ("List of training pictures, sha256", metadata.get("data_sha256")),
        ("Code", metadata.get("commit")),
        ("Size", f"{int(metadata['bytes']) / 1e6:.1f} MB"),
        ("File, sha256", metadata["sha256"]),
        ("Licence", metadata.get("licence")),
    ]
    parts = [
        front_matter(name, metadata) + f"\n# {name}",
        texts.warning,
        markdown([["", ""], *([key, value] for key, value in about if value)]),
        "## Measured",
        "\n".join(f"- {line}" for line in results.protocol),
        *_measured(name, results, benchmark),
        *sections,
        _LIMITS + "\n" + texts.limits,
    ]
    if texts.terms and is_shipped(model.path):
        parts += ["## Terms", texts.terms]
    if recipe := texts.recipe or metadata.get("recipe", ""):
        parts += ["## Recipe", "```json\n" + json.dumps(json.loads(recipe), indent=1) + "\n```"]
    return "\n\n".join(parts) + "\n"


def with_section(page: str, heading: str, section: str) -> str:
    """A card whose section of that heading, before the limits, is the given one, which begins with it or is empty."""
    before, limits, after = page.partition(_LIMITS)
    before = before.partition(f"{heading}\n")[0]
    return f"{before}{section}{section and chr(10) * 2}{limits}{after}"


def _measured(name: str, results: Results, benchmark: Benchmark) -> list[str]:
    columns = results.metrics()
    overall = [row for row in results.rows if row.label == ALL_EXAMPLES and row.model in (name, *benchmark.baselines)]
    lines = [
        [_title(row.size, benchmark), row.model, str(row.count), *cells(row, columns, benchmark)] for row in overall
    ]
    parts = [
        markdown([["size", "model", benchmark.unit, *columns], *lines]),
        "\n".join(f"- {column}: {benchmark.about(column).meaning}" for column in columns),
    ]
    groups = [row for row in results.rows if row.label != ALL_EXAMPLES and row.model == name]
    if groups:
        single = [column for column in columns if column in groups[0].scores]
        lines = [
            [_title(row.size, benchmark), row.label, row.value, str(row.count), *cells(row, single, benchmark)]
            for row in groups
        ]
        parts += ["### By group", markdown([["size", "", "", benchmark.unit, *single], *lines])]
    return parts + _worst_groups(name, results, benchmark)


def _worst_groups(name: str, results: Results, benchmark: Benchmark) -> list[str]:
    gaps = worst_groups(results, name, benchmark)
    if not gaps:
        return []
    baseline = benchmark.baseline
    lines = [["size", "", "group", benchmark.unit, "of the group", f"of all {benchmark.unit}", "worse by"]]
    for gap in gaps:
        row, digits = gap.row, benchmark.about(gap.metric).digits
        scores = number(row.scores[gap.metric], digits), number(gap.everyone, digits)
        group = [_title(row.size, benchmark), gap.metric, f"{row.label} {row.value}", str(row.count)]
        lines.append([*group, *scores, f"{100 * gap.share:.0f} %"])
    beside = ""
    if baseline is not None:
        beside = f", and by how much {baseline} does worse for them: such {benchmark.unit} are harder"
        shares = ["-" if gap.baseline is None else f"{100 * gap.baseline:.0f} %" for gap in gaps]
        lines = [[*line, cell] for line, cell in zip(lines, [baseline, *shares], strict=True)]
    unfair = sum(gap.share > FAIR for gap in gaps)
    return [
        WORST_GROUPS,
        f"Of groups by {', '.join(benchmark.people)} with at least {ENOUGH} {benchmark.unit}, the one for which the"
        f" network does worst, beside the mean over all {benchmark.unit}{beside}. No group"
        f" should be worse off by more than {100 * FAIR:.0f} %: "
        + (f"this does not hold in {unfair} of {len(gaps)} lines." if unfair else "this holds."),
        markdown(lines),
    ]


def _title(size: int, benchmark: Benchmark) -> str:
    return benchmark.title(size).replace("->", "→")


def _count(value: str | None) -> str | None:
    return f"{float(value):,.0f}" if value else None
