"""How many bits a proposal must gain, given what else speaks for it; and how sure it is then.

Fitted by training/calibrate_proposals.py on annotated passages and human English: a logistic regression of the gain,
the proposer's own margin, the tagger's score of the place, the share of words that it holds garbled in the document
and, where there is one, the post-editor's gain. Solved for the gain, it says what margin a proposal has there.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LIMIT = 12.0
"""Bits of the post-editor that count at most, for and against."""
_MOST = 30.0
"""Bits of the language model that count at most, as in the fit."""
UNKNOWN = (0.05, math.log(0.03))
"""The tagger's score of a place, and the log share of garbled words, where there is no tagger."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds that a reader would act on a proposal: ``bias`` + ``gain`` × bits + ``margin`` × the proposer's margin
    + ``score`` × log-odds of the tagger's score + ``document`` × log share of garbled words
    + ``edited`` × bits by which the post-editor prefers it.

    ``shown``: probability from which on a proposal is shown; ``least``: bits that it must gain in any case.
    """

    bias: float
    gain: float
    margin: float
    score: float
    document: float
    shown: float
    least: float
    edited: float = 0.0

    def needed(self, margin: float, score: float, density: float, edited: float = 0.0) -> float:
        """The bits that a proposal must gain to be shown."""
        return max(self.least, (_logit(self.shown) - self._rest(margin, score, density, edited)) / self.gain)

    def odds(self, gain: float, margin: float, score: float, density: float, edited: float = 0.0) -> float:
        """Log-odds that a reader would act on a proposal that gained so much."""
        return self._rest(margin, score, density, edited) + self.gain * min(gain, _MOST)

    def beyond(self, gain: float, needed: float) -> float:
        """The log-odds of what gained so much where so much is held to be enough."""
        return _logit(self.shown) + self.gain * min(gain - needed, _MOST)

    def _rest(self, margin: float, score: float, density: float, edited: float) -> float:
        rest = self.bias + self.margin * margin + self.score * log_odds(score) + self.document * density
        return rest + self.edited * heard(edited)


@cache
def load() -> dict[str, Calibration]:
    """The calibrations that ship with mtqa: of ``specific`` proposers, who know what they look for, and ``blind``."""
    fitted = json.loads(files("qa.proposers").joinpath("calibration.json").read_text("utf-8"))
    return {kind: Calibration(**values) for kind, values in fitted.items()}


def heard(edited: float) -> float:
    """Of the post-editor's bits, as many as count."""
    return min(max(edited, -LIMIT), LIMIT)


def log_odds(score: float) -> float:
    """Of the tagger's score of a place, which is never quite 0 or 1 here."""
    return _logit(min(max(score, 1e-4), 1 - 1e-4))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
