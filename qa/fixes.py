"""Suggestions applied to a text: never two that overlap, everything outside their spans untouched."""

from __future__ import annotations

from collections.abc import Iterable

from qa.finding import Finding


def apply(text: str, findings: Iterable[Finding], *, unsafe: bool = False) -> str:
    """``text`` with the first suggestion of each finding put in; only safe ones unless ``unsafe``.

    Offsets of the findings are code points in ``text``. Of findings that overlap, the first in the text is
    applied.
    """
    out: list[str] = []
    at = 0
    for finding in sorted(findings, key=lambda f: (f.start, f.end)):
        if finding.start < at or not finding.suggestions:
            continue
        suggestion = finding.suggestions[0]
        if not (unsafe or suggestion.safe):
            continue
        out += [text[at : finding.start], suggestion.text]
        at = finding.end
    return "".join([*out, text[at:]])
