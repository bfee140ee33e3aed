"""What each rule of LanguageTool or Harper is worth: counted on open data, the figures behind rules/en/grammar.

    python training/grammar_rules.py ENGINE DATA OUT.jsonl     run the engine over the data: every match, a line each
    python training/grammar_rules.py --table OUT.jsonl         count them, a rule a line

DATA is the team's data folder (its README says what is in it). Three kinds of text:
- human: written in English (clean, clean_other, brown, clean_sents): a match there is a false alarm until read;
- edited: human post-edits of translations (mlqe): the same, but for texts that resemble what we check;
- translated: the translations themselves (mlqe): a match is a *hit* where the post-editor changed something in it or
  beside it, and *adopted* where the post-edit has the engine's first replacement with a word of context on each side.
A rule's share is (adopted + half of the other hits) of all its matches in translations; what it says of human text, a
thousand words each, stands beside it. The shares are a help for reading the matches, not a substitute.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from qa.grammar import harper, languagetool

_WORD = re.compile(r"[^\W_]+(?:[’'.,-][^\W_]+)*")
_BATCH = 400
_PAIRS = ("ro", "et", "ru")
_HUMAN = ("clean", "clean_other", "brown", "clean_sents")


def human(data: Path) -> Iterator[tuple[str, str, None]]:
    """(kind, paragraph, None)"""
    for folder in _HUMAN:
        for path in sorted((data / folder).rglob("*.txt")):
            for line in path.read_text("utf-8").splitlines():
                if line.strip():
                    yield folder, line, None
        for path in sorted((data / folder).glob("*.jsonl")):
            for line in path.open(encoding="utf-8"):
                yield folder, json.loads(line)["text"], None


def translated(data: Path) -> Iterator[tuple[str, str, dict | None]]:
    """(kind, sentence, the MLQE row for a translation)"""
    for pair in _PAIRS:
        for part in ("train", "dev"):
            for line in (data / "mlqe" / f"{part}.{pair}-en.jsonl").open(encoding="utf-8"):
                row = json.loads(line)
                yield f"mt-{pair}", row["mt"], row
                yield f"pe-{pair}", row["pe"], None


def verdict(row: dict, start: int, end: int, replacements: tuple[str, ...]) -> str:
    """``adopted``, ``hit`` or ``miss`` for a match in a translation."""
    inside = [i for i, (a, b) in enumerate(row["offsets"]) if a < end and b > start]
    if replacements and inside:
        words = [row["mt"][a:b] for a, b in row["offsets"]]
        before = words[inside[0] - 1 : inside[0]]
        after = words[inside[-1] + 1 : inside[-1] + 2]
        wanted = " ".join([*before, *_WORD.findall(replacements[0]), *after]).lower()
        if wanted and f" {wanted} " in f" {' '.join(row['pe_tokens'])} ".lower():
            return "adopted"
    gaps = row.get("gap_tags") or []
    touched = any(row["tags"][i] == "BAD" for i in inside)
    touched = touched or any(gaps[i] == "BAD" for i in inside if i < len(gaps))
    return "hit" if touched else "miss"


def run(engine_name: str, data: Path, out: Path) -> None:
    """Every match of the engine on the data, with what the data says of it."""
    engine = languagetool.open(timeout=300) if engine_name == "languagetool" else harper.open()
    rows = [*human(data), *translated(data)]
    words: Counter[str] = Counter()
    with out.open("w", encoding="utf-8") as f:
        for at in range(0, len(rows), _BATCH):
            batch = rows[at : at + _BATCH]
            for (kind, text, row), matches in zip(batch, engine.check([t for _, t, _ in batch], "en-US"), strict=True):
                words[kind] += len(_WORD.findall(text))
                for m in matches:
                    record = {
                        "kind": kind,
                        "rule": m.rule,
                        "group": m.group,
                        "text": text[m.start : m.end],
                        "context": text[max(0, m.start - 60) : m.start] + "[[" + text[m.start : m.end] + "]]"
                        + text[m.end : m.end + 40],
                        "fix": m.replacements[:2],
                        "message": m.message,
                        "verdict": verdict(row, m.start, m.end, m.replacements) if row else "",
                    }
                    f.write(json.dumps(record, ensure_ascii=False) + "\n")
            print(f"\r{at + len(batch)} of {len(rows)}", end="", file=sys.stderr)
        f.write(json.dumps({"words": words}) + "\n")
    engine.close()


def table(matches: Path) -> None:
    """A rule a line: matches in human text and a thousand words, in post-edits, in translations, and their share."""
    count: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    words: Counter[str] = Counter()
    for line in matches.open(encoding="utf-8"):
        record = json.loads(line)
        if "words" in record:
            words.update(record["words"])
            continue
        kind = record["kind"].split("-")[0]
        count[record["group"], record["rule"]]["human" if kind in _HUMAN else kind] += 1
        if kind == "mt":
            count[record["group"], record["rule"]][record["verdict"]] += 1
    print("group\trule\thuman\tedited\ttranslated\tadopted\thit\tshare")
    for (group, rule), c in sorted(count.items(), key=lambda item: (item[0][0], -sum(item[1].values()))):
        share = (c["adopted"] + c["hit"] / 2) / c["mt"] if c["mt"] else 0
        print(group, rule, c["human"], c["pe"], c["mt"], c["adopted"], c["hit"], f"{share:.2f}", sep="\t")
    print(f"words: {dict(words)}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", nargs="?", choices=["languagetool", "harper"])
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    if args.table:
        table(args.table)
    elif args.engine and args.data and args.out:
        run(args.engine, args.data, args.out)
    else:
        parser.error("ENGINE DATA OUT, or --table OUT")


if __name__ == "__main__":
    main()
