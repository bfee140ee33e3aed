"""How good the checker is on text that people annotated: what it found, what it missed, what it should not have said.

A mark counts as found where a finding touches it that is not more than twice as long and three words; as fixed where
the first suggestions of the findings that touch it, applied, give one of its wordings. A finding is right where it
touches a mark. Case, the shape of quotation marks and a final full stop do not count.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qa.annotated import Annotated, Mark
from qa.document import WORD
from qa.finding import Finding, Severity
from qa.fixes import apply
from qa.judge import Report

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Words:
    """Words by whether they were marked and flagged."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    def __add__(self, other: Words) -> Words:
        return Words(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
            self.true_negative + other.true_negative,
        )

    @property
    def total(self) -> int:
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative

    @property
    def marked(self) -> int:
        return self.true_positive + self.false_negative

    @property
    def precision(self) -> float | None:
        return share(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float | None:
        return share(self.true_positive, self.marked)

    @property
    def f1(self) -> float | None:
        """F1 of the marked words."""
        return share(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def f1_unmarked(self) -> float | None:
        """F1 of the words that are right."""
        return share(2 * self.true_negative, 2 * self.true_negative + self.false_positive + self.false_negative)

    @property
    def mcc(self) -> float:
        """Matthews correlation coefficient, -1 to 1; 0 where it is undefined: all words alike, or none."""
        tp, fp, fn, tn = self.true_positive, self.false_positive, self.false_negative, self.true_negative
        below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        return (tp * tn - fp * fn) / below if below else 0.0


@dataclass(slots=True)
class Found:
    """Marks of a kind: all, found, those for which fixes are known, and fixed."""

    marks: int = 0
    found: int = 0
    fixable: int = 0
    fixed: int = 0

    def add(self, mark: Mark, is_found: bool, is_fixed: bool) -> None:
        self.marks += 1
        self.found += is_found
        self.fixable += bool(mark.fixes)
        self.fixed += is_fixed

    @property
    def recall(self) -> float | None:
        return share(self.found, self.marks)

    @property
    def fixed_share(self) -> float | None:
        return share(self.fixed, self.fixable)


@dataclass(slots=True)
class Said:
    """Findings of a kind: all, and those that touch a mark."""

    findings: int = 0
    right: int = 0

    def add(self, is_right: bool) -> None:
        self.findings += 1
        self.right += is_right

    @property
    def precision(self) -> float | None:
        return share(self.right, self.findings)


@dataclass(frozen=True, slots=True)
class Missed:
    """A mark that was not found, or was found and not fixed; ``now``: what the suggestions made of it, if any."""

    text: Annotated
    mark: Mark
    now: str | None = None


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A finding that touches no mark."""

    text: Annotated
    finding: Finding


@dataclass(slots=True)
class Evaluation:
    """Counts over all texts. ``by_category``, ``by_severity``: marks by the annotators' words for them; ``by_rule``,
    ``by_reported_category``: findings by mtqa's.
    """

    signature: str
    texts: int = 0
    running_words: int = 0
    unplaced: int = 0
    marks: Found = field(default_factory=Found)
    findings: Said = field(default_factory=Said)
    words: Words = field(default_factory=Words)
    by_category: dict[str, Found] = field(default_factory=dict)
    by_severity: dict[str, Found] = field(default_factory=dict)
    by_rule: dict[str, Said] = field(default_factory=dict)
    by_reported_category: dict[str, Said] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)
    unfixed: list[Missed] = field(default_factory=list)
    false: list[FalseAlarm] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def f1(self) -> float | None:
        """F1 of marks found and findings that are right."""
        precision, recall = self.findings.precision, self.marks.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    @property
    def false_per_1000_words(self) -> float | None:
        return share(1000 * (self.findings.findings - self.findings.right), self.running_words)


def share(part: int, whole: int) -> float | None:
    """``part / whole``, None of nothing."""
    return part / whole if whole else None


def evaluate(texts: Sequence[Annotated], report: Report) -> Evaluation:
    """What ``report``, on the documents of ``texts`` in their order, found of their marks."""
    result = Evaluation(report.signature, notes=report.notes)
    for text, judged in zip(texts, report.documents, strict=True):
        _add(result, text, judged.findings)
        result.running_words += judged.words
    return result


def select(texts: Iterable[Annotated], *, min_severity: Severity | None = None, min_raters: int = 1) -> list[Annotated]:
    """The texts with fewer marks: those of at least a severity, and of places that enough annotators marked.

    A mark whose severity is none of MQM's is kept. With ``min_raters`` the marks become those runs of words that at
    least so many raters marked; each has the category and the severity that were given most often there.
    """
    out = []
    for text in texts:
        marks = [m for m in text.marks if min_severity is None or _severity(m, min_severity) >= min_severity]
        if min_raters > 1:
            marks = _agreed(text, marks, min_raters)
        out.append(Annotated(text.document, tuple(marks), text.words, text.lines, text.unplaced))
    return out


def _severity(mark: Mark, default: Severity) -> Severity:
    return Severity(mark.severity.lower()) if mark.severity.lower() in set(Severity) else default


def _agreed(text: Annotated, marks: Sequence[Mark], raters: int) -> list[Mark]:
    """A mark for each run of words that so many raters marked."""
    runs: list[list[Span]] = []
    touching: list[list[Mark]] = []
    last = False
    for start, end in _words(text):
        over = [m for m in marks if m.start < end and start < m.end]
        agreed = len({m.rater for m in over}) >= raters
        if agreed and last:
            runs[-1].append((start, end))
            touching[-1] += over
        elif agreed:
            runs.append([(start, end)])
            touching.append(over)
        last = agreed
    out = []
    for run, over in zip(runs, touching, strict=True):
        category = Counter(m.category for m in over).most_common(1)[0][0]
        severity = Counter(m.severity for m in over).most_common(1)[0][0]
        out.append(Mark(run[0][0], run[-1][1], category, severity))
    return out


def _add(result: Evaluation, text: Annotated, findings: Sequence[Finding]) -> None:
    result.texts += 1
    result.unplaced += text.unplaced
    for mark in text.marks:
        touching = [f for f in findings if f.start < mark.end and mark.start < f.end]
        longest = 2 * max(1, _count(text, mark.start, mark.end)) + 3
        is_found = any(_count(text, f.start, f.end) <= longest for f in touching)
        now = _after(text.document.text, mark, touching)
        is_fixed = is_found and now is not None and _is_accepted(text.document.text, mark, now)
        for kind in (
            result.marks,
            result.by_category.setdefault(mark.category, Found()),
            result.by_severity.setdefault(mark.severity.lower(), Found()),
        ):
            kind.add(mark, is_found, is_fixed)
        if not is_found:
            result.missed.append(Missed(text, mark))
        elif mark.fixes and not is_fixed:
            result.unfixed.append(Missed(text, mark, now[1] if now else None))
    for finding in findings:
        is_right = any(finding.start < m.end and m.start < finding.end for m in text.marks)
        for said in (
            result.findings,
            result.by_rule.setdefault(finding.rule, Said()),
            result.by_reported_category.setdefault(finding.category, Said()),
        ):
            said.add(is_right)
        if not is_right:
            result.false.append(FalseAlarm(text, finding))
    spans = _words(text)
    marked = touched(spans, [(m.start, m.end) for m in text.marks])
    flagged = touched(spans, [(f.start, f.end) for f in findings])
    both = Counter(zip(marked, flagged, strict=True))
    result.words += Words(both[True, True], both[False, True], both[True, False], both[False, False])


def _words(text: Annotated) -> Sequence[Span]:
    return text.words if text.words is not None else [m.span() for m in WORD.finditer(text.document.text)]


def _count(text: Annotated, start: int, end: int) -> int:
    return sum(1 for _ in WORD.finditer(text.document.text[start:end]))


def touched(words: Sequence[Span], spans: Iterable[Span]) -> list[bool]:
    """For each word, in order, whether one of the spans shares a code point with it."""
    out = [False] * len(words)
    ends = [end for _, end in words]
    for start, end in spans:
        i = bisect_right(ends, start)
        while i < len(words) and words[i][0] < end:
            out[i] = True
            i += 1
    return out


def _after(text: str, mark: Mark, touching: Sequence[Finding]) -> tuple[str, str, str] | None:
    """(what stands before the mark, the place after the fixes, what stands behind the mark), as far as fixes reach."""
    touching = [f for f in touching if f.suggestions]
    if not touching:
        return None
    low = min(mark.start, *(f.start for f in touching))
    high = max(mark.end, *(f.end for f in touching))
    changed = apply(text, touching, unsafe=True)
    return text[low : mark.start], changed[low : high + len(changed) - len(text)], text[mark.end : high]


def _is_accepted(text: str, mark: Mark, after: tuple[str, str, str]) -> bool:
    left, now, right = after
    return any(normal(left + fix + right) == normal(now) for fix in mark.fixes)


_QUOTES = str.maketrans("’‘“”", "''\"\"")


def normal(text: str) -> str:
    """Text as wordings are compared."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(text.split()).lower().rstrip(".")
