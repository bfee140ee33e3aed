"""How sure a score of the tagger is: fits the calibration of qa/fluency/tagger.json on annotated and human documents.

    PYTHONPATH=. python training/calibrate_tagger.py ../shared/data training/garbled [--budget 0.4] [--write]

Garbled documents are the annotated passages that were held back from training, joined three and three to the length
of a short article; and, since these are denser with garbles than articles are, again with as much human English,
and with three times as much. Human ones are the measured part of clean/ and clean_other/. A word counts as right
where it lies in a mark. Logistic regression of two features (log-odds of the score, log share of garbled words in
the document), then the threshold at which the human documents have ``--budget`` findings in 1,000 words. Prints a
table of reliability.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from garbles import annotated, is_measured, passages

from qa.fluency.model import Calibration, Tags, load, log_odds

CARD = Path("qa/fluency/tagger.json")
Marks = list[tuple[int, int, int]]
Scored = tuple[list[tuple[Tags, Marks]], float]
"""What the tagger says of a document's paragraphs, with their marks; the document's density."""


def garbled_documents(folder: Path) -> list[list[tuple[str, Marks]]]:
    """Held passages, three to a document; each a list of paragraphs with their marks."""
    kept = [annotated(text) for held, text in passages([folder]) if held]
    marked = [_paragraphs(text, marks) for text, marks in kept if marks]
    return [[p for passage in marked[i : i + 3] for p in passage] for i in range(0, len(marked), 3)]


def human_documents(data: Path) -> list[list[tuple[str, Marks]]]:
    """The measured part of the news, and as much of the reviews and talks."""
    out = []
    for folder in ("clean", "clean_other"):
        for path in sorted((data / folder).glob("*.txt")):
            if is_measured(path.name):
                out.append([(line, []) for line in path.read_text("utf-8").splitlines() if len(line.split()) > 3])
    return out


def stretches(documents: list[list[tuple[str, Marks]]], times: int) -> list[list[tuple[str, Marks]]]:
    """Human English in pieces of ``times`` 550 words, over and over."""
    out: list[list[tuple[str, Marks]]] = [[]]
    lines = [line for document in documents for line in document] * 4
    for line in lines:
        if sum(len(text.split()) for text, _ in out[-1]) > 550 * times:
            out.append([])
        out[-1].append(line)
    return out


def _paragraphs(text: str, marks: Marks) -> list[tuple[str, Marks]]:
    out, at = [], 0
    for line in text.split("\n"):
        if len(line.split()) > 3:
            out.append((line, [(s - at, e - at, k) for s, e, k in marks if at <= s and e <= at + len(line)]))
        at += len(line) + 1
    return out


def rows(documents: list[list[tuple[str, Marks]]]) -> list[Scored]:
    tagger = load(2)
    out = []
    for document in documents:
        tags = tagger.read([text for text, _ in document])
        out.append((list(zip(tags, (m for _, m in document), strict=True)), Calibration.density(tags)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("garbled", type=Path)
    parser.add_argument("--budget", type=float, default=0.4)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--plot", type=Path, help="an SVG file for the reliability of what ships now")
    args = parser.parse_args()
    from sklearn.linear_model import LogisticRegression

    dense, human = garbled_documents(args.garbled), human_documents(args.data)
    bad, good = rows(dense), rows(human)
    mixed = rows([d + d2 for d, d2 in zip(dense, stretches(human, 1), strict=False)])
    mixed += rows([d + d2 for d, d2 in zip(dense[::2], stretches(human, 3), strict=False)])
    x, y = [], []
    for document, density in bad + mixed + good:
        for tags, marks in document:
            for word in tags.words:
                x.append((log_odds(word.garbled), density))
                y.append(any(word.start < e and s < word.end for s, e, _ in marks))
    features, labels = np.array(x), np.array(y)
    fit = LogisticRegression(C=10).fit(features, labels)
    bias, (score, document) = float(fit.intercept_[0]), map(float, fit.coef_[0])
    sure = fit.predict_proba(features)[:, 1]
    if args.plot:
        shipped = Calibration(**json.loads(CARD.read_text("utf-8"))["calibration"])
        logits = shipped.bias + features @ np.array([shipped.score, shipped.document])
        args.plot.write_text(plot(1 / (1 + np.exp(-logits)), labels), "utf-8")
    print(f"{labels.sum()} of {len(labels)} words lie in garbles")
    print(f"bias {bias:.3f} score {score:.3f} document {document:.3f}")
    for low in np.arange(0, 1, 0.1):
        inside = (sure >= low) & (sure < low + 0.1)
        if inside.sum() >= 20:
            print(f"  said {low:.1f} to {low + 0.1:.1f}: {labels[inside].mean():.2f} of {inside.sum()}")
    for shown in np.arange(0.3, 0.96, 0.05):
        c = Calibration(bias, score, document, float(shown), float(shown) * 0.6)
        print(f"shown {shown:.2f}: " + summary(bad, good, c) + "; half human: " + summary(mixed, good, c))
    if args.write:
        shown = next(
            s for s in np.arange(0.3, 1, 0.01) if _alarms(good, Calibration(bias, score, document, s, s)) <= args.budget
        )
        shown = round(float(max(shown, 0.85)), 2)
        card: dict[str, Any] = json.loads(CARD.read_text("utf-8"))
        card["calibration"] = {
            "bias": round(bias, 4), "score": round(score, 4), "document": round(document, 4), "shown": shown,
            "joined": round(shown * 0.7, 2),
        }  # fmt: skip
        CARD.write_text(json.dumps(card, indent=1) + "\n", "utf-8")


def plot(sure: np.ndarray, labels: np.ndarray) -> str:
    """An SVG picture: of the words of which so much was said, how many lay in a garble; large dots are many words."""
    side, margin = 320, 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * margin} {side + 2 * margin}" font-size="12" '
        'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>',
        f'<path d="M{margin} {margin}v{side}h{side}M{margin} {margin + side}l{side} -{side}" '
        'fill="none" stroke="#999"/>',
    ]
    for tick in (0, 0.5, 1):
        along = margin + tick * side
        parts.append(f'<text x="{along}" y="{margin + side + 16}" text-anchor="middle">{tick}</text>')
        parts.append(f'<text x="{margin - 6}" y="{2 * margin + side - along + 4}" text-anchor="end">{tick}</text>')
    for low in np.arange(0, 1, 0.1):
        inside = (sure >= low) & (sure < low + 0.1)
        if inside.sum() >= 20:
            x, y = margin + side * sure[inside].mean(), margin + side * (1 - labels[inside].mean())
            radius = max(2.0, math.log10(inside.sum()) * 2.2)
            tells = f"<title>{labels[inside].mean():.2f} of {inside.sum()}</title>"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2563eb">{tells}</circle>')
    middle = margin + side / 2
    parts.append(f'<text x="{middle}" y="{margin + side + 34}" text-anchor="middle">confidence that is stated</text>')
    turned = f'transform="rotate(-90 12 {middle})" text-anchor="middle"'
    parts.append(f'<text x="12" y="{middle}" {turned}>share that lies in a garble</text></svg>')
    return "\n".join(parts) + "\n"


def _found(document: list[tuple[Tags, Marks]], density: float, c: Calibration) -> tuple[int, int, int]:
    """(garbles found, findings in a garble, findings beside one)."""
    from qa.checks.fluency import spans

    found = right = wrong = 0
    for tags, marks in document:
        hit = set()
        for span in spans(" " * 10_000, tags.words, c, density):
            touched = {m for m in marks if span[0].start < m[1] and m[0] < span[-1].end}
            hit |= touched
            right, wrong = right + bool(touched), wrong + (not touched)
        found += len(hit)
    return found, right, wrong


def _alarms(good: list[Scored], c: Calibration) -> float:
    words = sum(len(t.words) for d, _ in good for t, _ in d)
    return 1000 * sum(_found(d, density, c)[2] for d, density in good) / words


def summary(bad: list[Scored], good: list[Scored], c: Calibration) -> str:
    counts = np.array([_found(d, density, c) for d, density in bad]).sum(0)
    total = sum(len(m) for d, _ in bad for _, m in d)
    precision = counts[1] / max(1, counts[1] + counts[2])
    return f"found {counts[0] / total:.3f} precision {precision:.3f} false alarms {_alarms(good, c):.2f} in 1,000 words"


if __name__ == "__main__":
    main()
