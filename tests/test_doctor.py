"""What `mtqa doctor` says of this machine."""

from __future__ import annotations

from pathlib import Path


def test_every_check_and_what_it_would_use(tmp_path: Path, mtqa) -> None:
    from qa.checks import CHECKS

    (tmp_path / ".mtqa.toml").write_text("disable = ['number']\nchecks = ['rules', 'grammar', 'proposals']\n")
    result = mtqa("doctor", cwd=tmp_path)
    said = {line.split()[0]: line for line in result.stdout.decode().splitlines() if line[0] == " "}
    assert result.returncode == 0, result.stdout
    assert {"mtqa", "Python", "settings", "baseline", "cache", "git", *CHECKS} <= set(said)
    assert ".mtqa.toml" in said["settings"]
    assert "not wanted" in said["repetition"]
    assert said["grammar"].split()[1] == "off" or "grammar" in said["grammar"]


def test_what_the_settings_ask_for_in_vain_fails(tmp_path: Path, mtqa) -> None:
    (tmp_path / ".mtqa.toml").write_text("model = 'no-such.gguf'\n")
    (tmp_path / ".mtqa-baseline.json").write_text("{")
    result = mtqa("doctor", cwd=tmp_path)
    failed = [line for line in result.stdout.decode().splitlines() if line.startswith("!")]
    assert result.returncode == 1
    assert [line.split()[1] for line in failed] == ["baseline", "proposals"]


def test_settings_that_cannot_be(tmp_path: Path, mtqa) -> None:
    (tmp_path / ".mtqa.toml").write_text("fail-onn = 'major'\n")
    result = mtqa("doctor", cwd=tmp_path)
    assert result.returncode == 1
    assert "did you mean “fail-on”" in result.stdout.decode()
