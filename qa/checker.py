"""One run: read, check, accept, judge. The only room that knows all the others."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import qa
from qa import checks, judge, selection, suppressions
from qa.config import NEVER, PathRules, Settings
from qa.display import printable
from qa.document import Document
from qa.errors import MtqaError, did_you_mean
from qa.finding import Finding, Severity, fingerprint
from qa.fluency import TAGGER
from qa.grammar import ENGINES
from qa.readers import Segments, read_text
from qa.resultcache import Found, ResultCache, origin
from qa.rulebook import Rulebook
from qa.rulebook import load as load_rulebook

if TYPE_CHECKING:
    from qa.baseline import Baseline
    from qa.changes import Changes

_REJOINED = "proposal/fragment"
_WORTHWHILE = 1_500_000
"""Code points to check from which on it pays to start processes for it."""


class Checker:
    """Checks documents with one rulebook and one set of settings, as these are for each document's path."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        baseline: Baseline | None = None,
        changes: Changes | None = None,
        results: ResultCache | None = None,
        jobs: int = 1,
    ) -> None:
        """``baseline``: findings that are accepted; ``changes``: only findings on these lines count; ``results``:
        what is known of unchanged documents; ``jobs``: processes that a long run may use.
        """
        self.settings = settings or Settings()
        self._baseline, self._changes, self._results, self._jobs = baseline, changes, results, jobs
        self.rulebook: Rulebook = load_rulebook([Path(folder) for folder in self.settings.rules])
        self._check_names(self.settings)
        for own in self.settings.per_path:
            self._check_names(own)
        self._checks = _open(self.settings)
        self.rulebook.only(partial(selection.is_on, self.settings))
        self._plans = {self.settings: _Plan(self.settings, self.rulebook, self._checks)}

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what the checks hold open, a grammar server above all."""
        for check in self._opened:
            check.close()
        if self._results is not None:
            self._results.close()

    @property
    def _opened(self) -> list[checks.Opened]:
        return [check for check in self._checks.values() if isinstance(check, checks.Opened)]

    def _check_names(self, settings: Settings | PathRules) -> None:
        for name in (*settings.disable, *settings.enable):
            if name not in self.rulebook.rules and name not in {r.family for r in self.rulebook.rules.values()}:
                hint = did_you_mean(name, list(self.rulebook.rules))
                raise MtqaError(f"no rule or family “{printable(name)}”{hint} (`mtqa rules list` names them)")

    def _plan(self, path: str) -> _Plan:
        settings = self.settings.at(path) if self.settings.per_path else self.settings
        if settings not in self._plans:
            own = {
                name: check.view(settings) if isinstance(check, checks.Opened) else check
                for name, check in self._checks.items()
            }
            self._plans[settings] = _Plan(settings, self.rulebook.view(partial(selection.is_on, settings)), own)
        return self._plans[settings]

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
        (report,), _ = self._accepted([document], [self._find([document], lambda: None)[0]])
        return report

    def report(
        self, documents: Iterable[Document], notes: Sequence[str] = (), advance: Callable[[], None] = lambda: None
    ) -> judge.Report:
        """The report on a whole run. ``advance`` is called after each document."""
        fail_on = None if self.settings.fail_on == NEVER else Severity(self.settings.fail_on)
        gate = judge.Gate(fail_on, self.settings.min_score)
        documents = list(documents)
        reports, own_notes = self._accepted(documents, self._find(documents, advance))
        notes = [*notes, *dict.fromkeys(note for check in self._opened for note in check.notes), *own_notes]
        return judge.Report(tuple(reports), self.signature, gate, tuple(notes), self.rulebook)

    def _find(self, documents: Sequence[Document], advance: Callable[[], None]) -> list[Found]:
        """Everything found in each document, whatever of it is accepted."""
        found = self._known(documents)
        new = [number for number, known in enumerate(found) if known is None]
        for _ in range(len(documents) - len(new)):
            advance()
        for check in self._opened:
            check.prepare([documents[number] for number in new])
        for number, local in zip(new, self._locally([documents[number] for number in new]), strict=True):
            document = documents[number]
            plan = self._plan(document.path)
            before = sum(len(check.notes) for check in self._opened)
            others = [finding for check in plan.opened for finding in check.find(document, plan.rulebook)]
            signals: dict[str, float] = {}
            for one in plan.by_name.values():
                if isinstance(one, checks.Judges):
                    signals.update(one.evidence(document))
            result = Found(_with_fingerprints(document, merge([*local.findings, *others])), local.words, signals)
            found[number] = result
            # What a check had to say of the document would be missing the next time.
            is_whole = before == sum(len(check.notes) for check in self._opened)
            is_whole = is_whole and not any(check.silent for check in self._opened)
            if self._results is not None and is_whole and _is_plain(document):
                self._results.put(document, self._origin(document), result)
            advance()
        if self._results is not None:
            self._results.flush()
        return [result for result in found if result is not None]

    def _known(self, documents: Sequence[Document]) -> list[Found | None]:
        found: list[Found | None] = [None] * len(documents)
        if self._results is not None:
            plain = [number for number, document in enumerate(documents) if _is_plain(document)]
            wanted = [(documents[number], self._origin(documents[number])) for number in plain]
            for number, known in zip(plain, self._results.get(wanted), strict=True):
                found[number] = known
        return found

    def _origin(self, document: Document) -> str:
        plan = self._plan(document.path)
        if not plan.origin:
            plan.origin = origin(self.signature, plan.settings)
        return plan.origin

    def _locally(self, documents: Sequence[Document]) -> Iterator[Found]:
        """What the checks find that hold nothing open; many texts are given to several processes."""
        size = sum(len(document.text) for document in documents)
        if self._jobs > 1 and size > _WORTHWHILE and all(map(_is_plain, documents)):
            from qa import workers

            make = partial(_worker, self.settings)
            yield from workers.each(make, [(d.text, d.path, d.kind) for d in documents], self._jobs)
        else:
            for document in documents:
                yield self._plan(document.path).locally(document)

    def _accepted(
        self, documents: Sequence[Document], found: Sequence[Found]
    ) -> tuple[list[judge.DocumentReport], list[str]]:
        """What is left to report on each document, judged; and notes on what is accepted for nothing."""
        rules: Collection[str] = self.rulebook.rules
        applied = [
            suppressions.apply(document, result.findings, rules, self._plan(document.path).was_looked_for)
            for document, result in zip(documents, found, strict=True)
        ]
        left = [own.findings for own in applied]
        notes: list[str] = []
        if self._baseline is not None:
            accepted = self._baseline.accept([(d.path, f) for d, f in zip(documents, left, strict=True)])
            left = list(accepted.left)
            if count := len(accepted.stale):
                entries = "1 entry occurs" if count == 1 else f"{count} entries occur"
                place = printable(str(self._baseline.place))
                notes.append(f"{place}: {entries} no more; `mtqa baseline --prune` drops what is gone")
        reports = []
        for document, result, own, some in zip(documents, found, applied, left, strict=True):
            changes = self._changes
            shown = some if changes is None else tuple(f for f in some if changes.touch(document, f))
            if own.notes:
                document = replace(document, notes=(*document.notes, *own.notes))
            score = judge.score(shown, result.words)
            verdict = judge.machine_translated(shown, result.words, result.signals)
            counts = own.suppressed, len(own.findings) - len(some), len(some) - len(shown)
            reports.append(judge.DocumentReport(document, shown, result.words, score, verdict, result.signals, *counts))
        return reports, notes


@dataclass(slots=True)
class _Plan:
    """What one set of settings wants of the rules and the checks. ``origin``: see ``qa.resultcache``."""

    settings: Settings
    rulebook: Rulebook
    by_name: dict[str, checks.Check]
    origin: str = ""

    @property
    def opened(self) -> list[checks.Check]:
        """The checks that hold something open, as these settings want them."""
        return [check for check in self.by_name.values() if isinstance(check, checks.Opened)]

    def locally(self, document: Document) -> Found:
        """What the other checks find, not merged yet."""
        others = [check for check in self.by_name.values() if not isinstance(check, checks.Opened)]
        found = [finding for check in others for finding in check.find(document, self.rulebook)]
        return Found(tuple(found), document.words)

    def was_looked_for(self, name: str) -> bool:
        """Whether all that the name means would have been found, had it been there."""
        meant = [rule for rule in self.rulebook.rules.values() if suppressions.names(name, rule.id)]
        for rule in meant:
            check = self.by_name.get("proposals" if rule.verify else rule.check or "rules")
            if check is None or (isinstance(check, checks.Opened) and check.silent):
                return False
        off = set(self.settings.disable)
        return any(
            self.rulebook.is_enabled(rule.id) or (rule.verify and not {rule.id, rule.family} & off) for rule in meant
        )


def _open(settings: Settings) -> dict[str, checks.Check]:
    names = settings.checks or checks.CHECKS
    return {name: check for name in names if (check := checks.load(name, settings)) is not None}


def _worker(settings: Settings) -> Callable[[tuple[str, str, str]], Found]:
    checker = Checker(replace(settings, grammar="off", model="off", tagger="off"))

    def find(given: tuple[str, str, str]) -> Found:
        text, path, kind = given
        return checker._plan(path).locally(read_text(text, path, kind))

    return find


def _is_plain(document: Document) -> bool:
    """Whether all that is checked of it stands in its text."""
    return isinstance(document.segments, Segments)


def merge(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding a place: of those that overlap, the surest and best explained one stays.

    Order: mtqa's own before another checker's, whose explanation is a line, and that before the tagger's, which has
    none; then what it is worth, the longer span; ties go by rule id, so that the same text always gives the same
    report. The one that stays names a finding of another checker, or of the tagger, that it covers.
    """
    ranked = sorted(
        _with_confirmed_fixes(list(found)),
        key=lambda f: (
            1 if f.source in ENGINES else 2 if f.source == TAGGER else 0,
            -_worth(f),
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
            is_witness = finding.source in ENGINES or finding.source == TAGGER
            if is_witness and finding.source != best.source and finding.source not in best.also:
                taken[over[0]] = replace(best, also=(*best.also, finding.source))
            continue
        for cell in touched:
            cells.setdefault(cell, []).append(len(taken))
        taken.append(finding)
    return tuple(sorted(taken, key=lambda f: (f.start, f.end, f.rule)))


def _with_confirmed_fixes(found: list[Finding]) -> list[Finding]:
    """Where a rule sees that a phrase is torn, and a proposal how it goes together, one finding: the rule's, with the
    fix that the model confirms.

    Whose finding it is must not depend on whether a model is installed: suppressions and baselines name the rule.
    """
    confirmed = {(f.start, f.end): f for f in found if f.rule == _REJOINED}
    out, joined = list[Finding](), set[tuple[int, int]]()
    for finding in found:
        place = finding.start, finding.end
        if place in confirmed and finding.gain is None and finding.source not in (*ENGINES, TAGGER):
            proposal = confirmed[place]
            # The confirmed fix first; of two that are alike the rule's, which may be safe.
            fixes = {s.text: s for s in (*proposal.suggestions, *finding.suggestions)}
            finding = replace(finding, suggestions=tuple(fixes.values()), gain=proposal.gain)
            joined.add(place)
        out.append(finding)
    return [f for f in out if f.rule != _REJOINED or (f.start, f.end) not in joined]


def _worth(finding: Finding) -> float:
    """Confidence, raised by severity and by a fix; a proposal's fix is worth less than one that a rule is sure of."""
    fix = 0.8 if not finding.suggestions else 0.85 if finding.gain is not None else 1.0
    return float(finding.confidence * (1 + 0.2 * finding.severity.weight**0.5) * fix)


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
