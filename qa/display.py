"""Text from outside made safe to show: nothing in it can move the cursor, hide or reorder."""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), line and paragraph separators, lone surrogates, and every format character
# that draws nothing: bidirectional controls, zero widths, fillers, tags, supplementary variation
# selectors. Arabic number signs and the emoji variation selectors draw something and stay.
_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\xad"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""``text`` with control, invisible and reordering characters written as escapes.

    ``\n``, ``\r``, ``\t``, ``\x1b``, ``\u202e``, ``\U000e0041``; a byte of a file name that is not
    UTF-8 shows as the surrogate that stands for it (``\udce9``). All else stays as it is, backslashes
    too: the result is for reading, not for parsing.
    """
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


# Punctuation that may mean something to Markdown wherever it stands, or where it stands here: a hyphen first in the
# text, a full stop after a digit or “www”.
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&:@$^=+)]|^ *-|(?<=[0-9wW])\.")


def as_markdown(text: str) -> str:
    """``text`` as one line of Markdown (GitHub's, too) that reads just so: no markup, link or mention comes of it."""
    return _MARKDOWN.sub(lambda m: f"{m[0][:-1]}\\{m[0][-1]}", printable(text))
