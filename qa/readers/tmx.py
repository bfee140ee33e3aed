"""TMX: the English variant of each unit, with the variant in the source language."""

from __future__ import annotations

from collections.abc import Iterator

from qa import xmlfile
from qa.display import printable
from qa.errors import MtqaError
from qa.readers import inline
from qa.readers.bitext import Bitext, left_out, must_be_english
from qa.xmlfile import Element

encoding_of = xmlfile.declared_encoding


def bitext(text: str, path: str) -> Bitext:
    """The units that have an English variant and another one. Raises MtqaError for what is no TMX."""
    root = _root(text, path)
    language = _srclang(root)
    if _is_english(language):
        other = next((_lang(v) for u in _units(root) for v in u.elements("tuv") if not _is_english(_lang(v))), "")
        must_be_english(other, path, root.line)
    segments = []
    without = 0
    for unit in _units(root):
        source, target = _pair(unit, language)
        made = inline.segment(text, target, source) if source is not None and target is not None else None
        if made is None:
            without += 1
        else:
            segments.append(made)
    return Bitext(tuple(segments), language or None, left_out(without, "no English text beside another language"))


def memory(text: str, path: str) -> list[tuple[str, str, int]]:
    """(source, English translation, line) of each unit, whichever of them the memory calls its source."""
    root = _root(text, path)
    language = _srclang(root)
    out = []
    for unit in _units(root):
        source, target = _pair(unit, "" if _is_english(language) else language)
        if source is not None and target is not None:
            told, shown = inline.text_of(source)[0], inline.text_of(target)[0]
            if told and shown:
                out.append((told, shown, unit.line))
    return out


def _root(text: str, path: str) -> Element:
    root = xmlfile.parse(text, path)
    if root.name != "tmx":
        raise MtqaError(f"{printable(path)}:{root.line}: no TMX (its root is <{printable(root.name)}>)")
    return root


def _srclang(root: Element) -> str:
    """The language that the header names as the source; empty where it says “all”."""
    header = next(root.elements("header"), None)
    language = header.get("srclang") if header is not None else ""
    return "" if language.lower() == "*all*" else language


def _units(root: Element) -> Iterator[Element]:
    return root.walk("tu")


def _pair(unit: Element, language: str) -> tuple[Element | None, Element | None]:
    source = target = None
    for variant in unit.elements("tuv"):
        segment = next(variant.elements("seg"), None)
        if _is_english(_lang(variant)):
            target = target if target is not None else segment
        elif source is None or _lang(variant).lower() == language.lower():
            source = segment
    return source, target


def _lang(variant: Element) -> str:
    return variant.get("lang")


def _is_english(language: str) -> bool:
    return language.lower().replace("_", "-").split("-")[0] in ("en", "eng")
