"""A translation against its source, segment by segment: what was changed, lost, added, left.

A module of this package for each kind of error, with ``find(pair)``, or ``find(pairs)`` for a whole
document.
"""

from __future__ import annotations

from collections.abc import Iterator

from qa.checks.bitext import copied, language, length, marks, names, negation, numbers, placeholders, translations
from qa.checks.bitext.pair import Pair
from qa.checks.passage import Passage
from qa.config import Settings
from qa.document import Document
from qa.finding import Finding
from qa.rulebook import Rulebook

_OF_A_PAIR = (numbers, placeholders, names, marks, negation)
_OF_A_DOCUMENT = (length, translations)


def create(settings: Settings) -> Bitext:
    """The check; it does nothing for documents without sources."""
    return Bitext(tuple(language.split("-")[0].lower() for language in settings.source_language))


class Bitext:
    """``languages``: those that the sources may be in, none for any."""

    def __init__(self, languages: tuple[str, ...] = ()) -> None:
        self.languages = languages

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """Everything that differs. Raises MtqaError where a package for it is missing."""
        pairs = self.pairs(document, rulebook)
        if not pairs:
            return
        whole = set()
        for pair in pairs:
            found = list(copied.find(pair))
            yield from found
            if any(f.rule in copied.WHOLE for f in found):
                whole.add(id(pair))
                continue
            for module in _OF_A_PAIR:
                yield from module.find(pair)
        translated = [pair for pair in pairs if id(pair) not in whole]
        for check in _OF_A_DOCUMENT:
            yield from check.find(translated)

    def pairs(self, document: Document, rulebook: Rulebook) -> list[Pair]:
        """The document's segments that have a source."""
        segments = [s for s in document.segments if s.source]
        if not segments:
            return []
        language.require()
        code = self._language(document)
        return [Pair(Passage.of(document, s, rulebook, "bitext"), s.source or "", code, rulebook) for s in segments]

    def _language(self, document: Document) -> str:
        if len(self.languages) == 1:
            return self.languages[0]
        if document.source_language and not self.languages:
            return document.source_language.replace("_", "-").split("-")[0].lower()
        text = " ".join(s.source for s in document.segments if s.source)
        return language.language_of(text, self.languages)[0]
