"""What the tagger sees of a text besides its words' pieces: case, and what stands glued to what.

Shared with training, so that both see the same. Quotation marks, dashes and apostrophes are made alike first: how they
are typed says where a text was edited, not how it reads.
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 160
"""Tokens of a window at most."""

_ALIKE = str.maketrans({
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "‐": "-",
    "‑": "-", "−": "-", "…": ".", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "\n": " ", "\r": " ",
})  # fmt: skip

_LOWER, _TITLE, _UPPER, _MIXED, _DIGIT, _MARK = range(6)
CASES = 12
"""Number of case ids: six classes of words, and the same again for a piece that no space precedes."""


def folded(text: str) -> str:
    """The text with its typography made alike; as long as it was."""
    return text.translate(_ALIKE)


def case_ids(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    """The case class of each token, from the word that it is a piece of; 0 for what stands nowhere in the text."""
    out = []
    for start, end in offsets:
        if end <= start:
            out.append(0)
            continue
        first, last = start, end
        while first and text[first - 1].isalnum():
            first -= 1
        while last < len(text) and text[last].isalnum():
            last += 1
        is_glued = start > 0 and not text[start - 1].isspace()
        out.append(_class(text[first:last]) + (6 if is_glued else 0))
    return out


def _class(word: str) -> int:
    if not any(c.isalnum() for c in word):
        return _MARK
    if any(c.isdigit() for c in word):
        return _DIGIT
    if word.islower():
        return _LOWER
    if len(word) > 1 and word.isupper():
        return _UPPER
    return _TITLE if (word[0].isupper() and word[1:].islower()) or len(word) == 1 else _MIXED
