"""Scores as one HTML page: nothing is loaded, nothing runs; charts are SVG, their figures stand in tables too."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from qa.display import printable
from qa.edits import Edits
from qa.metrics import Score
from qa.reports.scores import SIGNIFICANT, TESTS, failures
from qa.reports.scores.inline import Kind, pieces
from qa.scoring import ScoreReport, System

BARS = 400
"""Most bars of a chart; of more segments, neighbours share one."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --page: #ffffff; --line: #d0d7de; --bar: #2f6fb5;
  --good: #116329; --bad: #b3261e; --move: #6639ba; --soft: #f3f5f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9aa4af; --page: #0f1419; --line: #3a424c;
  --bar: #6cb0ff; --good: #6fdd8b; --bad: #ff9a92; --move: #cfb1ff; --soft: #1a2027; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; color: var(--dim); padding-bottom: .4rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } thead th { position: sticky; top: 0; background: var(--page); }
td.figure, th.figure { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.text { overflow-wrap: anywhere; white-space: pre-wrap; } .reference, .dim, figcaption { color: var(--dim); }
.scroll { overflow-x: auto; } code { font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } svg { display: block; width: 100%; height: auto; }
svg.chart { height: 7rem; background: var(--soft); } svg.bar { width: 6rem; height: .6rem; margin-inline-start: auto; }
rect { fill: var(--bar); } .failed { color: var(--bad); font-weight: 600; } .passed { color: var(--good); }
del { color: var(--bad); } ins { color: var(--good); } .moved { color: var(--move); border-bottom: 2px dotted; }
"""


def render(report: ScoreReport, *, width: int, color: bool, digits: int) -> str:
    """The whole report as one page; ``width`` and ``color`` do not matter."""
    return page("mtqa: scores", "\n".join(_body(report, digits)))


def page(title: str, body: str) -> str:
    """A page of its own around ``body``. The policy lets nothing in but this style sheet, by its hash."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _text(value: str) -> str:
    return escape(printable(value.replace("\t", " ")))


def _body(report: ScoreReport, digits: int) -> Iterator[str]:
    yield "<h1>Scores</h1>"
    missed = [f"{path}: {reason}" for path, reason in failures(report, digits)]
    if missed:
        yield f'<p class="failed">Failed: {_text("; ".join(missed))}.</p>'
    elif report.limits:
        yield '<p class="passed">Passed: every score is within its limit.</p>'
    yield from _scores(report, digits)
    for note in report.notes:
        yield f'<p class="dim">Note: {_text(note)}</p>'
    for system in report.systems:
        yield f"<h2>{_text(system.file.path)}</h2>"
        if report.documents:
            yield from _documents(report, system, digits)
        yield from _chart(system, digits)
        yield from _segments(report, system, digits)


def _scores(report: ScoreReport, digits: int) -> Iterator[str]:
    scores = report.systems[0].scores
    against = [file.path for file in report.references]
    references = f", against {_text(', '.join(against))}" if against else ""
    s = "" if report.segments == 1 else "s"
    yield f'<div class="scroll"><table><caption>{report.segments:,} segment{s}{references}</caption>'
    heads = "".join(f'<th scope="col" class="figure">{_text(_name(score))}</th>' for score in scores)
    yield f'<thead><tr><th scope="col">system</th>{heads}</tr></thead><tbody>'
    for number, system in enumerate(report.systems):
        baseline = ' <span class="dim">(baseline)</span>' if report.test and not number else ""
        cells = "".join(f'<td class="figure">{_cell(score, digits)}</td>' for score in system.scores)
        yield f'<tr><th scope="row">{_text(system.file.path)}{baseline}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    if any(score.mean is not None for score in scores):
        yield '<p class="dim">± is the mean of the bootstrap samples and their 95 % interval.</p>'
    if report.test:
        yield (
            f'<p class="dim">p: {TESTS[report.test.kind]}, {report.test.samples:,} samples, against the first system; '
            f"* below {SIGNIFICANT}: the difference is unlikely to be chance.</p>"
        )
    yield "<p>" + "<br>".join(f"<code>{_text(f'{s.name}|{s.signature}')}</code>" for s in scores) + "</p>"
    segment = [s for s in scores if not set(s.segment_signature.split("|")) <= set(s.signature.split("|"))]
    for score in segment:
        yield f"<p>By segment: <code>{_text(f'{score.name}|{score.segment_signature}')}</code></p>"


def _name(score: Score) -> str:
    return f"{score.name} (less is better)" if score.is_error_rate else score.name


def _cell(score: Score, digits: int) -> str:
    cell = f"<strong>{score.value:.{digits}f}</strong>"
    if score.mean is not None and score.interval is not None:
        cell += f"<br>{score.mean:.{digits}f} ± {score.interval:.{digits}f}"
    if score.p_value is not None:
        cell += f"<br>p = {score.p_value:.4f}{'*' if score.p_value < SIGNIFICANT else ''}"
    return cell


def _documents(report: ScoreReport, system: System, digits: int) -> Iterator[str]:
    heads = "".join(f'<th scope="col" class="figure">{_text(_name(score))}</th>' for score in system.scores)
    yield '<h3>By document</h3><div class="scroll"><table><thead><tr><th scope="col">document</th>'
    yield f'<th scope="col" class="figure">segments</th>{heads}</tr></thead><tbody>'
    for number, (name, rows) in enumerate(report.documents):
        cells = "".join(
            f'<td class="figure">{score.documents[number]:.{digits}f}{_bar(score.documents[number])}</td>'
            for score in system.scores
        )
        yield f'<tr><th scope="row">{_text(name)}</th><td class="figure">{len(rows):,}</td>{cells}</tr>'
    yield "</tbody></table></div>"


def _bar(value: float) -> str:
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{_share(value):.1f}" height="10"/></svg>'
    )


def _share(value: float) -> float:
    return min(max(value, 0.0), 100.0)


def _chart(system: System, digits: int) -> Iterator[str]:
    """One metric of all segments, from first to last: chrF where it was asked for."""
    score = next((s for s in system.scores if s.metric == "chrf"), system.scores[0])
    groups = _grouped(score.segments)
    size = len(groups[0][2])
    caption = f"{_name(score)} of the segments, from first to last, 0 to 100"
    caption += f"; a bar is the mean of {size} neighbours" if size > 1 else ""
    lowest, highest = min(score.segments), max(score.segments)
    described = f"{caption}. Lowest {lowest:.{digits}f}, highest {highest:.{digits}f}. The table below has them all."
    yield f'<figure><svg class="chart" viewBox="0 0 {len(groups)} 100" preserveAspectRatio="none" role="img"'
    yield f' aria-label="{_text(described)}">'
    for number, (first, last, values) in enumerate(groups):
        mean = sum(values) / len(values)
        where = f"segment {first:,}" if first == last else f"segments {first:,} to {last:,}"
        height = max(_share(mean), 0.5)
        yield (
            f'<rect x="{number + 0.1:.1f}" y="{100 - height:.1f}" width="0.8" height="{height:.1f}">'
            f"<title>{where}: {mean:.{digits}f}</title></rect>"
        )
    yield f"</svg><figcaption>{_text(caption)}</figcaption></figure>"


def _grouped(values: Sequence[float]) -> list[tuple[int, int, Sequence[float]]]:
    """(first segment, last segment, their values), counted from 1, for each bar."""
    size = -(-len(values) // BARS)
    parts = [(at, values[at : at + size]) for at in range(0, len(values), size)]
    return [(at + 1, at + len(part), part) for at, part in parts]


def _segments(report: ScoreReport, system: System, digits: int) -> Iterator[str]:
    heads = "".join(f'<th scope="col" class="figure">{_text(score.name)}</th>' for score in system.scores)
    edited = "; <del>deleted</del>, <ins>inserted</ins>, <span class='moved'>moved</span>" if system.post_edit else ""
    yield f'<h3>By segment</h3><table><caption>Translation, and below it what it is compared with{edited}</caption>'
    yield f'<thead><tr><th scope="col" class="figure">line</th><th scope="col">segment</th>{heads}</tr></thead><tbody>'
    for index, segment in enumerate(system.file.segments):
        edits = system.post_edit.edits[index] if system.post_edit else None
        shown = f'<div class="text" dir="auto">{_inline(edits) if edits and edits.count else _text(segment)}</div>'
        if edits and not edits.count:
            shown += '<div class="dim">left as translated</div>'
        for file in report.references:
            shown += f'<div class="text reference" dir="auto">{_text(file.segments[index])}</div>'
        cells = "".join(f'<td class="figure">{score.segments[index]:.{digits}f}</td>' for score in system.scores)
        yield f'<tr><th scope="row" class="figure">{index + 1:,}</th><td>{shown}</td>{cells}</tr>'
    yield "</tbody></table>"


def _inline(edits: Edits) -> str:
    shown = []
    for piece in pieces(edits):
        text = _text(piece.text)
        if piece.kind is Kind.DELETED:
            shown.append(f"<del>{text}</del>")
        elif piece.kind is Kind.INSERTED:
            shown.append(f"<ins>{text}</ins>")
        elif piece.kind is Kind.MOVED:
            shown.append(f'<span class="moved">{text}<sup>{piece.shift}</sup></span>')
        elif piece.kind is Kind.ORIGIN:
            shown.append(f'<span class="moved">&#8203;<sup title="moved from here">{piece.shift}</sup></span>')
        else:
            shown.append(text)
    return " ".join(shown)
