"""How much of what is marked in samples/gold mtqa finds and fixes, and what it says of clean text.

    python benchmarks/accuracy.py [FOLDER OF CLEAN .txt ...]

The figures are those of `mtqa evaluate`; docs/score.md says what they mean.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qa import annotated
from qa.annotated import Annotated
from qa.checker import Checker
from qa.config import Settings
from qa.evaluation import Evaluation, evaluate
from qa.readers import read

ROOT = Path(__file__).parent.parent


def main() -> None:
    print("rules alone")
    measure(Checker(Settings(grammar="off", model="off", tagger="off")))
    with Checker() as everything:
        print(f"all that is installed: {everything.signature}")
        measure(everything)


def measure(checker: Checker) -> None:
    """Print how the checker does on the samples, and what it says of human texts."""
    paths = annotated.find([str(ROOT / "samples" / "gold")])
    gold = evaluated(checker, [text for path in paths for text in annotated.read(path)])
    marks = gold.marks
    print(f"samples/gold: {marks.marks} garbles, found {marks.recall or 0:.2f}", end=", ")
    print(f"fixed {marks.fixed_share or 0:.2f}", end=", ")
    print(f"precision {gold.findings.precision or 0:.2f}, words: F1 {gold.words.f1 or 0:.2f}, MCC {gold.words.mcc:.2f}")
    for folder in [ROOT / "samples" / "clean", ROOT / "samples" / "corrected", *map(Path, sys.argv[1:])]:
        files = [p for p in sorted(folder.rglob("*")) if p.suffix in (".txt", ".md")]
        clean = evaluated(checker, [Annotated(read(p), ()) for p in files])
        rate = clean.false_per_1000_words or 0
        print(f"{folder.name}: {clean.texts} texts, {clean.running_words:,} words, {rate:.2f} findings per 1,000 words")


def evaluated(checker: Checker, texts: list[Annotated]) -> Evaluation:
    """What the checker makes of these texts."""
    return evaluate(texts, checker.report([text.document for text in texts]))


if __name__ == "__main__":
    main()
