"""Which colours belong to which parts of a bird: one pass over the words of a sentence, by the rules of `words`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from enhance.tasks.imagine.vocabulary import (
    ACCENTS,
    BREAKS,
    COLOUR_OF,
    COPULAS,
    DETERMINERS,
    LINKS,
    MARK_OF,
    NEGATIONS,
    PART_OF,
    PREPOSITIONS,
    SENTENCE_ENDS,
    SUBJECT_ENDS,
)

Pair = tuple[str, str]
"""A part and its colour."""


def bound(words: Sequence[str]) -> tuple[set[Pair], set[Pair]]:
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
        elif word in COPULAS:
            self._settle_held()
            self.verb, self.shared = True, []
        elif word in SUBJECT_ENDS:
            self._settle_held()
            self.verb, self.shared = False, []
            if word != "with" and before != "that" and "body" in self.subject:
                self.subject = ["body"]
        elif word in BREAKS:
            self.settle()
            self.shared, self.negated = [], False
            if word in SENTENCE_ENDS:
                self.subject = []
        elif word in NEGATIONS:
            self.settle()
            self.negated = True
        elif word in DETERMINERS:
            if before in LINKS:
                self._settle_held()
                self.negated = False
                if word in ("a", "an") or _coloured_soon(words, n):
                    self.shared = []
        elif word == ",":
            if self.negated:
                self.settle()
                self.negated = False
        elif word in PREPOSITIONS:
            if not self.held:
                self.shared = []
        elif word in LINKS and self.verb and _part_next(words, n):
            self._settle_held()

    def _part(self, word: str, before: str) -> None:
        """A part takes the colours that are held, or shares those of the part before it."""
        part, accent = PART_OF[word], word in ACCENTS
        if self.held and self.verb and before in DETERMINERS and not self.marked:
            self.settle()  # "is black and the head ..."
        if self.held:
            self._give([part], self.held, marks=self.marked or accent)
            self.shared, self.held = self.held, []
            self.subject, self.verb, self.marked = [part], False, False
        elif self.shared and (before in LINKS or before in DETERMINERS or before in PART_OF):
            # "Breast feathers" are one part.
            if before not in PART_OF or part not in (PART_OF[before], "body"):
                self._give([part], self.shared, marks=accent)
                self.subject = [*self.subject, part]
        else:
            joined = before in LINKS and self.subject and not self.verb
            self.subject = [*self.subject, part] if joined else [part]
            self.shared = []

    def _mark(self, after: str) -> None:
        """A mark has the colours before it: "white stripes". Two before a striped part are the part's own."""
        if self.held and after in PART_OF:
            self.marked = self.marked or len(self.held) == 1
        else:
            self.marked = True
            if after not in PREPOSITIONS | {"of"}:
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
    rest = [word for word in words[n + 1 : n + 4] if word not in LINKS]
    return (
        bool(rest)
        and rest[0] not in COLOUR_OF
        and any(word in PART_OF for word in rest[:2])
        and not any(word in COLOUR_OF for word in rest[:2])
    )


def _coloured_soon(words: Sequence[str], n: int) -> bool:
    return any(word in COLOUR_OF for word in words[n + 1 : n + 3])
