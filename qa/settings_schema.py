"""The JSON Schema of a settings file, so that editors complete and check it.

``mtqa config --schema`` prints it; docs/settings.schema.json is that, committed.
"""

from __future__ import annotations

from typing import Any

from qa.checks import CHECKS
from qa.config import KEYS, NEVER, PATH_KEYS, PER_PATH, Settings
from qa.finding import Severity
from qa.grammar import GRAMMAR

_TEXTS = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
_UP_TO_256 = {"type": "integer", "minimum": 0, "maximum": 256}
_CHECK = {"enum": list(CHECKS)}

ABOUT: dict[str, tuple[str, dict[str, Any]]] = {
    "checks": ("Which checks run; all if empty.", {"anyOf": [{"type": "array", "items": _CHECK}, _CHECK]}),
    "disable": ("Rules or families that are switched off.", _TEXTS),
    "enable": ("Rules or families that are switched on, those on trial too.", _TEXTS),
    "min-confidence": ("Findings less sure than this are not shown.", {"type": "number", "minimum": 0, "maximum": 1}),
    "preview": ("Rules that are still on trial, too.", {"type": "boolean"}),
    "all": ("Everything, whatever its confidence or status.", {"type": "boolean"}),
    "fail-on": ("The severity at which a run fails.", {"enum": [*Severity, NEVER]}),
    "min-score": ("The MQM score below which a run fails.", {"type": "number", "minimum": 0, "maximum": 100}),
    "rules": ("Folders of your own rules, beside mtqa's; relative to this file.", _TEXTS),
    "source-language": ("Languages that the text is translated from (fr, es …): rules of others are left out.", _TEXTS),
    "include": ("In folders, only files that match these globs.", _TEXTS),
    "exclude": ("In folders, no files that match these globs.", _TEXTS),
    "encoding": ("Encoding of files that are not UTF-8 and have no byte order mark.", {"type": "string"}),
    "max-file-size": ("The largest file that is read, in bytes.", {"type": "integer", "minimum": 1}),
    "grammar": ("The engine of the grammar check.", {"enum": list(GRAMMAR)}),
    "languagetool-url": ("A LanguageTool server of your own.", {"type": "string"}),
    "languagetool-timeout": (
        "Seconds that one answer of LanguageTool may take.",
        {"type": "number", "exclusiveMinimum": 0, "maximum": 3600},
    ),
    "vocabulary": ("Files of words that are right, one a line; relative to this file.", _TEXTS),
    "model": (
        "The language model that judges proposals: auto, off, a GGUF file (relative to this file) or a server's URL.",
        {"type": "string"},
    ),
    "model-threads": ("Threads of the language model; 0 for all cores.", _UP_TO_256),
    "tagger": ("The fluency tagger.", {"enum": ["auto", "on", "off"]}),
    "tagger-threads": ("Threads of the fluency tagger.", {"type": "integer", "minimum": 1, "maximum": 256}),
    "source": (
        "The file, or the folder of files of the same names, that the checked ones translate.", {"type": "string"}
    ),
    "glossary": ("Files of terms, CSV or TBX; relative to this file.", _TEXTS),
    "tm": ("Translation memories, TMX; relative to this file.", _TEXTS),
    "tm-match": (
        "Per cent from which an entry of a translation memory counts as a match.",
        {"type": "number", "minimum": 50, "maximum": 100},
    ),
    "baseline": (
        "The file of findings that are accepted, relative to this file; off for none. Without it, the nearest "
        ".mtqa-baseline.json.",
        {"type": "string"},
    ),
    "jobs": ("Processes that check files; 0 for all cores.", _UP_TO_256),
    "cache": ("Whether what was found in a text is kept until the text changes.", {"type": "boolean"}),
}
"""What each setting means, and what it may be."""


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    of_paths = {key: _property(key) for key in PATH_KEYS if key != "paths"}
    paths = {"description": "Globs as in .gitignore, relative to this file.", **_TEXTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:mtqa:settings",
        "title": "mtqa settings",
        "description": "What .mtqa.toml may say, or the table [tool.mtqa] of pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{key: _property(key) for key in KEYS if key != PER_PATH},
            PER_PATH: {
                "description": "Rule settings for some files; later tables win over earlier ones.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["paths"],
                    "additionalProperties": False,
                    "properties": {"paths": paths, **of_paths},
                },
            },
        },
    }


def _property(key: str) -> dict[str, Any]:
    text, kind = ABOUT[key]
    default = getattr(Settings(), KEYS[key].name)
    said = {} if default is None else {"default": list(default) if isinstance(default, tuple) else default}
    return {"description": text, **kind, **said}
