import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance.errors import DataError, EnhanceError
from enhance.evaluate import card, results, sheet
from enhance.evaluate.comparison import bicubic, compare
from enhance.evaluate.evaluation import evaluate
from enhance.evaluate.metrics import MEANING, METRICS, SET_METRICS
from enhance.evaluate.results import Results
from enhance.inference import shipped


@pytest.fixture(scope="module")
def measured(folder: Path, nearest: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    out = tmp_path_factory.mktemp("measured") / "out"
    return evaluate([folder], [str(nearest)], sizes=(16, 32, 64), out=out), out


def test_bicubic_is_always_a_row_and_every_measure_is_taken(measured: tuple[Results, Path]) -> None:
    found, _ = measured
    everyone = [row for row in found.rows if row.label == results.EVERYONE]
    assert [(row.model, row.size, row.faces) for row in everyone] == [
        ("bicubic", 16, 4), ("nearest", 16, 4), ("bicubic", 32, 2), ("nearest", 32, 2),
    ]  # fmt: skip
    assert all(set(row.scores) >= {*METRICS, *SET_METRICS} for row in everyone)
    assert set(found.metrics()) <= set(MEANING)


def test_the_numbers_are_those_of_the_pictures(measured: tuple[Results, Path]) -> None:
    """Repeated pixels keep the input but for what 8 bits lose; smooth blobs suit bicubic better."""
    found, _ = measured
    assert found.score("nearest", 16, "LR-PSNR") == pytest.approx(100)
    assert found.score("bicubic", 16, "LR-PSNR") < 70
    assert found.score("bicubic", 16, "PSNR") > found.score("nearest", 16, "PSNR") + 3


def test_what_is_written_is_what_was_found(measured: tuple[Results, Path]) -> None:
    found, out = measured
    names = ["faces_16.png", "faces_32.png", "nearest.md", "results.json", "results.txt"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert results.load(out / "results.json") == found
    assert "16 -> 64, 4 faces" in (out / "results.txt").read_text(encoding="utf-8")
    with Image.open(out / "faces_16.png") as page:
        assert page.width == 4 * (sheet.TILE + sheet.GAP) + sheet.GAP
        assert page.height == sheet.HEAD + 4 * (sheet.TILE + sheet.GAP)


def test_measuring_again_gives_the_same(folder: Path, nearest: Path) -> None:
    once, again = (evaluate([folder], [str(nearest)], sizes=(16,), limit=3) for _ in range(2))
    assert once == again
    assert once.rows[0].faces == 3


def test_bad_photos_are_harder(folder: Path, nearest: Path, measured: tuple[Results, Path]) -> None:
    grainy = evaluate([folder], [str(nearest)], sizes=(16,), grainy=True)
    assert grainy.score("bicubic", 16, "PSNR") < measured[0].score("bicubic", 16, "PSNR") - 0.5
    assert "the input by blur, noise and JPEG" in card.card(nearest, grainy)


def test_any_function_can_be_compared(folder: Path) -> None:
    found, sheets = compare({"same": bicubic}, [folder], sizes=(16,), limit=2)
    for metric in found.metrics():
        assert found.score("same", 16, metric) == found.score("bicubic", 16, metric)
    assert set(sheets) == {16}


def test_faces_too_small_for_every_size_say_so(folder: Path) -> None:
    with pytest.raises(DataError, match="no face is 512 pixels wide"):
        compare({}, [folder], sizes=(128, 256))


def test_a_model_that_is_not_there_says_so(folder: Path) -> None:
    with pytest.raises(EnhanceError):
        evaluate([folder], ["no_such_model"])


def test_an_output_folder_that_is_a_file_says_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DataError, match="name another folder"):
        evaluate([folder], sizes=(16,), limit=1, out=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_card_tells_what_was_measured(measured: tuple[Results, Path], nearest: Path) -> None:
    found, _ = measured
    page = card.card(nearest, found)
    assert page.startswith("# nearest\n")
    for text in ("invents detail", "help to identify anyone", "1,200", "0123abc"):
        assert text in page
    assert "All-Age-Faces" not in page  # the terms of our data are not those of other people's weights
    psnr = found.score("nearest", 16, "PSNR")
    assert f"{psnr:.2f}" in page
    assert "| 16 → 64 | sex | female |" in page
    assert json.loads(page.split("```json\n")[1].split("```")[0]) == {"name": "nearest"}


def test_a_card_says_what_sort_of_photos_its_network_learnt_from(
    measured: tuple[Results, Path], nearest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "small by averaging. Photos that are noisy" in card.card(nearest, measured[0])
    said = card.facts(nearest)
    monkeypatch.setattr(card, "facts", lambda _: {**said, "mends": "yes"})
    assert "Trained on photos that are blurred, noisy" in card.card(nearest, measured[0])


def test_a_card_names_the_group_for_which_the_network_does_worst(
    measured: tuple[Results, Path], nearest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert card.WORST_GROUPS not in card.card(nearest, measured[0])  # four faces are too few to say so
    monkeypatch.setattr(results, "ENOUGH", 1)
    page = card.card(nearest, measured[0])
    section = page.split(card.WORST_GROUPS)[1].split("\n## ")[0]
    for one in results.worst_groups(measured[0], "nearest"):
        line = f"| {one.row.size} → {4 * one.row.size} | {one.metric} | {one.row.label} {one.row.value} |"
        assert line in section
    assert "worse off by more than 15 %" in section


def test_the_card_of_shipped_weights_states_the_terms_of_their_data(
    measured: tuple[Results, Path], nearest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "WEIGHTS", nearest.parent)
    page = card.card(nearest, measured[0])
    assert all(name in page for name in ("All-Age-Faces", "UTKFace", "Labeled Faces", "CelebA", "US Congress"))


def test_a_card_is_not_written_from_the_results_of_another_file(measured: tuple[Results, Path], nearest: Path) -> None:
    found, _ = measured
    with pytest.raises(EnhanceError, match="another file"):
        card.card(nearest, Results(found.protocol, {"nearest": {"sha256": "00"}}, found.rows))


def test_a_sheet_shows_the_faces_in_their_places() -> None:
    black, white = np.zeros((3, 16, 16), np.float32), np.ones((3, 64, 64), np.float32)
    page = sheet.draw([[black, white], [white, black]], ["input", "original"])
    centres = [sheet.GAP + sheet.TILE // 2 + index * (sheet.TILE + sheet.GAP) for index in range(2)]
    tones = [[page.getpixel((x, sheet.HEAD + y - sheet.GAP)) for x in centres] for y in centres]
    assert tones == [[(0, 0, 0), (255, 255, 255)], [(255, 255, 255), (0, 0, 0)]]


def test_faces_that_may_not_be_handed_on_are_measured_but_not_shown(tmp_path: Path) -> None:
    black, white = (np.full((64, 64, 3), value, np.uint8) for value in (0, 255))
    Image.fromarray(black).save(tmp_path / "celeba_000001.png")
    _, sheets = compare({}, [tmp_path], sizes=(16,))
    assert sheets == {}
    Image.fromarray(white).save(tmp_path / "lfw_Ada_Lovelace_0001.png")
    found, sheets = compare({}, [tmp_path], sizes=(16,))
    assert found.rows[0].faces == 2
    assert sheets[16].height == sheet.HEAD + sheet.TILE + sheet.GAP
    assert sheets[16].getpixel((sheet.TILE // 2, sheet.HEAD + sheet.TILE // 2)) == (255, 255, 255)
