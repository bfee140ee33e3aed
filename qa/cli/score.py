"""``mtqa score``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa import atomic, metrics
from qa.cli.output import FINDINGS, OK, terminal, write
from qa.display import printable
from qa.errors import MtqaError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa.scoring import File

_METRICS = "bleu,chrf,chrf++,ter"


def _sacrebleu_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that go to sacrebleu under the names that they have there."""
    tokenizers, smoothing = click.Choice(metrics.TOKENIZERS), click.Choice(metrics.SMOOTHING)
    flags = (
        ("--force", "BLEU: no note on text that looks tokenised."),
        ("--chrf-whitespace", "chrF: spaces count as characters."),
        ("--chrf-lowercase", "chrF: capitals do not count."),
        ("--chrf-eps-smoothing", "chrF: smoothing as in chrF++.py, NLTK and Moses."),
        ("--ter-case-sensitive", "TER: capitals count."),
        ("--ter-normalized", "TER: punctuation is split off first."),
        ("--ter-no-punct", "TER: without punctuation."),
        ("--ter-asian-support", "TER: Chinese and Japanese by character, with --ter-normalized."),
    )
    options = [
        click.option("--tokenize", "-tok", type=tokenizers, help="BLEU: tokeniser.  [default: 13a]"),
        click.option("--lowercase", "-lc", is_flag=True, help="BLEU: capitals do not count."),
        click.option("--smooth-method", "-s", type=smoothing, default="exp", show_default=True, help="BLEU."),
        click.option("--smooth-value", type=click.FloatRange(min=0), metavar="X", help="BLEU: for floor and add-k."),
        click.option(
            "--chrf-char-order", type=click.IntRange(1, 50), default=6, show_default=True, help="chrF: n-gram order."
        ),
        click.option(
            "--chrf-word-order", type=click.IntRange(0, 50), default=0, show_default=True, help="chrF: word n-grams."
        ),
        click.option(
            "--chrf-beta", type=click.IntRange(1, 100), default=2, show_default=True, help="chrF: weight of recall."
        ),
        *(click.option(name, is_flag=True, help=text) for name, text in flags),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, option in (("hter", "--max-hter"), ("ter", "--max-ter"), ("chrf++", "--min-chrf++"),
                         ("chrf", "--min-chrf"), ("bleu", "--min-bleu")):  # fmt: skip
        side = "above" if option.startswith("--max") else "below"
        parameter = "limit_" + name.replace("+", "p")
        kind = click.FloatRange(min=0)
        command = click.option(option, parameter, type=kind, metavar="X", help=f"Fail where it is {side} X.")(command)
    return command


@click.command()
@click.argument("systems", nargs=-1, required=True, metavar="SYSTEM...")
@click.option("--reference", "-r", multiple=True, metavar="FILE", help="Human translation; several may be given.")
@click.option(
    "--post-edit", "-p", multiple=True, metavar="FILE",
    help="What a person made of the system's translation: HTER and the edits. One for each system, in their order.",
)  # fmt: skip
@click.option("--metrics", "-m", "names", metavar="NAMES", default=_METRICS, show_default=True, help="With commas.")
@click.option("--segments", is_flag=True, help="Scores of each segment, too.")
@click.option("--documents", metavar="FILE", help="Name of each segment's document, a line each: scores by document.")
@click.option("--confidence", is_flag=True, help="95 % interval by bootstrap, where there is one system.")
@click.option("--confidence-n", type=click.IntRange(2, 1_000_000), default=1000, show_default=True, metavar="N")
@click.option("--paired-bs", is_flag=True, help="Paired bootstrap: each system against the first.")
@click.option("--paired-bs-n", type=click.IntRange(2, 1_000_000), default=1000, show_default=True, metavar="N")
@click.option("--paired-ar", is_flag=True, help="Approximate randomisation: each system against the first.")
@click.option("--paired-ar-n", type=click.IntRange(2, 1_000_000), default=10000, show_default=True, metavar="N")
@_sacrebleu_options
@_limit_options
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where a score misses its limit.")
@click.option(
    "--format", "format_", default="terminal", metavar="NAMES", show_default=True,
    help="terminal, json, html; NAME=FILE writes it to a file; several with commas.",
)  # fmt: skip
@click.option("--digits", type=click.IntRange(0, 14), default=1, show_default=True, help="Behind the decimal point.")
@click.option(
    "--encoding", metavar="NAME", help="Encoding of the files, where it is not UTF-8 or marked by a byte order mark."
)
@click.option("--max-file-size", type=click.IntRange(1), metavar="BYTES", help="Largest file that is read.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--width", type=click.IntRange(40, 400), help="Columns of the terminal report.")
def score(
    systems: tuple[str, ...], reference: tuple[str, ...], post_edit: tuple[str, ...], names: str, segments: bool,
    documents: str | None, confidence: bool, confidence_n: int, paired_bs: bool, paired_bs_n: int, paired_ar: bool,
    paired_ar_n: int, exit_zero: bool, format_: str, digits: int, encoding: str | None,
    max_file_size: int | None, color: str, width: int | None, **values: Any,
) -> int:  # fmt: skip
    """BLEU, chrF, chrF++ and TER of translations, by sacrebleu; - is standard input.

    Every file has a segment a line. Exit status: 0 every score within its limit, 1 one is not, 2 could not score.
    """
    from qa import scoring
    from qa.reports import scores

    outputs = _outputs(format_)
    limits = {k.removeprefix("limit_").replace("p", "+"): v for k, v in values.items() if k.startswith("limit_")}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    options = metrics.Options(**{k: v for k, v in values.items() if not k.startswith("limit_")})
    wanted = _wanted(names, limits, options)
    _require_sense(systems, reference, post_edit, limits, options)
    test = _test(systems, reference, paired_bs and paired_bs_n, paired_ar and paired_ar_n)
    if confidence and len(systems) > 1:
        raise MtqaError("--confidence is for one system; for several there is --paired-bs")
    read = _reader(encoding, max_file_size)
    report = scoring.run(
        [read(path) for path in systems],
        [read(path) for path in reference],
        [read(path) for path in post_edit],
        wanted=wanted,
        options=options,
        documents=read(documents) if documents else None,
        test=test,
        bootstrap=confidence_n if confidence else 0,
        segments="html" in dict(outputs),
        shows_segments=segments,
        limits=limits,
    )
    use_color, columns = terminal(color, width)
    for name, path in outputs:
        text = scores.load(name).render(report, width=columns, color=use_color and path is None, digits=digits)
        if path is None:
            write(text)
        else:
            _write_file(Path(path), text)
    return FINDINGS if report.failed and not exit_zero else OK


def _outputs(given: str) -> list[tuple[str, str | None]]:
    """(format, file or None for standard output) of ``--format``; only one may go to standard output."""
    from qa.reports.scores import FORMATS

    outputs: list[tuple[str, str | None]] = []
    for item in given.split(","):
        name, equals, path = item.strip().partition("=")
        if name not in FORMATS:
            raise MtqaError(f"--format: no report “{printable(name)}”; there are {', '.join(FORMATS)}")
        if equals and not path:
            raise MtqaError(f"--format: {name}= names no file")
        outputs.append((name, path or None))
    if sum(path is None for _, path in outputs) > 1:
        raise MtqaError("--format: only one report can go to standard output; write the others as NAME=FILE")
    return outputs


def _wanted(names: str, limits: dict[str, float], options: metrics.Options) -> list[str]:
    """The metrics in the order asked for; one that has a limit is asked for, too."""
    wanted: list[str] = []
    for name in [n.strip().lower() for n in names.split(",")] + [n for n in limits if n != "hter"]:
        if name not in metrics.METRICS:
            hint = did_you_mean(name, metrics.METRICS)
            raise MtqaError(
                f"--metrics: no metric “{printable(name)}”{hint}; there are {', '.join(metrics.METRICS)}"
            )
        if name not in wanted:
            wanted.append(name)
    if options.chrf_word_order == 2 and {"chrf", "chrf++"} <= set(wanted):  # they are the same then
        if {"chrf", "chrf++"} <= set(limits):
            raise MtqaError("--chrf-word-order 2 makes chrF chrF++: one of --min-chrf and --min-chrf++ will do")
        wanted.remove("chrf++" if "chrf" in limits else "chrf")
    return wanted


def _require_sense(
    systems: tuple[str, ...], references: tuple[str, ...], post_edits: tuple[str, ...], limits: dict[str, float],
    options: metrics.Options,
) -> None:  # fmt: skip
    if not references and not post_edits:
        raise MtqaError("against what? Name a human translation with --reference, or a post-edit with --post-edit")
    if post_edits and len(post_edits) != len(systems):
        raise MtqaError(
            f"{len(systems)} systems and {len(post_edits)} post-edits: --post-edit is needed once for each system"
        )
    if not all(math.isfinite(value) for value in (*limits.values(), options.smooth_value or 0)):
        raise MtqaError("a limit or a value that is no number, or infinite, says nothing")
    if "hter" in limits and not post_edits:
        raise MtqaError("--max-hter needs --post-edit FILE")
    unmeasured = [name for name in limits if name != "hter"]
    if unmeasured and not references:
        raise MtqaError(f"a limit for {unmeasured[0]} needs --reference FILE")
    if [*systems, *references, *post_edits].count("-") > 1:
        raise MtqaError("standard input (-) can be read once only")
    for path in systems:
        if systems.count(path) > 1:
            raise MtqaError(f"{printable(path)}: given twice as a system")
    if options.smooth_value is not None and options.smooth_method not in ("floor", "add-k"):
        raise MtqaError(f"--smooth-value: --smooth-method {options.smooth_method} has none; floor and add-k have one")


def _test(systems: tuple[str, ...], references: tuple[str, ...], bootstrap: int, randomisation: int) -> Any:
    from qa.scoring import Test

    if not bootstrap and not randomisation:
        return None
    if bootstrap and randomisation:
        raise MtqaError("--paired-bs and --paired-ar: one or the other")
    option = "--paired-bs" if bootstrap else "--paired-ar"
    if len(systems) < 2 or not references:
        raise MtqaError(f"{option} compares systems: name two or more, and a --reference")
    return Test("bs", bootstrap) if bootstrap else Test("ar", randomisation)


def _reader(encoding: str | None, max_bytes: int | None) -> Callable[[str], File]:
    from qa.readers import MAX_BYTES, read_lines
    from qa.scoring import File

    return lambda path: File(path, tuple(read_lines(path, encoding=encoding, max_bytes=max_bytes or MAX_BYTES)))


def _write_file(path: Path, text: str) -> None:
    """All or nothing: a report is never half-written."""
    try:
        atomic.write(path, text.encode("utf-8", "backslashreplace"))
    except OSError as e:
        raise MtqaError(f"{printable(str(path))}: cannot be written: {e.strerror or e}") from None
