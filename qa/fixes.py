"""Suggestions applied to a text: never two that overlap, everything outside their spans untouched."""

from __future__ import annotations

import difflib
import os
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

from qa.display import printable
from qa.document import Document, Segment
from qa.errors import MtqaError
from qa.finding import Finding


def apply(
    text: str, findings: Iterable[Finding], *, unsafe: bool = False, segments: Sequence[Segment] = ()
) -> str:
    """``text`` with the first suggestion of each finding put in; only safe ones unless ``unsafe``.

    Offsets of the findings are code points in ``text``. Of findings that overlap, the first in the text is
    applied. ``segments``: the document's, whose format says how a replacement is written (``&`` in XML is
    ``&amp;``); what cannot be written there, or would cut through markup, is left as it was.
    """
    places = sorted((s for s in segments if s.escape and s.runs), key=lambda s: s.runs[0].document_start)
    starts = [s.runs[0].document_start for s in places]
    out: list[str] = []
    at = 0
    for finding in sorted(findings, key=lambda f: (f.start, f.end)):
        if finding.start < at or not finding.suggestions:
            continue
        suggestion = finding.suggestions[0]
        if not (unsafe or suggestion.safe):
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
        if target.read_bytes() != document.text.encode(document.encoding, "surrogatepass"):
            raise MtqaError(f"{name}: has changed while it was checked; not fixed")
        if not os.access(target, os.W_OK):
            raise MtqaError(f"{name}: is read-only; not fixed")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".mtqa-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode(document.encoding, "surrogatepass"))
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).chmod(target.stat().st_mode & 0o7777)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise MtqaError(f"{name}: {e.strerror or e}; not fixed") from None


def patch(document: Document, text: str) -> str:
    """A unified diff from the document to ``text`` as `git apply` takes it; empty where nothing changes."""
    before, after = (_lines(t) for t in (document.text, text))
    name = document.path.removeprefix("./").removeprefix("/")
    out: list[str] = []
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        out.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(out)


def _lines(text: str) -> list[str]:
    """Lines as diff sees them: only a line feed ends one."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
