import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from enhance.datasets.names import LABELS, labels
from enhance.errors import DataError
from enhance.evaluate import metrics, results, tables
from enhance.evaluate.benchmark import Benchmark, CardTexts
from enhance.evaluate.metrics import Metric

NAMES = [labels(name) for name in ("utk_30_f_white_1", "utk_70_m_white_2", "lfw_A_1", "utk_35_f_asian_3")]

BENCHMARK = Benchmark(
    unit="faces",
    sizes=(16,),
    title=lambda size: f"{size} -> {4 * size}",
    examples=lambda _: (),
    pairs=lambda *_: (),
    method=lambda model: model,
    metrics={"PSNR": metrics.PSNR, "ST-LPIPS": metrics.ST_LPIPS, "identity": Metric(lambda outputs, _: outputs, "")},
    set_metrics={"KD-lite0": metrics.KD_LITE0, "FID": metrics.FID},
    describe=lambda _: (),
    texts=lambda _: CardTexts("", ""),
    too_small="",
    baselines={"bicubic": lambda lr: lr},
    labels=LABELS,
    people=("sex", "age", "group"),
    fairness_metrics=("ST-LPIPS", "identity"),
)


def test_groups_are_measured_on_their_members_alone() -> None:
    of_sets = {("all", "all"): {"KD-lite0": (5.0, 0.5)}, ("sex", "female"): {"KD-lite0": (7.0, 0.1)}}
    rows = results.rows("m", 16, NAMES, LABELS, {"PSNR": np.array([1.0, 2, 4, 3])}, of_sets)
    found = {(row.label, row.value): (row.count, row.scores["PSNR"].mean) for row in rows}
    assert found[("all", "all")] == (4, 2.5)
    assert found[("sex", "female")] == (2, 2.0)
    assert found[("age", "20-39")] == (2, 2.0)
    assert found[("group", "white")] == (2, 1.5)
    assert found[("source", "lfw")] == (1, 4.0)
    assert rows[0].scores["KD-lite0"] == results.Score(5.0, pytest.approx(0.98))
    having = {row.value: row.scores["KD-lite0"].mean for row in rows if "KD-lite0" in row.scores}
    assert having == {"all": 5.0, "female": 7.0}


def test_the_interval_holds_the_true_mean_19_times_in_20() -> None:
    rng = np.random.default_rng(0)
    scores = [results.score(rng.normal(7, 3, 200)) for _ in range(1000)]
    covered = np.mean([abs(score.mean - 7) <= (score.half or 0) for score in scores])
    assert 0.92 < covered < 0.98


def test_one_face_has_no_interval() -> None:
    assert results.score(np.array([3.0])) == results.Score(3.0, None)


def test_the_worst_group_is_found_by_its_share_of_everybodys_mean() -> None:
    faces = [labels(f"utk_{age}_{sex}_white_{n}") for n in range(20) for age, sex in ((30, "f"), (70, "m"))]
    faces += [labels("utk_5_x_black_1"), *(labels(f"lfw_A_{n}") for n in range(20))]
    distance = np.array([0.1, 0.3] * 20 + [9.0] + [0.2] * 20)
    likeness = np.array([0.4, 0.6] * 20 + [0.0] + [0.0] * 20)
    rows = results.rows("m", 16, faces, LABELS, {"ST-LPIPS": distance, "identity": likeness}, {})
    found = results.worst_groups(results.Results((), {}, tuple(rows)), "m", BENCHMARK)
    # One child is too few to say anything, and lfw is no group of people; sex and age say the same of the others.
    assert [(one.metric, one.row.label, one.row.value) for one in found] == [
        ("ST-LPIPS", "sex", "male"),
        ("identity", "sex", "female"),
    ]
    assert found[0].share == pytest.approx(0.3 / distance.mean() - 1)
    assert found[1].share == pytest.approx(1 - 0.4 / likeness.mean())
    assert found[0].baseline is None
    again = [*rows, *(replace(row, model="bicubic") for row in rows)]
    assert results.worst_groups(results.Results((), {}, tuple(again)), "m", BENCHMARK)[1].baseline == found[1].share
    assert results.worst_groups(results.Results((), {}, tuple(rows)), "other", BENCHMARK) == []


def test_the_file_has_the_keys_that_it_always_had() -> None:
    rows = tuple(results.rows("m", 16, NAMES, LABELS, {"PSNR": np.arange(4.0)}, {}))
    raw = json.loads(results.Results(("how",), {}, rows).to_json())
    assert list(raw) == ["protocol", "models", "rows"]
    assert list(raw["rows"][0]) == ["model", "size", "label", "value", "faces", "scores"]
    assert raw["rows"][0]["faces"] == 4


def test_results_survive_the_file(tmp_path: Path) -> None:
    rows = tuple(
        results.rows("m", 16, NAMES, LABELS, {"PSNR": np.arange(4.0)}, {("all", "all"): {"FID": (5.0, float("nan"))}})
    )
    found = results.Results(("how",), {"m": {"sha256": "ab"}}, rows)
    (tmp_path / "results.json").write_text(found.to_json(), encoding="utf-8")
    assert results.load_results(tmp_path / "results.json") == found
    assert found.score("m", 16, "PSNR") == 1.5


@pytest.mark.parametrize("content", [None, "", "{}", '{"protocol": [], "models": {}, "rows": [1]}'])
def test_a_file_that_is_no_result_says_so(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "results.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match="not the results"):
        results.load_results(path)


def test_the_table_is_aligned() -> None:
    rows = [
        *results.rows(
            "bicubic", 16, NAMES, LABELS, {"PSNR": np.arange(4.0)}, {("all", "all"): {"KD-lite0": (-5.0, 0.5)}}
        ),
        *results.rows(
            "m", 16, NAMES, LABELS, {"PSNR": np.arange(4.0) * 10}, {("all", "all"): {"KD-lite0": (5.0, 0.5)}}
        ),
    ]
    lines = tables.text(results.Results(("how",), {}, tuple(rows)), BENCHMARK).splitlines()
    assert lines[0] == "how"
    start = lines.index("16 -> 64, 4 faces")
    assert lines[start + 1].split() == ["PSNR", "KD-lite0"]
    assert lines[start + 2].split() == ["bicubic", "1.50", "±1.27", "-5.00", "±0.98"]
    assert len({len(line) for line in lines[start + 1 : start + 4]}) == 1
    assert any(line.startswith("age 20-39") for line in lines)
