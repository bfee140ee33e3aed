"""Sentences that stand twice with small changes, in one document or in two of the same run.

Whoever translates, or rewrites, a text piece by piece leaves such twins; so do forms and verse. The rule is on trial
and the check runs only where it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.checks.passage import Passage
from qa.config import Settings
from qa.document import Document, Kind, Segment
from qa.finding import Finding
from qa.rulebook import Rulebook

RULE = "repetition/near-duplicate"

_SENTENCE = re.compile(r"[^.!?…]+(?:[.!?…]+(?![\s\"”’)]+[A-Z“\"]|$)[^.!?…]+)*[.!?…]*[\"”’)]*")
_FEWEST = 8
_ALIKE = 88
"""Per cent of likeness from which two sentences are twins."""
_MOST = 5_000
"""Sentences of a run beyond which none is compared any more: the time grows with their square."""
_AT_ONCE = 500


def create(settings: Settings) -> Duplicates | None:
    """The check; None unless rules on trial, or this one, are asked for."""
    asked = settings.preview or settings.all or {RULE, "repetition"} & set(settings.enable)
    return Duplicates() if asked else None


@dataclass(frozen=True, slots=True)
class _Sentence:
    document: Document
    segment: Segment
    start: int
    end: int
    key: str


class Duplicates:
    """Sees all documents of a run before the first is checked."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._twins: dict[int, list[tuple[_Sentence, _Sentence, float]]] = {}

    def signature(self) -> str:
        """Nothing stands behind it but rapidfuzz."""
        import rapidfuzz

        return f"rapidfuzz:{rapidfuzz.__version__}"

    def close(self) -> None:
        """Holds nothing open."""

    @property
    def silent(self) -> bool:
        """Never."""
        return False

    def view(self, settings: Settings) -> Duplicates:
        """The same: what it compares does not depend on rules."""
        return self

    def prepare(self, documents: Sequence[Document]) -> None:
        """Compare the sentences of these documents with each other."""
        import numpy
        from rapidfuzz import fuzz, process

        sentences = [s for d in documents for s in _sentences(d)]
        self.notes = []
        if len(sentences) > _MOST:
            self.notes.append(
                f"near duplicates: only the first {_MOST:,} of {len(sentences):,} sentences were compared"
            )
            sentences = sentences[:_MOST]
        self._twins = {}
        keys = [s.key for s in sentences]
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            scores = process.cdist(
                some, keys[: first + len(some)], scorer=fuzz.ratio, score_cutoff=_ALIKE, dtype=numpy.uint8
            )
            for row, column in zip(*numpy.nonzero(scores), strict=True):
                later, earlier = first + int(row), int(column)
                if earlier < later and keys[earlier] != keys[later]:
                    twins = self._twins.setdefault(id(sentences[later].document), [])
                    if not twins or twins[-1][0] is not sentences[later]:
                        twins.append((sentences[later], sentences[earlier], float(scores[row, column])))

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """The second sentence of each pair of twins."""
        if not rulebook.is_enabled(RULE):
            return
        for later, earlier, score in self._twins.get(id(document), ()):
            passage = Passage.of(document, later.segment, rulebook, "duplicates")
            start, _ = earlier.segment.locate(earlier.start, earlier.end)
            line, _ = earlier.document.position(start)
            place = f"line {line}" if earlier.document is document else f"{earlier.document.path}:{line}"
            groups = {"percent": f"{score:.0f}", "place": place}
            yield passage.mark(rulebook.rules[RULE], later.start, later.end, [], groups=groups, exact=True)


def _sentences(document: Document) -> Iterator[_Sentence]:
    for segment in document.segments:
        if segment.kind not in (Kind.PARAGRAPH, Kind.QUOTE):
            continue
        for match in _SENTENCE.finditer(segment.text):
            text = match[0].strip()
            words = re.findall(r"\w+", text.casefold())
            if len(words) >= _FEWEST:
                start = match.start() + match[0].index(text)
                yield _Sentence(document, segment, start, start + len(text), " ".join(words))
