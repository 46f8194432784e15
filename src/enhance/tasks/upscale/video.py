"""Videos: every frame enhanced as a photo is, with faces followed from frame to frame so that they do not flicker.

The pictures are written in parts of PART frames beside the target; a run that was killed goes on behind its last whole
part. In the end the parts are joined without encoding them again, and the sound is copied as it was.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from enhance.errors import PhotoError
from enhance.faces.crops import crop_face
from enhance.faces.tracking import Tracker
from enhance.files import replacing
from enhance.inference.model import Model
from enhance.painting import restoration
from enhance.painting.restoration import Defects
from enhance.photos import movies
from enhance.pixels import RGB
from enhance.tasks.upscale.choice import PLAINLY_BAD, face_model
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.finding import find_faces
from enhance.tasks.upscale.options import UpscaleOptions
from enhance.tasks.upscale.result import inconsistency_note

if TYPE_CHECKING:
    from av import VideoFrame

PART = 240
"""Frames of a part."""
LOOKS = 5
"""Frames, spread over a video, by which it is judged."""


class VideoPlan(NamedTuple):
    """What all frames of a video are drawn with, whether they are held to every pixel of their input, and why.

    All are restored alike, by the mean of what is wrong with some: measured one by one, they would flicker.
    """

    model: Model
    consistent: bool
    notes: tuple[str, ...]
    defects: Defects | None = None


class EnhancedVideo(NamedTuple):
    """What was made of a video: the number of its frames, and how they were made."""

    frames: int
    plan: VideoPlan


def enhance_video(
    path: Path,
    target: Path,
    options: UpscaleOptions = UpscaleOptions(),
    *,
    progress: Callable[[int, int], object] = max,
) -> EnhancedVideo:
    """Enlarge a video and redraw the faces in it.

    Args:
        path: any file that FFmpeg reads.
        target: .mp4, .m4v, .mov or .mkv. While it is made, `.<name>.parts` lies beside it; calling again goes on there.
        options: as for a photo, but what suits is chosen once, for all frames.
        progress: receives the number of frames that are done, and about how many there are.

    Raises:
        PhotoError: it cannot be read or written, or has no pictures.
        EnhanceError: PyAV is missing.
    """
    if options.faces not in ("all", "none"):
        raise PhotoError(f"{path}: is a video, whose frames number their faces anew; take --faces all or none")
    parts = target.with_name(f".{target.name}.parts")
    with movies.drawing(path, target):
        plan = plan_video(path, options)
        strength = options.strength if plan.defects else 0.0
        options = replace(options.of_frames(), model=plan.model, consistent=plan.consistent, strength=strength)
        _begin(parts, path, options.fingerprint())
        count = _draw_parts(path, parts, options, plan.defects, progress)
        movies.join(sorted(parts.glob("[0-9]*[0-9].nut")), path, target)
    shutil.rmtree(parts)
    return EnhancedVideo(count, plan)


def _draw_parts(
    path: Path, parts: Path, options: UpscaleOptions, defects: Defects | None, progress: Callable[[int, int], object]
) -> int:
    """Draw the parts of a video that are not there yet; the number of its frames.

    Raises:
        PhotoError: it has no pictures.
    """
    done, tracker = 0, Tracker()
    with movies.import_av().open(str(path)) as source:
        stream, total = movies.picture_stream(source, path)
        frames, to_rgb = source.decode(stream), movies.colour_converter("rgb24")

        def drawn(frame: VideoFrame) -> VideoFrame:
            photo = movies.to_photo(frame, to_rgb, path)
            return movies.to_frame(enhance_photo(photo, options, look=tracker, known=defects).canvas, frame)

        for number in itertools.count():
            part, state = parts / f"{number:06d}.nut", parts / f"{number:06d}.json"
            if part.exists():
                # Decoding is a hundredth of the work; seeking would land on some other frame in half of all files.
                done += sum(1 for _ in islice(frames, PART))
                tracker = Tracker.from_json(state.read_text())
                continue
            frames_drawn = map(drawn, islice(frames, PART))
            first = next(frames_drawn, None)
            if first is None:
                break
            with replacing(part, suffix=part.suffix) as partial:
                count = 0
                for count in movies.encode_video(first, frames_drawn, partial, stream):
                    progress(done + count, max(total, done + count))
                state.write_text(tracker.to_json())
            done += count
    if not done:
        raise PhotoError(f"{path}: {movies.NO_PICTURES}")
    return done


def plan_video(path: Path, options: UpscaleOptions = UpscaleOptions()) -> VideoPlan:
    """What suits a video, by some frames of it; frames that chose for themselves would differ from one another.

    Args:
        options: what is asked for; None in it for what suits.
    """
    return plan_frames([frame.rgb for frame in movies.sample_frames(path, LOOKS)], options)


def plan_frames(frames: Sequence[RGB], options: UpscaleOptions = UpscaleOptions()) -> VideoPlan:
    """What suits a video of which these are some frames (H,W,3) in [0,1]; see `plan_video`."""
    strength = 0.0 if options.consistent else options.strength
    measured = restoration.mean_defects([restoration.measure(rgb) for rgb in frames]) if frames else None
    defect = measured.words() if measured is not None and measured.amount >= PLAINLY_BAD else None
    face_crops = []
    for rgb in frames if options.model is None else ():
        clean = rgb if measured is None else restoration.restore(rgb, measured, strength)
        face_crops += [crop_face(clean, face.landmarks, size) for face, size in find_faces(clean) if size]
    consistent = defect is None if options.consistent is None else options.consistent
    model, reason = face_model(options.model, face_crops, restores=defect is not None and not consistent)
    notes = [inconsistency_note(defect)] if defect is not None and not consistent else []
    restored = measured if strength else None
    return VideoPlan(model, consistent, (*notes, *([reason] if reason else ())), restored)


def _begin(parts: Path, path: Path, settings: str) -> None:
    """Keep the parts of an earlier run only where they are of the same video and settings."""
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
