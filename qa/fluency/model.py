"""The tagger itself: texts in, for each of their words how likely it stands in a garble, and of which kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np

from qa import packaged
from qa.document import WORD
from qa.fluency import TaggerUnavailable, missing_packages
from qa.fluency.features import LONGEST, case_ids, folded

KINDS = ("ok", "word", "function", "form", "order", "missing", "extra", "broken")
"""What a word stands in; training/garbles.py says what each of them is."""
_OVERLAP = 24
"""Tokens that a window of a long paragraph shares with the one before, so that each word is read with its context."""


@dataclass(frozen=True, slots=True)
class Word:
    """``text[start:end]``; ``garbled``: probability that it stands in a garble, ``kind``: the likeliest kind of it;
    ``edited``: probability that a post-editor would have changed it."""

    start: int
    end: int
    garbled: float
    kind: str
    edited: float


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tagger says of one text. ``machine``: log-odds that it was translated by machine, by its sound."""

    words: tuple[Word, ...]
    machine: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How sure a score is, fitted on annotated documents by training/calibrate_tagger.py.

    Log-odds that a reader would act on a mark: ``bias`` + ``score`` × log-odds of the tagger's probability
    + ``document`` × log of the share of words that it holds garbled in the document. ``shown``: confidence from
    which on a word makes a finding, ``joined``: from which on its neighbours belong to it.
    """

    bias: float
    score: float
    document: float
    shown: float
    joined: float

    def confidence(self, garbled: float, density: float) -> float:
        """From the tagger's probability for a word and the document's ``density``."""
        return probability(self.bias + self.score * log_odds(garbled) + self.document * density)

    @staticmethod
    def density(tags: Sequence[Tags]) -> float:
        """Log of the share of words that the tagger holds garbled, drawn to three in a hundred where there are few."""
        words = [word.garbled for tag in tags for word in tag.words]
        return float(np.log((sum(words) + 1.5) / (len(words) + 50.0)))


@cache
def load(threads: int = 1) -> Tagger:
    """The tagger that ships with mtqa; loaded once."""
    return Tagger(threads)


class Tagger:
    """One ONNX session. Raises TaggerUnavailable where its packages are missing or its files are damaged."""

    def __init__(self, threads: int = 1) -> None:
        if missing := missing_packages():
            raise TaggerUnavailable(f"the fluency tagger needs {', '.join(missing)}: pip install {' '.join(missing)}")
        folder = files("qa.fluency")
        card = json.loads(folder.joinpath("tagger.json").read_text("utf-8"))
        data = {
            name: packaged.read(folder.joinpath(name), digest, f"the fluency tagger's {name}", TaggerUnavailable)
            for name, digest in card["sha256"].items()
        }
        self.calibration = Calibration(**card["calibration"])
        self.version: str = card["sha256"]["tagger.onnx"][:8]
        self._threads, self._data = threads, data
        self._read: dict[str, Tags] = {}

    # An unchanged document needs neither of these.
    @cached_property
    def _session(self) -> Any:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return ort.InferenceSession(self._data.pop("tagger.onnx"), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self._data.pop("tokenizer.json").decode())

    def read(self, texts: Sequence[str]) -> list[Tags]:
        """What is said of each text. A long one is read in windows; what was read last is remembered."""
        new = [text for text in dict.fromkeys(texts) if text not in self._read]
        if new:
            if len(self._read) > 4_000:
                self._read.clear()
                new = list(dict.fromkeys(texts))
            self._read.update(zip(new, self._tagged(new), strict=True))
        return [self._read[text] for text in texts]

    def _tagged(self, texts: Sequence[str]) -> list[Tags]:
        parts: list[list[tuple[dict[int, tuple[float, str, float]], float, int]]] = [[] for _ in texts]
        for number, text in enumerate(texts):
            # One window at a time: int8 activations are scaled by all that is read at once, and what is said of
            # a text must not depend on what else is checked.
            for tokens, cases, offsets, fresh in self._windows(text):
                ids = np.array([tokens])
                feeds = {"ids": ids, "cases": np.array([cases]), "mask": np.ones_like(ids)}
                (kind,), (edited,), (machine,) = self._session.run(None, feeds)
                exp = np.exp(kind - kind.max(axis=1, keepdims=True))
                odds = exp / exp.sum(axis=1, keepdims=True)
                by_start = {
                    start: (float(1 - odds[i, 0]), KINDS[1 + int(odds[i, 1:].argmax())], probability(float(edited[i])))
                    for i, (start, end) in enumerate(offsets)
                    if end > start >= fresh
                }
                parts[number].append((by_start, float(machine), len(tokens)))
        return [_joined(text, pieces) for text, pieces in zip(texts, parts, strict=True)]

    def _windows(self, text: str) -> Iterator[tuple[list[int], list[int], list[tuple[int, int]], int]]:
        """(token ids, case ids, offsets, first code point that is not an earlier window's) of each window."""
        plain = folded(text)
        encoding = self._tokenizer.encode(plain, add_special_tokens=False)
        ids, offsets = encoding.ids, encoding.offsets
        first, last = self._tokenizer.token_to_id("[CLS]"), self._tokenizer.token_to_id("[SEP]")
        room = LONGEST - 2
        at = 0
        while at < len(ids):
            stop = min(at + room, len(ids))
            begin = max(0, at - _OVERLAP) if at else 0
            stop = min(begin + room, len(ids))
            spans = [(0, 0), *offsets[begin:stop], (0, 0)]
            yield [first, *ids[begin:stop], last], case_ids(plain, spans), spans, offsets[at][0]
            at = stop


def _joined(text: str, pieces: Sequence[tuple[dict[int, tuple[float, str, float]], float, int]]) -> Tags:
    said: dict[int, tuple[float, str, float]] = {}
    for by_start, _, _ in pieces:
        said.update({start: value for start, value in by_start.items() if start not in said})
    words = []
    for match in WORD.finditer(text):
        # The tagger answers at a word's first piece; "don't" and "3.5" are several of its words and one of ours.
        inside = [said[at] for at in range(match.start(), match.end()) if at in said and _starts_word(text, at)]
        if inside:
            garbled, kind, edited = max(inside)
            words.append(Word(match.start(), match.end(), garbled, kind, edited))
    total = sum(size for _, _, size in pieces)
    return Tags(tuple(words), sum(machine * size for _, machine, size in pieces) / total if total else 0.0)


def _starts_word(text: str, at: int) -> bool:
    return at == 0 or not (text[at - 1].isalnum() and text[at].isalnum())


def log_odds(garbled: float) -> float:
    """Of the tagger's probability for a word, which is never quite 0 or 1 here."""
    p = min(max(garbled, 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))


def probability(logit: float) -> float:
    """What log-odds say."""
    return float(1 / (1 + np.exp(-logit)))
