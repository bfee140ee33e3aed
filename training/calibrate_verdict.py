"""How likely a document was translated by machine: fits the weights of qa/judge.py (``WITH_TAGGER``).

    PYTHONPATH=. python training/calibrate_verdict.py ../shared/data [--model auto]

Machine: mt/ of the documents that the tagger was trained on (six tenths, by hash); the rest measures. Human: clean/,
clean_other/ and brown/, split alike; ref/ (human translations) counts half in fitting, since a translator's English is
not always native, and is reported by itself. Features: evidence of findings by rule family (per 1,000 words, log), the
tagger's mean log-odds for machine, the log share of words that it holds garbled. Nothing else: no typography, no
names, no topics. Prints the weights, and on the measured documents AUROC and rates at the verdict's threshold.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from garbles import is_measured

from qa import judge
from qa.checker import Checker
from qa.config import Settings
from qa.readers import read

FOLDERS = ("mt", "ref", "clean", "clean_other", "brown")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="off")
    args = parser.parse_args()
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    manifest = list(csv.DictReader((args.data / "mt_manifest.tsv").open(encoding="utf-8"), delimiter="\t"))
    names = {row["file"]: row for row in manifest}
    documents = {row["file"].rpartition(".")[0]: row["doc"] for row in manifest}
    checker = Checker(Settings(grammar="off", model=args.model))
    rows: list[dict[str, Any]] = []
    for folder in FOLDERS:
        paths = sorted((args.data / folder).glob("*.txt"))
        for path in paths[::4] if folder == "brown" else paths:
            document = read(str(path))
            if document.words < judge.SHORT_TEXT:
                continue
            report = checker.check(document)
            entry = names.get(path.stem, {})
            # A reference is called like the systems' translations of its document, but for the last part.
            key = entry.get("doc") or documents.get(path.stem.rpartition(".")[0], path.name)
            rows.append({
                "folder": folder, "label": entry.get("label", ""), "measured": is_measured(key), "path": path.name,
                "x": judge.features(report.findings, report.words, report.signals),
            })  # fmt: skip
    x, y = np.array([r["x"] for r in rows]), np.array([r["folder"] == "mt" for r in rows])
    measured = np.array([r["measured"] for r in rows])
    weight = np.array([0.5 if r["folder"] == "ref" else 1.0 for r in rows])
    fit = LogisticRegression(C=1.0).fit(x[~measured], y[~measured], weight[~measured])
    print("bias", round(float(fit.intercept_[0]), 3), "weights", np.round(fit.coef_[0], 3))
    sure = fit.predict_proba(x)[:, 1]
    for name, chosen in (("fitted", ~measured), ("measured", measured)):
        of = {f: sure[chosen & np.array([r["folder"] == f for r in rows])] for f in FOLDERS}
        for label in ("weak", "strong", ""):
            mt = sure[chosen & np.array([r["folder"] == "mt" and (not label or r["label"] == label) for r in rows])]
            if not len(mt):
                continue
            auc = {h: roc_auc_score([1] * len(mt) + [0] * len(of[h]), [*mt, *of[h]]) for h in ("clean", "ref")}
            print(f"{name} {label or 'all'} ({len(mt)}): AUROC " + " ".join(f"{h} {a:.3f}" for h, a in auc.items()))
        for t in (0.8, 0.9, 0.95):
            rates = {f: float((v >= t).mean()) for f, v in of.items() if len(v)}
            print(f"  from {t}: " + " ".join(f"{f} {r:.3f} ({len(of[f])})" for f, r in rates.items()))


if __name__ == "__main__":
    main()
