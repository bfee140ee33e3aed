"""Report formats, one module each; ``FORMATS`` maps a name to the module that writes it.

A report module has ``render(report, *, width, color) -> str``. It imports what it needs, and is imported
only when asked for. One whose service reads more than the report itself also has ``append(report)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from qa import atomic
from qa.display import printable
from qa.errors import MtqaError, did_you_mean
from qa.judge import Report

FORMATS = {
    "terminal": "qa.reports.terminal",
    "json": "qa.reports.json",
    "jsonl": "qa.reports.jsonl",
    "html": "qa.reports.html",
    "sarif": "qa.reports.sarif",
    "github": "qa.reports.github",
    "gitlab": "qa.reports.gitlab",
    "rdjson": "qa.reports.rdjson",
    "checkstyle": "qa.reports.checkstyle",
    "junit": "qa.reports.junit",
}
STDOUT = "-"


class Format(Protocol):
    """What a report module offers."""

    def render(self, report: Report, *, width: int, color: bool) -> str:
        """The whole report as text. ``width`` in columns and ``color`` matter to terminals only."""
        ...


@runtime_checkable
class Appends(Protocol):
    """A report module that also adds to files that the service it writes for has named."""

    def append(self, report: Report) -> Mapping[Path, str]:
        """What to add to which file."""
        ...


@dataclass(frozen=True, slots=True)
class Output:
    """A report that is asked for: its format, and its file (``-``: standard output)."""

    format: str
    file: str = STDOUT

    def write(self, report: Report, stdout: Callable[[str], None], *, width: int, color: bool) -> None:
        """Render the report and put it where it belongs; a file is replaced whole. Raises MtqaError."""
        module = load(self.format)
        text = module.render(report, width=width, color=color and self.file == STDOUT)
        if self.file == STDOUT:
            stdout(text)
        else:
            _to_file(Path(self.file), lambda path: atomic.write(path, text.encode()))
        if isinstance(module, Appends):
            for file, added in module.append(report).items():
                _to_file(file, lambda path, added=added: _append(path, added))  # type: ignore[misc]


def load(name: str) -> Format:
    """The report module of that name; KeyError where there is none."""
    return cast(Format, import_module(FORMATS[name]))


def outputs(specs: Iterable[str]) -> tuple[Output, ...]:
    """The reports that ``--format`` asks for: names separated by commas, each with ``=FILE`` if it goes to a file.

    Raises MtqaError for an unknown name, two reports to one place, and a file that cannot be.
    """
    found: list[Output] = []
    places: dict[str, str] = {}
    for spec in (one.strip() for specs_ in specs for one in specs_.split(",")):
        name, equals, file = spec.partition("=")
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS)
            raise MtqaError(f"--format: no report “{printable(name)}”{hint}; there are {', '.join(FORMATS)}")
        if equals and not file:
            raise MtqaError(f"--format: {name}= names no file; {name}=FILE writes to one, {name} to standard output")
        output = Output(name, file or STDOUT)
        place = output.file if output.file == STDOUT else str(Path(output.file).resolve())
        if place in places:
            if output.file == STDOUT:
                raise MtqaError(
                    f"--format: {places[place]} and {name} would both go to standard output; name a file: {name}=FILE"
                )
            raise MtqaError(f"--format: {places[place]} and {name} would both go to {printable(output.file)}")
        if output.file != STDOUT:
            _check(Path(output.file), output)
        places[place] = name
        found.append(output)
    return tuple(found)


def _check(path: Path, output: Output) -> None:
    """Say now, not after the check, that a report cannot be written."""
    shown = printable(output.file)
    if path.is_dir():
        raise MtqaError(f"--format: {output.format}={shown}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise MtqaError(f"--format: {output.format}={shown}: there is no folder {printable(str(path.parent))}")


def _to_file(path: Path, write: Callable[[Path], None]) -> None:
    try:
        write(path)
    except OSError as e:
        raise MtqaError(f"{printable(str(path))}: the report cannot be written: {e.strerror or e}") from None


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as out:
        out.write(text)
