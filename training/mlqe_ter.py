"""What accepted fixes do to translations: TER against their human post-edits before and after (sacrebleu; pip install).

    python training/mlqe_ter.py MLQE.jsonl… [--rows N] [--model off]

Every sentence is a document of its own, so that nothing in it makes it a doubtful one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from sacrebleu.metrics import TER

from qa.checker import Checker
from qa.config import Settings
from qa.finding import Finding
from qa.fixes import apply
from qa.lm.model import default_path
from qa.readers import read_text

ACCEPTED: dict[str, Callable[[Finding], bool]] = {
    "all": lambda f: True,
    "confidence .9": lambda f: f.confidence >= 0.9,
    "confidence .95": lambda f: f.confidence >= 0.95,
    "confidence .98": lambda f: f.confidence >= 0.98,
    "rules alone": lambda f: f.source != "proposals",
    "safe": lambda f: f.suggestions[0].safe,
}
"""Which fixes are made, by name."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=10**9)
    parser.add_argument("--model", default=str(default_path()))
    args = parser.parse_args()
    ter = TER()
    with Checker(Settings(model=args.model, grammar="off")) as checker:
        for file in args.files:
            rows = [json.loads(line) for line in file.open(encoding="utf-8")][: args.rows]
            before, wanted = [row["mt"] for row in rows], [row["pe"] for row in rows]
            found = [checker.check(read_text(text, "x", "text")).findings for text in before]
            print(f"{file.name}: {len(rows)} sentences, TER {ter.corpus_score(before, [wanted]).score:.2f} as they are")
            for name, accepts in ACCEPTED.items():
                taken = [[f for f in findings if f.suggestions and accepts(f)] for findings in found]
                after = [apply(text, some, unsafe=True) for text, some in zip(before, taken, strict=True)]
                changed = [row for row in zip(before, after, wanted, strict=True) if row[0] != row[1]]
                scores = [[ter.sentence_score(side, [pe]).score for side in (mt, new)] for mt, new, pe in changed]
                print(
                    f"  {name:18} {sum(map(len, taken)):4} fixes  TER {ter.corpus_score(after, [wanted]).score:.2f}"
                    f"  sentences nearer {sum(b < a for a, b in scores)}, farther {sum(b > a for a, b in scores)}",
                    flush=True,
                )
    print(ter.get_signature())


if __name__ == "__main__":
    main()
