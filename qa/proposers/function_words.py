"""Prepositions, articles and pronouns exchanged, dropped or added, where the model stumbles over what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.proposers import Proposal, Reading
from qa.rulebook import Rule

PREPOSITIONS = {
    "in": "on at into of within during for to from", "on": "in at about of to over for across against",
    "at": "in on to by for with", "of": "in for from by on about between with to at over",
    "for": "of to during by in as about since", "to": "for at in of with on into by towards",
    "by": "with of from in for through until on", "with": "by of to in for against from at",
    "from": "of by in since for to at with out of", "since": "for from", "until": "by to", "between": "among from",
    "among": "between", "about": "of on for", "against": "to of from for on", "under": "in on with below",
    "over": "on about of in via across", "during": "for in over", "into": "in to", "as": "like", "like": "as",
    "before": "in front of|to|ahead of", "after": "for about by", "towards": "to for", "above": "over on",
    "through": "by with via over", "within": "in among", "inside": "in within", "without": "with no",
}  # fmt: skip
"""What a preposition is taken for: pairs that one word of another language covers."""
_DROPPED = frozenset(["of", "to", "in", "for", "with", "at", "on", "from", "against"])
PRONOUNS = {
    "his": "its her their", "her": "his its their", "its": "his her their", "their": "its his her",
    "who": "which that", "which": "who that", "whose": "which", "himself": "itself herself themselves",
    "itself": "himself themselves", "this": "that these", "these": "this those", "what": "which that how",
    "some": "any a", "other": "another others", "another": "other", "much": "many very", "many": "much",
    "less": "fewer", "if": "whether", "also": "either",
}  # fmt: skip
"""Words that other languages do not tell apart. Not he, she, it, they, nor and, or, must: those change what is said."""
_WORD = re.compile(r"(?<![\w'-])[A-Za-z]+(?![\w'-])")
_ARTICLE = re.compile(r"(?<![\w'-])(the|a|an) (?=[A-Za-z])", re.IGNORECASE)
_NEXT = re.compile(r"[\w'-]+")
_NOUN = re.compile(r"(?<=[a-z,] )[a-z]{3,}(?![\w'-])")
_LEAST, _LEAST_NEXT = 4.0, 10.0
"""Bits of a word, and of it and the next word together, from which on it is a stumbling block."""
_LEAST_NOUN = 9.0


def propose(reading: Reading) -> Iterator[Proposal]:
    """Exchanges of the function words that the model did not expect."""
    if rule := reading.rule("preposition"):
        yield from _exchanged(reading, rule, PREPOSITIONS)
    if rule := reading.rule("pronoun"):
        yield from _exchanged(reading, rule, PRONOUNS)
    if rule := reading.rule("article"):
        yield from _articles(reading, rule)


def _exchanged(reading: Reading, rule: Rule, table: dict[str, str]) -> Iterator[Proposal]:
    text = reading.passage.text
    for match in _WORD.finditer(text):
        word = match[0].lower()
        others = table.get(word)
        if others is None or (match[0] != word and match.start()):
            continue
        start, end = match.span()
        if not _stumbles(reading, start, end):
            continue
        fixes = others.split("|") if "|" in others else others.split()
        yield Proposal(rule, start, end, tuple(_cased(f, match[0]) for f in fixes), rule.margin)
        if word in _DROPPED and table is PREPOSITIONS and text[end : end + 1] == " ":
            yield Proposal(rule, start, end + 1, ("",), rule.margin + 2)


def _articles(reading: Reading, rule: Rule) -> Iterator[Proposal]:
    text = reading.passage.text
    for match in _ARTICLE.finditer(text):
        start, end = match.span()
        if not _stumbles(reading, start, end):
            continue
        small = match[1].lower()
        other = "the " if small != "the" else "an " if text[end].lower() in "aeiou" else "a "
        yield Proposal(rule, start, end, (_cased(other, match[1]),), rule.margin)
        stop = _NEXT.match(text, end)
        following = text[end : stop.end() if stop else end + 1]
        if not match[1].islower():
            following = following[0].upper() + following[1:]
        yield Proposal(rule, start, end + len(following), (following,), rule.margin + 1)
    for match in _NOUN.finditer(text):
        start, end = match.span()
        if reading.surprise.at(start, end) < _LEAST_NOUN or not reading.rulebook.belongs(match[0], ("noun",)):
            continue
        a = "an" if match[0][0] in "aeiou" else "a"
        yield Proposal(rule, start, end, (f"the {match[0]}", f"{a} {match[0]}"), rule.margin)


def _stumbles(reading: Reading, start: int, end: int) -> bool:
    alone = reading.surprise.at(start, end)
    return alone >= _LEAST and alone + reading.surprise.at(end, end + 8) >= _LEAST_NEXT


def _cased(fix: str, old: str) -> str:
    return fix[0].upper() + fix[1:] if old[0].isupper() and fix else fix
