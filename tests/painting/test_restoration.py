import cv2
import numpy as np
import pytest
from PIL import Image

from enhance.inference.model import Model
from enhance.inference.shipped import WEIGHTS
from enhance.painting import restoration
from enhance.painting.restoration import Defects, is_grey, measure, restore
from tests.tasks.upscale.test_enhance import SAMPLE


@pytest.fixture(scope="module")
def restorer() -> Model:
    return restoration.restorer()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A good photo of 224 pixels."""
    with Image.open(SAMPLE) as image:
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def noisy(photo: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, deviation / 255, photo.shape)
    return (np.rint(np.clip(photo + noise, 0, 1) * 255) / 255).astype(np.float32)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.square(a - b).mean()))


def test_more_noise_measures_more(photo: np.ndarray) -> None:
    found = [measure(noisy(photo, deviation)).noise for deviation in (0, 5, 10, 20)]
    assert found == sorted(found)
    assert found[3] > 4 * found[0]


def blurred(photo: np.ndarray, sigma: float) -> np.ndarray:
    return (np.rint(cv2.GaussianBlur(photo, (0, 0), sigma) * 255) / 255).astype(np.float32)


def test_blur_is_measured_in_pixels(photo: np.ndarray) -> None:
    assert measure(photo).blur < restoration.IN_FOCUS
    for sigma in (1.5, 2.0):
        assert measure(blurred(photo, sigma)).blur == pytest.approx(sigma, abs=0.6)


def test_a_photo_that_is_sharp_somewhere_is_not_blurred(photo: np.ndarray) -> None:
    far = np.tile(photo, (1, 3, 1))
    assert measure(blurred(far, 2)).amount == 1
    far[:, 300:] = blurred(far, 2)[:, 300:]
    assert measure(far).blur < restoration.IN_FOCUS


@pytest.mark.parametrize("sigma", [1.5, 2.0])
def test_blur_alone_is_taken_out(photo: np.ndarray, sigma: float) -> None:
    bad = blurred(photo, sigma)
    found = measure(bad)
    assert found.words() == f"the photo is blurred (by about {found.blur:.1f} pixels)"
    assert psnr(restore(bad, found), photo) > psnr(bad, photo) + 1


@pytest.mark.parametrize(("deviation", "gain"), [(5, 0.2), (10, 1.4), (20, 2.4), (30, 2.8)])
def test_noise_is_taken_out(photo: np.ndarray, deviation: float, gain: float) -> None:
    bad = noisy(photo, deviation)
    assert psnr(restore(bad, measure(bad)), photo) > psnr(bad, photo) + gain


def test_plain_areas_keep_little_of_noise_that_no_jpeg_has_been_over() -> None:
    plain = np.full((128, 128, 3), (90, 110, 100), np.float32)
    for deviation in (10, 20):
        noise = np.random.default_rng(0).normal(0, deviation, plain.shape)
        bad = np.clip(np.rint(plain + noise), 0, 255).astype(np.float32) / 255
        left = 255 * restore(bad, measure(bad)) - plain
        assert left[8:-8, 8:-8].std() < 0.25 * deviation


def test_restoring_changes_gradually_with_the_noise(photo: np.ndarray) -> None:
    """From little noise to much in twenty steps: no step is a cliff, and nothing is worse than the photo as it came."""
    gains = []
    for deviation in range(1, 21):
        bad = noisy(photo, deviation)
        gains.append(psnr(restore(bad, measure(bad)), photo) - psnr(bad, photo))
    assert min(gains) > -0.3
    assert np.abs(np.diff(gains)).max() < 1


def test_a_photo_without_defects_stays_as_it_is(photo: np.ndarray) -> None:
    assert restore(photo, Defects()) is photo
    bad = noisy(photo, 10)
    assert restore(bad, measure(bad), strength=0) is bad


def test_strength_dials(photo: np.ndarray) -> None:
    bad = noisy(photo, 15)
    defects = measure(bad)
    changes = [np.abs(restore(bad, defects, strength) - bad).mean() for strength in (0.0, 0.5, 1.0)]
    assert changes[0] < changes[1] < changes[2]


def test_grey_stays_grey(photo: np.ndarray) -> None:
    grey = np.repeat(photo.mean(2, keepdims=True), 3, 2)
    bad = np.repeat(noisy(grey, 12)[..., :1], 3, 2)
    assert is_grey(bad)
    assert not is_grey(photo)
    assert np.ptp(restore(bad, measure(bad)), axis=2).max() == 0


def test_one_coloured_pixel_makes_a_photo_coloured(photo: np.ndarray) -> None:
    grey = np.repeat(photo.mean(2, keepdims=True), 3, 2)
    assert is_grey(grey)
    grey[101, 57, 2] += 0.1
    assert not is_grey(grey)
    assert is_grey(grey[:1])


def test_bands_show_no_border(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = noisy(np.tile(photo, (2, 1, 1)), 12)
    defects = measure(bad)
    whole = restore(bad, defects)
    monkeypatch.setattr(restoration, "BAND_PIXELS", 224 * 160)
    apart = np.abs(restore(bad, defects) - whole)
    assert apart.max() < 5 / 255
    assert apart.mean() < 0.1 / 255


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (17, 33)])
def test_any_size(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).random((*shape, 3), np.float32)
    restored = restore(picture, measure(picture))
    assert restored.shape == picture.shape
    assert np.isfinite(restored).all()


def test_the_files_say_what_they_are(restorer: Model) -> None:
    assert restorer.facts.task == "restoration"
    assert restorer.facts.scale == 1
    assert "non-commercial" in restorer.facts.extra["licence"]
    assert (WEIGHTS / "photo_restore" / "photo_restore.md").is_file()
