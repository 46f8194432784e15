"""Photos and results that are named by URL, such as s3://bucket/folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from enhance.cli.targets import TAR, target_of
from enhance.errors import PhotoError

if TYPE_CHECKING:
    from enhance.batch.plan import PhotoTask

FAR_FOLDER = Path("/far")
"""Below this, targets are named that lie at a URL."""


def path_or_url(text: str) -> Path | str:
    """A path, or the URL of what lies elsewhere as text; of a file on this machine also by URL its path."""
    named = here(text)
    if not named:
        raise click.BadParameter("an empty name is no file or folder")
    return named if is_far(named) else Path(named)


def here(place: str) -> str:
    """The path that a file:// URL names; anything else as it is."""
    from urllib.parse import unquote

    return unquote(place[len("file://") :]) if place.lower().startswith("file://") else place


def is_far(place: Path | str | None) -> bool:
    """Whether this is the URL of what lies elsewhere."""
    return isinstance(place, str) and "://" in place


def far_tasks(
    photos: tuple[Path | str, ...], output: str | None, ending: str | None, scale: float, recursive: bool
) -> tuple[list[PhotoTask], Path | str | None, int]:
    """What `targets.tasks_of` says, where a photo, a folder or the output is named by URL.

    Raises:
        PhotoError: it is not said where results are to go, or there are no photos.
    """
    from enhance.batch.plan import PhotoTask

    if output is None:
        raise PhotoError(f"{photos[0]}: say where results are to go, with -o FOLDER or URL")
    into, taken = output.rstrip("/"), set[Path]()
    tasks, others = list[PhotoTask](), 0
    for photo in photos:
        named, more = _in_folder(photo, into, recursive) if _is_folder(photo) else ([(_text(photo), _name(photo))], 0)
        others += more
        below = _name(photo) if len(photos) > 1 and _is_folder(photo) else ""
        for source, name in named:
            where = Path(below, name)
            target = target_of(Path(where.name), f"{FAR_FOLDER / where.parent}/", ending, scale, 2, taken)
            tasks.append(PhotoTask(source, f"{into}/{target.relative_to(FAR_FOLDER).as_posix()}"))
    if len(photos) > 1 or _is_folder(photos[0]):
        return tasks, into if is_far(into) else Path(into), others
    if not output.endswith("/") and Path(output).suffix:
        tasks = [PhotoTask(tasks[0].source, output)]
    return tasks, None, others


def _text(place: Path | str) -> str:
    """A path or URL without a slash at its end."""
    return str(place).rstrip("/")


def _name(place: Path | str) -> str:
    """The last part of a path or URL."""
    from enhance.batch import storage

    return place.name if isinstance(place, Path) else storage.name_of(place)


def _is_folder(place: Path | str) -> bool:
    """Whether a path is a folder's, or a URL names no picture and no tar file."""
    return place.is_dir() if isinstance(place, Path) else Path(place).suffix.lower() not in _endings()


def _endings() -> set[str]:
    """Of files that are worked on."""
    from enhance.photos.encoders import FORMATS

    return {*FORMATS, TAR}


def _in_folder(folder: Path | str, into: str, recursive: bool) -> tuple[list[tuple[str, str]], int]:
    """The photos in a folder with their names below it, and how many other files there are.

    Args:
        into: where results go; what lies there is no photo.

    Raises:
        PhotoError: there are none.
    """
    from enhance.batch import storage
    from enhance.batch.manifest import finished
    from enhance.batch.search import photos_in

    if isinstance(folder, Path):
        inside, others = photos_in(folder, _endings(), recursive=recursive, leave=FAR_FOLDER)
        named = [(str(one), one.relative_to(folder).as_posix()) for one in inside]
    else:
        urls, others = storage.pictures_under(_text(folder), _endings(), recursive=recursive, leave=into)
        root = storage.full(_text(folder))
        # Where results lie beside the photos, they are no photos.
        results = finished(into) if is_far(into) and storage.full(into) == root else set()
        named = [(one, name) for one in urls if (name := one.removeprefix(f"{root}/")) not in results]
    if not named:
        raise PhotoError(f"{folder}: has no photos in it; --recursive looks into its folders too")
    return named, others
