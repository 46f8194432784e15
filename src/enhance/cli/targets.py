"""Where results go: beside the photo, into a file, or into a folder; and what is never written over."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from enhance.batch.plan import refusal
from enhance.errors import PhotoError

TAR = ".tar"
"""Of a file with many small photos in it."""

NO_FOLDER = "is a file; name a folder"

if TYPE_CHECKING:
    from enhance.batch.plan import PhotoTask


def target_of(path: Path, output: str | None, ending: str | None, scale: float, count: int, taken: set[Path]) -> Path:
    """Where the enhanced photo goes: never where another of this call went, which `taken` remembers.

    Raises:
        PhotoError: one file cannot hold several photos, or the ending names no format or another than is asked for.
    """
    from enhance.photos.encoders import FORMATS
    from enhance.photos.movies import VIDEO_SUFFIXES as VIDEOS
    from enhance.photos.writing import format_of

    if path.suffix.lower() == TAR:
        return _tar_of(path, output, scale, count)
    moving = path.suffix.lower() in VIDEOS
    suffix = f".{ending}" if ending else path.suffix if path.suffix.lower() in FORMATS else ".png"
    suffix = ".mp4" if moving else suffix
    name = f"{path.stem}_x{scale:g}"
    if output is None:
        folder = path.parent
    elif is_folder(output, count):
        folder = Path(output)
    elif moving:
        return Path(output)
    else:
        named = Path(output)
        if ending and format_of(named) != FORMATS[suffix]:
            raise PhotoError(f"{named}: names another format than --format {ending}; leave one of them out")
        format_of(named)
        return named
    if not moving:
        format_of(folder / f"{name}{suffix}")
    further = (f"_{n}" if n > 1 else "" for n in itertools.count(1))
    target = next(at for more in further if (at := folder / f"{name}{more}{suffix}") not in taken)
    taken.add(target)
    return target


def _tar_of(path: Path, output: str | None, scale: float, count: int) -> Path:
    """The tar file for what is made of the photos of another."""
    target = place_for(output, path.with_name(f"{path.stem}_x{scale:g}{TAR}"), count)
    if target.suffix.lower() != TAR:
        raise PhotoError(f"{target}: cannot hold what is made of a {TAR}; name a {TAR} or a folder")
    return target


def tasks_of(
    photos: tuple[Path, ...], output: str | None, ending: str | None, scale: float, recursive: bool
) -> tuple[list[PhotoTask], Path | None, int]:
    """What is to be made of photos and folders, the folder of the manifest, and how many other files there are.

    A folder's tree is kept below --output, or else below <folder>_x4 beside it; of several folders, by their names.
    """
    from enhance.batch.plan import PhotoTask
    from enhance.batch.search import photos_in
    from enhance.photos.encoders import FORMATS

    tasks, others, taken = [], 0, set[Path]()
    manifest = Path(output) if output and len(photos) > 1 else None
    for path in photos:
        if not path.is_dir():
            tasks.append(PhotoTask(str(path), str(target_of(path, output, ending, scale, len(photos), taken))))
            continue
        name = path.resolve().name
        if output and Path(output).is_file():
            raise PhotoError(f"{output}: {NO_FOLDER}")
        into = Path(output or path.resolve().with_name(f"{name}_x{scale:g}"))
        manifest = manifest or into
        inside, more = photos_in(path, {*FORMATS, TAR}, recursive=recursive, leave=into)
        if not inside:
            raise PhotoError(f"{path}: has no photos in it; --recursive looks into its folders too")
        others += more
        into = into / name if output and len(photos) > 1 else into
        for one in inside:
            where = into / one.relative_to(path).parent
            try:
                target = target_of(one, f"{where}/", ending, scale, 2, taken)
            except PhotoError:  # there is no room for _x4 in its name, which then stays as it is
                target = where / (f"{one.stem}.{ending}" if ending else one.name)
            tasks.append(PhotoTask(str(one), str(target)))
    return tasks, manifest, others


def refuse_inputs(target: Path, photos: Sequence[Path], *, overwrite: bool) -> None:
    """Raise PhotoError where a target is one of the photos, unless these may be written over."""
    for path in () if overwrite else photos:
        if target.exists() and path.exists() and target.samefile(path):
            raise PhotoError(refusal(target, "an input"))


def refuse_foreign(target: Path, named: str | None = None, *, overwrite: bool) -> None:
    """Raise PhotoError where a file is in the way that this program did not make, unless it may be written over.

    Args:
        named: what `-o` says: a file of just this name may be.
        overwrite: all may be.
    """
    if not overwrite and target.is_file() and not replaceable(target, named):
        raise PhotoError(refusal(target, "not ours"))


def replaceable(target: str | Path, named: str | None) -> bool:
    """Whether a file that is there may be replaced: `-o` names it, or this program made it."""
    return (named is not None and Path(target) == Path(named)) or is_ours(Path(target))


def refuse_twice(targets: Sequence[Path]) -> None:
    """Raise PhotoError where two results of a call would go to one file."""
    before: set[Path] = set()
    for target in targets:
        if target in before:
            raise PhotoError(f"{target}: would be written twice; give the files one after the other")
        before.add(target)


def is_ours(path: Path) -> bool:
    """Whether a file says that this program wrote it: a picture, a video, or a tar of pictures."""
    from enhance.batch.tars import tar_written_here
    from enhance.photos import movies, provenance
    from enhance.photos.encoders import FORMATS

    ending = path.suffix.lower()
    if ending in movies.VIDEO_SUFFIXES:
        return movies.video_made_here(path)
    return tar_written_here(path, FORMATS) if ending == TAR else provenance.written_here(path)


def is_folder(output: str, count: int = 1) -> bool:
    """Whether `-o` names a folder: one that is there, or a name without an ending or with a slash behind it.

    Args:
        count: of the inputs; of several, the results need a folder.

    Raises:
        PhotoError: it names a file where a folder is needed.
    """
    named = Path(output)
    if os.path.isdir(named):  # noqa: PTH112 - Path's own fails on names that are too long
        return True
    if output.endswith(("/", os.sep)) or not named.suffix:
        if os.path.exists(named):  # noqa: PTH110
            raise PhotoError(f"{output}: {NO_FOLDER}, or a file with an ending")
        return True
    if count > 1:
        raise PhotoError(f"{output}: cannot hold what is made of {count} files; name a folder, as in -o {output}/")
    return False


def place_for(output: str | None, beside: Path, count: int = 1) -> Path:
    """The file that is to be written.

    Args:
        output: what `-o` says; None for `beside`.
        beside: where it goes unless told otherwise; its name also holds within a folder.
        count: as of `is_folder`.
    """
    if output is None:
        return beside
    return Path(output, beside.name) if is_folder(output, count) else Path(output)


def numbered(target: Path, count: int, seed: int) -> list[Path]:
    """The files of several answers, numbered by their seeds; of one answer the target itself."""
    if count == 1:
        return [target]
    return [target.with_name(f"{target.stem}_{seed + n}{target.suffix}") for n in range(count)]


def make_folder(folder: Path) -> None:
    """Make the folder of a file that is to be written.

    Raises:
        PhotoError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
