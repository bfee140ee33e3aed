"""Garbles made from clean text by running the rulebook's own families backwards; training/pool.py draws on them.

What they are called, and their numbers, which are the tagger's classes:

1 ``word``      the fix of a lexicon entry (rules/en/proposal, calque, collocation …) turned back into what it mends; a
                word put in the place of one that shares its translation (confusion sets); a near neighbour in the
                encoder's vocabulary
2 ``function``  prepositions, articles, pronouns and auxiliaries exchanged
3 ``form``      tense, number, agreement
4 ``order``     adjective and noun, verb and adverb, a phrase somewhere else
5 ``missing``   a word dropped
6 ``extra``     a word too many
7 ``broken``    a stray full stop, a torn phrase, a quotation that lost a mark, words said twice
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from marks import MARK

from qa.morphology import dictionary, inflect, lemmas

KINDS = ("ok", "word", "function", "form", "order", "missing", "extra", "broken")
WORD = re.compile(r"[^\W_]+(?:[’'.,-][^\W_]+)*")

Edit = tuple[int, int, str, int, int, int]
"""start, end, replacement, first and last code point of the mark in the replacement, kind."""
Mark = tuple[int, int, int]
"""start, end, kind."""

PREPOSITIONS = (
    "in", "on", "at", "to", "of", "for", "with", "by", "from", "about", "against", "between", "among", "over", "under",
    "into", "through", "during", "across", "after", "before", "until", "since", "within", "towards", "upon", "as",
)  # fmt: skip
ARTICLES = ("the", "a", "an")
PRONOUNS = {
    "his": ("her", "its", "their"), "her": ("his", "its"), "its": ("his", "her", "their", "it's"),
    "their": ("its", "his"), "he": ("it", "she"), "she": ("he", "it"), "it": ("he", "she", "this"),
    "they": ("it", "he"), "who": ("which", "that"), "which": ("who", "what"), "him": ("it", "her"),
    "them": ("it", "him"), "this": ("these", "that"), "these": ("this",), "those": ("that",), "that": ("what", "which"),
    "what": ("that", "which"), "where": ("which", "when"), "whose": ("which", "who"), "himself": ("him", "itself"),
}  # fmt: skip
AUXILIARIES = {
    "is": ("has", "was", "are"), "are": ("have", "is"), "was": ("had", "has been", "is"), "were": ("had", "was"),
    "has": ("is", "had", "have"), "have": ("are", "has"), "had": ("was", "has"), "will": ("would", "is going to"),
    "would": ("will", "had"), "can": ("could", "may"), "could": ("can", "would"), "did": ("has", "made"),
    "does": ("makes", "is"), "do": ("make",), "been": ("was", "be"), "be": ("being", "is"),
}  # fmt: skip
FUNCTION = frozenset(PREPOSITIONS) | set(ARTICLES) | set(PRONOUNS) | set(AUXILIARIES) | {
    "and", "or", "but", "not", "no", "so", "than", "then", "there", "here", "if", "while", "when", "also", "only", "up",
    "out", "off", "down", "own", "more", "most", "very", "just", "any", "some", "all", "both", "i", "you", "we", "my",
    "our", "your", "us", "me",
}  # fmt: skip


def plain(text: str) -> str:
    """Brown's tokenised quotation marks and doubled full stops as print has them."""
    text = text.replace("``", '"').replace("''", '"')
    return re.sub(r"\.\.(?!\.)", ".", re.sub(r"\s+", " ", text)).strip()


def is_measured(name: str) -> bool:
    """Whether a document is kept for measuring: four in ten, by the hash of its name."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 >= 6


def is_held(file: str, passage: int) -> bool:
    """Whether an annotated passage is kept back from training: about one in eight."""
    return passage % 4 == 0 and is_measured(f"{file} {passage}")


def passages(folders: list[Path]) -> Iterator[tuple[bool, str]]:
    """The annotated passages, and whether they are kept back from training."""
    for path in sorted(p for folder in folders for p in folder.glob("*.txt")):
        for number, passage in enumerate(path.read_text("utf-8").split("\n---")):
            yield is_held(path.name, number), passage.strip()


def is_apart(edit: Sequence[Any], others: Iterable[Sequence[Any]]) -> bool:
    """Whether an edit neither overlaps nor touches the others."""
    return not any(edit[0] <= other[1] + 1 and other[0] <= edit[1] + 1 for other in others)


def put_in(text: str, edits: Iterable[Sequence[Any]]) -> tuple[str, list[Mark]]:
    """The text with edits that stand apart, and their marks."""
    marks: list[Mark] = []
    out, at = "", 0
    for start, end, new, first, last, kind, *_ in sorted(edits, key=lambda e: e[0]):
        out += text[at:start]
        marks.append((len(out) + first, len(out) + last, kind))
        out += new
        at = end
    return out + text[at:], marks


SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]*[A-Z0-9])")


def sentences(paragraph: str) -> list[str]:
    """A rough split, good enough to cut windows."""
    return [s for s in SENTENCE_END.split(paragraph) if s.strip()]


# ------------------------------------------------------------------------------------------------- rules backwards

_LEMMA = re.compile(r"^([A-Za-z][\w' -]*?)/([vna])$")
_TAGS = {"v": ("VB", "VBZ", "VBD", "VBG", "VBN"), "n": ("NN", "NNS"), "a": ("JJ",)}


def _expand(side: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(tags, words) of one side of an entry, a lemma in each of its forms."""
    tokens: list[str] = []
    for raw in re.findall(r"\([^()]*\)(?:/[vna])?|\[[^\[\]]*\]|\S+", side):
        if raw.startswith("["):
            continue
        token = raw
        if raw.startswith("("):
            inner, _, suffix = raw[1:].rpartition(")")
            token = rng.choice(inner.split("|")).strip() + suffix
        if any(c in token for c in "{}_\\|<>=!+*()[]") or token == "...":
            return
        tokens.append(token)
    inflected = [i for i, t in enumerate(tokens) if _LEMMA.match(t)]
    if not inflected:
        yield "", " ".join(tokens)
        return
    head = _LEMMA.match(tokens[inflected[0]])
    assert head
    for tag in _TAGS[head[2]]:
        out = []
        for i, token in enumerate(tokens):
            if match := _LEMMA.match(token):
                out.append(inflect(match[1], tag if i == inflected[0] else _TAGS[match[2]][0]))
            else:
                out.append(token)
        yield head[2] + tag, " ".join(out)


def backwards(rules: Path, rng: random.Random) -> dict[str, list[str]]:
    """What an editor would write → what translators write, from every phrase table of the rulebook."""
    out: dict[str, list[str]] = {}
    for path in sorted(rules.rglob("*.yaml")):
        for line in path.read_text("utf-8").splitlines():
            body, arrow, rest = line.partition(" => ")
            if not arrow or line.lstrip().startswith(("#", "-")):
                continue
            rest = re.split(r"\s+(?:#|@|\^)", rest)[0]
            marked = re.search(r">>(.*?)<<", body)
            for _ in range(3):
                wrong = dict(_expand((marked[1] if marked else body).strip(), rng))
                for fix in rest.split(" | ")[:2]:
                    for tags, right in _expand(fix.strip(), rng):
                        bad = wrong.get(tags)
                        key = right.casefold()
                        is_new = bad and key != bad.casefold() and bad not in out.get(key, ())
                        if bad and is_new and not set(key.split()) <= FUNCTION:
                            out.setdefault(key, []).append(bad)
    return out


def confusions(lexicons: Path) -> dict[str, dict[str, list[str]]]:
    """Part of speech → right lemma → wrong lemmas, from the confusion sets."""
    out: dict[str, dict[str, list[str]]] = {}
    for path in sorted(lexicons.glob("confusion-*.txt")):
        kind = path.stem.split("-")[1]
        for line in path.read_text("utf-8").splitlines():
            wrong, arrow, right = line.partition(" -> ")
            if arrow and not line.startswith("#"):
                for word in right.split(","):
                    out.setdefault(kind, {}).setdefault(word.strip(), []).append(wrong.strip())
    return out


class Garbler:
    """Puts garbles into a window. ``neighbours``: word → words that stand near it in an encoder's vocabulary."""

    def __init__(self, rules: Path, rng: random.Random, neighbours: dict[str, list[str]] | None = None) -> None:
        self.rng = rng
        self.phrases = backwards(rules, rng)
        self.confusions = confusions(rules / "lexicons")
        self.neighbours = neighbours or {}
        self.by_form, self.by_lemma = dictionary()
        self.longest = max(len(k.split()) for k in self.phrases)
        # A kind is drawn first, then a place for it.
        self.makers: list[tuple[float, Callable[[str, list[re.Match[str]]], Edit | None]]] = [
            (26, self.phrase), (14, self.confusion), (5, self.neighbour), (9, self.function), (4, self.article),
            (4, self.pronoun), (3, self.auxiliary), (6, self.form), (5, self.adjective_after), (3, self.swap),
            (4, self.moved), (4, self.missing), (3, self.extra), (5, self.torn), (2, self.stopped), (2, self.twice),
            (2, self.quotation), (2, self.capital),
        ]  # fmt: skip

    def tags(self, word: str) -> dict[str, str]:
        return self.by_form.get(word.lower(), {})

    @cache  # noqa: B019  one garbler lives as long as the program
    def is_adjective(self, word: str) -> bool:
        tags = self.tags(word)
        return "JJ" in tags and word.islower() and word not in FUNCTION and "VB" not in tags and "RB" not in tags

    @cache  # noqa: B019
    def is_noun(self, word: str) -> bool:
        tags = self.tags(word)
        return ("NN" in tags or "NNS" in tags) and word.islower() and word not in FUNCTION

    def garbled(self, text: str, count: int) -> tuple[str, list[Mark]]:
        """The window with up to ``count`` garbles: the text, and its marks (start, end, kind)."""
        edits: list[Edit] = []
        words = list(WORD.finditer(text))
        if len(words) < 5:
            return text, []
        for _ in range(count * 3):
            if len(edits) == count:
                break
            maker = self.rng.choices([m for _, m in self.makers], [w for w, _ in self.makers])[0]
            edit = maker(text, words)
            if edit and text[edit[0] : edit[1]] != edit[2] and is_apart(edit, edits):
                edits.append(edit)
        return put_in(text, edits)

    def _put(self, match: tuple[int, int], text: str, new: str, kind: int) -> Edit:
        start, end = match
        if text[start].isupper() and (start == 0 or text[start:end][1:2].islower()):
            new = new[:1].upper() + new[1:]
        return start, end, new, 0, len(new), kind

    def _pick(self, words: list[re.Match[str]], wanted: Callable[[str], object]) -> re.Match[str] | None:
        found = [w for w in words if wanted(w[0])]
        return self.rng.choice(found) if found else None

    def phrase(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        found = []
        for i, word in enumerate(words):
            for j in range(i, min(i + self.longest, len(words))):
                piece = text[word.start() : words[j].end()]
                if piece.casefold() in self.phrases:
                    # A longer phrase says more about what is meant.
                    found += [(word.start(), words[j].end())] * (1 if j == i else 4)
        if not found:
            return None
        place = self.rng.choice(found)
        bad = self.rng.choice(self.phrases[text[slice(*place)].casefold()])
        return self._put(place, text, bad, 1)

    def confusion(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        options = []
        for word in words:
            for tag, lemma in self.tags(word[0]).items():
                kind = {"V": "verb", "N": "noun", "J": "adjective", "R": "adverb"}.get(tag[0])
                wrong = self.confusions.get(kind or "", {}).get(lemma)
                if wrong:
                    options.append((word, tag, wrong))
        if not options:
            return None
        word, tag, wrong = self.rng.choice(options)
        return self._put(word.span(), text, inflect(self.rng.choice(wrong), tag), 1)

    def neighbour(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self._pick(words, lambda w: w in self.neighbours)
        return self._put(word.span(), text, self.rng.choice(self.neighbours[word[0]]), 1) if word else None

    def function(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self._pick(words, lambda w: w.lower() in PREPOSITIONS)
        if not word:
            return None
        new = self.rng.choice([p for p in PREPOSITIONS if p != word[0].lower()])
        return self._put(word.span(), text, new, 2)

    def article(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        if self.rng.random() < 0.4:
            at = self._pick(words, self.is_noun)
            if not at or (text[: at.start()].split()[-1:] and text[: at.start()].split()[-1].lower() in FUNCTION - set(
                PREPOSITIONS
            )):
                return None
            new = self.rng.choice(("the ", "the ", "a "))
            return at.start(), at.end(), new + at[0], 0, len(new) - 1, 2
        word = self._pick(words, lambda w: w.lower() in ARTICLES)
        if not word:
            return None
        if self.rng.random() < 0.5 and word[0].islower():
            following = next((w for w in words if w.start() > word.start()), None)
            if following:
                return word.start(), following.end(), following[0], 0, len(following[0]), 5
        return self._put(word.span(), text, self.rng.choice([a for a in ARTICLES if a != word[0].lower()]), 2)

    def pronoun(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self._pick(words, lambda w: w.lower() in PRONOUNS)
        return self._put(word.span(), text, self.rng.choice(PRONOUNS[word[0].lower()]), 2) if word else None

    def auxiliary(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self._pick(words, lambda w: w.lower() in AUXILIARIES)
        return self._put(word.span(), text, self.rng.choice(AUXILIARIES[word[0].lower()]), 2) if word else None

    def form(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self._pick(words, lambda w: w.lower() not in FUNCTION and w.islower() and self.tags(w))
        if not word:
            return None
        tag, lemma = self.rng.choice(list(self.tags(word[0]).items()))
        others = {
            "V": ("VB", "VBZ", "VBD", "VBG", "VBN"), "N": ("NN", "NNS"), "J": ("JJ", "JJR"), "R": ("RB",)
        }[tag[0]]  # fmt: skip
        new = inflect(lemma, self.rng.choice(others))
        if tag[0] == "V" and self.rng.random() < 0.25:
            new = self.rng.choice(("is ", "has ", "was ", "to ", "had ")) + new
        return self._put(word.span(), text, new, 3)

    def adjective_after(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        pairs = [
            (a, b) for a, b in pairwise(words)
            if text[a.end() : b.start()] == " " and (self.is_adjective(a[0]) or a[0][0].isupper())
            and (self.is_noun(b[0]) or (a[0][0].isupper() and b[0][0].isupper())) and a.start() > 0
        ]  # fmt: skip
        if not pairs:
            return None
        a, b = self.rng.choice(pairs)
        joint = self.rng.choice((" ", " ", " ", " of ", " of the "))
        new = f"{b[0]}{joint}{a[0]}"
        return a.start(), b.end(), new, 0, len(new), 4

    def swap(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        pairs = [
            (a, b) for a, b in pairwise(words)
            if text[a.end() : b.start()] == " " and a.start() > 0 and a[0].islower() and b[0].islower()
        ]  # fmt: skip
        if not pairs:
            return None
        a, b = self.rng.choice(pairs)
        new = f"{b[0]} {a[0]}"
        return a.start(), b.end(), new, 0, len(new), 4

    def moved(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        """A phrase of one to four words jumps over two to six others, in the same clause."""
        i = self.rng.randrange(1, len(words))
        size, jump = self.rng.randint(1, 4), self.rng.randint(2, 6)
        if i + size + jump >= len(words):
            return None
        first, middle, last = words[i], words[i + size], words[i + size + jump - 1]
        piece = text[first.start() : last.end()]
        if re.search(r"[^\w\s’'-]", piece):
            return None
        moved, kept = text[first.start() : words[i + size - 1].end()], text[middle.start() : last.end()]
        if self.rng.random() < 0.5:
            return first.start(), last.end(), f"{kept} {moved}", len(kept) + 1, len(kept) + 1 + len(moved), 4
        head = text[first.start() : words[i + jump - 1].end()]
        tail = text[words[i + jump].start() : last.end()]
        return first.start(), last.end(), f"{tail} {head}", 0, len(tail), 4

    def missing(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        i = self.rng.randrange(0, len(words) - 1)
        word, following = words[i], words[i + 1]
        if text[word.end() : following.start()] != " " or (word[0].lower() not in FUNCTION and self.rng.random() < 0.5):
            return None
        if self.is_adjective(word[0]) or word[0].endswith("ly"):
            return None
        return word.start(), following.end(), following[0], 0, len(following[0]), 5

    def extra(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        word = self.rng.choice(words[1:])
        new = self.rng.choice(
            ("of", "to", "that", "it", "he", "him", "the", "for", "been", "itself", "in", "on", "also", "which", "so")
        )
        if text[word.start() - 1] != " ":
            return None
        return word.start(), word.end(), f"{new} {word[0]}", 0, len(new), 6

    def torn(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        """An adjective falls behind its noun and a full stop."""
        pairs = [
            (a, b) for a, b in pairwise(words)
            if text[a.end() : b.start()] == " " and self.is_noun(b[0]) and a.start() > 0
            and (self.is_adjective(a[0]) or (a[0][0].isupper() and a[0].endswith(("an", "ese", "ish", "ic"))))
        ]  # fmt: skip
        if not pairs:
            return None
        a, b = self.rng.choice(pairs)
        adjective = a[0].lower() if self.rng.random() < 0.6 else a[0].capitalize()
        new = f"{b[0]}{self.rng.choice(('. ', '. ', '. ', ' . ', '.-', ', '))}{adjective}"
        end = b.end()
        if text[end : end + 1] != "." and self.rng.random() < 0.4:
            new += "."
        return a.start(), end, new, 0, len(new), 7

    def stopped(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        """A full stop, hyphen or comma in the middle of a phrase."""
        i = self.rng.randrange(1, len(words))
        a, b = words[i - 1], words[i]
        if text[a.end() : b.start()] != " ":
            return None
        new = f"{a[0]}{self.rng.choice(('. ', '. -', ' - ', '. ', ' “'))}{b[0]}"
        return a.start(), b.end(), new, 0, len(new), 7

    def twice(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        i, size = self.rng.randrange(0, len(words)), self.rng.choice((1, 1, 2, 3, 4))
        if i + size > len(words):
            return None
        piece = text[words[i].start() : words[i + size - 1].end()]
        return words[i].start(), words[i + size - 1].end(), f"{piece} {piece}", len(piece) + 1, 2 * len(piece) + 1, 7

    def quotation(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        marks = [i for i, c in enumerate(text) if c in "\"“”"]
        if len(marks) < 2:
            return None
        at = self.rng.choice(marks[-1:])
        before = next((w for w in reversed(words) if w.end() <= at), None)
        if before is None or at + 1 >= len(text):
            return None
        new = text[before.start() : at]
        return before.start(), at + 1, new, 0, len(before[0]), 7

    def capital(self, text: str, words: list[re.Match[str]]) -> Edit | None:
        """A capital where the source language has one, none where English wants one."""
        word = self._pick(words[1:], lambda w: self.is_noun(w) or w in _CAPITALISED)
        if not word:
            return None
        new = word[0].lower() if word[0][0].isupper() else word[0].capitalize()
        return word.start(), word.end(), new, 0, len(new), 7


_CAPITALISED = frozenset([
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March",
    "April", "June", "July", "August", "September", "October", "November", "December", "American", "British", "French",
    "German", "Russian", "Chinese", "Italian", "Spanish", "English", "European",
])  # fmt: skip


def _lemmas(word: str) -> set[str]:
    return {lemma for upos in ("VERB", "NOUN", "ADJ") for lemma in lemmas(word, upos)} | {word}


def kind_of(bad: str, fix: str) -> int:
    """The class of an annotated garble, from how it differs from its fix."""
    wrong, right = [w.lower() for w in WORD.findall(bad)], [w.lower() for w in WORD.findall(fix)]
    stops = re.compile(r"[.!?“”\"]")
    if len(stops.findall(bad)) != len(stops.findall(fix)) or (wrong == right and bad != fix):
        return 7
    if sorted(wrong) == sorted(right):
        return 4
    gone, new = [w for w in wrong if w not in right], [w for w in right if w not in wrong]
    if len(wrong) > len(set(wrong)) and set(wrong) == set(right):
        return 7
    if not new:
        return 6
    if not gone:
        return 5
    if set(gone) | set(new) <= FUNCTION:
        return 2
    if {x for w in gone for x in _lemmas(w)} & {x for w in new for x in _lemmas(w)}:
        return 3
    return 1


def annotated(raw: str) -> tuple[str, list[Mark]]:
    """A text with its garbles marked ``[[garbled=>fix|fix]]``: the text, and its marks (start, end, kind)."""
    text, marks, at = "", [], 0
    for match in MARK.finditer(raw):
        text += raw[at : match.start()]
        kind = kind_of(match[1], match[2].split("|")[0])
        marks.append((len(text), len(text) + len(match[1].rstrip()), kind))
        text += match[1]
        at = match.end()
    return text + raw[at:], marks
