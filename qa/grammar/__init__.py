"""Grammar checkers of others: LanguageTool in a server of its own, Harper in this process.

An engine reads texts and says what is wrong with them in its own words; ``qa.checks.grammar`` decides which of that
an editor wants to hear, by the rules of the family ``grammar``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qa.errors import MtqaError

ENGINE_NAMES = {"languagetool": "LanguageTool", "harper": "Harper"}
"""The engines' names in settings and reports, and as their makers write them."""
ENGINES = tuple(ENGINE_NAMES)
AUTO, OFF = "auto", "off"
GRAMMAR = (AUTO, OFF, *ENGINES)
"""What the setting ``grammar`` may say."""


class GrammarUnavailable(MtqaError):
    """The engine is not there, did not start, or stopped answering. One line that says what to do."""


@dataclass(frozen=True, slots=True)
class Match:
    """What an engine says of ``text[start:end]`` (code points). ``group``: its own category of the rule.

    ``replacements``: for exactly that stretch, best first; empty text: delete it.
    """

    rule: str
    group: str
    start: int
    end: int
    message: str
    replacements: tuple[str, ...] = ()


class Engine(Protocol):
    """One grammar checker, ready to be asked. Open it with the module's ``open``; close it when done."""

    name: str
    version: str

    def check(self, texts: Sequence[str], variant: str) -> list[list[Match]]:
        """What it finds in each text; ``variant`` is ``en-US`` or ``en-GB``. Raises GrammarUnavailable."""
        ...

    def close(self) -> None:
        """Let go of what it holds: connections, and the server where this run started it."""
        ...
