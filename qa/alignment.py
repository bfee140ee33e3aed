"""A translation beside its source: which segment translates which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from qa.display import printable
from qa.document import Document, Kind, Segment
from qa.errors import MtqaError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_WRAPPED = 0.8
"""Share of a text's lines that must be segments of their own for it to be aligned by line."""


class _Block(NamedTuple):
    """Text between blank lines, or one line: its first line (from 1) and its place."""

    line: int
    start: int
    end: int


def align(document: Document, source: Document) -> Document:
    """The document with the source text of each segment.

    Two plain texts are aligned by line where they have as many, and blank ones in the same places, else by paragraph
    (what stands between blank lines); other formats by the segments that their reader sees. Raises MtqaError, naming
    the line where they part, for two that do not fit together.
    """
    name, theirs = printable(document.path), printable(source.path)
    if any(segment.source is not None for segment in document.segments):
        raise MtqaError(f"{name}: holds its own sources; leave out --source")
    if not document.segments:
        raise MtqaError(f"{name}: holds no text, where {theirs} has {len(source.segments)} segments")
    for blocks in (_lines, _paragraphs):
        ours, others = blocks(document), blocks(source)
        unwrapped = _has_a_segment_a_line(document) and _has_a_segment_a_line(source)
        if blocks is _lines and not unwrapped:
            continue
        # Paragraphs of single lines may have more blank lines between them on one side; but a line more is a line lost.
        if blocks is _paragraphs and unwrapped and not _same_lines(document, source):
            continue
        if _fit(ours, others):
            return _by_blocks(document, source, ours, others)
    if [s.kind for s in document.segments] == [s.kind for s in source.segments]:
        return _by_segments(document, source)
    raise MtqaError(_where_they_part(document, source))


def _by_blocks(document: Document, source: Document, ours: list[_Block], others: list[_Block]) -> Document:
    kinds = {s.runs[0].document_start: s.kind for s in document.segments}
    segments = []
    for here, there in zip(ours, others, strict=True):
        if here.start == here.end:
            continue
        text = document.text[here.start : here.end]
        if not re.search(r"[^\W_]", text):
            continue
        told = " ".join(source.text[there.start : there.end].split())
        made = Segment.at(text, here.start, kinds.get(here.start, Kind.PARAGRAPH))
        if "\r" in text:
            made = _with_line_feeds(made)
        segments.append(replace(made, source=told))
    return replace(document, segments=tuple(segments))


def _with_line_feeds(segment: Segment) -> Segment:
    from qa.readers.pieces import Pieces

    pieces = Pieces()
    pieces.prose(segment.text, segment.runs[0].document_start)
    made = pieces.segment()
    return replace(made, kind=segment.kind) if made is not None else segment


def _by_segments(document: Document, source: Document) -> Document:
    pairs = zip(document.segments, source.segments, strict=True)
    return replace(document, segments=tuple(replace(here, source=there.text) for here, there in pairs))


def _same_lines(document: Document, source: Document) -> bool:
    """Whether both have as many lines with text."""
    ours, others = ([line for line in _lines(d) if line.end > line.start] for d in (document, source))
    return len(ours) == len(others)


def _has_a_segment_a_line(document: Document) -> bool:
    """Whether lines are paragraphs of their own, as far as the reader can tell; an editor's wrapped lines are not."""
    filled = sum(line.end > line.start for line in _lines(document))
    return len(document.segments) >= _WRAPPED * filled or filled < 3


def _fit(ours: Sequence[_Block], others: Sequence[_Block]) -> bool:
    return len(ours) == len(others) and all(
        (a.start == a.end) == (b.start == b.end) for a, b in zip(ours, others, strict=True)
    )


def _lines(document: Document) -> list[_Block]:
    blocks = []
    text = document.text
    for number, match in enumerate(_LINE.finditer(text), 1):
        body = match[0].strip().strip("\ufeff").strip()
        start = text.index(body, match.start()) if body else match.start()
        blocks.append(_Block(number, start, start + len(body)))
        if match.end() == len(text):
            break
    while blocks and blocks[-1].start == blocks[-1].end:
        blocks.pop()
    return blocks


def _paragraphs(document: Document) -> list[_Block]:
    blocks: list[_Block] = []
    open_ = False
    for line in _lines(document):
        if line.start == line.end:
            open_ = False
        elif open_:
            blocks[-1] = blocks[-1]._replace(end=line.end)
        else:
            blocks.append(line)
            open_ = True
    return blocks


def _where_they_part(document: Document, source: Document) -> str:
    name, theirs = printable(document.path), printable(source.path)
    ours, others = _lines(document), _lines(source)
    for here, there in zip_longest(ours, others):
        if here is None or there is None:
            break
        if (here.start == here.end) != (there.start == there.end):
            empty, filled = (name, theirs) if here.start == here.end else (theirs, name)
            return (
                f"{empty}:{here.line}: this line is empty, where {filled} has text; the two must have a line for a line"
            )
    paragraphs = f"{len(_paragraphs(document))} and {len(_paragraphs(source))}"
    last = min(len(ours), len(others))
    return (
        f"{name}:{last}: {len(ours)} lines, where {theirs} has {len(others)} ({paragraphs} paragraphs); "
        "the two must have as many lines, or as many paragraphs between blank lines"
    )
