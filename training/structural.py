"""How many structural garbles the tagger marks: torn phrases, lost marks, doubled words, words out of order.

    PYTHONPATH=. python training/structural.py ../shared/data training/garbled [FOLDER of *.gold.txt…]

Three kinds of text: the measured part of clean/ with one structural garble in every fourth paragraph, put there by
garbles.Garbler (held-out synthetic); the annotated passages that were kept back; folders of annotated articles. Prints,
for marks of growing certainty, the share found, the share of marks that touch a garble of any kind, and the false
alarms on the same clean text without garbles.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from calibrate_tagger import Marks, garbled_documents, human_documents
from garbles import KINDS, Garbler, annotated

from qa.checks.fluency import spans
from qa.fluency.model import Calibration, load

STRUCTURAL = {KINDS.index(name) for name in ("order", "extra", "broken")}
Paragraphs = list[tuple[str, Marks]]


def synthetic(human: list[Paragraphs], seed: int = 5) -> list[Paragraphs]:
    rng = random.Random(seed)
    garbler = Garbler(Path("rules/en"), rng)
    structural = (garbler.torn, garbler.stopped, garbler.twice, garbler.swap, garbler.moved, garbler.adjective_after)
    garbler.makers = [(1, maker) for maker in structural]
    return [
        [garbler.garbled(text, 1) if rng.random() < 0.25 else (text, []) for text, _ in document] for document in human
    ]


def folder(path: Path) -> list[Paragraphs]:
    out = []
    for file in sorted(path.glob("*.gold.txt")):
        paragraphs = []
        for line in file.read_text("utf-8").split("\n"):
            text, marks = annotated(line)
            paragraphs.append((text, marks))
        out.append(paragraphs)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("garbled", type=Path)
    parser.add_argument("folders", nargs="*", type=Path)
    args = parser.parse_args()
    human = human_documents(args.data)
    sets = {"synthetic": synthetic(human), "passages": garbled_documents(args.garbled)}
    sets |= {str(path): folder(path) for path in args.folders}
    tagger = load(2)
    for name, documents in [("clean", human), *sets.items()]:
        for shown in (0.5, 0.6, 0.7, 0.8, tagger.calibration.shown, 0.9):
            fitted = replace(tagger.calibration, shown=shown)
            print(f"{name} from {shown}: {counted(documents, fitted)}")


def counted(documents: list[Paragraphs], fitted: Calibration) -> str:
    words = garbles = found = right = wrong = 0
    for document in documents:
        tags = load(2).read([text for text, _ in document])
        density = fitted.density(tags)
        for (text, marks), tag in zip(document, tags, strict=True):
            words += len(tag.words)
            hit = set()
            for span in spans(text, tag.words, fitted, density):
                touched = {m for m in marks if span[0].start < m[1] and m[0] < span[-1].end}
                hit |= touched
                right, wrong = right + bool(touched), wrong + (not touched)
            mine = {m for m in marks if m[2] in STRUCTURAL}
            garbles, found = garbles + len(mine), found + len(mine & hit)
    if not garbles:
        return f"{1000 * wrong / words:.2f} in 1,000 words of {words}"
    return f"{found} of {garbles} found ({found / garbles:.2f}), precision {right / max(1, right + wrong):.2f}"


if __name__ == "__main__":
    main()
