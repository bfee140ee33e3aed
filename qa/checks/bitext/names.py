"""Names and codes of the source that are not in the translation, and those that only the translation has.

Names are compared by their sound: romanised, and without what spelling adds. Words that the dictionary knows, and names of
countries and peoples, which English has its own words for, are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from rapidfuzz.distance import JaroWinkler

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import Pair, source_words
from qa.checks.passage import starts_sentence
from qa.finding import Finding

CODE = "bitext/code"
LOST = "bitext/name-lost"
INVENTED = "bitext/name-invented"

_CODE = re.compile(r"(?<![\w/.@-])(?=[A-Z0-9/-]*[A-Z])(?=[A-Z0-9/-]*\d)[A-Z0-9]+(?:[-/][A-Z0-9]+)*(?![\w@])")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH|S|H|C|F|M|KM|KG|MM|CM|GB|MB|X|K|D|E|O|A|B)?|[IVXLC]+-\d+")
_NAME = re.compile(r"(?<![\w'-])[A-Z\u00c0-\u00de\u0100-\u017f\u0218\u021a][a-z\u00df-\u024f]{3,}(?![\w-])")
_CAPITAL = re.compile(r"[^\W\d_a-z]\w*")
_SPELLINGS = (("ch", "s"), ("ph", "p"), ("sh", "s"), ("th", "t"), ("kh", "k"), ("zh", "s"), ("ck", "k"), ("ts", "s"), ("x", "ks"))
_KINDS = str.maketrans("bfvwgcqdzjy", "ppppkkktssi")
_ENOUGH = 0.72
"""Likeness of two names (Jaro-Winkler on their sounds) from which they may be one."""


def find(pair: Pair) -> Iterator[Finding]:
    """Codes, then names."""
    if pair.rulebook.is_enabled(CODE):
        yield from _codes(pair)
    if pair.rulebook.is_enabled(INVENTED):
        yield from _invented(pair)
    if pair.rulebook.is_enabled(LOST):
        yield from _lost(pair)


def _codes(pair: Pair) -> Iterator[Finding]:
    theirs = {_plain(m[0]): m for m in _CODE.finditer(pair.source) if not _ORDINAL.fullmatch(m[0])}
    if not theirs:
        return
    ours = {_plain(m[0]): m for m in _CODE.finditer(pair.text) if not _ORDINAL.fullmatch(m[0])}
    everything = _plain(pair.text)
    new = [m for key, m in ours.items() if key not in _plain(pair.source)]
    for key, match in theirs.items():
        if key in everything:
            continue
        other = next((m for m in new if JaroWinkler.similarity(_plain(m[0]), key) > 0.6), None)
        if other is not None:
            groups = {"problem": f"“{other[0]}” is “{match[0]}” in the source"}
            yield pair.mark(CODE, *other.span(), [match[0]], groups=groups)
        else:
            start, end = pair.near(match.start())
            yield pair.mark(CODE, start, end, groups={"problem": f"“{match[0]}” of the source is missing"})


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _invented(pair: Pair) -> Iterator[Finding]:
    """Names that sound like nothing in the source."""
    sounds: list[str] | None = None
    for match in _NAME.finditer(pair.text):
        word = match[0]
        if starts_sentence(pair.text, match.start()) or _is_english(pair, word):
            continue
        if sounds is None:
            sounds = sorted({_sound(w) for w in source_words(pair.source)})
        sound = _sound(word)
        if len(sound) > 2 and all(likeness(sound, other) < _ENOUGH for other in sounds):
            yield pair.mark(INVENTED, *match.span())


def _lost(pair: Pair) -> Iterator[Finding]:
    """Of a name of several words, one that sounds like nothing in the translation, while its neighbour is there."""
    tokens = list(re.finditer(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", pair.source))
    ours: list[str] | None = None
    for i, match in enumerate(tokens):
        word = match[0]
        if not _is_capital(word) or len(word) < 4 or i == 0 or starts_sentence(pair.source, match.start()):
            continue
        beside = [tokens[j] for j in (i - 1, i + 1) if 0 <= j < len(tokens) and _is_name_beside(pair.source, match, tokens[j])]
        if not beside:
            continue
        if ours is None:
            ours = [_sound(w) for w in re.findall(r"[^\W\d_]+", pair.text)]
        there = any(likeness(_sound(b[0]), o) > 0.9 for b in beside for o in ours if len(b[0]) > 3)
        if there and all(likeness(_sound(word), o) < 0.6 for o in ours):
            start, end = pair.near(match.start())
            yield pair.mark(LOST, start, end, groups={"name": word})


def _is_name_beside(text: str, match: re.Match[str], other: re.Match[str]) -> bool:
    first, second = sorted((match, other), key=lambda m: m.start())
    return text[first.end() : second.start()] == " " and _is_capital(other[0]) and len(other[0]) > 3


def _is_capital(word: str) -> bool:
    return word[0].isupper() and word[1:].islower()


def _is_english(pair: Pair, word: str) -> bool:
    small = word.lower()
    if known.is_english(small) or known.is_english(small.removesuffix("s")) or pair.rulebook.belongs(small, ("word",)):
        return True
    for lexicon in ("proper-adjective", "exonym", "demonym-country"):
        try:
            pair.rulebook.value(lexicon, small)
        except KeyError:
            continue
        return True
    return small in _territories()


@functools.cache
def _territories() -> frozenset[str]:
    """English names of countries and languages, word by word."""
    from babel import Locale

    english = Locale.parse("en")
    names = [*english.territories.values(), *english.languages.values()]
    return frozenset(word for name in names for word in re.findall(r"\w+", str(name).lower()))


@functools.lru_cache(20_000)
def _sound(word: str) -> str:
    """A word by the kinds of its consonants, as far as scripts and spellings can agree on them."""
    plain = re.sub(r"[^a-z]", "", known.romanised(word))
    for old, new in _SPELLINGS:
        plain = plain.replace(old, new)
    plain = plain.translate(_KINDS)
    plain = ("a" if plain[:1] in "aeiou" else plain[:1]) + re.sub(r"[aeiouh]", "", plain[1:])
    return re.sub(r"(.)\1+", r"\1", plain)


def likeness(one: str, other: str) -> float:
    """From 0 to 1. A word may have endings, and names may be written together."""
    if not one or not other:
        return 0.0
    if len(one) > 2 and (one in other or (len(other) > 2 and other in one)):
        return 1.0
    return float(JaroWinkler.similarity(one, other))
