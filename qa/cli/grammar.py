"""``mtqa grammar``."""

from __future__ import annotations

from collections.abc import Callable

import click

from qa.cli.output import FINDINGS, OK
from qa.errors import MtqaError


@click.group()
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
