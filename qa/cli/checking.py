"""How a command that checks files opens the checker: what is accepted, what is known, how many processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa import config
from qa.grammar import OFF

if TYPE_CHECKING:
    from qa.changes import Changes
    from qa.checker import Checker


def checking_options(command: Any) -> Any:
    """Options on how files are checked, for every command that does."""
    for option in reversed(
        [
            click.option("--include", multiple=True, metavar="GLOB", help="In folders, only files that match."),
            click.option("--exclude", multiple=True, metavar="GLOB", help="In folders, no files that match."),
            click.option("--no-gitignore", is_flag=True, help="Check files that .gitignore names, too."),
            click.option(
                "--encoding",
                metavar="NAME",
                help="Encoding of the files, where it is not UTF-8 or marked by a byte order mark.",
            ),
            click.option(
                "--max-file-size", type=int, metavar="BYTES", help="Largest file that is read (default 50,000,000)."
            ),
            click.option("--baseline", metavar="FILE", help="Findings that are accepted (see `mtqa baseline`)."),
            click.option("--jobs", "-j", type=int, metavar="N", help="Processes that check files (all cores)."),
            click.option("--no-cache", "cache", flag_value=False, default=None, help="Use no earlier results."),
        ]
    ):
        command = option(command)
    return command


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def baseline_place(settings: config.Settings, start: Path) -> Path | None:
    """The baseline that the settings name, or the nearest one; None where there is none or it is switched off."""
    from qa import baseline

    if settings.baseline == OFF:
        return None
    return Path(settings.baseline) if settings.baseline is not None else baseline.find(start.resolve())


def open_checker(
    settings: config.Settings, start: Path, changes: Changes | None = None, *, with_baseline: bool = True
) -> Checker:
    """The checker for a run whose first path lies in the folder ``start``. Close it when done."""
    from qa import baseline
    from qa.checker import Checker
    from qa.resultcache import ResultCache

    place = baseline_place(settings, start) if with_baseline else None
    return Checker(
        settings,
        baseline=baseline.load(place) if place is not None else None,
        changes=changes,
        results=ResultCache() if settings.cache else None,
        jobs=settings.jobs or cores(),
    )
