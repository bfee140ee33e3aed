"""``mtqa baseline``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from qa.cli.checking import baseline_place, checking_options, open_checker
from qa.cli.options import read_settings, settings_file, settings_options
from qa.cli.output import COULD_NOT_CHECK, OK, say, write
from qa.display import printable
from qa.errors import MtqaError


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--prune", is_flag=True, help="Only drop what occurs no more; accept nothing new.")
@settings_options
@checking_options
def baseline(
    paths: tuple[str, ...], prune: bool, all_: bool | None, config_file: str | None, no_config: bool,
    no_gitignore: bool, **values: Any,
) -> int:  # fmt: skip
    """Accept what is found now in these files and folders: later checks report only what is new.

    The accepted findings stand in the .mtqa-baseline.json that a check would find; a new one is written beside the
    settings file, else in the working directory, or to --baseline FILE. Commit it. What it knows of other files stays.
    """
    from qa import baseline as accepted
    from qa import readers
    from qa.cli.check import progress
    from qa.cli.reading import Reading
    from qa.discovery import discover

    if readers.STDIN in paths:
        raise MtqaError("a baseline is of files; standard input has none")
    first = Path(paths[0])
    start = first if first.is_dir() else first.parent
    values["all"] = all_
    settings = read_settings(start, config_file, no_config, values)
    files = discover(paths, include=settings.include, exclude=settings.exclude, gitignore=not no_gitignore)
    if settings.baseline == "off":
        raise MtqaError("the baseline is switched off; name it with --baseline FILE")
    place = baseline_place(settings, start)
    if place is None:
        beside = settings_file(start, config_file, no_config)
        here = Path() if start.resolve().is_relative_to(Path().resolve()) else start
        place = (beside.parent if beside else here) / accepted.NAME
    before = accepted.load(place) if place.exists() or prune else accepted.Baseline(place)
    with open_checker(settings, start, with_baseline=False) as checker:
        documents, errors = Reading(settings, paths, files).all()
        with progress(len(documents)) as advance:
            report = checker.report(documents, advance=advance)
    if errors:
        for error in errors:
            say(f"mtqa: error: {error}")
        say(f"mtqa: {printable(str(place))} is left as it was: what could not be read may hold accepted findings")
        return COULD_NOT_CHECK
    found = [(document.path, document.findings) for document in report.documents]
    after = before.pruned(found) if prune else before.renewed(found)
    old, new = Counter(before.entries), Counter(after.entries)
    if after.entries != before.entries or not place.exists():
        after.write()
    lines = [f"{printable(str(place))}: {_count(len(after.entries), 'finding')} accepted"]
    lines.append(f"{(new - old).total():,} new, {(old - new).total():,} dropped")
    for note in report.notes:
        lines.append(f"note: {printable(note)}")
    write("\n".join(lines) + "\n")
    return OK


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
