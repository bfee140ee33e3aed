"""The options that a settings file knows too, and the settings that come of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from qa import config


def settings_options(command: Any) -> Any:
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
            click.option("--tagger", metavar="auto|on|off", help="The fluency tagger (default: auto)."),
            click.option("--tagger-threads", type=int, metavar="N", help="Threads of the tagger (default 1)."),
            click.option("--vocabulary", multiple=True, metavar="FILE", help="Words that are right, one a line."),
            click.option(
                "--source-language",
                multiple=True,
                metavar="CODE",
                help="The text is translated from this language (fr, es …): rules typical only of others are left out.",
            ),
            click.option("--glossary", multiple=True, metavar="FILE", help="Terms to keep to and avoid: CSV or TBX."),
            click.option("--tm", multiple=True, metavar="FILE", help="A translation memory, TMX."),
            click.option("--tm-match", type=float, metavar="PER-CENT", help="Matches of the memory from here on (75)."),
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


def read_settings(start: Path, config_file: str | None, no_config: bool, values: dict[str, Any]) -> config.Settings:
    """The settings for files in the folder ``start``: defaults, then a settings file, then the command line."""
    settings = config.Settings()
    if place := settings_file(start, config_file, no_config):
        settings = config.load(place)
    given = given_values(values)
    settings = config.with_values(settings, given, "command line")
    here = {config.KEYS[key].name: getattr(settings, config.KEYS[key].name) for key in given if key in config.PATH_KEYS}
    if settings.per_path and here:  # what is typed wins over what a file says of some paths
        settings = replace(settings, per_path=(*settings.per_path, config.PathRules((), **here)))
    return settings


def settings_file(start: Path, config_file: str | None, no_config: bool) -> Path | None:
    """The settings file in force for files in the folder ``start``."""
    if config_file is not None:
        return Path(config_file)
    return None if no_config else config.find(start.resolve())


def given_values(values: dict[str, Any]) -> dict[str, Any]:
    """What was typed, by the keys of a settings file."""
    given = {k.replace("_", "-"): v for k, v in values.items() if v not in (None, ())}
    if "checks" in given:
        given["checks"] = [name.strip() for name in given["checks"].split(",") if name.strip()]
    return given
