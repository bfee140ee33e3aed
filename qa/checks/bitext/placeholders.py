"""Placeholders, tags, addresses: what a translation must carry over as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from qa.checks.bitext.pair import Pair
from qa.finding import Finding

PLACEHOLDER = "bitext/placeholder"
TAG = "bitext/tag"
ADDRESS = "bitext/address"

_PLACEHOLDER = re.compile(
    r"%\([A-Za-z_]\w*\)[sdifr]|%\{[A-Za-z_]\w*\}|(?<![\d%])%(?:\d\$)?[-+0#]?\d*(?:\.\d+)?(?:ll?|hh?|z)?[sdiufxXcg@](?![A-Za-z])"
    r"|(?<![\d%])%\d(?!\d|\$)|\$\{[^{}\s]{1,60}\}|\{\{[^{}\n]{1,60}\}\}|\{(?:\d{1,2}|[A-Za-z_][\w.]{0,40})(?:![rsa])?(?::[^{}\s]{0,20})?\}"
)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]{0,30}|\d{1,2})((?:\s[^<>]{0,300})?)(/?)>")
_MAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"“”«»（）「」，。]+")
_TAIL = re.compile(r"[.,;:!?')\]]+$")
_HOST = re.compile(r"(?:https?://)?(?:www\.|[a-z]{2}\.)?([^/?#]+)")


class _Found(NamedTuple):
    key: str
    text: str
    start: int
    end: int


def find(pair: Pair) -> Iterator[Finding]:
    """What was lost, changed or invented of them."""
    yield from _compare(pair, PLACEHOLDER, _placeholders(pair.source), _placeholders(pair.passage.segment.text))
    yield from _compare(pair, TAG, _tags(pair.source), _tags(pair.passage.segment.text))
    yield from _inline(pair)
    yield from _compare(pair, ADDRESS, _addresses(pair.source), _addresses(pair.passage.segment.text))


def _placeholders(text: str) -> list[_Found]:
    return [_Found(m[0], m[0], *m.span()) for m in _PLACEHOLDER.finditer(text)]


def _tags(text: str) -> list[_Found]:
    return [_Found(f"{m[1]}{m[2].lower()}", m[0], *m.span()) for m in _TAG.finditer(text)]


def _addresses(text: str) -> list[_Found]:
    found = [
        _Found(m[0].lower().rstrip("."), m[0].rstrip("."), m.start(), m.start() + len(m[0].rstrip(".")))
        for m in _MAIL.finditer(text)
    ]
    for match in _URL.finditer(text):
        shown = _TAIL.sub("", match[0])
        host = _HOST.match(shown.lower())
        found.append(_Found(host[1] if host else shown, shown, match.start(), match.start() + len(shown)))
    return found


def _compare(pair: Pair, rule: str, theirs: list[_Found], ours: list[_Found]) -> Iterator[Finding]:
    if not pair.rulebook.is_enabled(rule) or (not theirs and not ours):
        return
    lost, new = _unmatched(theirs, ours), _unmatched(ours, theirs)
    if rule == ADDRESS:
        # A link of the translator's own, to the English page say, is nobody's mistake.
        new = new[: len(lost)]
    elif rule == TAG and not theirs:
        return
    for other in new:
        missing = lost.pop(0) if lost else None
        fixes = [missing.text] if missing else [""]
        problem = f"is “{missing.text}” in the source" if missing else "is not in the source"
        yield pair.mark(rule, other.start, other.end, fixes, groups={"problem": f"“{other.text}” {problem}"})
    for other in lost:
        start, end = pair.near(other.start)
        yield pair.mark(rule, start, end, groups={"problem": f"“{other.text}” of the source is missing"})


def _unmatched(these: list[_Found], those: list[_Found]) -> list[_Found]:
    count = Counter(f.key for f in those)
    out = []
    for found in these:
        if count[found.key]:
            count[found.key] -= 1
        else:
            out.append(found)
    return out


def _inline(pair: Pair) -> Iterator[Finding]:
    """Inline elements of XLIFF and TMX."""
    segment = pair.passage.segment
    if not pair.rulebook.is_enabled(TAG) or segment.tags == segment.source_tags:
        return
    lost = Counter(segment.source_tags) - Counter(segment.tags)
    new = Counter(segment.tags) - Counter(segment.source_tags)
    problems = [
        *(f"<{tag}> of the source is missing" for tag in lost),
        *(f"<{tag}> is not in the source" for tag in new),
    ]
    if problems:
        yield pair.mark(TAG, *pair.near(len(pair.source)), groups={"problem": "; ".join(problems)})
