"""What is known of a source language: how it writes numbers, names months, says “not”; and which language a text is in.

CLDR says it, through Babel and unicode-rbnf; py3langid guesses languages. They come with the extra ``bitext``.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import re
from collections.abc import Sequence

from qa.errors import MtqaError

PACKAGES = {
    "babel": "babel",
    "unicode_rbnf": "unicode-rbnf",
    "anyascii": "anyascii",
    "py3langid": "py3langid",
    "spellchecker": "pyspellchecker",
}
_SAMPLE = 20_000
_LISTED = frozenset({"es", "fr", "pt", "it", "nl"})
"""Languages with a word list, whose names stay as they are in English and whose common nouns have no capitals."""
_COUNTED = (*range(0, 101), *range(200, 1000, 100), 1000, *(n * 1000 for n in range(2, 11)), 10**6, 10**9, 10**12)
_SCALES = (1000, 10**6, 10**9, 10**12)
_ORDINALS_UNKNOWN = frozenset({"cs", "sk", "sl", "hr", "sr", "fi", "hu"})
_ERAS = {"ne": (56, 57), "th": (543,)}
"""Years by which a country's own era differs from the common one."""
_FORMS = {"et": {"tuhande": 1000, "tuhat": 1000, "miljoni": 10**6, "miljardi": 10**9}, "ne": {"सय": 100}}
_LAKH = {"ne": {"लाख": 10**5, "करोड": 10**7, "हजार": 1000, "अरब": 10**9}, "hi": {"लाख": 10**5, "करोड़": 10**7}}
_CJK_SCALES = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "千": 1000, "百": 100, "만": 10**4, "억": 10**8}
_CJK = frozenset({"zh", "ja", "ko", "yue"})
_NUMERALS_OF_CHINESE = re.compile("[〇零一二三四五六七八九十百千万萬億亿两兩壱弐参]")
# Words that are everywhere for another reason than counting.
_NO_COUNT = frozenset(
    ["un", "una", "uno", "une", "o", "ein", "eine", "um", "uma", "een", "et", "i", "si", "sa", "unu", "null"]
)


def require() -> None:
    """Raise MtqaError where a package that comparing with a source needs is not installed."""
    missing = [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MtqaError(
            f"to compare with a source, mtqa needs {', '.join(missing)}: pip install 'mtqa[bitext]' "
            "(or --checks without “bitext”)"
        )


def romanised(text: str) -> str:
    """``text`` in small Latin letters."""
    from anyascii import anyascii

    return str(anyascii(text)).lower()


def language_of(text: str, among: Sequence[str] = ()) -> tuple[str, float]:
    """(code, confidence from 0 to 1) of the language that the text seems to be in; ``""`` where it is too short."""
    sample = text[:_SAMPLE]
    if sum(c.isalpha() for c in sample) < 20:
        return "", 0.0
    ranked = _identifier().rank(sample)
    if among:
        ranked = [(code, score) for code, score in ranked if code in among] or ranked
    return str(ranked[0][0]), float(ranked[0][1])


def is_english(word: str) -> bool:
    """Whether a word in small letters is in a large English word list, which has many names too."""
    return word in (_word_list("en") or ())


def is_nearly_english(word: str) -> bool:
    """Whether a slip of one letter makes the word one of that list."""
    from spellchecker import SpellChecker

    words = _word_list("en") or frozenset()
    return any(edit in words for edit in SpellChecker(language=None, distance=1).edit_distance_1(word))


def is_word(word: str, language: str) -> bool | None:
    """Whether a word in small letters is in the language's word list; None where there is no list."""
    words = _word_list(language) if language in _LISTED else None
    return None if words is None else word in words


@functools.cache
def _word_list(language: str) -> frozenset[str] | None:
    from spellchecker import SpellChecker

    return frozenset(SpellChecker(language=language, distance=1).word_frequency.dictionary)


@functools.cache
def _identifier():  # type: ignore[no-untyped-def]
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@functools.cache
def separators(language: str) -> tuple[str, str] | None:
    """(decimal separator, separator of thousands) as the language writes them; None for an unknown one."""
    locale = _locale(language)
    if locale is None:
        return None
    symbols = locale.number_symbols
    symbols = symbols.get("latn", symbols)
    return str(symbols["decimal"]), str(symbols["group"])


@functools.cache
def number_words(language: str) -> dict[str, int]:
    """Number words and phrases, romanised, with what they count; empty for a language without any."""
    try:
        from unicode_rbnf import FormatPurpose, RbnfEngine
        from unicode_rbnf.engine import RbnfError

        engine = RbnfEngine.for_language(language)
    except (ValueError, KeyError):
        return {}
    found: dict[str, int] = {}
    # The engine prints what a language has no rules for.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for number in _COUNTED:
            for purpose in (FormatPurpose.CARDINAL, FormatPurpose.ORDINAL):
                try:
                    forms = engine.format_number(number, purpose).text_by_ruleset.items()
                except (RbnfError, ValueError, KeyError):
                    continue
                for rules, form in forms:
                    word = " ".join(romanised(form).replace("-", " ").split())
                    if rules.startswith("spellout") and not any(c.isdigit() for c in word) and word not in _NO_COUNT:
                        found.setdefault(word, number)
    return found


def has_ordinals(language: str) -> bool:
    """Whether “eighth” and its like are known, or begin as “eight” does."""
    return language not in _ORDINALS_UNKNOWN


@functools.cache
def scale_words(language: str) -> dict[str, int]:
    """Words and abbreviations for thousand, million … as they stand behind digits, romanised (“mln”, “tys.”, “mii”)."""
    found: dict[str, int] = {}
    locale = _locale(language)
    if locale is not None:
        for style in ("short", "long"):
            patterns = locale.compact_decimal_formats.get(style, {})
            for by_size in patterns.values():
                for size, pattern in by_size.items():
                    written = pattern.pattern
                    words = re.findall(r"[^\W\d_]+", written)
                    if words and (zeros := re.search(r"0+", written)):
                        found.setdefault(romanised(words[-1]), int(size) // 10 ** (len(zeros[0]) - 1))
    for word, number in number_words(language).items():
        bare = word.removeprefix("one ").split()[-1]
        if number in _SCALES:
            found.setdefault(bare, number)
    for word, number in {
        **_FORMS.get(language, {}),
        **_LAKH.get(language, {}),
        **(_CJK_SCALES if language in _CJK else {}),
    }.items():
        found[romanised(word) if language not in _CJK else word] = number
    return {word: number for word, number in found.items() if number >= 100}


def counts(language: str, text: str) -> dict[int, str] | None:
    """What the number words of a text count, with the words; None where the language's number words are not known."""
    if language in _CJK:
        numeral = _NUMERALS_OF_CHINESE.search(text)
        return {-1: numeral[0]} if numeral else {}
    words = number_words(language)
    if not words:
        return None
    longest = max(word.count(" ") for word in words) + 1
    tokens = re.findall(r"[a-z']+", romanised(text))
    found: dict[int, str] = {}
    at = 0
    while at < len(tokens):
        for size in range(min(longest, len(tokens) - at), 0, -1):
            phrase = " ".join(tokens[at : at + size])
            if phrase in words:
                found.setdefault(words[phrase], phrase)
                at += size - 1
                break
        else:
            # An inflected form, or one written together with its noun: it counts something.
            if any(tokens[at].startswith(stem) for stem in _stems(language)):
                found.setdefault(-1, tokens[at])
        at += 1
    return found


@functools.cache
def _stems(language: str) -> tuple[str, ...]:
    return tuple(
        {word[:-1] if len(word) > 4 else word for word in number_words(language) if " " not in word and len(word) > 3}
    )


@functools.cache
def months(language: str) -> dict[str, int]:
    """Names of months, romanised, with their numbers."""
    return _calendar(language, "months")


@functools.cache
def weekdays(language: str) -> dict[str, int]:
    """Names of weekdays, romanised, 0 for Monday."""
    return {word: number for word, number in _calendar(language, "days").items() if len(word) > 4}


def _calendar(language: str, what: str) -> dict[str, int]:
    locale = _locale(language)
    if locale is None:
        return {}
    found: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in getattr(locale, what).get(context, {}).get(width, {}).items():
                word = romanised(str(name)).rstrip(".")
                if len(word) > 2:
                    found.setdefault(word, int(number))
    return found


def _locale(language: str):  # type: ignore[no-untyped-def]
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language) if language else None
    except (UnknownLocaleError, ValueError):
        return None


def eras(language: str) -> tuple[int, ...]:
    """Years by which an era that the language counts by is ahead of, or behind, the common one."""
    return _ERAS.get(language, ())
