"""The report as JSON lines, for jq, a data frame or a log: a record a line, flat, in the order of the run.

Each record says in ``record`` what it is: ``finding``; ``document``, after its findings; and last ``summary``, whose
absence shows that a file was cut off. The keys are those of the JSON report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qa.judge import Report
from qa.reports.json import document_as_dict, dumps, summary_as_dict


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report; ``width`` and ``color`` do not matter."""
    return "".join(dumps(record, indent=None) + "\n" for record in records(report))


def records(report: Report) -> Iterator[dict[str, Any]]:
    """The records, in the order in which they are written."""
    for one in report.documents:
        document = document_as_dict(one)
        for finding in document.pop("findings"):
            yield {"record": "finding", "path": one.path, **finding}
        yield {"record": "document", **document}
    summary = {"record": "summary", "signature": report.signature, **summary_as_dict(report)}
    yield summary | ({"notes": list(report.notes)} if report.notes else {})
