"""From a match to the replacement text: templates, filters, capitals, and the article before it.

docs/rule-format.md lists the filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from qa.morphology import article
from qa.phrases import Part


class Words(Protocol):
    """What templates ask of the rulebook's lexicons and dictionary."""

    def value(self, lexicon: str, term: str) -> str:
        """The right side of ``term -> value`` in a lexicon; KeyError where there is none."""
        ...

    def reinflect(self, form: str, tag: str) -> str:
        """Another form of the same word: ``reinflect("taken", "VBG")`` is ``taking``."""
        ...


_PARTICIPLE_BEFORE = re.compile(
    r"(?i)\b(?:have|has|had|having|'ve|be|is|are|am|was|were|been|being|get|gets|got|'s|'re)"
    r"(?: (?:not|never|also|already|just|still|only|now|recently|been|ever|\w+ly))*$"
)
_BASE_BEFORE = re.compile(
    r"(?i)(?:\b(?:to|will|would|can|could|may|might|must|shall|should|do|"
    r"does|did|let|not|help)|n't|'ll|'d)(?: (?:not|also|still|\w+ly))*$"
)
_PLURAL_BEFORE = re.compile(
    r"(?i)\b(?:these|those|many|several|few|both|all|most|some|two|three|four|five|six|seven|eight|"
    r"nine|ten|are|were|\d+)(?: \w+)?$"
)


class NoFix(ValueError):
    """A filter that cannot be applied to this text: the finding stands, without this suggestion."""


def render(parts: Sequence[Part], groups: Sequence[str | None], before: str, words: Words) -> str:
    """Fill in a phrase-table fix.

    ``groups``: the match's groups, the whole match first. ``before``: the folded text before the mark, which
    tells a past from a participle. Raises NoFix.
    """
    out: list[str] = []
    for part in parts:
        if not part.group:
            out.append(part.text)
            continue
        text = groups[part.group] or ""
        if part.forms is not None:
            text = _form(part.forms, text, " ".join([before.rstrip(), *filter(None, out)]))
        for name in part.filters:
            text = apply_filter(name, text, words)
        out.append(text + part.suffix if text else "")
    return tidy(_agreed(" ".join(filter(None, out)), parts))


_INDEFINITE = re.compile(r"(?:\b(an?)|^(An?)) (?=([A-Za-z][\w-]*))")


def _agreed(fix: str, parts: Sequence[Part]) -> str:
    """``a`` or ``an`` by the word that follows now: the text's own article came with another word behind it."""
    if not any(part.group for part in parts):
        return fix  # wholly the table's own wording

    def agree(match: re.Match[str]) -> str:
        new = article(match[3])
        return (new.capitalize() if match[2] else new) + " "

    return _INDEFINITE.sub(agree, fix)


def _form(table: Mapping[str, str | Mapping[str, str]], matched: str, before: str) -> str:
    form = table.get(matched.lower())
    if form is None:
        raise NoFix(matched)
    if isinstance(form, str):
        return form
    context = before[-60:].rstrip()
    if "NN" in form:
        return form["NNS"] if _PLURAL_BEFORE.search(context) else form["NN"]
    if "VBN" in form and _PARTICIPLE_BEFORE.search(context):
        return form["VBN"]
    if "VB" in form and (not context or context[-1] in ".!?:" or _BASE_BEFORE.search(context)):
        return form["VB"]  # “to set”, and “Set …” at the beginning of a sentence
    return form.get("VBD") or next(iter(form.values()))


def tidy(text: str) -> str:
    """Single spaces, none before a punctuation mark."""
    return re.sub(r" +([,.!?;:%])", r"\1", re.sub(r" {2,}", " ", text)).strip(" ")


_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)((?:\|[a-z-]+(?::[^|{}]*)*)*)\}")


def fill(template: str, groups: Mapping[str, str | None], words: Words) -> str:
    """Fill in ``{group|filter}`` fields of a rule's ``suggest`` or ``message``. Raises NoFix."""

    def value(match: re.Match[str]) -> str:
        text = groups.get(match[1]) or ""
        for name in filter(None, match[2].split("|")):
            text = apply_filter(name, text, words)
        return text

    return _FIELD.sub(value, template)


def fields(template: str) -> list[tuple[str, list[str]]]:
    """The (group, filters) fields of a template, for checking it."""
    return [(m[1], [f for f in m[2].split("|") if f]) for m in _FIELD.finditer(template)]


_NUMERALS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_DIGITS = {word: number for number, word in enumerate(_NUMERALS.split())}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def _roman(text: str) -> int:
    total = 0
    values = [_ROMAN[c] for c in text]
    for value, following in zip(values, [*values[1:], 0], strict=True):
        total += -value if value < following else value
    return total


def _ordinal(text: str) -> str:
    core = re.sub(r"(?:st|nd|rd|th|º|ª|\.)$", "", text.strip())
    if re.fullmatch(r"[IVXLC]+", core):
        n = _roman(core)
    elif core.isdigit():
        n = int(core)
    else:
        raise NoFix(text)
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _thousands(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if not digits:
        raise NoFix(text)
    return f"{int(digits):,}"


def _number(text: str) -> str:
    if text.lower() in _DIGITS:
        return str(_DIGITS[text.lower()])
    if re.fullmatch(r"\d+", text):
        return text
    raise NoFix(text)


FILTERS: dict[str, Callable[[str], str]] = {
    "lower": lambda t: t[:1].lower() + t[1:],
    "capital": lambda t: t[:1].upper() + t[1:],
    "thousands": _thousands,
    "ordinal": _ordinal,
    "number": _number,
    "with-article": lambda t: f"{article(t)} {t}",
}
FORMS = {
    "base": "VB",
    "third": "VBZ",
    "gerund": "VBG",
    "past": "VBD",
    "participle": "VBN",
    "singular": "NN",
    "plural": "NNS",
}
"""Filters that inflect: a verb phrase on its first word, a noun phrase on its last."""
FILTERS_WITH_ARGUMENT = ("map", "strip", "replace")
FILTERS_WITH_LEXICON = ("dictionary-case",)


def apply_filter(name: str, text: str, words: Words) -> str:
    """One filter, ``name`` or ``name:argument``, applied to ``text``. Raises NoFix where it does not fit."""
    if name in FILTERS:
        return FILTERS[name](text) if text else ""
    if tag := FORMS.get(name):
        if tag.startswith("V"):
            first, space, rest = text.partition(" ")
            return words.reinflect(first, tag) + space + rest
        head, space, last = text.rpartition(" ")
        return head + space + words.reinflect(last, tag)
    kind, _, argument = name.partition(":")
    if kind == "dictionary-case":
        try:
            return words.value("proper-adjective", text.lower())
        except KeyError:
            return text
    if kind == "map":
        try:
            return words.value(argument, text)
        except KeyError:
            raise NoFix(text) from None
    if kind == "strip":
        return "".join(c for c in text if c not in argument)
    if kind == "replace":
        old, _, new = argument.partition(":")
        return text.replace(old, new)
    raise ValueError(f"unknown filter {name!r}")


def known_filter(name: str) -> bool:
    """Whether ``name`` (with its argument) is a filter."""
    kind = name.partition(":")[0]
    return (
        name in FILTERS
        or name in FORMS
        or kind in FILTERS_WITH_LEXICON
        or (kind in FILTERS_WITH_ARGUMENT and ":" in name)
    )
