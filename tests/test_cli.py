"""The command as a user types it: exit statuses, errors in one line, hostile input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import one_line

GARBLED = "The new line cut the demand for workers. seasonal.\n"
CLEAN = "The new line cut the demand for seasonal workers.\n"


def report(result: subprocess.CompletedProcess[bytes]) -> dict:
    return json.loads(result.stdout)


def test_findings_fail_and_clean_text_passes(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "good.txt").write_text(CLEAN)
    assert mtqa("check", "bad.txt", cwd=tmp_path).returncode == 1
    assert mtqa("check", "good.txt", cwd=tmp_path).returncode == 0
    assert mtqa("check", "--exit-zero", "bad.txt", cwd=tmp_path).returncode == 0


def test_gate(tmp_path: Path, mtqa) -> None:
    (tmp_path / "minor.txt").write_text("She went to to the market.\n")

    def run(*a: str) -> int:
        return mtqa("check", *a, "minor.txt", cwd=tmp_path).returncode

    assert run() == 0
    assert run("--fail-on", "minor") == 1
    assert run("--fail-on", "never") == 0
    assert run("--min-score", "99") == 1
    assert run("--min-score", "10") == 0


def test_standard_input(mtqa) -> None:
    result = mtqa("check", "--format", "json", "-", stdin=GARBLED.encode())
    finding = report(result)["documents"][0]["findings"][0]
    assert finding["text"] == "workers. seasonal."
    assert finding["suggestions"][0] == {"text": "seasonal workers.", "safe": True}
    markdown = mtqa(
        "check", "--format", "json", "--stdin-filename", "x.md", "-", stdin=b"`workers. seasonal.` is code.\n"
    )
    assert report(markdown)["documents"][0]["findings"] == []


def test_folders_globs_and_gitignore(tmp_path: Path, mtqa) -> None:
    (tmp_path / ".git").mkdir()
    for name in ("a.txt", "b.md", "sub/c.txt", "sub/ignored.txt", "d.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(CLEAN)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")

    def paths(*a: str) -> list[str]:
        return [d["path"] for d in report(mtqa("check", "--format", "json", *a, ".", cwd=tmp_path))["documents"]]

    assert paths() == ["a.txt", "b.md", "sub/c.txt"]
    assert paths("--no-gitignore") == ["a.txt", "b.md", "sub/c.txt", "sub/ignored.txt"]
    assert paths("--include", "*.md") == ["b.md"]
    assert paths("--exclude", "sub/") == ["a.txt", "b.md"]


def test_same_input_same_bytes(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED * 3)
    first, second = (mtqa("check", "--format", "json", "bad.txt", cwd=tmp_path).stdout for _ in range(2))
    assert first == second


def test_missing_file(mtqa) -> None:
    assert "no-such-file.txt" in one_line(mtqa("check", "no-such-file.txt"))


def test_one_unreadable_file_does_not_hide_the_others(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "broken.txt").write_bytes(b"caf\xe9\n")
    result = mtqa("check", "--format", "json", "bad.txt", "broken.txt", cwd=tmp_path)
    assert "broken.txt" in one_line(result)
    assert len(report(result)["documents"]) == 1
    assert "broken.txt" in report(result)["notes"][0]


def test_folder_without_text(tmp_path: Path, mtqa) -> None:
    (tmp_path / "empty").mkdir()
    assert "empty" in one_line(mtqa("check", "empty", cwd=tmp_path))


def test_undecodable_file_names_the_byte_and_the_way_out(tmp_path: Path, mtqa) -> None:
    (tmp_path / "latin.txt").write_bytes("Un café fermé.\n".encode("latin-1"))
    error = one_line(mtqa("check", "latin.txt", cwd=tmp_path))
    assert "latin.txt" in error
    assert "--encoding" in error
    assert mtqa("check", "--encoding", "latin-1", "latin.txt", cwd=tmp_path).returncode == 0
    assert "no-such-codec" in one_line(mtqa("check", "--encoding", "no-such-codec", "latin.txt", cwd=tmp_path))


def test_huge_file_is_refused_at_once(tmp_path: Path, mtqa) -> None:
    with (tmp_path / "huge.txt").open("wb") as out:
        out.truncate(200_000_000)
    error = one_line(mtqa("check", "huge.txt", cwd=tmp_path))
    assert "huge.txt" in error
    assert "--max-file-size" in error


def test_a_line_of_5_mb(tmp_path: Path, mtqa) -> None:
    (tmp_path / "long.txt").write_text(CLEAN.strip() * 100_000 + " " + GARBLED)
    result = mtqa("check", "--format", "json", "long.txt", cwd=tmp_path)
    assert result.returncode == 1
    assert report(result)["documents"][0]["findings"][-1]["text"] == "workers. seasonal."


def test_nul_bytes(tmp_path: Path, mtqa) -> None:
    (tmp_path / "nul.txt").write_bytes(b"A text\0 with a hole.\n")
    assert "nul.txt" in one_line(mtqa("check", "nul.txt", cwd=tmp_path))


HOSTILE = "Beware\x1b]0;owned\x07 of \u202eseitilibom\u202c: the demand for workers. seasonal.\r\n"


@pytest.mark.parametrize("format_", ["terminal", "json"])
def test_hostile_text_is_escaped(tmp_path: Path, mtqa, format_: str) -> None:
    name = "evil\x1b[2J\u202etxt.txt"
    (tmp_path / name).write_bytes(HOSTILE.encode())
    result = mtqa("check", "--color", "never", "--format", format_, name, cwd=tmp_path)
    assert result.returncode == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", result.stdout.decode())
    assert result.stderr == b""
    if format_ == "json":
        document = report(result)["documents"][0]
        assert document["path"] == name
        finding = document["findings"][0]
        assert HOSTILE[finding["start"] : finding["end"]] == finding["text"] == "workers. seasonal."


def test_a_hostile_name_in_an_error_is_escaped(tmp_path: Path, mtqa) -> None:
    error = one_line(mtqa("check", "nothing\x1b[2J\u202e.txt", cwd=tmp_path))
    assert "\x1b" not in error
    assert "\u202e" not in error


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are not UTF-8 exist on Linux")
def test_a_file_name_that_is_not_utf_8(tmp_path: Path, mtqa) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    with open(name, "w") as out:  # noqa: PTH123
        out.write(GARBLED)
    result = mtqa("check", "--format", "json", name)
    assert result.returncode == 1
    assert report(result)["documents"][0]["findings"]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ("fail-onn = 'major'", "did you mean “fail-on”"),
        ("fail-on = 'bad'", "expected one of"),
        ("min-score = 'high'", "expected a number"),
        ("min-confidence = 2", "expected a number from 0 to 1"),
        ("preview = 1", "expected true or false"),
        ("checks = ['magic']", "no check “magic”"),
        ("disable = ['no/such-rule']", "no rule or family"),
        ("rules = ['nowhere']", "no such rule folder"),
        ("= broken", "not valid TOML"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, mtqa, settings: str, wrong: str) -> None:
    (tmp_path / ".mtqa.toml").write_text(settings)
    (tmp_path / "a.txt").write_text(CLEAN)
    assert wrong in one_line(mtqa("check", "a.txt", cwd=tmp_path))


def test_settings_are_found_upwards_and_overridden(tmp_path: Path, mtqa) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.txt").write_text(GARBLED)
    (tmp_path / "pyproject.toml").write_text("[tool.mtqa]\ndisable = ['split-phrase']\n")
    assert mtqa("check", "sub/bad.txt", cwd=tmp_path).returncode == 0
    assert mtqa("check", "--no-config", "sub/bad.txt", cwd=tmp_path).returncode == 1
    assert mtqa("check", "--enable", "split-phrase/stranded-adjective", "sub/bad.txt", cwd=tmp_path).returncode == 1


def test_rules_of_the_users_own_by_setting(tmp_path: Path, mtqa) -> None:
    from tests.test_rules import RULE

    (tmp_path / "house" / "mine").mkdir(parents=True)
    (tmp_path / "house" / "mine" / "one.yaml").write_text(RULE, "utf-8")
    (tmp_path / ".mtqa.toml").write_text("rules = ['house']\n")
    (tmp_path / "a.txt").write_text("They did the needful thing.\n")
    result = mtqa("check", "--format", "json", "a.txt", cwd=tmp_path)
    assert [f["rule"] for f in report(result)["documents"][0]["findings"]] == ["mine/one"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("check",),
        ("check", "--nonsense", "a"),
        ("check", "--format", "xls", "a"),
        ("check", "--fail-on", "x", "a"),
        ("frob",),
    ],
)
def test_usage_errors(mtqa, arguments: tuple[str, ...]) -> None:
    result = mtqa(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr.decode()


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    """`mtqa check … | head -1` ends without a complaint."""
    (tmp_path / "bad.txt").write_text(GARBLED * 2000)
    command = f"{sys.executable} -m qa check --format json {tmp_path / 'bad.txt'} | head -1"
    root = Path(__file__).parent.parent
    result = subprocess.run(["bash", "-c", command], capture_output=True, cwd=root, timeout=120)
    assert result.stdout == b"{\n"
    assert result.stderr == b""


def test_without_a_cache_folder(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    assert mtqa("check", "bad.txt", cwd=tmp_path, MTQA_CACHE="").returncode == 1
    assert mtqa("check", "bad.txt", cwd=tmp_path, MTQA_CACHE=str(tmp_path / "bad.txt" / "no")).returncode == 1


def test_version(mtqa) -> None:
    import qa

    assert mtqa("--version").stdout.decode().strip() == f"mtqa {qa.__version__}"
