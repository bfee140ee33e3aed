"""The report as JSON, for programs; its shape is docs/report.schema.json, schema 1.

The same report gives the same bytes. Whatever stands in the checked text, the output can be encoded and
is harmless to print: controls, bidirectional controls, other invisible format characters and lone
surrogates are written as ``\\uXXXX``, which a JSON parser turns back into what they were.
"""

from __future__ import annotations

import json
import re
from typing import Any

from qa.finding import Finding
from qa.judge import DocumentReport, Report

SCHEMA = 1

# Unicode Cc, Cf, Cs, Zl and Zp. json.dumps has escaped what is below U+0020 before this is asked;
# the line breaks left over are its own.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as JSON text; ``width`` and ``color`` do not matter."""
    return dumps(as_dict(report)) + "\n"


def dumps(value: Any, indent: int | None = 2) -> str:
    """A value as JSON that is harmless to print; all on one line where ``indent`` is None."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(_escape, text)


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain dicts and lists, keys in the order in which they are written."""
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "signature": report.signature,
        "documents": [document_as_dict(document) for document in report.documents],
        "summary": summary_as_dict(report),
    }
    if report.notes:
        result["notes"] = list(report.notes)
    return result


def summary_as_dict(report: Report) -> dict[str, Any]:
    """The run in figures."""
    return {
        "documents": len(report.documents),
        "findings": report.findings,
        "by_severity": {severity.value: count for severity, count in report.by_severity.items()},
        "failed": report.failed,
        **report.left_out,
    }


def document_as_dict(document: DocumentReport) -> dict[str, Any]:
    """One document of the report, with its findings."""
    verdict = document.machine_translated
    result: dict[str, Any] = {
        "path": document.path,
        "words": document.words,
        "score": float(document.score),
        "machine_translated": {
            "probability": round(float(verdict.probability), 3),
            "verdict": verdict.verdict,
            "evidence": list(verdict.evidence),
        },
        "findings": [_finding(document, finding) for finding in document.findings],
    }
    if document.document.notes:
        result["notes"] = list(document.document.notes)
    return result


def _finding(document: DocumentReport, finding: Finding) -> dict[str, Any]:
    line, column = document.document.position(finding.start)
    return {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.value,
        "confidence": round(float(finding.confidence), 3),
        "message": finding.message,
        "start": finding.start,
        "end": finding.end,
        "line": line,
        "column": column,
        "text": finding.text,
        "suggestions": [{"text": s.text, "safe": s.safe} for s in finding.suggestions],
        "fingerprint": finding.fingerprint,
        "source": finding.source,
        **({"gain_bits": round(finding.gain, 1)} if finding.gain is not None else {}),
        **({"also": list(finding.also)} if finding.also else {}),
    }


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
