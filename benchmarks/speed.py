"""How fast the rules pass is, and how long `mtqa check` takes for one page from a cold start.

    python benchmarks/speed.py [FOLDER OF PLAIN TEXT]

Without a folder the project's own samples are read over and over. Figures are ratios or words per second on one core
of the machine at hand; times of whole processes are the median of several runs, beside `python -c pass`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from qa.checker import Checker
from qa.config import Settings
from qa.readers import read

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "samples" / "garbled" / "strike-french.txt"


def process(*command: str, runs: int = 9) -> float:
    """Median wall time of a whole process, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "samples"
    repeat = 1 if len(sys.argv) > 1 else 20
    files = sorted(folder.rglob("*.txt")) * repeat
    start = time.perf_counter()
    documents = [read(f) for f in files]
    reading = time.perf_counter() - start
    words = sum(d.words for d in documents)
    print(f"read      {len(files)} files, {words:,} words: {words / reading:,.0f} words/s")
    for checks in (("rules",), ()):
        start = time.perf_counter()
        checker = Checker(Settings(checks=checks, grammar="off", model="off"))
        loading = time.perf_counter() - start
        for turn in ("first pass", "second pass"):
            start = time.perf_counter()
            found = sum(len(checker.check(d).findings) for d in documents)
            took = time.perf_counter() - start
            what = "+".join(checks) or "all of our own checks"
            loaded = f"rulebook loaded in {loading * 1000:.0f} ms"
            print(f"{what:10} {turn}: {words / took:,.0f} words/s, {found} findings ({loaded})")
    bare = process(sys.executable, "-c", "pass")
    version = process(sys.executable, "-m", "qa", "--version")
    page = process(sys.executable, "-m", "qa", "check", "--grammar", "off", "--model", "off", "--exit-zero", str(PAGE))
    for name, took in (("python -c pass", bare), ("mtqa --version", version), ("mtqa check, one page", page)):
        print(f"{name:22} {took * 1000:5.0f} ms   {took / bare:4.1f} × python -c pass")


if __name__ == "__main__":
    main()
