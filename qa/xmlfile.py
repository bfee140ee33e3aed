"""XML with places, and none of its dangers: no DTD, no entities of a file's own, nothing fetched.

expat reads it. A document type is refused before anything in it can act, and expat opens nothing by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from qa.display import printable
from qa.errors import MtqaError

DEEPEST = 200
"""Elements inside elements above which a file is refused."""

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


@dataclass(slots=True)
class Characters:
    """Character data: ``text`` for what stands between ``start`` and ``end``, code points in the file."""

    text: str
    start: int
    end: int


@dataclass(slots=True)
class Element:
    """An element without its namespace, from ``start`` to ``end`` (code points in the file), tags included.

    ``children`` are elements and character data, in order.
    """

    name: str
    attributes: Mapping[str, str]
    line: int
    start: int = 0
    end: int = 0
    children: list[Element | Characters] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value; ``xml:lang`` is called ``lang``."""
        return self.attributes.get(name, default)

    def elements(self, *names: str) -> Iterator[Element]:
        """The child elements with one of these names; all for none."""
        for child in self.children:
            if isinstance(child, Element) and (not names or child.name in names):
                yield child

    def walk(self, *names: str) -> Iterator[Element]:
        """The elements below with one of these names, in the order of the file, none inside another."""
        for child in self.elements():
            if child.name in names:
                yield child
            else:
                yield from child.walk(*names)

    @property
    def text(self) -> str:
        """All character data below, joined."""
        return "".join(child.text for child in self.children)


def declared_encoding(data: bytes) -> str | None:
    """The encoding that the XML declaration names, if there is one."""
    match = _DECLARED.match(data)
    return match[1].decode("ascii") if match else None


def parse(text: str, path: str) -> Element:
    """The root element of a decoded XML file. Raises MtqaError with file and line for what is not well formed."""
    return _Parser(text, path).root


class _Parser:
    def __init__(self, text: str, path: str) -> None:
        self.name = printable(path)
        self.text = text
        # The declaration speaks of bytes that are decoded already; a byte order mark is no character of the document.
        self.data = text.encode("utf-8", "surrogatepass")
        self.parser = expat.ParserCreate(encoding="utf-8", namespace_separator="\n")
        self.parser.ordered_attributes = False
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.DefaultHandler = self._other
        self.open: list[Element] = [Element("", {}, 1)]
        self.bytes = self.points = 0
        self.pending: Characters | None = None
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as e:
            raise self._error(e.lineno, f"not well-formed XML ({expat.errors.messages[e.code]})") from None
        self._flush(self._position())
        self.root = next(self.open[0].elements())

    def _error(self, line: int, message: str) -> MtqaError:
        return MtqaError(f"{self.name}:{line}: {message}")

    def _position(self) -> int:
        """Where the parser is, as a code point; it only moves forward."""
        now = self.parser.CurrentByteIndex
        if now > self.bytes:
            self.points += len(self.data[self.bytes : now].decode("utf-8", "surrogatepass"))
            self.bytes = now
        return self.points

    def _flush(self, end: int) -> None:
        if self.pending is not None:
            self.pending.end = end
            self.open[-1].children.append(self.pending)
            self.pending = None

    def _doctype(self, *_: object) -> None:
        message = "a DOCTYPE is not allowed here, since it may name other files; take it out"
        raise self._error(self.parser.CurrentLineNumber, message)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._flush(at := self._position())
        line = self.parser.CurrentLineNumber
        if len(self.open) > DEEPEST:
            raise self._error(line, f"more than {DEEPEST} elements inside each other")
        plain = {key.rpartition("\n")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition("\n")[2], plain, line, at)
        self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, name: str) -> None:
        at = self._position()
        self._flush(at)
        element = self.open.pop()
        closes_itself = not element.children and self.text.startswith("/>", at - 2)
        element.end = at if closes_itself else self.text.index(">", at) + 1

    def _characters(self, text: str) -> None:
        at = self._position()
        self._flush(at)
        self.pending = Characters(text, at, at)

    def _other(self, text: str) -> None:
        self._flush(self._position())
