"""One source translated two ways, and two sources translated the same way, within a document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from qa.checks.bitext.pair import Pair, words
from qa.finding import Finding

TWO_WAYS = "bitext/inconsistent-translation"
SAME_WAY = "bitext/same-translation"

_FEWEST = 4
"""Words from which two sources hardly have the same translation by chance."""
_UNLIKE = 60.0
"""Likeness in per cent below which two sources do not mean the same."""


def find(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Of a whole document."""
    if not pairs:
        return
    book = pairs[0].rulebook
    if book.is_enabled(TWO_WAYS):
        yield from _two_ways(pairs)
    if book.is_enabled(SAME_WAY):
        yield from _same_way(pairs)


def _two_ways(pairs: Sequence[Pair]) -> Iterator[Finding]:
    by_source: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if len(words(pair.source)) > 1 or len(pair.source) > 12:
            by_source[_key(pair.source)].append(pair)
    for group in by_source.values():
        by_target: dict[str, list[Pair]] = defaultdict(list)
        for pair in group:
            by_target[_key(pair.text)].append(pair)
        if len(by_target) < 2:
            continue
        usual = max(by_target.values(), key=len)
        for rare in by_target.values():
            if rare is not usual:
                for pair in rare:
                    groups = {"usual": _short(usual[0].text)}
                    yield pair.mark(TWO_WAYS, 0, len(pair.text), [usual[0].passage.segment.text], groups=groups)


def _same_way(pairs: Sequence[Pair]) -> Iterator[Finding]:
    by_target: dict[str, Pair] = {}
    for pair in pairs:
        if len(words(pair.text)) < _FEWEST:
            continue
        first = by_target.setdefault(_key(pair.text), pair)
        if first is pair or _key(first.source) == _key(pair.source):
            continue
        if fuzz.ratio(_key(first.source), _key(pair.source)) < _UNLIKE or _digits(first.source) != _digits(pair.source):
            yield pair.mark(SAME_WAY, 0, len(pair.text), groups={"other": _short(first.source)})


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _digits(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
