"""Sentences left out or added: by length, by how many sentences there are, and by what should stand in both."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import Pair
from qa.finding import Finding

OMISSION = "bitext/omission"
ADDITION = "bitext/addition"

_SENTENCE = re.compile(r"[.!?…।。！？]+[\"”’»)\]]*(?:\s+(?=[^\W\d_a-z])|(?<=[。！？]))")
_LONG = 50
"""Letters below which lengths say little."""
_OMITTED, _ADDED = 0.4, 2.4
"""Shares of the usual length below and above which something is missing or added whatever else there is."""
_FEWER = 0.75
"""The same where there are fewer sentences too."""
_ENOUGH = 20
"""Pairs from which the document itself says what is usual."""
_DENSE = {"zh": 1.35, "ja": 1.3, "ko": 1.1}
"""Romanised letters of a source for each English one, where they are more."""


def find(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """Of a whole document, whose lengths say what is usual."""
    ratios = [_letters(p.text) / max(_length(p), 1) for p in pairs]
    long = [r for r, p in zip(ratios, pairs, strict=True) if _length(p) >= _LONG]
    usual = statistics.median(long) if len(long) >= _ENOUGH else 1.0
    usual = min(max(usual, 0.7), 1.5)
    for pair, ratio in zip(pairs, ratios, strict=True):
        length = _length(pair)
        share = ratio / usual
        theirs, ours = _sentences(pair.source), _sentences(pair.text)
        if length >= _LONG and (share < _OMITTED or (share < _FEWER and ours < theirs and length > 2 * _LONG)):
            if pair.rulebook.is_enabled(OMISSION):
                start, end = _last_word(pair)
                yield pair.mark(OMISSION, start, end, groups={"share": f"{min(share, 1):.0%}"})
        elif _letters(pair.text) >= 2 * _LONG and (share > _ADDED or (share > 1 / _FEWER and ours > theirs + 1)):
            if not pair.rulebook.is_enabled(ADDITION):
                continue
            start, end = _last_word(pair)
            yield pair.mark(ADDITION, start, end, groups={"share": f"{share:.1f}"})


def _length(pair: Pair) -> float:
    return _letters(known.romanised(pair.source)) / _DENSE.get(pair.language, 1.0)


def _letters(text: str) -> int:
    return sum(c.isalnum() for c in text)


def _sentences(text: str) -> int:
    return len([s for s in _SENTENCE.split(text) if len(s) > 8])


def _last_word(pair: Pair) -> tuple[int, int]:
    return pair.near(len(pair.source) * 2)
