"""Plain text: paragraphs, lines that are paragraphs of their own, and wrapped lines told apart.

A block is what stands between two blank lines. Its structure lines (bullets, ``>``, underlines,
rules of dashes) cut it into groups; a group's lines are one paragraph where they look wrapped by an
editor, else a paragraph each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from qa.document import Kind, Run, Segment

WIDEST = 120
"""Columns above which no editor wraps: a text with longer lines has a paragraph on each."""

NARROWEST = 40
"""Columns below which lines are verse, addresses or lists rather than wrapped prose."""

TITLE = 90
"""Code points that a heading has at most; and ``TITLE_WORDS`` words."""
TITLE_WORDS = 14

_LETTER = re.compile(r"[^\W\d_]")
_ALNUM = re.compile(r"[^\W_]")
_BULLET = re.compile(r"(?:[-*+•‣⁃◦▪●·–]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))[ \t\xa0]+(?=\S)")
_UNDERLINE = re.compile(r"([=\-~^\"'*#_])\1{2,}")
_QUOTE_MARKS = re.compile(r"(?:>[ \t]?)+\s*")
_ENDED = re.compile(r"[.!?…:;][\"'”’»)\]]*\Z")
_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|Rev|Gen|Prof|Lt|Col|Capt|Sgt|Sen|Gov|Rep|No|vs|cf|[A-Z])\.\Z")
_FINAL = re.compile(r"[.!?…,:;][\"'”’»)\]]*\Z")
_ADDRESS = re.compile(
    r"[<(]?(?:(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|[^\s@]+@[^\s@]+\.[^\s@]+)[>)]?[.,;]?", re.IGNORECASE
)
_STRUCTURE = frozenset("-*+•‣⁃◦▪●·–>(0123456789")


class _Line(NamedTuple):
    start: int  # of the body, in the document
    body: str  # without white space around it, bullet or quote mark
    column: int  # of the body in its line, from 0
    end: int  # of the line with its line end, in the document


@dataclass(slots=True)
class _Group:
    kind: Kind
    lines: list[_Line] = field(default_factory=list)
    closed: bool = False  # a blank line, a rule or the end of its block follows
    depth: int = 0  # of quotation
    bullet: int = 0  # column of the bullet


def segments(text: str) -> Iterator[Segment]:
    """The text's paragraphs, headings, list items and quotations, in order, markup left out.

    Lines without a letter, addresses alone on a line and rows of numbers are in no segment. A
    segment's wrapped lines are joined by exactly one ``\\n``, whatever stood there.
    """
    groups = _groups(text)
    wraps = any(len(group.lines) > 2 and _is_wrapped(group.lines, False) for group in groups)
    pieces: list[tuple[Kind, Sequence[_Line], bool]] = []
    for group in groups:
        for i, paragraph in enumerate(_paragraphs(group, wraps)):
            kind = group.kind
            if i > 0 and kind is Kind.LIST_ITEM and paragraph[0].column <= group.bullet:
                kind = Kind.PARAGRAPH  # below the list, not in it
            if _is_text(paragraph):
                pieces.append((kind, paragraph, group.closed and paragraph[-1] is group.lines[-1]))
    headings = _headings(pieces)
    for i, (kind, lines, _) in enumerate(pieces):
        yield _segment(text, lines, Kind.HEADING if i in headings else kind)


def _groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
    group: _Group | None = None
    end = 0
    for raw in text.splitlines(keepends=True):
        start, end = end, end + len(raw)
        if start == 0 and raw[0] == "\ufeff":
            start, raw = 1, raw[1:]
        body = raw.strip()
        if not body:
            if group is not None:
                group.closed, group = True, None
            continue
        if not _ALNUM.search(body):
            if group is not None:
                if group.kind is Kind.PARAGRAPH and len(group.lines) == 1 and _UNDERLINE.fullmatch(body):
                    group.kind = Kind.HEADING
                group.closed, group = True, None
            continue
        if body[-1] in "0123456789%)" and _is_numbers(body):
            group = None
            continue
        column = len(raw) - len(raw.lstrip())
        if body[0] in _STRUCTURE or body[1:2] == ")":
            if body[0] == ">" and (marks := _QUOTE_MARKS.match(body)) and marks.end() < len(body):
                depth = marks[0].count(">")
                if group is None or group.depth != depth:
                    group = _Group(Kind.QUOTE, depth=depth)
                    groups.append(group)
                at = column + marks.end()
                group.lines.append(_Line(start + at, body[marks.end() :], at, end))
                continue
            if (bullet := _BULLET.match(body)) and _may_begin_item(group):
                group = _Group(Kind.LIST_ITEM, bullet=column)
                groups.append(group)
                at = column + bullet.end()
                group.lines.append(_Line(start + at, body[bullet.end() :], at, end))
                continue
        if group is None or group.depth:
            group = _Group(Kind.PARAGRAPH)
            groups.append(group)
        group.lines.append(_Line(start + column, body, column, end))
    return groups


def _may_begin_item(group: _Group | None) -> bool:
    # A dash or a number may come to stand at the start of a wrapped line by accident.
    if group is None or group.kind is not Kind.PARAGRAPH:
        return True
    return _ended(group.lines[-1].body)


def _is_numbers(body: str) -> bool:
    cells = body.split()
    return len(cells) > 2 and 3 * sum(not _LETTER.search(cell) for cell in cells) >= 2 * len(cells)


def _is_text(lines: Sequence[_Line]) -> bool:
    return any(_LETTER.search(line.body) and not _is_address(line.body) for line in lines)


def _is_address(body: str) -> bool:
    if "@" not in body and "://" not in body and not body.startswith("www."):
        return False
    return all(_ADDRESS.fullmatch(word) for word in body.split())


def _paragraphs(group: _Group, wraps: bool) -> list[list[_Line]]:
    lines = group.lines
    if len(lines) == 1:
        return [lines]
    if group.kind is Kind.LIST_ITEM and lines[1].column > group.bullet:
        indented = list(takewhile(lambda line: line.column > group.bullet, lines))
        rest = lines[len(indented) :]
        return [indented, *_split(rest, wraps)] if rest else [indented]
    return _split(lines, wraps)


def _split(lines: list[_Line], wraps: bool) -> list[list[_Line]]:
    """Lines of a block, cut into paragraphs: one a line where they do not look wrapped."""
    if not _is_wrapped(lines, wraps):
        return [[line] for line in lines]
    width = _width(lines)
    paragraphs = [[lines[0]]]
    for i in range(1, len(lines)):
        before, line = lines[i - 1], lines[i]
        if not line.body[0].islower():
            ended = _ended(before.body)
            indented = line.column >= before.column + 2
            if (ended and indented) or ((ended or i == 1) and not _is_full(before, line, width)):
                paragraphs.append([])
        paragraphs[-1].append(line)
    return paragraphs


def _is_wrapped(lines: Sequence[_Line], wraps: bool) -> bool:
    """Whether an editor broke these lines: each is so full that the next word would not have fitted.

    ``wraps``: other paragraphs of the document are wrapped for certain.
    """
    if len(lines) < 2 or max(_columns(line) for line in lines) > WIDEST:
        return False
    width = _width(lines)
    if width < NARROWEST:
        return False
    breaks = full = lower = names = 0
    for i in range(1, len(lines)):
        before, line = lines[i - 1], lines[i]
        is_full = _is_full(before, line, width)
        is_lower = line.body[0].islower()
        if not is_lower and not is_full and (i == 1 or _ended(before.body)):
            continue  # the end of a headline or of a paragraph speaks neither for nor against
        breaks += 1
        full += is_full
        lower += is_lower
        # A name may well come to stand first in a line, but hardly in every other one.
        names += not is_lower and not _ended(before.body)
    if breaks == 0 or 2 * breaks < len(lines) - 1 or full < 0.7 * breaks:
        return False
    return lower >= 0.35 * breaks or (wraps and lower + names >= 0.5 * breaks)


def _width(lines: Sequence[_Line]) -> int:
    """The column at which the lines were wrapped, one stray long line in ten left aside."""
    widths = sorted(_columns(line) for line in lines)
    return widths[-1 - len(widths) // 10]


def _columns(line: _Line) -> int:
    # What cannot be broken (an address) says nothing of the width.
    return line.column + len(line.body) if " " in line.body else 0


def _is_full(before: _Line, line: _Line, width: int) -> bool:
    return before.column + len(before.body) + 1 + _first_word(line.body) > width


def _ended(body: str) -> bool:
    return _ENDED.search(body) is not None and (body[-1] != "." or _ABBREVIATED.search(body) is None)


def _first_word(body: str) -> int:
    space = body.find(" ")
    return space if space >= 0 else len(body)


def _headings(pieces: Sequence[tuple[Kind, Sequence[_Line], bool]]) -> set[int]:
    """Which paragraphs are headings by their looks."""
    found: set[int] = set()
    for i, (kind, lines, closed) in enumerate(pieces[:-1]):
        body = lines[0].body
        if kind is not Kind.PARAGRAPH or len(lines) > 1 or len(body) > TITLE:
            continue
        if (body.isupper() and len(body) > 3) or ((closed or i == 0) and _is_title(body)):
            found.add(i)
    # Short lines one after the other are a list of phrases, not headings.
    run: list[int] = []
    for i in [*sorted(found), -1]:
        if run and i != run[-1] + 1:
            if len(run) > 3:
                found.difference_update(j for j in run if not pieces[j][1][0].body.isupper())
            run = []
        run.append(i)
    return found


def _is_title(body: str) -> bool:
    return not body[0].islower() and not _FINAL.search(body) and body.count(" ") < TITLE_WORDS


def _segment(text: str, lines: Sequence[_Line], kind: Kind) -> Segment:
    first = lines[0]
    if len(lines) == 1:
        return Segment.at(first.body, first.start, kind)
    joined = "\n".join([line.body for line in lines])
    if text.startswith(joined, first.start):
        return Segment.at(joined, first.start, kind)
    runs: list[Run] = []
    at = 0
    for line in lines:
        runs.append(Run(at, line.start, len(line.body)))
        at += len(line.body)
        if line is not lines[-1]:
            # Of CRLF the second half; any other line end is read as "\n" too.
            runs.append(Run(at, line.end - 1, 1, None if text[line.end - 1] == "\n" else 1))
            at += 1
    return Segment(joined, tuple(runs), kind)
