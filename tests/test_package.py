"""The wheel, installed in an empty environment outside the checkout, checks a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(ROOT)],
        check=True, timeout=300, capture_output=True,
    )  # fmt: skip
    (built,) = out.glob("mtqa-*.whl")
    return built


def test_the_wheel_holds_the_rules_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(n.startswith("qa/rules/en/split-phrase/") for n in names)
    assert any(n.startswith("qa/rules/en/lexicons/") for n in names)
    assert all(n.startswith(("qa/", "mtqa-")) for n in names)


def test_the_wheel_checks_a_file_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run(
        [str(binaries / "python"), "-m", "pip", "install", "--quiet", str(wheel)],
        check=True,
        timeout=600,
        capture_output=True,
    )
    (tmp_path / "a.txt").write_text("The new line cut the demand for workers. seasonal.\n", "utf-8")
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"MTQA_CACHE": str(tmp_path / "cache")}
    result = subprocess.run(
        [str(binaries / "mtqa"), "check", "--format", "json,html=a.html", "a.txt"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        env=clean,
    )
    assert result.returncode == 1, result.stderr
    finding = json.loads(result.stdout)["documents"][0]["findings"][0]
    assert finding["rule"] == "split-phrase/stranded-adjective"
    assert "seasonal workers." in (tmp_path / "a.html").read_text("utf-8")
    listed = subprocess.run(
        [str(binaries / "mtqa"), "rules", "list"], cwd=tmp_path, capture_output=True, timeout=120, env=clean
    )
    assert b"phrases" in listed.stdout
    # The rules came compiled: nothing of them had to be put into the cache.
    assert not list((tmp_path / "cache").glob("rulebook*"))
    # And the tagger came with its model.
    tagged = subprocess.run(
        [str(binaries / "mtqa"), "check", "--checks", "fluency", "--format", "json", "a.txt"],
        cwd=tmp_path, capture_output=True, timeout=120, env=clean,
    )  # fmt: skip
    assert "tagger:" in json.loads(tagged.stdout)["signature"], tagged.stderr
