"""Translation memories: what was translated before, from TMX or any other format with a source and its translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa import readers, xmlfile
from qa.display import printable
from qa.errors import MtqaError
from qa.readers import decoding, tmx


@dataclass(frozen=True, slots=True)
class Unit:
    """An entry of a memory. ``place``: its file and line, or its number where the file has no lines of its own."""

    source: str
    target: str
    place: str


def read(paths: Sequence[str]) -> tuple[Unit, ...]:
    """The entries of all memories. Raises MtqaError for a file that cannot be read, or has none."""
    units: list[Unit] = []
    for path in paths:
        name = printable(path)
        before = len(units)
        if readers.kind_of(path) == "tmx":
            try:
                data = Path(path).read_bytes()
            except OSError as e:
                raise MtqaError(f"{name}: {e.strerror or e} (translation memory)") from None
            text, _ = decoding.decode(data, path, xmlfile.declared_encoding(data))
            units += [Unit(s, t, f"{path}:{line}") for s, t, line in tmx.memory(text, path)]
        else:
            document = readers.read(path)
            for segment in document.segments:
                if segment.source:
                    line, _ = document.position(segment.runs[0].document_start)
                    units.append(Unit(segment.source, segment.text, f"{path}:{line}"))
        if len(units) == before:
            raise MtqaError(f"{name}: a translation memory without a single English entry beside its source")
    return tuple(units)
