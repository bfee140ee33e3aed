"""MQM error spans in JSONL: a segment a line, with ``target`` and ``spans`` of ``start``, ``end``, ``category`` …"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from qa.annotated import Annotated, Mark, rows, span, value_of, wrong
from qa.readers import read_text

BETWEEN = "\n\n"
"""Between the segments of a document: each stands as a paragraph of its own."""


@dataclass(slots=True)
class Segment:
    """One segment of a document, at a line of the annotated file; marks are code points in ``text``."""

    line: int
    text: str
    marks: list[Mark] = field(default_factory=list)
    unplaced: int = 0


def read(path: str, text: str) -> Iterator[Annotated]:
    """A document for each pair of ``doc`` and ``system``; a segment without ``doc`` is one of its own."""
    groups: dict[tuple[str, str], list[Segment]] = {}
    for number, row in rows(path, text):
        target = value_of(path, number, row, "target", str)
        segment = Segment(number, target)
        for item in value_of(path, number, row, "spans", list):
            if not isinstance(item, dict):
                raise wrong(path, number, "each of “spans” must be an object")
            start, end = span(path, number, [item.get("start"), item.get("end")], target, "the span")
            said = item.get("text")
            if isinstance(said, str) and said != target[start:end]:
                raise wrong(path, number, f"the span {start} to {end} is not the text that it names; code points?")
            mark = Mark(start, end, _word(item, "category"), _word(item, "severity"), _word(item, "rater"))
            if start < end:
                segment.marks.append(mark)
            else:
                segment.unplaced += 1
        missing = row.get("source_only")
        segment.unplaced += missing if isinstance(missing, int) else 0
        name = row.get("doc")
        key = (str(name), str(row.get("system") or "")) if name else ("", str(number))
        groups.setdefault(key, []).append(segment)
    for segments in groups.values():
        yield document(path, segments)


def document(path: str, segments: Iterable[Segment]) -> Annotated:
    """The segments of one document, a paragraph each, with their marks where they are then."""
    parts: list[str] = []
    marks: list[Mark] = []
    lines: list[tuple[int, int]] = []
    length = unplaced = 0
    for segment in segments:
        lines.append((length, segment.line))
        marks += (replace(m, start=m.start + length, end=m.end + length) for m in segment.marks)
        unplaced += segment.unplaced
        parts.append(segment.text)
        length += len(segment.text) + len(BETWEEN)
    return Annotated(read_text(BETWEEN.join(parts), path, "text"), tuple(marks), lines=tuple(lines), unplaced=unplaced)


def _word(item: dict[str, object], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
