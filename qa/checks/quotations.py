"""Double quotation marks that lost their partner, paragraph by paragraph.

A mark opens or closes by its shape (“ ”) or, where it is straight, by what stands beside it. A quotation that runs over
several paragraphs rightly opens each of them and closes only the last: an unclosed paragraph is left alone
where the next one opens again. Single marks are not looked at, since apostrophes look the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.checks.passage import Passage
from qa.document import Document, Kind
from qa.finding import Finding
from qa.rulebook import Rulebook

LOST_BEFORE_SPEAKER = "quotation/lost-before-speaker"
UNCLOSED = "quotation/unclosed"
UNOPENED = "quotation/unopened"
CAPITAL = "quotation/capital-after-quotation"

_MARKS = re.compile(r"[“”„\"]")
_NO_NOUN = "on|in|at|to|after|as|of|when|and|for|from|with|during|before|by|who|that|last|this"
_SPEAKER = (
    rf"(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t|I|[Ww]e|[Tt]he [a-z]+(?: (?!(?:{_NO_NOUN})\b)[a-z]+)?"
    r"|(?:Mr|Mrs|Ms|Dr)\.? [A-Z][\w'’-]+|[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,2})"
)
_OUTCRY = re.compile(r"(?P<last>[\w'’-]+)(?P<end>[!?]) (?:[-–—] ?)?(?P<word>[A-Z][\w'’-]*)")
_PRONOUNS = ("He", "She", "They", "It", "We", "The")
_SMALL = "A An His Her Their And But Has Have Had Is Was Then So This That"
_LOWERED = frozenset([*_PRONOUNS, *_SMALL.split()])
_NEIGHBOURS = 8
"""Paragraphs before and after in which a quotation's other mark is looked for."""
_INCHES = re.compile(r"\d[\"”]")


class _Patterns:
    """What stands after speech, made with the rulebook's lexicon of reporting verbs."""

    def __init__(self, rulebook: Rulebook) -> None:
        saying = rulebook.lexicons["say"]
        # The end of what was said, without its mark, then who said it.
        self.after_speech = re.compile(
            rf"(?P<end>[!?,.…]) (?P<speaker>{_SPEAKER})(?P<says> {saying}\b)"
            rf"|(?P<end2>[!?,…]) (?:[-–—] ?)?(?P<says2>{saying}) (?={_SPEAKER})"
        )
        self.saying = re.compile(rf"{saying}|(?i:\w+ing)")
        self.speaker_capital = re.compile(rf"[!?,…][”\"] (?P<word>{'|'.join(_PRONOUNS)})(?: [a-z]+){{0,2}} {saying}\b")
        self.saying_capital = re.compile(
            rf"[!?,…][”\"] (?P<word>(?=[A-Z]){saying}) (?:[A-Z]|the |he\b|she\b|a |his |her )"
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    at: int
    opens: bool


def find(document: Document, rulebook: Rulebook) -> Iterator[Finding]:
    """Lost marks, and capitals that the loss of a mark left behind."""
    segments = [s for s in document.segments if s.kind is not Kind.TABLE_CELL]
    passages = [Passage.of(document, segment, rulebook, "quotations") for segment in segments]
    texts = [passage.text for passage in passages]
    if not any(_MARKS.search(text) for text in texts):
        return
    patterns = _Patterns(rulebook)
    for number, passage in enumerate(passages):
        around = (texts[max(0, number - _NEIGHBOURS) : number], texts[number + 1 : number + 1 + _NEIGHBOURS])
        yield from _Paragraph(passage, rulebook, patterns, *around).run()


class _Paragraph:
    def __init__(
        self, passage: Passage, rulebook: Rulebook, patterns: _Patterns, before: list[str], after: list[str]
    ) -> None:
        self.passage, self.rulebook, self.patterns = passage, rulebook, patterns
        self.text, self.before, self.after = passage.text, before, after

    def run(self) -> Iterator[Finding]:
        yield from self._capitals()
        if not _MARKS.search(self.text):
            return
        marks = _marks(self.text)
        depth: list[int] = []
        for position, this in enumerate(marks):
            if this.opens:
                if depth:  # a second opening inside an open one: the first was never closed
                    yield from self._unclosed(depth.pop(), this.at)
                depth.append(this.at)
            elif depth:
                depth.pop()
            elif self.text[this.at] != '"':
                yield from self._unopened(this.at, marks[position - 1].at if position else 0)
        if depth and not self._goes_on():
            yield from self._unclosed(depth.pop(), len(self.text))
        elif depth:
            yield from self._unclosed_beyond_doubt(depth.pop())

    def _goes_on(self) -> bool:
        """Whether a following paragraph takes the quotation up again, or closes it."""
        for text in self.after:
            if text.lstrip()[:1] in ("“", '"', "„", "‘", "'"):
                return True
            if marks := _marks(text):
                return not marks[0].opens
        return False

    def _unclosed_beyond_doubt(self, opening: int) -> Iterator[Finding]:
        """A quotation that may go on in the next paragraph, but in which somebody speaks as only a narrator writes."""
        if not self.rulebook.is_enabled(LOST_BEFORE_SPEAKER):
            return
        for match in filter(self._reports, self.patterns.after_speech.finditer(self.text[opening + 1 :])):
            if match["speaker"]:
                sure = match["end"] == "," and match["speaker"].split()[0] in _LOWERED
            else:
                sure = match["says2"][0].isupper()
            if sure:
                yield self._before_speaker(opening, match)
                return

    def _unclosed(self, opening: int, limit: int) -> Iterator[Finding]:
        quoted = self.text[opening + 1 : limit]
        match = next(filter(self._reports, self.patterns.after_speech.finditer(quoted)), None)
        if match and self.rulebook.is_enabled(LOST_BEFORE_SPEAKER):
            yield self._before_speaker(opening, match)
            return
        if (outcry := self._outcry(quoted)) and self.rulebook.is_enabled(LOST_BEFORE_SPEAKER):
            yield self._after_outcry(opening, outcry)
            return
        if not self.rulebook.is_enabled(UNCLOSED) or limit - opening < 3:
            return
        closing = self._closing(opening)
        end = limit
        while end > opening and self.text[end - 1].isspace():
            end -= 1
        # The last word carries the mark: a reader sees there what is missing.
        start = max(self.text.rfind(" ", opening, end) + 1, opening)
        tail = self.text[start:end]
        rule = self.rulebook.rules[UNCLOSED]
        fixes = [tail + closing] if limit == len(self.text) and tail[-1:] in ".!?,…" else []
        yield self.passage.mark(rule, start, end, fixes, groups={"opening": self._excerpt(opening, limit)}, exact=True)

    def _reports(self, match: re.Match[str]) -> bool:
        """Whether the verb is in a form that tells who spoke: “said”, “says”, not “believe it”."""
        verb = (match["says"] or match["says2"]).split()[0]
        return any(self.rulebook.belongs(verb, (form,)) for form in ("verb-past", "verb-third", "verb-gerund"))

    def _closing(self, opening: int) -> str:
        return '"' if self.text[opening] == '"' else "”"

    def _outcry(self, quoted: str) -> re.Match[str] | None:
        """The exclamation or question behind which the narrator goes on: best with a verb (“! Launched …”)."""
        found = list(_OUTCRY.finditer(quoted))
        verbs = [m for m in found if self.rulebook.belongs(m["word"], ("verb-past", "not noun", "not adjective"))]
        return next(iter(verbs or found), None)

    def _after_outcry(self, opening: int, match: re.Match[str]) -> Finding:
        """The mark was lost after an exclamation or question, where translators see the end of a sentence."""
        word = match["word"]
        narrates = self.patterns.saying.fullmatch(word) or self.rulebook.belongs(word, ("verb-past", "not noun"))
        lowered = _inverted(word[0].lower() + word[1:]) if word in _LOWERED or narrates else word
        base = opening + 1
        fix = f"{match['last']}{match['end']}{self._closing(opening)} {lowered}"
        return self.passage.mark(
            self.rulebook.rules[LOST_BEFORE_SPEAKER],
            base + match.start(),
            base + match.end(),
            [fix],
            groups={"speaker": word},
            exact=True,
        )

    def _before_speaker(self, opening: int, match: re.Match[str]) -> Finding:
        closing = self._closing(opening)
        base = opening + 1
        if match["speaker"]:
            speaker, says = match["speaker"], match["says"]
            ending = match["end"]
            first, _, rest = speaker.partition(" ")
            if first in _PRONOUNS:
                speaker = first.lower() + (" " + rest if rest else "")
            said = f"{speaker}{says}"
        else:
            ending, said = match["end2"], _inverted(match["says2"].lower())
        ending = "," if ending == "." else ending
        word = self.text.rfind(" ", opening, base + match.start()) + 1
        start = max(word, opening + 1)
        before = self.text[start : base + match.start()]
        fix = f"{before}{ending}{closing} {said}"
        return self.passage.mark(
            self.rulebook.rules[LOST_BEFORE_SPEAKER],
            start,
            base + match.end("says2" if match["says2"] else "says"),
            [fix],
            groups={"speaker": said},
            exact=True,
        )

    def _unopened(self, closing: int, previous: int) -> Iterator[Finding]:
        if not self.rulebook.is_enabled(UNOPENED) or _INCHES.match(self.text[closing - 1 : closing + 1]):
            return
        start = self.text.rfind(" ", 0, closing) + 1
        # Without a quotation left open in the paragraph before, nothing says where it began.
        if start <= previous or closing - start < 2 or self._continues_earlier():
            return
        rule = self.rulebook.rules[UNOPENED]
        yield self.passage.mark(rule, start, closing + 1, [], exact=True)

    def _continues_earlier(self) -> bool:
        """Whether a paragraph shortly before this one has left a quotation open."""
        for text in reversed(self.before):
            if marks := _marks(text):
                return sum(1 if m.opens else -1 for m in marks) > 0
        return False

    def _capitals(self) -> Iterator[Finding]:
        if not self.rulebook.is_enabled(CAPITAL):
            return
        rule = self.rulebook.rules[CAPITAL]
        for pattern in (self.patterns.speaker_capital, self.patterns.saying_capital):
            for match in pattern.finditer(self.text):
                start, end = match.span("word")
                word = match["word"]
                yield self.passage.mark(
                    rule, start, end, [word[0].lower() + word[1:]], groups={"word": word}, exact=True
                )

    def _excerpt(self, start: int, end: int) -> str:
        words = self.text[start : min(end, start + 60)].split()
        return " ".join(words[:5]) + ("…" if len(words) > 5 else "")


def _inverted(verb: str) -> str:
    """The verb with its speaker behind it: “told Maria” is word for word from elsewhere, English has “said Maria”."""
    return {"told": "said", "tells": "says"}.get(verb, verb)


def _marks(text: str) -> list[_Mark]:
    out: list[_Mark] = []
    for match in _MARKS.finditer(text):
        at, sign = match.start(), match[0]
        if sign == "“":
            # A German closing mark has the shape of an English opening one.
            german = any(text[m.at] == "„" for m in out[-1:])
            behind_stop = text[at - 1 : at] in (".", ",", "!", "?", "…") and text[at + 1 : at + 2] in ("", " ", ",")
            out.append(_Mark(at, opens=not german and not (at and behind_stop)))
        elif sign == "„":
            out.append(_Mark(at, opens=True))
        elif sign == "”":
            if _INCHES.fullmatch(text[max(0, at - 1) : at + 1]):
                continue
            out.append(_Mark(at, opens=False))
        else:
            before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
            if before.isdigit() and not (out and out[-1].opens):
                continue  # inches, seconds
            if before in ('"',) or after in ('"',):
                return []  # doubled marks are another rule's business
            opens = (not before or before.isspace() or before in "([—–-'‘") and bool(after) and not after.isspace()
            closes = bool(before) and not before.isspace()
            if not opens and not closes:
                return []
            out.append(_Mark(at, opens))
    return out
