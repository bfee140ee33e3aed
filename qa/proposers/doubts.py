"""Where the tagger and the post-editor together hold a passage garbled, whether or not somebody has a fix.

The tagger reads in both directions and knows the kinds of garbles; the post-editor is a larger model that would have
written something else there, be it many things, none of them likely. Fitted by training/calibrate_doubts.py.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from qa.fluency.model import Calibration, Word, log_odds, probability

LEAST = 0.05
"""Bits that are added before the logarithm is taken: below, one is as sure as the other."""
_NEXT = 2
"""Code points behind a word within which the next one begins, where the doubt of a missing word shows."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What the post-editor's bits weigh beside the tagger's log-odds: of the ``word``, and of the ``next`` one."""

    word: float
    next: float

    def heard(self, words: Sequence[Word], bits: Sequence[tuple[int, float]]) -> tuple[Word, ...]:
        """The words with what both hold of them. ``bits``: (where a token begins, how unlikely it was written)."""
        out = []
        for word, (own, following) in zip(words, features(words, bits), strict=True):
            logit = log_odds(word.garbled) + self.word * own + self.next * following
            out.append(replace(word, garbled=probability(logit)))
        return tuple(out)


def features(words: Sequence[Word], bits: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    """Logarithms of the bits of each word, and of what begins right behind it."""
    starts = [start for start, _ in bits]

    def between(start: int, end: int) -> float:
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        return math.log(LEAST + sum(bit for _, bit in bits[first:last]))

    return [(between(w.start, w.end), between(w.end, w.end + _NEXT)) for w in words]


@cache
def load() -> tuple[Witness, Calibration]:
    """What ships with mtqa."""
    fitted = json.loads(files("qa.proposers").joinpath("doubts.json").read_text("utf-8"))
    return Witness(**fitted["witness"]), Calibration(**fitted["calibration"])
