"""How sure tagger and post-editor are together: fits qa/proposers/doubts.json on annotated and human documents.

    PYTHONPATH=. python training/calibrate_doubts.py GARBLED CLEAN [--budget 0.2] [--write]

GARBLED: folder of *.gold.txt that neither was trained on; CLEAN: folder of *.txt, human English. Logistic regression of
the tagger's log-odds, the post-editor's bits (``qa.proposers.doubts``) and the document's log share of garbled words;
the garbled documents are counted again as if they were one half, and three quarters, human English. Prints reliability
and what thresholds would find.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from calibrate_proposals import diluted
from calibrate_tagger import _alarms, summary
from marks import gguf
from marks import spans as marked

from qa.fluency.model import Calibration, Tags, load, log_odds
from qa.lm import post_editor
from qa.proposers.doubts import Witness, features

CARD = Path("qa/proposers/doubts.json")
LEAST_SHOWN = 0.9

Read = list[tuple[Tags, list[tuple[int, float]], list[tuple[int, int, int]]]]
"""A document's paragraphs: what the tagger says, the post-editor's bits, the marks."""


def read(folder: Path, words: int) -> list[Read]:
    editor, tagger = post_editor.load(gguf(), 2), load(2)
    out: list[Read] = []
    seen = 0
    for file in sorted(folder.glob("*.txt")):
        text, marks = marked(file.read_text("utf-8", "replace"))
        document: Read = []
        at = 0
        for line in text.split("\n"):
            if len(line.split()) > 3:
                inside = [(s - at, e - at, 1) for s, e, _ in marks if at <= s and e <= at + len(line)]
                document.append((tagger.read([line])[0], editor.surprise(line), inside))
            at += len(line) + 1
        out.append(document)
        seen += len(text.split())
        print(f"\r{folder}: {seen} words", end="", file=sys.stderr)
        if seen > words:
            break
    print(file=sys.stderr)
    return [d for d in out if d]


def table(documents: list[Read]) -> tuple[np.ndarray, np.ndarray]:
    """(tagger's log-odds, bits of the word, of the next, density) and whether it lies in a mark, of each word."""
    x, y = [], []
    for document in documents:
        density = Calibration.density([tags for tags, _, _ in document])
        for tags, bits, marks in document:
            for word, (own, following) in zip(tags.words, features(tags.words, bits), strict=True):
                x.append((log_odds(word.garbled), own, following, density))
                y.append(any(word.start < e and s < word.end for s, e, _ in marks))
    return np.array(x), np.array(y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("garbled", type=Path)
    parser.add_argument("clean", type=Path)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--budget", type=float, default=0.2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score

    bad, good = read(args.garbled, args.words), read(args.clean, args.words)
    (x_bad, y_bad), (x_good, y_good) = table(bad), table(good)
    features_, labels = np.concatenate([x_bad, x_good]), np.concatenate([y_bad, y_good])
    clean = np.arange(len(labels)) >= len(y_bad)
    words = {"garbled": len(y_bad), "clean": len(y_good)}
    fit = LogisticRegression(C=10).fit(*diluted(features_, labels, clean, words))
    bias = float(fit.intercept_[0])
    score, own, following, document = map(float, fit.coef_[0])
    sure = fit.predict_proba(features_)[:, 1]
    print(f"bias {bias:.3f} score {score:.3f} word {own:.3f} next {following:.3f} document {document:.3f}")
    print(f"average precision on the garbled: tagger {average_precision_score(y_bad, x_bad[:, 0]):.3f}, both "
          f"{average_precision_score(y_bad, sure[: len(y_bad)]):.3f}")  # fmt: skip
    for low in np.arange(0, 1, 0.1):
        inside = (sure >= low) & (sure < low + 0.1)
        if inside.sum() >= 20:
            print(f"  said {low:.1f} to {low + 0.1:.1f}: {labels[inside].mean():.2f} of {inside.sum()}")
    witness = Witness(round(own / score, 4), round(following / score, 4))

    def heard(documents: list[Read]) -> list[tuple[list[tuple[Tags, list[tuple[int, int, int]]]], float]]:
        return [
            (
                [(Tags(witness.heard(tags.words, bits), tags.machine), marks) for tags, bits, marks in document],
                Calibration.density([tags for tags, _, _ in document]),
            )
            for document in documents
        ]

    both, human = heard(bad), heard(good)
    fitted = [round(v, 4) for v in (bias, score, document)]
    for t in np.arange(0.5, 0.97, 0.05):
        print(f"shown {t:.2f}: " + summary(both, human, Calibration(*fitted, float(t), float(t) * 0.7)))
    if args.write:
        shown = next(s for s in np.arange(0.3, 1, 0.01) if _alarms(human, Calibration(*fitted, s, s)) <= args.budget)
        shown = round(float(max(shown, LEAST_SHOWN)), 2)
        calibration = dict(zip(("bias", "score", "document"), fitted, strict=True))
        card = {
            "witness": {"word": witness.word, "next": witness.next},
            "calibration": {**calibration, "shown": shown, "joined": round(shown * 0.7, 2)},
        }
        CARD.write_text(json.dumps(card, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
