"""Ways to find garbles, one module each; ``CHECKS`` maps a check's name to the module that does it.

A check module has ``find(document, rulebook) -> Iterator[Finding]``. One that needs settings, or holds something open,
has ``create(settings)`` instead, which gives an object with that ``find`` (and what else ``Opened`` says), or None
where there is nothing to do. Findings carry no fingerprint yet, and may overlap: the checker sees to both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from qa.document import Document
from qa.finding import Finding
from qa.rulebook import Rulebook

if TYPE_CHECKING:
    from qa.config import Settings

CHECKS = {
    "rules": "qa.checks.rules",
    "quotations": "qa.checks.quotations",
    "repetition": "qa.checks.repetition",
    "scripts": "qa.checks.scripts",
    "consistency": "qa.checks.consistency",
    "bitext": "qa.checks.bitext",
    "terminology": "qa.checks.terminology",
    "memory": "qa.checks.memory",
    "duplicates": "qa.checks.duplicates",
    "grammar": "qa.checks.grammar",
    "proposals": "qa.checks.proposals",
    "fluency": "qa.checks.fluency",
}


class Check(Protocol):
    """What a check module offers."""

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """Everything that this check sees in the document, in any order."""
        ...


@runtime_checkable
class Opened(Protocol):
    """What a check offers besides where it holds something open."""

    notes: list[str]

    @property
    def silent(self) -> bool:
        """Whether it gave up: what it would have found is missing."""
        ...

    def signature(self) -> str:
        """``name:version`` of what stands behind it."""
        ...

    def view(self, settings: Settings) -> Check:
        """The same with other settings of the rules; what is held open is shared."""
        ...

    def prepare(self, documents: Sequence[Document]) -> None:
        """These documents come next."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@runtime_checkable
class Judges(Protocol):
    """What a check offers besides where it has something to say of the document as a whole."""

    def evidence(self, document: Document) -> Mapping[str, float]:
        """Figures for the verdict, by name."""
        ...


def load(name: str, settings: Settings) -> Check | None:
    """The check of that name, as the settings want it; None where it has nothing to do. KeyError for no such check."""
    module = import_module(CHECKS[name])
    return cast("Check | None", module.create(settings) if hasattr(module, "create") else module)
