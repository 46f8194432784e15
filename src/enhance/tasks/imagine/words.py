"""What a sentence says of a bird: which part has which colour, and a few dozen words for shape, pattern and place.

English, read by rule and not by a network: a colour belongs to the part that follows it in its phrase ("grey wings and
back"), else to the part that a verb ties it to ("wings that are grey"), else to the bird. Thus "a red head and a white
belly" can never be taken for its opposite. What no rule knows is named, never dropped in silence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError
from enhance.tasks.imagine.binding import Pair, bound
from enhance.tasks.imagine.vocabulary import (
    BODY_PARTS,
    BREAKS,
    COLOUR_OF,
    COLOUR_WORDS,
    COPULAS,
    FACING,
    KNOWN,
    MARK_OF,
    MARKS,
    NEGATIONS,
    ORDINARY,
    PART_OF,
    QUALITIES,
    QUALITY_OF,
    SHAPE_OF,
    SHAPED,
    SILENT,
    SPECIES,
    SUBJECT_ENDS,
)

LONGEST = 120
"""Words of a sentence, at most."""
TRAITS: tuple[str, ...] = (
    *(f"{part}:{shape}" for part, shapes in SHAPED.items() for shape in shapes),
    *QUALITIES,
    *MARKS,
)
"""What is said beside colours, in the order in which `Reading.vector` has it."""
PLACES = len(BODY_PARTS) * len(COLOUR_WORDS)
LENGTH = PLACES + len(COLOUR_WORDS) + len(TRAITS)
"""How many numbers a sentence becomes."""


class SentenceError(EnhanceError):
    """A sentence that nothing can be drawn from."""


@dataclass(frozen=True)
class Reading:
    """What was understood of a sentence.

    Attributes:
        pairs: (part, colour) of whole parts; of a caption joined from several, all of them.
        accents: (part, colour) of marks on parts: stripes, bars, rings.
        traits: of `TRAITS`.
        taken: words that were read as another: {"crimson": "red", "bely": "belly"}.
        unknown: words that say nothing to this program, in their order.
        facing: "left" or "right", where the sentence says so.
        text: the sentence itself.
    """

    pairs: frozenset[Pair]
    accents: frozenset[Pair] = frozenset()
    traits: frozenset[str] = frozenset()
    taken: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    facing: str | None = None
    text: str = ""

    def vector(self) -> NDArray[np.float32]:
        """(LENGTH,) of 0 and 1: part by colour, then colours of marks, then traits."""
        out = np.zeros(LENGTH, np.float32)
        for part, colour in self.pairs:
            out[BODY_PARTS.index(part) * len(COLOUR_WORDS) + COLOUR_WORDS.index(colour)] = 1
        for _, colour in self.accents:
            out[PLACES + COLOUR_WORDS.index(colour)] = 1
        for trait in self.traits:
            out[PLACES + len(COLOUR_WORDS) + TRAITS.index(trait)] = 1
        return out

    def colours(self) -> NDArray[np.float32]:
        """(parts, colours): 1 for a whole part, .4 for a mark on it."""
        out = np.zeros((len(BODY_PARTS), len(COLOUR_WORDS)), np.float32)
        for pairs, strength in ((self.accents, 0.4), (self.pairs, 1.0)):
            for part, colour in pairs:
                out[BODY_PARTS.index(part), COLOUR_WORDS.index(colour)] = strength
        return out

    def sentence(self) -> str:
        """What was understood, for people."""
        phrases = [
            f"{part} {' and '.join(c for p, c in sorted(self.pairs) if p == part)}"
            for part in BODY_PARTS
            if part in dict(self.pairs)
        ]
        phrases += [f"{colour} marks on the {part}" for part, colour in sorted(self.accents)]
        phrases += [
            " ".join(reversed(trait.split(":"))).replace("throat", "neck") for trait in TRAITS if trait in self.traits
        ]
        text = "understood: " + (", ".join(phrases) or "a bird")
        if self.taken:
            text += "; taken " + ", ".join(f"{word} for {meant}" for word, meant in self.taken)
        if self.unknown:
            text += f"; without effect, for it was never learnt: {', '.join(self.unknown)}"
        return text


def read_sentence(sentence: str) -> Reading:
    """Read a sentence about a bird.

    Raises:
        SentenceError: it is empty, far too long, or says nothing that was learnt.
    """
    words = tokens(sentence)
    if not any(word[0].isalpha() for word in words):
        raise SentenceError("the sentence is empty; say what the bird looks like: 'a small red bird with black wings'")
    if len(words) > LONGEST:
        raise SentenceError(f"the sentence has {len(words)} words; one of at most {LONGEST} will do")
    reading = replace(understood(words), text=" ".join(sentence.split()))
    if not (reading.pairs or reading.accents or reading.traits or any(PART_OF.get(word) for word in words)):
        raise SentenceError(
            f"nothing in {sentence.strip()[:60]!r} is about a bird; name colours, parts and shapes of one"
        )
    return reading


def tokens(sentence: str) -> list[str]:
    """Words in lower case and marks between them; "yellow-bellied" is two words."""
    return re.findall(
        r"[a-z']*[a-z][a-z']*|\d+|[,.;&/!?]", sentence.lower().replace("off-white", "offwhite").replace("’", "'")
    )


def understood(words: Sequence[str]) -> Reading:
    """Read words without ever failing; of no words it understands nothing."""
    taken: dict[str, str] = {}
    unknown: dict[str, None] = {}
    plain: list[str] = []
    for word in words:
        known, meant = _meaning(word)
        if not known or word in NEGATIONS:
            unknown[word] = None
        elif meant != word:
            taken[word] = meant
        plain.extend(
            tokens(SPECIES[meant]) if meant in SPECIES else [meant] if known else ["?" if word.isalpha() else ","]
        )
        if meant in SPECIES:
            taken[word] = f"a {SPECIES[meant]}"
        elif meant in COLOUR_OF and COLOUR_OF[meant] != meant and not _alike(meant, COLOUR_OF[meant]):
            taken[word] = COLOUR_OF[meant]
    pairs, accents = bound(plain)
    facing = next((side for side in ("left", "right") if side in words and FACING & set(words)), None)
    for word in (facing, *FACING) if facing else ():
        unknown.pop(str(word), None)
    traits = frozenset(_traits(plain))
    return Reading(frozenset(pairs), frozenset(accents), traits, tuple(taken.items()), tuple(unknown), facing)


def _alike(word: str, colour: str) -> bool:
    return word.startswith(colour[:3]) or colour in word


@cache
def _meaning(word: str) -> tuple[bool, str]:
    """Whether a word is known, and the word it is a misspelling of; itself if of none."""
    if not word[0].isalpha() or word in KNOWN or word in SILENT or word in SPECIES or word in NEGATIONS:
        return True, word
    for ending in ("'s", "s", "es", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 3 and (stem in KNOWN or stem in SPECIES or stem in SILENT):
            return True, stem
    near = _nearest(word)
    return (True, near) if near else (False, word)


@cache
def _nearest(word: str) -> str | None:
    """The known word that this is most likely a misspelling of."""
    if len(word) < 4 or word in ORDINARY:
        return None
    most = 1 if len(word) < 8 else 2
    nearest = [
        (distance, abs(len(word) - len(known)), known)
        for known in (*sorted(KNOWN), *SPECIES)
        if len(known) >= 4
        and known[0] == word[0]
        and abs(len(known) - len(word)) <= most
        and (distance := _distance(word, known)) <= most
    ]
    return min(nearest)[-1] if nearest else None


def _distance(a: str, b: str) -> int:
    """How many letters must be put in, taken out, changed, or swapped with the next (optimal string alignment)."""
    before, row = list(range(len(b) + 1)), list(range(len(b) + 1))
    last: list[int] = []
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _traits(words: Sequence[str]) -> Iterator[str]:
    """Shapes with the part that each belongs to, then qualities and marks."""
    for n, word in enumerate(words):
        if word in SHAPE_OF:
            shape, part = SHAPE_OF[word], None
            for later in words[n + 1 : n + 6]:
                if later in PART_OF:
                    part = PART_OF[later]
                    break
                if later in SUBJECT_ENDS or later in BREAKS or later in COPULAS:
                    break
            if part is None:
                part = next(
                    (PART_OF[earlier] for earlier in reversed(words[max(n - 6, 0) : n]) if earlier in PART_OF), "body"
                )
            if shape in SHAPED.get(part, ()):
                yield f"{part}:{shape}"
            elif word in ("small", "tiny", "little", "large", "big") and part not in SHAPED:
                yield f"body:{shape}"
        if word in QUALITY_OF:
            yield QUALITY_OF[word]
        if word in MARK_OF:
            yield MARK_OF[word]
