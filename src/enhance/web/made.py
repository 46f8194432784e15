"""The result of a job: facts, and pictures as the bytes of their files."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
MOST_IN_HEADER = 3000
"""Bytes of facts in a header: a proxy's buffer for all headers may have 4 kB."""
LISTS = ("notes", "sentences", "faces", "animals")
"""What is shortened where facts are longer, and in this order; the last is shortened first."""


@dataclass(frozen=True)
class MadePicture:
    """A picture in a file.

    Attributes:
        kind: its content type.
        seed: the noise that it was drawn for.
    """

    data: bytes
    kind: str
    seed: int = 0


@dataclass(frozen=True)
class Made:
    """The result of a job.

    Attributes:
        facts: as JSON can hold them.
        pictures: none where the facts are all.
        mask: the file of a grey picture of what was changed.
        as_facts: whether the answer is JSON whatever was asked for.
    """

    facts: dict[str, Any]
    pictures: tuple[MadePicture, ...] = ()
    mask: bytes | None = None
    as_facts: bool = False

    @property
    def bytes(self) -> int:
        """Return the bytes that it takes."""
        return sum(len(picture.data) for picture in self.pictures) + len(self.mask or b"") + len(json.dumps(self.facts))

    def header(self) -> str:
        """Return the facts, short enough for a header: of lists that are too long only the beginning."""
        facts, text = self.facts, json.dumps(self.facts, ensure_ascii=True)
        for name in reversed(LISTS):
            while len(text) > MOST_IN_HEADER and facts.get(name):
                facts = {**facts, name: facts[name][: len(facts[name]) // 2], "shortened": True}
                text = json.dumps(facts, ensure_ascii=True)
        return text

    def everything(self) -> dict[str, Any]:
        """Facts and pictures as JSON can hold them."""
        if not self.pictures:
            return self.facts
        answers = [
            {"seed": one.seed, "type": one.kind, "data": base64.b64encode(one.data).decode()} for one in self.pictures
        ]
        mask = {} if self.mask is None else {"mask": base64.b64encode(self.mask).decode()}
        return {**self.facts, "answers": answers, **mask}


def preferred(accept: str, kinds: tuple[str, ...]) -> str:
    """The first of some content types, or the one that a header Accept likes better."""
    best, liking = kinds[0], 0.0
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            wanted = float(quality)
        except ValueError:
            wanted = 0.0
        matching = [kind for kind in kinds if kind == name or (name.endswith("/*") and kind.startswith(name[:-1]))]
        if name == "*/*":
            matching = [kinds[0]]
        if matching and wanted > liking:
            best, liking = matching[0], wanted
    return best
