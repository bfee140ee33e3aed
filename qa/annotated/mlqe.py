"""Word tags in JSONL: a sentence a line, with ``mt``, ``offsets`` of its words in code points, and ``tags``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.annotated import Annotated, Mark, rows, span, value_of, wrong
from qa.readers import read_text

GOOD, BAD = "OK", "BAD"


def read(path: str, text: str) -> Iterator[Annotated]:
    """A document for each sentence."""
    for number, row in rows(path, text):
        sentence = value_of(path, number, row, "mt", str)
        tags = value_of(path, number, row, "tags", list)
        offsets = value_of(path, number, row, "offsets", list)
        if len(tags) != len(offsets):
            raise wrong(path, number, f"{len(tags)} tags for {len(offsets)} words")
        words = [span(path, number, offset, sentence, "the offset") for offset in offsets]
        if any(before[1] > after[0] for before, after in pairwise(words)):
            raise wrong(path, number, "“offsets” must be in order and not overlap")
        yield tagged(path, number, sentence, words, tags)


def tagged(
    path: str, number: int, sentence: str, words: Sequence[tuple[int, int]], tags: Sequence[object]
) -> Annotated:
    """A sentence with a tag for each of its words; neighbours that are BAD make one mark."""
    marks: list[Mark] = []
    last_was_bad = False
    for (start, end), tag in zip(words, tags, strict=True):
        if tag not in (GOOD, BAD):
            raise wrong(path, number, f"a tag is neither {GOOD} nor {BAD}")
        if tag == BAD:
            begin = marks.pop().start if last_was_bad else start
            marks.append(Mark(begin, end))
        last_was_bad = tag == BAD
    return Annotated(read_text(sentence, path, "text"), tuple(marks), tuple(words), ((0, number),))
