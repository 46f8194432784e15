"""What is written beside an enhanced photo when it is asked for: its faces, and where detail was made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enhance.cli.targets import make_folder
from enhance.errors import PhotoError

if TYPE_CHECKING:
    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.result import Result


def mappable(drawn: Callable[[Photo], Result], photo: Photo) -> Result:
    """Refuse a photo that can have no map before anything is written."""
    from enhance.honesty.report import refuse_map

    result = drawn(photo)
    refuse_map(result)
    return result


def write_faces(source: Photo, result: Result, folder: Path) -> None:
    """Write every face as the network drew it, and <photo>_faces.json with where they lie in the photo.

    Raises:
        PhotoError: the folder cannot be made, or not written to.
    """
    from PIL import Image

    from enhance.files import write_atomically
    from enhance.photos import provenance
    from enhance.photos.writing import write
    from enhance.pixels import to_uint8

    make_folder(folder)
    records = []
    for n, job in enumerate(result.faces, 1):
        name = f"{Path(source.name).stem}_{n}.png"
        landmarks = job.face.landmarks.tolist()
        facts: dict[str, Any] = {"box": job.box, "lr": job.size, "redrawn": job.redrawn, "landmarks": landmarks}
        if (hr := job.upright()) is not None:
            picture = Image.fromarray(to_uint8(hr))
            if result.model is not None:
                version = provenance.version_of(result.model)
                provenance.as_face(picture, result.model.facts.name, version, result.options.seed, result.lr_psnr)
            write(picture, folder / name)
            facts["file"] = name
        records.append(facts)
    text = json.dumps({"photo": source.name, "faces": records}, indent=1) + "\n"
    try:
        write_atomically(folder / f"{Path(source.name).stem}_faces.json", text.encode())
    except OSError as error:
        raise PhotoError(f"{folder}: cannot be written to ({error.strerror}); name another folder") from error


def map_files(target: Path) -> tuple[Path, Path]:
    """Where the invention map goes that is written beside a target: as heat, and as numbers."""
    return target.with_name(f"{target.stem}_map.png"), target.with_name(f"{target.stem}_band.png")


def report_text(
    source: Photo,
    result: Result,
    original: Photo | None,
    target: Path | None,
) -> Iterator[str]:
    """What the report says; with a target, also writes the invention map beside it."""
    from PIL import Image

    from enhance.honesty import uncertainty
    from enhance.honesty.report import WARNING, band_map, report
    from enhance.photos.provenance import labelled
    from enhance.photos.writing import write
    from enhance.pixels import to_uint8

    reports = report(source, result, original=original)
    yield from (one.sentence() for one in reports)
    if target is not None and result.stamp and result.stamp.invented:
        band = band_map(result, reports, source)
        numbers = Image.fromarray(to_uint8(band))
        heat, grey = map_files(target)
        write(labelled(uncertainty.heat(result.rgb, band), "map"), heat)
        yield f"where it was made up: {heat}"
        write(labelled(numbers, "map"), grey)
        yield f"by how many grey levels: {grey}"
    if reports:
        yield WARNING
