"""Segments that a translation memory has, or nearly has, and that are translated otherwise here.

The match is the percentage that translators know: words that need not be touched, of the longer of the two sources.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

from qa import memory
from qa.checks.passage import Passage
from qa.config import Settings
from qa.document import Document
from qa.finding import Finding
from qa.memory import Unit
from qa.rulebook import Rulebook

EXACT = "memory/exact"
FUZZY = "memory/fuzzy"

_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_APART = 10.0
"""Per cent by which the translations may be less alike than their sources before anybody should look."""
_FEWEST = 3
"""Words below which a match says nothing."""


def create(settings: Settings) -> Memory | None:
    """The check; None without a memory. Raises MtqaError for one that cannot be read."""
    return Memory(memory.read(settings.tm), settings.tm_match) if settings.tm else None


@dataclass(slots=True)
class Memory:
    """``match``: per cent from which an entry counts. Entries are looked up by how many words they have."""

    units: tuple[Unit, ...]
    match: float
    _by_length: dict[int, list[tuple[tuple[str, ...], Unit]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for unit in self.units:
            words = _words(unit.source)
            self._by_length[len(words)].append((words, unit))

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """For each segment with a source, the best entry, where the translation is not the one that it gives."""
        for segment in document.segments:
            if not segment.source:
                continue
            found = self.best(segment.source)
            if found is None:
                continue
            match, unit = found
            alike = percent(_words(segment.text), _words(unit.target), 0)
            rule = EXACT if match == 100 else FUZZY
            if alike == 100 or not rulebook.is_enabled(rule) or (rule == FUZZY and alike >= match - _APART):
                continue
            passage = Passage.of(document, segment, rulebook, "memory")
            fixes = [unit.target] if rule == EXACT else []
            groups = {"percent": f"{match:.0f}", "place": unit.place, "target": unit.target, "source": unit.source}
            yield passage.mark(rulebook.rules[rule], 0, len(segment.text), fixes, groups=groups, exact=True)

    def best(self, source: str) -> tuple[float, Unit] | None:
        """(match in per cent, entry) of the likest source; None where none matches well enough."""
        words = _words(source)
        if len(words) < _FEWEST:
            return None
        best: tuple[float, Unit] | None = None
        least = self.match
        for length in range(int(len(words) * least / 100), int(len(words) * 100 / least) + 2):
            for theirs, unit in self._by_length.get(length, ()):
                match = percent(words, theirs, least)
                if match >= least and (best is None or match > best[0]):
                    best, least = (match, unit), match
        return best


def percent(one: Sequence[str], other: Sequence[str], least: float) -> float:
    """How much of two texts, word by word, is the same: 0 to 100; 0 where it is below ``least``."""
    return 100.0 * float(Levenshtein.normalized_similarity(one, other, score_cutoff=least / 100))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
