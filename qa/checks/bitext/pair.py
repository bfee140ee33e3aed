"""A segment beside its source, as the checks of this package read it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.checks.passage import Passage
from qa.finding import Finding
from qa.rulebook import Rulebook

MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
    "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u200c\u200d"
)
"""Signs that stand inside the words of some scripts, and that Python takes for no letters."""
_SOURCE_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Pair:
    """A translation and its source. ``language``: the source's, its primary subtag (``pt``), or ``""``."""

    passage: Passage
    source: str
    language: str
    rulebook: Rulebook

    @property
    def text(self) -> str:
        """The translation, folded (see ``Passage``)."""
        return self.passage.text

    def near(self, position: int) -> tuple[int, int]:
        """The word of the translation that stands where ``position`` stands in the source, as far as one can tell.

        What is missing has no place of its own; this is where a reader begins to look.
        """
        words = list(_WORD.finditer(self.text))
        if not words:
            return 0, len(self.text)
        share = position / max(len(self.source), 1)
        return min(words, key=lambda m: (abs(m.start() - share * len(self.text)), m.start())).span()

    def mark(
        self,
        rule: str,
        start: int,
        end: int,
        fixes: Sequence[str] = (),
        *,
        groups: Mapping[str, str | None] | None = None,
    ) -> Finding:
        """A finding of ``rule`` at ``text[start:end]``; ``fixes`` are put in as they are."""
        return self.passage.mark(self.rulebook.rules[rule], start, end, fixes, groups=groups, exact=True)


def words(text: str) -> list[str]:
    """The words of a text, apostrophes and hyphens inside them kept."""
    return _WORD.findall(text)


def source_words(text: str) -> list[str]:
    """The words of a text in any script, letters and their marks only."""
    return _SOURCE_WORD.findall(text)
