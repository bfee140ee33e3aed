"""What a proposal's gain is worth: fits qa/proposers/calibration.json.

    PYTHONPATH=. python training/calibrate_proposals.py PROPOSALS.jsonl… [--budget 0.6] [--write]

The files come from collect_proposals.py, on annotated passages that the tagger was not trained on and on human English.
Of each place the proposal that needs least is counted once. Prints reliability, and what each threshold would find.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

CARD = Path("qa/proposers/calibration.json")


def logit(score: float) -> float:
    p = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proposals", nargs="+", type=Path)
    parser.add_argument("--budget", type=float, default=0.6)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    from sklearn.linear_model import LogisticRegression

    places: dict[tuple[str, str, int], dict[str, Any]] = {}
    words: dict[str, int] = defaultdict(int)
    for path in args.proposals:
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if "label" not in row:
                words["clean" if row["clean"] else "garbled"] += row["words"]
                continue
            key = path.name, row["file"], row["start"]
            row["worth"] = row["gain"] - row["margin"]
            if key not in places or places[key]["worth"] < row["worth"]:
                places[key] = row
    rows = list(places.values())
    features = np.array([
        (min(r["gain"], 30.0), r["margin"], logit(r["score"]), r["density"]) for r in rows
    ])  # fmt: skip
    right = np.array([r["label"] in ("touch", "fix") for r in rows])
    clean = np.array([r["label"] == "clean" for r in rows])
    fit = LogisticRegression(C=10, max_iter=1000).fit(features, right)
    sure = fit.predict_proba(features)[:, 1]
    bias, weights = float(fit.intercept_[0]), [float(w) for w in fit.coef_[0]]
    print(f"{len(rows)} places, {right.sum()} right; words {dict(words)}")
    print(f"bias {bias:.3f}, gain, margin, score, document: {np.round(weights, 3)}")
    for low in np.arange(0, 1, 0.1):
        inside = (sure >= low) & (sure < low + 0.1)
        if inside.sum() >= 10:
            print(f"  said {low:.1f} to {low + 0.1:.1f}: {right[inside].mean():.2f} of {inside.sum()}")
    shown = 0.5
    for t in np.arange(0.3, 0.96, 0.05):
        taken = sure >= t
        alarms = 1000 * (taken & clean).sum() / max(1, words["clean"])
        print(
            f"shown {t:.2f}: {(taken & right).sum()} right, precision {right[taken].mean():.3f},"
            f" {alarms:.2f} in 1,000 clean words"
        )
        if alarms > args.budget:
            shown = round(float(t) + 0.05, 2)
    if args.write:
        names = ("gain", "margin", "score", "document")
        card = {"bias": round(bias, 4), **{n: round(w, 4) for n, w in zip(names, weights, strict=True)}}
        CARD.write_text(json.dumps({**card, "shown": max(shown, 0.6), "least": 2.0}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
