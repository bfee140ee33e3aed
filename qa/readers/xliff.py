"""XLIFF 1.2 and 2: each unit's target, with its source."""

from __future__ import annotations

from collections.abc import Iterator

from qa import xmlfile
from qa.display import printable
from qa.document import Segment
from qa.errors import MtqaError
from qa.readers import inline
from qa.readers.bitext import Bitext, left_out, must_be_english
from qa.xmlfile import Element

encoding_of = xmlfile.declared_encoding


def bitext(text: str, path: str) -> Bitext:
    """The translations of all units that have one. Raises MtqaError for what is no XLIFF or not into English."""
    root = xmlfile.parse(text, path)
    version = root.get("version")
    if root.name != "xliff" or version[:2] not in ("1.", "2."):
        raise MtqaError(
            f'{printable(path)}:{root.line}: no XLIFF 1 or 2 (its root is <{root.name} version="{version}">)'
        )
    if version.startswith("2."):
        language = root.get("srcLang")
        must_be_english(root.get("trgLang"), path, root.line)
        pairs = list(_second(root))
    else:
        files = list(root.elements("file"))
        language = files[0].get("source-language") if files else ""
        for file in files:
            must_be_english(file.get("target-language"), path, file.line)
        pairs = [pair for file in files for pair in _first(file)]
    segments: list[Segment] = []
    empty = 0
    for source, target in pairs:
        made = inline.segment(text, target, source) if target is not None else None
        if made is not None:
            segments.append(made)
        elif source.text.strip():
            empty += 1
    return Bitext(tuple(segments), language or None, left_out(empty, "no translation yet"))


def _first(file: Element) -> Iterator[tuple[Element, Element | None]]:
    for unit in file.walk("trans-unit"):
        if unit.get("translate") == "no":
            continue
        source = next(unit.elements("source"), None)
        target = next(unit.elements("target"), None)
        if source is None:
            continue
        cut = next(unit.elements("seg-source"), None)
        parts = _marked(cut) if cut is not None else {}
        theirs = _marked(target) if target is not None else {}
        if parts and parts.keys() == theirs.keys():
            yield from ((part, theirs[key]) for key, part in parts.items())
        else:
            yield source, target


def _marked(element: Element) -> dict[str, Element]:
    """The segments that a tool marked inside a source or a target, by their ids."""
    return {m.get("mid"): m for m in element.walk("mrk") if m.get("mtype") == "seg"}


def _second(root: Element) -> Iterator[tuple[Element, Element | None]]:
    for unit in root.walk("unit"):
        if unit.get("translate") == "no":
            continue
        for segment in unit.elements("segment"):
            source = next(segment.elements("source"), None)
            if source is not None:
                yield source, next(segment.elements("target"), None)
