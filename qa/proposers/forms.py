"""Other forms of the same word, where the model stumbles: number of nouns, tense and form of verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.proposers import Proposal, Reading

_WORD = re.compile(r"(?<![\w'-])[a-z]{2,}(?![\w'-])")
_LEAST = 9.0
"""Bits from which on a word is a stumbling block."""
_VERB_TAGS = ("VB", "VBZ", "VBD", "VBN", "VBG")
# A word whose other forms are its auxiliaries' business.
_BE = {
    "is": ("was", "are", "has been", "will be"), "are": ("were", "is", "have been"),
    "was": ("is", "were", "has been", "had been"), "were": ("are", "was", "have been", "had been"),
    "has": ("had", "have"), "have": ("had", "has"), "had": ("has", "have"),
    "does": ("did", "do"), "do": ("did", "does"), "did": ("does", "do"),
    "been": ("being", "be"), "be": ("been", "being"),
}  # fmt: skip


def propose(reading: Reading) -> Iterator[Proposal]:
    """Every other form of each word that the model did not expect."""
    number, tense = reading.rule("noun-number"), reading.rule("verb-form")
    book = reading.rulebook
    for match in _WORD.finditer(reading.passage.text):
        word = match[0]
        start, end = match.span()
        if reading.surprise.at(start, end) < _LEAST:
            continue
        if tense and word in _BE:
            yield Proposal(tense, start, end, _BE[word], tense.margin)
            continue
        plural = book.belongs(word, ("noun",)) and not book.belongs(word, ("verb-gerund",))
        other_number = {book.reinflect(word, "NNS"), book.reinflect(word, "NN")} - {word} if plural else set()
        if tense and book.belongs(word, ("verb",)):
            forms = dict.fromkeys(book.reinflect(word, tag) for tag in _VERB_TAGS)
            fixes = tuple(f for f in (*forms, f"to {book.reinflect(word, 'VB')}") if f not in (word, *other_number))
            yield Proposal(tense, start, end, fixes, tense.margin)
        if number and other_number:
            yield Proposal(number, start, end, tuple(sorted(other_number)), number.margin)
