"""The report as JUnit XML: a test suite a document, which fails where the document fails the gate.

A finding is a test case. One that the gate minds is a failure; one below it passes and says what it found, so
that the build server shows red where mtqa exits with 1, and only there.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement  # writes only; nothing is parsed

from qa.finding import Finding
from qa.judge import DocumentReport, Gate, Report
from qa.reports import xml
from qa.reports.wording import advice, message


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as XML; ``width`` and ``color`` do not matter."""
    root = Element("testsuites", name="mtqa")
    for document in report.documents:
        _suite(root, document, report.gate)
    if report.unchecked:
        suite = SubElement(root, "testsuite", name="not checked", time="0")
        for line in report.unchecked:
            case = SubElement(suite, "testcase", name=xml.attribute(line), classname="mtqa", time="0")
            SubElement(case, "error", message=xml.attribute(line), type="not checked")
    for element in (*root, root):
        element.set("tests", str(len(list(element.iter("testcase")))))
        element.set("failures", str(len(list(element.iter("failure")))))
        element.set("errors", str(len(list(element.iter("error")))))
        if element is not root:
            element.set("skipped", "0")
    return xml.as_text(root)


def _suite(root: Element, document: DocumentReport, gate: Gate) -> None:
    path = xml.attribute(document.path)
    suite = SubElement(root, "testsuite", name=path, time="0")
    for finding in document.findings:
        line, column = document.document.position(finding.start)
        name = f"{line}:{column} {finding.rule}"
        case = SubElement(suite, "testcase", name=xml.attribute(name), classname=path, time="0")
        if gate.minds(finding):
            failure = SubElement(case, "failure", message=xml.attribute(finding.message), type=finding.severity.value)
            failure.text = _details(finding, f"{path}:{line}:{column}")
        else:
            SubElement(case, "system-out").text = _details(finding, f"{path}:{line}:{column}")
    case = SubElement(suite, "testcase", name="score", classname=path, time="0")
    score = f"score {document.score:g}"
    if gate.min_score is not None and document.score < gate.min_score:
        SubElement(case, "failure", message=f"{score} is below {gate.min_score:g}", type="score").text = score
    else:
        SubElement(case, "system-out").text = f"{score}, {document.words:,} words"


def _details(finding: Finding, place: str) -> str:
    first = message(finding) if finding.message else advice(finding)
    return xml.attribute(f"{place}: {finding.severity.value}: {first} ({finding.rule}, {finding.category})")
