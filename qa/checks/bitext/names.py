"""Names and codes of the source that are not in the translation, and those that only the translation has.

Names are compared by their sound: romanised, and without what spelling adds. Words that the dictionary knows, and names
of countries and peoples, which English has its own words for, are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import Pair, source_words
from qa.checks.passage import starts_sentence
from qa.finding import Finding

CODE = "bitext/code"
LOST = "bitext/name-lost"
CHANGED = "bitext/name-changed"
INVENTED = "bitext/name-invented"

_CODE = re.compile(r"(?<![\w/.@-])(?=[A-Z0-9/-]*[A-Z])(?=[A-Z0-9/-]*\d)[A-Z0-9]+(?:[-/][A-Z0-9]+)*(?![\w@])")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH|S|H|C|F|M|KM|KG|MM|CM|GB|MB|X|K|D|E|O|A|B)?|[IVXLC]+-\d+")
_NAME = re.compile(r"(?<![\w'-])[A-Z\u00c0-\u00de\u0100-\u017f\u0218\u021a][a-z\u00df-\u024f]{3,}(?![\w-])")
_CAPITAL = re.compile(r"[^\W\d_a-z]\w*")
_SPELLINGS = (
    *((sibilant, "s") for sibilant in ("tsh", "dzh", "dz", "ch")),
    ("ph", "p"),
    *((sibilant, "s") for sibilant in ("sh", "zh", "ts")),
    ("th", "t"),
    ("kh", "h"),
    ("ck", "k"),
    ("x", "ks"),
)
_KINDS = str.maketrans("bfvwgcqdzjy", "ppppkkktsii")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_UNHEARD = frozenset((*["zh", "ja", "ko", "th", "si", "ar", "he", "fa", "ur", "my", "km", "lo", "ne", "hi"], ""))
"""Languages in whose script a name cannot be heard well enough, and an unknown one."""
_NEARLY = 55.0
"""Likeness in per cent from which a name is another one misspelt."""
_ENOUGH = 0.72
"""Likeness of two names (Jaro-Winkler on their sounds) from which they may be one."""


def find(pair: Pair) -> Iterator[Finding]:
    """Codes, then names."""
    if pair.rulebook.is_enabled(CODE):
        yield from _codes(pair)
    if pair.language not in _UNHEARD:
        yield from _unknown(pair)
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


def _unknown(pair: Pair) -> Iterator[Finding]:
    """Names of the translation that the source has otherwise, or that sound like nothing in it."""
    theirs: list[str] | None = None
    for match in _NAME.finditer(pair.text):
        word = match[0]
        if starts_sentence(pair.text, match.start()) or _is_english(pair, word):
            continue
        if theirs is None:
            theirs = sorted(set(source_words(pair.source)))
        if (usual := _misspelt(word, theirs)) is not None:
            if pair.rulebook.is_enabled(CHANGED):
                yield pair.mark(CHANGED, *match.span(), [usual], groups={"name": usual})
        elif pair.rulebook.is_enabled(INVENTED) and not _is_heard(word, theirs):
            yield pair.mark(INVENTED, *match.span())


def _misspelt(word: str, theirs: list[str]) -> str | None:
    """The source's name that ``word`` is meant to be, where both are in Latin letters and differ inside the word."""
    plain = known.romanised(word)
    nearest, best = None, 0.0
    for other in theirs:
        if not _LATIN.fullmatch(other):
            return None
        there = known.romanised(other)
        same = _common(plain, there)
        # Endings are the source's grammar, or English's.
        if same >= len(plain) - 2 or plain in there or there in plain or _alike(_sound(word), _sound(other)):
            return None
        if other[0].isupper() and len(other) > 4 and (like := fuzz.ratio(plain, there)) > best:
            nearest, best = other, like
    return nearest if best >= _NEARLY and len(plain) > 4 else None


def _common(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _alike(one: str, other: str) -> bool:
    """Whether two names differ in vowels and endings only, as when a name from a third script is spelt anew."""
    return one.startswith(other[:-1] or other) or other.startswith(one[:-1] or one)


def _is_heard(word: str, theirs: list[str]) -> bool:
    sounds = {_sound(other) for other in theirs}
    forms = {word, word.removesuffix("s"), word.removesuffix("ns"), word.removesuffix("ans")}
    heard = [sound for form in forms if len(sound := _sound(form)) > 1]
    return len(_sound(word)) < 3 or any(likeness(a, b) >= _ENOUGH for a in heard for b in sounds)


def _lost(pair: Pair) -> Iterator[Finding]:
    """Words of the source with a capital that its dictionary does not know, and to which nothing here sounds alike."""
    ours: list[str] | None = None
    for match in re.finditer(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", pair.source):
        word = match[0]
        if len(word) < 5 or not _is_capital(word) or starts_sentence(pair.source, match.start()):
            continue
        if known.is_word(word.lower(), pair.language) is not False or len(_sound(word)) < 3:
            continue
        if ours is None:
            ours = [_sound(w) for w in source_words(pair.text)]
        if all(likeness(_sound(word), o) < 0.6 for o in ours):
            start, end = pair.near(match.start())
            yield pair.mark(LOST, start, end, groups={"name": word})


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
    return small in _territories() or known.is_nearly_english(small)


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
    plain = re.sub(r"[^a-z]", "", known.romanised(word.replace("ț", "ts").replace("ţ", "ts")))
    if "\u0900" <= word[:1] <= "\u0dff":
        plain = plain.replace("c", "ch")
    for old, new in _SPELLINGS:
        plain = plain.replace(old, new)
    plain = plain.translate(_KINDS)
    plain = ("a" if plain[:1] in tuple("aeiou") else plain[:1]) + re.sub(r"[aeiouh]", "", plain[1:])
    plain = plain.removeprefix("h")
    return re.sub(r"(.)\1+", r"\1", plain)


def likeness(one: str, other: str) -> float:
    """From 0 to 1. A word may have endings, and names may be written together."""
    if not one or not other:
        return 0.0
    if len(one) > 2 and (one in other or (len(other) > 2 and other in one)):
        return 1.0
    return float(JaroWinkler.similarity(one, other))
