"""What accepted fixes do to translations: TER against their human post-edits before and after (sacrebleu; pip install).

    python training/mlqe_ter.py MLQE.jsonl… [--rows N] [--model off]

Every sentence is a document of its own, so that nothing in it makes it a doubtful one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sacrebleu.metrics import TER

from qa.checker import Checker
from qa.config import Settings
from qa.fixes import apply
from qa.lm.model import default_path
from qa.readers import read_text


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
            before, after, wanted = [], [], []
            better = worse = findings = 0
            for row in rows:
                found = checker.check(read_text(row["mt"], "x", "text")).findings
                fixed = apply(row["mt"], found, unsafe=True)
                before.append(row["mt"])
                after.append(fixed)
                wanted.append(row["pe"])
                findings += len(found)
                if fixed != row["mt"]:
                    a = ter.sentence_score(row["mt"], [row["pe"]]).score
                    b = ter.sentence_score(fixed, [row["pe"]]).score
                    better += b < a
                    worse += b > a
            a, b = (ter.corpus_score(side, [wanted]).score for side in (before, after))
            print(
                f"{file.name}: {len(rows)} sentences, {findings} findings; TER {a:.2f} → {b:.2f};"
                f" sentences nearer {better}, farther {worse}; {ter.get_signature()}",
                flush=True,
            )


if __name__ == "__main__":
    main()
