"""A manifest in the output folder remembers what was begun, what was finished and from which content.

So a run that was killed goes on where it was, and a file that this program did not write is not replaced by it. It is
an SQLite database, one for each shard, of some 120 bytes a photo; only what is asked for is in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from enhance.batch import storage
from enhance.batch.attempt import exists, unchanged
from enhance.batch.plan import FileFacts, PhotoTask, State
from enhance.errors import PhotoError
from enhance.files import remove_partial_files

MANIFEST = ".enhance"
NOTE = re.compile(r"\.\d+\.jsonl")
"""How the name of a note of what was begun ends; those of older manifests have no number."""
SAVED = 60.0
"""Seconds after which a manifest at a URL is written there again."""
ENCODING, ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
_CHUNK = 500
"""Photos that are looked up at a time."""
TABLES = """
CREATE TABLE IF NOT EXISTS settings (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS imported (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS photos (
    target BLOB PRIMARY KEY, at INTEGER NOT NULL, settings INTEGER NOT NULL, finished INTEGER NOT NULL,
    source_bytes INTEGER, source_modified INTEGER, source_digest BLOB,
    bytes INTEGER, modified INTEGER, digest BLOB
) WITHOUT ROWID;
"""
PUT = """
INSERT INTO photos VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET
    at = excluded.at, settings = excluded.settings, finished = excluded.finished,
    source_bytes = excluded.source_bytes, source_modified = excluded.source_modified,
    source_digest = excluded.source_digest, bytes = excluded.bytes, modified = excluded.modified,
    digest = excluded.digest
"""
AT, SETTINGS, FINISHED, SOURCE, MADE = 1, 2, 3, slice(4, 7), slice(7, 10)
"""Where in a row of the table of photos."""
_ROOM = 2**31 - 1, 2**62, bytes(16)
"""Facts that are not known yet, as long as those that will be: a row that grew would split its page."""
_Row = tuple[Any, ...]
"""Of the table of photos."""


class Manifest:
    """A record of the photos that were finished in a folder.

    That of a URL is worked on in a copy here. What is begun is noted there at once, as a small file for all photos that
    are begun together; the whole takes their place every minute, and at the end.
    """

    def __init__(
        self,
        folder: Path | str,
        settings: str,
        shard: tuple[int, int] = (1, 1),
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            folder: that of the results: a path, or a URL as text.
            settings: what the results depend on besides the photos.
            shard: which part of how many is done here.
            accepts: whether what was done with other settings is good enough for these; None: no others are.
        """
        self.folder, self.settings, self.shard = str(folder).rstrip("/") or "/", settings, shard
        self.accepts = accepts or (lambda before: before == settings)
        self._far = storage.is_url(self.folder)
        self._place = Path(self.folder)
        self._start = f"{self.folder}/" if self._far else f"{self.folder}{os.sep}"
        self._saved = time.monotonic()
        self._own: sqlite3.Connection | None = None
        self._number = 0

    @property
    def path(self) -> Path:
        """The database on this machine."""
        return self._place / f"{MANIFEST}{_part(self.shard)}.db"

    def own(self, tasks: Iterable[PhotoTask]) -> Iterator[PhotoTask]:
        """Yield the tasks of this shard: by the target's name, so that a new photo moves no other elsewhere."""
        which, many = self.shard
        for task in tasks:
            if many == 1 or int.from_bytes(hashlib.sha256(self._name(task)).digest()[:8]) % many == which - 1:
                yield task

    def states(self, tasks: Iterable[PhotoTask]) -> Iterator[tuple[PhotoTask, State]]:
        """Yield tasks with their states: whether a target is unchanged, and what photo and settings give.

        Raises:
            PhotoError: what was done cannot be read.
        """
        with self._readable() as databases:
            with self._explained():
                texts = [dict(database.execute("SELECT number, text FROM settings")) for database in databases]
            accepted = [{number: self.accepts(text) for number, text in one.items()} for one in texts]
            for chunk in _chunks(tasks, _CHUNK):
                names = [self._name(task) for task in chunk]
                with self._explained():
                    known = _rows(databases, names)
                for task, name in zip(chunk, names, strict=True):
                    yield task, _state(task, known.get(name), accepted)

    def begin(self, tasks: Sequence[PhotoTask]) -> None:
        """Record targets before they are written, so that they are known as ours even if the run is killed.

        Raises:
            PhotoError: it cannot be written.
        """
        with self._writing() as database:
            known = _rows([database], [self._name(task) for task in tasks])
            now = _now()
            rows = []
            for task in tasks:
                name = self._name(task)
                if name not in known or known[name][1][FINISHED]:
                    rows.append((name, now, self._number, 0, *_ROOM, *_ROOM))
                elif not self._far:
                    remove_partial_files(Path(task.target))  # a killed run may have left them
            database.executemany(PUT, rows)
        if self._far:
            self._note([os.fsdecode(row[0]) for row in rows], now)

    def finish(self, done: Iterable[tuple[PhotoTask, FileFacts | None, FileFacts]]) -> None:
        """Record targets that are complete and on the disk.

        Args:
            done: tasks with the facts of their sources and of their targets.

        Raises:
            PhotoError: it cannot be written.
        """
        now = _now()
        rows = [
            (self._name(task), now, self._number, 1, *_columns(source), *_columns(target))
            for task, source, target in done
        ]
        with self._writing() as database:
            database.executemany(PUT, rows)
        if self._far and time.monotonic() - self._saved > SAVED:
            self._save()

    @contextmanager
    def kept(self) -> Iterator[Manifest]:
        """Open the file for writing; only one run at a time may do so.

        Raises:
            PhotoError: it cannot be written, or another run is at work.
        """
        with self._placed(), self._opened():
            yield self

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            self._place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from error
        with self._explained():
            self._own = database = _connected(self.path)
        try:
            with self._explained():
                database.execute("PRAGMA locking_mode = EXCLUSIVE")  # before the journal's: it then shares no memory
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA wal_autocheckpoint = 10")  # pages: a disk may be nearly full
                database.execute("PRAGMA synchronous = FULL")
                database.execute("PRAGMA cache_size = -16000")
                database.executescript(TABLES)
                with self._writing():
                    database.execute("INSERT OR IGNORE INTO settings (text) VALUES (?)", (self.settings,))
                    matches = database.execute("SELECT number FROM settings WHERE text = ?", (self.settings,))
                    self._number = matches.fetchone()[0]
                    for path in self._older():
                        _imported(database, path)
            yield
        finally:
            try:
                if self._far:
                    self._save()
            finally:
                self._own = None
                # One file, which also those can read who may not write.
                with suppress(sqlite3.Error):
                    database.execute("PRAGMA journal_mode = DELETE")
                database.close()

    @contextmanager
    def _placed(self) -> Iterator[None]:
        """Copy what lies at a URL to this machine, for as long as it is needed."""
        if not self._far or self._own is not None:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="enhance-") as name:
            self._place = Path(name)
            for url in storage.listed(self.folder, MANIFEST):
                # Notes of what was begun have the ending of older manifests, and are read as such.
                storage.fetch(url, self._place / storage.name_of(url))
            yield

    def _note(self, begun: Sequence[str], now: int) -> None:
        """Write down at the URL what was begun."""
        with tempfile.TemporaryDirectory(prefix="enhance-") as name:
            path = Path(name) / f"{MANIFEST}{_part(self.shard)}.{now}.jsonl"
            lines = ({"at": now / 1000, "target": one, "settings": self.settings} for one in begun)
            path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
            storage.put(path, f"{self.folder}/{path.name}")

    def _save(self) -> None:
        """Put the whole at the URL, and remove the notes that it holds."""
        assert self._own is not None
        notes = storage.listed(self.folder, f"{MANIFEST}{_part(self.shard)}.")
        with tempfile.TemporaryDirectory(prefix="enhance-") as name, self._explained():
            copy = Path(name) / self.path.name
            with closing(_connected(copy)) as target:
                self._own.backup(target)
            storage.put(copy, f"{self.folder}/{copy.name}")
        for url in notes:
            if NOTE.fullmatch(storage.name_of(url).removeprefix(f"{MANIFEST}{_part(self.shard)}")):
                storage.remove(url)
        self._saved = time.monotonic()

    @contextmanager
    def _readable(self) -> Iterator[list[sqlite3.Connection]]:
        """The databases that may know the photos of this shard; those of other parts of as many know others."""
        _, many = self.shard
        with ExitStack() as opened, self._explained():
            opened.enter_context(self._placed())
            paths = [
                path
                for path in sorted(self._place.glob(f"{MANIFEST}*.db"))
                if (path != self.path or self._own is None) and (many == 1 or not path.name.endswith(f"-of-{many}.db"))
            ]
            if self._own is None and many > 1 and self.path.exists():
                paths.append(self.path)
            databases = [opened.enter_context(closing(_connected(path))) for path in paths]
            if self._own is not None:
                databases.append(self._own)
            elif older := self._older():
                databases.append(opened.enter_context(closing(sqlite3.connect(":memory:"))))
                databases[-1].executescript(TABLES)
                for path in older:
                    _imported(databases[-1], path)
            yield databases

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._own is None:
            raise ValueError("a manifest is written to while it is `kept`")
        with self._explained():
            self._own.execute("BEGIN IMMEDIATE")
            try:
                yield self._own
            except BaseException:
                with suppress(sqlite3.Error):
                    self._own.execute("ROLLBACK")
                raise
            self._own.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                what = "another run is at work there; wait for it, or share the work by --shard"
                raise PhotoError(f"{self.folder}: {what}") from None
            raise self._trouble(str(error)) from error
        except sqlite3.DatabaseError as error:
            what = f"what was done is not readable ({error}); move {MANIFEST}*.db away to begin anew"
            raise PhotoError(f"{self.folder}: {what}") from error

    def _older(self) -> list[Path]:
        """Manifests of version 0.1, which were lines of JSON. They are read, and left as they are."""
        return sorted(self._place.glob(f"{MANIFEST}*.jsonl"))

    def _name(self, task: PhotoTask) -> bytes:
        target, start = task.target, self._start
        name = target[len(start) :] if target.startswith(start) else os.path.relpath(target, self.folder)
        return name.encode(ENCODING, ERRORS)

    def _trouble(self, reason: str) -> PhotoError:
        return PhotoError(
            f"{self.folder}: cannot be written ({reason}); make room there, or name another folder with -o"
        )


def finished(folder: Path | str) -> set[str]:
    """The names of the files, relative to the folder, that were made in it.

    Raises:
        PhotoError: what was made cannot be read.
    """
    names: set[str] = set()
    with Manifest(folder, "")._readable() as databases:
        for database in databases:
            names.update(os.fsdecode(name) for (name,) in database.execute("SELECT target FROM photos WHERE finished"))
    return names


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None)


def _rows(databases: Sequence[sqlite3.Connection], names: Sequence[bytes]) -> dict[bytes, tuple[int, _Row]]:
    """What is known of targets, and by which database; where several know one, the newest."""
    rows: dict[bytes, tuple[int, _Row]] = {}
    for part in _chunks(names, _CHUNK):
        query = f"SELECT * FROM photos WHERE target IN ({','.join('?' * len(part))})"
        for number, database in enumerate(databases):
            matches = database.execute(query, part)
            if number == 0:
                rows |= {row[0]: (0, row) for row in matches}
                continue
            for row in matches:
                if row[0] not in rows or row[AT] >= rows[row[0]][1][AT]:
                    rows[row[0]] = number, row
    return rows


def _state(task: PhotoTask, known: tuple[int, _Row] | None, accepted: Sequence[Mapping[int, bool]]) -> State:
    if not exists(task.target):
        return "to do"
    if known is None:
        return "not ours"
    database, row = known
    if not row[FINISHED]:
        return "to do"
    if not unchanged(task.target, _facts(row[MADE])):
        return "not ours"
    return "done" if accepted[database][row[SETTINGS]] and unchanged(task.source, _facts(row[SOURCE])) else "to do"


def _columns(facts: FileFacts | None) -> tuple[Any, ...]:
    return facts or (None, None, None)


def _facts(columns: tuple[Any, ...]) -> FileFacts | None:
    return None if columns[0] is None else FileFacts(*columns)


def _imported(database: sqlite3.Connection, path: Path) -> None:
    """Take the lines of an older manifest into a database, once."""
    size = path.stat().st_size
    if database.execute("SELECT 1 FROM imported WHERE name = ? AND bytes = ?", (path.name, size)).fetchone():
        return
    with path.open("rb") as lines:
        for text in lines:
            try:
                line = json.loads(text)
                name, at = os.fsencode(line["target"]), round(line["at"] * 1000)
                settings = str(line["settings"])
                finished_at = line.get("finished")
                columns = (*_old_facts(line["from"]), *_old_facts(finished_at)) if finished_at else (*_ROOM, *_ROOM)
            except (ValueError, KeyError, TypeError):
                continue  # cut short: what it would have said is done again
            database.execute("INSERT OR IGNORE INTO settings (text) VALUES (?)", (settings,))
            (number,) = database.execute("SELECT number FROM settings WHERE text = ?", (settings,)).fetchone()
            row = (name, at, number, int(bool(finished_at)), *columns)
            database.execute(f"{PUT} WHERE excluded.at >= at", row)
    database.execute("INSERT OR REPLACE INTO imported VALUES (?, ?)", (path.name, size))


def _old_facts(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    if not facts:
        return None, None, None
    return int(facts["bytes"]), int(facts["modified"]), bytes.fromhex(facts["sha256"])[:16]


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(items)
    while chunk := list(islice(left, size)):
        yield chunk


def _part(shard: tuple[int, int]) -> str:
    which, many = shard
    return "" if many == 1 else f".{which}-of-{many}"


def _now() -> int:
    return round(time.time() * 1000)
