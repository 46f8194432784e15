"""Files by URL, such as s3://bucket/photo.jpg: through fsspec, whose packages speak to object stores and others.

A file is there whole or not at all: object stores show what is written when all of it has arrived, and elsewhere it is
written under another name first.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from enhance.batch.plan import FileFacts
from enhance.errors import EnhanceError, PhotoError

URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "hf", "memory"}
"""What shows a file only when all of it is there."""


def is_url(place: str) -> bool:
    """Whether a text names a file or folder by URL, not by path."""
    return URL.match(place) is not None


def name_of(url: str) -> str:
    """The last part of a URL."""
    return PurePosixPath(url.rstrip("/")).name


def full(url: str) -> str:
    """A URL as its file system writes it."""
    system, path = _system(url)
    return str(system.unstrip_protocol(path)).rstrip("/")


def pictures_under(url: str, endings: Container[str], *, recursive: bool, leave: str | None) -> tuple[list[str], int]:
    """The URLs of the photos of a folder in order, and how many other files there are.

    Args:
        endings: of photos, in lower case and with a dot.
        recursive: also those in its folders.
        leave: the URL of a folder that is not looked into.

    Raises:
        EnhanceError: it cannot be read.
    """
    system, path = _system(url)
    with _explained(url):
        files = system.find(path.rstrip("/") + "/", maxdepth=None if recursive else 1)
    inside = None
    if leave is not None and is_url(leave) and full(leave) != full(url):
        inside = f"{full(leave)}/"
    photos, others = [], 0
    for one in files:
        place = str(system.unstrip_protocol(one))
        if (inside and place.startswith(inside)) or name_of(place).startswith("."):
            continue
        if PurePosixPath(place).suffix.lower() in endings:
            photos.append(place)
        else:
            others += 1
    return sorted(photos), others


def remote_version(url: str) -> tuple[int, int] | None:
    """Size in bytes, and a number that is another when the file was written again (0 where the place has none); None if
    it is not there."""
    system, path = _system(url)
    try:
        with _explained(url):
            info = system.info(path)
    except FileNotFoundError:
        return None
    if info.get("type") == "directory":
        return None
    written = [info.get(name) for name in ("ETag", "etag", "generation", "LastModified", "updated", "mtime", "created")]
    if not any(written):
        return int(info["size"]), 0
    return int(info["size"]), int.from_bytes(hashlib.sha256(str(written).encode()).digest()[:7])


def fetch(url: str, target: Path) -> None:
    """Copy a file to this machine.

    Raises:
        EnhanceError: it is not there, or cannot be read.
    """
    system, path = _system(url)
    try:
        with _explained(url):
            system.get_file(path, str(target))
    except FileNotFoundError:
        raise PhotoError(f"{url}: no such file") from None


def put(source: Path, url: str) -> None:
    """Copy a file of this machine to a URL, whole or not at all.

    Raises:
        EnhanceError: it cannot be written.
    """
    system, path = _system(url)
    with _explained(url):
        if url.partition(":")[0].lower() in OBJECT_STORES:
            system.put_file(str(source), path)
            return
        parent, _, name = path.rpartition("/")
        system.makedirs(parent, exist_ok=True)
        partial = f"{parent}/.{name}.{secrets.token_hex(4)}.part"
        system.put_file(str(source), partial)
        system.mv(partial, path)


def remove(url: str) -> None:
    """Remove a file."""
    system, path = _system(url)
    with _explained(url):
        system.rm_file(path)


def listed(url: str, start: str) -> list[str]:
    """The URLs of the files of a folder whose names begin so; none where there is no folder."""
    system, path = _system(url)
    try:
        with _explained(url):
            entries = system.ls(path.rstrip("/"), detail=False, refresh=True)
    except FileNotFoundError:
        return []
    return sorted(str(system.unstrip_protocol(one)) for one in entries if name_of(one).startswith(start))


def remote_facts(copy: Path, version: tuple[int, int] | None) -> FileFacts | None:
    """Facts of a file elsewhere by its copy here and its `remote_version`; None where it has none."""
    if version is None:
        return None
    with copy.open("rb") as file:
        return FileFacts(*version, hashlib.file_digest(file, "sha256").digest()[:16])


def remote_unchanged(url: str, known: FileFacts | None) -> bool:
    """Whether a file is unchanged. It is read only where its version differs; then its content decides."""
    now = remote_version(url)
    if now is None or known is None or now[0] != known.size:
        return False
    if now[1] and now[1] == known.modified:
        return True
    system, path = _system(url)
    with _explained(url), system.open(path, "rb") as file:
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.digest()[:16] == known.digest


def _system(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise EnhanceError(f"{error.name} is missing: pip install 'enhance[remote]'") from error
    scheme = url.partition(":")[0]
    try:
        system, path = url_to_fs(url)
    except ImportError as error:  # of which the message names the package to install
        raise EnhanceError(f"{scheme}://: {error}") from error
    except ValueError as error:
        raise EnhanceError(f"{url}: is no URL that fsspec knows ({error})") from error
    return system, str(path)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, EnhanceError):
        raise
    except OSError as error:
        raise PhotoError(f"{url}: {error.strerror or error}; look at the name and the rights") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("builtins", "enhance"):
            raise
        # Each package has its own classes: no credentials, no network, no bucket.
        raise PhotoError(f"{url}: {type(error).__name__}: {' '.join(str(error).split())}") from error
