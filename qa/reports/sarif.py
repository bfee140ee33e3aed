"""The report as SARIF 2.1.0, for code scanning services and editors.

Counted as SARIF does: in code points, from line and column 1, a byte order mark not among them. Addresses of files are
relative to the root of the repository. Messages double their braces, which would otherwise be placeholders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import qa
from qa import rulepage
from qa.document import Document
from qa.finding import Finding, Severity
from qa.judge import NOT_CHECKED, DocumentReport, Report
from qa.reports.json import dumps
from qa.reports.wording import LEVELS, exact, in_repository, message, shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
FINGERPRINT = "mtqa/v1"

# What GitHub's code scanning calls the levels.
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
_BOM = "\ufeff"


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as a SARIF log; ``width`` and ``color`` do not matter."""
    return dumps(as_dict(report)) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """The log as plain dicts and lists."""
    found = [(number, document, f) for number, document in enumerate(report.documents) for f in document.findings]
    first: dict[str, Finding] = {}
    for _, _, finding in found:
        first.setdefault(finding.rule, finding)
    index = {rule: number for number, rule in enumerate(sorted(first))}
    driver = {
        "name": "mtqa",
        "semanticVersion": qa.__version__,
        "shortDescription": _text("Finds what machine translation leaves behind in English prose."),
        "rules": [_rule(first[rule], report) for rule in index],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "originalUriBaseIds": {ROOT: {"description": _text("The root of the repository.")}},
        "artifacts": [_artifact(document) for document in report.documents],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "automationDetails": {"id": "mtqa/"},
        "results": [_result(number, document, f, index[f.rule]) for number, document, f in found],
        "properties": {"signature": report.signature},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding, report: Report) -> dict[str, Any]:
    """What the rule's page says; of a rule without a page, what its finding says."""
    rule = report.rulebook.rules.get(finding.rule) if report.rulebook else None
    level = LEVELS[rule.severity if rule else finding.severity]
    confidence = rule.confidence if rule else finding.confidence
    properties = {
        "tags": list(_parts(rule.category if rule else finding.category)),
        "precision": _precision(confidence),
        "problem.severity": _PROBLEMS[level],
    }
    described: dict[str, Any] = {"id": shown(finding.rule)}
    if rule and report.rulebook:
        why = re.split(r"\n\s*\n", rule.why.strip())[0]
        described |= {
            "shortDescription": _text(shown(rulepage.summary(rule))),
            "fullDescription": _text(shown(" ".join(why.split()), 1000)),
            "help": {
                "text": _doubled(rulepage.page(rule, report.rulebook)),
                "markdown": _doubled(rulepage.markdown(rule, report.rulebook)),
            },
        }
    return {**described, "defaultConfiguration": {"level": level}, "properties": properties}


def _parts(category: str) -> tuple[str, ...]:
    """A category and those above it, broadest first: “fluency”, “fluency/grammar”."""
    names = shown(category).split("/")
    return tuple("/".join(names[: n + 1]) for n in range(len(names)))


def _precision(confidence: float) -> str:
    """The share of findings that a reader would act on, in GitHub's words."""
    return next(word for least, word in ((0.9, "very-high"), (0.75, "high"), (0.5, "medium"), (0, "low"))
                if confidence >= least)  # fmt: skip


def _invocation(report: Report) -> dict[str, Any]:
    notifications = [{"level": "error", "message": _text(shown(line))} for line in report.unchecked]
    notes = [*report.notes, *(note for document in report.documents for note in document.document.notes)]
    notifications += [
        {"level": "note", "message": _text(shown(note))} for note in notes if not note.startswith(NOT_CHECKED)
    ]
    return {
        "executionSuccessful": not report.unchecked,
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }


def _artifact(document: DocumentReport) -> dict[str, Any]:
    verdict = document.machine_translated
    properties = {
        "words": document.words,
        "score": float(document.score),
        "machineTranslated": {"probability": round(float(verdict.probability), 3), "verdict": verdict.verdict},
    }
    return {"location": _location(document.path), "encoding": document.document.encoding, "properties": properties}


def _location(path: str) -> dict[str, Any]:
    inside = in_repository(path)
    if inside is None:
        return {"uri": Path(os.path.abspath(exact(path))).as_uri()}  # noqa: PTH100
    try:
        name = os.fsencode(inside)
    except UnicodeEncodeError:  # a name that no file has
        name = exact(inside).encode()
    return {"uri": quote(name), "uriBaseId": ROOT}


def _result(number: int, document: DocumentReport, finding: Finding, rule: int) -> dict[str, Any]:
    location = _location(document.path)
    region = _region(document.document, finding)
    fixes = [
        {
            "description": _text(f"Write “{shown(s.text, 300)}”." if s.text.strip() else "Delete it."),
            "artifactChanges": [
                {
                    "artifactLocation": location,
                    "replacements": [{"deletedRegion": region, "insertedContent": {"text": s.text}}],
                }
            ],
            "properties": {"safe": s.safe},
        }
        for s in finding.suggestions
        if s.text == exact(s.text)
    ]
    snippet = {"snippet": {"text": exact(finding.text)}} if finding.text else {}
    return {
        "ruleId": shown(finding.rule),
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "rank": round(100 * float(finding.confidence), 1),
        "message": _text(message(finding)),
        "locations": [
            {"physicalLocation": {"artifactLocation": {**location, "index": number}, "region": {**region, **snippet}}}
        ],
        "partialFingerprints": {FINGERPRINT: shown(finding.fingerprint)},
        **({"fixes": fixes} if fixes else {}),
        "properties": _properties(finding),
    }


def _properties(finding: Finding) -> Mapping[str, Any]:
    severity: Severity = finding.severity
    return {"category": shown(finding.category), "severity": severity.value, "source": shown(finding.source)}


def _region(document: Document, finding: Finding) -> dict[str, int]:
    """The place by line and column and by offset; what SARIF counts does not depend on a byte order mark."""
    mark = document.text.startswith(_BOM)
    (line, column), (end_line, end_column) = map(document.position, (finding.start, finding.end))
    start, end = max(finding.start - mark, 0), max(finding.end - mark, 0)
    return {
        "startLine": line,
        "startColumn": max(column - (mark and line == 1), 1),
        "endLine": end_line,
        "endColumn": max(end_column - (mark and end_line == 1), 1),
        "charOffset": start,
        "charLength": end - start,
    }


def _text(text: str) -> dict[str, str]:
    return {"text": _doubled(text)}


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
