"""The report as Checkstyle XML, which most review and build services read. Paths are as they were given."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement  # writes only; nothing is parsed

from qa.judge import Report
from qa.reports import xml
from qa.reports.wording import LEVELS, message

SEVERITIES = {"error": "error", "warning": "warning", "note": "info"}


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report as XML; ``width`` and ``color`` do not matter."""
    root = Element("checkstyle", version="4.3")
    for document in report.documents:
        file = SubElement(root, "file", name=xml.attribute(document.path))
        for finding in document.findings:
            line, column = document.document.position(finding.start)
            SubElement(
                file, "error", line=str(line), column=str(column), severity=SEVERITIES[LEVELS[finding.severity]],
                message=xml.attribute(message(finding)), source=xml.attribute(finding.rule),
            )  # fmt: skip
    return xml.as_text(root)
