"""What a text itself says need not be reported.

Comments speak to mtqa: ``mtqa: VERB RULE, RULE -- reason``. Rules are rule ids, families or ``all``; the verb says
where: ``ignore`` to the end of the block that it stands in or before, ``ignore-line``, ``ignore-next-line``,
``ignore-file``, ``off`` until ``on``. Readers find the comments (``Document.comments``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from qa.display import printable
from qa.document import Comment, Document
from qa.errors import did_you_mean
from qa.finding import Finding

ALL = "all"
VERBS = ("ignore", "ignore-line", "ignore-next-line", "ignore-file", "off", "on")

_SAID = re.compile(r"mtqa:\s*([\w-]*)(.*?)(?:\s--\s.*|\s--)?\Z", re.DOTALL)
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
# What may stand between a comment and the block that it speaks of, quotation marks of Markdown among it.
_BETWEEN = re.compile(r"(?:[ \t>]*(?:\r\n|\r|\n))*")
_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t>]*(?=\r|\n|\Z)|\Z")


@dataclass(slots=True)
class Suppression:
    """Findings of the rule or family ``name`` that touch ``start`` to ``end`` (code points) are not reported."""

    name: str
    start: int
    end: int
    line: int
    used: bool = False

    def covers(self, finding: Finding) -> bool:
        return finding.start < self.end and self.start < finding.end and names(self.name, finding.rule)


@dataclass(frozen=True, slots=True)
class Applied:
    """The findings that are left, how many are not, and what is wrong with the comments."""

    findings: tuple[Finding, ...]
    suppressed: int = 0
    notes: tuple[str, ...] = ()


def names(name: str, rule: str) -> bool:
    """Whether a name, as users write it, means this rule: its id, its family, or ``all``."""
    return name in (ALL, rule) or rule.startswith(f"{name}/")


def apply(
    document: Document, findings: Sequence[Finding], rules: Collection[str], was_looked_for: Callable[[str], bool]
) -> Applied:
    """The findings without those that the document's comments suppress.

    ``rules``: every id there is. ``was_looked_for`` says whether this run could have found anything for a name: only
    then is it worth a note that a comment suppresses nothing.
    """
    if not document.comments:
        return Applied(tuple(findings))
    reading = _Reading(document, rules)
    left = []
    for finding in findings:
        covering = [s for s in reading.suppressions if s.covers(finding)]
        for suppression in covering:
            suppression.used = True
        if not covering:
            left.append(finding)
    for suppression in reading.suppressions:
        if not suppression.used and was_looked_for(suppression.name):
            reading.note(suppression.line, f"suppresses nothing: there is no finding of {printable(suppression.name)}")
    notes = tuple(f"line {line}: {text}" for line, text in sorted(reading.notes))
    return Applied(tuple(left), len(findings) - len(left), notes)


@dataclass(slots=True)
class _Reading:
    """A document's comments, understood."""

    document: Document
    rules: Collection[str]
    suppressions: list[Suppression] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        is_open: dict[str, Suppression] = {}
        for comment in sorted(self.document.comments, key=lambda c: c.start):
            said = _SAID.match(comment.text)
            verb, rest = (said[1], said[2]) if said else ("", "")
            line = self.document.position(comment.start)[0]
            if verb not in VERBS:
                hint = did_you_mean(verb, VERBS) or f"; there are {', '.join(VERBS)}"
                self.note(line, f"“mtqa: {printable(verb)}” says nothing{hint}")
                continue
            named = list(self._known(line, _NAME.findall(rest)))
            if verb == "on":
                self._close(comment, line, named or list(is_open), is_open)
                continue
            if not named and not _NAME.search(rest):
                self.note(line, f"“mtqa: {verb}” names no rule; “{verb} all” would mean every one")
            for name in named:
                suppression = Suppression(name, *self._range(verb, comment), line)
                self.suppressions.append(suppression)
                if verb == "off":
                    is_open[name] = suppression

    def note(self, line: int, text: str) -> None:
        self.notes.append((line, text))

    def _known(self, line: int, named: Sequence[str]) -> Iterator[str]:
        for name in named:
            if name == ALL or any(names(name, rule) for rule in self.rules):
                yield name
            else:
                self.note(line, f"there is no rule {printable(name)}{did_you_mean(name, self.rules)}")

    def _close(self, comment: Comment, line: int, named: Sequence[str], is_open: dict[str, Suppression]) -> None:
        if not named:
            self.note(line, "“mtqa: on” switches nothing on: nothing is off here")
        for name in named:
            if name in is_open:
                is_open.pop(name).end = comment.start
            else:
                self.note(line, f"“mtqa: on” switches nothing on: {printable(name)} is not off here")

    def _range(self, verb: str, comment: Comment) -> tuple[int, int]:
        text = self.document.text
        if verb == "ignore-file":
            return 0, len(text)
        if verb == "off":
            return comment.end, len(text)
        if verb == "ignore":
            return comment.start, _end(_BLANK_LINE, text, _end(_BETWEEN, text, comment.end))
        if verb == "ignore-line":
            first = self.document.position(comment.start)[1] - 1
            return comment.start - first, _start(_LINE_END, text, comment.end)
        next_line = _end(_LINE_END, text, comment.end)
        return next_line, _start(_LINE_END, text, next_line)


def _start(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.search(text, at)
    return match.start() if match else len(text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.search(text, at)
    return match.end() if match else len(text)
