"""An evaluation for a person at a terminal: figures, then what was asked for one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rich.text import Text

from qa.display import printable
from qa.reports import tables

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qa.annotated import Annotated
    from qa.evaluation import Evaluation, Found, Missed, Said

CONTEXT = 40
"""Code points shown on either side of a phrase."""
LONGEST = 300
"""Code points shown of a phrase, and of what is said about it."""


def render(evaluation: Evaluation, show: Collection[str], *, width: int, color: bool) -> str:
    """The whole report, in lines of at most ``width`` columns where words allow."""
    items: list[RenderableType] = []
    if "missed" in show:
        items += _marks(f"{len(evaluation.missed):,} missed", evaluation.missed)
    if "unfixed" in show:
        items += _marks(f"{len(evaluation.unfixed):,} found, and fixed otherwise", evaluation.unfixed)
    if "false" in show:
        items += _false(evaluation)
    kinds = [kind for kind in evaluation.by_category if kind]
    if kinds:
        items += [*_found("annotated category", evaluation.by_category), Text()]
    if any(evaluation.by_severity):
        items += [*_found("annotated severity", evaluation.by_severity), Text()]
    if evaluation.by_rule:
        items += [_said("rule", evaluation.by_rule), Text()]
        items += [_said("reported category", evaluation.by_reported_category), Text()]
    items += _summary(evaluation)
    return tables.lines(items, width=width, color=color)


def _summary(evaluation: Evaluation) -> list[RenderableType]:
    marks, findings, words = evaluation.marks, evaluation.findings, evaluation.words
    table = tables.table(f"{_count(evaluation.texts, 'text')}, {_count(evaluation.running_words, 'word')}",
                         "precision", "recall", "F1", "MCC")  # fmt: skip
    table.add_row("findings and marks", *map(_share, (findings.precision, marks.recall, evaluation.f1)), "–")
    table.add_row("words", *map(_share, (words.precision, words.recall, words.f1)), f"{words.mcc:.3f}")
    false = findings.findings - findings.right
    lines = [
        f"{_count(marks.marks, 'mark')}: {marks.found:,} found"
        + (f", {marks.fixed:,} fixed as accepted ({_share(marks.fixed_share)})" if marks.fixable else "")
        + (f"; {evaluation.unplaced:,} more have no place in the text" if evaluation.unplaced else ""),
        f"{_count(findings.findings, 'finding')}: {findings.right:,} right (a mark is there), {false:,} not"
        + (f" ({evaluation.false_per_1000_words:.2f} per 1,000 words)" if evaluation.running_words else ""),
    ]
    notes: list[RenderableType] = [tables.text(f"Note: {note}", "dim") for note in evaluation.notes]
    return [table, Text(), *map(Text, lines), tables.unbroken(evaluation.signature, "dim"), *notes]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _found(title: str, kinds: Mapping[str, Found]) -> list[RenderableType]:
    table = tables.table(title, "marks", "found", "recall")
    for name, kind in sorted(kinds.items(), key=lambda item: (-item[1].marks, item[0])):
        table.add_row(tables.text(name or "(none)"), f"{kind.marks:,}", f"{kind.found:,}", _share(kind.recall))
    return [table]


def _said(title: str, kinds: Mapping[str, Said]) -> RenderableType:
    table = tables.table(title, "findings", "right", "precision")
    for name, kind in sorted(kinds.items(), key=lambda item: (-item[1].findings, item[0])):
        table.add_row(tables.text(name), f"{kind.findings:,}", f"{kind.right:,}", _share(kind.precision))
    return table


def _marks(title: str, missed: list[Missed]) -> list[RenderableType]:
    items: list[RenderableType] = [tables.text(title, "bold")]
    for item in missed:
        mark = item.mark
        items.append(_excerpt(item.text, mark.start, mark.end, "yellow"))
        said = [_cut(x) for x in (mark.category, mark.severity, mark.rater) if x]
        if mark.fixes:
            said.append("right: " + " | ".join(_cut(fix) or "(delete)" for fix in mark.fixes))
        if item.now is not None:
            said.append(f"suggested: {_cut(item.now) or '(delete)'}")
        if said:
            items.append(Text("    " + " · ".join(said), style="dim"))
    return [*items, Text()]


def _false(evaluation: Evaluation) -> list[RenderableType]:
    items: list[RenderableType] = [tables.text(_count(len(evaluation.false), "false alarm"), "bold")]
    for item in evaluation.false:
        finding = item.finding
        items.append(_excerpt(item.text, finding.start, finding.end, "red"))
        said = f"    {finding.rule} · {finding.severity.value} · {finding.message}"
        if finding.suggestions:
            said += f" · suggested: {finding.suggestions[0].text or '(delete)'}"
        items.append(Text(_cut(said), style="dim"))
    return [*items, Text()]


def _excerpt(text: Annotated, start: int, end: int, style: str) -> Text:
    """Where it is, and the phrase between >> and << in what stands around it."""
    whole = text.document.text
    line, column = text.place(start)
    before = "…" * (start > CONTEXT) + whole[max(0, start - CONTEXT) : start]
    after = whole[end : end + CONTEXT] + "…" * (end + CONTEXT < len(whole))
    shown = Text(f"  {printable(text.document.path)}:{line}:{column}  ", style="bold")
    shown.append(_flat(before), "not bold").append(f">>{_cut(whole[start:end])}<<", style)
    return shown.append(_flat(after), "not bold")


def _flat(text: str) -> str:
    return printable(" ".join(text.splitlines()).replace("\t", " "))


def _cut(text: str) -> str:
    return _flat(text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}")
