"""Settings: defaults, then ``[tool.mtqa]`` of pyproject.toml or .mtqa.toml, then the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from qa.display import printable
from qa.errors import MtqaError, did_you_mean
from qa.finding import Severity
from qa.grammar import GRAMMAR

NEVER = "never"


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
    source: str | None = None
    glossary: tuple[str, ...] = ()
    tm: tuple[str, ...] = ()
    tm_match: float = 75.0


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

    Paths in ``rules``, ``vocabulary``, ``source``, ``glossary`` and ``tm`` are relative to the file.
    """
    data = _toml(path)
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("mtqa", {})
    settings = with_values(Settings(), data, printable(str(path)))
    def beside(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(path.parent / name) for name in names)

    is_file = settings.model not in ("auto", "off") and "://" not in settings.model
    model = str(path.parent / settings.model) if is_file else settings.model
    return replace(
        settings,
        rules=beside(settings.rules),
        vocabulary=beside(settings.vocabulary),
        model=model,
        source=str(path.parent / settings.source) if settings.source is not None else None,
        glossary=beside(settings.glossary),
        tm=beside(settings.tm),
    )


def with_values(settings: Settings, values: Mapping[str, Any], origin: str) -> Settings:
    """``settings`` with the given values put in, checked. ``origin`` names their file in an error."""
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in KEYS:
            hint = did_you_mean(key, list(KEYS))
            raise MtqaError(f"{origin}: unknown setting “{printable(key)}”{hint}")
        changes[KEYS[key].name] = _checked(key, value, origin)
    return replace(settings, **changes)


def _checked(key: str, value: Any, origin: str) -> Any:
    default = KEYS[key].default
    if isinstance(default, tuple):
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
            raise MtqaError(f"{origin}: {key}: expected a list of texts")
        if key == "checks":
            from qa.checks import CHECKS

            for name in values:
                if name not in CHECKS:
                    raise MtqaError(f"{origin}: checks: no check “{printable(name)}”; there are {', '.join(CHECKS)}")
        return tuple(values)
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
    if key == "max-file-size":
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise MtqaError(f"{origin}: {key}: expected a number of bytes above 0")
        return value
    if not isinstance(value, str):
        raise MtqaError(f"{origin}: {key}: expected text")
    if key == "grammar" and value not in GRAMMAR:
        raise MtqaError(f"{origin}: grammar: expected one of {', '.join(GRAMMAR)}")
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
