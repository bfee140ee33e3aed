"""Report formats, one module each; ``FORMATS`` maps a name to the module that writes it.

A report module has ``render(report, *, width, color) -> str``. It imports what it needs, and is imported
only when asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from qa.judge import Report

FORMATS = {"terminal": "qa.reports.terminal", "json": "qa.reports.json"}


class Format(Protocol):
    """What a report module offers."""

    def render(self, report: Report, *, width: int, color: bool) -> str:
        """The whole report as text. ``width`` in columns and ``color`` matter to terminals only."""
        ...


def load(name: str) -> Format:
    """The report module of that name; KeyError where there is none."""
    return cast(Format, import_module(FORMATS[name]))
