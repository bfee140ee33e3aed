"""Word marks of the tagger on MLQE as findings for score.py: what a post-editor would change, seen in the target.

    PYTHONPATH=. python training/mlqe_words.py FILE.jsonl OUT.jsonl [--share 0.2]

Marks the words with the highest scores of the head that was trained on post-edits, as many as ``--share`` of all words
(each pair has its own rate of words that are changed; take the share that is best on dev). Score it by
`score.py words FILE --findings OUT.jsonl`; the precision at 10 and 20 % recall is printed here.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from qa.fluency.model import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.0, help="of words marked; 0: as gives the best MCC")
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.file.open(encoding="utf-8")]
    tags = load(2).read([row["mt"] for row in rows])
    scores, labels, places = [], [], []
    for number, (row, tag) in enumerate(zip(rows, tags, strict=True)):
        for (start, end), label in zip(row["offsets"], row["tags"], strict=True):
            inside = [w.edited for w in tag.words if w.start < end and start < w.end]
            if inside:
                scores.append(max(inside))
                labels.append(label == "BAD")
                places.append((number, start, end))
    score, bad = np.array(scores), np.array(labels)
    order = np.argsort(-score)
    hits = np.cumsum(bad[order])
    for recall in (0.1, 0.2):
        at = int(np.searchsorted(hits, recall * bad.sum()))
        print(f"precision at {recall:.0%} recall: {hits[at] / (at + 1):.3f}")
    best = max(np.arange(0.02, 0.7, 0.01), key=lambda s: mcc(bad[order], int(s * len(order))))
    share = args.share or float(best)
    print(f"{bad.mean():.3f} of words BAD; marked {share:.2f}: MCC {mcc(bad[order], int(share * len(order))):.3f}")
    with args.out.open("w", encoding="utf-8") as out:
        for i in order[: int(share * len(order))]:
            number, start, end = places[i]
            out.write(json.dumps({"file": f"{number:06}.txt", "start": start, "end": end, "suggestions": []}) + "\n")


def mcc(bad: np.ndarray, taken: int) -> float:
    """Of marking the first ``taken``."""
    tp = float(bad[:taken].sum())
    fp, fn = taken - tp, float(bad[taken:].sum())
    tn = len(bad) - taken - fn
    below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp * tn - fp * fn) / below if below else 0.0


if __name__ == "__main__":
    main()
