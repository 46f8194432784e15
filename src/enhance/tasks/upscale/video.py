"""Videos: every frame enhanced as a photo is, with faces followed from frame to frame so that they do not flicker.

The pictures are written in parts of PART frames beside the target; a run that was killed goes on behind its last whole
part. In the end the parts are joined without encoding them again, and the sound is copied as it was.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError, PhotoError
from enhance.faces import crops
from enhance.faces.tracking import Tracker
from enhance.files import replacing
from enhance.inference.model import Model
from enhance.painting import consistency
from enhance.photos import photo
from enhance.tasks.upscale.enhance import enhance_photo, find, network_for, unheld
from enhance.tasks.upscale.options import BACKGROUND_MODEL

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.stream import VideoStream

Array = NDArray[np.float32]

SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"}
WRITTEN = {".mp4", ".m4v", ".mov", ".mkv"}
PART = 240
QUALITY = {"crf": "17", "preset": "medium", "bf": "0"}
"""No frame is told by a later one: so every part stands by itself, and its times need no mending."""

LOOKS = 5
"""Frames, spread over a video, by which it is judged."""


class Suited(NamedTuple):
    """What all frames of a video are drawn with, whether they are held to every pixel of their input, and why."""

    network: Model
    consistent: bool
    notes: tuple[str, ...]


class Film(NamedTuple):
    """What was made of a video: the number of its frames, and how they were made."""

    frames: int
    suited: Suited


def enhance_video(
    path: Path,
    target: Path,
    *,
    scale: float = 4,
    model: str | Model | None = None,
    consistent: bool | None = None,
    seed: int = 0,
    rest: str | None = BACKGROUND_MODEL,
    progress: Callable[[int, int], object] = max,
) -> Film:
    """Enlarges a video and redraws the faces in it.

    Args:
        path: any file that FFmpeg reads.
        target: .mp4, .m4v, .mov or .mkv. While it is made, `.<name>.parts` lies beside it; calling again goes on there.
        scale, seed, rest: as for `enhance.enhance_photo`.
        model, consistent: so too, but what is None is chosen once, for all frames.
        progress: is told how many frames are done, of about how many.

    Raises:
        PhotoError: it cannot be read or written, or has no pictures.
        EnhanceError: PyAV is missing.
    """
    av = _av()
    if target.suffix.lower() not in WRITTEN:
        raise PhotoError(
            f"{target}: cannot write a video ending {target.suffix}; use one of {', '.join(sorted(WRITTEN))}"
        )
    if not path.is_file():
        raise PhotoError(f"{path}: no such file")
    if not target.parent.is_dir():
        raise PhotoError(f"{target}: there is no folder {target.parent}; make it first")
    parts = target.with_name(f".{target.name}.parts")
    try:
        suits = suited(path, model, consistent)
        facts = suits.network.facts
        how = {"scale": scale, "seed": seed, "rest": rest}
        _begin(parts, path, f"{how} {facts.name} {facts.extra.get('commit')} {suits.consistent}")
        with av.open(str(path)) as source:
            if not source.streams.video:
                raise PhotoError(f"{path}: has no pictures in it")
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            total = stream.frames or int((source.duration or 0) / 1e6 * float(stream.average_rate or 25))
            frames, read = source.decode(stream), colours("rgb24")
            done, tracker = 0, Tracker()
            for number in range(10**6):
                part, state = parts / f"{number:06d}.nut", parts / f"{number:06d}.json"
                if part.exists():
                    # Decoding is a hundredth of the work; seeking would land on some other frame in half of all files.
                    done += sum(1 for _ in islice(frames, PART))
                    tracker = Tracker.from_json(state.read_text())
                    continue
                drawn = (
                    enhanced(frame, upright(frame, read(frame), path), suits, look=tracker, **how)
                    for frame in islice(frames, PART)
                )
                first = next(drawn, None)
                if first is None:
                    break
                with replacing(part, suffix=part.suffix) as partial:
                    count = 0
                    for count in _encode(first, drawn, partial, stream):
                        progress(done + count, max(total, done + count))
                    state.write_text(tracker.to_json())
                done += count
        if not done:
            raise PhotoError(f"{path}: has no pictures that can be decoded")
        _join(parts, path, target)
    except av.error.FFmpegError as error:
        raise PhotoError(f"{path}: cannot be read or enhanced as a video ({error.strerror})") from error
    except OSError as error:
        raise PhotoError(f"{target}: cannot be written ({error.strerror or error})") from error
    shutil.rmtree(parts)
    return Film(done, suits)


def suited(path: Path, model: str | Model | None = None, consistent: bool | None = None) -> Suited:
    """What suits a video, by some frames of it; frames that chose for themselves would differ from one another.

    Args:
        model, consistent: what is asked for; None for what suits.
    """
    flaws, cuts = [], []
    for frame in glimpses(path) if model is None or consistent is None else ():
        flaws.append(consistency.flaw(frame.rgb))
        for face, size in find(frame.rgb) if model is None else ():
            if size:
                cuts.append(crops.crop_face(frame.rgb, face.landmarks, size))
    said = [flaw for flaw in flaws if flaw]
    flawed = 2 * len(said) > len(flaws)
    held = not flawed if consistent is None else consistent
    network, why = network_for(model, cuts, mends=flawed and not held)
    notes = [unheld(said[0])] if flawed and not held else []
    return Suited(network, held, (*notes, *([why] if why else ())))


def glimpses(path: Path) -> Iterator[photo.Photo]:
    """Up to LOOKS frames, spread over a video."""
    import av

    read = colours("rgb24")
    with av.open(str(path)) as source:
        for stream in source.streams.video[:1]:
            for n in range(LOOKS):
                source.seek(int((source.duration or 0) * n / LOOKS))
                for frame in islice(source.decode(stream), 1):
                    yield upright(frame, read(frame), path)
                if not source.duration:
                    return


def upright(frame: VideoFrame, rgb: VideoFrame, path: Path) -> photo.Photo:
    """A frame, given as decoded and as RGB, as a photo."""
    turned = np.rot90(rgb.to_ndarray(), round(frame.rotation / 90) % 4)
    return replace(photo.read(np.ascontiguousarray(turned)), name=str(path))


def enhanced(frame: VideoFrame, source: photo.Photo, suits: Suited, **how: Any) -> VideoFrame:
    """A frame, given as decoded and as a photo, larger, at the same time.

    Args:
        how: the other arguments of `enhance.enhance_photo`.
    """
    import av

    result = enhance_photo(source, model=suits.network, consistent=suits.consistent, **how)
    pixels = np.asarray(result.canvas.image())
    # The encoder halves the colour planes: it takes even sizes only.
    even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
    made = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
    made.pts, made.time_base = frame.pts, frame.time_base
    return made


def colours(form: str, out: str = "") -> Callable[[VideoFrame], VideoFrame]:
    """A converter of frames from one colour format to another, rounding to the nearest.

    FFmpeg's fast way, which is also PyAV's, truncates: a picture that goes through it and back is darker by a level.

    Args:
        form: FFmpeg's name of the format.
        out: the matrix and range that it is to have, as FFmpeg's `scale` filter takes them.
    """
    import av

    graphs: dict[tuple[int, int, str], Any] = {}

    def convert(frame: VideoFrame) -> VideoFrame:
        shape = frame.width, frame.height, frame.format.name
        if shape not in graphs:
            graph = graphs[shape] = av.filter.Graph()
            first = graph.add_buffer(width=shape[0], height=shape[1], format=frame.format, time_base=Fraction(1, 1000))
            scale = graph.add("scale", f"{out}flags=accurate_rnd+full_chroma_int+bilinear")
            graph.link_nodes(first, scale, graph.add("format", form), graph.add("buffersink")).configure()
        graphs[shape].push(frame)
        made = graphs[shape].pull()
        made.pts, made.time_base = frame.pts, frame.time_base
        return made

    return convert


def _encode(first: VideoFrame, others: Iterator[VideoFrame], path: Path, source: VideoStream) -> Iterator[int]:
    """Writes frames to a file as they come; yields how many there are."""
    import av

    with av.open(str(path), "w") as file:
        rate = source.average_rate or Fraction(25)
        stream: Any = file.add_stream("libx264", rate=rate, options=QUALITY)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = source.time_base
        # BT.709, limited range: what every player assumes of a picture of this size, and now also what the file says.
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
        convert = colours("yuv420p", "out_color_matrix=bt709:out_range=tv:")
        for count, frame in enumerate(chain([first], others), 1):
            file.mux(stream.encode(convert(frame)))
            yield count
        file.mux(stream.encode(None))


def _join(parts: Path, path: Path, target: Path) -> None:
    """The parts one after another, with the sound of the original, as one file."""
    import av

    made = sorted(parts.glob("[0-9]*[0-9].nut"))
    with (
        replacing(target, suffix=target.suffix) as part,
        av.open(str(part), "w") as file,
        av.open(str(path)) as original,
        av.open(str(made[0])) as head,
    ):
        pictures = file.add_stream_from_template(head.streams.video[0])
        sounds = {}
        for stream in original.streams.audio:
            sounds[stream.index] = file.add_stream_from_template(stream)
        file.metadata.update(original.metadata)
        heard: Any = original.demux(original.streams.audio) if sounds else ()
        waiting = (packet for packet in heard if packet.dts is not None)
        sound = next(waiting, None)
        for one in made:
            with av.open(str(one)) as source:
                for packet in source.demux(video=0):
                    if packet.pts is None or packet.time_base is None:
                        continue
                    packet.dts = packet.pts
                    # In step with the pictures, or a player would read the whole file before it hears anything.
                    while sound is not None and sound.dts * sound.time_base <= packet.pts * packet.time_base:
                        sound.stream = sounds[sound.stream.index]
                        file.mux(sound)
                        sound = next(waiting, None)
                    packet.stream = pictures
                    file.mux(packet)
        while sound is not None:
            sound.stream = sounds[sound.stream.index]
            file.mux(sound)
            sound = next(waiting, None)


def _begin(parts: Path, path: Path, settings: str) -> None:
    """Keeps the parts of an earlier run only where they are of the same video and settings."""
    stat = path.stat()
    name = hashlib.sha256(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns} {settings}".encode()).hexdigest()
    key = parts / "of"
    if parts.exists() and not (key.exists() and key.read_text() == name):
        shutil.rmtree(parts)
    try:
        parts.mkdir(exist_ok=True)
        key.write_text(name)
    except OSError as error:
        raise PhotoError(f"{parts}: cannot be written ({error.strerror}); name another target with -o") from error


def _av() -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise EnhanceError("videos need the package av: pip install 'enhance[video]'") from error
    return av
