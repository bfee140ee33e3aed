"""Whole reports over samples/: a change of any rule shows here as a diff on prose.

``make snapshots`` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qa.checker import Checker
from qa.document import Document
from qa.readers import read
from qa.reports import terminal
from samples import split

ROOT = Path(__file__).parent.parent
SNAPSHOTS = Path(__file__).parent / "data" / "samples"
ALL = sorted(
    p.relative_to(ROOT).as_posix()
    for folder in ("garbled", "corrected", "clean")
    for p in (ROOT / "samples" / folder).iterdir()
)
GOLD = sorted((ROOT / "samples" / "gold").glob("*.gold.txt"))


def _document(path: str) -> Document:
    return read(ROOT / path, as_given=path)


@pytest.mark.parametrize("path", ALL)
def test_report(path: str, checker: Checker) -> None:
    report = terminal.render(checker.report([_document(path)]), width=80, color=False)
    snapshot = SNAPSHOTS / (Path(path).with_suffix(".txt").as_posix().removeprefix("samples/").replace("/", "-"))
    if os.environ.get("MTQA_UPDATE_SNAPSHOTS"):
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        snapshot.write_text(report, "utf-8")
    assert report == snapshot.read_text("utf-8")


@pytest.mark.parametrize("path", [p for p in ALL if "/clean/" in p])
def test_clean_articles_are_left_alone(path: str, checker: Checker) -> None:
    assert checker.check(_document(path)).findings == ()


def test_garbled_and_corrected_are_made_from_gold() -> None:
    for path in GOLD:
        text = path.read_text("utf-8")
        name = path.name.replace(".gold", "")
        assert (ROOT / "samples" / "garbled" / name).read_text("utf-8") == split.garbled(text)
        assert (ROOT / "samples" / "corrected" / name).read_text("utf-8") == split.corrected(text)


def test_what_is_flagged_in_the_garbled_articles_is_garbled(checker: Checker) -> None:
    """Of all findings in the garbled articles, nine in ten touch a garble that the annotator marked."""
    true = total = 0
    for path in GOLD:
        gold = path.read_text("utf-8")
        spans, at, length = [], 0, 0
        for match in split.MARK.finditer(gold):
            length += match.start() - at
            spans.append((length, length + len(match[1])))
            length += len(match[1])
            at = match.end()
        for finding in checker.check(_document(f"samples/garbled/{path.name.replace('.gold', '')}")).findings:
            total += 1
            true += any(finding.start < end and start < finding.end for start, end in spans)
    assert total > 20
    assert true >= 0.9 * total
