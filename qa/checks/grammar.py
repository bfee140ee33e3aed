"""What LanguageTool or Harper say of the text, as far as a rule of the family ``grammar`` passes it on.

Raw, such a checker finds seven places in 1,000 words of good news prose that nobody would change. The rules in
rules/en/grammar name the engine's rules that are worth an editor's time, with the share of their findings that was
right on open data; what no rule names is only shown with ``--all``. Spelling is heard only on words that cannot be a
name, a term or a foreign word.
"""

from __future__ import annotations

import copy
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rapidfuzz.distance import DamerauLevenshtein

from qa.checks.consistency import canonical
from qa.checks.passage import Passage, starts_sentence
from qa.document import OBJECT, Document
from qa.errors import MtqaError
from qa.finding import Finding
from qa.grammar import AUTO, ENGINE_NAMES, GRAMMAR, OFF, Engine, GrammarUnavailable, Match, harper, languagetool
from qa.lexicons import word_list
from qa.rulebook import Listed, Rule, Rulebook

if TYPE_CHECKING:
    from qa.config import Settings

SPELLING = "grammar/spelling"

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SMALL = re.compile(r"[a-z\u00df-\u00ff]+")
_SHORT = 5
"""Letters from which on an unknown word is thought to be one, and no abbreviation."""
_PREFIX = re.compile(
    r"^(?:anti|auto|bio|counter|cyber|de|eco|euro|geo|hyper|inter|mega|micro|mid|mini|mis|multi|nano|neo|non|out|over"
    r"|post|pre|pro|pseudo|re|semi|sub|super|tele|trans|ultra|un|under)(?=[a-z]{4})"
)
_LONG = 8
"""Letters from which on a word may differ by two slips from what was meant."""
_NEAR = 2
"""Code points around a match in which a piece of code or an image makes it worthless."""
_AT_ONCE = 4
"""Documents on their way to the engine at a time."""


def create(settings: Settings) -> Grammar | None:
    """The check as the settings want it; None where they, or what is installed, leave nothing to do.

    Raises GrammarUnavailable where an engine is asked for by name and is not to be had.
    """
    wanted = settings.grammar
    named = settings.languagetool_url is not None or "grammar" in settings.checks
    if wanted == AUTO and not named:
        wanted = os.environ.get("MTQA_GRAMMAR") or AUTO
        if wanted not in GRAMMAR:
            raise MtqaError(f"MTQA_GRAMMAR: expected one of {', '.join(GRAMMAR)}")
    if wanted == OFF:
        return None
    if wanted != AUTO:
        return Grammar(wanted, settings, required=True)
    if settings.languagetool_url is None and not languagetool.is_available():
        if harper.is_available():
            return Grammar("harper", settings, required=named)
        if not named:
            return None
    return Grammar("languagetool", settings, required=named)


@dataclass(slots=True)
class _Held:
    """The engine of a run, or that it was given up."""

    engine: Engine | None = None
    silent: bool = False


class Grammar:
    """One engine, started when the first document comes.

    ``notes``: what the report must say of it; a check that was not asked for by name falls silent with a note.
    """

    def __init__(self, engine: str, settings: Settings, *, required: bool) -> None:
        self.notes: list[str] = []
        if languagetool.is_public_api(settings.languagetool_url or ""):
            self.notes.append("the texts were sent to LanguageTool's public service, as languagetool-url says")
        self._name = engine
        self._settings = settings
        self._required = required
        self._held = _Held()
        self._vocabulary = _vocabulary(settings.vocabulary)
        self._pool = ThreadPoolExecutor(_AT_ONCE if engine == "languagetool" else 1, thread_name_prefix="grammar")
        self._ahead: dict[int, Future[list[list[Match]]]] = {}

    def signature(self) -> str:
        """``languagetool:6.8``; where that is the installed one, nothing is started to say so."""
        own = self._name == "languagetool" and self._settings.languagetool_url is None
        if own and self._held.engine is None and not self._held.silent and languagetool.is_available():
            return f"{self._name}:{languagetool.VERSION}"
        engine = self._open()
        return f"{engine.name}:{engine.version}" if engine else f"{self._name}:none"

    @property
    def silent(self) -> bool:
        return self._held.silent

    def view(self, settings: Settings) -> Grammar:
        """The same engine, heard by other rules."""
        other = copy.copy(self)
        other._settings = settings
        return other

    def prepare(self, documents: Sequence[Document]) -> None:
        """Begin to ask the engine about these; its answers are waited for in ``find``."""
        if documents and self._open():
            for document in documents:
                self._ahead[id(document)] = self._pool.submit(self._ask, document)

    def find(self, document: Document, rulebook: Rulebook) -> Iterator[Finding]:
        """The engine's findings that a switched-on rule passes on."""
        ahead = self._ahead.pop(id(document), None)
        try:
            matches = ahead.result() if ahead else self._ask(document)
        except GrammarUnavailable as e:
            self._give_up(e)
            return
        yield from _Reading(document, rulebook, self._name, self._vocabulary, self._settings).findings(matches)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._held.engine is not None:
            self._held.engine.close()

    def _open(self) -> Engine | None:
        if self._held.engine is None and not self._held.silent:
            try:
                if self._name == "harper":
                    self._held.engine = harper.open()
                else:
                    self._held.engine = languagetool.open(
                        self._settings.languagetool_url, self._settings.languagetool_timeout
                    )
            except GrammarUnavailable as e:
                self._give_up(e)
        return self._held.engine

    def _give_up(self, error: GrammarUnavailable) -> None:
        if self._required:
            raise error
        if not self._held.silent:
            self.notes.append(f"grammar not checked: {error}")
        self._held.silent = True

    def _ask(self, document: Document) -> list[list[Match]]:
        engine = self._open()
        if engine is None or self._held.silent:
            return []
        texts = [_plain(segment.text) for segment in document.segments]
        return engine.check(texts, variant(texts))


def _plain(text: str) -> str:
    """A segment as the engine reads it: as long as it is, one line, no half characters."""
    text = re.sub(r"[\n\r\t]", " ", text)
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", text)


def _vocabulary(files: Sequence[str]) -> frozenset[str]:
    """The words of the user's lists, one a line, # for comments."""
    return frozenset(word.lower() for file in files for word in word_list(Path(file)))


# Spellings that only one side of the Atlantic writes.
_OUR = "favou?r|colou?r|labou?r|honou?r|neighbou?r|behaviou?r|harbou?r|rumou?r|humou?r|endeavou?r|armou?r|vapou?r"
_ISE = "organ|real|recogn|critic|emphas|apolog|author|civil|final|general|mobil|modern|normal|privat|stabil"
_BRITISH = re.compile(
    rf"\b(?:\w*(?:{_OUR.replace('?', '')})\w*|(?:{_ISE})is(?:e|es|ed|ing|ation|ations)|\w+(?:yse|ysed|ysing)"
    r"|(?:centre|theatre|metre|kilometre|litre|fibre)s?|defence|offence|programmes?|travell\w+|cancell(?:ed|ing)"
    r"|grey|tyres?|whilst|cheques?|jewellery|plough\w*|aluminium)\b",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    rf"\b(?:(?:{_OUR.replace('u?', '')})(?:s|ed|ing|able|ite|ites|hood|ful)?"
    rf"|(?:{_ISE})iz(?:e|es|ed|ing|ation|ations)|\w+(?:yze|yzed|yzing)"
    r"|(?:center|theater|meter|kilometer|liter|fiber)s?|defense|offense|travel(?:ed|ing|er|ers)|cancel(?:ed|ing)"
    r"|gray|jewelry|plow\w*|aluminum)\b",
    re.IGNORECASE,
)


def variant(texts: Sequence[str]) -> str:
    """``en-GB`` or ``en-US``: whichever the spelling of the text shows more often; American where it shows neither."""
    british = american = 0
    for text in texts:
        british += len(_BRITISH.findall(text))
        american += len(_AMERICAN.findall(text))
    return "en-GB" if british > american else "en-US"


@dataclass(frozen=True, slots=True)
class _Heard:
    """An engine's rule, and the rule of ours that passes it on."""

    rule: Rule
    listed: Listed


def _hearing(rulebook: Rulebook, engine: str) -> dict[str, _Heard]:
    """What a rule of ours passes on, by what it lists; the rules of ours that are switched off pass on nothing."""
    return {
        listed.id: _Heard(rule, listed)
        for rule in rulebook.rules.values()
        if rule.check == "grammar"
        for listed in rule.engines.get(engine, ())
    }


def _keys(match: Match) -> Iterator[str]:
    """How a rule of ours may list this match, most special first: its id, its id's last word, its group, anything."""
    yield match.rule
    yield f"*_{match.rule.rpartition('_')[2]}"
    yield f"{match.group}/*"
    yield "*"


class _Reading:
    """One document's matches, judged."""

    def __init__(
        self, document: Document, rulebook: Rulebook, engine: str, vocabulary: frozenset[str], settings: Settings
    ) -> None:
        self.document, self.rulebook, self.engine, self.vocabulary = document, rulebook, engine, vocabulary
        self.least = 0.0 if settings.all else settings.min_confidence
        self.wanted = {*settings.enable}
        self._heard = _hearing(rulebook, engine)
        self._names: frozenset[str] | None = None
        self._count: Counter[str] = Counter()

    def findings(self, matches: Sequence[Sequence[Match]]) -> Iterator[Finding]:
        for segment, found in zip(self.document.segments, matches, strict=False):
            passage = Passage.of(self.document, segment, self.rulebook, self.engine)
            for match in found:
                if finding := self._finding(passage, match):
                    yield finding

    def _finding(self, passage: Passage, match: Match) -> Finding | None:
        heard = next((self._heard[k] for k in _keys(match) if k in self._heard), None)
        if heard is None or match.start >= match.end or not self.rulebook.is_enabled(heard.rule.id):
            return None
        if heard.listed.confidence < self.least and not {heard.rule.id, heard.rule.family} & self.wanted:
            return None
        text = passage.segment.text
        if OBJECT in text[max(0, match.start - _NEAR) : match.end + _NEAR]:
            return None
        if heard.rule.id == SPELLING and not self._is_misspelt(passage, match):
            return None
        finding = passage.mark(
            heard.rule,
            match.start,
            match.end,
            [_typographic(r, text) for r in match.replacements[:3]],
            groups={"said": match.message.rstrip("."), "engine": ENGINE_NAMES[self.engine], "id": match.rule},
            exact=bool(match.replacements and match.replacements[0]),
        )
        safe = heard.listed.safe and passage.segment.is_contiguous(match.start, match.end)
        return replace(
            finding,
            confidence=heard.listed.confidence,
            suggestions=tuple(replace(s, safe=safe and i == 0) for i, s in enumerate(finding.suggestions)),
        )

    def _is_misspelt(self, passage: Passage, match: Match) -> bool:
        """Whether an unknown word is one that its writer got wrong, and not a name, a term or a foreign word.

        It is written small throughout, stands in the text once and in none of its names, is not made of a known word
        and a prefix, and the best replacement is one word that differs by a slip, not by the Atlantic.
        """
        word = passage.segment.text[match.start : match.end]
        best = match.replacements[0] if match.replacements else ""
        if len(word) < _SHORT or not (_SMALL.fullmatch(word) and _SMALL.fullmatch(best)) or word in self.vocabulary:
            return False
        if passage.text[match.end : match.end + 1] in ("-", ":", "/", "@") or self._is_word(word):
            return False
        if word[0] != best[0] or canonical(word) == canonical(best):
            return False
        slips = DamerauLevenshtein.distance(word, best, score_cutoff=2)
        if slips > (1 if len(word) < _LONG else 2):
            return False
        if self._names is None:
            self._look_around()
        return word not in (self._names or ()) and self._count[word] == 1

    def _is_word(self, word: str) -> bool:
        """Whether mtqa's own dictionary knows it, as it is or behind a prefix."""
        stem = _PREFIX.sub("", word)
        return any(self.rulebook.belongs(w, ("word",)) for w in {word, stem})

    def _look_around(self) -> None:
        """The document's names (words with a capital in mid-sentence), and how often each word stands in it."""
        names: set[str] = set()
        for segment in self.document.segments:
            for match in _WORD.finditer(segment.text):
                word = match[0]
                self._count[word.lower()] += 1
                if word[0].isupper() and not starts_sentence(segment.text, match.start()):
                    names.update((word.lower(), *re.split(r"['’-]", word.lower())))
        self._names = frozenset(names)


def _typographic(replacement: str, text: str) -> str:
    """The replacement with the apostrophe that the text itself uses."""
    return replacement.replace("'", "’") if "’" in text and "'" not in text else replacement
