import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import enhance
from enhance.errors import ModelError, PhotoError
from enhance.faces import crops, detection, drawing, geometry
from enhance.faces.drawing import drawing_size
from enhance.painting.background import bicubic
from enhance.painting.consistency import ScaledPair, downscale, lr_psnr
from enhance.photos.photo import read
from enhance.pixels import area_mean
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import (
    BACKGROUND_MODEL,
    BICUBIC,
    RESTORED_BACKGROUND_MODEL,
    TWICE_RESTORED_BACKGROUND_MODEL,
    UpscaleOptions,
)

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    with Image.open(SAMPLE) as image:
        return np.asarray(image.convert("RGB"))


def test_the_sample_is_enlarged_and_its_face_redrawn() -> None:
    photo = read(SAMPLE)
    result = enhance_photo(photo)
    height, width = photo.rgb.shape[:2]
    assert result.rgb.shape == (4 * height, 4 * width, 3)
    assert [face.redrawn for face in result.faces] == [True]
    assert result.lr_psnr > 50

    left, top, right, bottom = (round(4 * side) for side in result.faces[0].box)
    without = enhance_photo(photo, look=lambda _: []).rgb
    changed = np.abs(result.rgb - without).mean(-1)
    assert changed[top:bottom, left:right].mean() > 0.004
    assert np.delete(changed, slice(top - 60, bottom + 60), 0).max() < 0.004


def test_the_whole_photo_agrees_with_its_input() -> None:
    photo = read(SAMPLE)
    result = enhance_photo(photo)
    assert lr_psnr(np.round(result.rgb * 255) / 255, photo.rgb) == pytest.approx(result.lr_psnr, abs=0.1)


def test_every_kind_of_photo_gives_the_same_picture(sample: np.ndarray) -> None:
    png = Image.fromarray(sample)
    from_array = np.asarray(enhance.upscale(sample))
    assert np.array_equal(from_array, np.asarray(enhance.upscale(png)))
    assert np.array_equal(from_array, np.asarray(enhance.upscale(sample.astype(np.float32) / 255)))
    assert np.array_equal(np.asarray(enhance.upscale(SAMPLE)), np.asarray(enhance.upscale(SAMPLE.read_bytes())))


@pytest.mark.parametrize("noise", [0, 10])
def test_a_photo_without_colours_gets_none(sample: np.ndarray, noise: int) -> None:
    grey = np.asarray(Image.fromarray(sample[10:138, 40:168]).convert("L"), np.float32)
    bad = np.clip(grey + noise * np.random.default_rng(0).standard_normal(grey.shape), 0, 255).astype(np.uint8)
    result = enhance_photo(read(np.repeat(bad[..., None], 3, -1)), UpscaleOptions(scale=2))
    assert [face.redrawn for face in result.faces] == [True]
    assert np.ptp(result.rgb, axis=-1).max() == 0


def test_an_open_file_is_a_photo() -> None:
    with SAMPLE.open("rb") as file:
        opened = enhance.upscale(file, scale=1, faces="none")
    in_memory = enhance.upscale(io.BytesIO(SAMPLE.read_bytes()), scale=1, faces="none")
    assert np.array_equal(np.asarray(opened), np.asarray(in_memory))
    with pytest.raises(PhotoError, match="opened as text; open it in binary mode"):
        enhance.upscale(io.StringIO("text"))


@pytest.mark.parametrize("part", [np.s_[:60, :80], np.s_[:60, :80, 0]])
def test_sixteen_bits_in_give_sixteen_bits_out(sample: np.ndarray, part: tuple[slice, ...]) -> None:
    deep = sample[part].astype(np.uint16) * 257 + 100
    made = enhance.upscale(deep, scale=2, rest=None)
    assert made.dtype == np.uint16
    assert made.shape == (120, 160, *deep.shape[2:])
    assert (made % 257).any()


def test_details_say_what_was_done(sample: np.ndarray, tmp_path: Path) -> None:
    result = enhance.upscale(sample, details=True)
    assert np.array_equal(result.array, np.asarray(enhance.upscale(sample)))
    assert [face.redrawn for face in result.faces] == [True]
    assert result.agreement > 50
    assert 0.02 < result.invented < 0.2
    said = json.loads(json.dumps(result.facts()))
    assert said["size"] == [896, 896]
    assert said["faces"][0]["redrawn"] is True
    assert said["models"] == ["face_x4_gan", "photo_x4_pixel"]
    result.save(tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (896, 896)
    assert enhance.upscale(sample, aligned=True, force=True, details=True).invented == 1
    assert enhance.upscale(sample, faces="none", details=True).invented == 0


def test_a_result_that_would_be_too_large_is_refused_with_a_scale_that_is_not(sample: np.ndarray) -> None:
    with pytest.raises(PhotoError, match=r"would be 3,584x3,584, more than 5 megapixels; take a --scale of 9\.9"):
        enhance_photo(read(sample), UpscaleOptions(scale=16), most_pixels=5e6)
    with pytest.raises(PhotoError, match=r"more than 0\.01 megapixels; reduce it first, or allow more"):
        enhance_photo(read(sample), UpscaleOptions(scale=16), most_pixels=1e4)


@pytest.mark.parametrize(
    ("faces", "drawn"),
    [("all", [True, True]), ("none", [False, False]), ("largest", [True, False]), ("2", [False, True])],
)
def test_faces_are_chosen(sample: np.ndarray, faces: str, drawn: list[bool]) -> None:
    head = sample[:110, 40:150]
    small = np.asarray(Image.fromarray(head).resize((70, 70), Image.Resampling.LANCZOS))
    wall = np.full((120, 240, 3), head[60, 3], np.uint8)
    wall[:110, :110], wall[20:90, 150:220] = head, small
    result = enhance_photo(read(wall), UpscaleOptions(faces=faces, scale=2, background="bicubic"))
    assert [face.redrawn for face in result.faces] == drawn
    assert any("left alone, as asked" in note for note in result.notes) is not all(drawn)


def test_faces_that_cannot_be_chosen_are_said(sample: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="faces is some, but must be all, none, largest, or numbers such as 1,3"):
        enhance.upscale(sample, faces="some")
    for numbers in ((1, 3), np.array([3]), np.int64(3), 3):
        result = enhance.upscale(sample[:120], faces=numbers, scale=1, rest=None, details=True)
        assert "there is no face 3: 1 found" in result.notes


@pytest.mark.parametrize("aligned", [False, True])
def test_the_more_faithful_the_nearer_to_the_pixels(sample: np.ndarray, aligned: bool) -> None:
    """Free of consistency, or all would agree alike; and not restored, which takes it from the pixels, too."""
    face = sample[18:90, 60:136].reshape(36, 2, 38, 2, 3).mean((1, 3))
    noise = np.random.default_rng(0).normal(0, 4, face.shape)
    bad = read(np.clip(face + noise, 0, 255).round().astype(np.uint8))
    plain = UpscaleOptions(consistent=False, aligned=aligned, force=True, strength=0)
    results = [enhance_photo(bad, replace(plain, fidelity=n / 4)) for n in range(5)]
    agreements = [result.agreement for result in results]
    assert agreements == sorted(agreements)
    assert agreements[-1] > agreements[0] + 1
    invented = [result.invented for result in results]
    assert invented[0] == invented[3] > invented[4] == 0


@pytest.mark.parametrize("scale", [1.5, np.float32(2), 2.46, 3, 4, 8])
def test_any_scale_agrees_with_the_input(sample: np.ndarray, scale: float) -> None:
    photo = read(sample[:200])
    result = enhance_photo(photo, UpscaleOptions(scale=scale))
    height, width = round(200 * scale), round(sample.shape[1] * scale)
    assert result.rgb.shape == (height, width, 3)
    assert [face.redrawn for face in result.faces] == [True]
    pair = ScaledPair((200, sample.shape[1]), (height, width))
    error = pair.error(result.rgb, 0, photo.rgb, (0, 200)) / photo.pixels.size
    assert -10 * np.log10(error) > 50
    assert result.lr_psnr > 50


def test_enhancing_again_is_enhancing_sixteen_times() -> None:
    face = read(np.asarray(Image.open(SAMPLE).convert("RGB").resize((56, 56), Image.Resampling.BOX)))
    first = enhance_photo(face)
    again = enhance_photo(read(np.asarray(first.canvas.image())), UpscaleOptions(strength=0))
    assert np.abs(again.rgb - enhance_photo(face, UpscaleOptions(scale=16)).rgb).max() < 1.5 / 255


def test_a_scale_that_adds_no_pixel_is_none(sample: np.ndarray) -> None:
    result = enhance_photo(read(sample), UpscaleOptions(scale=1.001))
    assert result.canvas.width == 224
    assert [face.redrawn for face in result.faces] == [False]
    assert result.invented == 0


@pytest.mark.parametrize("scale", [0, 0.5, 17, -4, "four", None])
def test_a_scale_out_of_range_is_said(sample: np.ndarray, scale: float) -> None:
    with pytest.raises(PhotoError, match="cannot be enlarged"):
        enhance.upscale(sample, scale=scale)


def test_faces_of_a_large_photo_are_found_where_it_is_not_reduced(sample: np.ndarray) -> None:
    large = np.full((1600, 2600, 3), 120, np.uint8)
    for top, left in ((0, 0), (1190, 1190), (700, 2300)):
        large[top : top + 224, left : left + 224] = sample
    found = detection.detect(large.astype(np.float32) / 255)
    assert len(found) == 3
    (alone,) = detection.detect(sample.astype(np.float32) / 255)
    for face, (top, left) in zip(
        sorted(found, key=lambda f: f.box[0]), ((0, 0), (1190, 1190), (700, 2300)), strict=True
    ):
        assert np.abs(face.landmarks - (left, top) - alone.landmarks).max() < 4


def test_thirty_faces_small_and_large_and_leaning_are_redrawn_at_once() -> None:
    with Image.open(SAMPLE) as image:
        head = image.convert("RGB").crop((40, 0, 150, 104))
    wall = head.getpixel((3, 60))
    group = Image.new("RGB", (1500, 1000), wall)
    corners, natives = [], []
    for n in range(30):
        leaning = head.rotate((-45, 0, 30, -15, 45)[n % 5], Image.Resampling.BICUBIC, expand=True, fillcolor=wall)
        scale = 0.35 + 0.11 * (n % 10)
        small = leaning.resize([round(side * scale) for side in leaning.size], Image.Resampling.LANCZOS)
        corners.append((10 + n % 6 * 245, 5 + n // 6 * 195))
        natives.append(58 * scale)
        group.paste(small, corners[-1])
    result = enhance_photo(read(group), UpscaleOptions(background="bicubic"))
    assert all(face.redrawn for face in result.faces)
    assert result.lr_psnr > 50
    found = [
        any(left < face.box[0] < left + 200 and top - 5 < face.box[1] < top + 190 for face in result.faces)
        for left, top in corners
    ]
    # The smallest are 20 pixels across their frame and lean by 45 degrees.
    assert all(found)
    assert len(result.faces) == 30


def test_of_faces_that_overlap_the_nearer_covers_the_other(sample: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The larger face is the nearer; which of them the detector names first, or is surer of, does not matter."""
    large = detection.Face((60.0, 40.0, 110.0, 90.0), 0.8, geometry.FRAME_LANDMARKS * 60 + (55, 35))
    small = detection.Face((95.0, 60.0, 125.0, 90.0), 0.9, geometry.FRAME_LANDMARKS * 36 + (92, 57))

    def painted(network: object, given: list[crops.FaceCrop], *_: object) -> list[np.ndarray]:  # noqa: ARG001
        drawn = []
        for side in (len(crop.lr) for crop in given):
            face = np.full((4 * side, 4 * side, 3), 0.2 if side > 40 else 0.8, np.float32)
            face[::2] += 0.15
            face[1::2] -= 0.15
            drawn.append(face)
        return drawn

    monkeypatch.setattr(drawing, "draw_crops", painted)
    monkeypatch.setattr(crops, "smooth", lambda *_: np.float32(0))

    def enhanced(found: list[detection.Face]) -> np.ndarray:
        look = [(face, drawing_size(face.landmarks)) for face in found]
        return enhance_photo(
            read(sample), UpscaleOptions(background="bicubic", consistent=False), look=lambda _: look
        ).rgb

    both = enhanced([large, small])
    assert np.array_equal(both, enhanced([small, large]))
    alone = enhanced([large])
    frame = np.s_[4 * 52 : 4 * 78, 4 * 66 : 4 * 103]
    assert np.abs(alone[frame] - enhanced([])[frame]).mean() > 0.05
    assert np.abs(both[frame] - alone[frame]).max() < 1.01 / 255
    assert np.abs(both[4 * 65 : 4 * 80, 4 * 116 : 4 * 122] - alone[4 * 65 : 4 * 80, 4 * 116 : 4 * 122]).mean() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "gibibytes"), [(["--rest", "bicubic", "--memory", "128"], 2), ([], 4), (["--rest", "photo_x4"], 4)]
)
def test_24_megapixels_are_enhanced_in_little_memory(
    how: list[str], gibibytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with Image.open(SAMPLE) as image:
        image.resize((6000, 4000)).save(tmp_path / "large.jpg")
    code = (
        f"import resource, sys; sys.argv = ['enhance', 'large.jpg', '-o', 'out.jpg', *{how}]\n"
        "from enhance.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.jpg") as large:
        assert large.size == (24000, 16000)
    assert int(done.stdout.splitlines()[-1]) < gibibytes * 1024**2


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(PhotoError, match="seed is -1, but must be a whole number from 0 on"):
        enhance_photo(read(np.full((8, 8, 3), 90, np.uint8)), UpscaleOptions(seed=-1))


def test_no_face_is_bicubic_and_says_so() -> None:
    wall = np.random.default_rng(0).uniform(0.4, 0.6, (40, 50, 3)).astype(np.float32)
    result = enhance_photo(read(wall), UpscaleOptions(strength=0))  # else noise is taken out
    assert result.faces == ()
    assert any("no face" in note for note in result.notes)
    assert np.abs(result.rgb - bicubic(wall, 4)).mean() < 0.03


def test_aligned_draws_a_face_from_anything() -> None:
    logo = Path(__file__).parents[3] / "samples" / "logo.png"
    photo = read(logo)
    result = enhance_photo(photo, UpscaleOptions(aligned=True, force=True))
    assert result.rgb.shape[:2] == tuple(4 * side for side in photo.rgb.shape[:2])
    assert len(result.faces) == 1
    assert np.abs(result.rgb - bicubic(photo.rgb, 4)).mean() > 0.01


def test_a_large_sharp_face_is_left_as_it_is_and_a_large_blurred_one_drawn_from_the_size_of_its_detail(
    sample: np.ndarray,
) -> None:
    sharp = np.asarray(enhance.upscale(sample))
    left = enhance_photo(read(sharp), UpscaleOptions(scale=1))
    assert [face.redrawn for face in left.faces] == [False]
    assert any("too large" in note for note in left.notes)
    blurred = np.asarray(Image.fromarray(sample).resize((sample.shape[1] * 4, sample.shape[0] * 4)))
    drawn = enhance_photo(read(blurred), UpscaleOptions(scale=1))
    assert [face.reduced for face in drawn.faces] == [True]
    assert drawn.faces[0].size < 96
    left, top, right, bottom = (round(edge) for edge in drawn.faces[0].box)
    crisp = [np.abs(np.diff(rgb[top:bottom, left:right], axis=0)).mean() for rgb in (read(blurred).rgb, drawn.rgb)]
    assert crisp[1] > 1.02 * crisp[0]


def test_a_photo_at_its_own_size_is_restored_and_no_more(sample: np.ndarray) -> None:
    clean = enhance_photo(read(sample), UpscaleOptions(scale=1))
    assert [face.redrawn for face in clean.faces] == [False]
    assert np.abs(clean.rgb - read(sample).rgb).max() < 2 / 255
    noise = np.random.default_rng(0).normal(0, 15, sample.shape)
    bad = read(np.clip(sample + noise, 0, 255).astype(np.uint8))
    restored = enhance_photo(bad, UpscaleOptions(scale=1))
    errors = [np.square(rgb - read(sample).rgb).mean() for rgb in (bad.rgb, restored.rgb)]
    assert errors[1] < 0.7 * errors[0]
    untouched = enhance_photo(bad, UpscaleOptions(scale=1, strength=0, model="face_x4_gan", consistent=True))
    assert np.abs(untouched.rgb - bad.rgb).max() < 2 / 255


def test_an_unknown_model_is_said(sample: np.ndarray) -> None:
    with pytest.raises(ModelError, match="no model is called"):
        enhance.upscale(sample, model="nonsense")


def test_seeds_give_different_faces_for_the_same_pixels(sample: np.ndarray) -> None:
    first, second = (np.asarray(enhance.upscale(sample, seed=seed), np.float64) / 255 for seed in (0, 1))
    assert not np.array_equal(first, second)
    assert lr_psnr(second, downscale(first)) > 45


def test_blurred_faces_are_drawn_by_the_network_that_mends_and_still_agree_with_the_photo() -> None:
    with Image.open(SAMPLE) as image:
        sharp = image.reduce(2)
    blurred = sharp.filter(ImageFilter.GaussianBlur(0.7))
    results = [enhance_photo(read(photo)) for photo in (sharp, blurred)]
    assert [result.model and result.model.facts.name for result in results] == ["face_x4_gan", "face_x4_grainy"]
    assert any("blurred" in note for note in results[1].notes)
    assert min(result.lr_psnr for result in results) >= 50
    plain = enhance_photo(read(blurred), UpscaleOptions(model="face_x4_gan"))
    crisp = [np.abs(np.diff(result.faces[0].upright(), axis=0)).mean() for result in (plain, results[1])]
    assert crisp[1] > 1.2 * crisp[0]
    assert enhance.lineup(blurred, 2).restored
    assert enhance.lineup(blurred, 2, model="face_x4_gan").model == "face_x4_gan"


def test_the_function_stays_a_function_after_its_module_is_imported() -> None:
    code = (
        "import enhance, enhance.tasks.upscale.enhance; assert callable(enhance.upscale); print(len(enhance.models()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2


def test_enhancing_imports_no_torch() -> None:
    code = (
        f"import enhance, sys; enhance.upscale({str(SAMPLE)!r}); print({{'torch', 'cv2', 'onnx'}} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_network_for_anything_is_nearer_to_the_truth_than_bicubic(sample: np.ndarray) -> None:
    original = sample.astype(np.float32) / 255
    lr = read(np.round(downscale(original) * 255).astype(np.uint8))
    errors = [
        np.mean((enhance_photo(lr, UpscaleOptions(background=rest), look=lambda _: []).rgb - original) ** 2)
        for rest in (BACKGROUND_MODEL, BICUBIC)
    ]
    assert 10 * np.log10(errors[1] / errors[0]) > 0.5


def test_textures_of_a_grainy_photo_are_advised_against(sample: np.ndarray) -> None:
    grain = np.random.default_rng(0).normal(0, 25, (64, 64, 3))
    bad = read(np.clip(sample[:64, :64] + grain, 0, 255).astype(np.uint8))
    notes = enhance_photo(bad, UpscaleOptions(background="photo_x4"), look=lambda _: []).notes
    assert "photo_x4 takes grain and blocks for texture: photo_x4_pixel suits this photo better" in notes


def test_what_was_lost_is_drawn_and_the_more_the_worse_a_photo_is(sample: np.ndarray) -> None:
    part, flat = sample[:128, :128], np.full((128, 128, 3), 90, np.uint8)
    noise = np.random.default_rng(0).normal(0, 12, part.shape)
    photos = flat, part, np.clip(part + noise, 0, 255).astype(np.uint8)
    clean, fair, bad = (enhance_photo(read(photo), UpscaleOptions(), look=lambda _: []) for photo in photos)
    drawn_by = [[one.facts.name for one in (each.background, *each.details) if one] for each in (clean, fair, bad)]
    usual, grainy = BACKGROUND_MODEL, RESTORED_BACKGROUND_MODEL
    assert drawn_by == [[usual], [usual, grainy], [grainy]]
    assert [each.invented for each in (clean, fair, bad)] == [0, 1, 1]
    assert f"{grainy} draws textures: what is not a face is invented detail too" in fair.notes
    assert not [note for note in bad.notes if "suits this photo better" in note]


def test_detail_is_drawn_by_the_network_of_the_scale_or_by_those_on_both_sides_of_it(sample: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 12, (64, 64, 3))
    bad = read(np.clip(sample[:64, :64] + noise, 0, 255).astype(np.uint8))
    two, four = TWICE_RESTORED_BACKGROUND_MODEL, RESTORED_BACKGROUND_MODEL
    for scale, names in (
        (1, []),
        (1.1, [BACKGROUND_MODEL, two]),
        (2, [BACKGROUND_MODEL, two]),
        (3, [BACKGROUND_MODEL, two, four]),
        (4, [four]),
        (6, [four]),
    ):
        result = enhance_photo(bad, UpscaleOptions(scale=scale), look=lambda _: [])
        assert [model.facts.name for model in (result.background, *result.details) if model] == names
        assert result.invented == (1 if names else 0)
        assert (result.inventive.facts.name if result.inventive else None) == (names[-1] if names else None)
    assert enhance_photo(bad, UpscaleOptions(fidelity=1), look=lambda _: []).invented == 0


def test_faces_are_pasted_at_the_size_at_which_the_rest_is_drawn(sample: np.ndarray) -> None:
    """The network of faces draws four times larger, one of the rest twice; nothing shows but the drawn face."""
    bad = read(np.clip(sample + np.random.default_rng(0).normal(0, 14, sample.shape), 0, 255).astype(np.uint8))
    two, four = (enhance_photo(bad, UpscaleOptions(scale=scale)) for scale in (2, 4))
    assert [model.facts.scale for model in (two.background, *two.details, two.model) if model] == [4, 2, 4]
    assert two.canvas.width == 2 * bad.width
    left, top, right, bottom = (2 * round(edge) for edge in two.faces[0].box)
    face = area_mean(four.rgb, 2)[top:bottom, left:right]
    assert np.abs(two.rgb[top:bottom, left:right] - face).mean() < 3 / 255


def test_an_aligned_face_drawn_twice_says_that_the_second_time_textures_were_invented() -> None:
    face = read(np.asarray(Image.open(SAMPLE).convert("RGB").resize((32, 32), Image.Resampling.BOX)))
    result = enhance_photo(face, UpscaleOptions(scale=5, aligned=True, force=True, background="photo_x4"))
    assert result.background is not None
    assert [note for note in result.notes if "photo_x4 draws textures" in note]


def test_a_grainy_photo_gets_the_network_that_mends_unless_all_of_it_is_to_be_kept(sample: np.ndarray) -> None:
    grain = np.random.default_rng(0).normal(0, 25, sample.shape)
    bad = read(np.clip(sample + grain, 0, 255).astype(np.uint8))
    mended, kept, asked = (
        enhance_photo(bad, UpscaleOptions(consistent=consistent, model=model))
        for consistent, model in ((None, None), (True, None), (None, "face_x4_pixel"))
    )
    drawn_by = [result.model.facts.name for result in (mended, kept, asked) if result.model]
    assert drawn_by == ["face_x4_grainy", "face_x4_gan", "face_x4_pixel"]
    assert mended.stamp is not None
    assert mended.stamp.model == "face_x4_grainy + photo_x4_grainy + photo_restore"
    assert any("grainy" in note for note in mended.notes)
    left, top, right, bottom = (round(4 * edge) for edge in mended.faces[0].box)
    rough = [np.abs(np.diff(result.rgb[top:bottom, left:right], axis=1)).mean() for result in (mended, kept)]
    assert rough[0] < 0.7 * rough[1]


@pytest.mark.parametrize("doubted", [False, True])
def test_what_the_detector_doubts_and_the_gate_denies_is_not_told(
    monkeypatch: pytest.MonkeyPatch, doubted: bool
) -> None:
    flag = detection.Face((10.0, 100.0, 40.0, 130.0), 0.9, geometry.FRAME_LANDMARKS * 32 + (10, 100), doubted)
    monkeypatch.setattr(detection, "detect", lambda _: [flag])
    result = enhance_photo(read(SAMPLE))
    assert len(result.faces) == (0 if doubted else 1)
    told = "no face found" if doubted else "1 of 1 face left alone: not a face on a second look"
    assert any(told in note for note in result.notes)
