"""Reports of `mtqa score`, one module each, with ``render(report, *, width, color, digits) -> str``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qa.scoring import ScoreReport

FORMATS = {
    "terminal": "qa.reports.scores.terminal",
    "json": "qa.reports.scores.json",
    "html": "qa.reports.scores.html",
}


class Format(Protocol):
    """What a report module offers."""

    def render(self, report: ScoreReport, *, width: int, color: bool, digits: int) -> str:
        """The whole report as text. ``width`` in columns and ``color`` matter to terminals only, ``digits`` behind the
        decimal point to readers only."""
        ...


def load(name: str) -> Format:
    """The report module of that name; KeyError where there is none."""
    return cast(Format, import_module(FORMATS[name]))


TESTS = {"bs": "paired bootstrap", "ar": "approximate randomisation"}
SIGNIFICANT = 0.05
"""p-values below it are marked."""


def failures(report: ScoreReport, digits: int) -> Iterator[tuple[str, str]]:
    """(path, reason) for each score that misses its limit, with as many digits as it takes to see it."""
    for system, score, limit in report.failures:
        side = "above" if score.is_error_rate else "below"
        shown = f"{score.value:.{digits}f}"
        if float(shown) == limit:
            shown = f"{score.value:.12g}"
        yield system.file.path, f"{score.name} {shown} is {side} {limit:g}"
