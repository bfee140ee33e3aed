"""Where the tagger sees that a sentence is broken although no rule knows how.

Its marks are spans of words; how sure it must be depends on the document: where much is broken, a doubtful phrase is
more likely broken too. The figures that turn its scores into a confidence are fitted on annotated text and ship with
the model (tagger.json; training/calibrate_tagger.py).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qa import fluency
from qa.checks.passage import Passage, is_latin
from qa.document import OBJECT, Document, Segment
from qa.finding import Finding
from qa.rulebook import Rulebook

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.fluency.model import Calibration, Tagger, Word

AUTO, OFF = "auto", "off"
_LEAST_WORDS = 4
"""Words of a segment that is read: a name or a label is no sentence."""


def create(settings: Settings) -> Fluency | None:
    """The check as the settings want it; None where it is switched off, or cannot run and was not asked for."""
    opened = tagger(settings)
    return Fluency(opened, settings) if opened else None


def tagger(settings: Settings) -> Tagger | None:
    """The tagger, for whichever check wants to hear it; None where it is switched off, or its packages are missing.

    Raises TaggerUnavailable where it was asked for by name and cannot run, or its files are damaged.
    """
    named = settings.tagger != AUTO or "fluency" in settings.checks
    wanted = settings.tagger if named else os.environ.get("MTQA_TAGGER") or AUTO
    if wanted == OFF or (not named and fluency.missing_packages()):
        return None
    from qa.fluency import model

    return model.load(settings.tagger_threads)


class Fluency:
    """The tagger's marks as findings."""

    def __init__(self, tagger: Tagger, settings: Settings) -> None:
        self.notes: list[str] = []
        self._tagger = tagger
        self._calibration = as_wanted(tagger.calibration, settings)

    def signature(self) -> str:
        """``tagger:`` and the first digits of the model's SHA-256."""
        return f"tagger:{self._tagger.version}"

    @property
    def silent(self) -> bool:
        """Never: a tagger that cannot be used is an error before anything is checked."""
        return False

    def view(self, settings: Settings) -> Fluency:
        """The same tagger with other settings."""
        return Fluency(self._tagger, settings)

    def prepare(self, documents: Sequence[Document]) -> None:
        """Nothing to do ahead."""

    def close(self) -> None:
        """Nothing is held open."""

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """Spans that the tagger is sure enough of, each by the rule of its kind."""
        segments = readable(document)
        tags = self._tagger.read([segment.text for segment in segments])
        calibration = self._calibration
        density = calibration.density(tags)
        for segment, tag in zip(segments, tags, strict=True):
            passage = Passage.of(document, segment, rulebook, "fluency")
            yield from marked(passage, tag.words, calibration, density, rulebook)

    def evidence(self, document: Document) -> Mapping[str, float]:
        """``machine``: mean log-odds that the text was translated by machine; ``garbled``: expected share of words."""
        tags = self._tagger.read([segment.text for segment in readable(document)])
        words = sum(len(tag.words) for tag in tags)
        if not words:
            return {}
        machine = sum(tag.machine * len(tag.words) for tag in tags) / words
        return {"machine": machine, "garbled": math.exp(self._tagger.calibration.density(tags))}


def readable(document: Document) -> list[Segment]:
    """The segments that the tagger may have anything to say of."""
    return [s for s in document.segments if len(s.text.split()) >= _LEAST_WORDS and is_latin(s.text)]


def as_wanted(fitted: Calibration, settings: Settings) -> Calibration:
    """The calibration with the confidence from which on the settings want marks."""
    return replace(fitted, shown=fitted.joined if settings.all else max(fitted.shown, settings.min_confidence))


def marked(
    passage: Passage, words: Sequence[Word], calibration: Calibration, density: float, rulebook: Rulebook
) -> Iterator[Finding]:
    """The spans of a passage as findings of the tagger, each by the rule of its kind."""
    for span in spans(passage.segment.text, words, calibration, density):
        rule = rulebook.rules[_rule(span)]
        if rulebook.is_enabled(rule.id):
            finding = passage.mark(rule, span[0].start, span[-1].end, [])
            sure = round(max(calibration.confidence(word.garbled, density) for word in span), 2)
            yield replace(finding, confidence=sure, source=fluency.TAGGER)


def spans(text: str, words: Sequence[Word], calibration: Calibration, density: float) -> Iterator[list[Word]]:
    """Neighbouring words that are doubtful, around one that is beyond doubt; never across what is no text."""
    current: list[Word] = []

    def is_whole() -> bool:
        return any(calibration.confidence(word.garbled, density) >= calibration.shown for word in current)

    for word in words:
        doubtful = calibration.confidence(word.garbled, density) >= calibration.joined
        if current and (not doubtful or OBJECT in text[current[-1].end : word.start]):
            if is_whole():
                yield current
            current = []
        if doubtful:
            current.append(word)
    if current and is_whole():
        yield current


_RULES = {"word": "fluency/word", "broken": "fluency/broken"}


def _rule(span: Sequence[Word]) -> str:
    """The rule of the span's likeliest kind: what is neither a wrong word nor a broken sentence is grammar."""
    return _RULES.get(max(span, key=lambda word: word.garbled).kind, "fluency/grammar")
