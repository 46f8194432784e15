"""The section of a model's card that says how often the true pixels of a face lie inside its error bounds."""

from collections.abc import Sequence
from pathlib import Path

from enhance.evaluate.tables import markdown
from enhance.honesty import uncertainty

HEADING = "## Invention map"


def sections(path: Path) -> Sequence[str]:
    """What a card says of the calibration of weights: one section, or none if they were never calibrated."""
    text = section(path)
    return [text] if text else []


def section(path: Path) -> str:
    """The section on how far the made-up pixels of a model may be wrong; empty if it was never calibrated."""
    record = uncertainty.calibration(path)
    if record is None:
        return ""
    unit, dealt = ("faces", "people") if record.get("of", "faces") == "faces" else ("photos", "photos")
    rows, groups = [["size", unit, "inside the band", f"worst tenth of {unit}", "half width", "made up"]], []
    for size, result in record["coverage"].items():
        covered = f"{100 * result['coverage']:.1f} % ±{100 * result['half_interval_95']:.1f}"
        worst, made_up = f"{100 * result['worst_tenth_of_faces']:.0f} %", f"{100 * result['made_up']:.0f} %"
        width = f"±{result['mean_half_width_grey_levels']:.0f} of 255"
        rows.append([f"{size} → {4 * int(size)}", str(result["measured_on"]), covered, worst, width, made_up])
        groups += [(group, size, count, share) for group, (count, share) in result["groups"].items()]
    by_group = [["", *record["coverage"]]]
    for group in dict.fromkeys(group for group, *_ in groups):
        cells = {size: f"{100 * share:.1f} % of {count}" for one, size, count, share in groups if one == group}
        by_group.append([group, *(cells.get(size, "-") for size in record["coverage"])])
    parts = ["Pixels inside the band, by group:", markdown(by_group)] if groups else []
    return "\n\n".join(
        [
            HEADING,
            f"The band promises that {100 * record['level']:.0f} % of the true pixels lie inside, on average over "
            f"{unit} like those it was calibrated on (conformal risk control). It was calibrated on some {dealt} and "
            f"measured on others: {record['faces']}. A pixel counts as made up if its band is wider than ±"
            f"{record['visible_grey_levels']} of 255 grey levels.",
            markdown(rows),
            *parts,
        ]
    )
