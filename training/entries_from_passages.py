"""Phrase-table entries and confusion sets from the annotated passages that the tagger was trained on.

    PYTHONPATH=. python training/entries_from_passages.py training/garbled [--write]

A mark of two to five words becomes an entry of rules/en/proposal/passages.yaml, its head in all its forms where garble
and fix agree in it; a mark of one word a line of the confusion sets. Left out are names, figures, marks of
punctuation, of small words alone, and what a table holds already. Nothing here is certain: the language model and the
tagger decide (``verify: true``). Run training/collect_proposals.py and calibrate_margins.py on the new entries.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from garbles import FUNCTION, MARK

from qa.morphology import dictionary, inflect

RULES = Path("rules/en")
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "de": "German", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese", "xx": "a chain of languages",
}  # fmt: skip
_PLAIN = re.compile(r"[a-z][a-z'-]*(?:,? [a-z][a-z'-]*){0,7}$")
_KINDS = {"V": ("verb", "/v"), "N": ("noun", "/n")}

BY_FORM, _ = dictionary()


def pairs(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(language, garble, fixes) of every mark that is plain words."""
    for path in sorted(folder.glob("*.txt")):
        for bad, fixes in MARK.findall(path.read_text("utf-8")):
            bad = _small(bad)
            good = [f for f in map(_small, fixes.split("|")) if _PLAIN.match(f) and f != bad]
            if _PLAIN.match(bad) and good and not set(bad.split()) <= FUNCTION:
                yield path.stem.split("-")[0], bad, good[:3]


def _small(text: str) -> str:
    text = text.replace("’", "'").strip()
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def heads(bad: str, fix: str) -> tuple[str, str] | None:
    """Both with their head as ``lemma/v`` or ``lemma/n``; None where they do not agree in one."""
    wrong, right = bad.split(), fix.split()
    for letter, orders in (("V", (range(len(wrong)), range(len(right)))), ("N", (_back(wrong), _back(right)))):
        found = []
        for words, order in zip((wrong, right), orders, strict=True):
            place = next((i for i in order if words[i] not in FUNCTION and _tags(words[i], letter)), None)
            found.append(place)
        if None in found:
            continue
        i, j = found
        common = set(_tags(wrong[i], letter)) & set(_tags(right[j], letter))
        if not common or (letter == "V" and set(_tags(wrong[i], "N")) and set(_tags(right[j], "N"))):
            continue
        if letter == "N" and (i != len(wrong) - 1 or j != len(right) - 1):
            continue
        tag = sorted(common)[0]
        one, other = _tags(wrong[i], letter)[tag], _tags(right[j], letter)[tag]
        if "-" in one or "-" in other or inflect(one, tag) != wrong[i] or inflect(other, tag) != right[j]:
            continue
        suffix = _KINDS[letter][1]
        return (
            " ".join([*wrong[:i], one + suffix, *wrong[i + 1 :]]),
            " ".join([*right[:j], other + suffix, *right[j + 1 :]]),
        )
    return None


def _back(words: list[str]) -> range:
    return range(len(words) - 1, -1, -1)


def _tags(word: str, letter: str) -> dict[str, str]:
    return {tag: lemma for tag, lemma in BY_FORM.get(word, {}).items() if tag[0] == letter}


def entry(bad: str, fixes: list[str]) -> str:
    """The line of a phrase table."""
    general = [h for h in (heads(bad, f) for f in fixes) if h]
    if general and all(h[0] == general[0][0] for h in general):
        return f"{general[0][0]} => " + " | ".join(dict.fromkeys(h[1] for h in general))
    return f"{bad} => " + " | ".join(dict.fromkeys(fixes))


def confusion(bad: str, fix: str) -> tuple[str, str, str] | None:
    """(kind, lemma, right lemma) of a word put for another."""
    first = fix.split()[0]
    for tag, lemma in BY_FORM.get(bad, {}).items():
        kind = {"V": "verb", "N": "noun", "J": "adjective", "R": "adverb"}.get(tag[0])
        word = fix.split()[-1] if tag[0] == "N" else first
        right = BY_FORM.get(word, {}).get(tag)
        if kind and right and right != lemma and lemma.isalpha() and len(fix.split()) < 4:
            rest = fix.split()[:-1] if tag[0] == "N" else fix.split()[1:]
            return kind, lemma, " ".join([*rest, right] if tag[0] == "N" else [right, *rest])
    return None


_LONGEST = 5
"""Words of a garble: longer ones do not come again."""

HEADER = """\
message: “{match}” reads like a translation{note}; the usual English would be “{fix}”.
category: style/unidiomatic
severity: major
confidence: 0.6
status: preview
verify: true
entries: |
"""
PATH = RULES / "proposal" / "passages.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    known = "\n".join(p.read_text("utf-8") for p in RULES.rglob("*.yaml") if p != PATH)
    table: dict[str, str] = {}
    sets: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for language, bad, fixes in pairs(args.folder):
        if " " not in bad:
            for fix in fixes:
                if found := confusion(bad, fix):
                    kind, lemma, right = found
                    if right not in sets[kind][lemma]:
                        sets[kind][lemma].append(right)
        elif len(bad.split()) <= _LONGEST:
            line = entry(bad, fixes)
            left = line.split(" => ")[0]
            if f"\n  {left} =>" not in known:
                table.setdefault(left, line + (f"  # as in {LANGUAGES[language]}" if language != "xx" else ""))
    print(f"{len(table)} entries;", {kind: len(s) for kind, s in sets.items()}, "words in confusion sets")
    if not args.write:
        return
    old = PATH.read_text("utf-8") if PATH.exists() else ""
    tail = old[old.index("why: |") :] if "why: |" in old else "why: |\n"
    PATH.write_text(HEADER + "".join(f"  {line}\n" for _, line in sorted(table.items())) + tail, "utf-8")
    for kind, found_sets in sets.items():
        _extend(kind, found_sets)


def _extend(kind: str, new: dict[str, list[str]]) -> None:
    """Put the sets into the lexicons: behind what a word has already, else as lines of their own."""
    files = sorted((RULES / "lexicons").glob(f"confusion-{kind}*.txt"))
    left = dict(new)
    for path in files:
        lines = path.read_text("utf-8").splitlines()
        for i, line in enumerate(lines):
            word, arrow, alternatives = line.partition(" -> ")
            if arrow and word in left and not line.startswith("#"):
                have = [a.strip() for a in alternatives.split(",")]
                lines[i] = f"{word} -> " + ", ".join([*have, *(a for a in left.pop(word) if a not in have)])
        path.write_text("\n".join(lines) + "\n", "utf-8")
    with files[-1].open("a", encoding="utf-8") as file:
        for word, alternatives in sorted(left.items()):
            file.write(f"{word} -> {', '.join(alternatives)}\n")


if __name__ == "__main__":
    main()
