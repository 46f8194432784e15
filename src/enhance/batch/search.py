"""Folders of photos: what is in them."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from enhance.batch.manifest import finished
from enhance.batch.plan import file_identity, same
from enhance.errors import PhotoError


def photos_in(folder: Path, endings: Container[str], *, recursive: bool, leave: Path) -> tuple[list[Path], int]:
    """The photos of a folder in order, and how many other files there are. Links are followed, but
    nowhere twice, and not to a folder that holds this one.

    Args:
        endings: of photos, in lower case and with a dot.
        recursive: also those in its folders.
        leave: the folder with the results. It is not looked into, unless it is `folder` itself, of which the results
            are left out.

    Raises:
        PhotoError: the folder cannot be read.
    """
    photos: list[Path] = []
    results = {folder / name for name in finished(folder)} if same(folder, leave) else set()
    others, visited, waiting = 0, {file_identity(folder)}, [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = sorted(here.iterdir())
        except OSError as error:
            if here == folder:
                raise PhotoError(f"{folder}: cannot be opened ({error.strerror})") from error
            photos.append(here)  # which will fail with the same words, and stop nobody
            continue
        folders = []
        for entry in entries:
            if entry.is_dir():
                folders.append(entry)
            elif entry.name.startswith(".") or entry in results:
                continue
            elif entry.suffix.lower() not in endings or (entry.exists() and not entry.is_file()):
                others += 1
            else:
                photos.append(entry)
        # Real folders before links to them, so that a photo is found where it lies.
        for entry in sorted(folders, key=Path.is_symlink) if recursive else ():
            who = file_identity(entry)
            above = entry.is_symlink() and folder.resolve().is_relative_to(entry.resolve())
            if who not in visited and not above and not same(entry, leave):
                visited.add(who)
                waiting.append(entry)
    return sorted(photos), others
