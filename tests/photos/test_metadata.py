import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from enhance.photos import photo, writing
from enhance.photos.canvas import Canvas, to_image
from tests.photos import profiles
from tests.photos.pictures import blown_up

FACTS = (
    *("-n", "-Orientation=6", "-Make=Acme", "-Artist=Ann", "-DateTimeOriginal=2020:01:02 03:04:05"),
    *("-ExifImageWidth=64", "-ExifImageHeight=48", "-GPSLatitude=48.2", "-GPSLatitudeRef=N", "-XMP-dc:Title=Tüll"),
    *("-XMP-tiff:Orientation=6", "-XMP-exif:ExifImageWidth=64", "-IPTC:City=Wien"),
    *("-IFD0:XResolution=240", "-IFD0:YResolution=240", "-IFD0:ResolutionUnit=2"),
)
WITH_EXIF = ("jpg", "png", "webp", "tiff", "avif", "heic")
WITH_IPTC = ("jpg", "png", "tiff")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one picture in every format, each of which says all that FACTS say."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed: apt-get install libimage-exiftool-perl")
    folder = tmp_path_factory.mktemp("described")
    y, x = np.mgrid[:48, :64]
    image = Image.fromarray(np.stack([x * 3, y * 4, 200 - x * 2], -1).astype(np.uint8))
    image.resize((32, 24)).save(folder / "thumbnail.jpg")
    pillow_heif.register_heif_opener()
    for suffix in WITH_EXIF:
        image.save(folder / f"a.{suffix}", icc_profile=profiles.matrix_profile())
    files = [str(folder / f"a.{suffix}") for suffix in WITH_EXIF]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *FACTS, *files], check=True, capture_output=True)
    extra = (f"-ThumbnailImage<={folder / 'thumbnail.jpg'}", str(folder / "a.jpg"))
    subprocess.run(["exiftool", "-q", "-overwrite_original", *extra], check=True, capture_output=True)
    return folder


def said(path: Path, *options: str) -> dict[str, Any]:
    words = ["exiftool", "-j", "-n", "-G1", "-validate", "-warning", "-all", *options, str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)[0]
    return found


@pytest.mark.parametrize("suffix", WITH_EXIF)
def test_what_the_file_said_is_said_again(suffix: str, described: Path, tmp_path: Path) -> None:
    read = photo.read(described / f"a.{suffix}")
    # In AVIF and HEIC, EXIF only repeats how the container turns the picture; here it does not.
    turned = suffix not in ("avif", "heic")
    assert (read.width, read.height) == ((48, 64) if turned else (64, 48))
    for target in WITH_EXIF:
        canvas = Canvas(read, read.width * 4, read.height * 4)
        canvas.put(0, 0, blown_up(read.rgb))
        writing.write(canvas, tmp_path / f"b.{target}")
        facts = said(tmp_path / f"b.{target}")
        assert facts.get("IFD0:Orientation", 1) == 1, target
        assert facts.get("XMP-tiff:Orientation", 1) == 1, target
        assert facts["IFD0:Make"] == "Acme"
        assert facts["IFD0:Artist"] == "Ann"
        assert facts["ExifIFD:DateTimeOriginal"] == "2020:01:02 03:04:05"
        assert (facts["ExifIFD:ExifImageWidth"], facts["ExifIFD:ExifImageHeight"]) == (canvas.width, canvas.height)
        assert facts["GPS:GPSLatitude"] == pytest.approx(48.2)
        assert facts["XMP-dc:Title"] == "Tüll"
        assert facts["XMP-exif:ExifImageWidth"] == canvas.width
        assert facts["ICC_Profile:ProfileDescription"] == "test"
        if suffix in WITH_IPTC and target in WITH_IPTC:
            assert facts["IPTC:City"] == "Wien"
        again = photo.read(tmp_path / f"b.{target}")
        assert (again.width, again.height) == (canvas.width, canvas.height)
        assert again.dpi is not None
        assert [round(n) for n in again.dpi] == [240, 240]


def test_a_thumbnail_shows_the_picture_as_it_is_now(described: Path, tmp_path: Path) -> None:
    read = photo.read(described / "a.jpg")
    canvas = Canvas(read, 4 * read.width, 4 * read.height)
    canvas.put(0, 0, blown_up(np.ones_like(read.rgb) * np.array([1, 0, 0], np.float32)))
    writing.write(canvas, tmp_path / "b.jpg")
    words = ["exiftool", "-b", "-ThumbnailImage", str(tmp_path / "b.jpg")]
    with Image.open(io.BytesIO(subprocess.run(words, capture_output=True, check=True).stdout)) as thumbnail:
        assert thumbnail.size == (120, 160)
        assert thumbnail.convert("RGB").getpixel((60, 80))[0] > 180


def test_dots_per_inch_survive_where_there_is_no_exif(pixels: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png", dpi=(300, 300))
    read = photo.read(tmp_path / "a.png")
    for suffix in (*WITH_EXIF, "bmp"):
        writing.write(to_image(read, read.rgb), tmp_path / f"b.{suffix}")
        found = photo.read(tmp_path / f"b.{suffix}").dpi
        assert found is not None, suffix
        assert [round(n) for n in found] == [300, 300]


def test_exif_and_xmp_too_long_for_a_jpeg_lose_the_least(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Acme"
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0x927C: bytes(70_000)})
    source = replace(photo.read(np.zeros((8, 8), np.uint8)), exif=exif.tobytes(), xmp=b"<x/>" * 20_000, dpi=(99, 99))
    for suffix in WITH_EXIF:
        writing.write(to_image(source, source.rgb), tmp_path / f"a.{suffix}")
        with Image.open(tmp_path / f"a.{suffix}") as image:
            assert image.getexif()[0x010F] == "Acme"
            assert image.getexif().get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
            assert (0x927C in image.getexif().get_ifd(0x8769)) == (suffix != "jpg")


@pytest.mark.parametrize(
    "damage", [b"", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(40)]
)
def test_damaged_exif_is_no_reason_to_refuse_a_photo(damage: bytes, tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), "red")
    image.info.update(exif=damage, xmp=b"\xff\xfe", icc_profile=b"none", dpi=("?", None))
    read = photo.read(image)
    for suffix in (*WITH_EXIF, "gif", "bmp"):
        writing.write(to_image(read, read.rgb), tmp_path / f"a.{suffix}")
        assert photo.read(tmp_path / f"a.{suffix}").width == 8
