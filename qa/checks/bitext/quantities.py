"""Numbers in a text: what each may be worth, by the language that it stands in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from qa.checks.bitext import language as known
from qa.checks.bitext.pair import MARKS

_DIGITS = re.compile(
    r"(?<![\d])(?:\d{1,3}(?:[.,]\d{2,3}|['\u2019]\d{3})+(?:[.,]\d+)?"
    r"|\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?:[.,]\d+)?|\d+(?:[.,:]\d+)?)(?!\d)"
)
_AFTER = re.compile(rf"[ \u00a0\u202f-]?([^\W\d_](?:[^\W\d_]|[{MARKS}])*)")
_CLOCK = re.compile(r"(?i)\s?[ap]\.?m\b")
_SPACES = " \u00a0\u202f\u2009"
_ROMAN = re.compile(r"(?<![\w])(?=[IVXLC]{2,}|[IVX]\b)[CL]{0,3}(?:X[CL]|L?X{0,3})(?:IX|IV|V?I{0,3})(?![\w])")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = {
    word: 10 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_ORDINAL = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_SCALE = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "bn": 10**9,
    "k": 1000, "m": 10**6, "mn": 10**6, "mln": 10**6, "lakh": 10**5, "crore": 10**7, "tn": 10**12, "b": 10**9,
}  # fmt: skip
_MORE: dict[str, int | Fraction] = {
    "once": 1, "single": 1, "twice": 2, "both": 2, "double": 2, "doubled": 2, "pair": 2, "couple": 2, "twin": 2,
    "half": Fraction(1, 2), "quarter": Fraction(1, 4), "triple": 3, "tripled": 3, "trio": 3, "decade": 10, "dozen": 12,
    "century": 100, "duo": 2, "fortnight": 14, "quarters": Fraction(1, 4), "noon": 12, "midnight": 12,
}  # fmt: skip
ENGLISH: dict[str, Fraction] = {
    **{word: Fraction(n) for n, word in enumerate(_UNITS.split())},
    **{word: Fraction(n) for word, n in _TENS.items()},
    **{word: Fraction(n) for word, n in _ORDINAL.items()},
    **{f"{word}th": Fraction(n) for n, word in enumerate(_UNITS.split()) if n in (4, 6, 7, *range(10, 20)) and n != 12},
    **{word[:-1] + ending: Fraction(n) for word, n in _TENS.items() for ending in ("ieth", "ies")},
    **{word: Fraction(n) for word, n in _MORE.items()},
}
_ENGLISH_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text. ``values``: what it may be worth; ``is_digits``: whether it is written in digits.

    ``before_word``: whether a word follows, which may be a scale such as “million”.
    """

    values: frozenset[Fraction]
    start: int
    end: int
    text: str
    is_digits: bool = True
    before_word: bool = False

    @property
    def value(self) -> Fraction:
        """The likeliest value."""
        return max(self.values)

    def agrees(self, other: Quantity) -> bool:
        """Whether both may be worth the same."""
        return not self.values.isdisjoint(other.values)


def plain_digits(text: str) -> str:
    """``text`` with the decimal digits of every script as 0 to 9; as long as before."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def in_digits(text: str, language: str) -> list[Quantity]:
    """The numbers written in digits, as the language (``en`` for the translation) writes them."""
    plain = plain_digits(text)
    found: list[Quantity] = []
    scaled: tuple[set[Fraction], int] = (set(), -1)
    for match in _DIGITS.finditer(plain):
        values = _values(match[0], language)
        if 0 <= match.start() - scaled[1] <= 1:
            # “3 hundred 75”
            values |= {a + b for a in scaled[0] for b in values}
        if (
            language == "en"
            and (time := re.fullmatch(r"(\d\d?)\.(\d\d)", match[0]))
            and _CLOCK.match(plain, match.end())
        ):
            values |= {Fraction(time[1]), Fraction(time[2])}
        after = _AFTER.match(plain, match.end())
        if after and (scale := _scale(after[1], language)):
            larger = scaled[0] if 0 <= match.start() - scaled[1] <= 1 else set()
            scaled = {value * scale for value in values}, after.end()
            values |= scaled[0] | {a + b for a in larger for b in scaled[0]}
        written = text[slice(*match.span())]
        found.append(Quantity(frozenset(values), *match.span(), written, before_word=after is not None))
    return found


def _scale(word: str, language: str) -> int:
    if language == "en":
        return _SCALE.get(word.lower().rstrip("s") if len(word) > 2 else word.lower(), 0)
    scales = known.scale_words(language)
    if scales:
        plain = known.romanised(word)
        for length in (len(plain), len(plain) - 1, len(plain) - 2):
            if length > 0 and (found := scales.get(plain[:length])):
                return found
        if not word.isascii() and (found := scales.get(word[0])):
            return found
    return 0


def _values(digits: str, language: str) -> set[Fraction]:
    marks = [c for c in digits if not c.isdigit()]
    if not marks:
        return {Fraction(digits)}
    if ":" in marks:
        parts = re.split(r"\D", digits)
        return {Fraction(p) for p in parts if p}
    if any(c in _SPACES for c in marks):
        parts = re.split(f"[{_SPACES}]", digits)
        whole = {Fraction(re.sub(r"\D", "", re.split(r"[.,]", "".join(parts))[0]))}
        if re.search(r"[.,]", parts[-1]):
            whole = {Fraction("".join(parts).replace(",", "."))}
        if any(len(part) > 1 and part[0] == "0" for part in parts):
            return whole
        return whole | {value for part in parts for value in _values(part, language)}
    last = marks[-1]
    head, _, tail = digits.rpartition(last)
    as_group = Fraction(re.sub(r"\D", "", digits))
    as_decimal = Fraction(re.sub(r"\D", "", head) + "." + tail)
    if len(set(marks)) > 1:
        return {as_decimal}
    if len(marks) > 1:
        # 12.03.2020, or 192.168.0.1, or 1.234.567
        parts = re.split(r"\D", digits)
        separate = {Fraction(part) for part in parts}
        # 1,40,000 is how South Asia groups.
        grouped = len(parts[-1]) == 3 and len({len(part) for part in parts[1:-1]}) == 1 and last != "."
        return {as_group} if grouped or all(len(p) == 3 for p in parts[1:]) else separate
    if last in "'\u2019":
        return {as_group}
    # 15.30 may be a time, 12.03 a day.
    separate = {Fraction(head), Fraction(tail)} if last == "." and len(tail) <= 2 and language != "en" else set()
    if len(tail) != 3 or head == "0" or head.startswith("0"):
        return {as_decimal} | separate
    if language == "en":
        return {as_group} if last == "," else {as_decimal}
    marks_known = known.separators(language)
    if marks_known is None:
        return {as_group, as_decimal}
    decimal, group = marks_known
    if last == decimal:
        return {as_decimal}
    return {as_group} if last == group or group in _SPACES else {as_group, as_decimal}


def roman(text: str) -> Iterator[Quantity]:
    """Roman numerals; they may be initials or words too, and explain a number without asking for one."""
    for match in _ROMAN.finditer(text):
        if not match[0]:
            continue
        values = [_ROMAN_VALUES[c] for c in match[0]]
        total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
        yield Quantity(frozenset({Fraction(total)}), *match.span(), match[0], False)


def in_english_words(text: str) -> Iterator[Quantity]:
    """Numbers that English writes in words, “twenty-one thousand” as one; months as their number."""
    months = known.months("en")
    tokens = [(m[0].lower(), m.start(), m.end()) for m in _ENGLISH_WORD.finditer(text)]
    at = 0
    while at < len(tokens):
        word, start, end = tokens[at]
        if word in months and text[start].isupper():
            yield Quantity(frozenset({Fraction(months[word])}), start, end, text[start:end], False)
        singular = word if word in ENGLISH else word.removesuffix("s")
        if singular in ENGLISH or singular in ("hundred", "thousand", "million", "billion", "trillion"):
            total, stop, parts = _spelled(tokens, at, text)
            values = {total, *parts}
            yield Quantity(frozenset(values), start, tokens[stop - 1][2], text[start : tokens[stop - 1][2]], False)
            at = stop
            continue
        at += 1


def _spelled(tokens: list[tuple[str, int, int]], at: int, text: str) -> tuple[Fraction, int, list[Fraction]]:
    total = current = Fraction(0)
    parts: list[Fraction] = []
    first = at
    while at < len(tokens):
        word, start, _ = tokens[at]
        if at > first and text[tokens[at - 1][2] : start] not in (" ", "-"):
            break
        singular = word if word in ENGLISH else word.removesuffix("s").removesuffix("th")
        if word in ENGLISH or singular in ENGLISH:
            value = ENGLISH.get(word, ENGLISH.get(singular, Fraction(0)))
            parts.append(value)
            current += value
        elif singular in _SCALE and len(singular) > 5:
            scale = _SCALE[singular]
            parts.append(Fraction(scale))
            if scale == 100:
                current = (current or Fraction(1)) * 100
            else:
                total += (current or Fraction(1)) * scale
                current = Fraction(0)
        elif [t[0] for t in tokens[at : at + 3]] == ["and", "a", "half"]:
            return total + current + Fraction(1, 2), at + 3, parts
        elif word != "and" or at + 1 == len(tokens) or tokens[at + 1][0] not in ENGLISH:
            break
        at += 1
    return total + current, at, parts
