"""Nothing from outside reaches the terminal as a control."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.display import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain “text” – é 漢字 😀 \\n", "plain “text” – é 漢字 😀 \\n"),
        ("a\x1b[31mb\x07", r"a\x1b[31mb\x07"),
        ("a\nb\r\tc\0\x7f\x9b", r"a\nb\r\tc\x00\x7f\x9b"),
        ("\u202eevil\u2066\u200f\u061c", r"\u202eevil\u2066\u200f\u061c"),
        ("a\u200bb\u00adc\ufeff\u2060", r"a\u200bb\xadc\ufeff\u2060"),
        ("\u2028\u2029\ud800\udce9", r"\u2028\u2029\ud800\udce9"),
        ("\U000e0041\U000e0100", r"\U000e0041\U000e0100"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("", ""),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_nothing_hidden_is_left(text: str) -> None:
    shown = printable(text)
    # Arabic number signs are format characters that one sees.
    signs = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert not [c for c in shown if unicodedata.category(c) in hidden and c not in signs]
    assert printable(shown) == shown
