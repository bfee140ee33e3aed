"""What tests share: the rulebook, a way to run the real command, the folder of data that not every machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.checker import Checker
from qa.config import Settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

Run = Callable[..., subprocess.CompletedProcess[bytes]]


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
