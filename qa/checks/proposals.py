"""Rewritings that somebody proposes and a language model clearly prefers.

A rule that must be certain by itself can say little. A proposal may be a guess: it is shown only where the model finds
the text with it more probable, by as many bits as its proposer, the tagger's doubt of the place and the state of the
document ask for (qa/proposers/calibration.py). What is preferred together is chosen together: the best first, the
others weighed anew in the sentence that it leaves.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa import proposers, selection
from qa.cache import Cache
from qa.checks import fluency, rules
from qa.checks.passage import Passage, is_latin
from qa.display import printable
from qa.document import OBJECT, Document
from qa.finding import Finding, Severity
from qa.lm import ModelUnavailable, missing_packages
from qa.proposers import Doubt, Proposal, Reading, Surprise, calibration
from qa.proposers.calibration import Calibration
from qa.rulebook import Rulebook
from qa.verifier import Edit, Verifier, longest_sentence

if TYPE_CHECKING:
    from qa.config import Settings
    from qa.fluency.model import Tags
    from qa.lm.post_editor import PostEditor

AUTO, OFF = "auto", "off"
SPECIFIC, BLIND, LEARNED = "specific", "blind", "learned"
"""Kinds of proposers, each with its calibration."""
_PROPOSERS = {SPECIFIC: proposers.SPECIFIC, BLIND: proposers.BLIND, LEARNED: proposers.LEARNED}
_EDITED = "specific-edited"
"""The calibration of the specific ones where there is a post-editor."""
_BEFORE = 240
"""Code points of the paragraphs before that the model reads first."""
_LETTERS = 12
"""Letters of a passage that the model may have anything to say of."""
_LONGEST = 4_000
"""Code points of a sentence that is read; what is longer is no prose, and is named in a note."""
_DOUBTFUL = math.log(0.05)
"""Log share of garbled words from which on a document is a doubtful one."""
_GARBLED = math.log(0.085)
"""Log share of garbled words from which on a document is garbled all over: lively good English stays below."""
_SURE = 0.95
"""Confidence that the post-editor must have in a document that is not."""
_SHOWN_WITH_ALL = 0.25
"""Confidence from which on proposals are shown where all findings are wanted."""
_IN_DOUBT, _ALONE = 1.0, 1.3
"""Shares of its proposer's margin that are enough whatever the tagger holds of the place: of any proposer
in a doubtful document, of a specific one elsewhere."""
_WORDS_A_PLACE = 3
"""Words that a garble has, as many as are expected garbled for each place that a specific proposal mends."""
_SUSPECTED_IN_DOUBT = 0.003
"""The tagger's score from which on the blind are asked in a doubtful document; elsewhere ``proposers.SUSPECTED``."""
_SHORT = 100
"""Words of a document below which the blind are asked in any case, by their full margins: it is too short to be
called doubtful or not, and soon read."""
_HOPELESS = 35.0
"""Bits that hardly any edit gains: what needs more is not weighed."""
_HEARD = 2.0
"""Bits of the language model that a bit of the post-editor is worth where wordings are compared."""
_LEFT_OUT = 8.0
"""Bits that a word less costs there."""
_JOINED = 0.6
"""Share of what it needed that an edit must still gain once a better one of its passage is made."""


def create(settings: Settings) -> Proposals | None:
    """The check as the settings want it; None where there is no model and none was asked for.

    Raises ModelUnavailable where one was.
    """
    from qa.lm import model

    named = settings.model != AUTO or "proposals" in settings.checks
    wanted = settings.model if named else os.environ.get("MTQA_MODEL") or AUTO
    if wanted == OFF:
        return None
    if is_address(wanted):
        return Proposals(wanted, settings, required=named)
    path = Path(wanted) if wanted != AUTO else model.default_path()
    if missing := missing_packages():
        if named:
            raise ModelUnavailable(f"the language model needs {', '.join(missing)}: pip install 'mtqa[lm]'")
        return None
    if path is None:
        if named:
            raise ModelUnavailable("there is no language model here: `mtqa lm install` brings one")
        return None
    return Proposals(str(path), settings, required=named)


def is_address(model: str) -> bool:
    """Whether the setting names a server, not a file."""
    return model.startswith(("http://", "https://"))


class Proposals:
    """All proposers and one model, which is loaded when the first proposal is to be weighed."""

    def __init__(self, model: str, settings: Settings, *, required: bool) -> None:
        """``model``: a GGUF file, or a server's address."""
        self.notes: list[str] = []
        self.model, self._settings, self._required = model, settings, required
        self._verifier: Verifier | None = None
        self._editor: PostEditor | None = None
        self._silent = False
        self._book: Rulebook | None = None
        self._tagger = fluency.tagger(settings)
        self._calibrations = _calibrations(settings)

    def signature(self) -> str:
        """``lm:`` and the first digits of the model's SHA-256, with those of the post-editor's."""
        verifier = self._open()
        editor = f"+{self._editor.version}" if self._editor else ""
        return f"lm:{verifier.version}{editor}" if verifier else "lm:none"

    @property
    def silent(self) -> bool:
        return self._silent

    def view(self, settings: Settings) -> Proposals:
        """The same model, asked about the proposals of other rules."""
        self._open()
        other = copy.copy(self)
        other._settings, other._book = settings, None
        other._calibrations = _calibrations(settings)
        return other

    def prepare(self, documents: Sequence[Document]) -> None:
        """Nothing to do ahead."""

    def close(self) -> None:
        for opened in (self._verifier, self._editor):
            if opened is not None:
                opened.close()

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """What was proposed and preferred."""
        verifier = self._open()
        if verifier is None:
            return
        if self._book is None:
            self._book = rulebook.view(partial(selection.may_propose, self._settings))
        tags, density = self._tags(document)
        stretches: list[_Stretch] = []
        left_out: list[int] = []
        before = ""
        for passage, hits in rules.search(document, self._book):
            if longest_sentence(passage.text) > _LONGEST:
                left_out.append(document.position(passage.segment.locate(0, 0)[0])[0])
            elif is_latin(passage.text, _LETTERS):
                surprise = Surprise(partial(verifier.surprise, passage.text, before))
                doubt = Doubt(tags.get(passage.segment.text))
                rewritings = partial(self._editor.rewritings, passage.segment.text) if self._editor else tuple
                reading = Reading(passage, tuple(hits), surprise, doubt, self._book, rewritings)
                stretches.append(_Stretch(verifier, self._editor, reading, before, self._calibrations))
            before = (before + passage.segment.text)[-_BEFORE:] + "\n\n"
        if left_out:
            place = f"{printable(document.path)}:{left_out[0]}"
            more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
            too_long = f"a sentence of over {_LONGEST:,} characters{more}"
            self.notes.append(f"{place}: {too_long}: not read by the language model")
        # Where much is wrong that somebody knew to look for, more is wrong than that.
        is_short = document.words < _SHORT
        first = [SPECIFIC, LEARNED] if self._editor else [SPECIFIC]
        then = [] if self._editor and not is_short else [BLIND]
        for stretch in stretches:
            stretch.weigh(first, density, is_short=is_short)
        places = sum(len({c.proposal.start for c in s.preferred if c.kind == SPECIFIC}) for s in stretches)
        raised = math.log((_WORDS_A_PLACE * places + 1) / (document.words + 50))
        again = [*first, *then] if raised > density else then
        density = max(density, raised)
        sure = 0.0 if density >= _GARBLED else _SHOWN_WITH_ALL if self._settings.all else _SURE
        for stretch in stretches:
            stretch.weigh(again, density, is_short=is_short)
        spoken = _spoken(stretches)
        for stretch in stretches:
            for chosen in stretch.together(spoken, sure):
                finding = chosen.finding(stretch.reading.passage)
                # One guess in a text that is otherwise clean must not stop it.
                minor = replace(finding, severity=min(finding.severity, Severity.MINOR))
                yield finding if density >= _GARBLED else minor
            if density >= _GARBLED or self._settings.all:
                yield from self._unmended(stretch, rulebook, density)

    def _unmended(self, stretch: _Stretch, rulebook: Rulebook, density: float) -> Iterator[Finding]:
        """Places that tagger and post-editor hold garbled together: found, with nothing to put there."""
        words = stretch.reading.doubt.words
        if self._editor is None or not words:
            return
        from qa.proposers import doubts

        passage = stretch.reading.passage
        witness, fitted = doubts.load()
        heard = witness.heard(words, self._editor.surprise(passage.segment.text))
        yield from fluency.marked(passage, heard, fluency.as_wanted(fitted, self._settings), density, rulebook)

    def _tags(self, document: Document) -> tuple[dict[str, Tags], float]:
        """What the tagger says of each segment's text, and the log share of words that it holds garbled."""
        if self._tagger is None:
            return {}, calibration.UNKNOWN[1]
        texts = [segment.text for segment in fluency.readable(document)]
        tags = self._tagger.read(texts)
        return dict(zip(texts, tags, strict=True)), self._tagger.calibration.density(tags)

    def _open(self) -> Verifier | None:
        if self._verifier is None and not self._silent:
            from qa.lm import post_editor
            from qa.lm.model import LanguageModel

            try:
                if is_address(self.model):
                    from qa.lm.remote import RemoteVerifier

                    self._verifier = RemoteVerifier(self.model, Cache())
                else:
                    path, threads, known = Path(self.model), self._settings.model_threads, Cache()
                    self._verifier = Verifier(LanguageModel(path, threads), known)
                    if post_editor.fits(path):
                        self._editor = post_editor.load(path, threads, known)
            except ModelUnavailable as e:
                if self._required:
                    raise
                self.notes.append(f"proposals not checked: {e}")
                self._silent = True
        return self._verifier


def _calibrations(settings: Settings) -> dict[str, Calibration]:
    def shown(fitted: Calibration) -> float:
        return _SHOWN_WITH_ALL if settings.all else max(fitted.shown, settings.min_confidence)

    return {kind: replace(fitted, shown=shown(fitted)) for kind, fitted in calibration.load().items()}


def _spoken(stretches: Sequence[_Stretch]) -> dict[str, float]:
    """How many preferred edits speak for each source language; one that tables of several propose, for each a share."""
    tables: dict[tuple[int, Edit], set[str]] = {}
    for number, stretch in enumerate(stretches):
        for chosen in stretch.preferred:
            tables.setdefault((number, chosen.edit), set()).update(chosen.proposal.rule.languages)
    spoken: dict[str, float] = {}
    for languages in tables.values():
        for language in languages:
            spoken[language] = spoken.get(language, 0.0) + 1 / len(languages)
    return spoken


class _Stretch:
    """A passage, what was proposed for it and what of that is preferred so far."""

    def __init__(
        self,
        verifier: Verifier,
        editor: PostEditor | None,
        reading: Reading,
        before: str,
        known: dict[str, Calibration],
    ) -> None:
        self._verifier, self._editor = verifier, editor
        self.reading, self._before = reading, before
        self._known = {**known, SPECIFIC: known[_EDITED]} if editor else known
        self.preferred: list[_Chosen] = []

    def weigh(self, kinds: Sequence[str], density: float, *, is_short: bool) -> None:
        """Ask these proposers, and the model which of their edits it prefers by enough; what was preferred of the same
        ones before is forgotten. ``density``: log share of garbled words in the document."""
        text, doubt = self.reading.passage.segment.text, self.reading.doubt
        least = 0.0 if is_short else _SUSPECTED_IN_DOUBT if density >= _DOUBTFUL else proposers.SUSPECTED
        enough = {SPECIFIC: _ALONE, BLIND: 1.0 if is_short else math.inf, LEARNED: math.inf}
        if density >= _DOUBTFUL:
            enough[SPECIFIC] = enough[BLIND] = _IN_DOUBT
        names = [(kind, name) for kind in kinds for name in _PROPOSERS[kind] if kind != BLIND or doubt.most >= least]
        candidates = [
            _Chosen(proposal, replacement, kind, self._known[kind], score, density, enough[kind])
            for kind, name in names
            for proposal in proposers.load(name).propose(self.reading)
            if OBJECT not in text[max(0, proposal.start - 1) : proposal.end + 1]
            if (score := doubt.at(proposal.start, proposal.end)) >= least or kind != BLIND
            for replacement in proposal.replacements
        ]
        candidates = [c for c in self._edited(candidates) if c.needed <= _HOPELESS]
        gains = self._verifier.gains(
            self.reading.passage.text, [c.edit for c in candidates], self._before, [c.needed for c in candidates]
        )
        self.preferred = [c for c in self.preferred if c.kind not in kinds]
        self.preferred += [
            replace(c, gain=gain) for c, gain in zip(candidates, gains, strict=True) if gain >= c.needed
        ]

    def _edited(self, candidates: list[_Chosen]) -> list[_Chosen]:
        """The candidates with what the post-editor gains by each, where that counts."""
        if self._editor is None:
            return candidates
        known = [c.proposal.edited if c.known.edited else 0.0 for c in candidates]
        asked = [c.edit for c, gain in zip(candidates, known, strict=True) if gain is None]
        gains = iter(self._editor.gains(self.reading.passage.segment.text, asked))
        return [
            replace(c, edited=next(gains) if gain is None else gain)
            for c, gain in zip(candidates, known, strict=True)
        ]

    def together(self, spoken: Mapping[str, float], sure: float) -> list[_Chosen]:
        """The edits that can be made together, best first; each after the first is weighed in the text that is left.

        What several tables propose alike is said of the language that most speaks for (``spoken``). ``sure``: the
        confidence that the post-editor must have.
        """

        def is_sure(candidate: _Chosen) -> bool:
            return candidate.kind != LEARNED or candidate.confidence >= sure

        def worth(candidate: _Chosen) -> tuple[bool, float, int, int, float]:
            return candidate.worth(spoken)

        text, chosen = self.reading.passage.text, list[_Chosen]()
        left = sorted(filter(is_sure, self.preferred), key=worth)
        while left:
            best, *others = left
            chosen.append(best)
            others = [c for c in others if not c.overlaps(best)]
            if not others:
                break
            edited = text
            for made in sorted(chosen, key=lambda c: -c.proposal.start):
                edited = edited[: made.proposal.start] + made.replacement + edited[made.proposal.end :]
            moved = [c.moved(chosen) for c in others]
            gains = self._verifier.gains(edited, moved, self._before)
            others = [
                replace(c, gain=min(c.gain, gain))
                for c, gain in zip(others, gains, strict=True)
                if gain >= _JOINED * c.needed
            ]
            left = sorted(filter(is_sure, others), key=worth)
        return chosen


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One alternative of a proposal, and what is known of it: the tagger's ``score`` of the place, the document's
    ``density``, the share of its proposer's margin that is ``enough`` in any case, the bits that the post-editor and
    the language model gain by it."""

    proposal: Proposal
    replacement: str
    kind: str
    known: Calibration
    score: float
    density: float
    enough: float
    edited: float = 0.0
    gain: float = 0.0

    @property
    def needed(self) -> float:
        """The bits that the language model must gain."""
        margin = self.proposal.margin
        needed = self.known.needed(margin, self.score, self.density, self.edited)
        return needed if self.enough == math.inf else min(needed, self.enough * margin)

    @property
    def odds(self) -> float:
        """Log-odds that a reader would act on it; what gained enough in any case has those of what is shown."""
        fitted = self.known.odds(self.gain, self.proposal.margin, self.score, self.density, self.edited)
        return max(fitted, self.known.beyond(self.gain, self.needed))

    @property
    def preference(self) -> float:
        """How good the wording is among others for the same place: what both models gain by it, and that it says all.

        The post-editor's margin is the number of words that it leaves out.
        """
        left_out = _LEFT_OUT * self.proposal.margin if self.kind == LEARNED else 0.0
        return self.known.gain * (self.gain + _HEARD * calibration.heard(self.edited) - left_out)

    @property
    def confidence(self) -> float:
        return round(1 / (1 + math.exp(-self.odds)), 2)

    @property
    def edit(self) -> Edit:
        return Edit(self.proposal.start, self.proposal.end, self.replacement)

    def worth(self, spoken: Mapping[str, float]) -> tuple[bool, float, int, int, float]:
        """What to sort by: the best first, and always in the same order.

        Those who know what they look for come before the blind, whose wording is seldom an editor's.
        """
        language = max((spoken.get(x, 0.0) for x in self.proposal.rule.languages), default=0.0)
        return self.kind == BLIND, -self.preference, self.proposal.start, self.proposal.end, -language

    def moved(self, made: Sequence[_Chosen]) -> Edit:
        """The same edit once the others, none of which it overlaps, are made."""
        by = sum(
            len(m.replacement) - (m.proposal.end - m.proposal.start)
            for m in made
            if m.proposal.end <= self.proposal.start
        )
        return Edit(self.proposal.start + by, self.proposal.end + by, self.replacement)

    def overlaps(self, other: _Chosen) -> bool:
        return self.proposal.start < other.proposal.end and other.proposal.start < self.proposal.end

    def finding(self, passage: Passage) -> Finding:
        proposal = self.proposal
        rest = [r for r in proposal.replacements if r != self.replacement]
        finding = passage.mark(
            proposal.rule, proposal.start, proposal.end, [self.replacement, *rest], note=proposal.note, exact=True
        )
        return replace(finding, gain=self.gain, confidence=self.confidence, source="proposals")

