"""From bytes to text and an encoding that gives exactly these bytes back."""

from __future__ import annotations

import codecs

from qa.display import printable
from qa.errors import MtqaError

# UTF-32 first: its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Codecs that eat or write a byte order mark by themselves would not give the same bytes back.
_WITHOUT_MARK = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_EXACT = frozenset({"utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"})


def decode(data: bytes, path: str, encoding: str | None = None) -> tuple[str, str]:
    """(text, codec) of a file's bytes, with ``text.encode(codec) == data``.

    A byte order mark decides and stays in the text as its first code point. Without one the codec is
    ``encoding``, or UTF-8. Line ends stay as they are. Raises MtqaError for bytes that the codec does
    not know, a codec that does not exist or does not give the bytes back, and binary files.
    """
    shown = printable(path)
    named = _codec(encoding, shown) if encoding is not None else None
    codec = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    codec = codec or named or "utf-8"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        if codec == "utf-8" and b"\0" in data[:8192]:
            raise MtqaError(_binary(shown)) from None
        raise MtqaError(_undecodable(data, shown, codec, error)) from None
    except (UnicodeError, ValueError) as error:
        raise MtqaError(f"{shown}: not {codec}: {printable(str(error))}") from None
    if "\0" in text:
        raise MtqaError(_binary(shown))
    if codec not in _EXACT and not _gives_back(text, codec, data):
        raise MtqaError(
            f"{shown}: read as {codec} and written again, the file would change; "
            "convert it to UTF-8, or name its encoding with --encoding"
        )
    return text, codec


def _codec(name: str, shown: str) -> str:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        info = None
    # Codecs from bytes to bytes (hex, zip) and text to text (rot13) have the flag unset.
    if info is None or not getattr(info, "_is_text_encoding", True) or info.name == "undefined":
        raise MtqaError(
            f"{shown}: no encoding is called “{printable(name)}”; "
            "use a name such as utf-8, utf-16, cp1252 or iso8859-2 with --encoding"
        )
    return _WITHOUT_MARK.get(info.name, info.name)


def _gives_back(text: str, codec: str, data: bytes) -> bool:
    try:
        return text.encode(codec) == data
    except UnicodeError:
        return False


def _binary(shown: str) -> str:
    return (
        f"{shown}: looks like a binary file (it holds NUL characters), not text; leave it out, "
        "or, if it is UTF-16 without a byte order mark, say so with --encoding utf-16-le"
    )


def _undecodable(data: bytes, shown: str, codec: str, error: UnicodeDecodeError) -> str:
    before = data[: error.start].decode(codec, "replace")
    line = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
    found = f"0x{data[error.start]:02x}"
    todo = (
        "name its encoding with --encoding (for example --encoding cp1252), or convert it to UTF-8"
        if codec == "utf-8"
        else "name another encoding with --encoding, or convert it to UTF-8"
    )
    return f"{shown}: line {line}, byte offset {error.start}: {found} is not valid {codec.upper()}; {todo}"
