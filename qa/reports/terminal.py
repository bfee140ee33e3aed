"""The report for a person at a terminal: the phrase in its sentence, what is wrong, what to write.

Drawn in plain ANSI colours, which follow the terminal's own theme; without colour the same characters
stand in the same places. Whatever comes from outside (text, path, rule, message, suggestion, note) goes
through ``printable``. What is read of a text around a finding is bounded by the width, so that the time
to render grows with the number of findings and not with the length of their paragraphs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from rich.cells import cell_len

from qa.display import printable
from qa.document import Document, Segment
from qa.finding import Finding, Severity
from qa.fluency import WITNESSES
from qa.judge import SHORT_TEXT, DocumentReport, Gate, Report

NARROWEST, WIDEST = 40, 120
INDENT = 7
"""Columns before an excerpt; the words "fix:" and "or:" stand in them."""
SUGGESTIONS = 3
"""How many suggestions of a finding are shown."""
LONGEST = 2000
"""Code points of a message, suggestion or note that are shown; nobody reads more in a terminal."""

STYLES = {
    "critical": "1;31",
    "major": "31",
    "minor": "33",
    "neutral": "36",
    "fix": "32",
    "good": "1;32",
    "bad": "1;31",
    "bold": "1",
    "dim": "2",
}

# Each begins where no other match could, so that a run of a million spaces is read once.
_BREAK = re.compile(r"(?<![ \t])[ \t]*(?:\r\n|\r|\n)[ \t]*")
_PARAGRAPH = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]")
# A sentence ends after a word of some length, so that "Mr.", "U.S." and "Prof." do not end one.
_SENTENCE = re.compile(r"(?:[^\W\d_A-Z]{4}|\d|[)”’\"])[.!?…]+[”’\"')\]]*(?=\s+[“‘\"'(\[]*[A-Z])|[。！？]")

Paint = Callable[[str, str], str]


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole report, in lines of at most ``width`` columns where words and paths allow."""
    return "".join(line.rstrip() + "\n" for line in _Terminal(width, color).report(report))


def _in_color(style: str, text: str) -> str:
    shown = text.rstrip(" ")
    return f"\x1b[{STYLES[style]}m{shown}\x1b[0m{text[len(shown) :]}" if shown else text


def _in_monochrome(style: str, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A phrase between what stands before and after it, each ready to print on one line."""

    before: str
    phrase: str
    after: str


class _Terminal:
    def __init__(self, width: int, color: bool) -> None:
        self.width = min(max(width, NARROWEST), WIDEST)
        self.room = self.width - INDENT - 1
        self.paint: Paint = _in_color if color else _in_monochrome
        self.rules: set[str] = set()

    def report(self, report: Report) -> Iterator[str]:
        shown = [d for d in report.documents if d.findings]
        for document in shown:
            yield from self.document(document, alone=len(report.documents) == 1)
        yield from self.summary(report)

    def document(self, document: DocumentReport, alone: bool) -> Iterator[str]:
        yield from self.header(_show(document.path), f"{_words(document.words)} · score {document.score:g}")
        if not alone:
            yield from self.facts(document, "  ")
        excerpts = _Excerpts(document.document)
        findings = sorted(document.findings, key=lambda f: (f.start, f.end))
        places = ["{}:{}".format(*document.document.position(f.start)) for f in findings]
        columns = max(map(len, places)), max(len(f.severity) for f in findings)
        for finding, place in zip(findings, places, strict=True):
            yield ""
            yield from self.message(finding, place, columns)
            yield from self.phrase(finding, excerpts)
            yield from self.origin(finding)
        yield ""

    def header(self, left: str, right: str) -> Iterator[str]:
        space = self.width - cell_len(left) - cell_len(right) - 2
        if space >= 3:
            rule = self.paint("dim", f"{'─' * space} {right}")
            yield f"{self.paint('bold', left)} {rule}"
        else:  # a long path stays in one piece, so that it can be copied
            yield self.paint("bold", left)
            yield self.paint("dim", f"{'─' * (self.width - cell_len(right) - 1)} {right}")

    def message(self, finding: Finding, place: str, columns: tuple[int, int]) -> Iterator[str]:
        """Where, how bad and what, in three columns."""
        severity = finding.severity.value
        margin = sum(columns) + 6
        text = self.wrap(_show(finding.message), self.width - margin)
        place = self.paint("bold", place.rjust(columns[0]))
        space = " " * (columns[1] - len(severity))
        yield f"  {place}  {self.paint(severity, severity)}{space}  {text[0]}"
        for line in text[1:]:
            yield " " * margin + line

    def phrase(self, finding: Finding, excerpts: _Excerpts) -> Iterator[str]:
        """The phrase in its sentence, underlined, and right below it what to write instead."""
        severity = finding.severity.value
        suggestions = [_show(s.text) for s in finding.suggestions[:SUGGESTIONS]]
        widest = max((cell_len(s) for s in suggestions), default=0)
        excerpt, tail = excerpts.around(finding, self.room, widest)
        before = cell_len(excerpt.before)
        margin, phrase = " " * INDENT, self.paint(severity, excerpt.phrase)
        yield f"{margin}{excerpt.before}{phrase}{excerpt.after}"
        wide = cell_len(excerpt.phrase)
        yield margin + " " * before + self.paint(severity, "~" * wide if wide else "^")

        for number, suggestion in enumerate(suggestions):
            label = self.paint("fix", ("or:" if number else "fix:").rjust(INDENT - 1)) + " "
            text = suggestion or "(delete)"
            if before + cell_len(text) > self.room:
                lines = self.wrap(text, self.room)
                yield label + self.paint("fix", lines[0])
                for line in lines[1:]:
                    yield margin + self.paint("fix", line)
            elif number or not suggestion:
                yield label + " " * before + self.paint("fix", text)
            else:
                after = tail(self.room - before - cell_len(text))
                dim = self.paint("dim", excerpt.before), self.paint("dim", after)
                yield label + dim[0] + self.paint("fix", text) + dim[1]
        more = len(finding.suggestions) - SUGGESTIONS
        if more > 0:
            yield margin + " " * before + self.paint("dim", f"and {more} more")

    def origin(self, finding: Finding) -> Iterator[str]:
        """Rule and confidence; the first time that a rule comes up, also how to silence it."""
        rule = _show(finding.rule)
        confidence = f"confidence {100 * finding.confidence:.0f} %"
        lines = [f"{rule} · {confidence}"]
        if rule not in self.rules:
            self.rules.add(rule)
            silence = f"to silence: --disable {rule}"
            whole, short = f"{lines[0]} · {silence}", f"{confidence} · {silence}"
            fitting = [line for line in (whole, short) if INDENT + cell_len(line) <= self.width]
            lines = fitting[:1] or [*lines, silence]
        if finding.gain is not None:
            lines.append(f"to a language model the fix is {_times(finding.gain)} as likely")
        lines += [f"{WITNESSES[name]} flags it too" for name in finding.also]
        for line in lines:
            yield " " * INDENT + self.paint("dim", line)

    def facts(self, document: DocumentReport, margin: str) -> Iterator[str]:
        """What there is to say of a document as a whole."""
        verdict = document.machine_translated
        if verdict.verdict is not None:
            if verdict.verdict:
                evidence = ", ".join(map(_show, verdict.evidence))
                line = f"Reads as machine translated: probability {verdict.probability:.2f}"
                line += f", for: {evidence}." if evidence else "."
            else:
                line = "Does not read as machine translated."
            yield from self.lines(line, margin, "bold" if verdict.verdict else "dim")
        if document.is_short and document.words:
            line = f"Short text: under {SHORT_TEXT} words, its score says little."
            yield from self.lines(line, margin, "dim")
        for note in document.document.notes:
            yield from self.lines(f"Note: {_show(note)}", margin, "dim")

    def summary(self, report: Report) -> Iterator[str]:
        documents, count = report.documents, report.findings
        if not documents:
            yield "There was nothing to check."
        elif not count:
            yield from self.clean(report)
        else:
            yield self.paint("dim", "─" * self.width)
            yield from self.lines(_totals(report))
            if len(documents) == 1:
                yield from self.facts(documents[0], "")
        if len(documents) > 1:
            translated = sum(d.machine_translated.verdict is True for d in documents)
            if translated:
                s = "s" if translated == 1 else ""
                yield from self.lines(f"{translated} of {len(documents)} read{s} as machine translated.")
            for document in documents:
                if not document.findings:
                    for note in document.document.notes:
                        yield from self.lines(f"Note: {_show(document.path)}: {_show(note)}", style="dim")
        if report.left_out:
            yield from self.lines(f"Left out: {', '.join(_left_out(report))}.", style="dim")
        for note in report.notes:
            yield from self.lines(f"Note: {_show(note)}", style="dim")
        if count:
            safe = sum(any(s.safe for s in f.suggestions) for d in documents for f in d.findings)
            if safe:
                which, them = ("1 has", "it") if safe == 1 else (f"{safe:,} have", "them")
                yield from self.lines(f"{which} a safe fix: --fix applies {them}, --diff shows {them}.")
            unconfirmed = "Findings are unconfirmed: they mark phrases, not authors."
            yield from self.lines(unconfirmed, style="dim")
        if report.failed:
            yield from self.lines(f"Failed: {'; '.join(_reasons(report))}.", style="bad")
        elif count:
            yield from self.lines(_passed(report.gate), style="good")

    def clean(self, report: Report) -> Iterator[str]:
        documents = report.documents
        words = sum(d.words for d in documents)
        if len(documents) == 1:
            what = _show(documents[0].path)
            text = f"{what} reads well: nothing found in {_words(words)}."
            if not words:
                text = f"{what} has no words to check."
            yield from self.lines(text, style="good" if words else "bold")
            yield from self.facts(documents[0], "")
        else:
            text = f"All {len(documents)} documents read well: nothing found in {_words(words)}."
            yield from self.lines(text, style="good")

    def lines(self, text: str, margin: str = "", style: str | None = None) -> Iterator[str]:
        """Text wrapped into lines, all in one style."""
        for line in self.wrap(text, self.width - len(margin)):
            yield margin + (self.paint(style, line) if style else line)

    @staticmethod
    def wrap(text: str, width: int) -> list[str]:
        """Text in lines of at most ``width`` cells, cut at spaces, or inside a word that is wider."""
        lines: list[str] = []
        line, used = "", 0
        for word in text.split(" "):
            size = cell_len(word)
            if line and used + 1 + size <= width:
                line, used = f"{line} {word}", used + 1 + size
                continue
            if line:
                lines.append(line)
            while size > width:
                head = _head(word, width)
                lines.append(head)
                word, size = word[len(head) :], size - cell_len(head)
            line, used = word, size
        return [*lines, line]


def _show(text: str) -> str:
    """Text from outside as one line that is safe to print."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    return printable(_BREAK.sub(" ", text).replace("\t", " "))


def _words(count: int) -> str:
    return _count(count, "word")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _totals(report: Report) -> str:
    documents = report.documents
    by_severity = ", ".join(f"{count:,} {severity.value}" for severity, count in report.by_severity.items())
    findings = f"{_count(report.findings, 'finding')}: {by_severity}"
    if len(documents) == 1:
        return f"{findings} · {_words(documents[0].words)} · score {documents[0].score:g}"
    hit = sum(bool(d.findings) for d in documents)
    lowest = min(d.score for d in documents)
    where = f"in {hit:,} of {_count(len(documents), 'document')}"
    return f"{findings} · {where} · lowest score {lowest:g}"


def _left_out(report: Report) -> Iterator[str]:
    where = {"suppressed": "suppressed in the text", "baselined": "in the baseline", "unchanged": "on unchanged lines"}
    for why, number in report.left_out.items():
        yield f"{_count(number, 'finding')} {where[why]}"


def _reasons(report: Report) -> Iterator[str]:
    """Why the gate fails the run."""
    gate, documents = report.gate, report.documents
    if gate.fail_on is not None:
        count = Counter(f.severity for d in documents for f in d.findings if f.severity >= gate.fail_on)
        if count:
            kinds = [f"{count[s]:,} {s.value}" for s in reversed(Severity) if count[s]]
            noun = "finding" if count.total() == 1 else "findings"
            yield f"{' and '.join(kinds)} {noun}, gate is at {gate.fail_on.value}"
    if gate.min_score is not None:
        low = [d for d in documents if d.score < gate.min_score]
        if low and len(documents) == 1:
            yield f"score {low[0].score:g} is below {gate.min_score:g}"
        elif low:
            verb = "scores" if len(low) == 1 else "score"
            yield f"{_count(len(low), 'document')} {verb} below {gate.min_score:g}"


def _passed(gate: Gate) -> str:
    reasons = []
    if gate.fail_on is not None:
        above = " or above" if gate.fail_on is not Severity.CRITICAL else ""
        reasons.append(f"no {gate.fail_on.value} finding{above}")
    if gate.min_score is not None:
        reasons.append(f"no score below {gate.min_score:g}")
    return f"Passed: {', '.join(reasons)}." if reasons else "Passed: no gate is set."


class _Excerpts:
    """Finds the sentence around a finding: as a reader sees it where possible, else as in the file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.segments = sorted((s for s in document.segments if s.runs), key=_first)
        self.starts = [_first(s) for s in self.segments]

    def around(self, finding: Finding, room: int, replacement: int) -> tuple[Excerpt, Callable[[int], str]]:
        """A finding's excerpt of at most ``room`` cells, which leaves room for a ``replacement`` of that
        many cells, and a function that gives the text after it in as many cells as it is told."""
        text, start, end, low, high = self._place(finding)
        reach = 3 * room
        left, cut_left = _before(text, start, low, reach)
        right, cut_right = _after(text, start, end, high, reach)
        phrase = _phrase(text, start, end, room - 4)
        size = max(cell_len(phrase), replacement if replacement <= room * 2 // 3 else 0, 1)
        rest = max(room - size, 4)
        wanted_right = cell_len(right) + (2 if cut_right else 0)
        before = _tail(left, max(rest - wanted_right, rest * 3 // 5), cut_left)
        rest = max(room - cell_len(before) - max(cell_len(phrase), 1), 2)

        def tail(cells: int) -> str:
            return _lead(right, cells, cut_right)

        return Excerpt(before, phrase, tail(rest)), tail

    def _place(self, finding: Finding) -> tuple[str, int, int, int, int]:
        """The text to cut from, the phrase in it, and the bounds of its paragraph."""
        start, end = finding.start, finding.end
        i = bisect_right(self.starts, start) - 1
        if i >= 0:
            segment = self.segments[i]
            a = _in_segment(segment, start)
            b = a if end == start else _in_segment(segment, end - 1)
            if a is not None and b is not None:
                return segment.text, a, b if end == start else b + 1, 0, len(segment.text)
        return self.document.text, start, end, 0, len(self.document.text)


def _first(segment: Segment) -> int:
    return segment.runs[0].document_start


def _in_segment(segment: Segment, offset: int) -> int | None:
    """Where the original's code point stands in the segment, None where a reader does not see it."""
    i = bisect_right(segment.runs, offset, key=lambda run: run.document_start) - 1
    if i < 0:
        return None
    run = segment.runs[i]
    inside = offset - run.document_start
    return run.segment_start + inside if inside < run.length else None


def _before(text: str, start: int, low: int, reach: int) -> tuple[str, bool]:
    """The sentence up to ``start``, printable, and whether there is more of it."""
    begin = max(low, start - reach)
    window, cut = text[begin:start], begin > low
    for m in _PARAGRAPH.finditer(window):
        window, cut = text[begin + m.end() : start], False
    ends = [m.end() for m in _SENTENCE.finditer(window + text[start : start + 4]) if m.end() <= len(window)]
    if ends:
        window, cut = window[ends[-1] :], False
    return _one_line(window).lstrip(" "), cut


def _after(text: str, start: int, end: int, high: int, reach: int) -> tuple[str, bool]:
    """The rest of the sentence from ``end`` on, printable, and whether there is more of it."""
    stop = min(high, end + reach)
    window, cut = text[end:stop], stop < high
    if m := _PARAGRAPH.search(window):
        window, cut = window[: m.start()], False
    lead = text[max(start, end - 8) : end]
    for m in _SENTENCE.finditer(lead + window):
        if m.end() >= len(lead):
            window, cut = window[: m.end() - len(lead)], False
            break
    return _one_line(window).rstrip(" "), cut


def _one_line(text: str) -> str:
    return printable(_BREAK.sub(" ", text).replace("\t", " "))


def _phrase(text: str, start: int, end: int, room: int) -> str:
    """The phrase on one line, ``↵`` for a line break; the middle cut where it is wider than ``room``."""
    long = end - start > 6 * room
    pieces = (text[start : start + 3 * room], text[end - 3 * room : end]) if long else (text[start:end],)
    shown = [printable(_BREAK.sub(" ↵ ", piece).replace("\t", " ")) for piece in pieces]
    if not long and cell_len(shown[0]) <= room:
        return shown[0]
    half = (room - 3) // 2
    head = _lead(shown[0], half + 2, True).removesuffix("…").rstrip(" ")
    tail = _tail(shown[-1], half + 2, True).removeprefix("…").lstrip(" ")
    return f"{head} … {tail}"


def _clusters(text: str | Iterable[str]) -> Iterator[str]:
    """Characters with the marks that combine with them."""
    cluster = ""
    for c in text:
        flag = len(cluster) == 1 and all("\U0001f1e6" <= half <= "\U0001f1ff" for half in (cluster, c))
        mark = cluster and (not cell_len(c) or "\U0001f3fb" <= c <= "\U0001f3ff")
        if flag or mark:
            cluster += c
        else:
            if cluster:
                yield cluster
            cluster = c
    if cluster:
        yield cluster


def _head(text: str, cells: int) -> str:
    """As much of the beginning as fits, at least one character; marks stay with their letters."""
    head: list[str] = []
    for cluster in _clusters(islice(text, 8 * cells)):
        cells -= cell_len(cluster)
        if cells < 0 and head:
            break
        head.append(cluster)
    return "".join(head)


def _lead(text: str, cells: int, more: bool) -> str:
    """The beginning in at most ``cells`` cells, cut after a word, with ``…`` where anything is left out."""
    if not more and cell_len(text) <= cells:
        return text
    if cells < 2:
        return "…" if text and cells == 1 else ""
    head = text if cell_len(text) <= cells - 2 else _head(text, cells - 2)
    if len(head) < len(text) and text[len(head)] != " ":
        space = head.rfind(" ")
        if space < 0 and head.strip() and len(head) > 12:
            return f"{head}…"
        head = head[: space + 1] if space >= 0 else ""
    head = head.rstrip(" ")
    return f"{head} …"


def _tail(text: str, cells: int, more: bool) -> str:
    """The end in at most ``cells`` cells, cut before a word, with ``…`` where anything is left out."""
    if not more and cell_len(text) <= cells:
        return text
    if cells < 2:
        return "…" if text and cells == 1 else ""
    tail = text
    if cell_len(text) > cells - 2:
        kept: list[str] = []
        left = cells - 2
        for cluster in reversed(list(_clusters(text[-8 * cells :]))):
            left -= cell_len(cluster)
            if left < 0:
                break
            kept.append(cluster)
        tail = "".join(reversed(kept))
        if len(tail) < len(text) and text[-len(tail) - 1] != " ":
            space = tail.find(" ")
            if space < 0 and len(tail) > 12:
                return f"…{tail}"
            tail = tail[space:] if space >= 0 else ""
    tail = tail.lstrip(" ") if tail.strip() else ""
    return f"… {tail}"


def _times(bits: float) -> str:
    """A gain in bits as a reader understands it."""
    return f"{2**bits:,.0f} times" if bits < 20 else "over a million times"
