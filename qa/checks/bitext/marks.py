"""Brackets, quotation marks and question marks, against those of the source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.checks.bitext.pair import Pair
from qa.finding import Finding

BRACKET = "bitext/bracket"
QUOTATION = "bitext/quotation"
QUESTION = "bitext/question-mark"

_PAIRS = {"(": ")", "[": "]", "{": "}", "（": ")", "［": "]", "【": "]"}
_CLOSING = {")": "(", "]": "[", "}": "{", "）": "(", "］": "[", "】": "["}
_SMILEY = re.compile(r"[:;=]-?[()]+|(?m:^\s*\w{1,3}\))")
"""Brackets that are none: faces, and the mark behind a list's number."""
_QUOTES = re.compile(r"[\"“”„«»＂「」『』〝〞]|''|``")
_QUESTION = re.compile(r"[?？؟]\W*$")


def find(pair: Pair) -> Iterator[Finding]:
    """What is open or lost here and was not in the source."""
    if pair.rulebook.is_enabled(BRACKET):
        yield from _brackets(pair)
    if pair.rulebook.is_enabled(QUOTATION):
        yield from _quotations(pair)
    if pair.rulebook.is_enabled(QUESTION):
        yield from _questions(pair)


def _brackets(pair: Pair) -> Iterator[Finding]:
    source, text = (_SMILEY.sub(lambda m: " " * len(m[0]), t) for t in (pair.source, pair.text))
    if _unbalanced(source):
        return
    for at, mark in _unbalanced(text):
        other = _PAIRS.get(mark) or _CLOSING[mark]
        yield pair.mark(BRACKET, at, at + 1, groups={"other": other})


def _unbalanced(text: str) -> list[tuple[int, str]]:
    open_: list[tuple[int, str]] = []
    alone: list[tuple[int, str]] = []
    for at, mark in enumerate(text):
        if mark in _PAIRS:
            open_.append((at, mark))
        elif mark in _CLOSING:
            if open_ and _PAIRS[open_[-1][1]] == _PAIRS[_CLOSING[mark]]:
                open_.pop()
            else:
                alone.append((at, mark))
    return alone + open_


def _quotations(pair: Pair) -> Iterator[Finding]:
    theirs, ours = list(_QUOTES.finditer(pair.source)), list(_QUOTES.finditer(pair.text))
    if theirs and len(theirs) % 2 == 0 and len(ours) % 2 and not re.search(r"\d[\"”]", pair.text):
        yield pair.mark(QUOTATION, *ours[-1].span())


def _questions(pair: Pair) -> Iterator[Finding]:
    if _QUESTION.search(pair.source) and "?" not in pair.text and pair.source.count("?") + pair.source.count("？") == 1:
        match = re.search(r"[.!…]?\W*$", pair.text)
        if match is not None and match[0][:1] in (".", ""):
            words = re.search(r"\w+\W*$", pair.text)
            if words is not None:
                start, end = words.start(), match.start() + len(match[0][:1])
                fix = pair.text[start : match.start()] + "?"
                yield pair.mark(QUESTION, start, end, [fix])
