"""The text to check: a document and its segments, each with its place in the original.

Every offset in mtqa is a code point index into ``Document.text``, the decoded file with nothing
taken away: line ends, a byte order mark and markup are all still there.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

OBJECT = "\ufffc"
"""Stands in a segment for what is no text: code, math, an image, an address."""

WORD = re.compile(r"[^\W_]+(?:[’'.,-][^\W_]+)*")


class Kind(StrEnum):
    """What a segment is in its document; checks may treat headings or verse unlike prose."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list-item"
    TABLE_CELL = "table-cell"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Run:
    """``length`` code points that stand together both in the segment and in the original.

    With a ``document_length``, the segment's code points stand for that many in the original, which
    read otherwise (``&amp;`` for “&”) and are located as one.
    """

    segment_start: int
    document_start: int
    length: int
    document_length: int | None = None

    def locate(self, position: int) -> int:
        """Where a position in the segment, inside this run or at one of its ends, is in the original."""
        offset = position - self.segment_start
        if self.document_length is None:
            return self.document_start + offset
        return self.document_start + (self.document_length if offset >= self.length else 0)


@dataclass(frozen=True, slots=True)
class Segment:
    """A paragraph, heading or list item as a reader sees it: markup gone, line breaks kept.

    ``runs`` are in order and cover ``text`` without gaps; between two runs the original holds
    markup that the reader does not see. ``source`` is the text that this one translates, if known;
    ``tags`` and ``source_tags`` name the inline elements of both (``g 1``, ``x 2``), in order.
    ``escape`` writes a replacement as the format has it, or gives None where it cannot stand there.
    """

    text: str
    runs: tuple[Run, ...]
    kind: Kind = Kind.PARAGRAPH
    source: str | None = None
    tags: tuple[str, ...] = ()
    source_tags: tuple[str, ...] = ()
    escape: Callable[[str], str | None] | None = None

    @classmethod
    def at(cls, text: str, document_start: int, kind: Kind = Kind.PARAGRAPH) -> Segment:
        """A segment whose text stands in the original as it is, from ``document_start`` on."""
        return cls(text, (Run(0, document_start, len(text)),), kind)

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the original: (start, end) in code points.

        The original's span also holds any markup that stands between its two ends.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span {start}:{end} outside a segment of {len(self.text)} code points")
        first = self._run(start)
        if start == end:
            return first.locate(start), first.locate(start)
        last = self._run(end - 1)
        if last.document_length is not None:
            end = last.segment_start + last.length
        return first.locate(start), last.locate(end)

    def is_contiguous(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` stands in the original in one piece, with no markup inside."""
        a, b = self.locate(start, end)
        return b - a == end - start

    def runs_within(self, start: int, end: int) -> tuple[Run, ...]:
        """The runs that hold at least one code point of ``text[start:end]``."""
        low = bisect.bisect_right(self.runs, start, key=lambda run: run.segment_start) - 1
        high = bisect.bisect_left(self.runs, end, key=lambda run: run.segment_start)
        return self.runs[max(low, 0) : high]

    def _run(self, position: int) -> Run:
        i = bisect.bisect_right(self.runs, position, key=lambda run: run.segment_start) - 1
        return self.runs[max(i, 0)]


@dataclass(frozen=True, slots=True)
class Comment:
    """What a writer leaves in the source and no reader sees; it stands at ``start`` to ``end`` of the original."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file, or standard input, decoded and cut into segments.

    ``path`` is the path as the user gave it, ``text`` the decoded original, ``encoding`` the codec
    that a fix must write back (``utf-8``, ``utf-16-le`` …; a byte order mark, where there was one,
    is the first code point of ``text``). ``comments``: those that speak to mtqa. ``kind``: what it was read as.
    ``source_language``: the language that the segments' sources are in, where the file says so (``pt-BR``).
    """

    path: str
    text: str
    segments: Sequence[Segment]
    encoding: str = "utf-8"
    notes: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    kind: str = "text"
    source_language: str | None = None
    _line_starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def words(self) -> int:
        """How many words the segments hold."""
        return sum(1 for segment in self.segments for _ in WORD.finditer(segment.text))

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a code point, both counted from 1; CRLF, CR and LF end a line."""
        if not self._line_starts:
            self._line_starts.append(0)
            self._line_starts.extend(m.end() for m in re.finditer(r"\r\n|\r|\n", self.text))
        line = bisect.bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1
