"""``mtqa doctor``."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

import qa
from qa import config
from qa.cli.checking import baseline_place
from qa.cli.options import read_settings, settings_file, settings_options
from qa.cli.output import FINDINGS, OK, write
from qa.display import printable
from qa.errors import MtqaError
from qa.grammar import AUTO, OFF


@dataclass(frozen=True, slots=True)
class Line:
    """What is so, and what to do where it is not as it should be. ``failed``: the settings ask for it in vain."""

    name: str
    text: str
    advice: str = ""
    failed: bool = False


@click.command()
@click.argument("path", default=".", metavar="[PATH]")
@settings_options
def doctor(path: str, all_: bool | None, config_file: str | None, no_config: bool, **values: Any) -> int:
    """What is installed, what is missing, and what each check would use for PATH.

    Exit status 1 where the settings ask for something that cannot be used.
    """
    values["all"] = all_
    start = Path(path) if Path(path).is_dir() else Path(path).parent
    lines = [*_program()]
    try:
        settings = read_settings(start, config_file, no_config, values)
        place = settings_file(start, config_file, no_config)
        lines.append(Line("settings", str(place) if place else "none; defaults", "" if place else "see `mtqa config`"))
        lines += [_baseline(settings, start), _cache(settings), *_checks(settings)]
    except MtqaError as e:
        lines.append(Line("settings", str(e), failed=True))
    lines += [_git()]
    width = max(len(line.name) for line in lines)
    out = []
    for line in lines:
        advice = f" ({line.advice})" if line.advice else ""
        out.append(f"{'!' if line.failed else ' '} {line.name:<{width}}  {printable(line.text)}{advice}\n")
    write("".join(out))
    return FINDINGS if any(line.failed for line in lines) else OK


def _program() -> Iterator[Line]:
    yield Line("mtqa", f"{qa.__version__} in {Path(qa.__file__).parent}")
    yield Line("Python", f"{platform.python_version()} on {platform.platform(terse=True)}")


def _baseline(settings: config.Settings, start: Path) -> Line:
    from qa import baseline

    place = baseline_place(settings, start)
    if place is None:
        return Line("baseline", "none", "`mtqa baseline` writes one")
    try:
        return Line("baseline", f"{place}: {len(baseline.load(place).entries):,} accepted")
    except MtqaError as e:
        return Line("baseline", str(e), failed=True)


def _cache(settings: config.Settings) -> Line:
    from qa.rulebook import cache_folder

    folder = cache_folder()
    if folder is None:
        return Line("cache", "none", "MTQA_CACHE is empty")
    if not folder.is_dir():
        return Line("cache", f"{folder}, not there yet")
    if not os.access(folder, os.W_OK):
        return Line("cache", f"{folder} cannot be written: every run starts anew", "MTQA_CACHE names another folder")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    used = "" if settings.cache else "; findings are not kept, as the settings say"
    return Line("cache", f"{folder}, {size / 1e6:.0f} MB{used}")


def _checks(settings: config.Settings) -> Iterator[Line]:
    from qa import checks
    from qa.checker import Checker

    local = replace(settings, grammar="off", model="off", tagger="off")
    with Checker(local) as checker:
        on = sum(checker.rulebook.is_enabled(rule) for rule in checker.rulebook.rules)
    yield Line("rules", f"{len(checker.rulebook.rules)} rules, {on} switched on, digest {checker.rulebook.digest}")
    about = {"grammar": _grammar, "proposals": _model, "fluency": _tagger}
    for name in checks.CHECKS:
        if name == "rules":
            continue
        if settings.checks and name not in settings.checks:
            yield Line(name, "not wanted", "the setting checks leaves it out")
        elif name in about:
            try:
                yield about[name](settings)
            except MtqaError as e:
                yield Line(name, str(e), failed=True)
        else:
            yield Line(name, "ready")


def _grammar(settings: config.Settings) -> Line:
    from qa.checks import grammar
    from qa.grammar import ENGINE_NAMES, installation, languagetool, server

    check = grammar.create(settings)
    if check is None:
        wanted = os.environ.get("MTQA_GRAMMAR") if settings.grammar == AUTO else settings.grammar
        if wanted == OFF:
            return Line("grammar", "off")
        missing = "needs `mtqa grammar install`" if installation.has_package() else "pip install 'mtqa[grammar]'"
        return Line("grammar", "no engine here", f"LanguageTool: {missing}; Harper: pip install 'mtqa[harper]'")
    try:
        engine, _, version = check.signature().partition(":")
    finally:
        check.close()
    shown = f"{ENGINE_NAMES.get(engine, engine)} {version}"
    if engine != "languagetool" or settings.languagetool_url is not None:
        return Line("grammar", f"{shown}{f' at {url}' if (url := settings.languagetool_url) else ''}")
    if not languagetool.is_available():
        return Line("grammar", "LanguageTool is not installed", "`mtqa grammar install`", failed=True)
    running = server.shared()
    where = f"running at {running.url}" if running else f"in {installation.folder()}, started for each run"
    advice = "" if running else "`mtqa grammar start` leaves it running"
    return Line("grammar", f"{shown} {where}; {installation.java()}", advice)


def _model(settings: config.Settings) -> Line:
    from qa.checks import proposals
    from qa.lm import missing_packages

    check = proposals.create(settings)
    if check is not None:
        try:
            version, _, editor = check.signature().partition(":")[2].partition("+")
        finally:
            check.close()
        if check.silent:
            return Line("proposals", "; ".join(check.notes), failed=True)
        also = f", and made by the post-editor on it, {editor}" if editor else ""
        return Line("proposals", f"judged by the language model {check.model}, {version}{also}")
    wanted = os.environ.get("MTQA_MODEL") if settings.model == AUTO else settings.model
    if wanted == OFF:
        return Line("proposals", "off")
    packages = f"pip install 'mtqa[lm]' (missing: {', '.join(missing)}), " if (missing := missing_packages()) else ""
    return Line("proposals", "no language model here", f"{packages}`mtqa lm install`")


def _tagger(settings: config.Settings) -> Line:
    from qa import fluency
    from qa.checks.fluency import tagger

    opened = tagger(settings)
    if opened is not None:
        return Line("fluency", f"the tagger that ships with mtqa, {opened.version}")
    missing = fluency.missing_packages()
    if not missing:
        return Line("fluency", "off")
    return Line("fluency", f"the tagger needs {', '.join(missing)}", f"pip install {' '.join(missing)}")


def _git() -> Line:
    program = shutil.which("git")
    if program is None:
        return Line("git", "not found", "--since needs it")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return Line("git", done.stdout.strip().removeprefix("git version ") or "does not answer")
