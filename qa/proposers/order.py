"""Words in another language's order: adjective behind noun, adverb at the wrong side of its verb, “X of Y”."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.proposers import Proposal, Reading

_PAIR = re.compile(r"(?<![\w'-])(?=(([A-Za-z][\w'-]+) ([A-Za-z][\w'-]+))(?![\w'-]))")
_TRIPLE = re.compile(r"(?<![\w'-])(?=(([a-z][\w'-]+) ([a-z][\w'-]+) ([a-z][\w'-]+))(?![\w'-]))")
_OF = re.compile(
    r"(?<![\w'-])(?P<head>[A-Za-z][a-z-]+) of (?P<article>the |a |an )?"
    r"(?P<rest>[A-Za-z][\w-]+(?: [A-Z][\w-]+)?)(?![\w-])"
)
_ADVERB_LIST = """
    already also still always never only even just often usually now soon once again recently currently yet probably
    certainly really completely immediately finally actually easily quickly directly strongly widely
"""
_ADVERBS = frozenset(_ADVERB_LIST.split())
_ASKING = frozenset(["is", "are", "was", "were", "has", "have", "can", "will"])
_COMPOUND = 7.0
"""Bits more for a compound in place of “X of Y”, which English often has."""
_LEAST = 7.0
"""Bits of the words together from which on an order is a stumbling block."""


def propose(reading: Reading) -> Iterator[Proposal]:
    """Neighbours exchanged where that gives adjective and noun, or moves an adverb; “X of Y” made “Y X”."""
    rule = reading.rule("word-order")
    if rule is None:
        return
    book, text = reading.rulebook, reading.passage.text
    for match in _PAIR.finditer(text):
        start, end = match.span(1)
        first, second = match[2], match[3]
        if reading.surprise.at(start, end + 8) < 2 * _LEAST:
            continue
        adverb = first.lower() in _ADVERBS or second.lower() in _ADVERBS
        postponed = book.belongs(first, ("noun",)) and book.belongs(second, ("adjective",)) and second[0].islower()
        asked = second in _ASKING or first in ("is", "are", "was", "were")
        if adverb or postponed or asked:
            yield Proposal(rule, start, end, (_swap(first, second),), rule.margin)
    for match in _TRIPLE.finditer(text):
        start, end = match.span(1)
        one, two, three = match[2], match[3], match[4]
        if reading.surprise.at(start, end) < 2 * _LEAST:
            continue
        if one in _ADVERBS or three in _ADVERBS:
            yield Proposal(rule, start, end, (f"{two} {three} {one}", f"{three} {one} {two}"), rule.margin)
        elif book.belongs(one, ("noun",)) and book.belongs(three, ("adjective",)) and not book.belongs(two, ("verb",)):
            yield Proposal(rule, start, end, (f"{three} {one} {two}", f"{two} {three} {one}"), rule.margin)
    for match in _OF.finditer(text):
        start, end = match.span()
        if reading.surprise.at(match.start("head"), end) < 2 * _LEAST:
            continue
        head, rest = match["head"], match["rest"]
        singular = book.reinflect(rest, "NN") if rest.islower() and book.belongs(rest, ("noun-plural",)) else rest
        small = head.lower() if rest.islower() else head
        fixes = dict.fromkeys([f"{singular} {small}", f"{rest}'s {head}", f"{rest} {head}"])
        kept = tuple(f[0].upper() + f[1:] if head[0].isupper() and not start else f for f in fixes)
        yield Proposal(rule, start, end, kept, rule.margin + _COMPOUND)


def _swap(first: str, second: str) -> str:
    if first[0].isupper() and second[0].islower():
        return f"{second[0].upper()}{second[1:]} {first[0].lower()}{first[1:]}"
    return f"{second} {first}"
