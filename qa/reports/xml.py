"""XML trees as text that every XML 1.0 parser takes, whatever was in them."""

from __future__ import annotations

import re
from xml.etree import ElementTree  # writes only; nothing is parsed

from qa.reports.wording import shown

# What XML 1.0 forbids and ``printable`` leaves as it is.
_FORBIDDEN = re.compile("[\ufffe\uffff]")


def attribute(text: str) -> str:
    """Text from outside as an attribute's value."""
    return _FORBIDDEN.sub("\ufffd", shown(text))


def as_text(root: ElementTree.Element) -> str:
    """The document, indented, with its declaration."""
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
