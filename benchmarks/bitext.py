"""How well the bitext checks do on sentences that a machine translated and people corrected (MLQE-PE).

    python benchmarks/bitext.py FOLDER [PATTERN]

FOLDER holds JSON Lines with ``src``, ``mt`` and ``pe`` (the post-edit) in files called NAME.SOURCE-en.jsonl;
PATTERN (``test20.*`` if not given) says which of them to read. What is wrong with a translation is taken from
its post-edit: a number that only one of the two has, a name that only the post-edit has, four words or more put
in at one place. A finding on a post-edit, which people held to be right, counts as a false alarm, except for
``bitext/number-format``: editors left many a “4.500” that means 4,500, and that is wrong in English all the
same. Post-edits come as rows of tokens; what that tore apart (“don 't”, “https: / /”) is put together again.
Rows that say that they were rejected are left out.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections import Counter
from pathlib import Path

from qa.checker import Checker
from qa.config import Settings
from qa.document import Document, Segment
from qa.finding import Finding

KINDS = {
    "number": ("number-changed", "number-lost", "number-invented", "month", "unit", "currency", "percent"),
    "name": ("name-lost", "name-changed", "name-invented", "code"),
    "omission": ("omission", "number-lost", "name-lost", "negation-lost"),
}
"""Rules that find each kind of error."""
NO_ALARM = "bitext/number-format"
REJECTED = "Rejected - "
_WORD = re.compile(r"\w+")
_TORN = (
    (re.compile(r" (?=['’](?:t|s|re|ve|ll|d|m)\b)|(?<=n['’]) (?=t\b)"), ""),
    (re.compile(r"(?<=\w) n't\b"), "n't"),
    (re.compile(r" ?([/_]) ?"), r"\1"),
    (re.compile(r"(?<=https|.http): ?(?=//)"), ":"),
    (re.compile(r"< ?(/?\w+) ?(/?) ?>"), r"<\1\2>"),
)


def main() -> None:
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    files = sorted(Path(sys.argv[1]).glob((sys.argv[2] if len(sys.argv) > 2 else "test20.*") + "-en.jsonl"))
    if not files:
        sys.exit(f"{sys.argv[1]}: no such files there")
    total: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    print("          number errors       name errors         omissions         segments with    false alarms")
    print("pair      found               found               found             a finding        per 1,000")
    for file in files:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        rows = [{**row, "pe": whole(row["pe"])} for row in rows if not row["pe"].startswith(REJECTED)]
        language = file.name.split(".")[1].split("-")[0]
        count, rules = measured(rows, language)
        print(line(file.name.split(".")[1], count))
        total += count
        alarms += rules
    print(line("all", total))
    print("\nfalse alarms per 1,000 segments, by rule")
    for rule, number in alarms.most_common():
        print(f"  {1000 * number / total['segments']:5.1f}  {rule}")


def measured(rows: list[dict[str, str]], language: str) -> tuple[Counter[str], Counter[str]]:
    """(counts of errors and of those found, false alarms by rule) of the rows of one file."""
    settings = Settings(checks=("bitext",), source_language=(language,), grammar="off", model="off")
    count: Counter[str] = Counter(segments=len(rows))
    with Checker(settings) as checker:
        on_mt = by_segment(checker, rows, "mt")
        on_pe = by_segment(checker, rows, "pe")
    for row, found in zip(rows, on_mt, strict=True):
        names = {f.rule.split("/")[1] for f in found}
        count["with a finding"] += bool(found)
        for kind in errors(row["mt"], row["pe"]):
            count[kind] += 1
            count[f"{kind} found"] += bool(names & set(KINDS[kind]))
    count["false alarms"] = sum(f.rule != NO_ALARM for found in on_pe for f in found)
    return count, Counter(f.rule for found in on_pe for f in found)


def by_segment(checker: Checker, rows: list[dict[str, str]], key: str) -> list[list[Finding]]:
    """The findings of each row, all rows taken as one document."""
    text, segments, starts = "", [], []
    for row in rows:
        line = " ".join(row[key].split()) or "."
        starts.append(len(text))
        made = Segment.at(line, len(text))
        segments.append(Segment(made.text, made.runs, source=row["src"]))
        text += line + "\n"
    found: list[list[Finding]] = [[] for _ in rows]
    for finding in checker.check(Document("rows", text, tuple(segments))).findings:
        found[max(i for i, start in enumerate(starts) if start <= finding.start)].append(finding)
    return found


def whole(text: str) -> str:
    """A post-edit with what belongs together put together."""
    for pattern, replacement in _TORN:
        text = pattern.sub(replacement, text)
    return text


def errors(mt: str, pe: str) -> list[str]:
    """The kinds of error that the post-edit put right."""
    kinds = []
    if numbers(mt) != numbers(pe):
        kinds.append("number")
    there = {w.lower() for w in _WORD.findall(mt)}
    tokens = list(_WORD.finditer(pe))
    if any(m[0][0].isupper() and m[0].isalpha() and len(m[0]) > 3 and m[0].lower() not in there for m in tokens[1:]):
        kinds.append("name")
    ours, theirs = ([w.lower() for w in _WORD.findall(t)] for t in (mt, pe))
    changes = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    if any(tag == "insert" and b - a >= 4 for tag, _, _, a, b in changes):
        kinds.append("omission")
    return kinds


def numbers(text: str) -> set[str]:
    """The numbers in digits, without the marks inside them."""
    return {re.sub(r"\D", "", n) for n in re.findall(r"\d[\d.,]*", text)}


def line(name: str, count: Counter[str]) -> str:
    """A row of the table."""
    cells = [f"{name:8}"]
    for kind in KINDS:
        share = count[f"{kind} found"] / count[kind] if count[kind] else 0
        cells.append(f"{share:5.2f} of {count[kind]:<8}")
    cells.append(f"{count['with a finding']:5} of {count['segments']:<6}")
    cells.append(f"{1000 * count['false alarms'] / count['segments']:8.1f}")
    return "  ".join(cells)


if __name__ == "__main__":
    main()
