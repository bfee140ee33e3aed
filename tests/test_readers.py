"""Readers: every segment's place in the original is exact, and hostile files end in one clear line."""

from __future__ import annotations

import html
import io
import os
import random
import re
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import readers
from qa.document import Document, Kind, Run, Segment
from qa.errors import MtqaError
from qa.readers import cut, decoding, kind_of, read, read_bytes, read_text

DATA = Path(__file__).parent / "data" / "readers"
OBJECT = "\ufffc"
LINE_ENDS = {"\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"}


def found(text: str, kind: str = "text") -> list[str]:
    return [segment.text for segment in checked(read_text(text, "x", kind)).segments]


def kinds(text: str, kind: str = "text") -> list[tuple[str, str]]:
    return [(s.kind.value, s.text) for s in checked(read_text(text, "x", kind)).segments]


def checked(document: Document) -> Document:
    """The document, after every run of it has been compared with the original."""
    end = 0
    for segment in document.segments:
        assert segment.text == segment.text.strip() != ""
        assert "\r" not in segment.text
        at = 0
        for run in segment.runs:
            assert run.segment_start == at
            assert run.length > 0
            assert run.document_start >= end, "runs go backwards"
            at += run.length
            end = run.document_start + (run.length if run.document_length is None else run.document_length)
            here = segment.text[run.segment_start : at]
            there = document.text[run.document_start : end]
            assert segment.locate(run.segment_start, at) == (run.document_start, end)
            if run.document_length is None:
                assert here == there
            else:
                assert stands_for(here, there), (here, there)
        assert at == len(segment.text)
    return document


def stands_for(here: str, there: str) -> bool:
    if here == OBJECT:
        return there[0] in "`<!${" and len(there) > 2
    if here == "\n":
        return there in LINE_ENDS or there.startswith("<")
    # In a table cell a bar's escape is itself escaped.
    return html.unescape(there) == here or there.lstrip("\\") == here.lstrip("\\")


# --- offsets ------------------------------------------------------------------------------------

ATOMS = [
    *"ab*_`[]()!#>|\\~<&$: \t\n\r",
    "Word",
    "  ",
    "\n\n",
    "\r\n",
    "\r\n\r\n",
    "**",
    "``",
    "](u)",
    "![",
    "<b>",
    "</b>",
    "<br>",
    "<code>",
    "</code>",
    "<!-- c -->",
    "&amp;",
    "&#65;",
    "&ngE;",
    "\\*",
    "\\|",
    "| a | b |\n|---|---|\n",
    "> ",
    "- ",
    "1. ",
    "10) ",
    "# ",
    "## ",
    "===\n",
    "---\n",
    "~~",
    "```\n",
    "    ",
    "<http://a.b>",
    "\ufeff",
    "😀",
    "é",
    "e\u0301",
    "\u00a0",
    "\u2028",
    "\f",
    "\v",
    "\x85",
    "\x1c",
    "[r]: /u\n",
    "[r]",
    "\\\n",
    "  \n",
    "{{x}}",
    "[^1]",
    "[^1]: ",
    "::: x\n",
    "[x] ",
    "<div>\n",
    "a line that goes on for a good while, as prose does,\n",
]
MESS = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize("kind", ["text", "markdown"])
@settings(max_examples=400, deadline=None)
@given(text=MESS, data=st.data())
def test_any_span_of_any_segment_is_where_it_is_said_to_be(kind: str, text: str, data: st.DataObject) -> None:
    document = checked(read_text(text, "x", kind))
    for segment in document.segments:
        start = data.draw(st.integers(0, len(segment.text)))
        end = data.draw(st.integers(start, len(segment.text)))
        a, b = segment.locate(start, end)
        assert 0 <= a <= b <= len(text)
        if start == end:
            assert a == b
            continue
        if segment.is_contiguous(start, end):
            assert same(text[a:b], segment.text[start:end])
        # What is between the two ends of the original holds all that the segment shows, in order.
        rest = iter(text[a:b])
        for run in segment.runs_within(start, end):
            if run.document_length is None:
                left, right = max(run.segment_start, start), min(run.segment_start + run.length, end)
                assert all(character in rest for character in segment.text[left:right])


def same(original: str, text: str) -> bool:
    return len(original) == len(text) and all(a == b or a in LINE_ENDS for a, b in zip(original, text, strict=True))


@settings(max_examples=400, deadline=None)
@given(atoms=st.lists(st.sampled_from([a for a in ATOMS if not set(a) & set("${:")]), max_size=40))
def test_markdown_says_what_markdown_it_says(atoms: list[str]) -> None:
    text = "".join(atom for atom in atoms if atom not in ("<br>", "<code>", "</code>", "[^1]", "[x] "))
    if "[^" in text or "[ ]" in text or text.lstrip("\ufeff").startswith("---"):
        return
    assert [tidy(shown) for shown in found(text, "markdown")] == rendered(text)


def tidy(text: str) -> str:
    """White space around left-out markup is a reader's own affair."""
    return re.sub(r"[ \t]*\n[ \t\n]*", "\n", re.sub(r"[ \t]+", " ", text)).strip()


def rendered(text: str) -> list[str]:
    """The blocks' texts by markdown-it alone, which knows no places."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    result = []
    for block in parser.parse(text.removeprefix("\ufeff")):
        shown, auto = "", False
        for token in block.children or ():
            if token.info == "auto":
                auto = token.nesting > 0
                shown += OBJECT * auto
            elif auto:
                continue
            elif token.type == "text":
                shown += token.content
            elif token.type in ("softbreak", "hardbreak"):
                shown += "" if shown.endswith("\n") else "\n"
            elif token.type in ("code_inline", "image"):
                shown += OBJECT
        if any(character.isalpha() for character in shown):
            result.append(tidy(shown))
    return result


def test_an_entity_is_located_whole() -> None:
    text = "Salt &amp; **pepper** &ngE; x"
    (segment,) = checked(read_text(text, "x", "markdown")).segments
    assert segment.text == "Salt & pepper ≧̸ x"
    assert [text[slice(*segment.locate(i, j))] for i, j in ((5, 6), (0, 6), (5, 8), (7, 13), (14, 15), (15, 16))] == [
        "&amp;",
        "Salt &amp;",
        "&amp; **p",
        "pepper",
        "&ngE;",
        "&ngE;",
    ]
    assert segment.locate(len(segment.text), len(segment.text)) == (len(text), len(text))
    assert not segment.is_contiguous(5, 6)
    assert segment.is_contiguous(7, 13)


# --- plain text ---------------------------------------------------------------------------------


def test_the_letter() -> None:
    document = checked(read(DATA / "letter.txt"))
    assert [(s.kind.value, s.text) for s in document.segments] == [
        ("heading", "THE HARBOUR NEWS"),
        ("heading", "New ferry timetable"),
        (
            "paragraph",
            "The ferry between the two islands will sail every hour from Monday, the\n"
            "harbour office said on Friday. Captain Ines Duarte, who has served on the\n"
            "route since 1998, called it a good day for everybody who lives out there.",
        ),
        (
            "paragraph",
            "The change was long awaited. Residents had asked for more crossings\n"
            "at night, and the council agreed in March to pay for them until\n2031.",
        ),
        ("paragraph", "What changes:"),
        ("list-item", "The first boat leaves at 05:40\nand calls at both piers."),
        ("list-item", "Tickets cost 4.20."),
        ("list-item", "Bring your card."),
        ("list-item", "Keep your receipt."),
        (
            "quote",
            "We waited for years, and now that the boats come every hour, nobody\nin the village can quite believe it.",
        ),
        ("quote", "Same here."),
        ("paragraph", "Short lines of a sign"),
        ("paragraph", "Mind the gap"),
        ("paragraph", "No smoking"),
    ]


def test_a_headline_does_not_run_into_the_text() -> None:
    text = "Ash covers the capital city\nIt fell on the southern districts on Saturday.\nNobody was hurt.\n"
    assert kinds(text) == [
        ("heading", "Ash covers the capital city"),
        ("paragraph", "It fell on the southern districts on Saturday."),
        ("paragraph", "Nobody was hurt."),
    ]


def test_a_headline_above_a_wrapped_paragraph() -> None:
    body = textwrap.fill(PROSE, 72)
    assert found("Ash covers the capital\n" + body) == ["Ash covers the capital", body]


PROSE = (
    "The volcano threw ash over the southern districts of the capital on Saturday, and the airport was "
    "closed for most of the day while sweepers cleared the runways. Officials of the civil guard said that "
    "nobody had been hurt, but they asked people to stay indoors and to keep their windows shut until the "
    "wind had turned. Schools will remain closed on Monday."
)


@pytest.mark.parametrize("width", [50, 60, 72, 80, 100, 118])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_wrapped_paragraphs_are_joined(width: int, line_end: str, indent: str) -> None:
    paragraph = textwrap.fill(PROSE, width)
    text = textwrap.indent(f"{paragraph}\n\n{paragraph}\n", indent).replace("\n", " " + line_end)
    assert found(text) == [paragraph, paragraph]


def test_wrapped_paragraphs_told_apart_by_their_indentation() -> None:
    first = textwrap.fill(PROSE, 72, initial_indent="   ")
    assert found(f"{first}\n{first}") == [first.strip()] * 2


def test_a_wrapped_novel_is_mostly_joined() -> None:
    draw = random.Random(7)
    words = PROSE.rstrip(".").replace(".", "").replace(",", "").lower().split()
    paragraphs = []
    for _ in range(300):
        sentences = [
            " ".join(draw.choices(words, k=draw.randint(4, 25))).capitalize() + "." for _ in range(draw.randint(2, 9))
        ]
        paragraphs.append(" ".join(sentences))
    for width in (60, 72, 80, 100):
        got = {" ".join(s.split()) for s in found("\n\n".join(textwrap.fill(p, width) for p in paragraphs))}
        assert sum(p in got for p in paragraphs) >= 0.97 * len(paragraphs)


@pytest.mark.parametrize(
    "text",
    [
        "The first sentence of the text.\nThe second sentence of the text.\nThe third one is longer still.\n",
        "A line that is longer than any editor would make it, " + "and on " * 12 + "here.\nAnother line.\n",
        "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n",
        "14 Harbour Street\nNorthport\nThe Islands\n",
        "hi there\nhow are you\n",
    ],
)
def test_lines_that_are_paragraphs_stay_apart(text: str) -> None:
    assert found(text) == text.splitlines()


@pytest.mark.parametrize("blank", ["", "   ", "\t", "\u00a0", "\f", "\u3000", "\v", "\u2028"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_blank_lines(blank: str, line_end: str) -> None:
    assert found(f"One thing.{line_end}{blank}{line_end}Another thing.") == ["One thing.", "Another thing."]


def test_a_bullet_in_the_middle_of_a_wrapped_paragraph_is_none() -> None:
    text = textwrap.fill(PROSE, 72).replace("\nclosed", "\n- closed").replace("\nnobody", "\n12. nobody")
    assert found(text)[0].startswith("The volcano threw")
    assert {kind for kind, _ in kinds(text)} == {"paragraph"}


@pytest.mark.parametrize("bullet", ["- ", "* ", "• ", "1. ", "12) ", "(3) ", "a) ", "–\u00a0"])
def test_bullets(bullet: str) -> None:
    assert kinds(f"  {bullet}Buy milk now\n  {bullet}Go home\n") == [
        ("list-item", "Buy milk now"),
        ("list-item", "Go home"),
    ]


def test_what_stands_below_a_list_is_not_in_it() -> None:
    text = "- Buy milk now\n  and more of it\nThe shop was closed on Monday.\nNobody knew why.\n"
    assert kinds(text) == [
        ("list-item", "Buy milk now\nand more of it"),
        ("paragraph", "The shop was closed on Monday."),
        ("paragraph", "Nobody knew why."),
    ]


def test_an_initial_is_no_bullet() -> None:
    assert kinds("A. Smith came.") == [("paragraph", "A. Smith came.")]


def test_what_is_no_text() -> None:
    text = "12 13 14\n\n***\n\nhttps://a.example/x\n\n<me@a.example>\n\nOslo 10 20 30\n\n...\n\n20\n\nText.\n"
    assert found(text) == ["Text."]


def test_one_short_line_is_no_heading() -> None:
    assert kinds("need for troops") == [("paragraph", "need for troops")]
    assert kinds("need for troops\n\n") == [("paragraph", "need for troops")]


def test_an_empty_text() -> None:
    for text in ("", "\ufeff", "\n", " \n\t\n", "\ufeff\n"):
        for kind in ("text", "markdown"):
            assert found(text, kind) == []


# --- markdown -----------------------------------------------------------------------------------


def test_the_post() -> None:
    document = checked(read(DATA / "post.md"))
    assert [(s.kind.value, s.text) for s in document.segments] == [
        ("heading", "The harbour news"),
        (
            "paragraph",
            "The ferry between the two\nislands sails every hour from\n"
            f"Monday\u00a0on, {OBJECT} permitting!\nSee {OBJECT} or ask the harbour office.",
        ),
        ("quote", "Quoted line\nlazy continuation"),
        ("list-item", "First item"),
        ("list-item", "second paragraph"),
        ("list-item", "nested item"),
        ("table-cell", "Island"),
        ("table-cell", "Boats | day"),
        ("table-cell", "North"),
        ("table-cell", "ten or so"),
        ("heading", f"{OBJECT} Setext\ntitle"),
        ("list-item", "ring the bell horn"),
        ("list-item", f"costs $5 to $10, or {OBJECT} boats"),
        ("paragraph", "Open daily."),
    ]


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_change_nothing_in_markdown(line_end: str, mark: str) -> None:
    text = (DATA / "post.md").read_text(encoding="utf-8")
    assert kinds(mark + text.replace("\n", line_end), "markdown") == kinds(text, "markdown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\n> > b *c*\nlazy\n", ["a", "b c\nlazy"]),
        (">\ttab *in* quote\n>\tmore", ["tab in quote\nmore"]),
        ("- a\n\n\tb\n\t- c\n", ["a", "b", "c"]),
        ("* a\n  * b\n    continued\n lazy", ["a", "b\ncontinued\nlazy"]),
        ("> | a | b |\n> |---|---|\n> | c \\| d | `e` f |\n", ["a", "b", "c | d", f"{OBJECT} f"]),
        ("a | b\n--|--\na |\n | a\n", ["a", "b", "a", "a"]),
        ("[text][ref] and [ref]\n\n[ref]: https://x.example 'no *text*'", ["text and ref"]),
        ("hard\\\nbreak  \nhere", ["hard\nbreak\nhere"]),
        ("a <!-- b --> c <script>var d</script> e", [f"a c {OBJECT} e"]),
        ("one<br>two<br/>\nthree", ["one\ntwo\nthree"]),
        ("x <code>y *z*</code> w", [f"x {OBJECT} w"]),
        ("type <var> or <code/> or </kbd> *now*", ["type or or now"]),
        ("***a** b* _c_ d_e_f **g", ["a b c d_e_f **g"]),
        ("b ~~~~a~~~~ ~c~", ["b a ~c~"]),
        ("It cost $5m, then US$6m and A$7m.", ["It cost $5m, then US$6m and A$7m."]),
        ("Let $n$ be $$x + y$$ now", [f"Let {OBJECT} be {OBJECT} now"]),
        ("{{< note >}} a {% include b %} c\n", [f"{OBJECT} a {OBJECT} c"]),
        ("::: warning\nMind the gap\n:::\n", ["Mind the gap"]),
        ("> [!NOTE]\n> Mind the gap\n", ["Mind the gap"]),
        ("import X from 'x';\nexport const y = 1;\n\nimport duties rose\n", ["import duties rose"]),
        ("[^a]: One.\n[^b]: Two *words*.\n  [^c]:\n    Three\n", ["One.", "Two words.", "Three"]),
        ("A[^1] b\n[^1]: Note\n> [^2]: Two\n", ["A b", "Note", "Two"]),
        ("+++\ntitle = 'x'\n+++\nText\n", ["Text"]),
        ("---\nProse between rules\n\n---\nText\n", ["Prose between rules", "Text"]),
        ("> \u00a0\n> a", ["a"]),
        ("# a # b ## #\n## \n#\tc\u00a0\n", ["a # b ##", "c"]),
        ("\u2028a\u2028b", ["a\u2028b"]),
        ("👩‍👩‍👧 *e\u0301* 😀", ["👩‍👩‍👧 e\u0301 😀"]),
    ],
)
def test_markdown_cases(text: str, expected: list[str]) -> None:
    assert found(text, "markdown") == expected
    assert found(text.replace("\n", "\r\n"), "markdown") == expected


# --- long segments ------------------------------------------------------------------------------


@given(st.text("ab. \n!…\u00a0", max_size=300), st.integers(1, 40))
def test_cut_loses_nothing_but_white_space(text: str, limit: int) -> None:
    if not text.strip():
        return
    segment = Segment.at(text, 7)
    pieces = list(cut(segment, limit))
    assert "".join("".join(p.text.split()) for p in pieces) == "".join(text.split())
    end = 7
    for piece in pieces:
        assert len(piece.text) <= limit
        a, b = piece.locate(0, len(piece.text))
        assert text[a - 7 : b - 7] == piece.text
        assert a >= end
        end = b


def test_cut_keeps_runs_kind_and_source() -> None:
    runs = (Run(0, 10, 4), Run(4, 20, 1, 5), Run(5, 30, 7))
    first, second = cut(Segment("One.&two more", (*runs[:2], Run(5, 30, 8)), Kind.QUOTE, "source"), 8)
    assert (first.text, second.text) == ("One.&two", "more")
    assert first.runs == (Run(0, 10, 4), Run(4, 20, 1, 5), Run(5, 30, 3))
    assert second.runs == (Run(0, 34, 4),)
    assert {first.kind, second.kind, first.source, second.source} == {Kind.QUOTE, "source"}


def test_cut_prefers_the_end_of_a_sentence() -> None:
    text = "This sentence is here. " * 900
    pieces = found(text)
    assert len(pieces) == 3
    assert all(piece.endswith("here.") for piece in pieces)


@pytest.mark.parametrize("kind", ["text", "markdown"])
@pytest.mark.parametrize("line", ["This sentence is here. ", "x", "word "])
def test_five_megabytes_on_one_line(kind: str, line: str) -> None:
    text = line * (5_000_000 // len(line))
    start = time.perf_counter()
    document = read_text(text, "x", kind)
    assert time.perf_counter() - start < 4  # 0.1 s at home; CI machines are slow
    assert max(len(s.text) for s in document.segments) <= readers.MAX_SEGMENT
    assert sum(len("".join(s.text.split())) for s in document.segments) == len("".join(text.split()))


@pytest.mark.parametrize("kind", ["text", "markdown"])
@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![",
        ">",
        "> ",
        "*a",
        "**a *b ",
        "_a ",
        "`",
        "`a``",
        "<",
        "<a ",
        "<!--",
        "&",
        "$a ",
        "$$a$b",
        "{{",
        "{%",
        "{#",
        ":::\n",
        "[^a",
        "[a](",
        "|a",
        "- ",
        "<code>",
        "~~a",
        "\\",
        "\\|",
        "# a\n",
        "[a]: /u\n",
        " \t",
        "a@",
        "www.",
        "((",
        '."',
        "\r",
        "\u2028",
        "\u0301",
        "a\n===\n",
        "> a\n>> b\n",
        "import ",
        "--- \n",
        "1. ",
    ],
)
def test_repetition_takes_linear_time(kind: str, piece: str) -> None:
    text = "a" + piece * 20_000
    start = time.perf_counter()
    checked(read_text(text, "x", kind))
    assert time.perf_counter() - start < 10  # quadratic would be minutes


# --- bytes --------------------------------------------------------------------------------------

ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(PLAIN, st.sampled_from(ENCODINGS), st.booleans())
def test_bytes_come_back(text: str, encoding: str, mark: bool) -> None:
    mark = mark or encoding != "utf-8"
    data = ("\ufeff" * mark + text).encode(encoding)
    document = read_bytes(data, "x", "text")
    assert document.text.encode(document.encoding) == data
    assert document.text == "\ufeff" * mark + text
    assert not any(s.text.startswith("\ufeff") and s.locate(0, 1) == (0, 1) for s in document.segments)


@given(
    st.binary(max_size=60),
    st.sampled_from([None, "cp1252", "latin-1", "shift_jis", "utf-7", "gb18030", "utf-16"]),
)
def test_any_bytes_come_back_or_are_refused(data: bytes, encoding: str | None) -> None:
    try:
        text, codec = decoding.decode(data, "x", encoding)
    except MtqaError:
        return
    assert text.encode(codec) == data
    assert "\0" not in text


def test_line_ends_are_kept() -> None:
    data = b"a\r\nb\rc\n\r\n"
    assert read_bytes(data, "x").text.encode() == data


@pytest.mark.parametrize(
    ("data", "encoding", "parts"),
    [
        (
            b"one\ntwo\r\nthree\rcaf\xe9 x",
            None,
            ["line 4", "byte offset 18", "0xe9", "UTF-8", "--encoding cp1252"],
        ),
        (b"\xff\xfea\0\0", None, ["line 1", "byte offset 4", "UTF-16-LE"]),
        (b"\xef\xbb\xbfa\xff", None, ["line 1", "byte offset 4"]),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None, ["binary"]),
        (b"text\0text", None, ["binary"]),
        (b"a\0b\0", None, ["binary", "--encoding utf-16-le"]),
        (b"a\x81b", "cp1252", ["line 1", "byte offset 1", "0x81", "CP1252"]),
        (b"a", "klingon\x1b[1m", [r"klingon\x1b[1m", "--encoding"]),
        (b"a", "a\0b", ["--encoding"]),
        (b"a", "", ["--encoding"]),
        (b"61", "hex", ["--encoding"]),
        (b"a", "rot13", ["--encoding"]),
        (b"a", "undefined", ["--encoding"]),
        (b"+AGE-", "utf-7", ["change"]),
    ],
)
def test_undecodable(data: bytes, encoding: str | None, parts: list[str]) -> None:
    with pytest.raises(MtqaError) as caught:
        read_bytes(data, "dir/\x1b[31mx.txt", "text", encoding=encoding)
    message = str(caught.value)
    assert message.startswith(r"dir/\x1b[31mx.txt: ")
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_named_encodings() -> None:
    document = read_bytes("café".encode("cp1252"), "x", encoding="cp1252")
    assert (document.text, document.encoding) == ("café", "cp1252")
    assert read_bytes("café".encode("utf-16-le"), "x", encoding="utf-16").encoding == "utf-16-le"
    # A byte order mark knows better.
    assert read_bytes("\ufeffcafé".encode(), "x", encoding="cp1252").text == "\ufeffcafé"
    assert read_bytes("\ufeffé".encode("utf-32-le"), "x").encoding == "utf-32-le"


# --- files --------------------------------------------------------------------------------------


def test_a_file_is_read_by_its_suffix(tmp_path: Path) -> None:
    for name in ("a.md", "b.MARKDOWN", "c.txt", "d", "e.log"):
        (tmp_path / name).write_bytes(b"a *b* c\r\n")
    texts = {p.name: read(p).segments[0].text for p in tmp_path.iterdir()}
    assert texts == {
        "a.md": "a b c",
        "b.MARKDOWN": "a b c",
        "c.txt": "a *b* c",
        "d": "a *b* c",
        "e.log": "a *b* c",
    }
    assert kind_of(".md") == "text"
    document = read(tmp_path / "c.txt", as_given="./c.txt")
    assert (document.path, document.text) == ("./c.txt", "a *b* c\r\n")
    assert read(str(tmp_path / "c.txt")).path == str(tmp_path / "c.txt")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    document = read(tmp_path / "a.txt")
    assert (document.segments, document.words) == ((), 0)


def refusal(path: Path | str, **options: object) -> str:
    with pytest.raises(MtqaError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert "\x1b" not in message
    return message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "below").symlink_to("nothing")
    (tmp_path / "large.txt").write_bytes(b"x" * 11)
    assert "no such file" in refusal(tmp_path / "missing\x1b[2J.txt")
    assert "no such file" in refusal(tmp_path / "below")
    assert "no such file" in refusal("")
    assert "folder" in refusal(tmp_path)
    assert "regular file" in refusal(tmp_path / "pipe")
    assert "regular file" in refusal("/dev/null")
    assert "cannot be read" in refusal(tmp_path / "loop")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    assert "cannot be read" in refusal(tmp_path / "large.txt" / "x")
    assert "path" in refusal("a\0b")
    assert "11 bytes" in refusal(tmp_path / "large.txt", max_bytes=10)
    assert "--max-file-size" in refusal(tmp_path / "large.txt", max_bytes=10)
    assert read(tmp_path / "large.txt", max_bytes=11).text == "x" * 11


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").touch(mode=0o000)

    def refuse(*_: object) -> None:
        # Permissions would not stop the superuser, who may run this.
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert "permission" in refusal(tmp_path / "a.txt")


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    Path(name).write_text("Text.")
    assert read(name).path == name
    assert r"caf\udce9.txt" in refusal(name, max_bytes=1)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def given_bytes(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    given_bytes(b"a *b*\r\n")
    document = read("-")
    assert (document.path, document.text, document.segments[0].text) == ("-", "a *b*\r\n", "a *b*")
    given_bytes(b"a *b*")
    document = read("-", stdin_filename="doc/x.md")
    assert (document.path, document.segments[0].text) == ("doc/x.md", "a b")
    given_bytes(b"a *b*")
    assert read("-", stdin_format="markdown").segments[0].text == "a b"
    given_bytes(b"a" * 11)
    assert "standard input" in refusal("-", max_bytes=10)
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input" in refusal("-")


def test_an_unknown_format() -> None:
    with pytest.raises(MtqaError, match=r"no reader .* markdown, .*text"):
        read_text("a", "x", "klingon")
    with pytest.raises(MtqaError):
        read_text("a", "x", "decoding")


def test_a_new_reader_is_a_module_and_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = types.ModuleType("qa.readers.shout")
    module.document = lambda data, path: Document(path, data.decode(), ())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "qa.readers.shout", module)
    monkeypatch.setitem(readers.READERS, ".shout", "shout")
    (tmp_path / "a.shout").write_bytes(b"HEY")
    assert read(tmp_path / "a.shout").text == "HEY"


def test_readers_import_nothing_heavy() -> None:
    code = (
        "import sys, qa.readers, qa.discovery; qa.readers.read_text('a', 'x', 'text');"
        "assert not {'markdown_it', 'pathspec', 'yaml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
