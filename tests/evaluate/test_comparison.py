"""Measuring knows no task: here grey squares are inverted, and nobody enlarges anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import DataError
from enhance.evaluate import card, results, tables
from enhance.evaluate.benchmark import Benchmark, CardTexts
from enhance.evaluate.comparison import compare
from enhance.evaluate.evaluation import evaluate
from enhance.evaluate.metrics import PSNR, Metric, SetMetric
from enhance.inference.model import Model
from enhance.pixels import Planes


@dataclass(frozen=True)
class Square:
    grey: float
    labels: dict[str, str]
    may_be_shown: bool = True


@dataclass(frozen=True)
class Squares:
    """What is given is the square's brightness as a number, what is wanted a picture of its inverse."""

    examples: Sequence[Square]
    inputs: list[float]
    originals: Planes

    def shown_inputs(self) -> Planes:
        return 1 - self.originals

    def compared(self, outputs: Planes) -> Planes:
        return outputs


GREY = (0.0, 0.2, 0.4, 0.6, 1.0)
SQUARES = [Square(grey, {"half": "dark" if grey < 0.5 else "light"}, grey != 0.2) for grey in GREY]


def plane(values: Sequence[float], size: int) -> Planes:
    return np.broadcast_to(np.float32(values)[:, None, None, None], (len(values), 3, size, size))


def invert(values: list[float]) -> Planes:
    return plane([1 - value for value in values], 8)


def squares(sizes: tuple[int, ...] = (8,)) -> Benchmark:
    def pairs(chosen: Sequence[Square], size: int) -> Iterator[Squares]:
        for start in range(0, len(chosen), 2):
            some = chosen[start : start + 2]
            values = [square.grey for square in some]
            yield Squares(some, values, plane([1 - value for value in values], size))

    error = Metric(lambda outputs, pairs: np.abs(outputs - pairs.originals).mean((-3, -2, -1), dtype=np.float64),
                   "mean difference, lower is closer", higher_is_better=False)  # fmt: skip
    absent = Metric(lambda *_: 1 / 0, "", available=lambda: False, missing="absent left out")
    mean = SetMetric(
        lambda pictures: pictures.mean((2, 3), dtype=np.float64),
        lambda x, y: (float(np.abs(x.mean() - y.mean())), float("nan")),
        "difference of the means, lower is closer",
    )
    return Benchmark(
        unit="squares",
        sizes=sizes,
        title=lambda size: f"{size} pixels",
        examples=lambda size: SQUARES if size == 8 else (),
        pairs=pairs,
        method=lambda _: invert,
        metrics={"PSNR": PSNR, "error": error, "absent": absent},
        set_metrics={"mean": mean},
        describe=lambda counts: (f"squares: {counts}",),
        texts=lambda _: CardTexts("Squares only.", "- no circles", facts={"Shape": "square"}),
        too_small="no square is so large",
        baselines={"grey": lambda values: plane([0.5] * len(values), 8)},
        labels=("half",),
    )


def test_every_method_is_measured_on_every_example_and_group() -> None:
    found, sheets = compare(squares(), {"invert": invert})
    assert [(row.model, row.label, row.value, row.count) for row in found.rows] == [
        ("grey", "all", "all", 5), ("grey", "half", "dark", 3), ("grey", "half", "light", 2),
        ("invert", "all", "all", 5), ("invert", "half", "dark", 3), ("invert", "half", "light", 2),
    ]  # fmt: skip
    assert found.metrics() == ["PSNR", "error", "mean"]
    assert found.score("invert", 8, "error") == 0
    assert found.score("grey", 8, "error") == pytest.approx(np.mean(np.abs(128 / 255 - (1 - np.array(GREY)))), abs=1e-6)
    assert found.score("grey", 8, "mean") == pytest.approx(abs(128 / 255 - 0.56), abs=1e-6)
    assert found.protocol == ("squares: {8: 5}",)
    columns, shown = 4, 4  # input, grey, invert, original; one square may not be shown
    assert sheets[8].size == (columns * 134 + 6, 40 + shown * 134)


def test_where_no_example_has_the_size_it_says_so() -> None:
    with pytest.raises(DataError, match="no square is so large"):
        compare(squares((4, 16)), {})


def test_tables_and_cards_speak_of_the_task(nearest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluate(squares(), [Model.load(nearest)], tmp_path, lambda path: [f"## Also\n\n{path.name}"])
    assert "absent left out" in capsys.readouterr().err
    text = tables.text(found, squares())
    assert "8 pixels, 5 squares\n" in text
    assert "error: mean difference, lower is closer" in text
    assert (tmp_path / "results.txt").read_text(encoding="utf-8") == text
    assert results.load_results(tmp_path / "results.json") == found
    assert (tmp_path / "squares_8.png").is_file()
    page = (tmp_path / "nearest.md").read_text(encoding="utf-8")
    assert "\n# nearest\n\nSquares only.\n" in page
    assert "| Shape | square |" in page
    assert "| size | model | squares | PSNR | error | mean |" in page
    assert page.index("## Also\n\nnearest.onnx") < page.index("## Limits\n\n- no circles")
    assert "ace" not in page.replace("interface", "")  # of faces nothing is said


def test_a_section_of_a_card_is_replaced_where_it_stands() -> None:
    page = "# a\n\n## Measured\n\n1\n\n## Limits\n\n- b\n"
    longer = card.with_section(page, "## Also", "## Also\n\nthis")
    assert longer == "# a\n\n## Measured\n\n1\n\n## Also\n\nthis\n\n## Limits\n\n- b\n"
    assert card.with_section(longer, "## Also", "## Also\n\nthat") == longer.replace("this", "that")
    assert card.with_section(longer, "## Also", "") == page
