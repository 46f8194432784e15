import errno
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import EnhanceError, PhotoError
from enhance.photos import movies
from enhance.photos.canvas import Canvas
from enhance.photos.photo import read

av = pytest.importorskip("av")


def frame(rgb: np.ndarray) -> "av.VideoFrame":
    made = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    made.pts, made.time_base = 0, movies.Fraction(1, 12)
    return made


def gradient(side: int = 64) -> np.ndarray:
    y, x = np.mgrid[:side, :side] * 255 // side
    return np.stack([x, y, 255 - x], -1).astype(np.uint8)


def film(path: Path, count: int) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=12, options={"crf": "5"})
        stream.width = stream.height = 64
        for n in range(count):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(gradient(), n, 1), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def test_colours_do_not_drift_on_the_way_there_and_back() -> None:
    there = movies.colour_converter("yuv444p", "out_color_matrix=bt709:out_range=tv:")
    back = movies.colour_converter("rgb24")
    made = back(there(frame(gradient()))).to_ndarray().astype(int)
    assert abs((made - gradient()).mean()) < 0.2


def test_a_frame_becomes_a_photo_and_a_canvas_a_frame_at_the_same_time() -> None:
    source = frame(gradient())
    source.pts = 7
    photo = movies.to_photo(source, movies.colour_converter("rgb24"), Path("clip.mp4"))
    assert photo.name == "clip.mp4"
    assert np.array_equal(photo.pixels, gradient())
    canvas = Canvas(read(gradient()), 67, 65)
    canvas.put(0, 0, np.full((65, 67, 3), 0.5, np.float32))
    made = movies.to_frame(canvas, source)
    assert (made.width, made.height, made.pts, made.time_base) == (66, 64, 7, source.time_base)


def test_frames_are_sampled_all_over_a_video(tmp_path: Path) -> None:
    photos = list(movies.sample_frames(film(tmp_path / "clip.mp4", 24), 3))
    assert [(photo.width, photo.height) for photo in photos] == [(64, 64)] * 3


def test_parts_are_encoded_and_joined_with_their_times(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", 6)
    parts = [tmp_path / f"{n}.nut" for n in range(2)]
    with av.open(str(path)) as source:
        stream = source.streams.video[0]
        frames = list(source.decode(stream))
        for n, part in enumerate(parts):
            own = iter(frames[3 * n : 3 * n + 3])
            assert list(movies.encode_video(next(own), own, part, stream)) == [1, 2, 3]
    movies.join(parts, path, tmp_path / "joined.mp4")
    with av.open(str(tmp_path / "joined.mp4")) as file:
        times = [float(one.pts * one.time_base) for one in file.decode(video=0)]
    assert times == pytest.approx([n / 12 for n in range(6)], abs=1e-3)
    assert not list(tmp_path.glob(".*part*"))


def test_a_full_disk_is_told_of_the_target_and_damage_of_the_video(tmp_path: Path) -> None:
    clip, target = film(tmp_path / "clip.mp4", 1), tmp_path / "out.mp4"
    for number, words in (
        (errno.ENOSPC, r"out\.mp4: cannot be written \(.*; name a file elsewhere"),
        (errno.EINVAL, r"clip\.mp4: cannot be read or drawn as a video"),
    ):
        with pytest.raises(PhotoError, match=words), movies.drawing(clip, target):
            av.error.err_check(-number)


def test_without_its_package_a_video_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(EnhanceError, match=r"pip install 'enhance\[video\]'"):
        movies.import_av()
