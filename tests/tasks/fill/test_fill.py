import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import enhance
from enhance.errors import PhotoError
from enhance.faces.detection import Face
from enhance.faces.geometry import FRAME_LANDMARKS
from enhance.honesty import credentials
from enhance.photos import provenance
from enhance.photos.photo import Photo, read
from enhance.photos.writing import write
from enhance.tasks.fill import copying, faces, patches
from enhance.tasks.fill.fill import fill, fill_photo
from enhance.tasks.fill.options import FillOptions
from enhance.tasks.fill.painter import Painter

pytestmark = pytest.mark.usefixtures("shipped_weights")


@pytest.fixture
def hole() -> np.ndarray:
    marked = np.zeros((90, 120), bool)
    marked[20:60, 30:100] = True
    return marked


def samples(picture: Callable[..., np.ndarray]) -> list[Photo]:
    """A photo of 8 bits, of 16, without colour, transparent, and with a profile of its own."""
    from PIL import ImageCms

    rgb = picture(90, 120)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image = Image.fromarray(rgb)
    image.info["icc_profile"] = profile.tobytes()
    alpha = np.full((90, 120), 200, np.uint8)
    deep = rgb.astype(np.uint16) * 257 + np.random.default_rng(0).integers(0, 200, rgb.shape).astype(np.uint16)
    return [read(rgb), read(np.minimum(deep, 65535)), read(rgb[..., 0]), read(np.dstack([rgb, alpha])), read(image)]


def test_one_pixel_is_invented(picture: Callable[..., np.ndarray]) -> None:
    said = fill_photo(read(picture(50, 40)), boxes=[(9, 9, 1, 1)], options=FillOptions(rest="smooth")).sentence()
    assert said == "1 pixel (0.1 %) is invented; every other pixel is as it was"


@pytest.mark.parametrize("which", range(5))
def test_every_pixel_outside_the_hole_stays_to_the_bit(
    which: int, picture: Callable[..., np.ndarray], hole: np.ndarray, tmp_path: Path
) -> None:
    photo = samples(picture)[which]
    made = fill_photo(photo, hole)
    write(made.canvas, tmp_path / "filled.png")
    after = read(tmp_path / "filled.png")
    assert after.pixels.dtype == photo.pixels.dtype
    assert (after.pixels[~hole] == photo.pixels[~hole]).all()
    assert (after.pixels[hole] != photo.pixels[hole]).mean() > 0.5
    assert after.grey == photo.grey


def test_the_public_function_takes_what_upscale_takes(
    picture: Callable[..., np.ndarray], hole: np.ndarray, tmp_path: Path
) -> None:
    rgb = picture(90, 120)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    Image.fromarray(hole).save(tmp_path / "mask.png")
    one = np.asarray(enhance.fill(tmp_path / "photo.png", tmp_path / "mask.png"))
    other = np.asarray(fill(rgb, hole, seed=0))
    assert (one == other).all()
    assert (np.asarray(fill(rgb, hole, seed=3)) != other).any()
    assert (np.asarray(fill(rgb, boxes=[(30, 20, 70, 40)])) == other).all()
    see_through = np.dstack([rgb, np.where(hole, 0, 255).astype(np.uint8)])
    assert np.asarray(fill(see_through)).shape == (90, 120, 3)


def test_what_the_hole_hid_does_not_matter(picture: Callable[..., np.ndarray], hole: np.ndarray) -> None:
    rgb = picture(90, 120)
    other = rgb.copy()
    other[hole] = 255 - other[hole]
    assert (np.asarray(fill(rgb, hole)) == np.asarray(fill(other, hole))).all()


def test_the_file_says_that_it_was_invented(
    picture: Callable[..., np.ndarray], hole: np.ndarray, tmp_path: Path
) -> None:
    made = fill_photo(read(picture(90, 120)), hole, options=FillOptions(seed=5, rest="network"))
    assert made.stamp.source_type == provenance.INVENTED
    assert made.stamp.seed == 5
    assert made.stamp.model == "photo_fill"
    assert made.stamp.faces == ((30, 20, 100, 60),)
    write(made.canvas, tmp_path / "filled.png")
    said = credentials.describe(credentials.inspect(tmp_path / "filled.png"))
    assert "photo_fill" in said
    assert "1 hole filled, in invented detail" in said
    assert "hole at 30, 20, 100, 60" in said
    assert "dB" not in said
    assert made.sentence() == "2,800 pixels (25.9 %) are invented; every other pixel is as it was"


@pytest.mark.parametrize("aligned", [False, True])
def test_a_grey_photo_stays_grey(aligned: bool, picture: Callable[..., np.ndarray]) -> None:
    rgb = picture(96, 96)
    grey = np.repeat(rgb.mean(2, keepdims=True).astype(np.uint8), 3, axis=2)
    grey[20:70, 30:80] = (255, 0, 0)  # what the hole hides does not count
    hole = np.zeros((96, 96), bool)
    hole[20:70, 30:80] = True
    options = FillOptions(aligned=aligned)
    made = fill_photo(read(grey), hole, options=options).rgb
    assert np.ptp(made, axis=2).max() < 1e-6
    assert np.ptp(fill_photo(read(rgb), hole, options=options).rgb[hole], axis=1).max() > 0.02


def test_a_face_in_its_frame_is_completed(picture: Callable[..., np.ndarray]) -> None:
    for side in (64, 90, 128, 250):
        rgb = picture(side, side)
        half = np.zeros((side, side), bool)
        half[:, side // 2 :] = True
        made = fill_photo(read(rgb), half, options=FillOptions(aligned=True))
        assert made.stamp.model == ("face_fill + photo_fill" if side > 128 else "face_fill")
        assert (np.round(made.rgb * 255)[~half] == rgb[~half]).all()
        assert len(made.faces) == 1


@pytest.mark.parametrize(
    ("rest", "name"),
    [("patches", "photo_mend"), ("network", "photo_fill"), ("smooth", "OpenCV's Navier-Stokes")],
)
def test_the_rest_is_filled_as_was_asked_and_the_file_says_how(
    rest: str, name: str, picture: Callable[..., np.ndarray], hole: np.ndarray
) -> None:
    rgb = picture(90, 120)
    made = fill_photo(read(rgb), hole, options=FillOptions(rest=rest))
    assert (np.round(made.rgb * 255)[~hole] == rgb[~hole]).all()
    assert made.stamp.model == name
    assert made.stamp.version.count("+") == name.count("+")
    assert not made.notes


def test_patches_go_on_where_a_pattern_does() -> None:
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = 255
    hole = np.zeros((96, 96), bool)
    hole[30:60, 30:60] = True
    errors = {
        rest: np.abs(np.asarray(fill(stripes, hole, rest=rest)).astype(float) - stripes)[hole].mean()
        for rest in ("patches", "smooth")
    }
    assert errors["patches"] < 6
    assert errors["smooth"] > 30


def test_patches_are_mended_by_the_network(picture: Callable[..., np.ndarray], hole: np.ndarray) -> None:
    rgb = picture(90, 120).astype(np.float32) / 255
    copied, mended = rgb.copy(), rgb.copy()
    copying.copy(copied, hole, 0)
    patches.fill_by_patches(mended, hole, 0)
    assert (mended[~hole] == rgb[~hole]).all()
    changed = np.abs(mended - copied)[hole]
    assert 0 < changed.mean() < 0.1


def test_large_photos_are_filled_small_and_refined(
    picture: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "MOST_AT_ONCE", 90 * 120 - 1)
    rgb = picture(90, 120)
    made = fill_photo(read(rgb), boxes=[(30, 20, 60, 50)])
    assert made.stamp.model == "photo_fill + photo_mend"
    assert np.abs(made.rgb * 255 - rgb).mean() < 40


def test_a_picture_too_small_for_patches_is_drawn(picture: Callable[..., np.ndarray]) -> None:
    rgb = picture(20, 40)
    one, other = (np.asarray(fill(rgb, boxes=[(8, 4, 9, 9)], rest=rest)) for rest in ("patches", "network"))
    assert (one == other).all()


def test_of_an_animation_the_first_picture_is_filled_and_the_notes_say_so(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (48, 40), colour) for colour in ("red", "green", "blue")]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:])
    made = fill_photo(read(tmp_path / "a.gif"), boxes=[(8, 4, 9, 9)], options=FillOptions(rest="smooth"))
    assert made.notes == ("only the first of 3 pictures in the file",)


def test_a_frame_that_is_not_square_or_too_large_is_refused(picture: Callable[..., np.ndarray]) -> None:
    for shape in ((90, 120), (600, 600)):
        mark = np.zeros(shape, bool)
        mark[:9, :9] = True
        with pytest.raises(PhotoError, match="square"):
            fill_photo(read(picture(*shape)), mark, options=FillOptions(aligned=True))


def test_a_seed_below_zero_is_refused(picture: Callable[..., np.ndarray], hole: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="seed"):
        fill(picture(90, 120), hole, seed=-1)


def test_a_face_that_the_hole_hides_in_part_is_drawn_in_its_frame(
    picture: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = picture(200, 300)
    hole = np.zeros((200, 300), bool)
    hole[40:160, 130:200] = True
    turn = np.array([[0.95, -0.3], [0.3, 0.95]])
    landmarks = (FRAME_LANDMARKS - 0.5) @ turn.T * 100 + (
        120 - 66,
        100,
    )  # of the part around the hole, which begins at 66
    monkeypatch.setattr(faces.detection, "detect_at", lambda *_: [Face((4, 50, 104, 150), 0.9, landmarks)])
    monkeypatch.setattr(faces.detection, "refine_landmarks", lambda _, face: face)
    with_face, without = (fill_photo(read(rgb), hole, options=FillOptions(no_faces=not on)) for on in (True, False))
    (face,) = with_face.faces
    assert face.size == 100
    assert 0.1 < face.hidden < 0.5
    assert not without.faces
    changed = (with_face.rgb != without.rgb).any(-1)
    assert not changed[~hole].any()
    x = np.flatnonzero(changed.any(0))
    assert x.min() >= 130
    assert x.max() <= 190
    far = hole.copy()
    far[:, :185] = False
    assert not changed[far].any()


def test_landmarks_that_are_seen_count_more_than_those_in_the_hole() -> None:
    true = FRAME_LANDMARKS * 100 + 20
    guessed = true.copy()
    guessed[1] += 15
    hole = np.zeros((150, 150), bool)
    hole[:, 80:] = True
    found = faces.trusted(guessed, hole)
    assert np.abs(found[[0, 3]] - true[[0, 3]]).max() < 3
    assert np.abs(found[1] - true[1]).max() < 6
    assert (faces.trusted(guessed, np.zeros((150, 150), bool)) == guessed).all()


def test_sixteen_bits_and_open_files_in_python() -> None:
    deep = np.full((40, 50, 3), 30_001, np.uint16)
    mask = io.BytesIO()
    Image.fromarray(np.pad(np.full((6, 6), 255, np.uint8), ((4, 30), (4, 40)))).save(mask, "PNG")
    mask.seek(0)
    made = enhance.fill(deep, mask)
    assert (made.dtype, made.shape) == (np.uint16, (40, 50, 3))
    assert (made[20:] == 30_001).all()


def test_only_networks_that_draw_are_loaded(
    picture: Callable[..., np.ndarray], hole: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = Painter.load
    monkeypatch.setattr(Painter, "load", staticmethod(lambda name: (loaded.append(name), load(name))[1]))
    fill_photo(read(picture(90, 120)), hole, options=FillOptions(rest="smooth"))
    assert not loaded
    fill_photo(read(picture(90, 120)), hole, options=FillOptions(rest="network"))
    assert set(loaded) == {"photo_fill"}


def test_a_hidden_half_is_much_like_the_one_that_is_seen() -> None:
    side = 128
    rng = np.random.default_rng(0)
    frame, drawn = (rng.random((side, side, 3), np.float32) for _ in range(2))
    hole = np.zeros((side, side), bool)
    hole[:, side // 2 :] = True
    mirrored = frame[:, ::-1]
    made = faces.like_other_half(drawn, frame, hole)
    deep = hole.copy()
    deep[:, : side // 2 + side // 8] = False
    expected = faces.MIRRORED * mirrored + (1 - faces.MIRRORED) * drawn
    assert np.abs(made - expected)[deep].max() < 1e-5
    assert np.abs(made - drawn)[:, side // 2].max() < 0.15  # at the edge the network knows better
    thin = np.zeros((side, side), bool)
    thin[:, -16:] = True
    little = np.abs(faces.like_other_half(drawn, frame, thin) - drawn)
    assert 0 < little.max() < 0.5  # and of a thin hole, everywhere
    hole[:, side // 4 : -side // 4] = True
    hole[:, -side // 4 :] = False
    # Both of its halves are hidden.
    assert (faces.like_other_half(drawn, frame, hole) == drawn).all()
