"""One document, two spellings: names that differ by a letter, words with and without a capital.

Comparing is rapidfuzz's work. Only names that stand several times in one form and rarely in another, alike one, are
reported: two people can have similar names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from rapidfuzz.distance import DamerauLevenshtein

from qa.checks.passage import Passage, starts_sentence
from qa.document import Document, Kind
from qa.finding import Finding
from qa.rulebook import Rulebook

NAME = "consistency/name"
CAPITAL = "consistency/capital"
TERM = "consistency/term"

_NAME = re.compile(r"(?<![\w'-])[A-Z][a-z\u00df-\u024f]{4,}(?:-[A-Z][a-z\u00df-\u024f]+)?(?![\w-])")
_WORD = re.compile(r"(?<![\w'-])[A-Za-z][a-z\u00df-\u024f]{3,}(?![\w-])")
_MOST_NAMES = 2_000

_TERM = re.compile(r"(?<![\w'-])[a-z]{2,}(?:-[a-z]{2,})?(?![\w-])")
# The spellings that make one term of two forms: British and American, and with or without a hyphen.
_VARIANTS = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|ing|er|ers|ation|ations)$)"), "iz"),
    (re.compile(r"(?<=[a-z]{2})our(?=(?:s|ed|ing|ful|ite|ites|able|hood|hoods)?$)"), "or"),
    (re.compile(r"(?<=[a-z]{2}[bt])re(?=s?$)"), "er"),
    (re.compile(r"yse(?=[sd]?$)"), "yze"),
)
# A hyphen, or an s, makes another word of these.
_OTHER = """
    re-sign re-cover re-form re-creation re-lease re-sort co-op un-ionised four pour hour tour tours sour dour your our
    metre metres meter meters tyre tyres per-cent
"""
_OTHER_WORDS = frozenset(_OTHER.split())

_Place = tuple[Passage, int, int]


def find(document: Document, rulebook: Rulebook) -> Iterator[Finding]:
    """Names spelled two ways, and adjectives of nationality and region with and without their capital."""
    prose = [
        Passage.of(document, segment, rulebook, "consistency")
        for segment in document.segments
        if segment.kind in (Kind.PARAGRAPH, Kind.QUOTE, Kind.LIST_ITEM)
    ]
    if rulebook.is_enabled(NAME):
        yield from _names(rulebook, prose)
    if rulebook.is_enabled(CAPITAL):
        yield from _capitals(rulebook, prose)
    if rulebook.is_enabled(TERM):
        yield from _terms(rulebook, prose)


def _names(rulebook: Rulebook, prose: list[Passage]) -> Iterator[Finding]:
    places: dict[str, list[_Place]] = defaultdict(list)
    small: set[str] = set()
    for passage in prose:
        text = passage.text
        small.update(w for w in re.findall(r"(?<![\w'-])[a-z][a-z\u00df-\u024f]{4,}", text))
        for match in _NAME.finditer(text):
            places[match[0]].append((passage, match.start(), match.end()))
    # A word that also stands with a small letter, or that the dictionary knows, is no name.
    names = [n for n in places if n.lower() not in small and not rulebook.belongs(n, ("word",))]
    if len(names) > _MOST_NAMES:
        names = sorted(names, key=lambda n: -len(places[n]))[:_MOST_NAMES]
    by_start: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_start[name[0]].append(name)
    for group in by_start.values():
        for rare in group:
            usual = _usual(rare, group, places)
            if usual is None:
                continue
            for passage, start, end in places[rare]:
                yield passage.mark(
                    rulebook.rules[NAME],
                    start,
                    end,
                    [usual],
                    groups={"name": rare, "usual": usual, "times": str(len(places[usual]))},
                    exact=True,
                )


def _usual(rare: str, group: list[str], places: dict[str, list[_Place]]) -> str | None:
    """The form that stands at least twice as often and differs by one slip, if there is just one such form."""
    count = len(places[rare])
    candidates = [
        other
        for other in group
        if other != rare
        and len(places[other]) >= max(2, 2 * count)
        and len(rare) > 5
        and DamerauLevenshtein.distance(rare, other, score_cutoff=1) == 1
        and not _inflected(rare, other)
    ]
    return candidates[0] if len(candidates) == 1 else None


def _inflected(a: str, b: str) -> bool:
    """Whether only the ending differs: a plural (“Serbs”), a sex (“Ivanova”), a part of speech (“Cubist”, “Cubism”)."""
    short, long = sorted((a, b), key=len)
    if len(long) > len(short) and long.startswith(short):
        return True
    return a[:-1] == b[:-1]


def _capitals(rulebook: Rulebook, prose: list[Passage]) -> Iterator[Finding]:
    """Words of nationality or religion written small although the document itself writes them with a capital."""
    count: Counter[str] = Counter()
    small: dict[str, list[_Place]] = defaultdict(list)
    for passage in prose:
        text = passage.text
        for match in _WORD.finditer(text):
            word = match[0]
            if word[0].isupper():
                if not starts_sentence(text, match.start()):
                    count[word.lower()] += 1
            else:
                small[word].append((passage, match.start(), match.end()))
    for word, found in small.items():
        if count[word] < 2 or count[word] <= len(found):
            continue
        try:
            proper = rulebook.value("proper-adjective", word)
        except KeyError:
            continue
        if word in ("western", "polish", "catholic", "orthodox"):
            continue  # small letters make another word of these
        for passage, start, end in found:
            yield passage.mark(
                rulebook.rules[CAPITAL], start, end, [proper], groups={"word": word, "usual": proper}, exact=True
            )


def _terms(rulebook: Rulebook, prose: list[Passage]) -> Iterator[Finding]:
    """A word in two forms: with and without a hyphen, in British and in American spelling."""
    forms: dict[str, dict[str, list[_Place]]] = defaultdict(lambda: defaultdict(list))
    for passage in prose:
        for match in _TERM.finditer(passage.text):
            word = match[0]
            if word not in _OTHER_WORDS:
                forms[canonical(word)][word].append((passage, *match.span()))
    for by_form in forms.values():
        if len(by_form) < 2:
            continue
        usual, places = max(by_form.items(), key=lambda item: (len(item[1]), item[0]))
        for rare, found in sorted(by_form.items()):
            if (
                rare == usual
                or len(places) < max(2, 2 * len(found))
                or not rulebook.belongs(usual.replace("-", ""), ("word",))
            ):
                continue
            for passage, start, end in found:
                groups = {"word": rare, "usual": usual, "times": str(len(places))}
                yield passage.mark(rulebook.rules[TERM], start, end, [usual], groups=groups, exact=True)


def canonical(word: str) -> str:
    """One spelling for a word's forms on both sides of the Atlantic, with and without a hyphen."""
    plain = word.replace("-", "")
    for pattern, replacement in _VARIANTS:
        plain = pattern.sub(replacement, plain)
    return plain
