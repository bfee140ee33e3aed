"""Set the margins of phrase-table entries that human English contradicts.

    python training/calibrate_margins.py MATCHES.jsonl…      (from collect_proposals.py on human texts; --dry: only say)

An entry whose fix the language model prefers in good human English is too loose, by as many bits as it was preferred:
its margin (``^bits`` in the table) becomes that gain and two bits more. Entries that were never contradicted keep their
rule's margin. Run it anew on all texts after the tables have grown.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import defaultdict
from pathlib import Path

RULES = Path(__file__).parent.parent / "rules" / "en"
_LEAST = 2.0
"""Gains below this do not come near any margin."""
_MORE = 2


def contradicted(files: list[Path]) -> dict[str, dict[str, float]]:
    """rule → entry as written → the largest gain on human English."""
    out: dict[str, dict[str, float]] = defaultdict(dict)
    for file in files:
        for line in file.open(encoding="utf-8"):
            row = json.loads(line)
            if row.get("by") == "lexicon" and row["label"] == "clean" and row["gain"] >= _LEAST:
                entry = _plain(row["entry"])
                out[row["rule"]][entry] = max(row["gain"], out[row["rule"]].get(entry, 0.0))
    return out


def _plain(entry: str) -> str:
    return re.sub(r"\s\^\d+\s*$", "", entry).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matches", nargs="+", type=Path)
    parser.add_argument("--dry", action="store_true")
    args = parser.parse_args()
    changed = 0
    for rule, entries in sorted(contradicted(args.matches).items()):
        path = RULES / f"{rule}.yaml"
        lines = path.read_text("utf-8").splitlines(keepends=True)
        for i, line in enumerate(lines):
            source, hash_, note = line.partition("#")
            key = _plain(source)
            if "=>" not in source or key not in entries:
                continue
            margin = math.ceil(entries[key]) + _MORE
            old = re.search(r"\s\^(\d+)\s*$", source)
            margin = max(margin, int(old[1]) if old else 0)
            indent = line[: len(line) - len(line.lstrip())]
            end = "" if hash_ else "\n"
            lines[i] = f"{indent}{key} ^{margin}{'  #' + note if hash_ else end}"
            changed += 1
        if not args.dry:
            path.write_text("".join(lines), "utf-8")
    print(f"{changed} entries have a margin of their own")


if __name__ == "__main__":
    main()
