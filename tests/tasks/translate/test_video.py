"""Videos of an animal that walks, translated frame by frame."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from enhance.cli.translate import translate
from enhance.errors import PhotoError
from enhance.photos import movies
from enhance.tasks.translate.video import translate_video
from tests.tasks.translate.test_translate import photo_of

av = pytest.importorskip("av")
pytestmark = pytest.mark.usefixtures("networks")
FRAMES = 4


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "walk.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=12, options={"crf": "5"})
        for n in range(FRAMES):
            boxes = ((60 + n, 40, 180 + n, 120),) if n else ()
            pixels = photo_of(*boxes)[:, :300]
            if not n:
                stream.height, stream.width = pixels.shape[:2]
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]


def test_every_frame_is_translated_by_itself(clip: Path, tmp_path: Path) -> None:
    target, told = tmp_path / "zebras.mp4", []
    made = translate_video(clip, target, progress=lambda done, total: told.append((done, total)))
    assert (made.frames, made.redrawn) == (FRAMES, FRAMES - 1)
    assert "3 of 4 frames" in made.sentence()
    assert "flicker" in made.sentence()
    assert told[-1] == (FRAMES, FRAMES)
    before, after = frames(clip), frames(target)
    assert [frame.shape for frame in after] == [frame.shape for frame in before]
    changes = [float((new - old)[60:100, 90:150].mean()) for old, new in zip(before, after, strict=True)]
    assert abs(changes[0]) < 4
    assert min(changes[1:]) > 30
    assert movies.video_made_here(target)


def test_the_command_takes_videos(clip: Path) -> None:
    said = CliRunner().invoke(translate, [str(clip)], catch_exceptions=False).output
    assert said.startswith(f"{clip.with_name('walk_zebra.mp4')}: horses redrawn as zebras in 3 of 4 frames")
    assert clip.with_name("walk_zebra.mp4").is_file()


@pytest.mark.parametrize(("name", "said"), [("out.gif", "cannot write a video"), ("walk.mp4", "is the input")])
def test_what_cannot_be_written(clip: Path, name: str, said: str) -> None:
    before = clip.read_bytes()
    with pytest.raises(PhotoError, match=said):
        translate_video(clip, clip.with_name(name))
    assert clip.read_bytes() == before
    assert sorted(path.name for path in clip.parent.iterdir() if path.is_file()) == ["walk.mp4"]


def test_no_video(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(PhotoError, match="cannot be read"):
        translate_video(tmp_path / "broken.mp4", tmp_path / "out.mp4")
    with pytest.raises(PhotoError, match="no such file"):
        translate_video(tmp_path / "none.mp4", tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_a_video_without_horses_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "meadow.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=12)
        pixels = np.ascontiguousarray(photo_of()[:, :300])
        stream.height, stream.width = pixels.shape[:2]
        file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode(None))
    said = CliRunner().invoke(translate, [str(path)], catch_exceptions=False).output
    assert said == f"{path}: no horse found in 1 frame, nothing drawn (--force takes whole frames for one)\n"
    assert [left.name for left in tmp_path.glob("*.mp4")] == ["meadow.mp4"]


def test_a_file_with_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        silence.sample_rate, silence.pts = 8000, 0
        file.mux(stream.encode(silence))
        file.mux(stream.encode(None))
    with pytest.raises(PhotoError, match=r"song\.mp4: has no pictures in it"):
        translate_video(path, tmp_path / "out.mp4")
