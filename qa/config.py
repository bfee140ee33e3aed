"""Settings: defaults, then ``[tool.mtqa]`` of pyproject.toml or .mtqa.toml, then the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.display import printable
from qa.errors import MtqaError, did_you_mean
from qa.finding import Severity
from qa.grammar import GRAMMAR, OFF

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NEVER = "never"
PER_PATH = "per-path"



@dataclass(frozen=True, slots=True)
class PathRules:
    """Rule settings for some files. ``paths``: globs as in .gitignore, relative to ``root``; none: every file.

    ``disable`` and ``enable`` come on top of the general ones, and win over them; the others take their place.
    """

    paths: tuple[str, ...]
    root: str = ""
    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    min_confidence: float | None = None
    preview: bool | None = None
    source_language: tuple[str, ...] | None = None

    def match(self, path: str) -> bool:
        """Whether these settings are for the file at ``path``."""
        if not self.paths:
            return True
        relative = os.path.relpath(os.path.realpath(path), self.root).replace(os.sep, "/")
        return not relative.startswith("../") and _spec(self.paths).match_file(relative)


@lru_cache(maxsize=256)
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(globs)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run can be told. Names in files are these with ``-`` for ``_``.

    ``checks``: which checks run, empty for all. ``min_confidence``: findings below it are not shown.
    ``preview``: rules that are still on trial too. ``all``: everything, whatever its confidence or status.
    ``fail_on``: severity at which a run fails, or ``never``. ``min_score``: MQM score below which it fails.
    ``rules``: folders of the user's own rules. ``max_file_size``: in bytes.
    ``grammar``: the engine of the grammar check; ``auto`` is LanguageTool where it is installed, else Harper where that
    is, else none; an engine that is named must be there. ``languagetool_url``: a server of the user's own;
    ``languagetool_timeout``: seconds that it may take for an answer. ``vocabulary``: files of words that are right.
    ``model``: the language model that judges proposals: ``auto`` is the one that `mtqa lm install` brings, where it is
    there; ``off``; a GGUF file or an OpenAI-compatible server's address, which then must work.
    ``model_threads``: 0 for all cores.
    ``tagger``: the fluency tagger: ``auto``, ``on`` (it must work) or ``off``; ``tagger_threads``: how many threads.
    ``baseline``: the file of findings that are accepted; the nearest ``.mtqa-baseline.json`` upwards if None, none if
    ``off``. ``jobs``: processes that check files at the same time, 0 for as many as there are cores.
    ``cache``: whether findings are kept for texts that do not change. ``per_path``: rule settings for some files.
    ``source``: the file (or the folder of files of the same names) that the checked ones translate.
    ``glossary``: files of terms, CSV or TBX. ``tm``: translation memories, TMX; ``tm_match``: per cent from which
    an entry of one counts as a match.
    """

    checks: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    min_confidence: float = 0.5
    preview: bool = False
    all: bool = False
    fail_on: str = "major"
    min_score: float | None = None
    rules: tuple[str, ...] = ()
    source_language: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    encoding: str | None = None
    max_file_size: int = 50_000_000
    grammar: str = "auto"
    languagetool_url: str | None = None
    languagetool_timeout: float = 60.0
    vocabulary: tuple[str, ...] = ()
    model: str = "auto"
    model_threads: int = 0
    tagger: str = "auto"
    tagger_threads: int = 1
    baseline: str | None = None
    jobs: int = 0
    cache: bool = True
    per_path: tuple[PathRules, ...] = ()
    source: str | None = None
    glossary: tuple[str, ...] = ()
    tm: tuple[str, ...] = ()
    tm_match: float = 75.0

    def at(self, path: str) -> Settings:
        """These settings as they are for the file at ``path``."""
        settings = self
        for own in self.per_path:
            if own.match(path):
                settings = _merged(settings, own)
        return replace(settings, per_path=()) if self.per_path else self


def _merged(settings: Settings, own: PathRules) -> Settings:
    changes = {
        name: value
        for name in ("min_confidence", "preview", "source_language")
        if (value := getattr(own, name)) is not None
    }
    disable = (*(name for name in settings.disable if name not in own.enable), *own.disable)
    enable = (*(name for name in settings.enable if name not in own.disable), *own.enable)
    return replace(settings, disable=disable, enable=enable, **changes)


KEYS = {f.name.replace("_", "-"): f for f in fields(Settings)}


def find(start: Path) -> Path | None:
    """The nearest .mtqa.toml, or pyproject.toml with a ``[tool.mtqa]`` table, from ``start`` upwards."""
    for folder in (start, *start.parents):
        own = folder / ".mtqa.toml"
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and "mtqa" in _toml(project).get("tool", {}):
            return project
    return None


def load(path: Path) -> Settings:
    """The settings of one file. Raises MtqaError for an unknown key or a value of the wrong kind.

    Paths in ``rules``, ``vocabulary``, ``baseline``, ``source``, ``glossary``, ``tm`` and ``per-path`` are relative to
    the file.
    """
    settings = with_values(Settings(), values_in(path), printable(str(path)))

    def beside(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(path.parent / name) for name in names)

    is_file = settings.model not in ("auto", "off") and "://" not in settings.model
    model = str(path.parent / settings.model) if is_file else settings.model
    root = os.path.realpath(path.parent)
    return replace(
        settings,
        rules=beside(settings.rules),
        vocabulary=beside(settings.vocabulary),
        model=model,
        baseline=settings.baseline if settings.baseline in (None, OFF) else str(path.parent / settings.baseline),
        per_path=tuple(replace(own, root=root) for own in settings.per_path),
        source=str(path.parent / settings.source) if settings.source is not None else None,
        glossary=beside(settings.glossary),
        tm=beside(settings.tm),
    )


def values_in(path: Path) -> dict[str, Any]:
    """What a settings file says, unchecked."""
    data = _toml(path)
    if path.name != "pyproject.toml":
        return data
    tool = data.get("tool", {})
    own = tool.get("mtqa", {}) if isinstance(tool, dict) else {}
    if not isinstance(own, dict):
        raise MtqaError(f"{printable(str(path))}: tool.mtqa: expected a table")
    return own


def with_values(settings: Settings, values: Mapping[str, Any], origin: str) -> Settings:
    """``settings`` with the given values put in, checked. ``origin`` names their file in an error."""
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in KEYS:
            hint = did_you_mean(key, list(KEYS))
            raise MtqaError(f"{origin}: unknown setting “{printable(key)}”{hint}")
        changes[KEYS[key].name] = _path_rules(value, origin) if key == PER_PATH else _checked(key, value, origin)
    return replace(settings, **changes)


PATH_KEYS = {f.name.replace("_", "-"): f for f in fields(PathRules) if f.name != "root"}


def _path_rules(tables: Any, origin: str) -> tuple[PathRules, ...]:
    if isinstance(tables, tuple) and all(isinstance(table, PathRules) for table in tables):
        return tables
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise MtqaError(f"{origin}: {PER_PATH}: expected tables ([[{PER_PATH}]])")
    found = []
    for number, table in enumerate(tables, 1):
        place = f"{origin}: {PER_PATH} {number}"
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in PATH_KEYS:
                hint = did_you_mean(key, list(PATH_KEYS))
                raise MtqaError(f"{place}: unknown setting “{printable(key)}”{hint}")
            values[PATH_KEYS[key].name] = _texts(key, value, place) if key == "paths" else _checked(key, value, place)
        if not values.get("paths"):
            raise MtqaError(f"{place}: paths: expected globs, as in .gitignore")
        try:
            _spec(values["paths"])
        except ValueError:
            raise MtqaError(f"{place}: paths: expected globs, as in .gitignore") from None
        found.append(PathRules(**values))
    return tuple(found)


def _texts(key: str, value: Any, origin: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise MtqaError(f"{origin}: {key}: expected a list of texts")
    return tuple(values)


def _checked(key: str, value: Any, origin: str) -> Any:
    default = KEYS[key].default
    if isinstance(default, tuple):
        values = _texts(key, value, origin)
        if key == "checks":
            from qa.checks import CHECKS

            for name in values:
                if name not in CHECKS:
                    raise MtqaError(f"{origin}: checks: no check “{printable(name)}”; there are {', '.join(CHECKS)}")
        return values
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise MtqaError(f"{origin}: {key}: expected true or false")
        return value
    if key in ("min-confidence", "min-score"):
        top = 1 if key == "min-confidence" else 100
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= top:
            raise MtqaError(f"{origin}: {key}: expected a number from 0 to {top}")
        return float(value)
    if key == "tm-match":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 50 <= value <= 100:
            raise MtqaError(f"{origin}: {key}: expected per cent, from 50 to 100")
        return float(value)
    if key == "languagetool-timeout":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600:
            raise MtqaError(f"{origin}: {key}: expected seconds, above 0 and at most 3600")
        return float(value)
    if key == "model-threads":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 256:
            raise MtqaError(f"{origin}: {key}: expected a number of threads, 0 for all cores")
        return value
    if key == "tagger-threads":
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 256:
            raise MtqaError(f"{origin}: {key}: expected a number of threads from 1 to 256")
        return value
    if key == "jobs":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 256:
            raise MtqaError(f"{origin}: {key}: expected a number of processes, 0 for all cores")
        return value
    if key == "max-file-size":
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise MtqaError(f"{origin}: {key}: expected a number of bytes above 0")
        return value
    if not isinstance(value, str):
        raise MtqaError(f"{origin}: {key}: expected text")
    if key == "grammar" and value not in GRAMMAR:
        raise MtqaError(f"{origin}: grammar: expected one of {', '.join(GRAMMAR)}")
    if key == "tagger" and value not in ("auto", "on", "off"):
        raise MtqaError(f"{origin}: tagger: expected auto, on or off")
    if key == "fail-on" and value not in (NEVER, *Severity):
        raise MtqaError(f"{origin}: fail-on: expected one of {', '.join(Severity)}, {NEVER}")
    return value


def _toml(path: Path) -> dict[str, Any]:
    name = printable(str(path))
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as e:
        raise MtqaError(f"{name}: not valid TOML: {e}") from None
    except UnicodeDecodeError as e:
        raise MtqaError(f"{name}: not UTF-8 at byte {e.start}") from None
    except OSError as e:
        raise MtqaError(f"{name}: {e.strerror or e}") from None
