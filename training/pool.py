"""Clean English, and what could go wrong in each place of it: what the post-editor and the tagger learn from.

    PYTHONPATH=. python training/pool.py windows WORK ../shared/data [--garbled training/garbled]
    PYTHONPATH=. python training/pool.py roundtrip WORK [--pivots spa eo cat gl fra cs fr2]
    PYTHONPATH=. python training/pool.py edits WORK [--garbled training/garbled] [--neighbours neighbours.json]

``windows`` cuts clean text (what people wrote in ../shared/data, and the annotated passages with their fixes; nothing
that is kept for measuring). ``roundtrip`` sends it through other languages and back with Apertium, whose packages are
Debian's: apertium-eng-spa, -eng-cat, -en-gl, -eo-en, -fr-es, -fra-cat. ``edits`` writes pool.jsonl.gz, a window a line
with its edits, each of which spoils one place: [start, end, garbled wording, first and last code point of the mark in
it, kind (``garbles.KINDS``), source]. Sources: ``g`` the rulebook backwards, ``a`` what a round trip made of that
place, ``p`` what the passages have in the place of the same words.
Which edits of a window stand together is drawn anew each time that it is read.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import multiprocessing
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Set
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from garbles import FUNCTION, WORD, Garbler, is_measured, kind_of, passages, plain, sentences
from marks import MARK

from qa.fluency.features import folded

LONGEST = 700
MOST_WORDS = 110
MOST_EDITS = {"g": 26, "a": 26, "p": 10}
PIVOTS = {
    "spa": ("eng-spa", "spa-eng_US"), "eo": ("en-eo", "eo-en"), "cat": ("eng-cat", "cat-eng_US"),
    "gl": ("en-gl", "gl-en"), "fra": ("eng-spa", "es-fr", "fr-es", "spa-eng_US"),
    "cs": ("eng-cat", "cat-spa", "spa-eng_US"), "fr2": ("eng-cat", "cat-fra", "fra-cat", "cat-eng_US"),
}  # fmt: skip
"""Chains of Apertium's modes from English to English."""
OWN_MARKS = re.compile(r"[*@#^$\\/<>{}\[\]]")
TOKEN = re.compile(r"\w+(?:[-'.]\w+)*|[^\w\s]")

Edit = tuple[int, int, str, int, int, int, str]


# --------------------------------------------------------------------------------------------------------- windows


def documents(folder: Path, garbled: list[Path]) -> Iterator[tuple[str, str]]:
    """(kind, text of several sentences)."""
    wiki: dict[str, list[str]] = {}
    for line in (folder / "clean_sents" / "wiki_en.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        wiki.setdefault(row["doc"], []).append(row["text"])
    for texts in wiki.values():
        yield "wiki", " ".join(texts)
    for kind in ("brown", "clean", "clean_other"):
        for path in sorted((folder / kind).glob("*.txt")):
            if kind != "clean" or not is_measured(path.name):
                for line in path.read_text("utf-8").splitlines():
                    yield kind, plain(line)
    seen: set[str] = set()
    for line in (folder / "mt_all.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        if not is_measured(row["doc"] or f"{row['pair']} {row['line'] // 20}"):
            for reference in row["refs"].values():
                if reference not in seen:
                    seen.add(reference)
                    yield "ref", plain(reference)
    for text in taught(garbled):
        for paragraph in text.split("\n"):
            yield "passage", MARK.sub(lambda m: m[2].split("|")[0], paragraph)


def taught(garbled: list[Path]) -> Iterator[str]:
    """The annotated passages that are not kept for measuring."""
    return (text for held, text in passages(garbled) if not held)


def windows(work: Path, folder: Path, garbled: list[Path], seed: int) -> None:
    rng = random.Random(seed)
    rows = []
    words: Counter[str] = Counter()
    for kind, text in documents(folder, garbled):
        window = ""
        parts = sentences(folded(" ".join(text.split())))
        for i, sentence in enumerate(parts):
            window = f"{window} {sentence}".strip()
            if i + 1 == len(parts) or len(window) >= rng.choice((60, 200, 200, 260)):
                if 5 <= len(window.split()) <= MOST_WORDS and len(window) <= LONGEST:
                    rows.append({"text": window, "kind": kind})
                    words[kind] += len(window.split())
                window = ""
    rng.shuffle(rows)
    with (work / "windows.jsonl").open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(rows)} windows, words: {dict(words)}")


def roundtrip(work: Path, pivots: list[str]) -> None:
    """roundtrip.PIVOT.txt: each window there and back, a line each."""
    # Its own marks would be read as such, and end it.
    texts = [OWN_MARKS.sub(" ", json.loads(x)["text"]) for x in (work / "windows.jsonl").open(encoding="utf-8")]
    for pivot in pivots:
        # An empty line ends the sentence: a headline without a full stop would run into the next line.
        text = "".join(f"{t}\n\n" for t in texts)
        for mode in PIVOTS[pivot]:
            command = ["apertium", "-u", "-f", "txt", mode]
            text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        lines = text.split("\n")[::2][: len(texts)]
        if len(lines) != len(texts):
            sys.exit(f"{pivot}: {len(lines)} lines for {len(texts)} windows")
        (work / f"roundtrip.{pivot}.txt").write_text("\n".join(" ".join(x.split()) for x in lines) + "\n", "utf-8")
        print(pivot, flush=True)


# ----------------------------------------------------------------------------------------------------------- edits


def differences(text: str, back: str, known: Set[str]) -> Iterator[Edit]:
    """What a round trip made of single places of a window; nothing where it went too far off.

    ``known``: the words of English; what Apertium left in another language is none.
    """
    old, new = list(TOKEN.finditer(text)), list(TOKEN.finditer(folded(back)))
    a, b = [m[0].lower() for m in old], [m[0].lower() for m in new]
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    codes = [c for c in matcher.get_opcodes() if c[0] != "equal"]
    kept = len(a) - sum(c[2] - c[1] for c in codes)
    if kept < 0.45 * len(a):
        return
    places = [c[1:] for c in codes]
    for one, two in pairwise(codes):
        # What was taken away here and put in there has moved: one edit.
        moved = Counter(a[one[1] : one[2]] + a[two[1] : two[2]]) & Counter(b[one[3] : one[4]] + b[two[3] : two[4]])
        if two[1] - one[2] <= 3 and set(moved) - FUNCTION:
            places = [p for p in places if p not in (one[1:], two[1:])] + [(one[1], two[2], one[3], two[4])]
    for i, j, k, m in places:
        if i == j or k == m:  # nothing there or nothing left: a neighbour goes along
            if j < len(a) and m < len(b) and a[j] == b[m] and a[j][0].isalnum():
                j, m = j + 1, m + 1
            elif i and k and a[i - 1] == b[k - 1] and a[i - 1][0].isalnum():
                i, k = i - 1, k - 1
            else:
                continue
        start, end = old[i].start(), old[j - 1].end()
        wording = folded(back)[new[k].start() : new[m - 1].end()]
        right = text[start:end]
        is_name = i > 0 and all(t[0][0].isupper() for t in old[i:j])
        if j - i > 7 or m - k > 8 or is_name or not wording.isascii() or re.search(r"[#*@<>\d]", wording + right):
            continue
        if start and wording[1:].islower() and right[0].islower():
            wording = wording[0].lower() + wording[1:]
        if wording.lower() == right.lower() or not set(WORD.findall(wording.lower())) <= known:
            continue
        kind = kind_of(wording, right)
        # Nobody could tell which word is missing where it says something.
        if kind != 5 or set(a[i:j]) - set(b[k:m]) <= FUNCTION:
            yield start, end, wording, 0, len(wording), kind, "a"


def backwards(garbled: list[Path]) -> dict[str, list[str]]:
    """Right wording → the garbles that stand for it in the passages."""
    out: dict[str, list[str]] = {}
    for text in taught(garbled):
        for match in MARK.finditer(text):
            for fix in match[2].split("|"):
                words = fix.lower().split()
                if match[1].strip() and words and not set(words) <= FUNCTION and len(fix) > 3:
                    out.setdefault(folded(fix).lower(), []).append(folded(match[1]))
    return out


class Spoiler:
    """Finds the edits of a window."""

    def __init__(self, garbled: list[Path], neighbours: Path | None, known: Set[str], rng: random.Random) -> None:
        near = json.loads(neighbours.read_text("utf-8")) if neighbours else None
        self.rng, self.known = rng, known
        self.garbler = Garbler(Path("rules/en"), rng, near)
        self.wrong = backwards(garbled)
        self.longest = max(len(k.split()) for k in self.wrong)

    def edits(self, text: str, trips: list[str]) -> list[Edit]:
        words = list(WORD.finditer(text))
        found: dict[str, list[Edit]] = {"g": self._backwards(text, words), "a": [], "p": self._elsewhere(text, words)}
        for back in trips:
            found["a"] += differences(text, back, self.known)
        chosen: list[Edit] = []
        for source, most in MOST_EDITS.items():
            unique = sorted(set(found[source]))
            if source != "g":
                # Prepositions and articles are most of what changes, and the least of what matters.
                unique = [e for e in unique if e[5] != 2 or self.rng.random() < 0.3]
            chosen += self.rng.sample(unique, min(most, len(unique)))
        return chosen

    def _backwards(self, text: str, words: list[re.Match[str]]) -> list[Edit]:
        out: list[Edit] = []
        makers, weights = [m for _, m in self.garbler.makers], [w for w, _ in self.garbler.makers]
        for _ in range(min(40, len(words)) if len(words) >= 5 else 0):
            edit = self.rng.choices(makers, weights)[0](text, words)
            if edit and text[edit[0] : edit[1]] != edit[2]:
                out.append((*edit, "g"))
        return out

    def _elsewhere(self, text: str, words: list[re.Match[str]]) -> list[Edit]:
        out: list[Edit] = []
        for i, word in enumerate(words):
            for j in range(i, min(i + self.longest, len(words))):
                start, end = word.start(), words[j].end()
                for bad in self.wrong.get(text[start:end].lower(), ()):
                    new = bad[0].upper() + bad[1:] if text[start].isupper() and not start else bad
                    # One word has many senses: what stands for it elsewhere says less than for a phrase.
                    if j > i or self.rng.random() < 0.3:
                        kind = kind_of(new, text[start:end])
                        out.append((start, end, new, 0, len(new), kind, "p"))
        return out


_spoiler: Spoiler | None = None


def _spoil(task: tuple[str, list[str]]) -> str:
    assert _spoiler
    row = json.loads(task[0])
    chosen = _spoiler.edits(row["text"], [t.strip() for t in task[1] if t.strip()])
    return json.dumps([row["text"], row["kind"], chosen], ensure_ascii=False, separators=(",", ":")) + "\n"


def edits(work: Path, garbled: list[Path], neighbours: Path | None, seed: int) -> None:
    global _spoiler
    lines = (work / "windows.jsonl").read_text("utf-8").splitlines()
    known = {w for line in lines for w in WORD.findall(line.lower())}
    trips = [p.read_text("utf-8").split("\n") for p in sorted(work.glob("roundtrip.*.txt"))]
    _spoiler = Spoiler(garbled, neighbours, known, random.Random(seed))
    tasks = [(line, [t[i] for t in trips if i < len(t)]) for i, line in enumerate(lines)]
    with (
        gzip.open(work / "pool.jsonl.gz", "wt", encoding="utf-8") as out,
        multiprocessing.get_context("fork").Pool() as pool,
    ):
        count = sum(out.write(line) > 0 for line in pool.imap(_spoil, tasks, 200))
    print(f"{count} windows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("windows", "roundtrip", "edits"):
        one = commands.add_parser(name)
        one.add_argument("work", type=Path)
        if name == "windows":
            one.add_argument("folder", type=Path)
        if name == "roundtrip":
            one.add_argument("--pivots", nargs="+", choices=PIVOTS, default=list(PIVOTS))
        else:
            one.add_argument("--garbled", type=Path, nargs="+", default=[Path("training/garbled")])
            one.add_argument("--seed", type=int, default=1)
        if name == "edits":
            one.add_argument("--neighbours", type=Path, help="of training/tagger.py prepare")
    args = parser.parse_args()
    if args.command == "windows":
        windows(args.work, args.folder, args.garbled, args.seed)
    elif args.command == "roundtrip":
        roundtrip(args.work, args.pivots)
    else:
        edits(args.work, args.garbled, args.neighbours, args.seed)


if __name__ == "__main__":
    main()
