"""The Python interface as the README shows it."""

from __future__ import annotations

import qa


def test_check_a_text() -> None:
    text = "😀 The new line cut the demand for workers. seasonal."
    report = qa.check(text)
    (finding,) = report.findings
    assert text[finding.start : finding.end] == finding.text == "workers. seasonal."
    assert finding.suggestions[0].text == "seasonal workers."
    assert report.machine_translated.verdict is None
    assert "split-phrase" in report.machine_translated.evidence


def test_check_markdown() -> None:
    assert qa.check("`workers. seasonal.`\n", kind="markdown").findings == ()


def test_an_empty_text_is_fine() -> None:
    report = qa.check("")
    assert report.findings == ()
    assert report.score == 100
    assert report.words == 0
