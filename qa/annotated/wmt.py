"""The MQM table of WMT: a line for each error that a rater found, its span between <v> and </v> in ``target``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.annotated import Annotated, Mark, wrong
from qa.annotated.mqm import Segment, document

COLUMNS = ("system", "rater", "target", "category", "severity")
"""Columns that the table must name in its first line; ``doc`` and a segment's number have several names."""

_DOC = ("doc", "doc_id", "docid")
_SEGMENT = ("globalsegid", "seg_id", "segid", "docsegid", "doc_seg_id", "segment_id")
_TAG = re.compile(r"</?v>")
_NO_ERROR = frozenset({"no-error", "no error", ""})


def read(path: str, text: str) -> Iterator[Annotated]:
    """A document for each pair of document and system; what several raters found in a segment is put together."""
    lines = text.removeprefix("\ufeff").split("\n")
    names = [name.strip().lower() for name in lines[0].split("\t")]
    at = {name: names.index(name) for name in COLUMNS if name in names}
    doc, seg = (next((names.index(n) for n in known if n in names), None) for known in (_DOC, _SEGMENT))
    if missing := [name for name in COLUMNS if name not in at]:
        raise wrong(path, 1, f"no column “{missing[0]}”; WMT's table names {', '.join(COLUMNS)} in its first line")
    if doc is None or seg is None:
        raise wrong(path, 1, f"no column for the {'document (doc)' if doc is None else 'segment (seg_id)'}")
    groups: dict[tuple[str, str], dict[str, Segment]] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) < len(names):
            raise wrong(path, number, f"{len(cells)} cells, but the first line names {len(names)}")
        target, spans = _spans(path, number, cells[at["target"]])
        segments = groups.setdefault((cells[doc], cells[at["system"]]), {})
        segment = segments.setdefault(cells[seg], Segment(number, target))
        if segment.text != target:
            raise wrong(path, number, f"another text than in line {segment.line:,}, which is the same segment")
        severity = cells[at["severity"]].strip()
        if severity.lower() in _NO_ERROR:
            continue
        category, rater = cells[at["category"]].strip(), cells[at["rater"]].strip()
        segment.marks += [Mark(start, end, category, severity, rater) for start, end in spans]
        segment.unplaced += not spans
    for segments in groups.values():
        yield document(path, segments.values())


def _spans(path: str, number: int, marked: str) -> tuple[str, list[tuple[int, int]]]:
    """(text without tags, spans that stood between them; none that is empty)."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = length = 0
    opened: int | None = None
    for match in _TAG.finditer(marked):
        parts.append(marked[at : match.start()])
        length += match.start() - at
        at = match.end()
        if (match[0] == "<v>") == (opened is not None):
            raise wrong(path, number, "<v> and </v> do not pair up")
        if opened is None:
            opened = length
        else:
            spans += [(opened, length)] if opened < length else []
            opened = None
    if opened is not None:
        raise wrong(path, number, "<v> without </v>")
    return "".join([*parts, marked[at:]]), spans
