"""Lexicons: the word lists that rules name in braces, and the word classes of ``where``.

A lexicon is a text file, one term a line: ``term`` or ``term -> value``. ``word/v`` and ``word/n`` stand for all forms
of the word, ``@name`` for all terms of another lexicon, ``/…/`` for a regular expression; ``#`` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from qa.errors import MtqaError
from qa.morphology import TAGS_OF_CLASS, forms

WORD_CLASSES = {
    "noun": {"NN", "NNS"}, "noun-singular": {"NN"}, "noun-plural": {"NNS"},
    "verb": {"VB", "VBZ", "VBG", "VBD", "VBN"}, "verb-base": {"VB"}, "verb-third": {"VBZ"},
    "verb-past": {"VBD"}, "verb-participle": {"VBN"}, "verb-gerund": {"VBG"},
    "adjective": {"JJ", "JJR", "JJS"}, "adverb": {"RB", "RBR", "RBS"},
}  # fmt: skip
"""Word class to the Penn tags of which a form must have one."""


def in_class(tags: frozenset[str], name: str) -> bool:
    """Whether a form with these tags belongs to a word class; ``only-noun`` and the like ask for nothing else."""
    if name == "word":
        return bool(tags)
    if name.startswith("only-"):
        allowed = WORD_CLASSES[name[5:]]
        return bool(tags) and tags - {"VBP"} <= allowed
    return bool(tags & WORD_CLASSES[name])


def is_class(name: str) -> bool:
    """Whether there is a word class of that name."""
    return name in WORD_CLASSES or name == "word" or (name.startswith("only-") and name[5:] in WORD_CLASSES)


def word_list(path: Path) -> list[str]:
    """The words of a plain list, one a line, ``#`` for comments. Raises MtqaError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as e:
        raise MtqaError(f"{path}: not UTF-8 at byte {e.start}; save the file as UTF-8") from None
    except OSError as e:
        raise MtqaError(f"{path}: {e.strerror or e}") from None
    return [word for line in lines if (word := line.partition("#")[0].strip())]


class Lexicons:
    """The lexicons of one or more rule folders; a later folder's file adds to an earlier one's."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.files: dict[str, list[Path]] = {}
        for folder in folders:
            for path in sorted((folder / "lexicons").glob("*.txt")):
                self.files.setdefault(path.stem, []).append(path)
        self._patterns: dict[str, str] = {}
        self._terms: dict[str, frozenset[str]] = {}
        self._maps: dict[str, dict[str, str]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def lines(self, name: str, _seen: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        """(term, value) of each line, other lexicons joined in. KeyError where there is no such lexicon."""
        for path in self.files[name]:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                line = re.sub(r"(^|\s)#.*$", "", line).strip()
                if not line:
                    continue
                if line.startswith("@"):
                    other = line[1:].strip()
                    if other not in self.files or other in (*_seen, name):
                        raise MtqaError(f"{path}:{number}: no lexicon “{other}” to join, or a circle of joins")
                    yield from self.lines(other, (*_seen, name))
                    continue
                term, arrow, value = line.partition("->")
                if arrow and not (term.strip() and value.strip()):
                    raise MtqaError(f"{path}:{number}: expected “term -> value”")
                yield term.strip(), value.strip()

    def pattern(self, name: str) -> str:
        """The terms as one RE2 alternation, longest first. Lower-case terms match in any case."""
        if name not in self._patterns:
            plain: list[str] = []
            proper: list[str] = []
            raw: list[str] = []
            for term, _ in self.lines(name):
                if term.startswith("/") and term.endswith("/") and len(term) > 2:
                    raw.append(term[1:-1])
                    continue
                for spelling in spellings(term):
                    (proper if any(c.isupper() for c in spelling) else plain).append(spelling.replace("’", "'"))
            parts = []
            if plain:
                parts.append("(?i:" + "|".join(map(re.escape, _longest_first(plain))) + ")")
            if proper:
                parts.append("|".join(map(re.escape, _longest_first(proper))))
            self._patterns[name] = "(?:" + "|".join(parts + raw) + ")"
        return self._patterns[name].replace(r"\ ", " +")

    def terms(self, name: str) -> frozenset[str]:
        """The terms, lower-cased, for membership tests."""
        if name not in self._terms:
            self._terms[name] = frozenset(
                s.lower() for term, _ in self.lines(name) if not term.startswith("/") for s in spellings(term)
            )
        return self._terms[name]

    def mapping(self, name: str) -> dict[str, str]:
        """Term to value, as written and lower-cased."""
        if name not in self._maps:
            table: dict[str, str] = {}
            for term, value in self.lines(name):
                if value:
                    table[term] = value
                    table.setdefault(term.lower(), value)
            self._maps[name] = table
        return self._maps[name]

    @cached_property
    def names(self) -> list[str]:
        return sorted(self.files)


def spellings(term: str) -> list[str]:
    """Every form that a line of a lexicon stands for: ``word/v`` all forms of the verb, a plain term itself."""
    head, slash, letter = term.rpartition("/")
    if slash and letter in TAGS_OF_CLASS:
        if " " in head:
            first, _, rest = head.partition(" ")
            if letter == "v":
                return [f"{f} {rest}" for f in forms(first, TAGS_OF_CLASS[letter])]
            start, _, last = head.rpartition(" ")
            return [f"{start} {f}" for f in forms(last, TAGS_OF_CLASS[letter])]
        return list(forms(head, TAGS_OF_CLASS[letter]))
    return [term]


def _longest_first(words: list[str]) -> list[str]:
    return sorted(set(words), key=lambda w: (-len(w), w))
