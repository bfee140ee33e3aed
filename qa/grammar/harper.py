"""Harper as an engine: in this process, without Java, with fewer rules."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from qa.grammar import GrammarUnavailable, Match

if TYPE_CHECKING:
    import harper


def is_available() -> bool:
    """Whether harper-py is installed (the extra ``mtqa[harper]``)."""
    return find_spec("harper") is not None


def open() -> Harper:
    """The engine. Raises GrammarUnavailable where harper-py is missing."""
    if not is_available():
        raise GrammarUnavailable("grammar = \"harper\" needs harper-py: pip install 'mtqa[harper]'")
    return Harper()


class Harper:
    """Harper's linters, one a variant of English, built when first asked for."""

    name = "harper"

    def __init__(self) -> None:
        self.version = version("harper-py")
        self._linters: dict[str, harper.Linter] = {}

    def check(self, texts: Sequence[str], variant: str) -> list[list[Match]]:
        import harper

        if variant not in self._linters:
            dialect = harper.Dialect.BRITISH if variant == "en-GB" else harper.Dialect.AMERICAN
            self._linters[variant] = harper.Linter(dialect)
        linter = self._linters[variant]
        return [self._matches(linter, text) for text in texts]

    def close(self) -> None:
        self._linters.clear()

    def _matches(self, linter: harper.Linter, text: str) -> list[Match]:
        import harper

        found = linter.organized_lints(text, language=harper.Language.PLAINTEXT)
        return [
            Match(
                rule=rule,
                group=lint.lint_kind,
                start=lint.span.start,
                end=lint.span.end,
                message=" ".join(lint.message.split()),
                replacements=tuple(_replacement(lint.problem_text, s) for s in lint.suggestions),
            )
            for rule, lints in found.items()
            for lint in lints
        ]


def _replacement(problem: str, suggestion: Any) -> str:
    import harper

    if suggestion.kind == harper.SuggestionKind.INSERT_AFTER:
        return problem + str(suggestion.replacement_text)
    return "" if suggestion.kind == harper.SuggestionKind.REMOVE else str(suggestion.replacement_text)
