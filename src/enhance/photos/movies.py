"""Videos as frames: decoded, converted between colour formats, encoded, and joined with their sound."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from enhance.errors import EnhanceError, PhotoError
from enhance.files import replacing
from enhance.photos.canvas import Canvas
from enhance.photos.photo import Photo, read

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

VIDEO_SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"}
WRITTEN = {".mp4", ".m4v", ".mov", ".mkv"}
"""Endings of videos that are read, and of those that are written."""
SAID = "enlarged by enhance, with detail in faces that is invented"
REDRAWN = "redrawn by enhance, with patterns that are invented"
"""In the comment of a video that was made here."""
NO_VIDEO = "cannot be read or drawn as a video"
NO_PICTURES = "has no pictures that can be decoded"
_OF_THE_DISK = (errno.ENOSPC, errno.EROFS)
"""Errors of a decoder or encoder that say nothing of the video."""
_QUALITY = {"crf": "17", "preset": "medium", "bf": "0"}
"""No frame is told by a later one: so every part stands by itself, and its times need no repair."""


def import_av() -> Any:
    """Import PyAV, which is large and optional.

    Raises:
        EnhanceError: it is missing.
    """
    try:
        import av
    except ModuleNotFoundError as error:
        raise EnhanceError("videos need the package av: pip install 'enhance[video]'") from error
    return av


def sample_frames(path: Path, count: int) -> Iterator[Photo]:
    """Up to so many frames, spread over a video."""
    av, to_rgb = import_av(), colour_converter("rgb24")
    with av.open(str(path)) as source:
        for stream in source.streams.video[:1]:
            for n in range(count):
                source.seek(int((source.duration or 0) * n / count))
                for frame in islice(source.decode(stream), 1):
                    yield to_photo(frame, to_rgb, path)
                if not source.duration:
                    return


def picture_stream(source: InputContainer, path: Path) -> tuple[VideoStream, int]:
    """The pictures of an open video, which several threads decode, and about how many they are.

    Raises:
        PhotoError: there are none.
    """
    if not source.streams.video:
        raise PhotoError(f"{path}: has no pictures in it")
    stream = source.streams.video[0]
    stream.thread_type = "AUTO"
    return stream, stream.frames or int((source.duration or 0) / 1e6 * float(stream.average_rate or 25))


def to_photo(frame: VideoFrame, to_rgb: Callable[[VideoFrame], VideoFrame], path: Path) -> Photo:
    """A decoded frame as an upright photo, which is called as its video is.

    Args:
        to_rgb: `colour_converter("rgb24")`.
    """
    turned = np.rot90(to_rgb(frame).to_ndarray(), round(frame.rotation / 90) % 4)
    return replace(read(np.ascontiguousarray(turned)), name=str(path))


def to_frame(canvas: Canvas, source: VideoFrame) -> VideoFrame:
    """What was painted as a frame at the time of its source; of an odd side the last pixel is left out."""
    av = import_av()
    pixels = np.asarray(canvas.image())
    # The encoder halves the colour planes: it takes even sizes only.
    even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
    result = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
    result.pts, result.time_base = source.pts, source.time_base
    return result


def colour_converter(form: str, out: str = "") -> Callable[[VideoFrame], VideoFrame]:
    """A converter of frames from one colour format to another, rounding to the nearest.

    FFmpeg's fast way, which is also PyAV's, truncates: a picture that goes through it and back is darker by a level.

    Args:
        form: FFmpeg's name of the format.
        out: the matrix and range that it is to have, as FFmpeg's `scale` filter takes them.
    """
    av = import_av()
    graphs: dict[tuple[int, int, str], Any] = {}

    def convert(frame: VideoFrame) -> VideoFrame:
        shape = frame.width, frame.height, frame.format.name
        if shape not in graphs:
            graph = graphs[shape] = av.filter.Graph()
            first = graph.add_buffer(width=shape[0], height=shape[1], format=frame.format, time_base=Fraction(1, 1000))
            scale = graph.add("scale", f"{out}flags=accurate_rnd+full_chroma_int+bilinear")
            graph.link_nodes(first, scale, graph.add("format", form), graph.add("buffersink")).configure()
        graphs[shape].push(frame)
        result = graphs[shape].pull()
        result.pts, result.time_base = frame.pts, frame.time_base
        return result

    return convert


def encode_video(first: VideoFrame, others: Iterator[VideoFrame], path: Path, source: VideoStream) -> Iterator[int]:
    """Write frames to a file as they come, with the times of their source; yield how many there are."""
    av = import_av()
    with av.open(str(path), "w") as file:
        rate = source.average_rate or Fraction(25)
        stream: Any = file.add_stream("libx264", rate=rate, options=_QUALITY)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = source.time_base
        # BT.709, limited range: what every player assumes of a picture of this size, and now also what the file says.
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 1, 1, 1, 1
        convert = colour_converter("yuv420p", "out_color_matrix=bt709:out_range=tv:")
        for count, frame in enumerate(chain([first], others), 1):
            file.mux(stream.encode(convert(frame)))
            yield count
        file.mux(stream.encode(None))


def video_made_here(path: Path) -> bool:
    """Whether a video says that this program made it; no, where that cannot be read."""
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        return False
    try:
        with import_av().open(str(path)) as file:
            comments = [text for name, text in file.metadata.items() if name.lower() == "comment"]
    except Exception:  # whoever reads it says what is wrong, or that PyAV is missing
        return False
    return any(words in text for text in comments for words in (SAID, REDRAWN))


def refuse(path: Path, target: Path) -> None:
    """Refuse a video that cannot be read, or a target that is none, before anything is made for it.

    Raises:
        PhotoError: as it says.
        EnhanceError: PyAV is missing.
    """
    av = import_av()
    if target.suffix.lower() not in WRITTEN:
        raise PhotoError(
            f"{target}: cannot write a video ending {target.suffix}; use one of {', '.join(sorted(WRITTEN))}"
        )
    if not path.is_file():
        raise PhotoError(f"{path}: no such file")
    try:
        with av.open(str(path)) as source:
            picture_stream(source, path)
    except (av.error.FFmpegError, OSError) as error:
        raise PhotoError(f"{path}: {NO_VIDEO} ({error.strerror})") from error


@contextmanager
def drawing(path: Path, target: Path) -> Iterator[Any]:
    """Refuse a video that is not there or a target that is none; say in one line what goes wrong between them.

    Yields:
        PyAV.

    Raises:
        PhotoError: the video cannot be read, or the target cannot be written.
        EnhanceError: PyAV is missing.
    """
    refuse(path, target)
    av = import_av()
    if not target.parent.is_dir():
        raise PhotoError(f"{target}: there is no folder {target.parent}; make it first")
    try:
        yield av
    except (av.error.FFmpegError, OSError) as error:
        if isinstance(error, av.error.FFmpegError) and error.errno not in _OF_THE_DISK:
            raise PhotoError(f"{path}: {NO_VIDEO} ({error.strerror})") from error
        raise PhotoError(f"{target}: cannot be written ({error.strerror or error}); name a file elsewhere") from error


def redraw(
    path: Path,
    target: Path,
    drawn: Callable[[Photo], Canvas],
    record: Callable[[], str | None],
    progress: Callable[[int, int], object] = max,
) -> int:
    """Draw every frame of a video by itself, at its own size, and copy the sound; the number of frames.

    Args:
        target: .mp4, .m4v, .mov or .mkv.
        record: once all frames are drawn, what its comment is to say of it; None: there is nothing to write.
        progress: is told how many frames are done, of about how many.

    Raises:
        PhotoError: it cannot be read or written, or has no pictures.
        EnhanceError: PyAV is missing.
    """
    with drawing(path, target) as av, TemporaryDirectory() as folder, av.open(str(path)) as source:
        stream, total = picture_stream(source, path)
        to_rgb = colour_converter("rgb24")
        frames_drawn = (to_frame(drawn(to_photo(frame, to_rgb, path)), frame) for frame in source.decode(stream))
        first = next(frames_drawn, None)
        if first is None:
            raise PhotoError(f"{path}: {NO_PICTURES}")
        count, part = 0, Path(folder) / "frames.nut"
        for count in encode_video(first, frames_drawn, part, stream):
            progress(count, max(total, count))
        said = record()
        if said is not None:
            join([part], path, target, said)
    return count


def join(parts: Sequence[Path], path: Path, target: Path, record: str = SAID) -> None:
    """Write parts one after another, with the sound of the original at `path`, as one file. Nothing is encoded again.

    What the original says of itself is kept, and its comment says, too, what was made of it.

    Raises:
        OSError: it cannot be written.
    """
    av = import_av()
    with (
        replacing(target, suffix=target.suffix) as part,
        av.open(str(part), "w") as file,
        av.open(str(path)) as original,
        av.open(str(parts[0])) as head,
    ):
        pictures = file.add_stream_from_template(head.streams.video[0])
        sounds = {}
        for stream in original.streams.audio:
            sounds[stream.index] = file.add_stream_from_template(stream)
        file.metadata.update(original.metadata)
        comment = original.metadata.get("comment") or original.metadata.get("COMMENT")
        file.metadata["comment"] = f"{comment}; {record}" if comment else record
        heard: Any = original.demux(original.streams.audio) if sounds else ()
        waiting = (packet for packet in heard if packet.dts is not None)
        sound = next(waiting, None)
        for one in parts:
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
