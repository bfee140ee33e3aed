"""Terms of a glossary: forbidden words, terms that a source asks for and the translation lacks, and slips in them.

Forms are found by the dictionary's inflections of a term's last word, slips by rapidfuzz.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rapidfuzz.distance import DamerauLevenshtein

from qa import glossary
from qa.checks.passage import Passage
from qa.config import Settings
from qa.document import Document
from qa.finding import Finding
from qa.glossary import Term
from qa.rulebook import Rulebook

FORBIDDEN = "terminology/forbidden"
MISSING = "terminology/missing"
MISSPELT = "terminology/misspelt"

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_TAGS = ("NN", "NNS", "VB", "VBD", "VBG", "VBN", "VBZ")
_LONG = 6
"""Letters from which one wrong letter is taken for a slip rather than for another word."""


def create(settings: Settings) -> Terminology | None:
    """The check; None without a glossary. Raises MtqaError for one that cannot be read."""
    return Terminology(glossary.read(settings.glossary)) if settings.glossary else None


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of a word of the glossary: ``tag`` is the Penn tag of its last word, ``""`` for the word itself."""

    term: Term
    tag: str
    forbidden: bool


@dataclass(slots=True)
class Terminology:
    """``terms``: the glossary's, whose forms are looked up by their small letters."""

    terms: tuple[Term, ...]
    _forms: dict[str, _Form] = field(default_factory=dict)
    _longest: int = 1

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """Every place where the glossary is not kept to."""
        if not self._forms:
            self._learn(rulebook)
        for segment in document.segments:
            passage = Passage.of(document, segment, rulebook, "terminology")
            found: set[int] = set()
            yield from self._words(passage, rulebook, found)
            if segment.source and rulebook.is_enabled(MISSING):
                yield from self._missing(passage, segment.source, rulebook, found)

    def _learn(self, rulebook: Rulebook) -> None:
        for term in self.terms:
            for word in (term.term, *term.variants):
                self._add(word, term, False, rulebook)
        for term in self.terms:
            for word in term.forbidden:
                self._add(word, term, True, rulebook)

    def _add(self, word: str, term: Term, forbidden: bool, rulebook: Rulebook) -> None:
        self._longest = max(self._longest, len(_WORD.findall(word)))
        self._forms.setdefault(_key(word), _Form(term, "", forbidden))
        for tag in _TAGS:
            if form := _inflected(word, tag, rulebook):
                self._forms.setdefault(_key(form), _Form(term, tag, forbidden))

    def _words(self, passage: Passage, rulebook: Rulebook, found: set[int]) -> Iterator[Finding]:
        words = list(_WORD.finditer(passage.text))
        at = 0
        while at < len(words):
            for size in range(min(self._longest, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + size - 1].end()
                form = self._forms.get(_key(passage.text[start:end]))
                if form is None:
                    continue
                if not form.forbidden:
                    found.add(id(form.term))
                elif rulebook.is_enabled(FORBIDDEN):
                    found.add(id(form.term))
                    yield self._replace(FORBIDDEN, passage, start, end, form, rulebook)
                at += size - 1
                break
            else:
                yield from self._slip(passage, words, at, rulebook, found)
            at += 1

    def _slip(
        self, passage: Passage, words: list[re.Match[str]], at: int, rulebook: Rulebook, found: set[int]
    ) -> Iterator[Finding]:
        """A word, or a phrase as long as a term, that is one letter away from a form of the glossary."""
        if not rulebook.is_enabled(MISSPELT):
            return
        for size in range(min(self._longest, len(words) - at), 0, -1):
            start, end = words[at].start(), words[at + size - 1].end()
            text = _key(passage.text[start:end])
            if len(text) < _LONG or (size == 1 and rulebook.belongs(text, ("word",))):
                continue
            for known, form in self._forms.items():
                near = abs(len(known) - len(text)) < 2 and known.count(" ") == text.count(" ") and known[0] == text[0]
                if near and not form.forbidden and DamerauLevenshtein.distance(known, text, score_cutoff=1) == 1:
                    if _only_inflected(known, text):
                        continue
                    found.add(id(form.term))
                    yield self._replace(MISSPELT, passage, start, end, form, rulebook)
                    return

    def _replace(self, rule: str, passage: Passage, start: int, end: int, form: _Form, rulebook: Rulebook) -> Finding:
        right = form.term.term
        fix = (_inflected(right, form.tag, rulebook) or right) if form.tag else right
        proper = any(c.isupper() for c in right)
        groups = {"term": right, "source": form.term.source}
        return passage.mark(rulebook.rules[rule], start, end, [fix], groups=groups, proper=proper)

    def _missing(self, passage: Passage, source: str, rulebook: Rulebook, found: set[int]) -> Iterator[Finding]:
        """Terms whose source stands in the source and which the translation has in no form."""
        told = source.casefold()
        for term in self.terms:
            if not term.source or id(term) in found:
                continue
            match = re.search(rf"(?<![^\W_]){re.escape(term.source.casefold())}(?:e?[sn]|es|en)?(?![^\W_])", told)
            if match is None:
                continue
            words = list(_WORD.finditer(passage.text))
            if not words:
                continue
            share = match.start() / max(len(told), 1)
            near = min(words, key=lambda w: abs(w.start() - share * len(passage.text)))
            groups = {"term": term.term, "source": term.source}
            yield passage.mark(rulebook.rules[MISSING], *near.span(), [], groups=groups, exact=True)


def _key(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def _inflected(word: str, tag: str, rulebook: Rulebook) -> str:
    """The word, or phrase, with its last word in that form; empty where the dictionary does not have it."""
    head, space, last = word.rpartition(" ")
    kind = "noun" if tag.startswith("N") else "verb"
    if not rulebook.belongs(last, (kind,)) or (kind == "verb" and space):
        return ""
    return head + space + rulebook.reinflect(last, tag)


def _only_inflected(known: str, text: str) -> bool:
    """Whether the one letter is an ending (“centre”, “centres”)."""
    return known + "s" == text or text + "s" == known or known + "d" == text
