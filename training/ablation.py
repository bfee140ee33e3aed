"""What each proposer is worth, and what the model is: annotated articles with parts switched off.

    PYTHONPATH=. python training/ablation.py FOLDER…          folders of *.gold.txt

Rows: all; without each proposer; each proposer alone; none; without the post-editor (blind proposers in its place);
every proposal taken, whatever the model says.
Columns: garbles found, fixed by the first suggestion, findings that touch a garble.
"""

from __future__ import annotations

import sys
from pathlib import Path

from marks import is_fixed, spans

from qa.checker import Checker
from qa.checks import proposals
from qa.config import Settings
from qa.lm import post_editor
from qa.lm.model import default_path
from qa.readers import read_text


def measure(checker: Checker, folders: list[Path]) -> str:
    garbles = found = fixed = findings = true = 0
    for file in (f for folder in folders for f in sorted(folder.rglob("*.gold.txt"))):
        text, marked = spans(file.read_text("utf-8"))
        flagged = checker.check(read_text(text, file.name, "text")).findings
        garbles += len(marked)
        findings += len(flagged)
        true += sum(any(f.start < e and f.end > s for s, e, _ in marked) for f in flagged)
        for start, end, fixes in marked:
            touching = [f for f in flagged if f.start < end and f.end > start]
            found += bool(touching)
            fixed += bool(touching) and is_fixed(text, start, end, fixes, [f for f in touching if f.suggestions])
    return f"found {found / garbles:.3f}  fixed {fixed / garbles:.3f}  precision {true / max(findings, 1):.3f}"


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]]
    if not folders:
        sys.exit(__doc__)
    settings = Settings(model=str(default_path()), grammar="off")
    shipped = dict(proposals._PROPOSERS)
    edited = (*shipped["specific"], *shipped["learned"])

    def row(name: str, kept: tuple[str, ...]) -> None:
        for kind, names in shipped.items():
            proposals._PROPOSERS[kind] = tuple(p for p in names if p in kept)
        with Checker(settings) as checker:
            print(f"{name:32} {measure(checker, folders)}", flush=True)

    row("all", edited)
    for name in edited:
        row(f"without {name}", tuple(p for p in edited if p != name))
    for name in edited:
        row(f"{name} alone, with the rules", (name,))
    row("rules, tagger, both's doubts", ())
    fits = post_editor.fits
    post_editor.fits = lambda path: False
    row("without the post-editor", (*shipped["specific"], *shipped["blind"]))
    row("rules and tagger", ())
    post_editor.fits = fits
    # The first alternative of every proposal, as if the model always agreed.
    proposals.Verifier.gains = lambda self, text, edits, *_: [100.0 - i / 1e6 for i in range(len(edits))]  # type: ignore
    row("lexicon, unverified", ("lexicon",))
    row("all, unverified", edited)


if __name__ == "__main__":
    main()
