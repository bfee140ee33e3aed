"""An evaluation as JSON; the shape is docs/evaluation.schema.json, schema 1. Shares are rounded to four digits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from qa.annotated import Annotated
from qa.evaluation import Evaluation, FalseAlarm, Found, Missed, Said
from qa.reports.json import dumps

SCHEMA = 1

Kind = TypeVar("Kind")


def render(evaluation: Evaluation, show: Collection[str], *, width: int, color: bool) -> str:
    """The whole report as JSON text; ``width`` and ``color`` do not matter."""
    words = evaluation.words
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "signature": evaluation.signature,
        "texts": evaluation.texts,
        "running_words": evaluation.running_words,
        "marks": _found(evaluation.marks),
        "findings": {**_said(evaluation.findings), "false_per_1000_words": _round(evaluation.false_per_1000_words)},
        "f1": _round(evaluation.f1),
        "words": {
            "true_positive": words.true_positive,
            "false_positive": words.false_positive,
            "false_negative": words.false_negative,
            "true_negative": words.true_negative,
            "precision": _round(words.precision),
            "recall": _round(words.recall),
            "f1": _round(words.f1),
            "f1_unmarked": _round(words.f1_unmarked),
            "mcc": _round(words.mcc),
        },
        "by_category": {name: _found(kind) for name, kind in _sorted(evaluation.by_category)},
        "by_severity": {name: _found(kind) for name, kind in _sorted(evaluation.by_severity)},
        "by_rule": {name: _said(kind) for name, kind in _sorted(evaluation.by_rule)},
        "by_reported_category": {name: _said(kind) for name, kind in _sorted(evaluation.by_reported_category)},
    }
    if evaluation.unplaced:
        result["unplaced"] = evaluation.unplaced
    if "missed" in show:
        result["missed"] = [_mark(item) for item in evaluation.missed]
    if "unfixed" in show:
        result["unfixed"] = [_mark(item) for item in evaluation.unfixed]
    if "false" in show:
        result["false"] = [_false(item) for item in evaluation.false]
    if evaluation.notes:
        result["notes"] = list(evaluation.notes)
    return dumps(result) + "\n"


def _sorted(kinds: Mapping[str, Kind]) -> list[tuple[str, Kind]]:
    return sorted(kinds.items())


def _found(kind: Found) -> dict[str, Any]:
    return {
        "marks": kind.marks,
        "found": kind.found,
        "recall": _round(kind.recall),
        "with_fixes": kind.fixable,
        "fixed": kind.fixed,
    }


def _said(kind: Said) -> dict[str, Any]:
    return {"findings": kind.findings, "right": kind.right, "precision": _round(kind.precision)}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _place(text: Annotated, start: int, end: int) -> dict[str, Any]:
    line, column = text.place(start)
    return {"path": text.document.path, "line": line, "column": column, "text": text.document.text[start:end]}


def _mark(item: Missed) -> dict[str, Any]:
    mark = item.mark
    result = _place(item.text, mark.start, mark.end)
    for key, value in (("category", mark.category), ("severity", mark.severity), ("rater", mark.rater)):
        if value:
            result[key] = value
    if mark.fixes:
        result["fixes"] = list(mark.fixes)
    if item.now is not None:
        result["suggested"] = item.now
    return result


def _false(item: FalseAlarm) -> dict[str, Any]:
    finding = item.finding
    return {
        **_place(item.text, finding.start, finding.end),
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": round(float(finding.confidence), 3),
        "message": finding.message,
        "suggestions": [suggestion.text for suggestion in finding.suggestions],
    }
