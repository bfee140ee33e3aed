"""Suggestions applied to a text: never two that overlap, everything outside their spans untouched."""

from __future__ import annotations

import difflib
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from qa import atomic
from qa.display import printable
from qa.document import Document, Segment
from qa.errors import MtqaError
from qa.finding import Finding

_TO_QUOTE = re.compile('[\x00-\x1f"\\\\\x7f\ud800-\udfff]')
_PASSES = 10
"""How often a text is checked anew for what its fixes left to fix."""


def settle(
    document: Document,
    findings: Sequence[Finding],
    check_again: Callable[[str], Sequence[Finding]] | None,
    *,
    unsafe: bool = False,
) -> str:
    """The document's text with its fixes, and the fixes of what is found in it then, until nothing is left to fix.

    ``findings`` are those of the document as it is; ``check_again`` gives those of another text of it, None leaves it
    at one pass. Where fixes undo each other the text is the same whichever of them came first.
    """
    seen = [document.text]
    while True:
        text = apply(seen[-1], findings, unsafe=unsafe, encoding=document.encoding, segments=document.segments)
        if text == seen[-1] or check_again is None or len(seen) > _PASSES:
            return text
        if text in seen:
            return min(seen[seen.index(text) :])
        seen.append(text)
        findings = check_again(text)


def apply(
    text: str,
    findings: Iterable[Finding],
    *,
    unsafe: bool = False,
    encoding: str = "utf-8",
    segments: Sequence[Segment] = (),
) -> str:
    """``text`` with the first suggestion of each finding put in; only safe ones unless ``unsafe``.

    Offsets of the findings are code points in ``text``. Of findings that overlap, the first in the text is
    applied. A suggestion that ``encoding`` cannot write is left out. ``segments``: the document's, whose format says
    how a replacement is written (``&`` in XML is ``&amp;``); what cannot be written there, or would cut through
    markup, is left as it was.
    """
    places = sorted((s for s in segments if s.escape and s.runs), key=lambda s: s.runs[0].document_start)
    starts = [s.runs[0].document_start for s in places]
    out: list[str] = []
    at = 0
    for finding in sorted(findings, key=lambda f: (f.start, f.end)):
        if finding.start < at or not finding.suggestions:
            continue
        suggestion = finding.suggestions[0]
        if not (unsafe or suggestion.safe) or not _is_writable(suggestion.text, encoding):
            continue
        replacement: str | None = suggestion.text
        if (i := bisect_right(starts, finding.start) - 1) >= 0:
            replacement = _as_written(places[i], finding)
        if replacement is None:
            continue
        out += [text[at : finding.start], replacement]
        at = finding.end
    return "".join([*out, text[at:]])


def _as_written(segment: Segment, finding: Finding) -> str | None:
    for run in segment.runs:
        inside = run.document_start <= finding.start and finding.end <= run.document_start + run.length
        if inside and run.document_length is None and segment.escape is not None:
            return segment.escape(finding.suggestions[0].text)
    return None


def write(document: Document, text: str) -> None:
    """Put ``text`` in the place of the document's file, in its encoding, all or nothing.

    Permissions stay, and a symbolic link stays one. Raises MtqaError where the file cannot be written, or has changed
    since it was read.
    """
    path = Path(document.path)
    name = printable(document.path)
    try:
        target = path.resolve(strict=True)
        if target.read_bytes() != _encoded(document.text, document, name):
            raise MtqaError(f"{name}: has changed while it was checked; not fixed")
        if not os.access(target, os.W_OK) or not target.stat().st_mode & 0o222:
            raise MtqaError(f"{name}: is read-only; not fixed")
        atomic.write(target, _encoded(text, document, name))
    except OSError as e:
        raise MtqaError(f"{name}: {e.strerror or e}; not fixed") from None


def _is_writable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _encoded(text: str, document: Document, name: str) -> bytes:
    try:
        return text.encode(document.encoding, "surrogatepass")
    except UnicodeEncodeError:
        raise MtqaError(f"{name}: cannot be written back in {document.encoding}; not fixed") from None


def patch(document: Document, text: str) -> bytes:
    """A unified diff from the document to ``text`` as `git apply` takes it; empty where nothing changes.

    Its lines are in the encoding of the file. Raises MtqaError where that has no lines of bytes (UTF-16).
    """
    if text == document.text:
        return b""
    if document.encoding.startswith(("utf-16", "utf-32")):
        raise MtqaError(f"{printable(document.path)}: no patch can show {document.encoding}; --fix writes it")
    before, after = (_lines(t) for t in (document.text, text))
    name = _relative(document.path)
    out: list[bytes] = []
    for number, line in enumerate(difflib.unified_diff(before, after, _quoted(f"a/{name}"), _quoted(f"b/{name}"))):
        data = os.fsencode(line) if number < 2 else _encoded(line, document, printable(document.path))
        out.append(data if line.endswith("\n") else data + b"\n\\ No newline at end of file\n")
    return b"".join(out)


def _relative(path: str) -> str:
    """The path as seen from the working directory, where git applies it; what lies elsewhere from the root."""
    below = os.path.relpath(path)
    return (os.path.realpath(path).lstrip(os.sep) if below.startswith("..") else below).replace(os.sep, "/")


def _quoted(name: str) -> str:
    """A file name as git writes it in a patch: in quotes, with escapes, where it could be misread; then a tab."""
    if not _TO_QUOTE.search(name):
        return name + "\t" * (" " in name)
    data = os.fsencode(name)
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in data) + '"'


def _lines(text: str) -> list[str]:
    """Lines as diff sees them: only a line feed ends one."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
