from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from enhance.photos import provenance
from enhance.photos.photo import read
from enhance.photos.provenance import INVENTED, Stamp, read_stamp, stamped
from enhance.photos.writing import write
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from tests.photos.packets import CAMERA, STAMP


def test_a_stamp_survives() -> None:
    said = read_stamp(stamped(None, STAMP))
    assert said == {
        "digital_source_type": INVENTED,
        "software": "enhance 0.1.0",
        "model": "face_x4_gan",
        "model_version": "0123456789ab",
        "seed": "7",
        "lr_psnr": "51.23",
        "invented_everywhere": "no",
        "invention": STAMP.sentence,
        "redrawn_faces": [[1, 2, 30, 40], [5, 6, 7, 8]],
    }


def test_what_was_there_is_kept_but_for_the_old_source_type() -> None:
    both = stamped(CAMERA, STAMP)
    assert b"Eileen &amp; Collins" in both
    assert b'xmp:Rating="4"' in both
    assert b"digitalCapture" not in both
    assert both.count(b'rdf:about="uuid:1"') == 2
    assert both.endswith(b'<?xpacket end="w"?>')
    assert read_stamp(both)["digital_source_type"] == INVENTED


def test_a_second_stamp_takes_the_place_of_the_first() -> None:
    once = stamped(CAMERA, STAMP)
    assert stamped(once, STAMP) == once
    plain = Stamp("enhance 0.2.0", "", "", 0, 60.0, ())
    said = read_stamp(stamped(once, plain))
    assert said["software"] == "enhance 0.2.0"
    assert said["digital_source_type"].endswith("/algorithmicallyEnhanced")
    assert said["redrawn_faces"] == []


@pytest.mark.parametrize("packet", [b"", b"no XML", b"<rdf:RDF><open></rdf:RDF>", CAMERA[:300], b"\xff\xfe\0<\0"])
def test_a_damaged_packet_is_replaced(packet: bytes) -> None:
    assert read_stamp(stamped(packet, STAMP))["model"] == "face_x4_gan"


def test_too_much_for_the_file_leaves_the_stamp() -> None:
    most = len(stamped(CAMERA, STAMP)) - 1
    assert b"Eileen" not in stamped(CAMERA, STAMP, most)
    assert read_stamp(stamped(CAMERA, STAMP, most))["seed"] == "7"


def test_hostile_xml_is_not_expanded() -> None:
    assert read_stamp(b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + stamped(None, STAMP)) == {}


def test_what_no_network_drew_is_not_called_invented() -> None:
    flat = read(np.full((40, 40, 3), 90, np.uint8))
    assert read_stamp(enhance_photo(flat).canvas.info["xmp"])["digital_source_type"] == INVENTED
    result = enhance_photo(flat, UpscaleOptions(background="bicubic"))
    assert read_stamp(result.canvas.info["xmp"])["digital_source_type"].endswith("algorithmicallyEnhanced")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {},
            "2 faces redrawn: their detail is invented and identifies nobody. The rest follows from the photo.",
        ),
        ({"faces": ()}, "Nothing is redrawn: every pixel follows from the photo."),
        ({"everywhere": True}, "All detail is invented, that of 2 faces too: it identifies nobody."),
        ({"words": "red", "invention": "a bird"}, 'All of it is invented: a bird, drawn from the words "red".'),
        ({"drawing": True, "invention": "a cat"}, "All of it is invented: a cat, painted after a drawing."),
        ({"part": "hole"}, "Holes are filled: what is in them is invented. All else is as it was."),
        (
            {"part": "animal", "invention": "the stripes are invented"},
            "2 animals redrawn: the stripes are invented. All else is as it was.",
        ),
    ],
)
def test_each_task_says_truly_what_was_invented(given: dict[str, Any], said: str) -> None:
    assert read_stamp(stamped(None, replace(STAMP, **given)))["invention"] == said


def test_what_restored_a_photo_is_named() -> None:
    noise = np.random.default_rng(0).normal(0, 14, (96, 96, 3))
    bad = read(np.clip(120 + noise, 0, 255).astype(np.uint8))
    said = read_stamp(enhance_photo(bad, UpscaleOptions(scale=1)).canvas.info["xmp"])
    assert said["model"] == "photo_restore"
    assert len(said["model_version"]) == 12


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff", "avif"])
def test_what_was_made_here_is_known_by_what_the_file_says(ending: str, tmp_path: Path) -> None:
    plain = Image.new("RGB", (20, 20))
    plain.save(tmp_path / f"plain.{ending}")
    result = enhance_photo(read(np.full((20, 20, 3), 90, np.uint8)), UpscaleOptions(background="bicubic"))
    write(result.canvas, tmp_path / f"large.{ending}")
    sheet, bird = provenance.labelled(plain.copy(), "map"), plain.copy()
    bird.info["xmp"] = stamped(None, replace(STAMP, words="a bird"))
    write(sheet, tmp_path / f"map.{ending}")
    write(bird, tmp_path / f"bird.{ending}")
    found = {path.stem for path in tmp_path.iterdir() if provenance.made_here(path)}
    assert found == {"large", "map"}


def test_a_mark_is_seen_in_the_corner_alone() -> None:
    result = enhance_photo(read(np.full((60, 90, 3), 90, np.uint8)))
    before = result.rgb
    provenance.mark(result.canvas)
    changed = np.abs(result.rgb - before).max(-1) > 0.1
    assert changed[-10:, -20:].any()
    assert not changed[:200].any()
