"""Ways to propose a rewriting, a module each; a language model decides which of them makes better English.

A proposer has ``propose(reading) -> Iterator[Proposal]``: it may guess, since what the model does not clearly prefer
is never seen. It must not change what the text says: the model judges English, not faithfulness.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from qa.checks.passage import Passage
from qa.checks.rules import Hit
from qa.proposers import calibration
from qa.rulebook import Rule, Rulebook

if TYPE_CHECKING:
    from qa.fluency.model import Tags, Word
    from qa.lm.post_editor import Rewriting

PROPOSERS = {
    "lexicon": "qa.proposers.lexicon",
    "function-words": "qa.proposers.function_words",
    "forms": "qa.proposers.forms",
    "order": "qa.proposers.order",
    "confusions": "qa.proposers.confusions",
    "fragments": "qa.proposers.fragments",
    "post-editing": "qa.proposers.post_editing",
}
SPECIFIC = ("lexicon", "fragments")
"""Proposers that know what they look for: a few bits are enough."""
BLIND = ("confusions", "function-words", "forms", "order")
"""Proposers that exchange whatever the model stumbles over: they need many, where the tagger has doubts at all."""
LEARNED = ("post-editing",)
"""Proposers that were taught by what editors changed."""
SUSPECTED = 0.04
"""The tagger's score of a place from which on the blind are asked."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Alternatives for ``passage.text[start:end]``, best guess first, as they would be put in there.

    ``margin``: bits that the model must prefer one by. ``note``: what the message says besides.
    ``edited``: bits by which the post-editor prefers it, where that is known from the proposing.
    """

    rule: Rule
    start: int
    end: int
    replacements: tuple[str, ...]
    margin: float
    note: str = ""
    entry: str = ""
    edited: float | None = None


class Surprise:
    """How unexpected the words of a passage are to the model: most proposers only look where it stumbles."""

    def __init__(self, ask: Callable[[], Sequence[tuple[int, float]]]) -> None:
        """``ask``: gives (where a token begins, its bits) for the passage; called when first needed."""
        self._ask = ask

    @cached_property
    def _tokens(self) -> Sequence[tuple[int, float]]:
        return self._ask()

    def at(self, start: int, end: int) -> float:
        """Bits of the tokens that begin in ``text[start:end]``, together."""
        first = bisect_left(self._tokens, start, key=_place)
        last = bisect_left(self._tokens, end, first, key=_place)
        return sum(bits for _, bits in self._tokens[first:last])


def _place(token: tuple[int, float]) -> int:
    return token[0]


class Doubt:
    """How likely the tagger holds each place of a passage garbled."""

    def __init__(self, tags: Tags | None) -> None:
        """``tags``: of the passage's text; None where there is no tagger, and every place is as doubtful."""
        self.words = tags.words if tags else None

    def at(self, start: int, end: int) -> float:
        """Its highest score for a word of ``text[start:end]``, or for the one behind where that holds none."""
        if self.words is None:
            return calibration.UNKNOWN[0]
        first = bisect_left(self.words, start, key=_end_of)
        scores = [w.garbled for w in self.words[first : first + 40] if w.start < end and start < w.end]
        return max(scores or [w.garbled for w in self.words[first : first + 1]] or [0.0])

    @property
    def most(self) -> float:
        """Its highest score in the passage."""
        return calibration.UNKNOWN[0] if self.words is None else max((w.garbled for w in self.words), default=0.0)


def _end_of(word: Word) -> int:
    return word.end


@dataclass(frozen=True, slots=True)
class Reading:
    """What a proposer reads: a passage, where phrase tables match in it, how unexpected its words are to the model, how
    doubtful to the tagger, the rulebook, and what the post-editor would have written."""

    passage: Passage
    hits: tuple[Hit, ...]
    surprise: Surprise
    doubt: Doubt
    rulebook: Rulebook
    rewritings: Callable[[], Sequence[Rewriting]] = tuple

    def rule(self, name: str) -> Rule | None:
        """The rule of the family ``proposal`` if it is switched on."""
        rule = self.rulebook.rules.get(f"proposal/{name}")
        return rule if rule and self.rulebook.is_enabled(rule.id) else None


class Proposer(Protocol):
    """What a proposer module offers."""

    def propose(self, reading: Reading) -> Iterator[Proposal]:
        """Proposals for one passage, in any order."""
        ...


def load(name: str) -> Proposer:
    """The proposer of that name; KeyError where there is none."""
    return cast(Proposer, import_module(PROPOSERS[name]))
