"""Words that share a translation: what the author may have meant by a word that the model did not expect.

The sets are lexicons, ``confusion-*.txt``: ``word -> alternative, alternative``, base forms only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.checks.passage import starts_sentence
from qa.proposers import Proposal, Reading
from qa.rulebook import Rulebook

NOUNS = ("confusion-noun-1", "confusion-noun-2")
VERBS = ("confusion-verb",)
OTHERS = ("confusion-adjective", "confusion-adverb")
_WORD = re.compile(r"(?<![\w'-])[A-Za-z][a-z]{2,}(?![\w'-])")
_LEAST = 7.0
"""Bits from which on a word is a stumbling block."""
_VERB_TAGS = ("VBZ", "VBG", "VBD", "VBN")


def propose(reading: Reading) -> Iterator[Proposal]:
    """The other words of a word's set, in its form."""
    rule = reading.rule("confusion")
    if rule is None:
        return
    for match in _WORD.finditer(reading.passage.text):
        start, end = match.span()
        if match[0][0].isupper() and not starts_sentence(reading.passage.text, start):
            continue  # a name, or part of one
        if reading.surprise.at(start, end) < _LEAST:
            continue
        alternatives = tuple(dict.fromkeys(_alternatives(reading.rulebook, match[0].lower())))
        if alternatives:
            begin, stop, fixes = reading.passage.fit(start, end, alternatives)
            yield Proposal(rule, begin, stop, tuple(fixes), rule.margin)


def _alternatives(book: Rulebook, word: str) -> Iterator[str]:
    base = book.reinflect(word, "NN")
    for other in _listed(book, NOUNS, base):
        if word == base:
            yield other
        elif book.reinflect(base, "NNS") == word:
            head, _, last = other.rpartition(" ")
            yield f"{head} {book.reinflect(last, 'NNS')}".strip()
    base = book.reinflect(word, "VB")
    tags = [tag for tag in _VERB_TAGS if book.reinflect(base, tag) == word]
    for other in _listed(book, VERBS, base):
        first, _, rest = other.partition(" ")
        for form in [first] if word == base else dict.fromkeys(book.reinflect(first, tag) for tag in tags):
            yield f"{form} {rest}".strip()
    yield from _listed(book, OTHERS, word)


def _listed(book: Rulebook, lexicons: tuple[str, ...], word: str) -> Iterator[str]:
    for lexicon in lexicons:
        try:
            yield from (other.strip() for other in book.value(lexicon, word).split(","))
        except KeyError:
            continue
