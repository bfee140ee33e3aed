"""Which rewriting of a sentence is the English one: the gain in bits of an edit, by a language model.

The edited text is compared with the original from the edit on to a few words behind it; what stands before both is
read once for all edits of a passage. A gain of ten bits means that the model finds the edited text a thousand times as
likely.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from qa.cache import Cache, key
from qa.lm.model import Branch, LanguageModel

_TAIL = 14
"""Tokens behind an edit that are still compared: what an edit does to the text fades with the distance."""
_GLANCE = 3
"""Tokens behind an edit that a first glance compares."""
_HOPE = 4.0
"""Bits that an edit may still gain after the first glance."""
_BEFORE = 240
"""Code points of the text before a window that the model reads first."""
WINDOW = 350
"""Code points from which on a window is full; it ends with its sentence."""
_LONGEST = 1_200
"""Code points of a window at most: a sentence without end is cut at a space."""
_AFTER = 110
"""Code points behind a window that an edit's tail may need."""
SENTENCE_END = re.compile(r"[.!?…][\"”’')\]]*\s+(?=[\"“‘(\[A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[start:end]`` by ``replacement``."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage, and what stands around it. ``text[start:end]`` of the passage is what it answers for."""

    before: str
    start: int
    end: int
    after: str


class Verifier:
    """Weighs edits of passages with one model. What it was asked before it knows by its cache, if it has one."""

    _most = math.inf
    """Tokens of a trunk in which edits are weighed; in a longer one none gains anything."""

    def __init__(self, model: LanguageModel, cache: Cache | None = None) -> None:
        self.model = model
        self._cache = cache

    @property
    def version(self) -> str:
        """The model's."""
        return self.model.version

    def close(self) -> None:
        """Let go of the cache."""
        if self._cache is not None:
            self._cache.close()

    def surprise(self, text: str, before: str = "") -> list[tuple[int, float]]:
        """(where a token begins in ``text``, its bits) for a passage: high where the model did not expect it."""
        out: list[tuple[int, float]] = []
        for window in windows(text, before):
            answer = self._answered(self._key("surprise", window, text), partial(self._stumbles, window, text))
            out += [(at + window.start, bits) for at, bits in answer]
        return out

    def _answered(self, place: bytes, ask: Callable[[], Any]) -> Any:
        """What is known of old, or else what asking now gives, as JSON keeps it."""
        (known,) = self._known([place])
        if known is None:
            known = json.dumps(ask())
            self._remember([(place, known)])
        return json.loads(known)

    def _trunk(self, window: Window, text: str) -> Trunk:
        return Trunk(self.model, window, text)

    def _stumbles(self, window: Window, text: str) -> list[tuple[int, float]]:
        trunk = self._trunk(window, text)
        bits, _ = self.model.score(trunk.ids, ())
        return [
            (at - trunk.shift, round(-float(bit), 2))
            for at, bit in zip(trunk.offsets[1:], bits[1:], strict=False)
            if trunk.shift <= at < trunk.shift + window.end - window.start
        ]

    def _key(self, kind: str, window: Window, text: str, *more: object) -> bytes:
        stretch = text[window.start : window.end]
        return key(self.version, kind, window.before, stretch, window.after, *more)

    def _known(self, keys: Sequence[bytes]) -> list[str | None]:
        found = self._cache.get(keys) if self._cache else {}
        return [found.get(k) for k in keys]

    def _remember(self, answers: Sequence[tuple[bytes, str]]) -> None:
        if self._cache:
            self._cache.put(answers)

    def gains(
        self, text: str, edits: Sequence[Edit], before: str = "", least: Sequence[float] | None = None
    ) -> list[float]:
        """The gain in bits of each edit alone. ``before``: what the reader has read before this passage.

        ``least``: the gain below which an edit is of no interest. Those that are far from it after a few tokens are
        not read further, and get what they gained so far.
        """
        if least is None:
            return self._gains(text, edits, before, _TAIL)
        gains = self._gains(text, edits, before, _GLANCE)
        promising = [i for i, gain in enumerate(gains) if gain >= least[i] - _HOPE]
        for i, gain in zip(promising, self._gains(text, [edits[i] for i in promising], before, _TAIL), strict=True):
            gains[i] = gain
        return gains

    def _gains(self, text: str, edits: Sequence[Edit], before: str, tail: int) -> list[float]:
        gains = [0.0] * len(edits)
        order = sorted(range(len(edits)), key=lambda i: edits[i].start)
        at = 0
        for window in windows(text, before):
            mine = []
            while at < len(order) and (edits[order[at]].start < window.end or window.end == len(text)):
                mine.append(order[at])
                at += 1
            if mine:
                for i, gain in zip(mine, self._weigh(text, window, [edits[i] for i in mine], tail), strict=True):
                    gains[i] = gain
        return gains

    def _weigh(self, text: str, window: Window, edits: Sequence[Edit], tail: int) -> list[float]:
        reach = max([window.end, *(e.end for e in edits)])
        if reach > window.end:  # an edit that goes beyond the end of its sentence
            window = Window(window.before, window.start, reach, text[reach : reach + _AFTER])
        keys = [
            self._key("gain", window, text, e.start - window.start, e.end - window.start, e.replacement, tail)
            for e in edits
        ]
        known = self._known(keys)
        # The tables of several languages often propose the same.
        new = {key: edit for key, edit, answer in zip(keys, edits, known, strict=True) if answer is None}
        if new:
            gains = self._ask(text, window, list(new.values()), tail)
            answers = {key: f"{gain:.3f}" for key, gain in zip(new, gains, strict=True)}
            self._remember(list(answers.items()))
            known = [answers.get(key, answer) for key, answer in zip(keys, known, strict=True)]
        return [float(answer or 0) for answer in known]

    def _ask(self, text: str, window: Window, edits: Sequence[Edit], tail: int) -> list[float]:
        trunk = self._trunk(window, text)
        if len(trunk.ids) > self._most:
            return [0.0] * len(edits)
        branches: list[Branch] = []
        spans: list[tuple[int, int]] = []
        for edit in edits:
            a, b = edit.start - window.start, edit.end - window.start
            edited = trunk.text[: trunk.shift + a] + edit.replacement + trunk.text[trunk.shift + b :]
            ids = trunk.rewritten(edited)
            first, last_old, last_new = _difference(trunk.ids, ids)
            stop_old = min(last_old + tail, len(trunk.ids))
            stop_new = min(last_new + tail, len(ids))
            first = max(1, min(first, stop_old - 1, stop_new - 1))
            branches.append(Branch(first, tuple(ids[first:stop_new])))
            spans.append((first, stop_old))
        bits, sums = self.model.score(trunk.ids, branches)
        return [
            total - float(bits[first:stop].sum()) if stop <= len(bits) else 0.0
            for total, (first, stop) in zip(sums, spans, strict=True)
        ]


class Trunk:
    """The tokens of a window with its surroundings. ``shift``: where the window begins in ``text``."""

    def __init__(self, model: LanguageModel, window: Window, passage: str) -> None:
        self._model = model
        self.shift = len(window.before)
        self.text = window.before + passage[window.start : window.end] + window.after
        self.ids = self.rewritten(self.text)
        # A token owns the space before its word; what it says begins with the word.
        self.offsets = [0, *(o + (self.text[o : o + 1] == " ") for o in model.tokens(self.text)[1])]

    def rewritten(self, text: str) -> list[int]:
        """The tokens once the text is another."""
        return [self._model.separator, *self._model.tokens(text)[0]]


def _difference(old: Sequence[int], new: Sequence[int]) -> tuple[int, int, int]:
    """(first token that differs, end of the difference in the old tokens, and in the new ones)."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    same = 0
    while same < min(len(old), len(new)) - first and old[-1 - same] == new[-1 - same]:
        same += 1
    return max(first, 1), len(old) - same, len(new) - same


def windows(text: str, before: str = "") -> Iterator[Window]:
    """The text in stretches of a few sentences, none longer than ``_LONGEST``, each with what stands around it."""
    start = 0
    for end in _ends(text):
        if end - start >= WINDOW or end == len(text):
            yield Window(_context(before, text, start), start, end, text[end : end + _AFTER])
            start = end


def longest_sentence(text: str) -> int:
    """How many code points the longest sentence has."""
    ends = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
    return max(b - a for a, b in pairwise(ends))


def _ends(text: str) -> Iterator[int]:
    """Where sentences end; one without end is cut at a space."""
    start = 0
    for match in [*SENTENCE_END.finditer(text), None]:
        end = match.end() if match else len(text)
        while end - start > _LONGEST:
            cut = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST) + 1 or start + _LONGEST
            yield cut
            start = cut
        yield end
        start = end


def _context(before: str, text: str, start: int) -> str:
    """What stands before, from a word on."""
    whole = before + text[:start]
    if len(whole) <= _BEFORE:
        return whole
    cut = whole[-_BEFORE:]
    return cut[cut.find(" ") + 1 :] if " " in cut else cut
