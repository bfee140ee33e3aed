"""A segment in the making: text copied from the original, and text that stands for something written otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from qa.document import Kind, Run, Segment

_BREAK = re.compile(r"[ \t\r\n]*[\r\n][ \t\r\n]*")


class Pieces:
    """Collects text with its places, in the order of the original. Offsets are code points in the original."""

    def __init__(self) -> None:
        self.text = ""
        self.tags: list[str] = []
        self._runs: list[Run] = []

    def copy(self, text: str, start: int) -> None:
        """Text that stands in the original as it is, from ``start`` on."""
        if not text:
            return
        last = self._runs[-1] if self._runs else None
        if last is not None and last.document_length is None and last.document_start + last.length == start:
            self._runs[-1] = replace(last, length=last.length + len(text))
        else:
            self._runs.append(Run(len(self.text), start, len(text)))
        self.text += text

    def stand_in(self, text: str, start: int, end: int) -> None:
        """Text for what is written otherwise between ``start`` and ``end``."""
        if text:
            self._runs.append(Run(len(self.text), start, len(text), end - start))
            self.text += text

    def prose(self, text: str, start: int) -> None:
        """As ``copy``, but a line break with the white space around it, which lays out the file, is one line feed."""
        at = 0
        for match in _BREAK.finditer(text):
            self.copy(text[at : match.start()], start + at)
            if self.text[-1:] not in ("\n", " ", ""):
                self.stand_in("\n", start + match.start(), start + match.end())
            at = match.end()
        self.copy(text[at:], start + at)

    def segment(
        self,
        source: str | None = None,
        *,
        source_tags: tuple[str, ...] = (),
        escape: Callable[[str], str | None] | None = None,
    ) -> Segment | None:
        """The segment without white space around it; None where nothing is left."""
        first = len(self.text) - len(self.text.lstrip())
        last = len(self.text.rstrip())
        if first >= last:
            return None
        runs = []
        for run in self._runs:
            left, right = max(run.segment_start, first), min(run.segment_start + run.length, last)
            if left < right:
                runs.append(Run(left - first, run.locate(left), right - left, run.document_length))
        source = source.strip() if source is not None else None
        tags = tuple(self.tags)
        return Segment(self.text[first:last], tuple(runs), Kind.PARAGRAPH, source, tags, source_tags, escape)
