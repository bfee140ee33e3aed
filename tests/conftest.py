"""What tests share: the rulebook, a way to run the real command, the folder of data that not every machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qa.checker import Checker
from qa.config import Settings

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

# Grammar is tested where it is the matter (test_grammar.py); elsewhere it would answer for what this machine has.
os.environ["MTQA_GRAMMAR"] = "off"
# So is the language model (test_lm.py).
os.environ["MTQA_MODEL"] = "off"
# And the fluency tagger (test_fluency.py): snapshots and examples are of rules.
os.environ["MTQA_TAGGER"] = "off"
# A server that the developer left running is not the tests' business.
os.environ["MTQA_STATE"] = tempfile.mkdtemp(prefix="mtqa-state-")

Run = Callable[..., subprocess.CompletedProcess[bytes]]


def one_line(result: subprocess.CompletedProcess[bytes]) -> str:
    """The error of a run that could not check: one line, no traceback, status 2."""
    error = result.stderr.decode()
    assert result.returncode == 2, error
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker(Settings())


@pytest.fixture(scope="session")
def mtqa() -> Run:
    """Run ``python -m qa`` as a user would, in ``cwd``, with ``stdin`` bytes; the result has bytes."""

    def run(
        *arguments: str | bytes, cwd: Path | None = None, stdin: bytes = b"", **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "qa", *arguments], cwd=cwd or ROOT, input=stdin, capture_output=True, timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **env},
        )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """The team's data folder beside the checkout; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the team's data, which is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def installed() -> Path:
    """The folder of a real LanguageTool, brought from Maven Central where it is not there yet.

    Skipped on a machine without Java or Maven; in CI that is a failure.
    """
    from qa.grammar import GrammarUnavailable, installation

    try:
        installation.java()
        if not installation.is_installed():
            repository = installation.maven_repository()
            if repository is None:
                raise GrammarUnavailable("no Maven on this machine that names a repository")
            installation.install_from_maven(repository, lambda done, total: None, print)
    except GrammarUnavailable as e:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have LanguageTool: {e}")
        pytest.skip(f"needs LanguageTool: {e}")
    return installation.folder()


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The language model's file; skipped where it is not installed, which in CI is a failure."""
    from qa.lm import missing_packages
    from qa.lm.model import default_path

    path = default_path()
    if path is None or missing_packages():
        if os.environ.get("CI"):
            pytest.fail("CI must have the language model: make brings it")
        pytest.skip("needs the language model (mtqa lm install)")
    return path


def needed(program: str, why: str) -> str:
    """The path of a program that a test needs; the test is skipped where it is missing, which in CI is a failure."""
    path = shutil.which(program)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {program}, {why}: .ci/run brings it")
        pytest.skip(f"needs {program}, {why}")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[WebDriver]:
    """A headless Chromium. Each test sets the size and the media that it needs."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = needed("chromium", "the browser")
    service = webdriver.ChromeService(needed("chromedriver", "what drives the browser"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, service)
    yield driver
    driver.quit()
