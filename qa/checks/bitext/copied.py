"""Segments and stretches of the source that stand in the translation as they were."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import Pair
from qa.finding import Finding

UNTRANSLATED = "bitext/untranslated"
COPIED = "bitext/copied-words"
LANGUAGE = "bitext/wrong-language"
SCRIPT = "bitext/wrong-script"

WHOLE = (UNTRANSLATED, LANGUAGE, SCRIPT)
"""Findings after which a segment is no translation that could be compared further."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_RUN = 4
"""Words of the source in a row from which they are taken for a copy."""
_SURE = 0.98
_FEWEST = 6
"""Words below which nobody can tell a language for certain."""


def find(pair: Pair) -> Iterator[Finding]:
    """At most one finding a pair: the whole segment, or one of its stretches."""
    ours = list(_WORD.finditer(pair.text))
    if not ours:
        return
    # Text of two scripts is right where the source quotes the other one, too.
    if pair.rulebook.is_enabled(SCRIPT) and _foreign(pair.text) > 0.5 and len(pair.text) > 3:
        yield pair.mark(SCRIPT, *_whole(pair))
        return
    theirs = [m[0].lower() for m in _WORD.finditer(pair.source)]
    same = [m[0].lower() for m in ours] == theirs
    if same and pair.rulebook.is_enabled(UNTRANSLATED) and pair.language != "en" and _is_foreign_text(pair, ours):
        yield pair.mark(UNTRANSLATED, *_whole(pair))
        return
    if pair.rulebook.is_enabled(LANGUAGE) and len(ours) >= _FEWEST and _unknown(pair, ours) > 0.55 * len(ours):
        code, sure = known.language_of(pair.text)
        if code not in ("en", "la", "") and sure > _SURE:
            yield pair.mark(LANGUAGE, *_whole(pair), groups={"language": _name_of(code)})
            return
    if pair.language != "en" and pair.rulebook.is_enabled(COPIED):
        yield from _copied(pair, ours, theirs)


def _copied(pair: Pair, ours: list[re.Match[str]], theirs: list[str]) -> Iterator[Finding]:
    """Runs of words of the source, most of them no English, outside quotation marks."""
    together = "\x1f" + "\x1f".join(theirs) + "\x1f"
    at = 0
    while at + _RUN <= len(ours):
        size = 0
        while (
            at + size < len(ours)
            and "\x1f" + "\x1f".join(m[0].lower() for m in ours[at : at + size + 1]) + "\x1f" in together
        ):
            size += 1
        run = ours[at : at + size]
        small = [m for m in run if m[0].islower()]
        if size >= _RUN and _is_prose(pair, run, small) and not _is_quoted(pair.text, run):
            yield pair.mark(COPIED, run[0].start(), run[-1].end())
        at += max(size, 1)


def _is_prose(pair: Pair, run: list[re.Match[str]], small: list[re.Match[str]]) -> bool:
    """Whether the run reads as a sentence of another language, not as names in a row."""
    if 2 * len(small) < len(run) or len(small) < 3 or _unknown(pair, small) < 0.5 * len(small):
        return False
    return re.fullmatch(r"[^\[\]|=_/\d]*", pair.text[run[0].start() : run[-1].end()]) is not None


def _is_foreign_text(pair: Pair, ours: list[re.Match[str]]) -> bool:
    small = [m for m in ours if m[0].islower()]
    unknown = _unknown(pair, ours)
    return (len(ours) >= 3 and len(small) >= 1 and unknown > 0.4 * len(ours)) or (
        len(small) == len(ours) and unknown == len(ours)
    )


def _unknown(pair: Pair, matches: list[re.Match[str]]) -> int:
    """How many of the words the English dictionary and the list of function words do not have."""
    return sum(not _is_known(pair, m[0].lower()) for m in matches)


def _is_known(pair: Pair, word: str) -> bool:
    return word in _FUNCTION_WORDS or pair.rulebook.belongs(word, ("word",))


def _is_quoted(text: str, run: list[re.Match[str]]) -> bool:
    before, after = text[: run[0].start()].rstrip(), text[run[-1].end() :].lstrip(" .,!?")
    return before[-1:] in tuple("\"“„«‘'(*_:") or after[:1] in tuple("\"”“»’')*_")


def _whole(pair: Pair) -> tuple[int, int]:
    return 0, len(pair.text)


def _foreign(text: str) -> float:
    letters = [c for c in text if c.isalpha()]
    return sum(not ("A" <= c <= "z" or "\u00c0" <= c <= "\u024f" or "\u1e00" <= c <= "\u1eff") for c in letters) / max(
        len(letters), 1
    )


def _name_of(code: str) -> str:
    from babel import Locale

    return str(Locale.parse("en").languages.get(code, code))


_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "as",
        "into",
        "onto",
        "than",
        "that",
        "this",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "you",
        "i",
        "me",
        "him",
        "her",
        "them",
        "us",
        "my",
        "your",
        "his",
        "their",
        "our",
        "who",
        "whom",
        "whose",
        "which",
        "what",
        "when",
        "where",
        "why",
        "how",
        "not",
        "no",
        "nor",
        "so",
        "such",
        "too",
        "very",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "shall",
        "should",
        "must",
        "there",
        "here",
        "all",
        "any",
        "both",
        "each",
        "few",
        "more",
        "most",
        "other",
        "some",
        "own",
        "same",
        "only",
        "just",
        "about",
        "after",
        "before",
        "between",
        "under",
        "over",
        "again",
        "then",
        "once",
        "out",
        "up",
        "down",
        "off",
        "during",
        "through",
        "because",
        "while",
        "until",
        "against",
        "without",
        "within",
        "upon",
        "also",
    ]
)
