"""What a text says about itself: each verb, where it ends, what it does not touch, and what is said of mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.checker import Checker
from qa.readers import read_text

TORN = "The new line cut the demand for workers. seasonal."
RULE = "split-phrase/stranded-adjective"


def found(checker: Checker, text: str) -> tuple[int, int, tuple[str, ...]]:
    """(findings, suppressed, notes) of a Markdown text."""
    report = checker.check(read_text(text, "x.md", "markdown"))
    return len(report.findings), report.suppressed, report.document.notes


@pytest.mark.parametrize(
    ("text", "left", "suppressed"),
    [
        (f"<!-- mtqa: ignore {RULE} -->\n{TORN}\n\n{TORN}\n", 1, 1),
        (f"<!-- mtqa: ignore split-phrase -- quoted as it was sent -->\n\n{TORN}\n\n{TORN}\n", 1, 1),
        (f"<!-- mtqa: ignore number, split-phrase -->\n- One.\n- {TORN}\n\nEnd.\n\n{TORN}\n", 1, 1),
        (f"<!-- mtqa: ignore-next-line split-phrase -->\n{TORN}\n\n{TORN}\n", 1, 1),
        (f"{TORN} <!-- mtqa: ignore-line split-phrase -->\n\n{TORN}\n", 1, 1),
        (f"| A |\n|---|\n| {TORN} <!-- mtqa: ignore-line all --> |\n| {TORN} |\n", 1, 1),
        (f"<!-- mtqa: off split-phrase -->\n\nOne.\n\n{TORN}\n\n<!-- mtqa: on -->\n\n{TORN}\n", 1, 1),
        (f"{TORN}\n\n<!-- mtqa: off all -->\n\n{TORN}\n", 1, 1),
        (f"{TORN}\n\n{TORN}\n\n<!-- mtqa: ignore-file split-phrase -->\n", 0, 2),
        (f"---\ntitle: A\nmtqa-ignore: [number, split-phrase]\n---\n{TORN}\n", 0, 1),
        (f"---\nmtqa-ignore:\n  - split-phrase\n---\n{TORN}\n", 0, 1),
        (f'+++\nmtqa-ignore = "{RULE}"\n+++\n{TORN}\n', 0, 1),
        (f"> <!-- mtqa: ignore split-phrase -->\n> {TORN}\n>\n> {TORN}\n", 1, 1),
        (f"{{/* mtqa: ignore split-phrase */}}\n{TORN}\n\n{TORN}\n", 1, 1),
    ],
)
def test_where_a_comment_holds(checker: Checker, text: str, left: int, suppressed: int) -> None:
    assert found(checker, text)[:2] == (left, suppressed)
    assert found(checker, text.replace("\n", "\r\n"))[:2] == (left, suppressed)
    assert found(checker, "\ufeff" + text)[:2] == (left, suppressed)


@pytest.mark.parametrize(
    "text",
    [
        f"```\n<!-- mtqa: ignore-file split-phrase -->\n```\n\n{TORN}\n",
        f"Write `<!-- mtqa: ignore-file split-phrase -->` here.\n\n{TORN}\n",
        f"    <!-- mtqa: ignore-file split-phrase -->\n\n{TORN}\n",
        f"Write \\<!-- mtqa: ignore-file split-phrase --> here.\n\n{TORN}\n",
        f"<!-- mtqa: ignore-file number -->\n\n{TORN}\n",
        f"<!-- see mtqa: ignore-file split-phrase -->\n\n{TORN}\n",
        f"---\nabout: 'mtqa-ignore: split-phrase'\n---\n{TORN}\n",
    ],
)
def test_what_is_no_comment_or_of_another_rule_suppresses_nothing(checker: Checker, text: str) -> None:
    findings, suppressed, _ = found(checker, text)
    assert findings
    assert not suppressed


def test_a_comment_is_no_text(checker: Checker) -> None:
    report = checker.check(read_text("<!-- mtqa: ignore all -- workers. seasonal. -->\nFine.\n", "x.md", "markdown"))
    assert report.words == 1


def test_plain_text_has_no_comments(checker: Checker) -> None:
    text = f"<!-- mtqa: ignore-file split-phrase -->\n\n{TORN}\n"
    assert len(checker.check(read_text(text, "x.txt", "text")).findings) == 1


@pytest.mark.parametrize(
    ("comment", "note"),
    [
        ("mtqa: ignore number", "line 3: suppresses nothing: there is no finding of number"),
        ("mtqa: ignroe number", "line 3: “mtqa: ignroe” says nothing; did you mean “ignore”?"),
        ("mtqa: ignore split-phrase/stranded-adjectiv", f"did you mean “{RULE}”?"),
        ("mtqa: ignore", "names no rule; “ignore all” would mean every one"),
        ("mtqa: on number", "switches nothing on: number is not off here"),
        ("mtqa:", "says nothing"),
    ],
)
def test_what_is_wrong_with_a_comment_is_said(checker: Checker, comment: str, note: str) -> None:
    notes = found(checker, f"One.\n\n<!-- {comment} -->\nTwo.\n")[2]
    assert len(notes) == 1
    assert note in notes[0]


def test_front_matter_that_is_no_list_is_said(checker: Checker) -> None:
    assert "names no rule" in found(checker, "---\nmtqa-ignore: {a: 1}\n---\nText.\n")[2][0]


def test_what_was_not_looked_for_is_not_called_unused(checker: Checker) -> None:
    # No language model here: a proposal may have been what is suppressed.
    assert found(checker, "<!-- mtqa: ignore proposal -->\nText.\n")[2] == ()
    assert found(checker, "<!-- mtqa: ignore all -->\nText.\n")[2] == ()


def test_the_report_counts_them_and_the_gate_and_score_do_not(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.md").write_text(f"<!-- mtqa: ignore split-phrase -->\n{TORN}\n")
    result = mtqa("check", "--format", "json", "a.md", cwd=tmp_path)
    assert result.returncode == 0
    report = json.loads(result.stdout)
    assert report["summary"] == {"documents": 1, "findings": 0, "by_severity": {}, "failed": False, "suppressed": 1}
    assert report["documents"][0]["score"] == 100
    terminal = mtqa("check", "a.md", cwd=tmp_path).stdout.decode()
    assert "1 finding suppressed in the text" in terminal
    mtqa("check", "--fix", "a.md", cwd=tmp_path)
    assert TORN in (tmp_path / "a.md").read_text()


HOSTILE = st.text(alphabet=st.sampled_from(list("<!->{}/*mtqa: ignoreflwx,\n\r\t-—`>|#\0\u202e\ud800é")), max_size=80)


@given(HOSTILE, HOSTILE)
def test_any_comment_at_all(checker: Checker, before: str, inside: str) -> None:
    text = f"{before}<!-- mtqa:{inside} -->\n\nText {inside}\n"
    document = read_text(text, "x.md", "markdown")
    for comment in document.comments:
        assert comment.text.startswith("mtqa:")
        assert "mtqa" in text[comment.start : comment.end]
    checker.check(document)
