"""The post-editor: the language model with small additions, by which it writes a passage again as an editor would.

It reads the passage and then the passage once more, as if it wrote it. Where it would rather have written something
else, it is let go on until it is back in the text: that is a rewriting, worth as many bits as it is likelier than the
words that stand there. What others propose can be weighed in the same way. Made by training/post_editor.py.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa import packaged
from qa.cache import Cache
from qa.fluency.features import folded
from qa.lm import ModelUnavailable
from qa.lm.model import Branch, LanguageModel, Read
from qa.verifier import Edit, Trunk, Verifier, Window, windows

if TYPE_CHECKING:
    from qa.lm.conversion import Additions

BEGIN, END = 1, 2
"""Tokens between the passage and its second writing, and behind that; ordinary text does not hold them."""
_LEAST = 0.04
"""Probability from which on another token is followed up."""
_MOST_STARTS = 16
"""Places of a window that are followed up."""
_LONGEST = 10
"""Tokens that a rewriting has at most."""
_AHEAD = 16
"""Tokens of the text that a rewriting replaces at most."""
_TAIL = 10
"""Tokens behind a rewriting that it is compared with the original over."""
_MOST = 340
"""Tokens of a window that it reads; longer sentences are left alone."""
_DIGITS = re.compile(r"\d+")
_FOLLOWING = re.compile(r" ?[\w'-]+")
ARTICLES = frozenset(["a", "an", "the"])
"""Words that belong to the one behind them."""
_REMEMBERED = 2_000
"""Windows whose rewritings are held in memory."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """``text[start:end]`` would rather be ``replacement``, by ``gain`` bits."""

    start: int
    end: int
    replacement: str
    gain: float


@cache
def additions() -> Additions:
    """What the post-editor adds to the model's matrices. Raises ModelUnavailable where the file is damaged."""
    import numpy as np

    folder = files("qa.lm")
    card = json.loads(folder.joinpath("post_editor.json").read_text("utf-8"))
    place = folder.joinpath("post_editor.npz")
    data = packaged.read(place, card["sha256"], "the post-editor's post_editor.npz", ModelUnavailable)
    arrays = dict(np.load(io.BytesIO(data), allow_pickle=False))
    factors = {name: arrays[name] * arrays[f"{name}.scale"] for name in arrays if not name.endswith(".scale")}
    names = {name.rpartition(".")[0] for name in factors}
    return {f"{name}.weight": (factors[f"{name}.a"], factors[f"{name}.b"]) for name in names}


def fits(path: Path) -> bool:
    """Whether the additions were made for this model file."""
    from qa.lm.installation import SHA256
    from qa.lm.model import sha256

    return sha256(path) == SHA256


class PostEditor(Verifier):
    """Weighs edits, and proposes them. A passage is read by itself, in windows."""

    _most = 2 * _MOST

    def __init__(self, model: LanguageModel, cache: Cache | None = None) -> None:
        super().__init__(model, cache)
        self._seen: dict[bytes, dict[str, Any]] = {}

    def rewritings(self, text: str) -> list[Rewriting]:
        """What it would rather have written, in any order; several may overlap."""
        return [
            Rewriting(a + window.start, b + window.start, new, gain)
            for window in windows(text)
            for a, b, new, gain in self._looked(window, text)["rewritings"]
        ]

    def surprise(self, text: str, before: str = "") -> list[tuple[int, float]]:
        """(where a token begins, its bits): high where it would not have written what stands there."""
        return [(at + w.start, bits) for w in windows(text) for at, bits in self._looked(w, text)["bits"]]

    def _looked(self, window: Window, text: str) -> dict[str, Any]:
        place = self._key("written", window, text)
        if place not in self._seen:
            if len(self._seen) > _REMEMBERED:
                self._seen.clear()
            self._seen[place] = self._answered(place, partial(self._look, window, text))
        return self._seen[place]

    def _look(self, window: Window, text: str) -> dict[str, Any]:
        copy = _Copy(self.model, window, text)
        if len(copy.ids) > self._most:
            return {"bits": [], "rewritings": []}
        trunk = self.model.read(copy.ids, copy.first, alternatives=True)
        # A token owns the space before its word; what it says begins with the word.
        places = [copy.place(i) for i in range(copy.first, len(copy.ids))]
        starts = [at + (copy.text[at : at + 1] == " ") for at in places]
        typed = text[window.start : window.end]
        found = [(r.start, r.end, r.replacement, r.gain) for r in self._rewritten(copy, trunk, typed)]
        return {
            "bits": [(at, round(-float(b), 3)) for at, b in zip(starts, trunk.bits[copy.first :], strict=True)],
            "rewritings": found,
        }

    def _trunk(self, window: Window, text: str) -> Trunk:
        return _Copy(self.model, window, text)

    def _rewritten(self, copy: _Copy, trunk: Read, typed: str) -> Iterator[Rewriting]:
        """The rewritings of a window; ``typed``: the window as it was typed."""
        ids, first = copy.ids, copy.first
        starts = sorted(
            (-float(bits), at, int(token))
            for at in range(first, len(ids))
            for token, bits in zip(trunk.best[at - first], trunk.best_bits[at - first], strict=True)
            if token != ids[at] and 2.0 ** float(bits) >= _LEAST
        )[:_MOST_STARTS]
        branches = [Branch(at, (token,)) for _, at, token in starts]
        back: dict[int, tuple[int, int]] = {}

        def is_enough(number: int, tokens: list[int]) -> bool:
            if tokens[-1] == END:
                back[number] = len(tokens) - 1, len(ids) - 1
            elif place := _back_in(ids, branches[number].start, tokens, self._is_content):
                back[number] = place
            return number in back

        texts = self.model.continued(ids, branches, _LONGEST, is_enough)
        found: dict[tuple[int, int, tuple[int, ...]], Branch] = {}
        for number, (own, there) in back.items():
            start = branches[number].start
            if there - start <= _AHEAD:
                new = tuple(texts[number][:own])
                tail = tuple(ids[there : there + _TAIL])
                found[start, there, new] = Branch(start, new + tail)
        _, sums = self.model.score(ids, list(found.values()))
        for (start, there, new), total in zip(found, sums, strict=True):
            gain = total - float(trunk.bits[start : there + _TAIL].sum())
            a, b = copy.place(start), copy.place(there)
            edit = whole_words(copy.text, a, b, self.model.text(new))
            if edit and _is_faithful(copy.text[edit.start : edit.end], edit.replacement):
                new_text = _typed(edit.replacement, typed[edit.start : edit.end])
                yield Rewriting(edit.start, edit.end, new_text, round(gain, 2))

    def _is_content(self, token: int) -> bool:
        return len(self.model.text([token]).strip()) > 4


def _is_faithful(old: str, new: str) -> bool:
    """Whether a rewriting may be one: it has its numbers still, no marks of the model's own, and is not the same."""
    if new == old or "<|" in new or "\n" in new or not new.strip():
        return False
    return sorted(_DIGITS.findall(old)) == sorted(_DIGITS.findall(new))


class _Copy(Trunk):
    """A window and its second writing. ``first``: the token that the second writing begins with."""

    def __init__(self, model: LanguageModel, window: Window, passage: str) -> None:
        self._model = model
        self.shift = 0
        self.text = folded(passage[window.start : window.end]).rstrip()
        tokens, offsets = model.tokens(self.text)
        self._source = [model.separator, *tokens, BEGIN]
        self.first = len(self._source)
        self.ids = [*self._source, *tokens, END]
        self.offsets = [0] * self.first + offsets + [len(self.text)]

    def rewritten(self, text: str) -> list[int]:
        return [*self._source, *self._model.tokens(folded(text).rstrip())[0], END]

    def place(self, token: int) -> int:
        """Where a token of the second writing begins in the text."""
        return self.offsets[token] if token < len(self.offsets) else len(self.text)


def _back_in(
    ids: Sequence[int], start: int, tokens: list[int], is_content: Callable[[int], bool]
) -> tuple[int, int] | None:
    """(tokens that are new, token of the text that follows them) once the writing is back in the text."""
    for size in (2, 1):
        if len(tokens) < size or (size == 1 and not is_content(tokens[-1])):
            continue
        tail = tokens[-size:]
        for there in range(start, min(start + _AHEAD, len(ids) - size)):
            # Nothing new and nothing left out is no rewriting.
            if list(ids[there : there + size]) == tail and (len(tokens) > size or there > start):
                return len(tokens) - size, there
    return None


def whole_words(text: str, start: int, end: int, new: str) -> Edit | None:
    """The edit from word to word, without what stays as it was at both ends."""
    while start and start < len(text) and text[start - 1].isalnum() and (text[start].isalnum() or new[:1].isalnum()):
        start -= 1
        new = text[start] + new
    while end < len(text) and text[end].isalnum() and (text[end - 1 : end].isalnum() or new[-1:].isalnum()):
        new += text[end]
        end += 1
    old_words, new_words = text[start:end], new
    # Equal words at the ends, with the spaces beside them.
    while head := _shared(old_words, new_words):
        start += head
        old_words, new_words = old_words[head:], new_words[head:]
    while tail := _shared(old_words[::-1], new_words[::-1]):
        end -= tail
        old_words, new_words = old_words[: len(old_words) - tail], new_words[: len(new_words) - tail]
    if start == end and not new_words:
        return None
    # What is only left out or put in takes a neighbour along, so that there is something to mark and to say.
    is_put_in, put_in = start == end, new_words.strip().lower()
    following = _FOLLOWING.match(text, end) if not put_in or (is_put_in and put_in in ARTICLES) else None
    if following:
        new_words += following[0]
        end = following.end()
    elif is_put_in or not put_in:
        begin = _word_before(text, start)
        new_words = text[begin:start] + new_words
        start = begin
    spaces = 0
    while spaces < min(end - start, len(new_words)) and text[start + spaces].isspace() and new_words[spaces].isspace():
        spaces += 1
    return Edit(start + spaces, end, new_words[spaces:])


def _word_before(text: str, place: int) -> int:
    """Where the last word before a place begins."""
    while place and text[place - 1].isspace():
        place -= 1
    while place and not text[place - 1].isspace():
        place -= 1
    return place


def _shared(a: str, b: str) -> int:
    """Length of the first word or space that both begin with; 0 where they differ."""
    if not a or not b or a[0] != b[0]:
        return 0
    if not a[0].isalnum():
        return 1
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i] and a[i].isalnum():
        i += 1
    whole_a = i == len(a) or not a[i].isalnum()
    whole_b = i == len(b) or not b[i].isalnum()
    return i if whole_a and whole_b else 0


def _typed(new: str, old: str) -> str:
    """The new wording with the quotation marks, dashes and apostrophes of the old one, in their order."""
    kinds: dict[str, list[str]] = {}
    for c in old:
        plain = folded(c)
        if plain != c and not plain.isspace():
            kinds.setdefault(plain, []).append(c)
    out = []
    for c in new:
        typed = kinds.get(c)
        out.append(typed.pop(0) if typed else c)
    return "".join(out)


def load(path: Path, threads: int = 0, store: Cache | None = None) -> PostEditor:
    """The post-editor on this model file. Raises ModelUnavailable."""
    return PostEditor(LanguageModel(path, threads, additions()), store)
