"""How much of what is marked in samples/gold mtqa finds and fixes, and what it says of clean text.

    python benchmarks/accuracy.py [FOLDER OF CLEAN .txt ...]

Found: a finding touches the marked span and is not more than twice as long (and three words). Fixed: the first
suggestions of the findings that touch it, applied, give one of the accepted wordings. Precision: share of findings
that touch a marked span. Case, quotation marks' shape and a final full stop do not count.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from qa.checker import Checker
from qa.config import Settings
from qa.document import WORD
from qa.finding import Finding
from qa.fixes import apply
from qa.readers import read, read_text

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"\[\[(.*?)=>(.*?)\]\]", re.S)


def spans(gold: str) -> tuple[str, list[tuple[int, int, list[str]]]]:
    """The text without marks, and (start, end, accepted wordings) of each marked span."""
    text, found, at = "", [], 0
    for match in MARK.finditer(gold):
        text += gold[at : match.start()]
        found.append((len(text), len(text) + len(match[1]), match[2].split("|")))
        text += match[1]
        at = match.end()
    return text + gold[at:], found


def norm(text: str) -> str:
    """Text as it is compared."""
    text = text.translate(str.maketrans("’‘“”", "''\"\""))
    return " ".join(text.split()).lower().rstrip(".")


def is_fixed(text: str, start: int, end: int, accepted: list[str], touching: list[Finding]) -> bool:
    """Whether applying the findings gives an accepted wording at that place."""
    low, high = min([start, *(f.start for f in touching)]), max([end, *(f.end for f in touching)])
    shifted = apply(text, touching, unsafe=True)
    now = shifted[low : high + len(shifted) - len(text)]
    return any(norm(text[low:start] + wording + text[end:high]) == norm(now) for wording in accepted)


def main() -> None:
    print("rules alone")
    measure(Checker(Settings(grammar="off", model="off")))
    with Checker() as everything:
        print(f"all that is installed: {everything.signature}")
        measure(everything)


def measure(checker: Checker) -> None:
    """Print how the checker does on the samples, and what it says of human texts."""
    total = found = fixed = findings = true = 0
    for path in sorted((ROOT / "samples" / "gold").glob("*.gold.txt")):
        text, marked = spans(path.read_text("utf-8"))
        reported = checker.check(read_text(text, path.name, "text")).findings
        findings += len(reported)
        true += sum(any(f.start < e and s < f.end for s, e, _ in marked) for f in reported)
        for start, end, accepted in marked:
            total += 1
            touching = [f for f in reported if f.start < end and start < f.end]
            size = 2 * max(1, len(WORD.findall(text[start:end]))) + 3
            if any(len(WORD.findall(f.text)) <= size for f in touching):
                found += 1
                fixed += is_fixed(text, start, end, accepted, [f for f in touching if f.suggestions])
    print(f"samples/gold: {total} garbles, found {found / total:.2f}, fixed {fixed / total:.2f}, ", end="")
    print(f"precision {true / max(findings, 1):.2f}")
    for folder in [ROOT / "samples" / "clean", ROOT / "samples" / "corrected", *map(Path, sys.argv[1:])]:
        documents = [read(p) for p in sorted(folder.rglob("*")) if p.suffix in (".txt", ".md")]
        words = sum(d.words for d in documents)
        alarms = sum(len(checker.check(d).findings) for d in documents)
        rate = 1000 * alarms / max(words, 1)
        print(f"{folder.name}: {len(documents)} texts, {words:,} words, {rate:.2f} findings per 1,000 words")


if __name__ == "__main__":
    main()
