"""The page that goes with a model's weights: what they do, what they cost, how well they do it, and for whom."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from enhance.errors import ModelError
from enhance.evaluate.metrics import MEANING
from enhance.evaluate.report import cells, number
from enhance.evaluate.results import ENOUGH, EVERYONE, FAIR, PEOPLE, Results, worst_groups
from enhance.honesty import uncertainty
from enhance.inference.shipped import is_shipped

WARNING = """\
**This network invents detail.** It draws a plausible face that agrees with the small picture, not the face that
was there: eyes, teeth, wrinkles, moles and hair may never have existed, and the same input has many answers. It will
not help to identify anyone, and its output must not be used as evidence of who somebody is or what they look like."""

INVENTION_MAP = "## Invention map"
WORST_GROUPS = "### Worst groups"

SHIPPED_TERMS = """\
For research and non-commercial use only. The weights were trained on All-Age-Faces (for research), UTKFace
(non-commercial research), Labeled Faces in the Wild (research), CelebA (non-commercial research) and official portraits
of members of the US Congress (public domain); those terms pass on to them. The code has its own licence."""

LIMITS = """\
- Faces only, upright and roughly frontal, aligned to the face frame; profiles, hands, glasses, teeth, jewellery and
  whatever covers a face are drawn worst.
- {learnt}
- Quality and likeness differ between groups of people: see the tables by group. Group names are those of the data
  sets, given or guessed by their makers, and say nothing more.
- Likeness is judged by one face recogniser, which has its own errors and its own bias."""

AVERAGED = """\
Trained on pictures made small by averaging. Photos that are noisy, blurred or heavily compressed are another task."""
MENDED = """\
Trained on photos that are blurred, noisy and heavily compressed. Clean ones are drawn better by networks that do not
  mend."""


def facts(path: Path) -> dict[str, str]:
    """What a weights file says of itself (its ONNX metadata), and the sha256 and size of the file.

    Raises:
        ModelError: not an ONNX file.
    """
    try:
        content = path.read_bytes()
        model = onnx.load_from_string(content)
    except (OSError, DecodeError) as error:
        raise ModelError(f"{path}: cannot be read as an ONNX model") from error
    said = {prop.key: prop.value for prop in model.metadata_props}
    return said | {"sha256": hashlib.sha256(content).hexdigest(), "bytes": str(len(content))}


def card(path: Path, results: Results) -> str:
    """The model card as Markdown, its facts from the weights file and its numbers from a measurement of that file.

    The terms of the data are known for shipped weights; others have the licence that their file states.

    Args:
        path: the weights, named as the model is in `results`.
        results: what `evaluate` gave for it.

    Raises:
        ModelError: not an ONNX file, or the results do not measure this very file.
    """
    said, name = facts(path), path.stem
    if results.models.get(name, {}).get("sha256") != said["sha256"]:
        raise ModelError(f"{path}: these results are of another file; measure this one first")
    about = [
        ("Task", said.get("task")),
        ("Scale", said.get("scale")),
        ("Face frame", said.get("frame")),
        ("Values", said.get("value_range")),
        ("Input is a multiple of", said.get("multiple")),
        ("Noise input", said.get("noise")),
        ("Degradation", said.get("degradation")),
        ("Pictures seen in training", _count(said.get("pictures"))),
        ("Minutes of training", _count(said.get("minutes"))),
        ("List of training pictures, sha256", said.get("data_sha256")),
        ("Code", said.get("commit")),
        ("Size", f"{int(said['bytes']) / 1e6:.1f} MB"),
        ("File, sha256", said["sha256"]),
        ("Licence", said.get("licence")),
    ]
    parts = [
        f"# {name}",
        WARNING,
        _markdown([["", ""], *([key, value] for key, value in about if value)]),
        "## Measured",
        "\n".join(f"- {line}" for line in results.protocol),
        *_measured(name, results),
        *([part] if (part := invention_map(path)) else []),
        "## Limits",
        LIMITS.format(learnt=MENDED if said.get("mends") == "yes" else AVERAGED),
    ]
    if is_shipped(path):
        parts += ["## Terms", SHIPPED_TERMS]
    if "recipe" in said:
        parts += ["## Recipe", "```json\n" + json.dumps(json.loads(said["recipe"]), indent=1) + "\n```"]
    return "\n\n".join(parts) + "\n"


def invention_map(path: Path) -> str:
    """The section on how far the made-up pixels of a model may be wrong; empty if it was never calibrated."""
    said = uncertainty.calibration(path)
    if said is None:
        return ""
    rows, groups = [["size", "faces", "inside the band", "worst tenth of faces", "half width", "made up"]], []
    for size, found in said["coverage"].items():
        covered = f"{100 * found['coverage']:.1f} % ±{100 * found['half_interval_95']:.1f}"
        worst, made = f"{100 * found['worst_tenth_of_faces']:.0f} %", f"{100 * found['made_up']:.0f} %"
        width = f"±{found['mean_half_width_grey_levels']:.0f} of 255"
        rows.append([f"{size} → {4 * int(size)}", str(found["measured_on"]), covered, worst, width, made])
        groups += [(group, size, count, share) for group, (count, share) in found["groups"].items()]
    by_group = [["", *said["coverage"]]]
    for group in dict.fromkeys(group for group, *_ in groups):
        cells = {size: f"{100 * share:.1f} % of {count}" for one, size, count, share in groups if one == group}
        by_group.append([group, *(cells.get(size, "-") for size in said["coverage"])])
    return "\n\n".join(
        [
            INVENTION_MAP,
            f"The band promises that {100 * said['level']:.0f} % of the true pixels lie inside, on average over faces "
            "like those it was calibrated on (conformal risk control). It was calibrated on some people and measured "
            f"on others: {said['faces']}. A pixel counts as made up if its band is wider than ±"
            f"{said['visible_grey_levels']} of 255 grey levels.",
            _markdown(rows),
            "Pixels inside the band, by group:",
            _markdown(by_group),
        ]
    )


def with_invention_map(page: str, path: Path) -> str:
    """A card whose section on the invention map is that of the model as it is now."""
    before, _, rest = page.partition(f"{INVENTION_MAP}\n")
    after = page.partition("## Limits\n")[2] if not rest else rest.partition("## Limits\n")[2]
    before = before if rest else page.partition("## Limits\n")[0]
    section = invention_map(path)
    return f"{before}{section}{section and chr(10) * 2}## Limits\n{after}"


def _measured(name: str, results: Results) -> list[str]:
    columns = results.metrics()
    overall = [row for row in results.rows if row.label == EVERYONE and row.model in (name, "bicubic")]
    lines = [[f"{row.size} → {4 * row.size}", row.model, str(row.faces), *cells(row, columns)] for row in overall]
    parts = [
        _markdown([["size", "model", "faces", *columns], *lines]),
        "\n".join(f"- {column}: {MEANING[column]}" for column in columns),
    ]
    groups = [row for row in results.rows if row.label != EVERYONE and row.model == name]
    if groups:
        single = [column for column in columns if column in groups[0].scores]
        lines = [
            [f"{row.size} → {4 * row.size}", row.label, row.value, str(row.faces), *cells(row, single)]
            for row in groups
        ]
        parts += ["### By group", _markdown([["size", "", "", "faces", *single], *lines])]
    return parts + _worst_groups(name, results)


def _worst_groups(name: str, results: Results) -> list[str]:
    behind = worst_groups(results, name)
    if not behind:
        return []
    lines = [["size", "", "group", "faces", "of the group", "of all faces", "worse by", "bicubic"]]
    for one in behind:
        row = one.row
        scores = number(one.metric, row.scores[one.metric]), number(one.metric, one.everyone)
        group = [f"{row.size} → {4 * row.size}", one.metric, f"{row.label} {row.value}", str(row.faces)]
        bicubic = "-" if one.bicubic is None else f"{100 * one.bicubic:.0f} %"
        lines.append([*group, *scores, f"{100 * one.share:.0f} %", bicubic])
    unfair = sum(one.share > FAIR for one in behind)
    return [
        WORST_GROUPS,
        f"Of groups by {', '.join(PEOPLE)} with at least {ENOUGH} faces, the one for which the network does worst,"
        " beside the mean over all faces, and by how much bicubic does worse for them: such faces are harder. No group"
        f" should be worse off by more than {100 * FAIR:.0f} %: "
        + (f"this does not hold in {unfair} of {len(behind)} lines." if unfair else "this holds."),
        _markdown(lines),
    ]


def _count(value: str | None) -> str | None:
    return f"{float(value):,.0f}" if value else None


def _markdown(cells: Sequence[Sequence[str]]) -> str:
    head, *lines = [f"| {' | '.join(line)} |" for line in cells]
    return "\n".join([head, "|" + "---|" * len(cells[0]), *lines])
