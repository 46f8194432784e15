"""Sets of small pictures in tar files, as WebDataset has them: a tar goes in, and a tar of the same names comes out.

What is not a picture (labels, captions) is copied, so that each sample stays together
(https://github.com/webdataset/webdataset). One process works through a tar; many tars keep many processes busy.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Container
from pathlib import Path, PurePosixPath

from enhance.batch.plan import Work
from enhance.counts import counted
from enhance.errors import EnhanceError, PhotoError
from enhance.files import replacing
from enhance.photos import provenance

_TAR = ".tar"
_SHOWN = 3
"""Failures that are said, of those of a tar."""


def also_tars(source: Path, target: Path, work: Work, endings: Container[str], ending: str | None) -> str:
    """Do the work to a photo, or to all photos of a tar.

    Args:
        endings: of what is worked on, in lower case and with a dot.
        ending: of what is made, without one; None: that of the photo.

    Raises:
        EnhanceError: it cannot be done; of a tar, to none of its photos.
    """
    if source.suffix.lower() != _TAR:
        return work(source, target)
    done, failed = 0, list[str]()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(source) as archive, replacing(target) as partial, tarfile.open(partial, "w") as result:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is None:
                    continue
                name = PurePosixPath(member.name)
                content = file.read()
                if name.suffix.lower() in endings:
                    name = name.with_suffix(f".{ending}") if ending else name
                    try:
                        content = _worked_on(content, name, PurePosixPath(member.name), work)
                    except EnhanceError as error:
                        failed.append(f"{source}:{error}")
                        continue
                    done += 1
                entry = tarfile.TarInfo(str(name))
                entry.size, entry.mtime = len(content), member.mtime
                result.addfile(entry, io.BytesIO(content))
            if not done:
                raise PhotoError(failed[0] if failed else f"{source}: has no photos in it")
    except (tarfile.TarError, EOFError) as error:
        raise PhotoError(f"{source}: cannot be read as a tar file; fetch or copy it again") from error
    words = "".join(f"\n  {line}" for line in failed[:_SHOWN])
    more = f"\n  and {len(failed) - _SHOWN:,} more" if len(failed) > _SHOWN else ""
    return f"{target}: {counted(done, 'photo')}, {len(failed):,} left out{words}{more}"


def tar_written_here(path: Path, endings: Container[str]) -> bool:
    """Whether the first picture in a tar says that this program wrote it; no, where that cannot be read."""
    try:
        with tarfile.open(path) as archive, tempfile.TemporaryDirectory(prefix="enhance-") as folder:
            for member in archive:
                name = PurePosixPath(member.name)
                file = archive.extractfile(member) if name.suffix.lower() in endings else None
                if file is not None:
                    copy = Path(folder) / f"one{name.suffix}"
                    copy.write_bytes(file.read())
                    return provenance.written_here(copy)
    except (tarfile.TarError, EOFError, OSError):
        pass
    return False


def _worked_on(content: bytes, name: PurePosixPath, member: PurePosixPath, work: Work) -> bytes:
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        source, target = Path(folder) / member.name, Path(folder) / "made" / name.name
        source.write_bytes(content)
        target.parent.mkdir()
        try:
            work(source, target)
        except EnhanceError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error
        return target.read_bytes()
