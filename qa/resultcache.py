"""What was found in a text, kept until the text, the rules, the settings or the program change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from qa.cache import Cache, key
from qa.config import Settings
from qa.document import Document
from qa.finding import Finding, Severity, Suggestion

_MOST = 100_000
"""Texts whose findings are kept."""
_IRRELEVANT = frozenset(
    {"fail_on", "min_score", "include", "exclude", "encoding", "max_file_size", "languagetool_timeout", "model"}
    | {"model_threads", "baseline", "jobs", "cache", "per_path", "rules", "grammar"}
)
"""Settings that do not change what is found, or whose part in it the signature names."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything found in one document: merged, in the order of the text; how many words it has; and what checks say of
    it as a whole."""

    findings: tuple[Finding, ...]
    words: int
    signals: Mapping[str, float] = field(default_factory=dict)


class ResultCache:
    """Findings by the content of a document and what they were found with."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: the user's cache folder if None."""
        self._answers = Cache(folder, "findings", _MOST)
        self._new: list[tuple[bytes, str]] = []

    def get(self, wanted: Sequence[tuple[Document, str]]) -> list[Found | None]:
        """What is known of each document, found with what its ``origin`` says."""
        keys = [_key(document, origin) for document, origin in wanted]
        known = self._answers.get(list(dict.fromkeys(keys)))
        return [_read(known.get(k, ""), document) for k, (document, _) in zip(keys, wanted, strict=True)]

    def put(self, document: Document, origin: str, found: Found) -> None:
        """Remember this; it is written when 200 have come together, and at the end."""
        self._new.append((_key(document, origin), json.dumps(_as_list(found))))
        if len(self._new) >= 200:
            self.flush()

    def flush(self) -> None:
        self._answers.put(self._new)
        self._new = []

    def close(self) -> None:
        self.flush()
        self._answers.close()


def origin(signature: str, settings: Settings) -> str:
    """What findings come of, besides the text: the program, what ``signature`` names, the settings and their files."""
    said = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in _IRRELEVANT}
    values = [*said.values(), *(v for value in said.values() if isinstance(value, tuple) for v in value)]
    files = sorted({value for value in values if isinstance(value, str) and Path(value).is_file()})
    contents = [f"{name}={hashlib.sha256(Path(name).read_bytes()).hexdigest()}" for name in files]
    return "\x1f".join([_program(), signature, repr(said), *contents])


@cache
def _program() -> str:
    """A digest of mtqa's own modules and their figures: a check that was changed forgets what it found before."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted([*root.rglob("*.py"), *root.rglob("calibration.json"), root / "fluency" / "tagger.json"]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _key(document: Document, origin: str) -> bytes:
    return key(origin, document.kind, document.text)


def _as_list(found: Found) -> list[Any]:
    return [found.words, dict(found.signals), [asdict(finding) for finding in found.findings]]


def _read(text: str, document: Document) -> Found | None:
    """What was kept, or None where nothing was or it is damaged."""
    try:
        words, signals, findings = json.loads(text)
        return Found(tuple(_findings(findings, document)), int(words), dict(signals))
    except (ValueError, TypeError, KeyError):
        return None


def _findings(values: Iterable[dict[str, Any]], document: Document) -> Iterable[Finding]:
    for value in values:
        finding = Finding(
            **{
                **value,
                "severity": Severity(value["severity"]),
                "suggestions": tuple(Suggestion(**s) for s in value["suggestions"]),
                "also": tuple(value["also"]),
            }
        )
        if document.text[finding.start : finding.end] != finding.text:
            raise ValueError("kept for another text")
        yield finding
