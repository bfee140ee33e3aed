"""The report as GitLab's code quality report, for ``artifacts: reports: codequality``."""

from __future__ import annotations

import hashlib
from typing import Any

from qa.finding import Finding, Severity
from qa.judge import DocumentReport, Report
from qa.reports.json import dumps
from qa.reports.wording import exact, in_repository, message, shown

SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.MAJOR: "major",
    Severity.MINOR: "minor",
    Severity.NEUTRAL: "info",
}


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as a JSON list; ``width`` and ``color`` do not matter."""
    return dumps([_issue(document, f) for document in report.documents for f in document.findings]) + "\n"


def _issue(document: DocumentReport, finding: Finding) -> dict[str, Any]:
    path = exact(in_repository(document.path) or document.path)
    first, _ = document.document.position(finding.start)
    last, _ = document.document.position(max(finding.end - 1, finding.start))
    return {
        "type": "issue",
        "description": message(finding),
        "check_name": shown(finding.rule),
        "categories": ["Style"],
        "fingerprint": _fingerprint(path, finding),
        "severity": SEVERITIES[finding.severity],
        "location": {"path": path, "lines": {"begin": first, "end": last}},
    }


def _fingerprint(path: str, finding: Finding) -> str:
    """GitLab takes two issues with one fingerprint for the same, so that the file has to be part of it."""
    return hashlib.sha256(f"{path}\0{finding.fingerprint}".encode("utf-8", "replace")).hexdigest()[:32]
