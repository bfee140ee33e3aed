"""Ways to find garbles, one module each; ``CHECKS`` maps a check's name to the module that does it.

A check module has ``find(document, rulebook) -> Iterator[Finding]``. Findings carry no fingerprint yet, and may
overlap: the checker sees to both.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from qa.document import Document
from qa.finding import Finding
from qa.rulebook import Rulebook

CHECKS = {
    "rules": "qa.checks.rules",
    "quotations": "qa.checks.quotations",
    "repetition": "qa.checks.repetition",
    "scripts": "qa.checks.scripts",
    "consistency": "qa.checks.consistency",
}


class Check(Protocol):
    """What a check module offers."""

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """Everything that this check sees in the document, in any order."""
        ...


def load(name: str) -> Check:
    """The check module of that name; KeyError where there is none."""
    return cast(Check, import_module(CHECKS[name]))
