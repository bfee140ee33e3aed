"""What the post-editor would rather have written, filed under the rule of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.lm.post_editor import ARTICLES
from qa.proposers import Proposal, Reading
from qa.proposers.function_words import PREPOSITIONS, PRONOUNS
from qa.rulebook import Rulebook

_WORD = re.compile(r"[\w'’-]+")
_BE = frozenset(["be", "am", "is", "are", "was", "were", "been", "being"])
_TORN = re.compile(r"\w[.] ?-?[a-z]")
_BASES = {"noun-number": "NN", "verb-form": "VB"}
"""The tag of the base form by which two forms of one word are told."""
_MOST_LOST = 3
"""Words fewer than there were: what leaves out more leaves out what is said."""


def propose(reading: Reading) -> Iterator[Proposal]:
    """A proposal for each of its rewritings; its margin is the number of words that it leaves out."""
    for rewriting in reading.rewritings():
        start, end = rewriting.start, rewriting.end
        old = reading.passage.text[start:end]
        fewer = lost(old, rewriting.replacement)
        rule = reading.rule(_kind(reading.rulebook, old, rewriting.replacement))
        if rule is not None and fewer <= _MOST_LOST:
            yield Proposal(rule, start, end, (rewriting.replacement,), fewer, edited=rewriting.gain)


def lost(old: str, new: str) -> int:
    """How many words fewer there are."""
    return max(0, len(_WORD.findall(old)) - len(_WORD.findall(new)))


def _kind(book: Rulebook, old: str, new: str) -> str:
    """The name of the rule that says what is changed."""
    before, after = _WORD.findall(old.lower()), _WORD.findall(new.lower())
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    changed = {*before, *after}
    if _TORN.search(old) and not _TORN.search(new):
        return "fragment"
    if not changed or len(before) > 3:
        return "wording"
    if changed <= ARTICLES:
        return "article"
    if changed <= PREPOSITIONS.keys():
        return "preposition"
    if changed <= PRONOUNS.keys():
        return "pronoun"
    if sorted(before) == sorted(after):
        return "word-order"
    if changed <= _BE:
        return "verb-form"
    if len(before) == len(after) == 1:
        for name, tag in _BASES.items():
            if book.reinflect(before[0], tag) == book.reinflect(after[0], tag):
                return name
        return "confusion"
    return "wording"
