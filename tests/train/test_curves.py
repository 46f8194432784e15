import json
from pathlib import Path

import numpy as np
from PIL import Image

from enhance.train import curves


def colour(value: int, height: int = 16) -> np.ndarray:
    return np.full((height, height, 3), value, np.uint8)


def test_curves_are_drawn_of_every_number_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    records = [
        {"pictures": n, "losses": {f"loss_{k}": n / 10 for k in range(4)}, "held_out": {"score": 1}} for n in (1, 2)
    ]
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    curves.save_curves(log, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as five:
        log.write_text(json.dumps({"pictures": 1, "losses": {"one": 1.0}}) + "\n")
        curves.save_curves(log, tmp_path / "one.png")
        with Image.open(tmp_path / "one.png") as one:
            assert five.height == 2 * one.height


def test_a_log_without_numbers_has_no_curves(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"pictures": 0}\n')
    curves.save_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


def test_a_film_goes_from_the_first_sheet_to_the_last_in_a_few_frames(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    for n in range(9):
        Image.fromarray(colour(20 * n)).save(tmp_path / "grids" / f"{n:09d}.png")
    curves.save_film(tmp_path / "grids", tmp_path / "film.webp", most=4)
    with Image.open(tmp_path / "film.webp") as film:
        assert film.n_frames == 4
        shades = []
        for n in range(4):
            film.seek(n)
            shades.append(int(np.asarray(film.convert("RGB"))[8, 8, 0]))
        assert film.info["duration"] == 2500
    assert np.abs(np.array(shades) - [0, 60, 100, 160]).max() < 6


def test_one_sheet_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    Image.fromarray(colour(0)).save(tmp_path / "grids" / "000000001.png")
    curves.save_film(tmp_path / "grids", tmp_path / "film.webp")
    assert not (tmp_path / "film.webp").exists()
