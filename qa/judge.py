"""From findings to a judgement: MQM score, verdict on the document, and the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qa.document import Document
from qa.finding import Finding, Severity

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
    """What was found in one document. ``score``: MQM, 100 minus the penalty points per 100 words."""

    document: Document
    findings: tuple[Finding, ...]
    words: int
    score: float
    machine_translated: MachineTranslated

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

    def fails(self, document: DocumentReport) -> bool:
        """Whether this document fails the gate."""
        if self.fail_on is not None and any(f.severity >= self.fail_on for f in document.findings):
            return True
        return self.min_score is not None and document.score < self.min_score


@dataclass(frozen=True, slots=True)
class Report:
    """One run over one or more documents, in the order given."""

    documents: tuple[DocumentReport, ...]
    signature: str
    gate: Gate
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> int:
        return sum(len(d.findings) for d in self.documents)

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


EVIDENCE = {"split-phrase": 4.0}
"""How strongly a finding of a rule family speaks for machine translation, in log-odds; others 1."""


def machine_translated(findings: Sequence[Finding], words: int) -> MachineTranslated:
    """Whether the text reads as machine translated, from the rule families that fired in it."""
    weights: dict[str, float] = {}
    for finding in findings:
        family = finding.rule.split("/")[0]
        weights[family] = weights.get(family, 0.0) + EVIDENCE.get(family, 1.0) * finding.confidence
    probability = 0.5
    del words
    return MachineTranslated(probability, None, tuple(sorted(weights, key=lambda f: (-weights[f], f))[:5]))
