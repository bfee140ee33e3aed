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
from typing import Protocol, cast

from qa.checks.passage import Passage
from qa.checks.rules import Hit
from qa.rulebook import Rule, Rulebook

PROPOSERS = {
    "lexicon": "qa.proposers.lexicon",
    "function-words": "qa.proposers.function_words",
    "forms": "qa.proposers.forms",
    "order": "qa.proposers.order",
    "confusions": "qa.proposers.confusions",
    "fragments": "qa.proposers.fragments",
}
SPECIFIC = ("lexicon", "fragments")
"""Proposers that know what they look for: a few bits are enough."""
BLIND = ("confusions", "function-words", "forms", "order")
"""Proposers that exchange whatever the model stumbles over: they need many."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Alternatives for ``passage.text[start:end]``, best guess first, as they would be put in there.

    ``margin``: bits that the model must prefer one by. ``note``: what the message says besides.
    """

    rule: Rule
    start: int
    end: int
    replacements: tuple[str, ...]
    margin: float
    note: str = ""
    entry: str = ""


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a proposer reads: a passage, where phrase tables match in it, how unexpected its words are, the rulebook."""

    passage: Passage
    hits: tuple[Hit, ...]
    surprise: Surprise
    rulebook: Rulebook

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
