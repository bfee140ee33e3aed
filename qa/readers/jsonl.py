r"""JSON Lines: an object a line, its translation and its source under names that say so.

``{"source": "…", "target": "…"}``; ``table.SOURCES`` and ``table.TARGETS`` are the other names.
"""

from __future__ import annotations

import json
import re

from qa.display import printable
from qa.errors import MtqaError
from qa.readers.bitext import Bitext
from qa.readers.pieces import Pieces
from qa.readers.table import SOURCES, TARGETS

_SPACE = re.compile(r"[ \t\r]*")
_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]+", re.DOTALL
)
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


def bitext(text: str, path: str) -> Bitext:
    """The translations, a line each. Raises MtqaError with file and line for what is no such object."""
    segments = []
    end = 0
    for row, raw in enumerate(text.split("\n"), 1):
        start, end = end, end + len(raw) + 1
        line = raw
        if row == 1 and line.startswith("\ufeff"):
            start, line = 1, line[1:]
        if not line.strip():
            continue
        try:
            strings = _strings(line)
        except (ValueError, IndexError, RecursionError):
            raise MtqaError(f"{printable(path)}:{row}: no JSON object") from None
        target = next((strings[name] for name in TARGETS if name in strings), None)
        if target is None:
            raise MtqaError(f"{printable(path)}:{row}: no text under any of {', '.join(TARGETS)}")
        source = next((json.loads(line[slice(*strings[name])]) for name in SOURCES if name in strings), None)
        pieces = Pieces()
        for match in _PIECE.finditer(line, target[0] + 1, target[1] - 1):
            if match[0][0] == "\\":
                pieces.stand_in(json.loads(f'"{match[0]}"'), start + match.start(), start + match.end())
            else:
                pieces.copy(match[0], start + match.start())
        segment = pieces.segment(source, escape=escape)
        if segment is None:
            raise MtqaError(f"{printable(path)}:{row}: the translation is empty")
        if source is not None and not source.strip():
            raise MtqaError(f"{printable(path)}:{row}: the source is empty")
        segments.append(segment)
    return Bitext(tuple(segments))


def _strings(line: str) -> dict[str, tuple[int, int]]:
    """Where each string value of the object stands in the line, quotation marks included. ValueError for no object."""
    decoder = json.JSONDecoder()
    found: dict[str, tuple[int, int]] = {}
    at = _after_space(line, 0)
    if line[at] != "{" or not isinstance(json.loads(line), dict):
        raise ValueError(line)
    at = _after_space(line, at + 1)
    while line[at] != "}":
        key, at = decoder.raw_decode(line, at)
        start = _after_space(line, _after_space(line, at) + 1)
        value, end = decoder.raw_decode(line, start)
        if isinstance(value, str):
            found[key] = start, end
        at = _after_space(line, end)
        if line[at] == ",":
            at = _after_space(line, at + 1)
    return found


def _after_space(line: str, at: int) -> int:
    match = _SPACE.match(line, at)
    return match.end() if match else at


def escape(text: str) -> str:
    """``text`` inside a JSON string."""
    return _ESCAPED.sub(lambda m: json.dumps(m[0])[1:-1], text)
