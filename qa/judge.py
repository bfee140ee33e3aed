"""From findings to a judgement: MQM score, verdict on the document, and the gate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qa.document import Document
from qa.finding import Finding, Severity

if TYPE_CHECKING:
    from qa.rulebook import Rulebook

NOT_CHECKED = "not checked: "
"""How a note begins that says what could not be read."""

SHORT_TEXT = 100
"""Words below which a score per 100 words says little; the report says so."""


@dataclass(frozen=True, slots=True)
class MachineTranslated:
    """Does the document read as machine translated?

    ``probability`` 0 to 1, ``verdict`` true, false or None (too little text to say), ``evidence`` the
    rule families that speak for it, heaviest first.
    """

    probability: float
    verdict: bool | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What was found in one document. ``score``: MQM, 100 minus the penalty points per 100 words.

    ``signals``: what checks say of the document as a whole (``machine``, ``garbled`` of the fluency tagger).

    What is not among the ``findings``, by their number: ``suppressed`` in the text, ``baselined``, ``unchanged`` where
    only changed lines count.
    """

    document: Document
    findings: tuple[Finding, ...]
    words: int
    score: float
    machine_translated: MachineTranslated
    signals: Mapping[str, float] = field(default_factory=dict)
    suppressed: int = 0
    baselined: int = 0
    unchanged: int = 0

    @property
    def path(self) -> str:
        return self.document.path

    @property
    def is_short(self) -> bool:
        return self.words < SHORT_TEXT


@dataclass(frozen=True, slots=True)
class Gate:
    """When a run fails: a finding at or above ``fail_on`` (None: never), or a score below ``min_score``."""

    fail_on: Severity | None = Severity.MAJOR
    min_score: float | None = None

    def minds(self, finding: Finding) -> bool:
        """Whether this finding alone fails the gate."""
        return self.fail_on is not None and finding.severity >= self.fail_on

    def fails(self, document: DocumentReport) -> bool:
        """Whether this document fails the gate."""
        if any(map(self.minds, document.findings)):
            return True
        return self.min_score is not None and document.score < self.min_score


@dataclass(frozen=True, slots=True)
class Report:
    """One run over one or more documents, in the order given.

    ``notes`` that begin with ``NOT_CHECKED`` name what could not be read. ``rulebook``: where the rules' pages stand,
    for reports that show them.
    """

    documents: tuple[DocumentReport, ...]
    signature: str
    gate: Gate
    notes: tuple[str, ...] = ()
    rulebook: Rulebook | None = None

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What could not be checked, a line each."""
        return tuple(n.removeprefix(NOT_CHECKED) for n in self.notes if n.startswith(NOT_CHECKED))

    @property
    def findings(self) -> int:
        return sum(len(d.findings) for d in self.documents)

    @property
    def left_out(self) -> dict[str, int]:
        """How many findings were left out, by why; what left out none is not named."""
        reasons = ("suppressed", "baselined", "unchanged")
        return {why: count for why in reasons if (count := sum(getattr(d, why) for d in self.documents))}

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How many findings of each severity, worst first; severities without any are left out."""
        count = Counter(f.severity for d in self.documents for f in d.findings)
        return {s: count[s] for s in reversed(Severity) if count[s]}

    @property
    def failed(self) -> bool:
        return any(self.gate.fails(d) for d in self.documents)


def score(findings: Sequence[Finding], words: int) -> float:
    """MQM score: 100 minus the penalty points per 100 words, never below 0; 100 for an empty text."""
    penalty = sum(f.severity.weight for f in findings)
    return round(max(0.0, 100.0 - 100.0 * penalty / max(words, 1)), 1) if penalty else 100.0


EVIDENCE = {
    "split-phrase": 4.0,
    "calque": 2.3,
    "false-friend": 2.3,
    "collocation": 2.3,
    "spun-phrase": 2.3,
    "word-order": 2.3,
    "name": 2.0,
    "quotation/lost-before-speaker": 2.0,
    "untranslated/word": 2.0,
    "untranslated/function-words": 2.0,
    "untranslated/other-script": 1.0,
    "residue/translation-tool": 3.0,
    "residue/placeholder": 2.0,
    "repetition/loop": 3.0,
    "repetition/phrase": 1.0,
    "number": 1.0,
    "tense": 0.7,
    "proposal": 1.5,
    "preposition": 0.7,
    "article": 0.7,
    "agreement": 0.5,
    "pronoun": 0.5,
}
"""What a finding of a family, or of one rule, adds to the log-odds that the text is machine translated.

Measured as the ratio of how often the family fires in machine-translated and in human news; families that writers of
English as a second language show too (articles, prepositions, agreement) count little. What is not named, typography
and left-overs of web pages among it, counts nothing.
"""

_EXPECTED = 2.5
"""Log-odds lost per 1,000 words that show nothing: a machine-translated text would have shown something by then."""
_PRIOR = -1.0
"""Log-odds before reading: texts that come to a checker are more often human than not."""
_SURE, _UNLIKELY = 0.85, 0.2
"""Probabilities from which on the verdict is true, and up to which it is false; between them it is open."""


WITH_TAGGER = (7.42, 0.308, 0.581, 1.909, -1.02)
"""Bias, and what each of ``features`` adds to the log-odds, fitted by training/calibrate_verdict.py."""

_LEARNERS = frozenset({
    "preposition", "article", "agreement", "pronoun", "tense", "number", "fluency", "grammar", "proposal/preposition",
    "proposal/article", "proposal/pronoun", "proposal/noun-number", "proposal/verb-form", "proposal/wording",
    "proposal/confusion",
})  # fmt: skip
"""Families of evidence, and single rules, that people who write a language that is not their own show as well."""
_LEARNERS_TABLES = ("-preposition", "-grammar")
"""How the rules are called that hold such things by language."""
_SLIPS = ("fluency/grammar", "fluency/spelling")
_A_SLIP = 3
"""Findings of that other evidence that there must be for each slip of grammar or spelling."""
_TRANSLATION, _A_THOUSAND = 10.0, 20.0
"""Weight of the other evidence (false friends, torn phrases, literal set phrases …) below which no verdict is true, in
all and in 1,000 words: how a text sounds does not tell a learner from a machine, and learners show a little of it."""


def features(findings: Sequence[Finding], words: int, signals: Mapping[str, float]) -> tuple[float, ...]:
    """What the verdict is drawn from where the tagger has read the document: evidence of the findings in 1,000 words
    (log), the tagger's log-odds for a machine, the log share of words that it holds garbled, and the slips of grammar
    and spelling in 1,000 words (log), which people make and machines seldom do."""
    evidence = sum(_by_family(findings).values())
    thousands = max(words, SHORT_TEXT) / 1000
    slips = math.log1p(len(_slips(findings)) / thousands)
    return math.log1p(evidence / thousands), signals["machine"], math.log(signals["garbled"]), slips


def _is_learners(rule: str) -> bool:
    return bool({rule, rule.split("/")[0]} & _LEARNERS) or rule.endswith(_LEARNERS_TABLES)


def _slips(findings: Sequence[Finding]) -> list[Finding]:
    """Slips of grammar and spelling that a rule names: “gived”, “informations”, “without to say”."""
    return [f for f in findings if f.source == "rules" and f.category.startswith(_SLIPS)]


def _by_family(findings: Sequence[Finding]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for finding in findings:
        if weight := _weight(finding):
            family = finding.rule.split("/")[0]
            weights[family] = weights.get(family, 0.0) + weight
    return weights


def _weight(finding: Finding) -> float:
    return EVIDENCE.get(finding.rule, EVIDENCE.get(finding.rule.split("/")[0], 0.0)) * finding.confidence


def machine_translated(
    findings: Sequence[Finding], words: int, signals: Mapping[str, float] | None = None
) -> MachineTranslated:
    """Whether the text reads as machine translated, by what was found in it and by what the tagger says of its sound.

    A strong translator leaves little that can be seen, so a false verdict only says that the text does not read as
    machine translated. A true one needs evidence that a learner's text would not show. Under 100 words, or where the
    evidence points neither way, the verdict is None.
    """
    weights = _by_family(findings)
    if signals and "machine" in signals:
        bias, *each = WITH_TAGGER
        parts = [w * x for w, x in zip(each, features(findings, words, signals), strict=True)]
        log_odds = bias + sum(parts)
        if bias + parts[1] + parts[2] > 0:
            weights["fluency"] = weights.get("fluency", 0.0) + bias + parts[1] + parts[2]
    else:
        log_odds = _PRIOR + sum(weights.values()) - _EXPECTED * words / 1000
    probability = 1 / (1 + math.exp(-max(-50.0, min(50.0, log_odds))))
    others = [w for f in findings if not _is_learners(f.rule) and (w := _weight(f))]
    is_native = len(others) >= _A_SLIP * len(_slips(findings))
    is_translation = sum(others) >= max(_TRANSLATION, _A_THOUSAND * words / 1000)
    is_sure = probability >= _SURE and is_translation and is_native
    verdict = True if is_sure else False if probability <= _UNLIKELY else None
    evidence = tuple(sorted(weights, key=lambda family: (-weights[family], family)))
    return MachineTranslated(probability, None if words < SHORT_TEXT else verdict, evidence)
