"""Reports of `mtqa evaluate`, one module each, with ``render(evaluation, show, *, width, color) -> str``."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from qa.evaluation import Evaluation

FORMATS = {"terminal": "qa.reports.evaluations.terminal", "json": "qa.reports.evaluations.json"}
SHOW = ("missed", "unfixed", "false")
"""What can be listed one by one: marks that were not found, those found and fixed otherwise, false alarms."""


class Format(Protocol):
    """What a report module offers."""

    def render(self, evaluation: Evaluation, show: Collection[str], *, width: int, color: bool) -> str:
        """The whole report as text; ``show`` are names of ``SHOW``."""
        ...


def load(name: str) -> Format:
    """The report module of that name; KeyError where there is none."""
    return cast(Format, import_module(FORMATS[name]))
