"""Scores for a person at a terminal: a table, the signatures, segments and edits where they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from qa.display import printable
from qa.reports import tables
from qa.reports.scores import SIGNIFICANT, TESTS, failures
from qa.reports.scores.inline import Kind, pieces

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qa.edits import Edits
    from qa.metrics import Score
    from qa.scoring import ScoreReport, System

STYLES = {Kind.DELETED: "red strike", Kind.INSERTED: "green underline", Kind.MOVED: "cyan", Kind.ORIGIN: "cyan"}


def render(report: ScoreReport, *, width: int, color: bool, digits: int) -> str:
    """The whole report, in lines of at most ``width`` columns where words allow."""
    items: list[RenderableType] = [_scores(report, digits), Text()]
    items += _signatures(report)
    for system in report.systems:
        title = f"{system.file.path}: " if len(report.systems) > 1 else ""
        if report.documents:
            items += [Text(), tables.text(f"{title}by document", "bold"), _documents(report, system, digits)]
        if report.shows_segments:
            items += [Text(), tables.text(f"{title}by segment", "bold"), _segments(system, digits)]
        if system.post_edit:
            items += [Text(), tables.text(f"{title}edits to {system.post_edit.file.path}", "bold")]
            items += _post_edits(system, digits)
    for note in report.notes:
        items.append(tables.text(f"Note: {note}", "dim"))
    missed = [f"{path}: {reason}" if len(report.systems) > 1 else reason for path, reason in failures(report, digits)]
    if missed:
        items.append(tables.text(f"Failed: {'; '.join(missed)}.", "bold red"))
    elif report.limits:
        items.append(tables.text("Passed: every score is within its limit.", "bold green"))
    return tables.lines(items, width=width, color=color)


def _scores(report: ScoreReport, digits: int) -> RenderableType:
    names = [score.name + (" ↓" if score.is_error_rate else "") for score in report.systems[0].scores]
    table = tables.table(f"{report.segments:,} segment{'s' * (report.segments != 1)}", *names)
    for number, system in enumerate(report.systems):
        is_baseline = report.test is not None and number == 0
        path = tables.text(system.file.path)
        if is_baseline:
            path.append(" (baseline)", "dim")
        table.add_row(path, *(_cell(score, digits) for score in system.scores))
    return table


def _cell(score: Score, digits: int) -> Text:
    cell = Text(f"{score.value:.{digits}f}", style="bold")
    if score.mean is not None and score.interval is not None:
        cell.append(f"\n{score.mean:.{digits}f} ± {score.interval:.{digits}f}", "not bold")
    if score.p_value is not None:
        mark = "*" if score.p_value < SIGNIFICANT else " "
        cell.append(f"\np = {score.p_value:.4f}{mark}", "not bold")
    return cell


def _signatures(report: ScoreReport) -> list[RenderableType]:
    items: list[RenderableType] = []
    if any(score.is_error_rate for score in report.systems[0].scores):
        items.append(Text("↓ less is better", style="dim"))
    if any(score.mean is not None for score in report.systems[0].scores):
        items.append(Text("± mean and 95 % interval of the bootstrap samples", style="dim"))
    if report.test:
        explained = f"p: {TESTS[report.test.kind]}, {report.test.samples:,} samples, against the first system;"
        items.append(Text(f"{explained} * below {SIGNIFICANT}: the difference is unlikely to be chance", style="dim"))
    for score in report.systems[0].scores:
        items.append(tables.unbroken(f"{score.name}|{score.signature}", "dim"))
        if report.shows_segments and not set(score.segment_signature.split("|")) <= set(score.signature.split("|")):
            items.append(tables.unbroken(f"{score.name} of a segment|{score.segment_signature}", "dim"))
    return items


def _documents(report: ScoreReport, system: System, digits: int) -> RenderableType:
    table = tables.table("document", "segments", *(score.name for score in system.scores))
    for number, (name, rows) in enumerate(report.documents):
        values = (f"{score.documents[number]:.{digits}f}" for score in system.scores)
        table.add_row(tables.text(name), f"{len(rows):,}", *values)
    return table


def _segments(system: System, digits: int) -> RenderableType:
    table = tables.table("translation", "line", *(score.name for score in system.scores))
    for index, segment in enumerate(system.file.segments):
        values = (f"{score.segments[index]:.{digits}f}" for score in system.scores)
        table.add_row(tables.text(segment), f"{index + 1:,}", *values)
    return table


def _post_edits(system: System, digits: int) -> list[RenderableType]:
    """Each segment that was changed: its line, its HTER and the edits inline. Those left as they were are counted."""
    assert system.post_edit is not None
    items: list[RenderableType] = [
        Text("[-deleted-] {+inserted+} <1:moved> from where <1> stands", style="dim"),
    ]
    untouched = 0
    for line, edits in enumerate(system.post_edit.edits, 1):
        if not edits.count:
            untouched += 1
            continue
        counts = f"{edits.count} edit{'s' * (edits.count != 1)}, {edits.length} word{'s' * (edits.length != 1)}"
        head = Text(f"line {line:,}", style="bold").append(f"  HTER {edits.rate:.{digits}f} ({counts})", "not bold")
        items += [Text(), head, _inline(edits)]
    if untouched:
        s = "s" if untouched != 1 else ""
        items += [Text(), Text(f"{untouched:,} segment{s} left as translated", style="dim")]
    return items


_MARKS = {Kind.DELETED: ("[-", "-]"), Kind.INSERTED: ("{+", "+}"), Kind.KEPT: ("", "")}


def _inline(edits: Edits) -> Text:
    line = Text()
    for piece in pieces(edits):
        if line:
            line.append(" ")
        if piece.kind is Kind.MOVED:
            shown = f"<{piece.shift}:{printable(piece.text)}>"
        elif piece.kind is Kind.ORIGIN:
            shown = f"<{piece.shift}>"
        else:
            before, after = _MARKS[piece.kind]
            shown = f"{before}{printable(piece.text)}{after}"
        line.append(shown, STYLES.get(piece.kind, ""))
    return line
