"""Every proposal on some texts with its gain in bits, a line each: what margins are set by.

    PYTHONPATH=. python training/collect_proposals.py OUT.jsonl FOLDER…

Texts are *.txt (human English) and *.gold.txt (annotated).
``--words N`` stops after so many words, ``--only lexicon,order`` takes these proposers alone.

A line has the proposer, the rule, the phrase-table entry, the text and its replacement, the gain, and for annotated
texts what the annotator says: ``fix`` (it is one of the accepted fixes), ``touch`` (it lies in a garble) or ``out``;
human texts have ``clean``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

from marks import gguf
from marks import spans as marked_spans

from qa import proposers
from qa.checks import rules
from qa.fluency.model import Calibration as Tagging
from qa.fluency.model import load as load_tagger
from qa.lm import post_editor
from qa.lm.model import LanguageModel
from qa.proposers import Doubt, Reading, Surprise
from qa.readers import read_text
from qa.rulebook import load
from qa.verifier import Edit, Verifier

LEAST, LEAST_EDITED = 1.0, 6.0
"""Bits of the language model, and bits that the post-editor may be against it, beyond which nothing is written."""


def label(text: str, start: int, end: int, fix: str, spans: list[tuple[int, int, list[str]]]) -> str:
    for s, e, fixes in spans:
        if (start < e and end > s) or start == end == s:
            low, high = min(s, start), max(e, end)
            now = text[low:start] + fix + text[end:high]
            wanted = {" ".join((text[low:s] + f + text[e:high]).split()).lower().rstrip(".") for f in fixes}
            return "fix" if " ".join(now.split()).lower().rstrip(".") in wanted else "touch"
    return "out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--words", type=int, default=10**9)
    parser.add_argument("--only", default=",".join(proposers.PROPOSERS))
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    path = gguf()
    model = LanguageModel(path, args.threads)
    verifier = Verifier(model)
    editor = post_editor.load(path, args.threads)
    tagger = load_tagger(args.threads or 2)
    book = load()
    view = book.view(lambda rule: rule.verify)
    names = args.only.split(",")
    words = candidates = 0
    began = time.monotonic()
    files = [f for folder in args.folders for f in ([folder] if folder.is_file() else sorted(folder.rglob("*.*")))]
    with args.out.open("w", encoding="utf-8") as out:
        for file in files:
            if file.suffix == ".jsonl":
                raw = "\n\n".join(json.loads(line).get("text", "") for line in file.open(encoding="utf-8"))
            else:
                raw = file.read_text("utf-8", "replace")
            gold = file.name.endswith(".gold.txt")
            text, spans = marked_spans(raw) if gold else (raw, [])
            document = read_text(text, str(file), "text")
            before = ""
            tags = tagger.read([segment.text for segment in document.segments])
            density = Tagging.density(tags)
            doubts = {s.text: Doubt(tag) for s, tag in zip(document.segments, tags, strict=True)}
            for passage, hits in rules.search(document, view):
                segment = passage.segment.text
                shift = passage.segment.locate(0, 0)[0]
                surprise = Surprise(partial(verifier.surprise, passage.text, before))
                rewritings = partial(editor.rewritings, segment)
                reading = Reading(passage, tuple(hits), surprise, doubts[segment], view, rewritings)
                rows = [
                    (name, p, r)
                    for name in names
                    if name not in proposers.BLIND or reading.doubt.most >= proposers.SUSPECTED
                    for p in proposers.load(name).propose(reading)
                    if name not in proposers.BLIND or reading.doubt.at(p.start, p.end) >= proposers.SUSPECTED
                    for r in p.replacements
                ]
                edits = [Edit(p.start, p.end, r) for _, p, r in rows]
                gains = verifier.gains(passage.text, edits, before, [LEAST] * len(rows))
                kept = [i for i, gain in enumerate(gains) if gain >= LEAST or rows[i][0] in proposers.LEARNED]
                candidates += len(rows)
                edited = editor.gains(segment, [edits[i] for i in kept])
                for i, edit in zip(kept, edited, strict=True):
                    (name, p, r), gain = rows[i], gains[i]
                    start, end = p.start + shift, p.end + shift
                    if name in proposers.LEARNED and edit < -LEAST_EDITED:
                        continue
                    before_it, after_it = segment[max(0, p.start - 40) : p.start], segment[p.end : p.end + 30]
                    record = {
                        "file": file.name,
                        "by": name,
                        "rule": p.rule.id,
                        "entry": p.entry,
                        "old": segment[p.start : p.end],
                        "new": r,
                        "gain": round(gain, 2),
                        "edited": round(edit, 2),
                        "margin": p.margin,
                        "score": round(reading.doubt.at(p.start, p.end), 4),
                        "density": round(density, 3),
                        "surprise": round(reading.surprise.at(p.start, p.end), 1),
                        "label": label(text, start, end, r, spans) if gold else "clean",
                        "start": start,
                        "context": f"{before_it}[[{segment[p.start : p.end]}]]{after_it}",
                    }
                    out.write(json.dumps(record, ensure_ascii=False) + "\n")
                before = (before + segment)[-240:] + "\n\n"
            words += document.words
            took = time.monotonic() - began
            print(
                f"\r{words} words, {candidates} candidates, {model.tokens_seen} tokens, {took:.0f} s",
                end="", file=sys.stderr,
            )  # fmt: skip
            if words > args.words:
                break
        out.write(json.dumps({"words": words, "candidates": candidates, "clean": not gold}) + "\n")


if __name__ == "__main__":
    main()
