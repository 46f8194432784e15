"""Videos of a face that drifts: drawn, followed, resumed, and with their sound."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from enhance.errors import EnhanceError, PhotoError
from enhance.faces.tracking import Tracker
from enhance.painting.background import bicubic
from enhance.photos import movies, photo
from enhance.tasks.upscale import video
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from enhance.tasks.upscale.video import enhance_video

av = pytest.importorskip("av")

SAMPLE = Path(__file__).parents[3] / "samples" / "astronaut.jpg"
FRAMES, SIDE = 9, 96


def drift() -> Iterator[np.ndarray]:
    """The sample's face, moving by a third of a pixel a frame."""
    with Image.open(SAMPLE) as image:
        whole = image.convert("RGB")
    for n in range(FRAMES):
        box = (50 + n / 3, 5, 50 + n / 3 + SIDE, 5 + SIDE)
        yield np.asarray(whole.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return filmed(tmp_path / "clip.mp4", drift())


def filmed(path: Path, frames: Iterable[np.ndarray]) -> Path:
    """Nine frames at 12 a second and as much of a tone."""
    with av.open(str(path), "w") as file:
        pictures = file.add_stream("libx264", rate=12, options={"crf": "10"})
        pictures.width = pictures.height = SIDE
        sound = file.add_stream("aac", rate=48000)
        for rgb in frames:
            file.mux(pictures.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        tone = np.sin(np.arange(48000 * FRAMES // 12) / 20).astype(np.float32)[None] / 2
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.rate = 48000
        file.mux(sound.encode(frame))
        file.mux(pictures.encode(None))
        file.mux(sound.encode(None))
    return path


def frames_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        read = movies.colour_converter("rgb24")
        return np.stack([read(frame).to_ndarray() for frame in file.decode(video=0)]).astype(np.float32)


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def test_every_frame_is_larger_and_the_sound_is_the_same(clip: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made = tmp_path / "large.mp4"
    assert enhance_video(clip, made, progress=lambda done, total: told.append((done, total))).frames == FRAMES
    assert told[-1] == (FRAMES, FRAMES)
    small, large = frames_of(clip), frames_of(made)
    assert large.shape == (FRAMES, 4 * SIDE, 4 * SIDE, 3)
    again = large.reshape(FRAMES, SIDE, 4, SIDE, 4, 3).mean((2, 4))
    assert np.abs(again - small).mean() < 2
    assert np.abs(again.mean((0, 1, 2)) - small.mean((0, 1, 2))).max() < 0.5
    assert sound_of(made) == sound_of(clip)
    assert (movies.video_made_here(clip), movies.video_made_here(made)) == (False, True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_all_frames_of_a_video_are_drawn_alike_by_what_suits_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kinds = {
        "sharp": list(drift()),
        "blurred": [np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(1.2))) for rgb in drift()],
        "grainy": [np.clip(rgb + rng.normal(0, 16, rgb.shape), 0, 255).astype(np.uint8) for rgb in drift()],
    }
    plans = {kind: video.plan_video(filmed(tmp_path / f"{kind}.mp4", frames)) for kind, frames in kinds.items()}
    told = {kind: (one.model.facts.name, one.consistent) for kind, one in plans.items()}
    assert told == {
        "sharp": ("face_x4_gan", True),
        "blurred": ("face_x4_grainy", False),
        "grainy": ("face_x4_grainy", False),
    }
    assert [len(one.notes) for one in plans.values()] == [0, 1, 1]
    asked = video.plan_video(tmp_path / "grainy.mp4", UpscaleOptions(model="face_x4_pixel", consistent=True))
    assert (asked.model.facts.name, asked.consistent, asked.notes) == ("face_x4_pixel", True, ())


def test_what_does_not_apply_to_a_video_is_not_passed_over(clip: Path) -> None:
    command = [sys.executable, "-m", "enhance.cli", str(clip), "--width", "200"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "clip.mp4: is a video" in done.stderr
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_the_command_line_takes_a_video(clip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "enhance.cli", str(clip), "--scale", "2", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "9 frames (detail in redrawn faces is invented)" in done.stdout
    assert frames_of(tmp_path / "out" / "clip_x2.mp4").shape == (FRAMES, 2 * SIDE, 2 * SIDE, 3)


def test_a_killed_run_goes_on_behind_its_last_whole_part(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "PART", 3)
    enhance_video(clip, tmp_path / "whole.mp4")

    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:  # noqa: ARG001
        if done == 8:
            raise Killed

    with pytest.raises(Killed):
        enhance_video(clip, tmp_path / "halves.mp4", progress=kill)
    assert not (tmp_path / "halves.mp4").exists()
    told: list[int] = []
    enhance_video(clip, tmp_path / "halves.mp4", progress=lambda done, _: told.append(done))
    assert told == [7, 8, 9]
    assert np.array_equal(frames_of(tmp_path / "halves.mp4"), frames_of(tmp_path / "whole.mp4"))


def test_a_drifting_face_flickers_hardly_more_than_bicubic() -> None:
    """What moves in place, beyond what bicubic moves, as a part of the detail that was drawn."""
    tracker = Tracker()
    drawn, plain = [], []
    for pixels in drift():
        source = photo.read(pixels)
        drawn.append(enhance_photo(source, look=tracker).rgb)
        plain.append(bicubic(source.rgb, 4))
    middle = np.s_[:, 120:260, 100:260]
    steps = [np.abs(np.diff(np.stack(made)[middle], axis=0)).mean() for made in (drawn, plain)]
    assert steps[0] < 1.6 * steps[1]


def test_what_is_no_video_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.mp4").write_text("not a video")
    with pytest.raises(PhotoError, match=r"notes\.mp4.*cannot be read"):
        enhance_video(tmp_path / "notes.mp4", tmp_path / "out.mp4")
    with pytest.raises(PhotoError, match=r"none\.mp4.*no such file"):
        enhance_video(tmp_path / "none.mp4", tmp_path / "out.mp4")
    with pytest.raises(PhotoError, match=r"out\.gif.*\.mp4"):
        enhance_video(tmp_path / "notes.mp4", tmp_path / "out.gif")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(EnhanceError, match=r"enhance\[video\]"):
        enhance_video(tmp_path / "notes.mp4", tmp_path / "out.mp4")


def test_a_grainy_video_is_restored_alike_throughout_and_flickers_less(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    still = next(drift())
    grainy = [np.clip(still + rng.normal(0, 12, still.shape), 0, 255).astype(np.uint8) for _ in range(FRAMES)]
    clip = filmed(tmp_path / "grainy.mp4", grainy)
    plan = video.plan_video(clip)
    assert plan.defects is not None
    assert plan.defects.noise > 4
    film = enhance_video(clip, tmp_path / "large.mp4", UpscaleOptions(scale=1))
    assert film.plan.defects == plan.defects
    given, made = frames_of(clip), frames_of(tmp_path / "large.mp4")
    steps = [np.abs(np.diff(frames, axis=0)).mean() for frames in (given, made)]
    assert steps[1] < 0.6 * steps[0]
    errors = [np.square(frames - still).mean() for frames in (given, made)]
    assert errors[1] < errors[0]


def test_a_video_held_to_its_pixels_or_without_strength_is_not_restored(clip: Path) -> None:
    assert video.plan_video(clip, UpscaleOptions(strength=0)).defects is None
    assert video.plan_video(clip, UpscaleOptions(consistent=True)).defects is None


def test_faces_of_a_video_have_no_numbers(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"clip\.mp4: is a video.*--faces all or none"):
        enhance_video(clip, tmp_path / "out.mp4", UpscaleOptions(faces="largest"))
