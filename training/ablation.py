"""What each proposer is worth, and what the model is: annotated articles with parts switched off.

    python training/ablation.py FOLDER…          folders of *.gold.txt

Rows: all; without each proposer; each proposer alone; rules alone; every proposal taken, whatever the model says.
Columns: garbles found, fixed by the first suggestion, findings that touch a garble.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from qa import proposers
from qa.checker import Checker
from qa.checks import proposals
from qa.config import Settings
from qa.finding import Finding
from qa.lm.model import default_path
from qa.readers import read_text
from training.collect_proposals import annotated

_WORD = re.compile(r"[^\W_]+")


def measure(checker: Checker, folders: list[Path]) -> str:
    garbles = found = fixed = findings = true = 0
    for file in (f for folder in folders for f in sorted(folder.rglob("*.gold.txt"))):
        text, spans = annotated(file.read_text("utf-8"))
        flagged = checker.check(read_text(text, file.name, "text")).findings
        garbles += len(spans)
        findings += len(flagged)
        true += sum(any(f.start < e and f.end > s for s, e, _ in spans) for f in flagged)
        for start, end, fixes in spans:
            touching = [f for f in flagged if f.start < end and f.end > start]
            found += bool(touching)
            fixed += _applied(text, start, end, touching) in {_plain(f) for f in fixes} if touching else False
    return f"found {found / garbles:.3f}  fixed {fixed / garbles:.3f}  precision {true / max(findings, 1):.3f}"


def _applied(text: str, start: int, end: int, touching: list[Finding]) -> str:
    low, high = min(start, touching[0].start), max(end, touching[-1].end)
    out, at = "", low
    for f in touching:
        if f.suggestions:
            out += text[at : f.start] + f.suggestions[0].text
            at = f.end
    # What was applied beyond the garble's own ends must have left the rest as it was.
    whole = out + text[at:high]
    head, tail = text[low:start], text[end:high]
    inside = whole.removeprefix(head)
    return _plain(inside.removesuffix(tail) if tail else inside)


def _plain(text: str) -> str:
    return " ".join(text.split()).lower().rstrip(".").replace("’", "'")


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    settings = Settings(model=str(default_path()), grammar="off")
    specific, blind = proposers.SPECIFIC, proposers.BLIND
    everything = (*specific, *blind)

    def row(name: str, kept: tuple[str, ...]) -> None:
        proposers.SPECIFIC = tuple(p for p in specific if p in kept)
        proposers.BLIND = tuple(p for p in blind if p in kept)
        with Checker(settings) as checker:
            print(f"{name:28} {measure(checker, folders)}", flush=True)

    row("all", everything)
    for name in everything:
        row(f"without {name}", tuple(p for p in everything if p != name))
    for name in everything:
        row(f"{name} alone, with the rules", (name,))
    row("rules alone", ())
    # The first alternative of every lexicon proposal, as if the model always agreed.
    proposals.Verifier.gains = lambda self, text, edits, *_: [100.0 - i / 1e6 for i in range(len(edits))]  # type: ignore
    row("lexicon, unverified", ("lexicon",))
    row("all, unverified", everything)


if __name__ == "__main__":
    main()
