"""Tables for a terminal, drawn by rich: everything that comes from outside is escaped, nothing is read as markup."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qa.display import printable

if TYPE_CHECKING:
    from rich.console import RenderableType


def text(value: str, style: str = "") -> Text:
    """A cell or line of text from outside, on one line."""
    return Text(printable(value.replace("\t", " ")), style=style)


def table(*headers: str, numbers: bool = True, lines: bool = False) -> Table:
    """A table whose first column is text; the others hold numbers unless ``numbers`` is false."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", show_lines=lines)
    for number, header in enumerate(headers):
        right = numbers and number > 0
        made.add_column(text(header), justify="right" if right else "left", no_wrap=right, overflow="fold")
    return made


def unbroken(value: str, style: str = "") -> Text:
    """A line that is never wrapped, so that it can be copied."""
    return Text(printable(value), style=style, no_wrap=True)


def lines(items: list[RenderableType], *, width: int, color: bool) -> str:
    """Tables and texts, one below the other, in at most ``width`` columns but for those that are unbroken.

    No line ends in white space.
    """
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, color_system="standard" if color else None,
        no_color=not color, markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for item in items:
        console.print(item, soft_wrap=isinstance(item, Text) and bool(item.no_wrap))
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().split("\n")[:-1])
