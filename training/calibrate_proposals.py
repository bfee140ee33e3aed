"""What a proposal's gain is worth: fits qa/proposers/calibration.json.

    PYTHONPATH=. python training/calibrate_proposals.py PROPOSALS.jsonl… [--budget 0.6] [--write]

The files come from collect_proposals.py, on annotated passages that the tagger was not trained on and on human English.
Of each place the proposal that needs least is counted once. The passages are denser with garbles than articles are:
each place is counted again as if its document were one half, and three quarters, human English (and the human places
as if they stood in such a document). Prints reliability, and what each threshold would find.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from qa.proposers import BLIND, LEARNED, SPECIFIC
from qa.proposers.calibration import heard, log_odds
from qa.proposers.post_editing import lost

CARD = Path("qa/proposers/calibration.json")
KINDS = {"specific": SPECIFIC, "blind": BLIND, "specific-edited": SPECIFIC, "learned": LEARNED}
EDITED = ("specific-edited", "learned")
"""Kinds that the post-editor has a say in."""
SHOWN = {"specific": 0.4, "blind": 0.8, "specific-edited": 0.75, "learned": 0.8}
"""Probability from which on a proposal is shown: where nine in ten findings on the development articles are right."""
LEAST = {"specific": 2.0, "blind": 2.0, "specific-edited": 2.0, "learned": 3.0}
"""Bits of the language model below which nothing is shown."""
SHARES = (1.0, 0.5, 0.25)
"""Of garbled text in a document."""


def diluted(
    features: np.ndarray, right: np.ndarray, clean: np.ndarray, words: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features, labels, weights) of the places in documents with each share of garbled text, and in human ones."""
    human, garbled = features[clean], features[~clean]
    rng = np.random.default_rng(1)
    x, y, w = [human], [right[clean]], [np.ones(len(human))]
    for share in SHARES:
        density = np.log(share * np.exp(garbled[:, 3]) + (1 - share) * np.exp(np.median(human[:, 3])))
        x.append(np.column_stack([garbled[:, :3], density, garbled[:, 4:]]))
        y.append(right[~clean])
        w.append(np.ones(len(garbled)))
        beside = np.column_stack([human[:, :3], rng.choice(density, len(human)), human[:, 4:]])
        x.append(beside)
        y.append(right[clean])
        w.append(np.full(len(human), (1 - share) / share * words["garbled"] / words["clean"]))
    return np.concatenate(x), np.concatenate(y), np.concatenate(w)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proposals", nargs="+", type=Path)
    parser.add_argument("--budget", type=float, default=0.6)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), help="the others stay")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    places: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    words: dict[str, int] = defaultdict(int)
    for path in args.proposals:
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            if "label" not in row:
                words["clean" if row["clean"] else "garbled"] += row["words"]
                continue
            for kind, names in KINDS.items():
                if row["by"] in names:
                    if kind == "learned":
                        row["margin"] = lost(row["old"], row["new"])
                    worth = row["gain"] - row["margin"] + (row["edited"] if kind in EDITED else 0)
                    key = kind, path.name, row["file"], row["start"]
                    if key not in places or places[key]["worth"] < worth:
                        places[key] = {**row, "worth": worth}
    card: dict[str, dict[str, float]] = json.loads(CARD.read_text("utf-8"))
    for kind in args.kinds:
        card[kind] = fitted(kind, [r for key, r in places.items() if key[0] == kind], words, args.budget)
    if args.write:
        CARD.write_text(json.dumps(card, indent=1) + "\n", "utf-8")


def fitted(kind: str, rows: list[dict[str, Any]], words: dict[str, int], budget: float) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    features = np.array([
        (min(r["gain"], 30.0), r["margin"], log_odds(r["score"]), r["density"], heard(r["edited"]))
        for r in rows
    ])  # fmt: skip
    names = ["gain", "margin", "score", "document", "edited"]
    if kind not in EDITED:
        features, names = features[:, :4], names[:4]
    right = np.array([r["label"] in ("touch", "fix") for r in rows])
    clean = np.array([r["label"] == "clean" for r in rows])
    fit = LogisticRegression(C=10, max_iter=1000).fit(*diluted(features, right, clean, words))
    sure = fit.predict_proba(features)[:, 1]
    bias, weights = float(fit.intercept_[0]), [float(w) for w in fit.coef_[0]]
    print(f"{kind}: {len(rows)} places, {right.sum()} right; words {dict(words)}")
    print(f"bias {bias:.3f}, {', '.join(names)}: {np.round(weights, 3)}")
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
        if alarms > budget:
            shown = round(float(t) + 0.05, 2)
    weighed = {n: round(w, 4) for n, w in zip(names, weights, strict=True)}
    return {"bias": round(bias, 4), **weighed, "shown": max(shown, SHOWN[kind]), "least": LEAST[kind]}


if __name__ == "__main__":
    main()
