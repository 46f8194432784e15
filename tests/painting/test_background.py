"""Painting in parts, in little memory, and in less than there should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from enhance import Model
from enhance.errors import PhotoError
from enhance.inference.facts import Facts
from enhance.inference.noise import tiled_noise
from enhance.painting import background, bands
from enhance.painting.background import Background
from enhance.painting.bands import Patch
from enhance.painting.consistency import ScaledPair
from enhance.photos.photo import Photo, read
from enhance.pixels import to_float, to_uint8
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import BACKGROUND_MODEL, MEMORY, UpscaleOptions

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    with Image.open(SAMPLE) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def network() -> Model:
    return Model.load(BACKGROUND_MODEL)


@pytest.fixture(scope="module", params=[BACKGROUND_MODEL, "photo_x4", "photo_x2_grainy"])
def any_network(request: pytest.FixtureRequest) -> Model:
    return Model.load(request.param)


@pytest.mark.parametrize("scale", [2, 4])
def test_networks_of_any_scale_count_by_their_shares(sample: np.ndarray, network: Model, scale: int) -> None:
    photo, *others = read(sample[:32, :48]), Model.load("photo_x2_grainy"), Model.load("photo_x4_grainy")
    parts = [Background(photo, model, MEMORY, scale=scale).part(0, 0, 48, 32) for model in (network, *others)]
    details = [(others[0], 0.25), (others[1], 0.5)]
    mixed = Background(photo, network, MEMORY, scale=scale, details=details).part(0, 0, 48, 32)
    assert mixed.shape == (scale * 32, scale * 48, 3)
    assert np.allclose(mixed, 0.25 * parts[0] + 0.25 * parts[1] + 0.5 * parts[2], atol=1e-5)


@pytest.mark.parametrize("memory", [1000, 1])
def test_tiles_are_what_the_whole_would_be(
    sample: np.ndarray, any_network: Model, memory: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = background.enlarge(
        any_network, read(sample).rgb, tiled_noise(0, any_network.facts.noise_channels, (0, 0, 224, 224))
    )
    monkeypatch.setattr(background, "TILE", 64)
    tiled = Background(read(sample), any_network, memory)
    assert np.abs(tiled.part(0, 0, 224, 224) - whole).max() < 1 / 255
    s = tiled.scale
    assert np.abs(tiled.part(37, 51, 120, 133) - whole[s * 51 : s * 133, s * 37 : s * 120]).max() < 1 / 255


@pytest.mark.parametrize("scale", [4, 2.46])
@pytest.mark.parametrize("passes", [0, 3, 8])
def test_bands_are_what_the_whole_would_be(sample: np.ndarray, scale: float, passes: int) -> None:
    """Back-projection and the resampling to other scales look beyond the band too."""
    photo = read(sample)
    pair = ScaledPair((224, 224), (round(224 * scale), round(224 * scale)))
    patch = Patch(60, 30, np.random.default_rng(0).random((4 * 80, 4 * 64, 3)).astype(np.float32))
    roomy, narrow = Background(photo, None, MEMORY), Background(photo, None, 1e-3)
    (whole, agreement), (banded, agreed) = (bands.paint(one, (patch,), pair, passes) for one in (roomy, narrow))
    assert np.abs(whole.rgb - banded.rgb).max() < 1.01 / 255
    assert np.mean(whole.rgb != banded.rgb) < 1e-3
    assert agreed == pytest.approx(agreement, abs=0.01)


@pytest.mark.parametrize("scale", [4, 2.46])
def test_little_memory_paints_the_same_picture(sample: np.ndarray, scale: float) -> None:
    photo = read(sample)
    whole, banded = (enhance_photo(photo, UpscaleOptions(scale=scale), memory=memory) for memory in (1000, 1))
    assert np.abs(whole.rgb - banded.rgb).max() <= 1.01 / 255
    assert np.mean(whole.rgb != banded.rgb) < 1e-3
    assert banded.lr_psnr == pytest.approx(whole.lr_psnr, abs=0.01)


class Repeating:
    """A network that repeats pixels, of any scale."""

    def __init__(self, scale: int) -> None:
        self.facts = Facts("repeating", "super_resolution", ("lr",), scale=scale)

    def __call__(self, lr: np.ndarray, *, noise: np.ndarray, bad: np.ndarray) -> np.ndarray:
        assert bad.shape == lr.shape
        assert noise.shape[1] == 0
        return lr.repeat(self.facts.scale, 2).repeat(self.facts.scale, 3)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("memory", [1000, 0.1])
def test_networks_of_other_scales_draw_backgrounds_too(sample: np.ndarray, scale: int, memory: float) -> None:
    photo = read(sample)
    drawn = Background(photo, Repeating(scale), memory)  # type: ignore[arg-type]
    assert drawn.scale == scale
    expected = photo.rgb.repeat(scale, 0).repeat(scale, 1)
    patch = Patch(60, 30, 1 - expected[scale * 30 : scale * 110, scale * 60 : scale * 124])
    canvas, agreement = bands.paint(drawn, [patch], ScaledPair((224, 224), (scale * 224, scale * 224)), 0)
    expected[scale * 30 : scale * 110, scale * 60 : scale * 124] = patch.hr
    assert np.abs(canvas.rgb - expected).max() < 1e-6
    assert agreement < 30


def test_what_fits_in_memory_is_drawn_once(sample: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    true = background.enlarge

    def counted(network: Model, lr: np.ndarray, noise: np.ndarray, bad: np.ndarray) -> np.ndarray:
        drawn.append(int(np.prod(lr.shape[:2])))
        return true(network, lr, noise, bad)

    monkeypatch.setattr(background, "enlarge", counted)
    enhance_photo(read(sample[:120]))
    assert drawn == [120 * 224]
    drawn.clear()
    enhance_photo(read(sample[:120]), memory=1)
    assert sum(drawn) > 2 * 120 * 224


def test_a_seed_names_an_answer_for_what_is_not_a_face(sample: np.ndarray) -> None:
    once, again, other = (
        Background(read(sample[:64, :64]), Model.load("photo_x4"), MEMORY, seed).part(0, 0, 64, 64)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(once, again)
    assert np.abs(once - other).mean() > 1 / 255


def test_a_part_is_the_callers_to_draw_on(sample: np.ndarray, network: Model) -> None:
    kept = Background(read(sample[:64, :64]), network, MEMORY)
    before = kept.part(0, 0, 64, 64).copy()
    kept.part(8, 8, 40, 40)[...] = 0
    assert np.array_equal(kept.part(0, 0, 64, 64), before)


class Poor:
    """A network on a machine with memory for few pixels, which says so as ONNX Runtime does."""

    def __init__(self, session: Any, most: int) -> None:
        self.session, self.most, self.asked = session, most, list[int]()

    def get_inputs(self) -> Any:
        return self.session.get_inputs()

    def get_outputs(self) -> Any:
        return self.session.get_outputs()

    def run(self, names: list[str] | None, given: dict[str, np.ndarray]) -> Any:
        self.asked += [int(np.prod(value.shape[-2:])) for value in given.values()]
        if self.asked[-1] > self.most:
            raise RuntimeError("Failed to allocate memory for requested buffer of size 7")
        return self.session.run(names, given)


@pytest.mark.parametrize("memory", [1000, 20])
def test_a_network_that_finds_no_memory_is_given_halves(
    sample: np.ndarray, network: Model, memory: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = enhance_photo(read(sample), memory=memory, look=lambda _: []).rgb
    session = Poor(network.session, 150 * 150)
    monkeypatch.setattr(network, "session", session)
    made = enhance_photo(read(sample), memory=memory, look=lambda _: []).rgb
    assert max(session.asked) > session.most >= min(session.asked)
    assert np.abs(made - expected).max() < 1.01 / 255
    assert np.mean(made != expected) < 1e-3


def test_what_does_not_fit_at_all_is_said(sample: np.ndarray, network: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "session", Poor(network.session, 1))
    with pytest.raises(PhotoError, match="array: does not fit in memory"):
        enhance_photo(read(sample[:40, :40]), look=lambda _: [])


@pytest.mark.parametrize("failing", [0, 1, 5])
def test_choosing_the_passes_and_painting_go_on_with_half_the_rows(
    sample: np.ndarray, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first, second and sixth band: two stripes by which the passes are chosen, and one that is painted."""
    photo = read(sample[:128])
    expected = enhance_photo(photo, UpscaleOptions(background="bicubic"), look=lambda _: [])
    spans: list[int] = []
    true = bands.band

    def poor(
        drawn: Background, patches: tuple[Patch, ...], pair: ScaledPair, span: tuple[int, int], passes: int
    ) -> Any:
        spans.append(span[1] - span[0])
        if len(spans) - 1 == failing:
            raise MemoryError
        return true(drawn, patches, pair, span, passes)

    monkeypatch.setattr(bands, "band", poor)
    made = enhance_photo(photo, UpscaleOptions(background="bicubic"), look=lambda _: [], memory=5)
    assert spans[failing + 1] < spans[failing]
    assert np.abs(made.rgb - expected.rgb).max() < 1.01 / 255
    assert made.lr_psnr == pytest.approx(expected.lr_psnr, abs=0.01)


def test_a_network_is_given_what_the_photo_was_before_it_was_restored(sample: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    noisy = to_uint8(np.clip(to_float(sample) + 0.08 * rng.standard_normal(sample.shape), 0, 1).astype(np.float32))
    network, plain = Model.load("photo_x2_grainy"), Model.load(BACKGROUND_MODEL)

    def part(model: Model, bad: Photo | None) -> np.ndarray:
        return Background(read(sample), model, MEMORY, bad=bad).part(40, 60, 72, 92)

    assert np.abs(part(network, read(noisy)) - part(network, None)).max() > 0.01
    assert np.array_equal(part(plain, read(noisy)), part(plain, None))
