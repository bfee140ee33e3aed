"""Whether the scores of `mtqa score` are those of the `sacrebleu` command, on every system of a collection.

    python benchmarks/metrics.py FOLDER [METRIC ...]

FOLDER holds mt_all.jsonl: a segment a line with "pair", "refs" {name: text} and "mt" {system: text}. For each language
pair and system both commands are run as a user types them, with all references, and compared to the last of 14 digits.
Metrics: chrf (without more said), bleu, chrf++, ter.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

SACREBLEU = {"bleu": ["bleu"], "chrf": ["chrf"], "chrf++": ["chrf", "--chrf-word-order", "2"], "ter": ["ter"]}
DIGITS = 14


def run(*command: str, cwd: Path) -> str:
    """Standard output of a command, which must succeed."""
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, check=True, capture_output=True, text=True).stdout


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    metrics = sys.argv[2:] or ["chrf"]
    pairs: dict[str, list[dict]] = defaultdict(list)
    with (Path(sys.argv[1]) / "mt_all.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pairs[row["pair"]].append(row)
    compared = different = 0
    for pair, rows in sorted(pairs.items()):
        with tempfile.TemporaryDirectory() as folder:
            cwd = Path(folder)
            references = write(cwd, "ref", [row["refs"] for row in rows])
            systems = write(cwd, "mt", [row["mt"] for row in rows])
            given = [argument for reference in references for argument in ("--reference", reference)]
            report = run("qa", "score", "--format", "json", "-m", ",".join(metrics), *given, *systems, cwd=cwd)
            for system in json.loads(report)["systems"]:
                for score in system["scores"]:
                    name, *options = SACREBLEU[score["metric"]]
                    options += ["-w", str(DIGITS), "-f", "text"]
                    theirs = run("sacrebleu", *references, "-i", system["path"], "-m", name, *options, cwd=cwd)
                    ours = f"{score['name']}|{score['signature']} = {score['score']:.{DIGITS}f}"
                    same = (theirs.strip() + " ").startswith(ours + " ")
                    compared += 1
                    different += not same
                    end = "" if same else f"  sacrebleu: {theirs.strip()}"
                    print(f"{pair}  {len(rows):5} segments  {system['path'][3:-4]:20} {ours}{end}")
    print(f"{compared} scores compared, {different} differ")
    sys.exit(bool(different))


def write(folder: Path, kind: str, rows: list[dict[str, str]]) -> list[str]:
    """A file for each name that every row has; their names."""
    names = sorted(set(rows[0]).intersection(*rows[1:]))
    for name in names:
        lines = (" ".join(row[name].splitlines()) for row in rows)
        (folder / f"{kind}.{name}.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return [f"{kind}.{name}.txt" for name in names]


if __name__ == "__main__":
    main()
