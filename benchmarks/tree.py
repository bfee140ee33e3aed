"""How long a folder of articles takes, in one process and in several, and again when nothing in it has changed.

    python benchmarks/tree.py [ARTICLES]

The articles (2,000 unless told otherwise) are drawn from the paragraphs of samples/, eight each, half of them Markdown.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES_ONLY = ("--grammar", "off", "--model", "off", "--tagger", "off", "--exit-zero", "--format", "json")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as scratch:
        words = write(Path(scratch) / "content", count)
        print(f"{count:,} articles, {words:,} words; rules only")
        environment = {**os.environ, "MTQA_CACHE": f"{scratch}/cache"}
        check(scratch, environment, "--no-cache", "content/00")  # compiles the rules
        one, first = check(scratch, environment, "--no-cache", "--jobs", "1"), check(scratch, environment)
        again = check(scratch, environment)
        print(f"one process {one:.1f} s, all cores {first:.1f} s, unchanged {again:.1f} s", end=": ")
        print(f"{1 - again / first:.0%} saved")


def write(folder: Path, count: int) -> int:
    """That many articles below the folder; how many words they have."""
    samples = sorted([*(ROOT / "samples").rglob("*.txt"), *(ROOT / "samples").rglob("*.md")])
    paragraphs = [p for sample in samples for p in sample.read_text("utf-8").split("\n\n") if len(p) > 80]
    choice, words = random.Random(1), 0
    for number in range(count):
        text = "\n\n".join(choice.sample(paragraphs, 8))
        name = folder / f"{number // 100:02}" / f"{number:05}.{'md' if number % 2 else 'txt'}"
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_text(f"Article {number}\n\n{text}\n", "utf-8")
        words += len(text.split())
    return words


def check(folder: str, environment: dict[str, str], *arguments: str) -> float:
    """Seconds of one run."""
    paths = () if arguments and arguments[-1].startswith("content") else ("content",)
    command = [sys.executable, "-m", "qa", "check", *RULES_ONLY, *arguments, *paths]
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**environment, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
