"""Pages whose figures a benchmark writes: what stands between `<!-- measured: NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Iterable
from pathlib import Path

from enhance.files import write_atomically

ROOT = Path(__file__).parents[1]


def rewrite(page: Path, name: str, lines: Iterable[str]) -> None:
    """Puts other figures of this name into a page; SystemExit where it has no place for them."""
    there = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.S)
    before = page.read_text(encoding="utf-8")
    if not there.search(before):
        raise SystemExit(f"{page}: has no place for {name}")
    text = "\n".join(lines)
    after = there.sub(lambda found: f"{found[1]}{text}\n{found[2]}", before)
    write_atomically(page, after.encode())
