"""Scores as JSON, not rounded; the shape is docs/score.schema.json, schema 1."""

from __future__ import annotations

from typing import Any

from qa.edits import Edit, Edits
from qa.metrics import Score
from qa.reports.json import dumps
from qa.scoring import ScoreReport, System

SCHEMA = 1


def render(report: ScoreReport, *, width: int, color: bool, digits: int) -> str:
    """The whole report as JSON text; ``width``, ``color`` and ``digits`` do not matter."""
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "segments": report.segments,
        "references": [file.path for file in report.references],
    }
    if report.documents:
        result["documents"] = [{"name": name, "segments": len(rows)} for name, rows in report.documents]
    if report.test:
        baseline = report.systems[0].file.path
        result["test"] = {"kind": report.test.kind, "samples": report.test.samples, "baseline": baseline}
    result["systems"] = [_system(system, report.shows_segments) for system in report.systems]
    result["gate"] = {
        "limits": dict(report.limits),
        "failures": [
            {"path": system.file.path, "metric": score.metric, "score": score.value, "limit": limit}
            for system, score, limit in report.failures
        ],
        "failed": report.failed,
    }
    if report.notes:
        result["notes"] = list(report.notes)
    return dumps(result) + "\n"


def _system(system: System, segments: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"path": system.file.path, "scores": [_score(score, segments) for score in system.scores]}
    if system.post_edit:
        pairs = zip(system.post_edit.edits, system.file.segments, system.post_edit.file.segments, strict=True)
        result["post_edit"] = {
            "path": system.post_edit.file.path,
            "segments": [
                {"line": line, "translation": before, "post_edit": after, **_edits(edits)}
                for line, (edits, before, after) in enumerate(pairs, 1)
            ],
        }
    return result


def _score(score: Score, segments: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "metric": score.metric,
        "name": score.name,
        "score": score.value,
        "signature": score.signature,
    }
    if score.detail:
        result["detail"] = score.detail
    if score.mean is not None and score.interval is not None:
        result["bootstrap"] = {"mean": score.mean, "interval": score.interval}
    if score.p_value is not None:
        result["p_value"] = score.p_value
    if score.documents:
        result["documents"] = list(score.documents)
    if segments:
        result["segments"] = list(score.segments)
        result["segment_signature"] = score.segment_signature
    return result


def _edits(edits: Edits) -> dict[str, Any]:
    return {
        "hter": edits.rate,
        "edits": edits.count,
        "words": edits.length,
        "shifts": [{"number": s.number, "positions": list(s.positions), "words": list(s.words)} for s in edits.shifts],
        "operations": [_edit(edit) for edit in edits.operations],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    result: dict[str, Any] = {"operation": edit.operation.value}
    if edit.before is not None:
        result |= {"translation": edit.before, "position": edit.position}
    if edit.after is not None:
        result["post_edit"] = edit.after
    if edit.shift is not None:
        result["shift"] = edit.shift
    return result
