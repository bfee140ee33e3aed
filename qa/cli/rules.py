"""``mtqa rules`` and ``mtqa explain``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from qa.cli.options import read_settings, settings_options
from qa.cli.output import FINDINGS, OK, write
from qa.display import printable
from qa.errors import MtqaError, did_you_mean


@click.command()
@click.argument("rule")
@settings_options
def explain(rule: str, all_: bool | None, config_file: str | None, no_config: bool, **values: Any) -> int:
    """The page of a rule: what it finds, why, when it is right after all, with examples."""
    from qa.rulebook import load
    from qa.rulepage import page

    settings = read_settings(Path(), config_file, no_config, values)
    rulebook = load([Path(folder) for folder in settings.rules])
    if rule not in rulebook.rules:
        raise _no_rule(rule, list(rulebook.rules))
    write(page(rulebook.rules[rule], rulebook))
    return OK


def _no_rule(name: str, known: list[str]) -> MtqaError:
    hint = did_you_mean(name, known)
    return MtqaError(f"no rule “{printable(name)}”{hint} (`mtqa rules list` names them)")


@click.group()
def rules() -> None:
    """List, test and begin rules."""


@rules.command("list")
@settings_options
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def rules_list(format_: str, all_: bool | None, config_file: str | None, no_config: bool, **values: Any) -> int:
    """Every rule: id, severity, status, confidence, what it says."""
    from qa.rulebook import load
    from qa.rulepage import as_json, table

    settings = read_settings(Path(), config_file, no_config, values)
    rulebook = load([Path(folder) for folder in settings.rules])
    width = shutil.get_terminal_size((100, 24)).columns
    write(as_json(rulebook) if format_ == "json" else table(rulebook, width))
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

    write(f"{printable(str(skeleton(Path(folder), name)))}\n")
    return OK
