"""The report as reviewdog's rdjson: ``reviewdog -f=rdjson`` puts it, fixes included, into any code review.

Paths are as they were given: reviewdog takes them as relative to where it runs, as mtqa does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from qa.document import Document
from qa.finding import Finding
from qa.judge import Report
from qa.reports.json import dumps
from qa.reports.wording import LEVELS, exact, message, shown

SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as JSON; ``width`` and ``color`` do not matter."""
    diagnostics = []
    for document in report.documents:
        lines = _Lines(document.document)
        diagnostics += [_diagnostic(exact(document.path), finding, lines) for finding in document.findings]
    return dumps({"source": {"name": "mtqa"}, "diagnostics": diagnostics}) + "\n"


def _diagnostic(path: str, finding: Finding, lines: _Lines) -> dict[str, Any]:
    place = {"start": lines.position(finding.start), "end": lines.position(finding.end)}
    replacements = [s.text for s in finding.suggestions if s.text == exact(s.text)]
    return {
        "message": message(finding),
        "location": {"path": path, "range": place},
        "severity": SEVERITIES[LEVELS[finding.severity]],
        "code": {"value": shown(finding.rule)},
        **({"suggestions": [{"range": place, "text": text} for text in replacements]} if replacements else {}),
    }


class _Lines:
    """Places as rdjson counts them: lines end with a line feed, columns are bytes of UTF-8, both from 1."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.starts = [0, *(m.end() for m in re.finditer("\n", document.text))]
        self._known = 0, 1

    def position(self, offset: int) -> dict[str, int]:
        line = bisect_right(self.starts, offset)
        # Counted on from the place asked for before, so that many findings on one line take no longer than the line.
        at, column = self._known
        if not self.starts[line - 1] <= at <= offset:
            at, column = self.starts[line - 1], 1
        column += len(self.text[at:offset].encode("utf-8", "surrogatepass"))
        self._known = offset, column
        return {"line": line, "column": column}
