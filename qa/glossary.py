"""Glossaries: the terms to keep to, the variants that are allowed, the words to avoid. CSV or TBX, read with places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa import xmlfile
from qa.display import printable
from qa.errors import MtqaError
from qa.readers import decoding, table
from qa.xmlfile import Element

_COLUMNS = {
    "term": ("term", "target", "target_term", "preferred", "english", "en"),
    "source": ("source", "source_term", "src"),
    "variants": ("variants", "variant", "allowed", "synonyms"),
    "forbidden": ("forbidden", "avoid", "deprecated", "wrong"),
}
_FORBIDDEN = frozenset(
    {"deprecatedterm-admn-sts", "supersededterm-admn-sts", "deprecated", "superseded", "forbidden", "obsolete"}
)
_ALLOWED = frozenset({"admittedterm-admn-sts", "admitted", "allowed", "legalterm-admn-sts"})


@dataclass(frozen=True, slots=True)
class Term:
    """A concept. ``term``: how English says it; ``source``: what it is in the source language, empty where unknown.

    ``variants`` are as good as the term, ``forbidden`` are words that the glossary wants avoided.
    """

    term: str
    source: str = ""
    variants: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    line: int = 0


def read(paths: Sequence[str]) -> tuple[Term, ...]:
    """The terms of all files. Raises MtqaError, naming file and line, for an empty term or one that stands twice."""
    terms: list[Term] = []
    for path in paths:
        name = printable(path)
        try:
            data = Path(path).read_bytes()
        except OSError as e:
            raise MtqaError(f"{name}: {e.strerror or e} (glossary)") from None
        suffix = Path(path).suffix.lower()
        is_xml = suffix in (".tbx", ".xml")
        text, _ = decoding.decode(data, path, xmlfile.declared_encoding(data) if is_xml else None)
        found = list(_tbx(text, path) if is_xml else _csv(text, path))
        seen: dict[tuple[str, str], int] = {}
        for term in found:
            key = term.source.casefold(), term.term.casefold()
            if key in seen:
                raise MtqaError(
                    f"{name}:{term.line}: the term “{printable(term.term)}” stands on line {seen[key]} already"
                )
            seen[key] = term.line
        terms += found
    return tuple(terms)


def _csv(text: str, path: str) -> Iterator[Term]:
    name = printable(path)
    rows = table.rows(text, path)
    header = next(rows, None)
    if header is None:
        raise MtqaError(f"{name}:1: is empty; the first line must name the columns: source, term, variants, forbidden")
    names = [field.read(text).strip().lower().replace(" ", "_") for field in header]
    places = {key: next((names.index(n) for n in known if n in names), None) for key, known in _COLUMNS.items()}
    if places["term"] is None:
        raise MtqaError(
            f"{name}:1: no column is called “term”; there may be source, term, variants, forbidden"
        )
    for row in rows:
        line = row[0].line
        if len(row) > len(names):
            raise MtqaError(f"{name}:{line}: {len(row)} fields, where the header has {len(names)}")
        values = {
            key: row[at].read(text).strip() if at is not None and at < len(row) else "" for key, at in places.items()
        }
        if not values["term"]:
            raise MtqaError(f"{name}:{line}: the term is empty")
        yield Term(values["term"], values["source"], _list(values["variants"]), _list(values["forbidden"]), line)


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[|;]", value) if part.strip())


def _tbx(text: str, path: str) -> Iterator[Term]:
    """TBX 2 (martif) and 3: the English terms of each concept, by their administrative status."""
    root = xmlfile.parse(text, path)
    if root.name not in ("martif", "tbx"):
        raise MtqaError(f"{printable(path)}:{root.line}: no TBX (its root is <{printable(root.name)}>)")
    for concept in root.walk("termEntry", "conceptEntry"):
        english: list[tuple[str, str, int]] = []
        source = ""
        for section in concept.walk("langSet", "langSec"):
            is_english = section.get("lang").lower().replace("_", "-").split("-")[0] == "en"
            for group in section.walk("tig", "ntig", "termSec"):
                term = next(group.walk("term"), None)
                written = " ".join(term.text.split()) if term is not None else ""
                if not written:
                    raise MtqaError(f"{printable(path)}:{group.line}: the term is empty")
                if is_english:
                    english.append((written, _status(group), group.line))
                source = source or (written if not is_english else "")
        if not english:
            continue
        preferred = next((e for e in english if e[1] not in _FORBIDDEN | _ALLOWED), None)
        preferred = preferred or next((e for e in english if e[1] in _ALLOWED), None)
        if preferred is None:
            raise MtqaError(f"{printable(path)}:{concept.line}: every English term of this entry is forbidden")
        others = [e for e in english if e is not preferred]
        yield Term(
            preferred[0],
            source,
            tuple(e[0] for e in others if e[1] not in _FORBIDDEN),
            tuple(e[0] for e in others if e[1] in _FORBIDDEN),
            preferred[2],
        )


def _status(group: Element) -> str:
    for note in group.walk("termNote", "administrativeStatus"):
        if note.name == "administrativeStatus" or note.get("type") in (
            "administrativeStatus",
            "normativeAuthorization",
        ):
            return note.text.strip().lower()
    return ""
