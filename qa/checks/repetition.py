"""Words, phrases and sentences that stand there twice: loops of a translator, and joins of its pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.checks.passage import Passage
from qa.document import Document, Kind
from qa.finding import Finding
from qa.rulebook import Rulebook

WORD_TWICE = "repetition/word"
PHRASE_TWICE = "repetition/phrase"
SENTENCE_TWICE = "repetition/sentence"
LOOP = "repetition/loop"

# Only what grammar never doubles: “that that”, “had had”, “is is” and names are left alone, and so is emphasis.
_TWICE = re.compile(
    r"(?i)(?<![\w'-])(the|an|of|and|or|for|from|with|but|its|their|his|our|my|your|been|will|would|could|should|we|they|"
    r"these|those|than|into|because|while|a|to|by|at) \1(?![\w'-])"
)
_WORDS = re.compile(r"\w[\w'-]*")
_PAUSE = re.compile(r"[^\w\s'-]| -")
_SENTENCE = re.compile(r"[^.!?]+[.!?]+[”\"')]*")
_SHORTEST_SENTENCE = 8
"""Words from which on a repeated sentence is no refrain or formula."""
_PHRASE = range(7, 2, -1)
_LOOP = 4
"""How many times in a row a word or pair must stand to be a loop."""


def find(document: Document, rulebook: Rulebook) -> Iterator[Finding]:
    """Doubled function words, doubled phrases, loops, and sentences that return word for word."""
    seen: dict[str, int] = {}
    for number, segment in enumerate(document.segments):
        if segment.kind is Kind.TABLE_CELL:
            continue
        passage = Passage.of(document, segment, rulebook, "repetition")
        yield from _words(passage, rulebook)
        yield from _runs(passage, rulebook)
        if segment.kind in (Kind.PARAGRAPH, Kind.QUOTE):
            yield from _sentences(passage, rulebook, seen, number)


def _words(passage: Passage, rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.is_enabled(WORD_TWICE):
        return
    for match in _TWICE.finditer(passage.text):
        first, second = match[0].split(" ")
        # “Vitamin A a day”, “The The”: letters, titles and names keep their capitals.
        if second != second.lower() or first not in (first.lower(), first.capitalize()):
            continue
        yield passage.mark(
            rulebook.rules[WORD_TWICE], *match.span(), [first], groups={"word": first.lower()}, exact=True
        )


def _runs(passage: Passage, rulebook: Rulebook) -> Iterator[Finding]:
    """A phrase of three to seven words twice in a row; a word or a pair four times in a row."""
    text = passage.text
    spans = [m.span() for m in _WORDS.finditer(text)]
    words = [text[a:b].lower() for a, b in spans]
    triples = list(zip(words, words[1:], words[2:], strict=False))
    if len(set(triples)) == len(triples):
        return  # whatever is doubled or loops has three words in a row twice
    at = 0
    while at < len(words):
        if (length := _looped(words, at)) and rulebook.is_enabled(LOOP):
            unit, count = length
            last = at + unit * count - 1
            keep = text[spans[at][0] : spans[at + unit - 1][1]]
            yield passage.mark(
                rulebook.rules[LOOP], spans[at][0], spans[last][1], [keep], groups={"phrase": keep}, exact=True
            )
            at = last + 1
            continue
        if (size := _doubled(words, at)) and rulebook.is_enabled(PHRASE_TWICE):
            between = text[spans[at + size - 1][1] : spans[at + size][0]]
            first = text[spans[at][0] : spans[at + size - 1][1]]
            # A comma or a dash in it or between the two makes it emphasis.
            if between == " " and not _PAUSE.search(first):
                yield passage.mark(
                    rulebook.rules[PHRASE_TWICE],
                    spans[at][0],
                    spans[at + 2 * size - 1][1],
                    [first],
                    groups={"phrase": first},
                    exact=True,
                )
                at += 2 * size
                continue
        at += 1


def _looped(words: list[str], at: int) -> tuple[int, int] | None:
    for unit in (1, 2):
        chunk = words[at : at + unit]
        if len(chunk) < unit or not any(w.isalpha() for w in chunk) or len("".join(chunk)) < 3:
            continue
        count = 1
        while words[at + unit * count : at + unit * (count + 1)] == chunk:
            count += 1
        if count >= _LOOP:
            return unit, count
    return None


def _doubled(words: list[str], at: int) -> int:
    for size in _PHRASE:
        if words[at : at + 1] == words[at + size : at + size + 1]:
            chunk = words[at : at + size]
            if chunk == words[at + size : at + 2 * size] and len(chunk) == size and len(set(chunk)) > 1:
                return size
    return 0


def _sentences(passage: Passage, rulebook: Rulebook, seen: dict[str, int], number: int) -> Iterator[Finding]:
    if not rulebook.is_enabled(SENTENCE_TWICE):
        return
    for match in _SENTENCE.finditer(passage.text):
        words = _WORDS.findall(match[0].lower())
        if len(words) < _SHORTEST_SENTENCE:
            continue
        key = " ".join(words)
        # Far away it is a refrain, a quotation taken up again or boilerplate; close by it is a slip.
        if key in seen and number - seen[key] <= 2:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            yield passage.mark(rulebook.rules[SENTENCE_TWICE], start, match.end(), [""], exact=True)
        seen[key] = number
