"""The text of an XLIFF or TMX segment: inline elements left out, each remembered by its name and id."""

from __future__ import annotations

from qa.document import OBJECT, Segment
from qa.readers.pieces import Pieces
from qa.xmlfile import Characters, Element

CODES = frozenset({"bpt", "ept", "ph", "it", "ut", "x", "bx", "ex", "sc", "ec", "cp"})
"""Elements that stand for code of the original's format; what is in them is no text."""
STAND_INS = frozenset({"ph", "it", "x", "ut", "cp"})
"""Those that may show something to the reader, a picture or a value."""
NO_TAGS = frozenset({"mrk", "sm", "em", "hi", "sub"})
"""Elements that say something about the text; a translation need not keep them."""


def collect(element: Element, pieces: Pieces, *, keep_space: bool = False) -> None:
    """Add what is in the element to ``pieces``: character data, stand-ins and the names of inline elements."""
    for child in element.children:
        if isinstance(child, Characters):
            if child.end - child.start != len(child.text) or child.text == "\n":
                if child.text.isspace() and not keep_space:
                    _space(pieces, child)
                else:
                    pieces.stand_in(child.text, child.start, child.end)
            elif keep_space:
                pieces.copy(child.text, child.start)
            else:
                shown = child.text.lstrip(" \t") if pieces.text[-1:] == "\n" else child.text
                pieces.copy(shown, child.end - len(shown))
            continue
        if child.name not in NO_TAGS:
            pieces.tags.append(_tag(child))
        if child.name in CODES:
            if child.name in STAND_INS and (places := _places(child)):
                pieces.stand_in(OBJECT, *places)
        else:
            collect(child, pieces, keep_space=keep_space)


def text_of(element: Element) -> tuple[str, tuple[str, ...]]:
    """(text, inline elements) of a source."""
    pieces = Pieces()
    collect(element, pieces)
    return pieces.text.strip(), tuple(pieces.tags)


def segment(text: str, element: Element, source: Element | None) -> Segment | None:
    """The segment of a translation; None where it holds no text. ``text``: the whole file."""
    pieces = Pieces()
    collect(element, pieces, keep_space=element.get("space") == "preserve")
    told, tags = text_of(source) if source is not None else (None, ())
    made = pieces.segment(told, source_tags=tags, escape=escape)
    if made is not None:
        first, last = made.runs[0], made.runs[-1]
        if "<![CDATA[" in text[max(first.document_start - 9, 0) : last.document_start + last.length]:
            made = pieces.segment(told, source_tags=tags, escape=escape_in_cdata)
    return made


def escape(text: str) -> str:
    """``text`` as character data."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_in_cdata(text: str) -> str | None:
    """``text`` where part of the segment is CDATA: None for what is written differently inside and outside."""
    return None if any(c in text for c in "&<>") else text


def _space(pieces: Pieces, space: Characters) -> None:
    if pieces.text and pieces.text[-1] not in " \n":
        pieces.stand_in("\n", space.start, space.end)


def _places(element: Element) -> tuple[int, int] | None:
    return (element.start, element.end) if element.end > element.start else None


def _tag(element: Element) -> str:
    for key in ("id", "i", "x", "rid", "startRef"):
        if value := element.get(key):
            return f"{element.name} {value}"
    return element.name
