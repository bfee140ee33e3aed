"""What is accepted stays accepted, and only that: through edits, moves, renames, copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import one_line

TORN = "The new line cut the demand for workers. seasonal.\n"
OTHER = "The house kept an eye on its customers. foreign.\n"


def check(mtqa, folder: Path, *arguments: str) -> tuple[int, dict]:
    result = mtqa("check", "--format", "json", *(arguments or (".",)), cwd=folder)
    return result.returncode, json.loads(result.stdout)


@pytest.fixture
def tree(tmp_path: Path, mtqa) -> Path:
    """A folder with two files, whose findings are accepted."""
    (tmp_path / "a.txt").write_text(TORN)
    (tmp_path / "b.txt").write_text("Nothing here.\n")
    result = mtqa("baseline", ".", cwd=tmp_path)
    assert result.returncode == 0
    assert b"1 finding accepted" in result.stdout
    return tmp_path


def test_accepted_findings_are_counted_and_fail_nothing(tree: Path, mtqa) -> None:
    status, report = check(mtqa, tree)
    assert status == 0
    assert report["summary"]["findings"] == 0
    assert report["summary"]["baselined"] == 1
    assert check(mtqa, tree, "--baseline", "off", ".")[0] == 1
    (entry,) = json.loads((tree / ".mtqa-baseline.json").read_text())["entries"]
    assert entry["path"] == "a.txt"
    assert entry["text"] == "workers. seasonal."


def test_only_what_is_new_is_reported(tree: Path, mtqa) -> None:
    (tree / "a.txt").write_text(f"A new beginning.\n\n{OTHER}\n{TORN}")
    status, report = check(mtqa, tree)
    assert status == 1
    assert [f["text"] for d in report["documents"] for f in d["findings"]] == ["customers. foreign."]


def test_it_survives_edits_moves_and_renames(tree: Path, mtqa) -> None:
    (tree / "a.txt").rename(tree / "renamed.txt")
    assert check(mtqa, tree)[0] == 0
    (tree / "renamed.txt").unlink()
    (tree / "b.txt").write_text(f"Another start.\n\nNothing here.\n\n{TORN}\nAn end.\n")
    status, report = check(mtqa, tree)
    assert status == 0
    assert "notes" not in report


def test_an_entry_accepts_one_finding(tree: Path, mtqa) -> None:
    (tree / "b.txt").write_text(TORN)
    status, report = check(mtqa, tree)
    assert status == 1
    assert [(d["path"], len(d["findings"])) for d in report["documents"]] == [("a.txt", 0), ("b.txt", 1)]
    (tree / "b.txt").write_text("Nothing.\n")
    (tree / "a.txt").write_text(TORN + "\n" + TORN)
    assert check(mtqa, tree)[0] == 1


def test_what_occurs_no_more_is_reported_and_pruned(tree: Path, mtqa) -> None:
    (tree / "a.txt").write_text(OTHER)
    status, report = check(mtqa, tree, "--exit-zero", ".")
    assert status == 0
    assert "1 entry occurs no more" in report["notes"][0]
    assert "notes" not in check(mtqa, tree, "b.txt")[1]  # a.txt was not checked: who knows
    assert b"0 new, 1 dropped" in mtqa("baseline", "--prune", ".", cwd=tree).stdout
    assert json.loads((tree / ".mtqa-baseline.json").read_text())["entries"] == []
    assert check(mtqa, tree)[0] == 1  # pruning accepts nothing


def test_accepting_a_part_keeps_the_rest(tree: Path, mtqa) -> None:
    (tree / "b.txt").write_text(OTHER)
    assert b"2 findings accepted" in mtqa("baseline", "b.txt", cwd=tree).stdout
    assert check(mtqa, tree)[0] == 0
    before = (tree / ".mtqa-baseline.json").read_bytes()
    assert b"0 new, 0 dropped" in mtqa("baseline", ".", cwd=tree).stdout
    assert (tree / ".mtqa-baseline.json").read_bytes() == before


def test_it_is_found_upwards_and_named_by_the_settings(tree: Path, mtqa) -> None:
    (tree / "sub").mkdir()
    (tree / "a.txt").rename(tree / "sub" / "a.txt")
    assert check(mtqa, tree / "sub")[0] == 0
    (tree / ".mtqa-baseline.json").rename(tree / "accepted.json")
    assert check(mtqa, tree / "sub")[0] == 1
    (tree / ".mtqa.toml").write_text("baseline = 'accepted.json'\n")
    assert check(mtqa, tree / "sub")[0] == 0


def test_fixes_leave_accepted_findings_alone(tree: Path, mtqa) -> None:
    mtqa("check", "--fix", ".", cwd=tree)
    assert (tree / "a.txt").read_text() == TORN


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("{", "is no baseline"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "is no baseline of schema 1"),
        ('{"schema": 2, "entries": []}', "is no baseline of schema 1"),
        ('{"schema": 1, "entries": [{"path": 1}]}', "entry 1: expected path, rule, text, fingerprint"),
    ],
)
def test_a_baseline_that_is_none(tmp_path: Path, mtqa, content: str, wrong: str) -> None:
    (tmp_path / ".mtqa-baseline.json").write_text(content)
    (tmp_path / "a.txt").write_text(TORN)
    assert wrong in one_line(mtqa("check", "a.txt", cwd=tmp_path))
    assert wrong in one_line(mtqa("baseline", "a.txt", cwd=tmp_path))
    assert (tmp_path / ".mtqa-baseline.json").read_text() == content


def test_a_named_baseline_must_be_there(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.txt").write_text(TORN)
    assert "mtqa baseline" in one_line(mtqa("check", "--baseline", "none.json", "a.txt", cwd=tmp_path))


def test_it_is_not_written_where_a_file_could_not_be_read(tree: Path, mtqa) -> None:
    before = (tree / ".mtqa-baseline.json").read_bytes()
    (tree / "broken.txt").write_bytes(b"caf\xe9\n")
    (tree / "b.txt").write_text(OTHER)
    result = mtqa("baseline", ".", cwd=tree)
    assert result.returncode == 2
    assert b"broken.txt" in result.stderr
    assert (tree / ".mtqa-baseline.json").read_bytes() == before
