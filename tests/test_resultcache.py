"""What is kept of unchanged texts: the same report, and none of it where anything has changed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from qa import workers
from qa.checker import Checker
from qa.checks import rules
from qa.config import PathRules, Settings
from qa.document import Document
from qa.finding import Finding
from qa.readers import read_text
from qa.reports import json as json_report
from qa.resultcache import ResultCache
from qa.rulebook import cache_folder

TORN = "The new line cut the demand for workers. seasonal. She went to to the market.\n"


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the rules were really searched in."""
    texts: list[str] = []
    search = rules.find

    def find(document: Document, rulebook: object) -> object:
        texts.append(document.text)
        return search(document, rulebook)  # type: ignore[arg-type]

    monkeypatch.setattr(rules, "find", find)
    return texts


def check(folder: Path, text: str, settings: Settings | None = None, kind: str = "text") -> tuple[Finding, ...]:
    with Checker(settings or Settings(), results=ResultCache(folder)) as checker:
        return checker.report([read_text(text, "x", kind)]).documents[0].findings


def test_an_unchanged_text_is_not_searched_again(tmp_path: Path, looked: list[str]) -> None:
    first = check(tmp_path, TORN)
    assert first
    assert check(tmp_path, TORN) == first
    assert looked == [TORN]


def test_whatever_changes_it_is_searched_again(tmp_path: Path, looked: list[str]) -> None:
    words, house = tmp_path / "words.txt", tmp_path / "house"
    words.write_text("blurb\n")
    changes: list[tuple[str, Settings, str]] = [
        (TORN, Settings(), "text"),
        (TORN + " ", Settings(), "text"),
        (TORN, Settings(), "markdown"),
        (TORN, Settings(disable=("repetition",)), "text"),
        (TORN, Settings(min_confidence=0.9), "text"),
        (TORN, Settings(checks=("rules",)), "text"),
        (TORN, Settings(vocabulary=(str(words),)), "text"),
        (TORN, replace(Settings(), source_language=("fr",)), "text"),
    ]
    for text, settings, kind in changes:
        check(tmp_path, text, settings, kind)
    assert len(looked) == len(changes)
    words.write_text("blurbs\n")
    check(tmp_path, TORN, Settings(vocabulary=(str(words),)))
    assert len(looked) == len(changes) + 1
    from tests.test_rules import RULE

    (house / "mine").mkdir(parents=True)
    (house / "mine" / "one.yaml").write_text(RULE, "utf-8")
    check(tmp_path, TORN, Settings(rules=(str(house),)))
    assert len(looked) == len(changes) + 2
    # What does not matter to what is found leaves it known.
    check(tmp_path, TORN, Settings(fail_on="never", jobs=2, exclude=("x",)))
    assert len(looked) == len(changes) + 2


def test_a_damaged_cache_is_done_without(tmp_path: Path, looked: list[str]) -> None:
    first = check(tmp_path, TORN)
    with sqlite3.connect(tmp_path / "findings.sqlite") as database:
        database.execute("UPDATE answer SET value = '[3, [{\"rule\": 1}]]'")
    assert check(tmp_path, TORN) == first
    (tmp_path / "findings.sqlite").write_bytes(b"no database" * 100)
    assert check(tmp_path, TORN) == first
    assert len(looked) == 3


def test_what_a_check_that_gave_up_did_not_find_is_not_kept(tmp_path: Path, looked: list[str], mtqa) -> None:
    (tmp_path / "a.txt").write_text(TORN)
    (tmp_path / "model.gguf").write_bytes(b"no model")
    arguments = ("check", "--format", "json", "a.txt")
    (tmp_path / "cache").mkdir()
    for compiled in (cache_folder() or tmp_path).glob("rulebook-*.txt"):
        (tmp_path / "cache" / compiled.name).write_bytes(compiled.read_bytes())
    broken = {"MTQA_CACHE": str(tmp_path / "cache"), "MTQA_MODEL": str(tmp_path / "model.gguf")}
    first = json.loads(mtqa(*arguments, cwd=tmp_path, **broken).stdout)
    assert "proposals not checked" in first["notes"][0]
    with sqlite3.connect(tmp_path / "cache" / "findings.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM answer").fetchone() == (0,)


def test_many_texts_on_several_processes_give_the_same_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa import checker as checker_module

    monkeypatch.setattr(checker_module, "_WORTHWHILE", 1000)
    own = PathRules(("1.md",), str(tmp_path), disable=("split-phrase",))
    settings = Settings(per_path=(own,))
    texts = [TORN * (number % 3) + f"Number {number} came out in spring.\n" * 9 for number in range(20)]
    documents = [
        read_text(text, str(tmp_path / f"{n}.md"), "markdown" if n % 2 else "text") for n, text in enumerate(texts)
    ]
    reports = []
    for jobs in (1, 2):
        advanced: list[int] = []
        with Checker(settings, jobs=jobs) as checker:
            report = checker.report(documents, advance=lambda: advanced.append(1))  # noqa: B023
        assert len(advanced) == len(documents)
        reports.append(json_report.render(report, width=80, color=False))
    assert reports[0] == reports[1]
    assert reports[0].count('"rule": "split-phrase') > 5


def _shout(word: str) -> str:
    if word == "end":
        import os

        os._exit(1)
    return word.upper()


def _make():
    return _shout


def test_a_process_that_dies_is_an_error_in_one_line() -> None:
    from qa.errors import MtqaError

    assert list(workers.each(_make, ["a", "b", "c"], 2)) == ["A", "B", "C"]
    with pytest.raises(MtqaError, match="--jobs 1"):
        list(workers.each(_make, ["a", "end"], 1))
