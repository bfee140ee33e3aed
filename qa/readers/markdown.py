"""Markdown: CommonMark with tables, strikethrough, front matter, footnotes and math.

markdown-it says which lines a block has and what its text is, but not where an inline token stands.
Its inline parser is therefore run with a state that notes the position of every token; a block's text
is found again line by line, as each line of it is the tail of a line of the file. Whatever does not
read the same in the file at the place found is left out rather than placed wrongly.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qa.document import OBJECT, Comment, Kind, Run, Segment

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_LETTER = re.compile(r"[^\W\d_]")
_YAML = re.compile(r"---[ \t]*\n(?P<body>.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(?P<body>.*?\n)?\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"^[ \t]*[\w\"'][^\n:=]*[:=](?:\s|$)", re.MULTILINE)
# MDX: import and export lines.
_MODULE = re.compile(
    r"(?:(?:(?:import|export)\s.*\bfrom|import)\s+['\"][^'\"]+['\"];?"
    r"|export\s+(?:default|const|let|var|function|class)\b[^\n]*)"
)
_MATH = re.compile(r"\$\$(?=[^$])(?:[^$\\]|\\.|\$(?!\$))+\$\$|\$(?![\s$])((?:[^$\\\n]|\\.)+)(?<!\s)\$(?!\d)", re.DOTALL)
_MATHEMATICAL = re.compile(r"[\\^_={}+<>|*/]")
# Jinja, Liquid and Hugo calls, and the attributes of Pandoc and MyST.
_TEMPLATE = re.compile(r"\{\{[^{}]{0,1000}\}\}|\{%[^{}]{0,1000}%\}|\{[#.:][\w#.: =\"'-]{0,1000}\}")
_DIRECTIVE = re.compile(r":{3,}[^\n]*")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_ALERT = re.compile(r"\[!\w+\][+-]?[ \t]*(?=\n|\Z)")
_FOOTNOTE = re.compile(r"\[\^[^\]\s\[]+\]")
_DEFINITION = re.compile(r"\[\^[^\]\s\[]+\]:[ \t]*")
_TAG = re.compile(r"</?([a-zA-Z][\w-]*)")
_OPAQUE = frozenset({"code", "kbd", "samp", "pre", "script", "style", "math", "svg", "textarea", "var", "tt"})
_BREAKING = frozenset({"br", "p", "div", "td", "th", "tr", "li", "hr"})
_REPLACED = frozenset({"img", "video", "audio", "iframe", "input", "object", "embed"})
# A comment that speaks to mtqa, in HTML or MDX.
_REMARK = re.compile(r"<!--[ \t\r\n]*(mtqa:(?:(?!-->).)*)-->|\{/\*[ \t\r\n]*(mtqa:(?:(?!\*/).)*)\*/\}", re.DOTALL)
_MDX_COMMENT = re.compile(r"\{/\*(?:(?!\*/).)*\*/\}", re.DOTALL)
_IGNORE_KEY = "mtqa-ignore"
_IGNORED = re.compile(rf"^[\"']?{_IGNORE_KEY}[\"']?[ \t]*[:=]", re.MULTILINE)
# What markdown-it takes from the ends of a block's text.
_TRIMMED = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def segments(text: str) -> Iterator[Segment]:
    """The text's paragraphs, headings, list items, table cells and quotations, in order.

    Markup is in no segment; emphasised words and the text of links are. An entity or escape reads as
    the character that it stands for, code, math, images and addresses in angle brackets as one
    ``OBJECT``, a line break as one ``\\n``. Front matter, code blocks, HTML blocks and comments,
    link destinations and anything without a letter are left out.
    """
    source = _Source(text)
    parser = _parser()
    env: dict[str, Any] = {}
    tokens = parser.parse(source.markdown, env)
    containers: list[Kind] = []
    cells = _Cells(source)
    leaf = Kind.PARAGRAPH
    for token in tokens:
        match token.type:
            case "blockquote_open":
                containers.append(Kind.QUOTE)
            case "list_item_open":
                containers.append(Kind.LIST_ITEM)
            case "blockquote_close" | "list_item_close":
                containers.pop()
            case "heading_open":
                leaf = Kind.HEADING
            case "th_open" | "td_open":
                leaf = Kind.TABLE_CELL
            case "tr_open":
                cells.begin()
            case "heading_close" | "th_close" | "td_close":
                leaf = Kind.PARAGRAPH
            case "inline" if token.map is not None:
                if leaf is Kind.TABLE_CELL:
                    cells.add(token.map[0], token.content)
                    continue
                kind = containers[-1] if leaf is Kind.PARAGRAPH and containers else leaf
                if not _is_code(token.content):
                    block = source.place(token.map[0], token.map[1], token.content, leaf is Kind.HEADING)
                    yield from _inline(parser, env, block, kind, source)
            case "tr_close":
                for block in cells.place():
                    yield from _inline(parser, env, block, Kind.TABLE_CELL, source)


def comments(text: str) -> Iterator[Comment]:
    """The comments that begin with ``mtqa:``, without those shown as code; first what the front matter says.

    The front matter's ``mtqa-ignore: [RULE, …]`` reads as the comment ``mtqa: ignore-file RULE, …``.
    """
    source = _Source(text)
    if source.front_matter is not None and _IGNORE_KEY in source.front_matter:
        yield from _front_matter_comment(source, source.front_matter)
    for token in _parser().parse(source.markdown, {}):
        if token.map is None or token.type not in ("html_block", "inline") or "mtqa:" not in token.content:
            continue
        first, end = token.map
        last = min(end, len(source.lines)) - 1
        seen: Sequence[str] = [token.content]
        if token.type == "inline":
            placed = _placed(_parser(), {}, token.content)
            seen = [token.content[a:b] for t, a, b in placed if t.type in ("html_inline", "comment")]
        for match in _REMARK.finditer(text, source.starts[first], source.starts[last] + len(source.lines[last])):
            words = "".join(match[0].split())
            if any(words in "".join(piece.split()) for piece in seen) or token.type == "html_block":
                yield Comment((match[1] or match[2]).strip(), match.start(), match.end())


def _front_matter_comment(source: _Source, body: str) -> Iterator[Comment]:
    import tomllib

    import yaml

    key = _IGNORED.search(body)
    if key is None:
        return
    try:
        values = tomllib.loads(body) if source.text.lstrip("\ufeff").startswith("+") else yaml.safe_load(body)
        value = values[_IGNORE_KEY]
    except (ValueError, TypeError, KeyError, RecursionError, yaml.YAMLError):
        value = None
    names = value if isinstance(value, list) else [value]
    said = ", ".join(name for name in names if isinstance(name, str))
    line = 1 + body.count("\n", 0, key.start())
    start = source.starts[line]
    yield Comment(f"mtqa: ignore-file {said}".rstrip(), start, start + len(source.lines[line]))


@dataclass(slots=True)
class _Block:
    """A block's text as markdown-it has it, and where it stands: pieces that read alike in both."""

    content: str
    starts: list[int] = field(default_factory=list)  # of the pieces in content, ascending
    places: list[int] = field(default_factory=list)  # of the pieces in the document
    lengths: list[int] = field(default_factory=list)

    def add(self, start: int, place: int, length: int) -> None:
        self.starts.append(start)
        self.places.append(place)
        self.lengths.append(length)

    def place(self, offset: int) -> int | None:
        """Where a code point of the content stands in the document, if known."""
        i = bisect_right(self.starts, offset) - 1
        if i < 0 or offset >= self.starts[i] + self.lengths[i]:
            return None
        return self.places[i] + offset - self.starts[i]

    def exact(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(start, place, length) of the parts of ``content[start:end]`` that have a place."""
        i = max(bisect_right(self.starts, start) - 1, 0)
        while i < len(self.starts) and self.starts[i] < end:
            left = max(start, self.starts[i])
            right = min(end, self.starts[i] + self.lengths[i])
            if left < right:
                yield left, self.places[i] + left - self.starts[i], right - left
            i += 1


class _Source:
    """The document's text, and what of it markdown-it is given: the same lines, ended by ``\\n``."""

    def __init__(self, text: str) -> None:
        self.text = text
        base = 1 if text.startswith("\ufeff") else 0
        self.lines: list[str] = []
        self.starts: list[int] = []
        self.breaks: list[str] = []
        for match in _LINE.finditer(text, base):
            self.lines.append(match[1])
            self.starts.append(match.start())
            self.breaks.append(match[2])
        # One code point for one: markdown-it would do the same.
        body = "\n".join(self.lines).replace("\0", "\ufffd")
        self.front_matter, self.markdown = _front_matter(body)

    def place(self, first: int, end: int, content: str, is_heading: bool) -> _Block:
        """The content of a paragraph or heading on lines ``first`` to ``end``, line by line."""
        block = _Block(content)
        top = content.split("\n", 1)[0]
        # A first line of nothing but no-break spaces is not in the content.
        while first < end and self._column(self.lines[first], top, is_heading) is None:
            first += 1
        at = 0
        for number, part in enumerate(content.split("\n"), first):
            if number >= min(end, len(self.lines)):
                break
            seen = part.lstrip("\t ")
            column = self._column(self.lines[number], seen, is_heading)
            if seen and column is not None:
                place = self.starts[number] + column
                block.add(at + len(part) - len(seen), place, len(seen))
            at += len(part)
            if number + 1 < len(self.lines) and self.breaks[number]:
                # Of CRLF the second half.
                block.add(at, self.starts[number + 1] - 1, 1)
            at += 1
        return block

    @staticmethod
    def _column(line: str, seen: str, is_heading: bool) -> int | None:
        # Older releases of markdown-it take away any white space.
        for tail in (line, line.rstrip(_TRIMMED), line.rstrip()):
            if tail.endswith(seen):
                return len(tail) - len(seen)
        if is_heading:  # "## Title ##"
            bare = line.rstrip("\t ").rstrip("#")
            for tail in (bare.rstrip(_TRIMMED), bare.rstrip()):
                if tail.endswith(seen):
                    return len(tail) - len(seen)
        return None


class _Cells:
    """The cells of one row of a table."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.begin()

    def begin(self) -> None:
        self.line = 0
        self.contents: list[str] = []

    def add(self, line: int, content: str) -> None:
        self.line = line
        self.contents.append(content)

    def place(self) -> Iterator[_Block]:
        """The cells with their places; none if the row cannot be told from its line."""
        line = self.source.lines[self.line]
        columns = list(_columns(line))
        # What stands before the first bar is a cell, or only the marks of the quote or list around.
        for skip in (0, 1):
            if self._fits(line, columns[skip:], skip == 0):
                for content, (start, end) in zip(self.contents, columns[skip:], strict=False):
                    yield self._cell(content, line, start, end)
                return

    def _fits(self, line: str, columns: Sequence[tuple[int, int]], loose: bool) -> bool:
        for i, content in enumerate(self.contents):
            cell = ""
            if i < len(columns):
                cell = _unescaped(line[slice(*columns[i])]).strip(_TRIMMED)
                cell = cell if cell.endswith(content) else cell.strip()
            if cell != content and not (loose and i == 0 and content and cell.endswith(content)):
                return False
        return True

    def _cell(self, content: str, line: str, start: int, end: int) -> _Block:
        block = _Block(content)
        raw = line[start:end].rstrip(_TRIMMED)
        raw = raw if _unescaped(raw).endswith(content) else raw.rstrip()
        # From the end, as marks of a quote or list may stand before the first cell.
        at, place = len(content), start + len(raw)
        pieces = []
        for piece in reversed(raw.split("\\|")):
            length = min(len(piece), at)
            pieces.append((at - length, place - length, length))
            at -= length
            place -= length
            if at > 0:
                pieces.append((at - 1, place - 1, 1))
                at -= 1
                place -= 2
        base = self.source.starts[self.line]
        for piece_start, piece_place, length in sorted(pieces):
            if length:
                block.add(piece_start, base + piece_place, length)
        return block


def _is_code(content: str) -> bool:
    return content.startswith(("import ", "export ")) and all(_MODULE.fullmatch(line) for line in content.split("\n"))


def _columns(line: str) -> Iterator[tuple[int, int]]:
    start = 0
    for bar in re.finditer(r"(?<!\\)\|", line):
        yield start, bar.start()
        start = bar.end()
    yield start, len(line)


def _unescaped(cell: str) -> str:
    return cell.replace("\\|", "|")


def _front_matter(body: str) -> tuple[str | None, str]:
    """What stands in a leading block of YAML or TOML, and the text with it made blank, so that line numbers stay."""
    for pattern in (_YAML, _TOML):
        match = pattern.match(body)
        if match and (not match["body"] or not match["body"].strip() or _KEY.search(match["body"])):
            return match["body"] or "", "\n" * match[0].count("\n") + body[match.end() :]
    return None, body


def _inline(parser: MarkdownIt, env: dict[str, Any], block: _Block, kind: Kind, source: _Source) -> Iterator[Segment]:
    if not _LETTER.search(block.content) and "&" not in block.content:
        return
    pieces = _Pieces(block, kind, source)
    opaque: tuple[str, int] | None = None

    @functools.cache
    def last_close(name: str) -> int:
        return block.content.lower().rfind(f"</{name}")

    for token, start, end in _placed(parser, env, block.content):
        if token.type == "html_inline":
            tag = _TAG.match(token.content)
            name = tag[1].lower() if tag else ""
            closes = token.content.startswith("</")
            if opaque is not None:
                if closes and name == opaque[0]:
                    pieces.stand_in(OBJECT, opaque[1], end)
                    opaque = None
            elif name in _OPAQUE and not closes and end <= last_close(name):
                opaque = name, start
            elif name in _BREAKING:
                pieces.stand_in("\n", start, end)
            elif name in _REPLACED:
                pieces.stand_in(OBJECT, start, end)
        elif opaque is not None:
            continue
        elif token.type == "text" or (token.type == "text_special" and token.content == token.markup):
            pieces.copy(start, token.content)
        elif token.type == "text_special":
            pieces.stand_in(token.content, start, start + len(token.markup))
        elif token.type == "softbreak" or token.type == "hardbreak":
            pieces.line_break(block.content.find("\n", start, start + 2))
        elif token.type == "end":
            yield from pieces.finish()
        elif token.type in ("code_inline", "image", "object"):
            pieces.stand_in(OBJECT, start, end)
    yield from pieces.finish()


class _Pieces:
    """A segment in the making."""

    def __init__(self, block: _Block, kind: Kind, source: _Source) -> None:
        self.block = block
        self.kind = kind
        self.source = source
        self._begin()

    def _begin(self) -> None:
        self.parts: list[str] = []
        self.runs: list[Run] = []
        self.length = 0
        self.end = 0  # in the document, of what is placed already

    def copy(self, start: int, content: str) -> None:
        """Text that stands in the block as it is."""
        if self.block.content[start : start + len(content)] != content:
            return
        for left, place, length in self.block.exact(start, start + len(content)):
            self._add(self.block.content[left : left + length], place, length, None)

    def stand_in(self, text: str, start: int, end: int) -> None:
        """Text for something of the block that reads otherwise."""
        first, last = self.block.place(start), self.block.place(end - 1)
        if first is not None and last is not None and text:
            self._add(text, first, len(text), last + 1 - first)

    def line_break(self, at: int) -> None:
        """A line end of the block, at this offset."""
        place = self.block.place(at) if at >= 0 else None
        if place is not None:
            self._add("\n", place, 1, None if self.source.text[place] == "\n" else 1)

    def _add(self, text: str, place: int, length: int, document_length: int | None) -> None:
        if place < self.end:
            return
        if document_length is None and self.source.text[place : place + length] != text:
            return
        if text == "\n" and self.parts and self.parts[-1] == "\n":
            return
        if document_length is None and place > self.end and self.parts and self.parts[-1][-1] in " \t\n":
            # What stood between two spaces is gone: one of them is enough.
            shorter = text.lstrip(" \t")
            if not shorter:
                return
            place, length, text = place + length - len(shorter), len(shorter), shorter
        self.end = place + (length if document_length is None else document_length)
        last = self.runs[-1] if self.runs else None
        if (
            last is not None
            and document_length is None
            and last.document_length is None
            and last.document_start + last.length == place
        ):
            self.runs[-1] = Run(last.segment_start, last.document_start, last.length + length)
        else:
            self.runs.append(Run(self.length, place, length, document_length))
        self.parts.append(text)
        self.length += length

    def finish(self) -> Iterator[Segment]:
        """The segment without white space around it, if there is a letter in it; then a new one."""
        text = "".join(self.parts)
        runs = self.runs
        self._begin()
        if not _LETTER.search(text):
            return
        start = len(text) - len(text.lstrip())
        end = len(text.rstrip())
        if start > 0 or end < len(text):
            runs = list(_trimmed(runs, start, end))
        yield Segment(text[start:end], tuple(runs), self.kind)


def _trimmed(runs: Iterable[Run], start: int, end: int) -> Iterator[Run]:
    for run in runs:
        left, right = max(run.segment_start, start), min(run.segment_start + run.length, end)
        if left < right:
            yield Run(left - start, run.locate(left), right - left, run.document_length)


def _placed(parser: MarkdownIt, env: dict[str, Any], content: str) -> Iterator[tuple[Token, int, int]]:
    """(token, start, end) of a block's inline tokens, start and end offsets in ``content``."""
    _, new_state = _inline_state()
    state = new_state(content, parser, env)
    parser.inline.tokenize(state)
    state.note_end(state.pos)
    for rule in parser.inline.ruler2.getRules(""):
        rule(state)
    in_autolink = False
    for token in state.tokens:
        start, end = token.meta.get("start"), token.meta.get("end")
        if token.info == "auto":
            in_autolink = token.nesting > 0
            if in_autolink:
                token.type = "object"
                yield token, start, end
        elif start is not None and not in_autolink:
            yield token, start, end


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    note, _ = _inline_state()
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    # Inline tokens are made by _placed; joined fragments would lose their places.
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.inline.ruler2.disable("fragments_join", ignoreInvalid=True)
    parser.block.ruler.before(
        "reference", "mtqa_definition", _definition, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.inline.ruler.before("text", "mtqa_note", note)
    parser.inline.ruler.before("escape", "mtqa_math", _math)
    parser.inline.ruler.before("link", "mtqa_footnote", _footnote)
    parser.inline.ruler.before("link", "mtqa_template", _template)
    parser.inline.ruler.before("mtqa_template", "mtqa_comment", _mdx_comment)
    parser.inline.ruler.before("link", "mtqa_marker", _marker)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "$":
        return False
    match = _MATH.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    inside = match[1]
    # "between $5 and US$ 6" is money.
    if inside is not None and (inside[0].isdigit() or " " in inside) and not _MATHEMATICAL.search(inside):
        return False
    return _consume(state, silent, "object", match.end())


def _template(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "{":
        return False
    match = _TEMPLATE.match(state.src, state.pos, state.posMax)
    return match is not None and _consume(state, silent, "object", match.end())


def _mdx_comment(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("{/*", state.pos):
        return False
    match = _MDX_COMMENT.match(state.src, state.pos, state.posMax)
    return match is not None and _consume(state, silent, "comment", match.end())


def _footnote(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("[^", state.pos):
        return False
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    return match is not None and _consume(state, silent, "nothing", match.end())


def _definition(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    """A footnote's text, read as a paragraph that begins behind the mark."""
    if state.is_code_block(line):
        return False
    match = _DEFINITION.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if match is None:
        return False
    if not silent:
        from markdown_it.rules_block import paragraph

        kept = state.bMarks[line], state.tShift[line]
        state.bMarks[line], state.tShift[line] = match.end(), 0
        paragraph(state, line, end_line, False)
        state.bMarks[line], state.tShift[line] = kept
    return True


def _marker(state: StateInline, silent: bool) -> bool:
    """The box of a task, the name of an alert, the fence of a directive: no text."""
    if state.src[state.pos] not in "[:" or not _is_line_start(state):
        return False
    for pattern in (_ALERT, _TASK) if state.pos == 0 else ():
        if match := pattern.match(state.src, state.pos, state.posMax):
            return _consume(state, silent, "nothing", match.end())
    match = _DIRECTIVE.match(state.src, state.pos, state.posMax)
    return match is not None and _consume(state, silent, "end", match.end())


def _is_line_start(state: StateInline) -> bool:
    return state.pos == 0 or state.src[state.pos - 1] == "\n"


def _consume(state: StateInline, silent: bool, kind: str, end: int) -> bool:
    if not silent:
        state.push(kind, "", 0)
    state.pos = end
    return True


@functools.cache
def _inline_state() -> tuple[Any, Any]:
    """(inline rule, state factory): made on first use, so that importing this module is cheap."""
    from markdown_it.rules_inline import StateInline

    class Placed(StateInline):
        """Notes where each token starts and ends in the source."""

        def __init__(self, src: str, md: MarkdownIt, env: dict[str, Any]) -> None:
            super().__init__(src, md, env, [])
            self.pending_start = 0
            self.noted = 0  # tokens whose end is noted

        def push(self, ttype: str, tag: str, nesting: Any) -> Token:
            token = super().push(ttype, tag, nesting)
            token.meta["start"] = self.pos
            return token

        def pushPending(self) -> Token:
            token = super().pushPending()
            token.meta["start"] = self.pending_start
            token.meta["pending"] = True
            return token

        def note_end(self, end: int) -> None:
            """The parser has come to ``end``: there the tokens made since the last call end."""
            at = None
            for token in self.tokens[self.noted :]:
                token.meta["end"] = end
                if token.type == "text" and "pending" not in token.meta:
                    # A row of emphasis marks: a token each, all made before the parser moves on.
                    at = token.meta["start"] if at is None else at
                    token.meta["start"] = at
                    at += len(token.content)
            self.noted = len(self.tokens)

    def note(state: StateInline, silent: bool) -> bool:
        if not silent and isinstance(state, Placed):
            state.note_end(state.pos)
            if not state.pending:
                state.pending_start = state.pos
        return False

    return note, Placed
