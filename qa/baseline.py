"""What is accepted already: findings of an earlier run, so that a later one reports only what is new.

An entry is one finding, known by its fingerprint (rule, phrase and the words around it): edits elsewhere, a moved
paragraph and a renamed file leave it what it is. Where a file stands is written down for readers of the baseline, and
to tell entries apart that are alike.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa import atomic
from qa.display import printable
from qa.errors import MtqaError
from qa.finding import Finding

NAME = ".mtqa-baseline.json"
SCHEMA = 1
_SHOWN = 80
"""Code points of a phrase that an entry shows."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One accepted finding. ``path``: its file, relative to the baseline's folder, with slashes."""

    path: str
    rule: str
    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is left of each document's findings, and the entries that occur no more in the files that were checked."""

    left: tuple[tuple[Finding, ...], ...]
    stale: tuple[Entry, ...]


Found = Sequence[tuple[str, Sequence[Finding]]]
"""Findings by the path of their document."""


class Baseline:
    """The entries of one file."""

    def __init__(self, place: Path, entries: Iterable[Entry] = ()) -> None:
        self.place = place
        self.entries = tuple(sorted(entries))
        self._folder = os.path.realpath(place.parent)

    def accept(self, found: Found) -> Accepted:
        """The findings that no entry accepts. An entry accepts one finding, in its own file before in others."""
        checked = [self._relative(path) for path, _ in found]
        free: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            free[entry.fingerprint].append(entry)
        taken: set[tuple[int, int]] = set()
        for own_file in (True, False):
            for number, (_, findings) in enumerate(found):
                for index, finding in enumerate(findings):
                    if (number, index) in taken:
                        continue
                    entries = free[finding.fingerprint]
                    fitting = [e for e in entries if e.path == checked[number]] if own_file else entries
                    if fitting:
                        entries.remove(fitting[0])
                        taken.add((number, index))
        left = tuple(
            tuple(f for index, f in enumerate(findings) if (number, index) not in taken)
            for number, (_, findings) in enumerate(found)
        )
        here = set(checked)
        stale = sorted(e for entries in free.values() for e in entries if e.path in here)
        return Accepted(left, tuple(stale))

    def renewed(self, found: Found) -> Baseline:
        """A baseline that accepts these findings; what it knows of files that were not checked stays."""
        checked = {self._relative(path) for path, _ in found}
        occurring = _fingerprints(found)
        elsewhere = [e for e in self.entries if e.path not in checked]
        kept = [e for e in elsewhere if self._exists(e) or e.fingerprint not in occurring]  # else its file has moved
        new = [
            Entry(self._relative(path), f.rule, _short(f.text), f.fingerprint)
            for path, findings in found
            for f in findings
        ]
        return Baseline(self.place, [*kept, *new])

    def pruned(self, found: Found) -> Baseline:
        """The baseline without the entries that occur no more, or whose file is gone; it accepts nothing new."""
        gone = list(self.accept(found).stale)
        here = {self._relative(path) for path, _ in found}
        occurring = _fingerprints(found)
        kept = []
        for entry in self.entries:
            if entry in gone:
                gone.remove(entry)
            elif entry.path in here or entry.fingerprint in occurring or self._exists(entry):
                kept.append(entry)
        return Baseline(self.place, kept)

    def _relative(self, path: str) -> str:
        return os.path.relpath(os.path.realpath(path), self._folder).replace(os.sep, "/") if path != "-" else path

    def _exists(self, entry: Entry) -> bool:
        return (Path(self._folder) / entry.path).exists()

    def write(self) -> None:
        """Put the file in its place, all or nothing. Raises MtqaError."""
        lines = ",\n".join("    " + json.dumps(_as_dict(entry)) for entry in self.entries)
        body = f"[\n{lines}\n  ]" if lines else "[]"
        text = f'{{\n  "schema": {SCHEMA},\n  "entries": {body}\n}}\n'
        try:
            atomic.write(self.place, text.encode("ascii"))
        except OSError as e:
            raise MtqaError(f"{printable(str(self.place))}: cannot be written: {e.strerror or e}") from None


def find(start: Path) -> Path | None:
    """The nearest ``.mtqa-baseline.json`` from ``start`` upwards."""
    return next((place for folder in (start, *start.parents) if (place := folder / NAME).is_file()), None)


def load(place: Path) -> Baseline:
    """The baseline in a file. Raises MtqaError where it cannot be read or is none."""
    name = printable(str(place))
    try:
        data = json.loads(place.read_text("utf-8"))
    except OSError as e:
        raise MtqaError(f"{name}: {e.strerror or e}; `mtqa baseline` writes one") from None
    except ValueError as e:
        raise MtqaError(f"{name}: is no baseline: {printable(str(e))}") from None
    except RecursionError:
        raise MtqaError(f"{name}: is no baseline: nested too deeply") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA or not isinstance(data.get("entries"), list):
        raise MtqaError(f"{name}: is no baseline of schema {SCHEMA}; `mtqa baseline` writes one")
    return Baseline(place, [_entry(value, number, name) for number, value in enumerate(data["entries"], 1)])


def _entry(value: Any, number: int, name: str) -> Entry:
    keys = ("path", "rule", "text", "fingerprint")
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in keys):
        raise MtqaError(f"{name}: entry {number}: expected {', '.join(keys)}, each a text")
    return Entry(*(value[key] for key in keys))


def _as_dict(entry: Entry) -> dict[str, str]:
    return {"path": entry.path, "rule": entry.rule, "text": entry.text, "fingerprint": entry.fingerprint}


def _fingerprints(found: Found) -> set[str]:
    return {finding.fingerprint for _, findings in found for finding in findings}


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
