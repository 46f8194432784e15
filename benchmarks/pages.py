"""Pages whose figures a benchmark writes: what stands between `<!-- measured: NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Iterable
from pathlib import Path

from enhance.files import write_atomically

ROOT = Path(__file__).parents[1]


def rewrite(page: Path, name: str, lines: Iterable[str]) -> None:
    """Put other figures of this name into a page; SystemExit where it has no place for them."""
    before = page.read_text(encoding="utf-8")
    place = _place(page, name)
    text = "\n".join(lines)
    write_atomically(page, place.sub(lambda found: f"{found[1]}{text}\n{found[3]}", before).encode())


def measured(page: Path, name: str) -> list[str]:
    """The lines of the figures of this name in a page; SystemExit where it has no place for them."""
    found = _place(page, name).search(page.read_text(encoding="utf-8"))
    return found[2].splitlines() if found else []


def _place(page: Path, name: str) -> re.Pattern[str]:
    place = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n)(.*?)(<!-- end -->)", re.S)
    if not place.search(page.read_text(encoding="utf-8")):
        raise SystemExit(f"{page}: has no place for {name}")
    return place
