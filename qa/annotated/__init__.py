"""Readers of annotated text, a file a format: what people marked as wrong in a translation.

A reader is a module with ``read(path, text) -> Iterator[Annotated]``; ``text`` is the decoded file. It raises MtqaError
with file and line for what is not as the format says.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from qa.display import printable
from qa.document import Document
from qa.errors import MtqaError
from qa.readers import MAX_BYTES, read_content

FORMATS = {
    "gold": "[[garbled=>fix|another fix]] in a text (.gold.txt, .gold.md), or gold.jsonl beside article.txt",
    "mqm": "a segment a line with its error spans (.jsonl with “target” and “spans”)",
    "wmt": "WMT's MQM table, spans between <v> and </v> (.tsv)",
    "mlqe": "a sentence a line with a tag a word (.jsonl with “mt”, “offsets” and “tags”)",
    "tags": "words with their tags in a second file (.mt and .tags)",
}
"""Name of each format, and module of this package, to what it is."""

_IN_FOLDERS = (".gold.txt", ".gold.md", ".jsonl", ".tsv", ".mt")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one annotator marked: code points in the document's text.

    ``category`` and ``severity`` are the annotator's words, empty where the format has none. ``fixes``: wordings that
    would be right; an empty one deletes it; none where the format has no fixes.
    """

    start: int
    end: int
    category: str = ""
    severity: str = ""
    rater: str = ""
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text without its marks, and the marks.

    ``words``: spans of the words that were annotated, in order; None where any part of the text could be marked.
    ``lines``: (start in the text, line of the annotated file) of each segment, for a file that is not itself a text.
    ``unplaced``: errors that were annotated without a place in this text, such as omissions.
    """

    document: Document
    marks: tuple[Mark, ...]
    words: tuple[tuple[int, int], ...] | None = None
    lines: tuple[tuple[int, int], ...] = ()
    unplaced: int = 0

    def place(self, offset: int) -> tuple[int, int]:
        """(line of the annotated file, column), from 1; the column counts from the start of the segment."""
        if not self.lines:
            return self.document.position(offset)
        at = bisect_right(self.lines, offset, key=lambda pair: pair[0]) - 1
        start, line = self.lines[max(at, 0)]
        return line, offset - start + 1


def find(paths: Sequence[str]) -> list[str]:
    """The annotated files among ``paths``, and in the folders among them. Raises MtqaError where there is none."""
    files: list[str] = []
    for path in paths:
        if not Path(path).is_dir():
            files.append(path)
            continue
        inside = sorted(p for p in Path(path).rglob("*") if p.name.endswith(_IN_FOLDERS) and p.is_file())
        if not inside:
            raise MtqaError(f"{printable(path)}: no annotated file in this folder ({', '.join(_IN_FOLDERS)})")
        files += map(os.fspath, inside)
    return list(dict.fromkeys(files))


def read(
    path: str, *, format_: str | None = None, encoding: str | None = None, max_bytes: int = MAX_BYTES
) -> list[Annotated]:
    """All annotated texts of a file, in its order; of ``format_``, or of the format that its name and first line tell.

    A text without marks is one in which nothing is wrong.
    """
    text = read_content(path, encoding=encoding, max_bytes=max_bytes)
    name = format_ or _format(path, text)
    return list(import_module(f"{__name__}.{name}").read(path, text))


def _format(path: str, text: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix in (".txt", ".text", ".md", ".markdown"):
        return "gold"
    if suffix in (".tsv", ".mt"):
        return {".tsv": "wmt", ".mt": "tags"}[suffix]
    if suffix == ".jsonl":
        for _, row in rows(path, text):
            if {"target", "spans"} <= row.keys():
                return "mqm"
            if {"mt", "tags"} <= row.keys():
                return "mlqe"
            if {"start", "end", "fixes"} <= row.keys():
                return "gold"
            break
        else:
            raise MtqaError(f"{printable(path)}: is empty")
    known = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
    raise MtqaError(f"{printable(path)}: no format of annotations that is known here; there are {known}")


def rows(path: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line of JSONL that is not blank."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            said = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            raise wrong(path, number, f"not valid JSON: {said}") from None
        if not isinstance(row, dict):
            raise wrong(path, number, "expected an object")
        yield number, row


def value_of(path: str, number: int, row: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    """``row[key]``, which must be there and of that kind."""
    value = row.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        expected = {str: "a text", int: "a whole number", list: "a list"}.get(kind, "a value")  # type: ignore[arg-type]
        raise wrong(path, number, f"“{key}” must be {expected}")
    return value


def span(path: str, number: int, value: Any, text: str, what: str) -> tuple[int, int]:
    """(start, end) where ``value`` is a pair of code points within ``text``."""
    match value:
        case [int() as start, int() as end] if 0 <= start <= end <= len(text):
            return start, end
    raise wrong(path, number, f"{what} {printable(str(value))[:40]} is no place in a text of {len(text):,} code points")


def wrong(path: str, number: int, what: str) -> MtqaError:
    return MtqaError(f"{printable(path)}: line {number:,}: {what}")
