import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhance import tasks
from enhance.errors import DataError, EnhanceError
from enhance.evaluate import card, results
from enhance.evaluate.benchmark import Benchmark
from enhance.evaluate.comparison import compare
from enhance.evaluate.evaluation import evaluate
from enhance.evaluate.lr_psnr import lr_psnr
from enhance.evaluate.results import Results
from enhance.inference import shipped
from enhance.inference.model import Model
from enhance.sheets import GAP, HEAD, SHEET_TILE
from enhance.tasks.upscale import benchmark
from tests.evaluate.conftest import blobs


@pytest.fixture(scope="module")
def measured(folder: Path, nearest: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    out = tmp_path_factory.mktemp("measured") / "out"
    return evaluate(benchmark.faces([folder]), [Model.load(nearest)], out), out


@pytest.fixture(scope="module")
def of_faces(folder: Path) -> Benchmark:
    return benchmark.faces([folder])


def test_bicubic_is_always_a_row_and_every_measure_is_taken(measured: tuple[Results, Path]) -> None:
    found, _ = measured
    everyone = [row for row in found.rows if row.label == results.ALL_EXAMPLES]
    assert [(row.model, row.size, row.count) for row in everyone] == [
        ("bicubic", 16, 4), ("nearest", 16, 4), ("bicubic", 32, 2), ("nearest", 32, 2),
    ]  # fmt: skip
    taken = {"PSNR", "SSIM", "LR-PSNR", "ST-LPIPS", "identity", "KD-lite0"}
    assert all(set(row.scores) >= taken for row in everyone)


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
    assert results.load_results(out / "results.json") == found
    assert "16 -> 64, 4 faces" in (out / "results.txt").read_text(encoding="utf-8")
    with Image.open(out / "faces_16.png") as page:
        assert page.width == 4 * (SHEET_TILE + GAP) + GAP
        assert page.height == HEAD + 4 * (SHEET_TILE + GAP)


def test_measuring_again_gives_the_same(folder: Path, nearest: Path) -> None:
    once, again = (evaluate(benchmark.faces([folder], sizes=(16,), limit=3), [Model.load(nearest)]) for _ in range(2))
    assert once == again
    assert once.rows[0].count == 3


def test_bad_photos_are_harder(folder: Path, nearest: Path, measured: tuple[Results, Path]) -> None:
    bad_photos = benchmark.faces([folder], sizes=(16,), degraded=True)
    found = evaluate(bad_photos, [Model.load(nearest)])
    assert found.score("bicubic", 16, "PSNR") < measured[0].score("bicubic", 16, "PSNR") - 0.5
    assert "the input by blur, noise and JPEG" in card.card(Model.load(nearest), found, bad_photos)


def test_any_function_can_be_compared(folder: Path) -> None:
    found, sheets = compare(benchmark.faces([folder], sizes=(16,), limit=2), {"same": benchmark.bicubic})
    for metric in found.metrics():
        assert found.score("same", 16, metric) == found.score("bicubic", 16, metric)
    assert set(sheets) == {16}


def test_faces_too_small_for_every_size_say_so(folder: Path) -> None:
    with pytest.raises(DataError, match="no face is 512 pixels wide"):
        compare(benchmark.faces([folder], sizes=(128, 256)), {})


def test_an_output_folder_that_is_a_file_says_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DataError, match="name another folder"):
        evaluate(benchmark.faces([folder], sizes=(16,), limit=1), [], tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_card_tells_what_was_measured(measured: tuple[Results, Path], nearest: Path, of_faces: Benchmark) -> None:
    found, _ = measured
    page = card.card(Model.load(nearest), found, of_faces)
    assert "---\n\n# nearest\n" in page
    for text in ("invents detail", "help to identify anyone", "1,200", "0123abc"):
        assert text in page
    assert "All-Age-Faces" not in page  # the terms of our data are not those of other people's weights
    psnr = found.score("nearest", 16, "PSNR")
    assert f"{psnr:.2f}" in page
    assert "| 16 → 64 | sex | female |" in page
    assert json.loads(page.split("```json\n")[1].split("```")[0]) == {"name": "nearest"}


def test_a_card_says_what_sort_of_photos_its_network_learnt_from(
    measured: tuple[Results, Path], nearest: Path, of_faces: Benchmark
) -> None:
    assert "small by averaging. Photos that are noisy" in card.card(Model.load(nearest), measured[0], of_faces)
    model = Model.load(nearest)
    restorer = Model(model.path, model.session, replace(model.facts, restores=True))
    assert "Trained on photos that are blurred, noisy" in card.card(restorer, measured[0], of_faces)


def test_a_card_names_the_group_for_which_the_network_does_worst(
    measured: tuple[Results, Path], nearest: Path, of_faces: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert card.WORST_GROUPS not in card.card(
        Model.load(nearest), measured[0], of_faces
    )  # four faces are too few to say so
    monkeypatch.setattr(results, "ENOUGH", 1)
    page = card.card(Model.load(nearest), measured[0], of_faces)
    section = page.split(card.WORST_GROUPS)[1].split("\n## ")[0]
    for one in results.worst_groups(measured[0], "nearest", of_faces):
        line = f"| {one.row.size} → {4 * one.row.size} | {one.metric} | {one.row.label} {one.row.value} |"
        assert line in section
    assert "worse off by more than 15 %" in section


def test_the_card_of_shipped_weights_states_the_terms_of_their_data(
    measured: tuple[Results, Path], nearest: Path, of_faces: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "WEIGHTS", nearest.parent)
    page = card.card(Model.load(nearest), measured[0], of_faces)
    assert all(name in page for name in ("All-Age-Faces", "UTKFace", "Labeled Faces", "CelebA", "US Congress"))


def test_a_card_is_not_written_from_the_results_of_another_file(
    measured: tuple[Results, Path], nearest: Path, of_faces: Benchmark
) -> None:
    found, _ = measured
    with pytest.raises(EnhanceError, match="another file"):
        card.card(Model.load(nearest), Results(found.protocol, {"nearest": {"sha256": "00"}}, found.rows), of_faces)


def test_faces_that_may_not_be_handed_on_are_measured_but_not_shown(tmp_path: Path) -> None:
    black, white = (np.full((64, 64, 3), value, np.uint8) for value in (0, 255))
    Image.fromarray(black).save(tmp_path / "celeba_000001.png")
    _, sheets = compare(benchmark.faces([tmp_path], sizes=(16,)), {})
    assert sheets == {}
    Image.fromarray(white).save(tmp_path / "lfw_Ada_Lovelace_0001.png")
    found, sheets = compare(benchmark.faces([tmp_path], sizes=(16,)), {})
    assert found.rows[0].count == 2
    assert sheets[16].height == HEAD + SHEET_TILE + GAP
    assert sheets[16].getpixel((SHEET_TILE // 2, HEAD + SHEET_TILE // 2)) == (255, 255, 255)


def test_what_is_made_consistent_agrees_with_its_input() -> None:
    lr = np.random.default_rng(0).uniform(0.3, 0.7, (2, 3, 16, 20)).astype(np.float32)
    made = benchmark.made_consistent(benchmark.bicubic)(lr)
    assert made.shape == (2, 3, 64, 80)
    assert lr_psnr(benchmark.bicubic(lr), lr).max() < 40
    assert lr_psnr(made, lr).min() > 50


def test_each_model_has_its_benchmark(nearest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tasks.benchmark_for([Model.load("face_x4_gan"), Model.load("face_x4_pixel")]) is benchmark.faces
    assert tasks.benchmark_for([Model.load("photo_x4"), Model.load(nearest)]) is benchmark.photos
    assert tasks.benchmark_for([Model.load("photo_x2_grainy")]) is benchmark.photos_twice
    with pytest.raises(EnhanceError, match="face_x4_gan and photo_x4 are measured on different pictures"):
        tasks.benchmark_for([Model.load("face_x4_gan"), Model.load("photo_x4")])
    monkeypatch.setattr(tasks, "TASKS", ("translate",))
    with pytest.raises(EnhanceError, match="nearest: there is no benchmark for models of the task super_resolution"):
        tasks.benchmark_for([Model.load(nearest)])


def test_whole_photos_are_measured_and_get_their_cards(nearest: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for n, size in enumerate((96, 128)):
        edges = np.where(blobs(160, n) > 128, 200, 60).astype(np.uint8)
        Image.fromarray(edges[:size]).save(photos / f"{n}.png")
    whole = benchmark.photos([photos], sizes=(32,))
    found = evaluate(whole, [Model.load(nearest)], tmp_path / "out")
    assert [(row.model, row.size, row.count) for row in found.rows] == [
        ("bicubic", 32, 2), ("bicubic, back-projected", 32, 2), ("nearest", 32, 2),
    ]  # fmt: skip
    assert set(found.metrics()) >= {"PSNR", "SSIM", "LR-PSNR", "ST-LPIPS"}
    assert "identity" not in found.metrics()
    assert found.score("bicubic, back-projected", 32, "LR-PSNR") > found.score("bicubic", 32, "LR-PSNR")
    assert (tmp_path / "out" / "photos_32.png").is_file()
    page = (tmp_path / "out" / "nearest.md").read_text(encoding="utf-8")
    assert "| 32 → 128 | nearest | 2 |" in page
    assert "invents next to\nnothing" in page  # it takes no noise
    assert "Face frame" not in page
    model = Model.load(nearest)
    facts = replace(model.facts, noise_channels=8, name="photo_x4")
    page = card.card(Model(model.path, model.session, facts), found, whole)
    assert "**This network invents detail.** For what is not a face" in page
    assert "palapeli-data" in page


def test_photos_are_measured_at_twice_their_size_too(tmp_path: Path) -> None:
    Image.fromarray(blobs(64, 0)).save(tmp_path / "a.png")
    found, _ = compare(benchmark.photos_twice([tmp_path], sizes=(32,)), {})
    assert [(row.model, row.size, row.count) for row in found.rows] == [
        ("bicubic", 32, 1), ("bicubic, back-projected", 32, 1),
    ]  # fmt: skip
    assert "twice as many" in " ".join(benchmark.photos_twice([tmp_path]).describe({32: 1}))


def test_photos_too_small_for_every_size_say_so(tmp_path: Path) -> None:
    Image.fromarray(blobs(64, 0)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="no photo has 128 pixels a side"):
        compare(benchmark.photos([tmp_path]), {})


@pytest.mark.parametrize("name", benchmark.PHOTO_FACTS)
def test_shipped_cards_of_photos_say_what_the_next_ones_would(name: str) -> None:
    text = shipped.weights_of(name).with_name(f"{name}.md").read_text()
    for key, words in benchmark.PHOTO_FACTS[name].items():
        assert f"| {key} | {words} |" in text
    assert benchmark.PHOTO_TERMS[name] in text
