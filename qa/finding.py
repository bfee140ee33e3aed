"""What a check says of a place in the text: finding, severity, suggestion."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

# The MQM core typology (ISO 5060), as far as mtqa reports it. A rule may go one level deeper
# than its parent here ("fluency/grammar/word-order").
CATEGORIES = (
    "accuracy/mistranslation",
    "accuracy/mistranslation/false-friend",
    "accuracy/mistranslation/date-time",
    "accuracy/mistranslation/entity",
    "accuracy/mistranslation/number",
    "accuracy/mistranslation/unit-conversion",
    "accuracy/do-not-translate",
    "accuracy/untranslated",
    "accuracy/addition",
    "accuracy/omission",
    "fluency/grammar",
    "fluency/grammar/agreement",
    "fluency/grammar/article",
    "fluency/grammar/preposition",
    "fluency/grammar/pronoun",
    "fluency/grammar/tense",
    "fluency/grammar/word-order",
    "fluency/inconsistency",
    "fluency/punctuation",
    "fluency/repetition",
    "fluency/spelling",
    "fluency/spelling/capitalisation",
    "fluency/split-phrase",
    "fluency/character-encoding",
    "locale-convention/number",
    "locale-convention/date",
    "locale-convention/time",
    "locale-convention/currency",
    "locale-convention/measurement",
    "locale-convention/punctuation",
    "style/unidiomatic",
    "style/awkward",
    "terminology",
    "terminology/inconsistent",
    "terminology/wrong-term",
    "design/markup",
    "non-translation/residue",
)


class Severity(StrEnum):
    """MQM severities, mildest first."""

    NEUTRAL = "neutral"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def weight(self) -> int:
        """Penalty points of one finding."""
        return WEIGHTS[self]

    def __lt__(self, other: str) -> bool:
        return RANK[self] < RANK[Severity(other)]

    def __le__(self, other: str) -> bool:
        return RANK[self] <= RANK[Severity(other)]

    def __gt__(self, other: str) -> bool:
        return RANK[self] > RANK[Severity(other)]

    def __ge__(self, other: str) -> bool:
        return RANK[self] >= RANK[Severity(other)]


WEIGHTS = {Severity.NEUTRAL: 0, Severity.MINOR: 1, Severity.MAJOR: 5, Severity.CRITICAL: 25}
RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A replacement for exactly the flagged text. ``safe``: may be applied without asking."""

    text: str
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A phrase that reads wrong, why, and what to write instead.

    ``start`` and ``end`` are code points in the decoded original; ``text`` is what stands there.
    ``source`` names the check or engine that found it, ``also`` other engines that flag the same place.
    ``confidence``: share of this rule's findings on open data that a reader would act on, 0 to 1.
    ``fingerprint`` is stable under edits elsewhere. ``gain``: the bits by which a language model prefers the first
    suggestion, where one was asked.
    """

    rule: str
    category: str
    severity: Severity
    confidence: float
    message: str
    start: int
    end: int
    text: str
    suggestions: tuple[Suggestion, ...] = ()
    fingerprint: str = ""
    source: str = "rules"
    also: tuple[str, ...] = ()
    gain: float | None = None

    def overlaps(self, other: Finding) -> bool:
        """Whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end


def fingerprint(
    rule: str, document_text: str, start: int, end: int, occurrence: int = 0, paragraph: tuple[int, int] | None = None
) -> str:
    """16 hex digits for a finding: rule, phrase and the three words on either side, within its ``paragraph``.

    Edits elsewhere in the file, a moved paragraph or a renamed file do not change it.
    ``occurrence`` tells apart findings that are alike in all of these, in document order.
    """
    first, last = paragraph or (0, len(document_text))
    before = _words(document_text[max(first, start - 80) : start])[-3:]
    after = _words(document_text[end : max(end, min(last, end + 80))])[:3]
    phrase = " ".join(_words(document_text[start:end])) or document_text[start:end]
    key = "\x1f".join([rule, " ".join(before), phrase, " ".join(after), str(occurrence)])
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
