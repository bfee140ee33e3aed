"""``mtqa config``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from qa import config as settings_
from qa.cli.checking import baseline_place, checking_options
from qa.cli.options import given_values, read_settings, settings_file, settings_options
from qa.cli.output import OK, write
from qa.display import printable

_ENVIRONMENT = {"grammar": "MTQA_GRAMMAR", "model": "MTQA_MODEL"}


@click.command()
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a settings file, for editors.")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--fail-on", metavar="SEVERITY", help="As for `mtqa check`.")
@click.option("--min-score", type=float, metavar="0..100", help="As for `mtqa check`.")
@settings_options
@checking_options
def config(
    path: str, schema: bool, format_: str, all_: bool | None, config_file: str | None, no_config: bool,
    no_gitignore: bool, **values: Any,
) -> int:  # fmt: skip
    """Every setting as it is in force for PATH, and where its value comes from."""
    if schema:
        from qa.settings_schema import schema as settings_schema

        write(json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n")
        return OK
    values["all"] = all_
    start = Path(path) if Path(path).is_dir() else Path(path).parent
    settings = read_settings(start, config_file, no_config, values)
    origins = _origins(path, settings, settings_file(start, config_file, no_config), given_values(values))
    here = settings.at(path)
    rows = [(key, _value(key, here, start), origins[key]) for key in settings_.KEYS if key != settings_.PER_PATH]
    if format_ == "json":
        found = {key: {"value": value, "origin": origin} for key, value, origin in rows}
        write(json.dumps(found, indent=2) + "\n")
        return OK
    shown = [(key, _shown(value), printable(origin)) for key, value, origin in rows]
    first, second = (max(len(row[i]) for row in shown) for i in (0, 1))
    second = min(second, 50)
    write("".join(f"{key:<{first}}  {value:<{second}}  {origin}\n" for key, value, origin in shown))
    return OK


def _origins(
    path: str, settings: settings_.Settings, place: Path | None, given: dict[str, Any]
) -> dict[str, str]:
    """Where each setting's value comes from, by its key."""
    origins = dict.fromkeys(settings_.KEYS, "default")
    for key, variable in _ENVIRONMENT.items():
        if os.environ.get(variable):
            origins[key] = f"default, which {variable}={os.environ[variable]} decides"
    if place is not None:
        origins.update((key, str(place)) for key in settings_.values_in(place))
        for number, own in enumerate(settings.per_path, 1):
            if own.paths and own.match(path):
                for key, field in settings_.PATH_KEYS.items():
                    if key != "paths" and getattr(own, field.name) not in (None, ()):
                        origins[key] = f"{place}, per-path {number} ({' '.join(own.paths)})"
    origins.update((key, "command line") for key in given)
    return origins


def _value(key: str, settings: settings_.Settings, start: Path) -> Any:
    value = getattr(settings, settings_.KEYS[key].name)
    if key == "baseline" and value is None and (place := baseline_place(settings, start)):
        return os.path.relpath(place)
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(printable, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else printable(str(value))
