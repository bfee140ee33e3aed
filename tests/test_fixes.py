"""Fixes on real files: what is applied, what is left, and that nothing is lost."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

BOTH = "The new line cut the demand for workers. seasonal.\r\n\r\nShe went to to the market. He is director since 2010.\r\n"
SAFE = "The new line cut the demand for seasonal workers.\r\n\r\nShe went to the market. He is director since 2010.\r\n"


def test_fix_applies_the_safe_ones_and_reports_the_rest(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    path.chmod(0o640)
    result = mtqa("check", "--fix", "--format", "json", "a.txt", cwd=tmp_path)
    assert result.returncode == 0
    assert path.read_bytes() == SAFE.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert b"tense/present-since" in result.stdout
    assert b"split-phrase" not in result.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    before = path.stat().st_mtime_ns
    mtqa("check", "--fix", "a.txt", cwd=tmp_path)
    assert path.stat().st_mtime_ns == before


def test_unsafe_fixes_are_applied_only_when_asked_for(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    mtqa("check", "--fix", "--unsafe-fixes", "a.txt", cwd=tmp_path)
    assert path.read_bytes() == SAFE.replace("is director", "has been director").encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding_and_byte_order_mark_stay(tmp_path: Path, mtqa, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode(encoding))
    mtqa("check", "--fix", "a.txt", cwd=tmp_path)
    assert path.read_bytes() == SAFE.encode(encoding)


def test_a_link_stays_a_link(tmp_path: Path, mtqa) -> None:
    (tmp_path / "real.txt").write_bytes(BOTH.encode())
    (tmp_path / "link.txt").symlink_to("real.txt")
    mtqa("check", "--fix", "link.txt", cwd=tmp_path)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == SAFE.encode()


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_patch_is_one_that_git_applies(tmp_path: Path, mtqa, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((BOTH + "The end" + end).encode())
    result = mtqa("check", "--diff", "a.txt", cwd=tmp_path)
    assert result.returncode == 0
    assert path.read_bytes() == (BOTH + "The end" + end).encode()
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=result.stdout, check=True)
    assert path.read_bytes() == (SAFE + "The end" + end).encode()


def test_standard_input_cannot_be_fixed_in_place(mtqa) -> None:
    result = mtqa("check", "--fix", "-", stdin=BOTH.encode())
    assert result.returncode == 2
    assert b"--diff" in result.stderr


def test_a_file_that_cannot_be_replaced_is_left_whole(tmp_path: Path, mtqa, monkeypatch) -> None:
    from qa import fixes
    from qa.errors import MtqaError
    from qa.readers import read

    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    document = read(path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MtqaError, match="No space left"):
        fixes.write(document, SAFE)
    assert path.read_bytes() == BOTH.encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    from qa import fixes
    from qa.errors import MtqaError
    from qa.readers import read

    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    document = read(path)
    path.write_bytes(b"Something else.\n")
    with pytest.raises(MtqaError, match="has changed"):
        fixes.write(document, SAFE)
    assert path.read_bytes() == b"Something else.\n"
