"""From a place in a segment to a Finding: what all checks share.

Matching is done on a folded text of the same length, in which typographic variants that mean nothing to a rule
are one character, so that every offset holds in the segment as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.document import Document, Segment
from qa.finding import Finding, Suggestion
from qa.morphology import article
from qa.rulebook import Rule
from qa.suggest import NoFix, Words, fill

_FOLD = str.maketrans(
    {
        "’": "'",
        "ʼ": "'",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2007": " ",
        "\n": " ",
        "\r": " ",
        "\t": " ",
        "‐": "-",
        "‑": "-",
    }
)
_ARTICLE_BEFORE = re.compile(r"(?i)\b(an?) $")
_SENTENCE_START = re.compile(r"(?:^|[.!?:…][\"”'’)\]]*\s+|[\n“\"‘(]\s*|[-–—•*]\s+)$")
_FUNCTION_WORD = re.compile(
    r"(?i)(?:an?|the|his|her|its|their|our|my|your|this|that|these|those|some|any|no|every|each)\b"
)


_LATIN = 0.8
"""Share of letters that must be Latin: the models know English."""


def fold(text: str) -> str:
    """The text as rules match it: one apostrophe, one space, one hyphen; as long as before."""
    return text.replace("\n", " ").replace("\t", " ") if text.isascii() else text.translate(_FOLD)


def is_latin(text: str, least: int = 1) -> bool:
    """Whether a text may be English by its letters: at least so many, and four in five of them Latin."""
    letters = [c for c in text[:2000] if c.isalpha()]
    return len(letters) >= least and sum(c < "\u0250" for c in letters) >= _LATIN * len(letters)


def starts_sentence(text: str, position: int) -> bool:
    """Whether a sentence, quotation or line begins at ``position``."""
    return bool(_SENTENCE_START.search(text[max(0, position - 12) : position])) if position else True


@dataclass(frozen=True, slots=True)
class Passage:
    """A segment as checks read it, and the way from a place in it to a Finding.

    ``text``: the segment's, folded, of the same length. ``source``: the check's name.
    """

    document: Document
    segment: Segment
    words: Words
    source: str
    text: str

    @classmethod
    def of(cls, document: Document, segment: Segment, words: Words, source: str) -> Passage:
        """The passage of one segment."""
        return cls(document, segment, words, source, fold(segment.text))

    def mark(
        self,
        rule: Rule,
        start: int,
        end: int,
        replacements: Sequence[str],
        *,
        groups: Mapping[str, str | None] | None = None,
        note: str = "",
        proper: bool = False,
        exact: bool = False,
    ) -> Finding:
        """A finding of ``rule`` at ``text[start:end]``, with its suggestions made to fit there (see ``fit``)."""
        text = self.segment.text
        begin, stop, fixes = self.fit(start, end, replacements, proper=proper, exact=exact)
        a, b = self.segment.locate(begin, stop)
        safe = rule.safe and b - a == stop - begin
        kept = [f for f in dict.fromkeys(fixes) if f != text[begin:stop]]
        told = {
            **(groups or {}),
            "match": _one_line(text[start:end]),
            "fix": _one_line(kept[0] if kept else ""),
            "note": note,
        }
        try:
            message = fill(rule.message, told, self.words)
        except NoFix:
            message = rule.message
        return Finding(
            rule=rule.id,
            category=rule.category,
            severity=rule.severity,
            confidence=rule.confidence,
            message=message,
            start=a,
            end=b,
            text=self.document.text[a:b],
            suggestions=tuple(Suggestion(f, safe and i == 0) for i, f in enumerate(kept)),
            source=self.source,
        )


    def fit(
        self, start: int, end: int, replacements: Sequence[str], *, proper: bool = False, exact: bool = False
    ) -> tuple[int, int, list[str]]:
        """(start, end, replacements) of ``text[start:end]`` as they are put in there.

        ``replacements``: best first. ``proper``: the flagged words have capitals of their own, which a fix does not
        inherit; ``exact``: the replacements are put in as they are. The span grows over an article that must
        change with the fix, and over a space that would be left standing twice.
        """
        fixes = [r if exact else _cased(r, self.text, start, end, proper) for r in replacements]
        if fixes and fixes[0] == "":
            begin, stop, first = _deletion(self.text, start, end)
            return begin, stop, [first, *(self.text[begin:start] + f + self.text[end:stop] for f in fixes[1:])]
        begin, fixes = _with_article(self.text, start, end, fixes)
        return begin, end, fixes


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cased(fix: str, folded: str, start: int, end: int, proper: bool) -> str:
    """Carry the capital of a sentence's first word, or capitals throughout, over to the fix."""
    old = folded[start:end]
    if not fix or not old:
        return fix
    letters = [c for c in old if c.isalpha()]
    if not proper and len(letters) > 3 and all(c.isupper() for c in letters):
        return fix.upper()
    if fix[0].islower() and old[0].isupper() and (not proper or starts_sentence(folded, start)):
        return fix[0].upper() + fix[1:]
    return fix


def _with_article(folded: str, start: int, end: int, fixes: list[str]) -> tuple[int, list[str]]:
    """Take an ``a`` or ``an`` before the span into it, where a fix asks for the other one or for none."""
    match = _ARTICLE_BEFORE.search(folded[max(0, start - 4) : start])
    if not match or not fixes or not any(fixes):
        return start, fixes
    old = match[1]
    out: list[str] = []
    for fix in fixes:
        if _FUNCTION_WORD.match(fix):
            out.append(fix if old[0].islower() else fix[0].upper() + fix[1:])
            continue
        new = article(fix)
        out.append((new.capitalize() if old[0].isupper() else new) + " " + fix)
    if out[0] == f"{old} {fixes[0]}":
        return start, fixes
    return start - len(old) - 1, out


def _deletion(folded: str, start: int, end: int) -> tuple[int, int, str]:
    """The span to delete, with one of the spaces around it, and what remains of it (a capital, mostly nothing)."""
    if start and folded[start - 1] == " " and (end == len(folded) or folded[end] in " ,.;:!?)”\"'"):
        return start - 1, end, ""
    if end < len(folded) and folded[end] == " " and (not start or folded[start - 1] in " (“\"'‘["):
        following = folded[end + 1 : end + 2]
        if following.islower() and folded[start : start + 1].isupper():
            return start, end + 2, following.upper()
        return start, end + 1, ""
    return start, end, ""
