"""PO (gettext): each msgstr, with its msgid. Fuzzy and obsolete entries are not in use, and are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qa.display import printable
from qa.errors import MtqaError
from qa.readers.bitext import Bitext, left_out, must_be_english
from qa.readers.pieces import Pieces

_LINE = re.compile(
    r'[ \t]*(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d{1,3})\])?)[ \t]*)?"((?:[^"\\\r\n]|\\.)*)"[ \t]*'
)
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CHARSET = re.compile(rb"charset=([A-Za-z0-9._-]{1,40})")
_LANGUAGE = re.compile(r"^Language:[ \t]*([A-Za-z_@.-]+)", re.MULTILINE)
_FUZZY = re.compile(r"#,.*\bfuzzy\b")


def encoding_of(data: bytes) -> str | None:
    """The charset that the header names."""
    match = _CHARSET.search(data[:4096])
    return match[1].decode("ascii") if match and match[1] != b"CHARSET" else None


@dataclass(slots=True)
class _Entry:
    line: int = 0
    fuzzy: bool = False
    id: str | None = None
    plural: str | None = None
    strings: dict[int, Pieces] = field(default_factory=dict)


def bitext(text: str, path: str) -> Bitext:
    """The translations in use. Raises MtqaError with file and line for what is no PO or not into English."""
    segments = []
    fuzzy = empty = 0
    for entry in _entries(text, path):
        if entry.id is None:
            raise MtqaError(f"{printable(path)}:{entry.line}: msgstr without a msgid before it")
        if entry.id == "":
            header = entry.strings.get(0, Pieces()).text
            if match := _LANGUAGE.search(header):
                must_be_english(match[1], path, entry.line)
            continue
        if entry.fuzzy:
            fuzzy += 1
            continue
        made = [
            pieces.segment(entry.id if number == 0 or entry.plural is None else entry.plural, escape=escape)
            for number, pieces in sorted(entry.strings.items())
        ]
        segments += [segment for segment in made if segment is not None]
        empty += not any(made)
    notes = (*left_out(empty, "no translation yet"), *left_out(fuzzy, "marked as fuzzy"))
    return Bitext(tuple(segments), None, notes)


def escape(text: str) -> str:
    """``text`` inside a PO string."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _entries(text: str, path: str) -> list[_Entry]:
    entries: list[_Entry] = []
    entry = _Entry()
    keyword = ""
    number = 0
    end = 0
    for row, raw in enumerate(re.split(r"(?<=\n)|(?<=\r)(?!\n)", text), 1):
        start, end = end, end + len(raw)
        line = raw.rstrip("\r\n")
        if row == 1 and line.startswith("\ufeff"):
            start, line = 1, line[1:]
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            keyword = ""
            if _FUZZY.match(stripped):
                entry = _begun(entries, entry, row)
                entry.fuzzy = True
            continue
        match = _LINE.fullmatch(line)
        if match is None or not (match[1] or keyword):
            shown = printable(stripped[:40])
            raise MtqaError(
                f"{printable(path)}:{row}: expected msgid, msgstr or a string in quotation marks, not “{shown}”"
            )
        if match[1]:
            keyword, number = match[1].partition("[")[0], int(match[2] or 0)
            if keyword in ("msgctxt", "msgid"):
                entry = _begun(entries, entry, row)
            if keyword == "msgstr":
                if number in entry.strings:
                    raise MtqaError(f"{printable(path)}:{row}: a second msgstr for the same msgid")
                entry.strings[number] = Pieces()
                entry.line = entry.line or row
                if entry not in entries[-1:]:
                    entries.append(entry)
        if keyword == "msgid":
            entry.id = (entry.id or "") + unescaped(match[3])
        elif keyword == "msgid_plural":
            entry.plural = (entry.plural or "") + unescaped(match[3])
        elif keyword == "msgstr":
            _add(entry.strings[number], match[3], start + match.start(3))
    return entries


def _begun(entries: list[_Entry], entry: _Entry, row: int) -> _Entry:
    """A new entry, unless the one at hand has only its comments and context yet."""
    if entry.strings or entry.id is not None:
        return _Entry(row)
    entry.line = row
    return entry


def unescaped(text: str) -> str:
    """A PO string as gettext reads it."""
    return _ESCAPE.sub(lambda m: _character(m[0]), text)


def _character(escape: str) -> str:
    body = escape[1:]
    if body[0] == "x" and len(body) > 1:
        return chr(int(body[1:], 16))
    if body[0] in "01234567":
        return chr(int(body, 8))
    return _SIMPLE.get(body, body)


def _add(pieces: Pieces, body: str, start: int) -> None:
    at = 0
    for match in _ESCAPE.finditer(body):
        pieces.copy(body[at : match.start()], start + at)
        pieces.stand_in(_character(match[0]), start + match.start(), start + match.end())
        at = match.end()
    pieces.copy(body[at:], start + at)
