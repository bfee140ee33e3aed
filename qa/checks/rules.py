"""The rulebook's patterns and phrase tables, searched in every segment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from qa.checks.passage import Passage
from qa.document import Document, Segment
from qa.finding import Finding
from qa.phrases import Entry
from qa.rulebook import EDITED_PROSE, Rule, Rulebook
from qa.suggest import NoFix, fill, render

_WORDS = re.compile(r"[^\W_]+")
_INSIDE_WORD = re.compile(r"[-'][^\W_]")
_BEFORE = re.compile(r"[^\W_]-$|[^\W_]'$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a rule's pattern or phrase-table entry matches: what ``Passage.mark`` makes a finding of.

    ``entry``: the phrase-table entry as it is written, empty for a pattern; ``margin``: its own, 0 for its rule's.
    """

    rule: Rule
    start: int
    end: int
    fixes: tuple[str, ...]
    groups: Mapping[str, str | None] = field(default_factory=dict)
    note: str = ""
    proper: bool = False
    entry: str = ""
    margin: float = 0.0


def find(document: Document, rulebook: Rulebook) -> Iterator[Finding]:
    """Findings of all enabled rules, in no particular order and possibly overlapping."""
    for passage, hits in search(document, rulebook):
        for hit in hits:
            yield passage.mark(
                hit.rule, hit.start, hit.end, hit.fixes, groups=hit.groups, note=hit.note, proper=hit.proper
            )


def search(document: Document, rulebook: Rulebook) -> Iterator[tuple[Passage, Iterator[Hit]]]:
    """Every passage of the document, with the places where enabled rules match in it."""
    topics = _Topics(document, rulebook)
    for segment in document.segments:
        found = _Search(document, segment, rulebook, topics)
        yield found.passage, found.run()


_SENTENCE = re.compile(r"[a-z]{2}[.!?] +([A-Za-z])")
_LOWER_STARTS = 0.15
"""Share of sentences begun in small letters from which on a text is chat or notes, not edited prose."""


class _Topics:
    """Which topics the document speaks of, found out when first asked; and whether it is edited prose."""

    def __init__(self, document: Document, rulebook: Rulebook) -> None:
        self._document, self._rulebook = document, rulebook
        self._words: frozenset[str] | None = None
        self._known: dict[str, bool] = {"": True}

    def holds(self, topic: str) -> bool:
        if topic not in self._known:
            if topic == EDITED_PROSE:
                starts = "".join(m[1] for s in self._document.segments for m in _SENTENCE.finditer(s.text))
                lower = sum(c.islower() for c in starts)
                self._known[topic] = lower <= 2 or lower <= _LOWER_STARTS * len(starts)
                return self._known[topic]
            if self._words is None:
                self._words = frozenset(w for s in self._document.segments for w in _WORDS.findall(s.text.lower()))
            self._known[topic] = self._rulebook.topic_holds(topic, self._words)
        return self._known[topic]


class _Search:
    """One segment: offsets in RE2 are bytes, so they are turned into code points here."""

    def __init__(self, document: Document, segment: Segment, rulebook: Rulebook, topics: _Topics) -> None:
        self.rulebook, self.topics = rulebook, topics
        self.passage = Passage.of(document, segment, rulebook, "rules")
        self.folded = self.passage.text
        self.ascii = self.folded.isascii()
        self.bytes = self.folded.encode("utf-8", "replace")  # a lone surrogate becomes one “?”

    def run(self) -> Iterator[Hit]:
        for rule, program, names in self.rulebook.patterns_in(self.bytes):
            if not rule.near or self.topics.holds(rule.near):
                yield from self._pattern(rule, program, names)
        words = _WORDS.findall(self.folded.lower())
        anchors = frozenset(words).union(map(" ".join, pairwise(words)))
        for rule, entry, program in self.rulebook.entries_in(anchors):
            if self.topics.holds(entry.topic) and self.topics.holds(rule.near):
                yield from self._entry(rule, entry, program)

    def _offset(self, position: int) -> int:
        return position if self.ascii else len(self.bytes[:position].decode())

    def _span(self, match: Any, group: int = 0) -> tuple[int, int]:
        start, end = match.span(group)
        return self._offset(start), self._offset(end)

    def _pattern(self, rule: Rule, program: Any, names: dict[str, int]) -> Iterator[Hit]:
        marked = names.get("mark", 0)
        for match in program.finditer(self.bytes):
            start, end = self._span(match, marked)
            if start < 0 or start == end or not self._whole_words(start, end):
                continue
            groups = {name: _text(match.group(number)) for name, number in names.items()}
            if not all(
                self.rulebook.belongs(groups[g] or "", classes) for g, classes in rule.where.items() if g in groups
            ):
                continue
            if self._excused(rule, *match.span()):
                continue
            fixes = []
            for template in rule.suggest:
                try:
                    fixes.append(fill(template, groups, self.rulebook))
                except NoFix:
                    continue
            yield Hit(rule, start, end, tuple(fixes), groups, proper=True)

    def _entry(self, rule: Rule, entry: Entry, program: Any) -> Iterator[Hit]:
        for match in program.finditer(self.bytes):
            whole = self._span(match)
            start, end = self._span(match, entry.mark)
            if not self._whole_words(*whole, hyphens=True) or not self._whole_words(start, end):
                continue
            if entry.before and _last_word(self.folded[: whole[0]]) in entry.before:
                continue
            if entry.after and self._next_in(whole[1], entry.after):
                continue
            if rule.unless and self._excused(rule, *match.span()):
                continue
            groups = [_text(match.group(0)), *map(_text, match.groups())]
            fixes = []
            for parts in entry.fixes:
                try:
                    fixes.append(render(parts, groups, self.folded[max(0, start - 60) : start], self.rulebook))
                except NoFix:
                    continue
            note = f" (“{entry.note}”)" if entry.note else ""
            yield Hit(
                rule, start, end, tuple(fixes), note=note, proper=entry.proper, entry=entry.text, margin=entry.margin
            )

    def _next_in(self, position: int, words: tuple[str, ...]) -> bool:
        rest = self.folded[position : position + 40].lower()
        return any(re.match(rf" ?{re.escape(word)}(?!\w)", rest) for word in words)

    def _excused(self, rule: Rule, start: int, end: int) -> bool:
        """Whether one of the rule's ``unless`` patterns matches a stretch that touches these bytes."""
        for pattern in rule.unless:
            for match in self.rulebook.program(pattern).finditer(self.bytes):
                a, b = match.span()
                if a < end and start < b:
                    return True
                if a >= end:
                    break
        return False

    def _whole_words(self, start: int, end: int, hyphens: bool = False) -> bool:
        """Whether no word, and with ``hyphens`` no hyphenated compound, is cut at either end."""
        text = self.folded
        if start and text[start].isalnum() and text[start - 1].isalnum():
            return False
        if end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            return False
        if hyphens:
            if text[start].isalnum() and _BEFORE.search(text[max(0, start - 2) : start]):
                return False
            if text[end - 1].isalnum() and _INSIDE_WORD.match(text[end : end + 2]):
                return False
        return True


def _last_word(text: str) -> str:
    match = re.search(r"([\w'-]+)\W*$", text[-40:])
    return match[1].lower() if match else ""


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
