"""``mtqa check``."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa.cli.checking import checking_options, open_checker
from qa.cli.options import read_settings, settings_options
from qa.cli.output import COULD_NOT_CHECK, FINDINGS, OK, say, terminal, write, write_bytes
from qa.errors import MtqaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from qa.checker import Checker
    from qa.cli.reading import Reading
    from qa.document import Document
    from qa.finding import Finding


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=["terminal"],
    metavar="NAME[=FILE],…",
    help="Reports: terminal (default), json, jsonl, html, sarif, github, gitlab, rdjson, checkstyle, junit; several "
    "with commas; one without =FILE goes to standard output.",
)
@click.option(
    "--fail-on",
    metavar="SEVERITY",
    help="Fail where a finding is at least this severe: neutral, minor, major (default), critical, never.",
)
@click.option("--min-score", type=float, metavar="0..100", help="Fail where a document's score is lower.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where the gate fails.")
@settings_options
@checking_options
@click.option(
    "--since", metavar="REV", help="Only lines changed since this git revision; REV... is since it branched off."
)
@click.option("--stdin-filename", metavar="NAME", help="What standard input (-) is called; its ending says what it is.")
@click.option(
    "--source", metavar="PATH", help="What is checked translates this file, or those of the same names in this folder."
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes to the files, then report what is left.")
@click.option("--diff", is_flag=True, help="Print the safe fixes as a patch, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the other suggestions, too. Read them first.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--width", type=click.IntRange(40, 400), help="Columns of the terminal report.")
def check(
    paths: tuple[str, ...], formats: tuple[str, ...], fail_on: str | None, min_score: float | None, exit_zero: bool,
    all_: bool | None, config_file: str | None, no_config: bool, no_gitignore: bool, stdin_filename: str | None,
    since: str | None, fix: bool, diff: bool, unsafe_fixes: bool, color: str, width: int | None, **values: Any,
) -> int:  # fmt: skip
    """Check files and folders; - is standard input.

    Exit status: 0 nothing at or above the gate, 1 findings at or above it, 2 could not check.
    """
    from qa import reports
    from qa.cli.reading import Reading
    from qa.discovery import discover
    from qa.judge import NOT_CHECKED

    if fix and diff:
        raise MtqaError("--fix and --diff: one or the other")
    outputs = reports.outputs(formats)
    first = Path(paths[0]) if paths[0] != "-" else Path()
    start = first if first.is_dir() else first.parent
    values.update(fail_on=fail_on, min_score=min_score, all=all_)
    settings = read_settings(start, config_file, no_config, values)
    files = discover(paths, include=settings.include, exclude=settings.exclude, gitignore=not no_gitignore)
    changes = None
    if since is not None:
        from qa.changes import Changes

        changes = Changes(since, str(start))
        files = [file for file in files if file in changes]
    reading = Reading(settings, paths, files, stdin_filename)
    with open_checker(settings, start, changes) as checker:
        documents, errors = reading.all()
        if fix or diff:
            documents = _fixed(documents, checker, errors, reading, in_place=fix, unsafe=unsafe_fixes)
            if diff:
                for error in errors:
                    say(f"mtqa: error: {error}")
                return COULD_NOT_CHECK if errors else OK
        with progress(len(documents)) as advance:
            report = checker.report(documents, notes=[f"{NOT_CHECKED}{e}" for e in errors], advance=advance)
    use_color, columns = terminal(color, width)
    if documents or not errors:
        for output in outputs:
            output.write(report, write, width=columns, color=use_color)
    for error in errors:
        say(f"mtqa: error: {error}")
    if errors:
        return COULD_NOT_CHECK
    return FINDINGS if report.failed and not exit_zero else OK


@contextmanager
def progress(documents: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where that is a terminal, once a check takes its time."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("checking", total=documents)
        yield lambda: bar.advance(task)


def _fixed(
    documents: list[Document],
    checker: Checker,
    errors: list[str],
    reading: Reading,
    *,
    in_place: bool,
    unsafe: bool,
) -> list[Document]:
    """The documents after their fixes, read anew; or unchanged, with the fixes printed as a patch."""
    from qa import fixes, readers

    out: list[Document] = []
    with progress(len(documents)) as advance:
        reports = checker.report(documents, advance=advance).documents
    for document, report in zip(documents, reports, strict=True):
        text = fixes.settle(document, report.findings, _check_again(checker, document), unsafe=unsafe)
        try:
            if not in_place:
                write_bytes(fixes.patch(document, text))
            elif text != document.text:
                if document.path == readers.STDIN:
                    raise MtqaError("standard input cannot be fixed in place; --diff prints a patch")
                fixes.write(document, text)
                document = reading.read(document.path)
        except MtqaError as e:
            errors.append(str(e))
        out.append(document)
    return out


def _check_again(checker: Checker, document: Document) -> Callable[[str], Sequence[Finding]] | None:
    """What finds the findings of another text of the document; None where the text is not all that it was made of."""
    from qa import readers

    if not isinstance(document.segments, readers.Segments):
        return None
    return lambda text: checker.check(readers.read_text(text, document.path, document.kind)).findings
