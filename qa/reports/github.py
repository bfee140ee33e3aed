"""The report as GitHub Actions shows it: annotations on the lines, and a summary of the job in Markdown.

GitHub keeps ten annotations of each level from one step and drops the rest without a word, so the worst ten of each
are printed and the others counted. ``$GITHUB_STEP_SUMMARY`` names the file for the summary; where it is not set,
none is written.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from qa.display import as_markdown, printable
from qa.finding import Finding
from qa.judge import DocumentReport, Report
from qa.reports.wording import LEVELS, PHRASE, count, in_repository, message, shown

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
KEPT = 10
"""Annotations of each level that GitHub keeps of a step."""
ROWS = 200
"""Findings in the summary's tables; GitHub refuses a summary of more than 1 MiB."""

Place = tuple[DocumentReport, Finding]


def render(report: Report, *, width: int, color: bool) -> str:
    """The annotations, as commands to the runner, and a line that counts; ``width`` and ``color`` do not matter."""
    return "".join(line + "\n" for line in _lines(report))


def append(report: Report) -> Mapping[Path, str]:
    """The summary, for the file that the runner has named."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    return {Path(file): summary(report)} if file else {}


def summary(report: Report) -> str:
    """The run as Markdown: whether it passed, a row a document, a row a finding, worst first."""
    return "\n".join(_summary(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    found = _worst_first(report)
    printed: Counter[str] = Counter()
    for document, finding in found:
        level = LEVELS[finding.severity]
        printed[level] += 1
        if printed[level] <= KEPT:
            yield _annotation(COMMANDS[level], document, finding)
    kept = sum(min(number, KEPT) for number in printed.values())
    for line in report.unchecked:
        yield f"::error title=mtqa could not check this::{_data(shown(line))}"
    line = f"mtqa: {count(len(found), 'finding')} in {count(len(report.documents), 'document')}"
    if kept < len(found):
        beyond = [f"{n - KEPT:,} more at level {COMMANDS[level]}" for level, n in printed.items() if n > KEPT]
        line += f"; {kept} annotated, {' and '.join(beyond)}"
    yield line


def _worst_first(report: Report) -> list[Place]:
    """Severest and surest first; those alike in the order of the run."""
    places = [(document, finding) for document in report.documents for finding in document.findings]
    return sorted(places, key=lambda p: (-p[1].severity.weight, -p[1].confidence))


def _annotation(command: str, document: DocumentReport, finding: Finding) -> str:
    line, column = document.document.position(finding.start)
    end_line, end_column = document.document.position(finding.end)
    place = {"file": printable(in_repository(document.path) or document.path), "line": str(line)}
    # GitHub takes columns only where the place is on one line.
    place |= {"endLine": str(end_line)} if end_line > line else {"col": str(column), "endColumn": str(end_column)}
    place["title"] = f"mtqa: {shown(finding.rule)} ({finding.severity.value})"
    properties = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    return f"::{command} {properties}::{_data(message(finding))}"


def _data(text: str) -> str:
    """Text as the runner's commands carry it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(report: Report) -> Iterator[str]:
    if report.unchecked:
        yield "## ⚠️ mtqa could not check everything"
    else:
        yield "## ❌ mtqa: the gate failed" if report.failed else "## ✅ mtqa: passed"
    yield ""
    severities = ", ".join(f"{number:,} {severity}" for severity, number in report.by_severity.items())
    line = f"{count(report.findings, 'finding')} in {count(len(report.documents), 'document')}"
    yield as_markdown(f"{line}: {severities}." if severities else f"{line}.")
    yield from _documents(report)
    yield from _findings(report)
    for note in report.notes:
        yield f"\n> {as_markdown(shown(note))}"
    yield "\n" + as_markdown("Findings are unconfirmed: they mark phrases, they accuse no author.")
    yield f"\n<sub>{as_markdown(shown(report.signature))}</sub>"


def _documents(report: Report) -> Iterator[str]:
    found = [document for document in report.documents if document.findings]
    if not found:
        return
    yield "\n| Document | Words | Score | Findings | Reads as machine translated |\n|---|--:|--:|--:|---|"
    for document in sorted(found, key=lambda d: d.score)[:ROWS]:
        verdict = document.machine_translated
        says = {True: f"yes, probability {verdict.probability:.2f}", False: "no", None: "open"}[verdict.verdict]
        cells = shown(document.path), f"{document.words:,}", f"{document.score:g}", f"{len(document.findings):,}", says
        yield f"| {' | '.join(map(as_markdown, cells))} |"
    if len(found) > ROWS:
        yield as_markdown(f"\n… and {count(len(found) - ROWS, 'document')} more.")


def _findings(report: Report) -> Iterator[str]:
    places = _worst_first(report)
    if not places:
        return
    yield "\n| | Where | Phrase | Instead | Why |\n|---|---|---|---|---|"
    for document, finding in places[:ROWS]:
        line, column = document.document.position(finding.start)
        written = shown(finding.suggestions[0].text, PHRASE) or "(delete)" if finding.suggestions else ""
        cells = (
            finding.severity.value, f"{shown(document.path, PHRASE)}:{line}:{column}", shown(finding.text, PHRASE),
            written, f"{shown(finding.message, PHRASE)} ({shown(finding.rule, PHRASE)})",
        )  # fmt: skip
        yield f"| {' | '.join(map(as_markdown, cells))} |"
    if len(places) > ROWS:
        yield as_markdown(f"\n… and {count(len(places) - ROWS, 'finding')} more.")
