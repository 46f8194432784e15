"""What a sentence says of a bird: which part has which colour, and a few dozen words for shape, pattern and place.

English, read by rule and not by a network: a colour belongs to the part that follows it in its phrase ("grey wings and
back"), else to the part that a verb ties it to ("wings that are grey"), else to the bird. Thus "a red head and a white
belly" can never be taken for its opposite. What no rule knows is named, never dropped in silence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from enhance.errors import EnhanceError
from enhance.tasks.imagine.vocabulary import (
    ACCENTS,
    BODY_PARTS,
    COLOUR_OF,
    COLOUR_WORDS,
    KNOWN,
    MARK_OF,
    MARKS,
    ORDINARY,
    PART_OF,
    QUALITIES,
    QUALITY_OF,
    SHAPE_OF,
    SHAPED,
    SILENT,
    SPECIES,
)

_SUBJECT_ENDS = {"has", "have", "had", "having", "with", "features", "contains", "featuring", "containing", "wearing"}
_BREAKS = {".", ";", "while", "but", "which", "who", "whose", "where", "when", "!", "?"}
_SENTENCE_ENDS = {".", ";", "!", "?"}
_COPULAS = {"is", "are", "was", "were", "be", "being", "appears", "looks", "seems"}
_LINKS = {"and", "or", ",", "&", "/", "also", "as", "well"}
_DETERMINERS = {"a", "an", "the", "its", "his", "her", "their", "it's"}
_PREPOSITIONS = {
    "on",
    "around",
    "over",
    "at",
    "across",
    "along",
    "near",
    "in",
    "under",
    "above",
    "below",
    "throughout",
    "down",
    "to",
}
_NEGATIONS = {"not", "no", "without", "nor", "never", "neither"}
_FACING = {"facing", "faces", "looking", "looks", "turned", "towards", "to"}
_LONGEST = 60

Pair = tuple[str, str]

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
    if len(words) > 2 * _LONGEST:
        raise SentenceError(f"the sentence has {len(words)} words; one of at most {2 * _LONGEST} will do")
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
        if not known or word in _NEGATIONS:
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
    pairs, accents = _bound(plain)
    facing = next((side for side in ("left", "right") if side in words and _FACING & set(words)), None)
    for word in (facing, *_FACING) if facing else ():
        unknown.pop(str(word), None)
    traits = frozenset(_traits(plain))
    return Reading(frozenset(pairs), frozenset(accents), traits, tuple(taken.items()), tuple(unknown), facing)


def _alike(word: str, colour: str) -> bool:
    return word.startswith(colour[:3]) or colour in word


@cache
def _meaning(word: str) -> tuple[bool, str]:
    """Whether a word is known, and the word it is a misspelling of; itself if of none."""
    if not word[0].isalpha() or word in KNOWN or word in SILENT or word in SPECIES or word in _NEGATIONS:
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


def _bound(words: Sequence[str]) -> tuple[set[Pair], set[Pair]]:
    """(part, colour) of whole parts and of marks."""
    binding = _Binding()
    for n in range(len(words)):
        binding.read(words, n)
    binding.settle()
    return binding.pairs, binding.accents


@dataclass
class _Binding:
    """One pass from left to right, holding colours until a part claims them.

    Attributes:
        pairs, accents: (part, colour) that were given, of whole parts and of marks.
        held: colours not yet given to a part.
        shared: colours of the last part, which further ones may share: "grey wings and back".
        subject: the parts that a verb or a mark speaks of.
        verb: whether a verb came, and `held` may belong to the subject: "wings that are grey".
        marked: whether `held` are colours of a mark: "white stripes".
        negated: whether what is said is not so: "without a red head".
    """

    pairs: set[Pair] = field(default_factory=set)
    accents: set[Pair] = field(default_factory=set)
    held: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    subject: list[str] = field(default_factory=list)
    verb: bool = False
    marked: bool = False
    negated: bool = False

    def read(self, words: Sequence[str], n: int) -> None:
        """Take the next word, which is the one at n."""
        word, before, after = words[n], words[n - 1] if n else "", words[n + 1] if n + 1 < len(words) else ""
        if word in COLOUR_OF:
            if not self.held and not self.verb:
                self.shared = []
            self.held.append(COLOUR_OF[word])
        elif word in PART_OF:
            self._part(word, before)
        elif word in MARK_OF:
            self._mark(after)
        elif word in _COPULAS:
            self._settle_held()
            self.verb, self.shared = True, []
        elif word in _SUBJECT_ENDS:
            self._settle_held()
            self.verb, self.shared = False, []
            if word != "with" and before != "that" and "body" in self.subject:
                self.subject = ["body"]
        elif word in _BREAKS:
            self.settle()
            self.shared, self.negated = [], False
            if word in _SENTENCE_ENDS:
                self.subject = []
        elif word in _NEGATIONS:
            self.settle()
            self.negated = True
        elif word in _DETERMINERS:
            if before in _LINKS:
                self._settle_held()
                self.negated = False
                if word in ("a", "an") or _coloured_soon(words, n):
                    self.shared = []
        elif word == ",":
            if self.negated:
                self.settle()
                self.negated = False
        elif word in _PREPOSITIONS:
            if not self.held:
                self.shared = []
        elif word in _LINKS and self.verb and _part_next(words, n):
            self._settle_held()

    def _part(self, word: str, before: str) -> None:
        """A part takes the colours that are held, or shares those of the part before it."""
        part, accent = PART_OF[word], word in ACCENTS
        if self.held and self.verb and before in _DETERMINERS and not self.marked:
            self.settle()  # "is black and the head ..."
        if self.held:
            self._give([part], self.held, marks=self.marked or accent)
            self.shared, self.held = self.held, []
            self.subject, self.verb, self.marked = [part], False, False
        elif self.shared and (before in _LINKS or before in _DETERMINERS or before in PART_OF):
            # "Breast feathers" are one part.
            if before not in PART_OF or part not in (PART_OF[before], "body"):
                self._give([part], self.shared, marks=accent)
                self.subject = [*self.subject, part]
        else:
            joined = before in _LINKS and self.subject and not self.verb
            self.subject = [*self.subject, part] if joined else [part]
            self.shared = []

    def _mark(self, after: str) -> None:
        """A mark has the colours before it: "white stripes". Two before a striped part are the part's own."""
        if self.held and after in PART_OF:
            self.marked = self.marked or len(self.held) == 1
        else:
            self.marked = True
            if after not in _PREPOSITIONS | {"of"}:
                self._settle_held()

    def settle(self) -> None:
        """Give what is held to the subject, or to the whole bird: no other part will come for it."""
        if self.held:
            self._give(self.subject or ["body"], self.held, marks=self.marked)
        self.held, self.verb, self.marked = [], False, False

    def _settle_held(self) -> None:
        if self.held:
            self.settle()

    def _give(self, parts: Sequence[str], colours: Sequence[str], *, marks: bool) -> None:
        if not self.negated:
            (self.accents if marks else self.pairs).update((part, colour) for part in parts for colour in colours)


def _part_next(words: Sequence[str], n: int) -> bool:
    """Whether after the link at n a new part comes without a colour: "is black and the wings ..."."""
    rest = [word for word in words[n + 1 : n + 4] if word not in _LINKS]
    return (
        bool(rest)
        and rest[0] not in COLOUR_OF
        and any(word in PART_OF for word in rest[:2])
        and not any(word in COLOUR_OF for word in rest[:2])
    )


def _coloured_soon(words: Sequence[str], n: int) -> bool:
    return any(word in COLOUR_OF for word in words[n + 1 : n + 3])


def _traits(words: Sequence[str]) -> Iterator[str]:
    """Shapes with the part that each belongs to, then qualities and marks."""
    for n, word in enumerate(words):
        if word in SHAPE_OF:
            shape, part = SHAPE_OF[word], None
            for later in words[n + 1 : n + 6]:
                if later in PART_OF:
                    part = PART_OF[later]
                    break
                if later in _SUBJECT_ENDS or later in _BREAKS or later in _COPULAS:
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
