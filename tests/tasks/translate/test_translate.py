import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import enhance
from enhance.errors import ModelError, PhotoError
from enhance.photos import provenance
from enhance.photos.photo import read
from enhance.photos.writing import write
from enhance.tasks.translate.options import COATS, TranslateOptions
from enhance.tasks.translate.translate import translate, translate_photo

from .conftest import draw_animal

MEADOW, BROWN = (60, 140, 50), (110, 70, 40)


def photo_of(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (300, 200)) -> np.ndarray:
    """A meadow with brown boxes."""
    picture = np.empty((size[1], size[0], 3), np.uint8)
    picture[:] = MEADOW
    for left, top, right, bottom in boxes:
        picture[top:bottom, left:right] = BROWN
    return picture


@pytest.mark.usefixtures("networks")
def test_an_animal_is_redrawn_and_the_rest_stays_to_the_bit() -> None:
    picture = photo_of((60, 40, 180, 120))
    picture[::7] += 3  # some detail
    result = translate_photo(read(picture))
    made = np.asarray(result.canvas.image())
    assert len(result.animals) == 1
    assert (made[50:110, 70:170].astype(int) - picture[50:110, 70:170]).min() > 50
    assert (made[result.mask == 0] == picture[result.mask == 0]).all()
    far = np.ones(picture.shape[:2], bool)
    far[30:130, 50:190] = False
    assert (result.mask[far] == 0).all()
    assert result.untouched == pytest.approx((result.mask == 0).mean(), abs=0.01)
    assert 0.75 < result.untouched < 0.9
    assert "horses in 1 place redrawn as zebras: the stripes are invented" in result.sentence()


@pytest.mark.usefixtures("networks")
def test_several_animals_of_several_sizes_are_redrawn() -> None:
    boxes = [(10, 10, 110, 90), (150, 120, 190, 150), (240, 60, 256, 74)]
    result = translate_photo(read(photo_of(*boxes)))
    assert len(result.animals) == 3
    made = np.asarray(result.canvas.image())
    for left, top, right, bottom in boxes:
        y, x = (top + bottom) // 2, (left + right) // 2
        assert made[y, x].tolist() == pytest.approx([channel + 64 for channel in BROWN], abs=3)


@pytest.mark.usefixtures("networks")
def test_a_photo_without_an_animal_is_left_alone_unless_it_is_forced() -> None:
    empty = photo_of()
    result = translate_photo(read(empty))
    assert (np.asarray(result.canvas.image()) == empty).all()
    assert result.sentence() == "no horse found, nothing drawn (--force takes the whole photo for one)"
    assert result.stamp is None
    assert result.mask.max() == 0
    forced = translate_photo(read(empty), TranslateOptions(force=True))
    assert "the whole photo redrawn as zebras" in forced.sentence()
    assert forced.stamp is not None


@pytest.mark.usefixtures("networks")
def test_zebras_become_horses_of_the_coat_that_is_asked_for() -> None:
    picture = photo_of()
    picture[40:120, 60:180] = 100
    dark, light = (np.asarray(translate(picture, to="horse", coat=coat))[80, 120] for coat in ("black", "white"))
    assert (light.astype(int) - dark).min() > 100
    # A coat is painted over the stripes, not added to them.
    for coat, pixel in (("black", dark), ("white", light)):
        np.testing.assert_allclose(pixel, 255 * np.array(COATS[coat]), atol=1)
    assert len(translate_photo(read(picture), TranslateOptions(to="horse")).animals) == 1


@pytest.mark.usefixtures("networks")
def test_all_kinds_of_pictures_come_back_as_they_came() -> None:
    deep = photo_of((60, 40, 180, 120)).astype(np.uint16) * 257
    result = translate_photo(read(deep))
    made = result.canvas.rows()
    assert made.dtype == np.uint16
    assert (made[result.mask == 0] == deep[result.mask == 0]).all()
    clear = np.dstack([photo_of((60, 40, 180, 120)), np.full((200, 300), 128, np.uint8)])
    image = translate(clear)
    assert image.mode == "RGBA"
    assert (np.asarray(image)[..., 3] == 128).all()
    assert translate(Image.fromarray(photo_of(size=(40, 30)))).size == (40, 30)
    assert translate(np.zeros((1, 1, 3), np.uint8)).size == (1, 1)


@pytest.mark.usefixtures("networks")
def test_large_photos_are_worked_on_in_bands_that_do_not_show() -> None:
    large = photo_of((300, 200, 1500, 1100), size=(1800, 1300))
    result = translate_photo(read(large))
    made = np.asarray(result.canvas.image()).astype(int)
    inside = made[300:1000, 400:1400]
    assert np.abs(np.diff(inside, axis=0)).max() <= 1
    assert (made[result.mask == 0] == large[result.mask == 0]).all()


@pytest.mark.usefixtures("networks")
def test_the_file_says_what_was_done(tmp_path: Path) -> None:
    result = translate_photo(read(photo_of((60, 40, 180, 120))))
    write(result.canvas, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        said = provenance.read_stamp(image.info["xmp"])
    assert said["model"] == "animals + zebra"
    assert said["digital_source_type"].endswith("compositeWithTrainedAlgorithmicMedia")


@pytest.mark.usefixtures("networks")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (TranslateOptions(to="cow"), "to is cow, but must be one of horse, zebra"),
        (TranslateOptions(to="horse", coat="green"), "coat is green, but must be one of bay"),
        (TranslateOptions(coat="bay"), "only a horse has a coat"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: TranslateOptions, words: str) -> None:
    with pytest.raises(PhotoError, match=words):
        translate_photo(read(photo_of()), options)


def test_networks_that_are_not_there_are_named(networks: Path) -> None:
    (networks / "zebra" / "zebra.onnx").unlink()
    with pytest.raises(ModelError, match="zebra: there are no weights that draw it yet"):
        translate(photo_of())


@pytest.mark.usefixtures("networks")
def test_a_drawn_animal_of_the_training_set_is_found() -> None:
    photo, mask = draw_animal(np.random.default_rng(0), 160, striped=False)
    buffer = io.BytesIO()
    photo.save(buffer, "PNG")
    result = translate_photo(read(buffer.getvalue()))
    covered = np.asarray(mask) > 127
    assert (result.mask[covered] > 127).mean() > 0.9
    assert (result.mask[~covered] > 127).mean() < 0.05


def test_an_array_of_sixteen_bits_gives_one() -> None:
    deep = np.full((40, 50, 3), 30_001, np.uint16)
    assert np.array_equal(enhance.translate(deep), deep)
