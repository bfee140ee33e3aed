"""One run: read, check, judge. The only room that knows all the others."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import qa
from qa import checks, judge
from qa.config import NEVER, Settings
from qa.document import Document
from qa.errors import MtqaError, did_you_mean
from qa.finding import Finding, Severity, fingerprint
from qa.grammar import ENGINES
from qa.rulebook import Rule, Rulebook
from qa.rulebook import load as load_rulebook


class Checker:
    """Checks documents with one rulebook and one set of settings."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.rulebook: Rulebook = load_rulebook([Path(folder) for folder in self.settings.rules])
        for name in (*self.settings.disable, *self.settings.enable):
            if name not in self.rulebook.rules and name not in {r.family for r in self.rulebook.rules.values()}:
                hint = did_you_mean(name, list(self.rulebook.rules))
                raise MtqaError(f"no rule or family “{name}”{hint} (`mtqa rules list` names them)")
        self.rulebook.only(self._accepts)
        self._checks = {
            name: check
            for name in self.settings.checks or checks.CHECKS
            if (check := checks.load(name, self.settings)) is not None
        }

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what the checks hold open, a grammar server above all."""
        for check in self._opened:
            check.close()

    @property
    def _opened(self) -> list[checks.Opened]:
        return [check for check in self._checks.values() if isinstance(check, checks.Opened)]

    def _accepts(self, rule: Rule) -> bool:
        settings = self.settings
        if rule.id in settings.disable or (rule.family in settings.disable and rule.id not in settings.enable):
            return False
        if rule.id in settings.enable or rule.family in settings.enable:
            return True
        if rule.verify:
            return False  # a proposal; only a language model may confirm it
        if settings.all:
            return rule.status != "deprecated"
        if settings.source_language and rule.languages and not set(rule.languages) & set(settings.source_language):
            return False
        wanted = ("stable", "preview") if settings.preview else ("stable",)
        return rule.status in wanted and rule.confidence >= settings.min_confidence

    @property
    def signature(self) -> str:
        """What a reader needs to repeat this run's figures: versions, rules, checks."""
        parts = [f"mtqa:{qa.__version__}", f"rules:{self.rulebook.digest}"]
        parts.append("checks:" + "+".join(self._checks))
        parts += [check.signature() for check in self._opened]
        if self.settings.all or self.settings.preview:
            parts.append("shown:all" if self.settings.all else "shown:preview")
        if self.settings.min_confidence != Settings().min_confidence:
            parts.append(f"confidence:{self.settings.min_confidence:g}")
        return "|".join(parts)

    def check(self, document: Document) -> judge.DocumentReport:
        """Everything found in one document, merged, in the order of the text, and judged."""
        found = [finding for check in self._checks.values() for finding in check.find(document, self.rulebook)]
        findings = _with_fingerprints(document, merge(found))
        words = document.words
        verdict = judge.machine_translated(findings, words)
        return judge.DocumentReport(document, findings, words, judge.score(findings, words), verdict)

    def report(
        self, documents: Iterable[Document], notes: Sequence[str] = (), advance: Callable[[], None] = lambda: None
    ) -> judge.Report:
        """The report on a whole run. ``advance`` is called after each document."""
        fail_on = None if self.settings.fail_on == NEVER else Severity(self.settings.fail_on)
        gate = judge.Gate(fail_on, self.settings.min_score)
        documents = list(documents)
        for check in self._opened:
            check.prepare(documents)
        reports = []
        for document in documents:
            reports.append(self.check(document))
            advance()
        notes = [*notes, *(note for check in self._opened for note in check.notes)]
        return judge.Report(tuple(reports), self.signature, gate, tuple(notes), self.rulebook)


def merge(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding a place: of those that overlap, the surest and best explained one stays.

    Order: mtqa's own before another checker's, whose explanation is a line; then confidence and severity, a fix, the
    longer span; ties go by rule id, so that the same text always gives the same report. The one that stays names
    a finding of another checker that it covers.
    """
    ranked = sorted(
        found,
        key=lambda f: (
            f.source in ENGINES,
            -f.confidence * (1 + 0.2 * f.severity.weight**0.5) * (1.0 if f.suggestions else 0.8),
            -(f.end - f.start),
            f.start,
            f.rule,
        ),
    )
    taken: list[Finding] = []
    cells: dict[int, list[int]] = {}
    for finding in ranked:
        touched = range(finding.start >> 8, (max(finding.end, finding.start + 1) - 1 >> 8) + 1)
        over = [i for cell in touched for i in cells.get(cell, ()) if finding.overlaps(taken[i])]
        if over:
            best = taken[over[0]]
            if finding.source in ENGINES and finding.source != best.source and finding.source not in best.also:
                taken[over[0]] = replace(best, also=(*best.also, finding.source))
            continue
        for cell in touched:
            cells.setdefault(cell, []).append(len(taken))
        taken.append(finding)
    return tuple(sorted(taken, key=lambda f: (f.start, f.end, f.rule)))


def _with_fingerprints(document: Document, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    paragraphs = sorted(segment.locate(0, len(segment.text)) for segment in document.segments if segment.text)
    starts = [start for start, _ in paragraphs]
    seen: Counter[str] = Counter()
    out: list[Finding] = []
    for finding in findings:
        place = (finding.rule, document.text, finding.start, finding.end)
        paragraph = paragraphs[max(bisect_right(starts, finding.start) - 1, 0)]
        key = fingerprint(*place, paragraph=paragraph)
        if seen[key]:
            out.append(replace(finding, fingerprint=fingerprint(*place, seen[key], paragraph)))
        else:
            out.append(replace(finding, fingerprint=key))
        seen[key] += 1
    return tuple(out)
