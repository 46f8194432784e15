"""Photos and results that are named by URL, such as s3://bucket/folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from enhance.cli.targets import TAR, target_of
from enhance.errors import PhotoError

if TYPE_CHECKING:
    from enhance.batch.plan import PhotoTask

FAR_FOLDER = Path("/far")
"""Below this, targets are named that lie at a URL."""


def path_or_url(text: str) -> Path | str:
    """A path, or the URL of what lies elsewhere as text; of a file on this machine also by URL its path."""
    named = here(text)
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
    from enhance.batch import storage
    from enhance.batch.manifest import finished
    from enhance.batch.plan import PhotoTask
    from enhance.batch.search import photos_in
    from enhance.photos.encoders import FORMATS

    if output is None:
        raise PhotoError(f"{photos[0]}: say where results are to go, with -o FOLDER or URL")
    endings = {*FORMATS, TAR}
    tasks, others, folders, taken = list[PhotoTask](), 0, 0, set[Path]()
    into = output.rstrip("/")

    def add(source: str, name: str, inside: str) -> None:
        target = target_of(Path(name), f"{FAR_FOLDER / inside}/", ending, scale, 2, taken)
        tasks.append(PhotoTask(source, f"{into}/{target.relative_to(FAR_FOLDER).as_posix()}"))

    for photo in photos:
        url = str(photo).rstrip("/")
        if isinstance(photo, Path) and not photo.is_dir():
            add(str(photo), photo.name, "")
            continue
        if isinstance(photo, str) and Path(photo).suffix.lower() in endings:
            add(url, storage.name_of(url), "")
            continue
        folders += 1
        if isinstance(photo, Path):
            inside, more = photos_in(photo, endings, recursive=recursive, leave=FAR_FOLDER)
            entries = [(str(one), one.relative_to(photo).as_posix()) for one in inside]
        else:
            urls, more = storage.pictures_under(url, endings, recursive=recursive, leave=into)
            root = storage.full(url)
            # Where results lie beside the photos, they are no photos.
            results = finished(into) if is_far(into) and storage.full(into) == root else set()
            entries = [(one, name) for one in urls if (name := one.removeprefix(f"{root}/")) not in results]
        if not entries:
            raise PhotoError(f"{photo}: has no photos in it; --recursive looks into its folders too")
        others += more
        below = storage.name_of(url) if len(photos) > 1 else ""
        for source, name in entries:
            where = Path(below, name)
            add(source, where.name, where.parent.as_posix())
    if len(photos) == 1 and not folders and not output.endswith("/") and Path(output).suffix:
        tasks = [PhotoTask(tasks[0].source, output)]
    folder = None if len(photos) == 1 and not folders else into if is_far(into) else Path(into)
    return tasks, folder, others
