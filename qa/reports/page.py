"""The frame of an HTML page that stands alone: nothing is fetched, nothing runs but its own script.

A page is a tree of elements, and whatever text is put into it is escaped when it is written; there is no way to
write markup out of a text. The policy allows the page's style and script by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree  # writes only; nothing is parsed
from xml.etree.ElementTree import Element

from qa.display import printable

# What draws nothing but belongs to writing: spaces, joiners of letters and of emoji, soft hyphens.
_KEPT = re.compile("([\t\n\r\xad\u200c\u200d]+)")


def page(title: str, *body: Element | str, style: str = "", script: str = "") -> str:
    """The whole page as text. ``style`` comes after the frame's own, which is page.css; ``script`` runs at the end."""
    style = asset("page.css") + style
    policy = [
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'" if script else "script-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content="; ".join(policy)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        _verbatim("style", style),
    )
    whole = element("html", head, element("body", *body, _verbatim("script", script) if script else ""), lang="en")
    text = ElementTree.tostring(whole, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n"


def element(tag: str, *children: Element | str, **attributes: str | int | None) -> Element:
    """An element. Text is made printable; an attribute whose value is None is left out.

    Attributes are given as ``class_``, ``aria_label``: a last underscore goes away, others are hyphens.
    """
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.removesuffix("_").replace("_", "-"), safe(str(value)))
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + safe(child)
        else:
            last.tail = (last.tail or "") + safe(child)
    return made


def safe(text: str) -> str:
    """Text without what hides or reorders text, which is shown as an escape."""
    pieces = _KEPT.split(text)
    pieces[::2] = map(printable, pieces[::2])
    return "".join(pieces)


def asset(name: str) -> str:
    """A style or script that lies beside this module."""
    return (Path(__file__).parent / name).read_text("utf-8")


def _verbatim(tag: str, text: str) -> Element:
    """A style or script of ours; the writer leaves their text as it is, which the hash is of."""
    made = Element(tag)
    made.text = text
    return made


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
