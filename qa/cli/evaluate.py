"""``mtqa evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qa import annotated
from qa.cli.options import read_settings, settings_options
from qa.cli.output import OK, terminal, write
from qa.display import printable
from qa.errors import MtqaError
from qa.finding import Severity


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--annotations", "format_of_marks", type=click.Choice(list(annotated.FORMATS)),
    help="Format of the marks, where name and content do not tell.",
)  # fmt: skip
@click.option("--show", metavar="NAMES", default="", help="List one by one: missed, unfixed, false, with commas.")
@click.option(
    "--min-severity", type=click.Choice([str(s) for s in Severity]), help="Only marks that are at least this severe."
)
@click.option(
    "--min-raters", type=click.IntRange(1, 1000), default=1, show_default=True,
    help="Only words that at least so many annotators marked.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@settings_options
@click.option(
    "--encoding", metavar="NAME", help="Encoding of the files, where it is not UTF-8 or marked by a byte order mark."
)
@click.option("--max-file-size", type=int, metavar="BYTES", help="Largest file that is read (default 50,000,000).")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--width", type=click.IntRange(40, 400), help="Columns of the terminal report.")
def evaluate(
    paths: tuple[str, ...], format_of_marks: str | None, show: str, min_severity: str | None, min_raters: int,
    format_: str, all_: bool | None, config_file: str | None, no_config: bool, color: str, width: int | None,
    **values: Any,
) -> int:  # fmt: skip
    """How good mtqa is on text that people annotated, in files or folders.

    \b
    .gold.txt   [[garbled=>fix|another fix]] in the text
    .jsonl      MQM spans ("target", "spans"), or word tags ("mt", "offsets", "tags")
    .tsv        WMT's MQM table, spans between <v> and </v>
    .mt         words, with their tags OK and BAD beside them in .tags
    .txt, .md   a text in which nothing is marked: every finding is a false alarm

    Exit status: 0 evaluated, 2 could not.
    """
    from qa import evaluation
    from qa.checker import Checker
    from qa.reports import evaluations

    shown = [name.strip() for name in show.split(",") if name.strip()]
    for name in shown:
        if name not in evaluations.SHOW:
            raise MtqaError(f"--show: nothing is called “{printable(name)}”; there are {', '.join(evaluations.SHOW)}")
    first = Path(paths[0])
    values["all"] = all_
    settings = read_settings(first if first.is_dir() else first.parent, config_file, no_config, values)
    texts = []
    for path in annotated.find(paths):
        texts += annotated.read(
            path, format_=format_of_marks, encoding=settings.encoding, max_bytes=settings.max_file_size
        )
    severity = Severity(min_severity) if min_severity else None
    texts = evaluation.select(texts, min_severity=severity, min_raters=min_raters)
    with Checker(settings) as checker:
        report = checker.report([text.document for text in texts])
    result = evaluation.evaluate(texts, report)
    use_color, columns = terminal(color, width)
    write(evaluations.load(format_).render(result, shown, width=columns, color=use_color))
    return OK
