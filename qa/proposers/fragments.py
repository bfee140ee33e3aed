"""Phrases torn by a stray full stop or hyphen, put together again in every way that may have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.proposers import Proposal, Reading

_TORN = re.compile(
    r"(?<![\w'-])(?P<before>(?:(?:[A-Za-z][\w'-]* ){0,3})?(?P<noun>[A-Za-z][\w'-]*))"
    r"\. ?(?P<hyphen>-?)(?P<after>[a-z][\w'-]*)(?P<stop>\.(?!\w))?(?P<more>(?: [A-Za-z][\w'-]*){0,2})"
)
_WORD = re.compile(r"[\w'-]+")
_CLOSED = "the a an this that these those its his her their our my your of in to for with on at by from and or"
_ARTICLES = frozenset(_CLOSED.split())


def propose(reading: Reading) -> Iterator[Proposal]:
    """Joined as they stand; the stranded word before its noun, or before the words that belong to the noun."""
    rule = reading.rule("fragment")
    if rule is None:
        return
    text = reading.passage.text
    for match in _TORN.finditer(text):
        noun, after = match["noun"], match["after"]
        if reading.rulebook.belongs(noun, ("abbreviation",)) or len(noun) < 2:
            continue
        start, end = match.start("noun"), match.end("after")
        stop = match["stop"] or ""
        fixes = [f"{noun} {after}{stop}", f"{after} {noun}{stop}"]
        if match["hyphen"]:
            fixes.insert(0, f"{noun}-{after}{stop}")
        full = start, end + len(stop)
        for fix in _capitals(reading, after, fixes):
            yield Proposal(rule, *full, (fix,), rule.margin)
        # “the large tournament. of the year” is whole; “oil workers. striking” belongs before “oil”.
        words = list(_WORD.finditer(match["before"]))
        for i in range(len(words) - 2, -1, -1):
            if words[i][0].lower() in _ARTICLES:
                break
            lead = text[match.start("before") + words[i].start() : match.end("noun")]
            begin = match.start("before") + words[i].start()
            for fix in _capitals(reading, after, [f"{after} {lead}{stop}"]):
                yield Proposal(rule, begin, full[1], (fix,), rule.margin)
        # The words behind the stranded one may belong to it: “cost. high of living”.
        more = list(_WORD.finditer(match["more"])) if not stop else []
        if more:
            extra = match["more"][: more[0].end()]
            yield Proposal(rule, start, end + len(extra), (f"{after}{extra} {noun}",), rule.margin)


def _capitals(reading: Reading, word: str, fixes: list[str]) -> list[str]:
    """The same with the capital that the dictionary gives the word (western, Western)."""
    try:
        proper = reading.rulebook.value("proper-adjective", word)
    except KeyError:
        return fixes
    return [*fixes, *(f.replace(word, proper) for f in fixes)]
