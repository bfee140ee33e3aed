"""How likely a document was translated by machine: fits the weights of qa/judge.py (``WITH_TAGGER``).

    PYTHONPATH=. python training/calibrate_verdict.py ../shared/data training/garbled [--model auto]

Only documents that the tagger was not trained on (four tenths, by hash): on the others its head for the machine is far
too sure. Machine: mt/, and the annotated passages that were kept back, joined to articles. Human: clean/, clean_other/
and brown/; ref/ (human translations) counts half in fitting, since a translator's English is not always native, and is
reported by itself; texts as learners of English write them (training/learners, our own writing) count a tenth.
Features: evidence of findings by rule family (per 1,000 words, log), the tagger's mean log-odds for machine, the log
share of words that it holds garbled, slips of grammar and spelling. Nothing else: no typography, no names, no topics.
Prints the weights, and by cross-validation (ten folds) AUROC and rates at the verdict's threshold.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from calibrate_tagger import garbled_documents
from garbles import is_measured

from qa import judge
from qa.checker import Checker
from qa.config import Settings
from qa.document import Document
from qa.readers import read, read_text

FOLDERS = ("mt", "ref", "clean", "clean_other", "brown", "garbled", "learners")
LEARNERS = Path("training/learners")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("garbled", type=Path)
    parser.add_argument("--model", default="off", help="auto: with proposals")
    parser.add_argument("--learners", type=float, default=0.1, help="what a learner's text counts in fitting")
    parser.add_argument("--keep", type=Path, help="an .npz file for the features")
    args = parser.parse_args()
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    manifest = list(csv.DictReader((args.data / "mt_manifest.tsv").open(encoding="utf-8"), delimiter="\t"))
    names = {row["file"]: row for row in manifest}
    documents = {row["file"].rpartition(".")[0]: row["doc"] for row in manifest}
    checker = Checker(Settings(grammar="off", model=args.model))
    rows: list[dict[str, Any]] = []
    texts: list[tuple[str, str, Document]] = []
    for folder in FOLDERS[:-2]:
        paths = sorted((args.data / folder).glob("*.txt"))
        for path in paths[::4] if folder == "brown" else paths:
            entry = names.get(path.stem, {})
            # A reference is called like the systems' translations of its document, but for the last part.
            if is_measured(entry.get("doc") or documents.get(path.stem.rpartition(".")[0], path.name)):
                texts.append((folder, entry.get("label", ""), read(str(path))))
    for passages in garbled_documents(args.garbled):
        texts.append(("garbled", "garbled", read_text("\n\n".join(text for text, _ in passages))))
    texts += [("learners", "", read(str(path))) for path in sorted(LEARNERS.glob("*.txt"))]
    for folder, label, document in texts:
        if document.words >= judge.SHORT_TEXT:
            report = checker.check(document)
            x = judge.features(report.findings, report.words, report.signals)
            verdict = report.machine_translated.verdict
            rows.append({"folder": folder, "label": label, "x": x, "verdict": verdict})
    x = np.array([r["x"] for r in rows])
    if args.keep:
        np.savez(args.keep, x=x, folders=[r["folder"] for r in rows], labels=[r["label"] for r in rows])
    folders, labels = np.array([r["folder"] for r in rows]), np.array([r["label"] for r in rows])
    y = np.isin(folders, ["mt", "garbled"])
    weight = np.select([folders == "ref", folders == "learners"], [0.5, args.learners], 1.0)
    fit = LogisticRegression(C=1.0).fit(x, y, weight)
    print("bias", round(float(fit.intercept_[0]), 3), "weights", np.round(fit.coef_[0], 3))
    sure = np.zeros(len(y))
    for others, held in StratifiedKFold(10, shuffle=True, random_state=1).split(x, folders):
        sure[held] = LogisticRegression(C=1.0).fit(x[others], y[others], weight[others]).predict_proba(x[held])[:, 1]
    for label in ("weak", "strong", "garbled"):
        mt = sure[labels == label]
        areas = {
            human: roc_auc_score([1] * len(mt) + [0] * int((folders == human).sum()), [*mt, *sure[folders == human]])
            for human in ("clean", "clean_other", "ref", "learners")
        }
        print(f"{label} ({len(mt)}): AUROC " + " ".join(f"{human} {area:.3f}" for human, area in areas.items()))
    for t in (0.8, 0.9, 0.95):
        rates = {f: (sure[folders == f] >= t).mean() for f in FOLDERS}
        print(f"from {t}: " + " ".join(f"{f} {r:.3f} ({(folders == f).sum()})" for f, r in rates.items()))

    said = np.array([r["verdict"] is True for r in rows])
    print("verdict true, as it ships: " + " ".join(f"{f} {said[folders == f].mean():.3f}" for f in FOLDERS))


if __name__ == "__main__":
    main()
