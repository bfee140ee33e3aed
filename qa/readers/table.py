r"""CSV and TSV with a header that names the columns: each translation, with its source.

Fields may stand in quotation marks (RFC 4180), also in TSV. The separator is what the header has: a tab, a semicolon
or a comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from qa.display import printable
from qa.document import Segment
from qa.errors import MtqaError
from qa.readers.bitext import Bitext
from qa.readers.pieces import Pieces

SOURCES = ("source", "src", "source_text", "original")
TARGETS = ("target", "tgt", "translation", "mt", "hypothesis", "hyp", "target_text", "text")
"""Names of columns, the first that is there counts; capitals and spaces do not matter."""

_SPECIAL = re.compile(r'["\r\n]')


class Field(NamedTuple):
    """A field: its content from ``start`` to ``end`` in the file (code points), inside its marks where it is quoted."""

    start: int
    end: int
    quoted: bool
    line: int

    def read(self, text: str) -> str:
        """What the field says."""
        raw = text[self.start : self.end]
        return raw.replace('""', '"') if self.quoted else raw


def bitext(text: str, path: str) -> Bitext:
    """The translations, a row each. Raises MtqaError with file and line for rows that do not fit their header."""
    name = printable(path)
    all_rows = rows(text, path)
    header = next(all_rows, None)
    if header is None:
        raise MtqaError(f"{name}: is empty; expected a header that names the columns")
    names = [field.read(text).strip().lower().replace(" ", "_") for field in header]
    target = next((names.index(n) for n in TARGETS if n in names), None)
    source = next((names.index(n) for n in SOURCES if n in names), None)
    if target is None:
        raise MtqaError(
            f"{name}:1: no column is called any of {', '.join(TARGETS)}; the first line must name the columns"
        )
    segments = []
    for row in all_rows:
        if len(row) != len(names):
            raise MtqaError(f"{name}:{row[0].line}: {len(row)} fields, where the header has {len(names)}")
        told = None if source is None else row[source].read(text).strip()
        segment = _segment(text, row[target], told)
        if segment is None:
            raise MtqaError(f"{name}:{row[target].line}: the translation is empty")
        if told == "":
            raise MtqaError(f"{name}:{row[target].line}: the source is empty")
        segments.append(segment)
    return Bitext(tuple(segments))


def separator(header: str) -> str:
    """The separator of a header line."""
    return max("\t;,", key=lambda c: (header.count(c), c == "\t"))


def rows(text: str, path: str) -> Iterator[list[Field]]:
    """The rows that are not blank. Raises MtqaError with file and line for a mark that does not close its field."""
    at = 1 if text.startswith("\ufeff") else 0
    first = text[at:].split("\n", 1)[0]
    between = separator(first)
    line = 1
    row: list[Field] = []
    while at < len(text):
        if text[at] == '"':
            start = at + 1
            end = _closing(text, start)
            if end < 0:
                raise MtqaError(f"{printable(path)}:{line}: the quotation mark that begins this field does not close")
            row.append(Field(start, end, True, line))
            line += len(re.findall(r"\r\n|\r|\n", text[start:end]))
            at = end + 1
            if at < len(text) and text[at] not in (between, "\r", "\n"):
                raise MtqaError(f"{printable(path)}:{line}: text after the quotation mark that closes a field")
        else:
            start = at
            while at < len(text) and text[at] not in (between, "\r", "\n"):
                at += 1
            row.append(Field(start, at, False, line))
        if at < len(text) and text[at] == between:
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append(Field(at, at, False, line))
            else:
                continue
        if at < len(text):
            at += 2 if text.startswith("\r\n", at) else 1
            line += 1
        if len(row) > 1 or row[0].end > row[0].start or row[0].quoted:
            yield row
        row = []


def _closing(text: str, at: int) -> int:
    while (at := text.find('"', at)) >= 0:
        if not text.startswith('""', at):
            return at
        at += 2
    return -1


def _segment(text: str, field: Field, source: str | None) -> Segment | None:
    pieces = Pieces()
    at = field.start
    while at < field.end:
        if field.quoted and text[at] == '"':
            pieces.stand_in('"', at, at + 2)
            at += 2
        elif text.startswith("\r\n", at):
            pieces.stand_in("\n", at, at + 2)
            at += 2
        elif text[at] == "\r":
            pieces.stand_in("\n", at, at + 1)
            at += 1
        else:
            match = _SPECIAL.search(text, at + 1, field.end)
            end = match.start() if match else field.end
            pieces.copy(text[at:end], at)
            at = end
    return pieces.segment(source, escape=escape_quoted if field.quoted else escape_bare)


def escape_quoted(text: str) -> str:
    """``text`` inside a quoted field."""
    return text.replace('"', '""')


def escape_bare(text: str) -> str | None:
    """``text`` in a field without marks; None for what needs them."""
    return None if re.search(r'[",;\t\r\n]', text) else text
