"""The readers' room: a file becomes a Document, its text cut into segments.

A reader is a module of this package named after its kind, with one of

- ``segments(text: str) -> Iterable[Segment]`` for a format that is text: offsets of the runs are
  code points in ``text`` as given, which may begin with U+FEFF and hold any line end; one whose format has comments
  also has ``comments(text: str) -> Iterable[Comment]``, which finds those that begin with ``mtqa:``;
- ``bitext(text: str, path: str) -> Bitext`` for one that holds a source and its translation; with
  ``encoding_of(data: bytes) -> str | None`` where the file itself names its encoding; or
- ``document(data: bytes, path: str) -> Document`` for one that is not (an archive, say).

and a line in ``READERS`` for each suffix. It is imported when the first such file is read.
"""

# Paths are strings here: pathlib would change how the user wrote them.
# ruff: noqa: PTH116, PTH122, PTH123

from __future__ import annotations

import importlib
import os
import re
import stat
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, overload

from qa.display import printable
from qa.document import Comment, Document, Run, Segment
from qa.errors import MtqaError
from qa.readers import decoding

if TYPE_CHECKING:
    from qa.readers.bitext import Bitext

READERS: dict[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".mkdn": "markdown",
    ".mdx": "markdown",
    ".qmd": "markdown",
    ".rmd": "markdown",
    ".po": "po",
    ".xlf": "xliff",
    ".xliff": "xliff",
    ".tmx": "tmx",
    ".csv": "table",
    ".tsv": "table",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""Suffix, in lower case, to kind: the module of this package that reads it."""

BITEXT = frozenset({"po", "xliff", "tmx", "table", "jsonl"})
"""Kinds with a source and its translation. In folders they are taken only where --include names them: a data file or
a translation into another language may lie anywhere."""

STDIN = "-"
MAX_BYTES = 50_000_000
"""Bytes above which a file is refused unless told otherwise."""

MAX_SEGMENT = 10_000
"""Code points above which a segment is cut in several."""

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*(?:\s+|(?<=[。！？]))")
_SPACE = re.compile(r"\s+")


def kind_of(path: str | os.PathLike[str]) -> str:
    """The kind of a file by its suffix; ``text`` for an unknown one or none."""
    return READERS.get(os.path.splitext(os.fspath(path))[1].lower(), "text")


def read(
    path: str | Path,
    *,
    as_given: str | None = None,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
    stdin_filename: str | None = None,
    stdin_format: str | None = None,
) -> Document:
    """The document in a file, or on standard input for ``-``.

    ``as_given`` is the path to show, if another than ``path``. ``encoding`` is the codec for a file
    without byte order mark (UTF-8 if None). Standard input is of ``stdin_format`` (a kind), or what
    ``stdin_filename`` says by its suffix, or text. Raises MtqaError where the file is missing, no
    file, not readable, larger than ``max_bytes`` or not text.
    """
    name = os.fspath(path)
    if name == STDIN:
        shown = as_given or stdin_filename or STDIN
        kind = stdin_format or kind_of(stdin_filename or "")
        return read_bytes(_stdin(max_bytes), shown, kind, encoding=encoding)
    shown = as_given if as_given is not None else name
    return read_bytes(_file(name, shown, max_bytes), shown, kind_of(name), encoding=encoding)


def read_content(path: str | Path, *, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> str:
    """The decoded text of a file, or of standard input for ``-``, as it is. Raises MtqaError as ``read``."""
    name = os.fspath(path)
    data = _stdin(max_bytes) if name == STDIN else _file(name, name, max_bytes)
    return decoding.decode(data, name, encoding)[0]


def read_lines(path: str | Path, *, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> list[str]:
    """The lines of a text file, or of standard input for ``-``: no line ends, no white space at the end, no byte order
    mark. Only a line feed ends a line, as for the programs that write line-aligned files. Raises MtqaError as ``read``.
    """
    lines = read_content(path, encoding=encoding, max_bytes=max_bytes).removeprefix("\ufeff").split("\n")
    return [line.rstrip() for line in (lines if lines[-1] else lines[:-1])]


def read_bytes(data: bytes, path: str, kind: str = "text", *, encoding: str | None = None) -> Document:
    """The document in these bytes; ``path`` is only shown. Raises MtqaError for what is not text."""
    reader = _reader(kind)
    if hasattr(reader, "document"):
        document: Document = reader.document(data, path)
        return document
    if encoding is None and hasattr(reader, "encoding_of"):
        encoding = reader.encoding_of(data)
    text, codec = decoding.decode(data, path, encoding)
    return _document(path, text, reader, kind, codec)


def read_text(text: str, path: str = STDIN, kind: str = "text") -> Document:
    """The document in a string, as if a file had held it; ``path`` is only shown."""
    return _document(path, text, _reader(kind), kind)


def cut(segment: Segment, limit: int = MAX_SEGMENT) -> Iterator[Segment]:
    """The segment in pieces of at most ``limit`` code points, each with its place in the original.

    It is cut after a sentence where one ends in the second half of a piece, else at white space,
    else anywhere; white space at the cut is in neither piece.
    """
    text, start, end = segment.text, 0, len(segment.text)
    while end - start > limit:
        at, to = _cut_at(text, start, limit)
        if at > start:
            yield _slice(segment, start, at)
        space = _SPACE.match(text, to)
        start = space.end() if space else to
    if start == 0:
        yield segment
    elif start < end:
        yield _slice(segment, start, end)


def _document(path: str, text: str, reader: ModuleType, kind: str, encoding: str = "utf-8") -> Document:
    if hasattr(reader, "bitext"):
        found: Bitext = reader.bitext(text, path)
        return Document(
            path, text, found.segments, encoding, found.notes, kind=kind, source_language=found.source_language
        )
    comments: tuple[Comment, ...] = ()
    # Most texts say nothing to mtqa: they are not searched for comments.
    if "mtqa" in text and hasattr(reader, "comments"):
        comments = tuple(reader.comments(text))
    return Document(path, text, Segments(reader, text), encoding, comments=comments, kind=kind)


class Segments(Sequence[Segment]):
    """A text's segments, cut when first looked at: what is known of an unchanged text needs none."""

    def __init__(self, reader: ModuleType, text: str) -> None:
        self._reader, self._text = reader, text
        self._lock = threading.Lock()
        self._cut: tuple[Segment, ...] | None = None

    def _all(self) -> tuple[Segment, ...]:
        with self._lock:
            if self._cut is None:
                self._cut = _segments(self._reader, self._text)
            return self._cut

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all())

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | Sequence[Segment]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())


def _segments(reader: ModuleType, text: str) -> tuple[Segment, ...]:
    found: Iterable[Segment] = reader.segments(text)
    result: list[Segment] = []
    for segment in found:
        if len(segment.text) <= MAX_SEGMENT:
            result.append(segment)
        else:
            result.extend(cut(segment))
    return tuple(result)


def _reader(kind: str) -> ModuleType:
    if kind not in READERS.values():
        known = ", ".join(sorted(set(READERS.values())))
        raise MtqaError(f"no reader for the format “{printable(kind)}”; use one of {known}")
    return importlib.import_module(f"{__name__}.{kind}")


def _cut_at(text: str, start: int, limit: int) -> tuple[int, int]:
    """(end of this piece, start of the next) for a text that goes on beyond ``start + limit``."""
    middle, last = start + limit // 2, start + limit
    for pattern in (_SENTENCE_END, _SPACE):
        for end in deque(pattern.finditer(text, middle, last), maxlen=1):
            return end.start() + len(end[0].rstrip()), end.end()
    return last, last


def _slice(segment: Segment, start: int, end: int) -> Segment:
    runs = []
    for run in segment.runs_within(start, end):
        left = max(run.segment_start, start)
        right = min(run.segment_start + run.length, end)
        at = run.locate(left)
        runs.append(Run(left - start, at, right - left, run.document_length))
    return replace(segment, text=segment.text[start:end], runs=tuple(runs))


def _file(name: str, shown: str, max_bytes: int) -> bytes:
    shown = printable(shown)
    try:
        status = os.stat(name)
        if stat.S_ISDIR(status.st_mode):
            raise MtqaError(f"{shown}: is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise MtqaError(f"{shown}: is no regular file; pipe what a program writes into “mtqa check -”")
        if status.st_size > max_bytes:
            raise MtqaError(_too_large(shown, status.st_size, max_bytes))
        with open(name, "rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise MtqaError(f"{shown}: no such file") from None
    except PermissionError:
        raise MtqaError(f"{shown}: may not be read (permission denied)") from None
    except OSError as error:
        raise MtqaError(f"{shown}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise MtqaError(f"{shown}: is no path") from None
    if len(data) > max_bytes:
        raise MtqaError(_too_large(shown, None, max_bytes))
    return data


def _stdin(max_bytes: int) -> bytes:
    if sys.stdin is None:
        raise MtqaError("standard input is closed; name a file instead of -")
    try:
        data = sys.stdin.buffer.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise MtqaError(f"standard input cannot be read: {printable(str(error))}") from None
    if len(data) > max_bytes:
        raise MtqaError(_too_large("standard input", None, max_bytes))
    return data


def _too_large(shown: str, size: int | None, max_bytes: int) -> str:
    has = f"{size:,} bytes" if size is not None else f"more than {max_bytes:,} bytes"
    return f"{shown}: {has}, over the limit of {max_bytes:,}; raise it with --max-file-size"
