"""Only the lines changed since a git revision, by the real git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import one_line

TORN = "The new line cut the demand for workers. seasonal.\n"
OTHER = "The house kept an eye on its customers. foreign.\n"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main", ".")
    (tmp_path / "a.txt").write_text(f"One.\n\n{TORN}\nEnd.\n")
    (tmp_path / "b.txt").write_text(TORN)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def check(mtqa, folder: Path, *arguments: str) -> tuple[dict[str, list[str]], dict]:
    """Flagged texts by the path of the documents that were checked, and the summary."""
    result = mtqa("check", "--format", "json", *arguments, cwd=folder)
    assert result.returncode in (0, 1), result.stderr
    report = json.loads(result.stdout)
    return {d["path"]: [f["text"] for f in d["findings"]] for d in report["documents"]}, report["summary"]


def test_nothing_changed(repository: Path, mtqa) -> None:
    found, summary = check(mtqa, repository, "--since", "HEAD", ".")
    assert found == {}
    assert not summary["failed"]


def test_only_changed_lines_of_changed_files(repository: Path, mtqa) -> None:
    (repository / "a.txt").write_text(f"One.\n\n{TORN}\n{OTHER}\nEnd.\n")
    found, summary = check(mtqa, repository, "--since", "HEAD", ".")
    assert found == {"a.txt": ["customers. foreign."]}
    assert summary["unchanged"] == 1


def test_new_renamed_staged_and_committed_files(repository: Path, mtqa) -> None:
    (repository / "new one.txt").write_text(OTHER)
    git(repository, "mv", "b.txt", "c.txt")
    assert check(mtqa, repository, "--since", "HEAD", ".")[0] == {"new one.txt": ["customers. foreign."]}
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "second")
    assert check(mtqa, repository, "--since", "HEAD~1", ".")[0] == {"new one.txt": ["customers. foreign."]}


def test_since_it_branched_off(repository: Path, mtqa) -> None:
    git(repository, "checkout", "-qb", "topic")
    (repository / "topic.txt").write_text(OTHER)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "topic")
    git(repository, "checkout", "-q", "main")
    (repository / "b.txt").write_text("Better.\n")
    git(repository, "commit", "-qam", "main goes on")
    git(repository, "checkout", "-q", "topic")
    assert check(mtqa, repository, "--since", "main...", ".")[0] == {"topic.txt": ["customers. foreign."]}
    assert "b.txt" in check(mtqa, repository, "--since", "main", ".")[0]


def test_from_a_subfolder_with_names_that_git_would_quote(repository: Path, mtqa) -> None:
    (repository / "ü b").mkdir()
    name = 'caf\u00e9 "x"\t\ny.txt'
    (repository / "ü b" / name).write_text(f"{TORN}\nEnd.\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "names")
    (repository / "ü b" / name).write_text(f"{TORN}\n{OTHER}")
    found, _ = check(mtqa, repository / "ü b", "--since", "HEAD", ".")
    assert found == {name: ["customers. foreign."]}


def test_a_finding_over_two_lines_counts_where_one_changed(repository: Path, mtqa) -> None:
    (repository / "w.md").write_text("The new line cut the demand for workers.\nForeign ones came.\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "wrapped")
    (repository / "w.md").write_text("The new line cut the demand for workers.\nseasonal.\n")
    found, _ = check(mtqa, repository, "--since", "HEAD", "w.md")
    assert found == {"w.md": ["workers.\nseasonal."]}


def test_a_users_own_git_settings_do_not_matter(repository: Path, mtqa) -> None:
    for key, value in (
        ("diff.noprefix", "true"), ("color.ui", "always"), ("diff.external", "false"), ("diff.interHunkContext", "9"),
        ("diff.mnemonicPrefix", "true"), ("core.quotePath", "true"),
    ):  # fmt: skip
        git(repository, "config", key, value)
    (repository / "a.txt").write_text(f"Two.\n\n{TORN}\nEnd of it.\n")
    assert check(mtqa, repository, "--since", "HEAD", ".")[0] == {"a.txt": []}


def test_fixes_only_changed_lines(repository: Path, mtqa) -> None:
    (repository / "a.txt").write_text(f"One.\n\n{TORN}\n{OTHER}")
    mtqa("check", "--since", "HEAD", "--fix", ".", cwd=repository)
    assert (repository / "a.txt").read_text() == f"One.\n\n{TORN}\nThe house kept an eye on its foreign customers.\n"


@pytest.mark.parametrize("revision", ["no-such", "--help", "no-such...", "", "HEAD:a.txt"])
def test_a_revision_that_git_does_not_know(repository: Path, mtqa, revision: str) -> None:
    assert "--since" in one_line(mtqa("check", f"--since={revision}", ".", cwd=repository))


def test_without_a_repository_or_git(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.txt").write_text(TORN)
    assert "not a git repository" in one_line(mtqa("check", "--since", "HEAD", "a.txt", cwd=tmp_path))
    assert "needs git" in one_line(mtqa("check", "--since", "HEAD", "a.txt", cwd=tmp_path, PATH="/nowhere"))
