"""The terminal and JSON reports: snapshots of whole reports, and what must hold for any text.

``MTQA_UPDATE_SNAPSHOTS=1 pytest tests/test_reports.py`` writes tests/data/reports anew.
"""

from __future__ import annotations

import json
import os
import re
import time
import unicodedata
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import qa.reports
from qa.document import Document, Run, Segment
from qa.finding import CATEGORIES, Finding, Severity, Suggestion
from qa.judge import DocumentReport, Gate, MachineTranslated, Report
from qa.reports import json as json_report
from qa.reports import terminal

HERE = Path(__file__).parent
SNAPSHOTS = HERE / "data" / "reports"
SCHEMA = json.loads((HERE.parent / "docs" / "report.schema.json").read_text(encoding="utf-8"))
SGR = re.compile(r"\x1b\[[0-9;]*m")
UNKNOWN = MachineTranslated(0.0, None)
HOSTILE = "\x1b]0;owned\x07 \u202eevil\u202c \r%0A::error::x</script>\x00\u200b\udce9\x9b31m\u2028end"


def document(path: str, text: str, notes: tuple[str, ...] = ()) -> Document:
    """A document whose segments are the stretches between blank lines."""
    pieces = re.finditer(r"(?:(?!\r?\n\r?\n).)+", text, re.DOTALL)
    segments = (Segment.at(m.group(), m.start()) for m in pieces if m.group().strip())
    return Document(path, text, tuple(segments), notes=notes)


def finding(
    doc: Document,
    text: str,
    *suggestions: str,
    rule: str = "test/rule",
    severity: str = "major",
    message: str = "This is not how English says it.",
    confidence: float = 0.9,
) -> Finding:
    start = doc.text.index(text)
    safe = tuple(Suggestion(s, safe=i == 0) for i, s in enumerate(suggestions))
    return Finding(
        rule, CATEGORIES[0], Severity(severity), confidence, message,
        start, start + len(text), text, safe, "0123456789abcdef",
    )  # fmt: skip


def checked(
    doc: Document, *findings: Finding, words: int = 650, score: float = 87.2, mt: MachineTranslated = UNKNOWN
) -> DocumentReport:
    return DocumentReport(doc, findings, words, score if findings else 100.0, mt)


def report(*documents: DocumentReport, gate: Gate | None = None, notes: tuple[str, ...] = ()) -> Report:
    return Report(documents, "mtqa:0.1.0|rules:1f2e", gate or Gate(), notes)


def excerpt(doc: Document, found: Finding, width: int = 80) -> tuple[str, str]:
    """The line with the phrase and the line under it, without the margin."""
    lines = terminal.render(report(checked(doc, found)), width=width, color=False).splitlines()
    under = next(i for i, line in enumerate(lines) if line.strip() and not line.strip(" ~^"))
    return lines[under - 1][terminal.INDENT :], lines[under][terminal.INDENT :]


def marked(doc: Document, found: Finding, width: int = 80) -> str:
    """What stands above the carets, found by counting cells."""
    line, under = excerpt(doc, found, width)
    first, last = len(under) - len(under.lstrip()), len(under)
    at, out = 0, ""
    for c in line:
        if first <= at < last or (not cell_len(c) and first < at <= last):
            out += c
        at += cell_len(c)
    return out


# --- whole reports -----------------------------------------------------------------------------------


def article() -> DocumentReport:
    doc = document(
        "news/harbour.md",
        "The harbour reopened on Tuesday after a winter of repairs, and the first ferries left before "
        "dawn. Many companies had cut their orders during the closure and thereby reduced the demand for "
        "workers. seasonal. The mayor promised new contracts for the dockers since two years.\n\n"
        "“If the river rises again, we are lost, indeed! She told reporters. The council seems to be "
        "weighing down if it is the moment of its own plan for the defence of the old town against the "
        "floods.\n\n"
        "According to the minister, the informations about the strike were false. Share this article on "
        "Facebook Fishermen said that the ice was too thin, and the ferry’s actual captain assisted at "
        "the ceremony.\n",
    )
    return checked(
        doc,
        finding(doc, "actual", rule="false-friend/actual", severity="neutral", confidence=0.55,
                message="“actual” may stand for “current” here."),
        finding(doc, "demand for workers. seasonal.", "demand for seasonal workers.",
                rule="split-phrase/stranded-adjective", severity="critical", confidence=0.98,
                message="The adjective is stranded after the full stop; it belongs before “workers”."),
        finding(doc, "since two years", "for two years", "for the past two years", "these two years",
                "over two years", rule="tense/since-duration", confidence=0.91,
                message="“since” takes a point in time; a stretch of time takes “for”."),
        finding(doc, "indeed! She told reporters", "indeed!” she told reporters",
                rule="quotation/lost-mark", severity="critical", confidence=0.95,
                message="The quotation lost its closing mark, and what follows became its own sentence."),
        finding(doc, "seems to be weighing down if it is the moment of its own plan",
                "seems to be weighing up whether this is the moment for its own plan",
                "seems to be considering whether it is time for a plan of its own, and so does the town",
                rule="calque/weigh-down", message="“weigh down” means to burden; to consider is “weigh up”."),
        finding(doc, "informations", "information", rule="agreement/uncountable", severity="minor",
                message="“information” has no plural."),
        finding(doc, "Share this article on Facebook ", "", rule="residue/share-button",
                message="Left over from the web page: a share button."),
        finding(doc, "assisted at", "attended", rule="false-friend/assist-at", severity="minor",
                message="“assist at” is built as in French (assister à); English says “attend”."),
        mt=MachineTranslated(0.97, True, ("split-phrase", "calque")),
    )  # fmt: skip


def scripts() -> DocumentReport:
    doc = document(
        "文書/世界.txt",
        "The 🎉🎉 party in 日本の港町 was assisted at by 👍🏽 many 🇫🇷 guests.\r\n\r\n"
        "Tokyoで開かれた大きな会議では、informationsという言葉が何度も何度も繰り返し使われていたことが後でわかり、関係者は驚いた。\r\n\r\n"
        "قال الوزير إن the informations التي وصلت كانت خاطئة.\r\n\r\n"
        "Cafe\u0301 owners, naïve or not, discuted the prices\r\nof the   coffee.\r\n",
    )
    informations = doc.text.rindex("informations")
    first = finding(doc, "informations", "情報", rule="cjk/inside")
    return checked(
        doc,
        finding(doc, "assisted at by 👍🏽 many 🇫🇷", "attended by many", rule="emoji/before"),
        finding(doc, "日本の港町", "the port", rule="cjk/phrase"),
        first,
        Finding("rtl/around", CATEGORIES[0], Severity.MINOR, 0.5, "Within right-to-left text.",
                informations, informations + 12, "informations", (Suggestion("information"),)),
        finding(doc, "discuted the prices\r\nof the   coffee", "discussed the price of coffee",
                rule="lines/crlf", severity="critical"),
        words=31,
    )  # fmt: skip


def hostile() -> DocumentReport:
    doc = document(f"dir\x1b[2J/{HOSTILE}.txt", f"Before {HOSTILE} the phrase {HOSTILE} after it.", (HOSTILE,))
    start = doc.text.index("the phrase")
    end = doc.text.index(" after it")
    found = Finding(HOSTILE, "terminology", Severity.CRITICAL, 1.0, HOSTILE, start, end, doc.text[start:end],
                    (Suggestion(HOSTILE, True), Suggestion("\x1b[1m")), HOSTILE, HOSTILE)  # fmt: skip
    return checked(doc, found, mt=MachineTranslated(0.5, True, (HOSTILE,)))


def markup() -> DocumentReport:
    """A paragraph with a link in the middle of the phrase, which a reader of the page does not see."""
    text = "# Title\n\nThe *town* had [less](http://example.org/a/very/long/address) than 400 seats.\n"
    runs: list[Run] = []
    shown = ""
    for piece in ("The ", "town", " had ", "less", " than 400 seats."):
        runs.append(Run(len(shown), text.index(piece, runs[-1].document_start + 1 if runs else 0), len(piece)))
        shown += piece
    doc = Document("page.md", text, (Segment.at("Title", 2), Segment(shown, tuple(runs))))
    start, end = doc.segments[1].locate(13, 26)
    found = Finding("agreement/less", "fluency/grammar", Severity.MINOR, 0.8, "“less” does not count.",
                    start, end, text[start:end], (Suggestion("fewer than 400"),))  # fmt: skip
    star = finding(doc, "*town*", "city", rule="test/around-markup")
    return checked(doc, star, found, words=8, score=25.0)


def long_texts() -> DocumentReport:
    filler = "and so the long sentence went on and on without any stop "
    doc = document(
        "long.txt",
        f"{filler * 30}until it said at last what was informations and more {filler * 30}"
        f"\n\nHere starts {filler * 5}the end of it.\n\n{'x' * 300}informations{'y' * 300}",
    )
    start = doc.text.index("Here starts")
    end = doc.text.index("the end of it.")
    tail = doc.text.rindex("informations")
    return checked(
        doc,
        finding(doc, "informations", "information " * 30, "information " * 3, rule="test/long-suggestion",
                message="A long message " * 15),
        Finding("test/long-phrase", CATEGORIES[0], Severity.MAJOR, 0.7, "All of it.", start, end,
                doc.text[start:end], (Suggestion("Short."),)),
        Finding("test/no-spaces", CATEGORIES[0], Severity.MAJOR, 0.7, "Within a word.", tail, tail + 12,
                "informations", (Suggestion("information"),)),
        Finding("test/insertion-with-a-name-that-is-far-too-long-for-one-line-of-any-terminal", CATEGORIES[0],
                Severity.NEUTRAL, 0.7, "Nothing there.", end, end, "", (Suggestion("and "),)),
    )  # fmt: skip


def clean(path: str, **kwargs: object) -> DocumentReport:
    notes = ("Read as cp1252, not UTF-8.",) if kwargs.pop("note", False) else ()
    return checked(document(path, "All is well here.", notes), **kwargs)  # type: ignore[arg-type]


def many() -> Report:
    two = document("b.txt", "He discuted it.", ("Read as cp1252, not UTF-8.",))
    short = checked(two, finding(two, "discuted", "discussed"), words=3, score=0.0,
                    mt=MachineTranslated(0.1, False))  # fmt: skip
    return report(clean("a.txt"), short, article(), clean("c.txt", note=True), clean("d.txt"),
                  gate=Gate(Severity.CRITICAL, 90), notes=("The tagger is not installed.",))  # fmt: skip


REPORTS = {
    "article": report(article()),
    "scripts": report(scripts(), gate=Gate(None)),
    "hostile": report(hostile(), notes=(HOSTILE,)),
    "markup": report(markup(), gate=Gate(Severity.CRITICAL, 20)),
    "long": report(long_texts(), gate=Gate(Severity.CRITICAL)),
    "many": many(),
    "empty": report(),
    "clean": report(clean("a.txt", mt=MachineTranslated(0.02, False))),
    "clean-short": report(clean("a.txt", words=4, note=True), notes=("The tagger is not installed.",)),
    "clean-wordless": report(clean("a.txt", words=0)),
    "clean-many": report(clean("a.txt"), clean("b.txt", note=True)),
}
LOOKS = {"80.txt": (80, False), "120.txt": (120, False), "color.txt": (80, True)}


def compare(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("MTQA_UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"no {path.name}: write it with MTQA_UPDATE_SNAPSHOTS=1"
    assert text == path.read_bytes().decode()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", REPORTS)
def test_terminal_snapshot(name: str, look: str) -> None:
    width, color = LOOKS[look]
    compare(f"{name}.{look}", terminal.render(REPORTS[name], width=width, color=color))


@pytest.mark.parametrize("name", REPORTS)
def test_json_snapshot(name: str) -> None:
    compare(f"{name}.json", json_report.render(REPORTS[name], width=80, color=False))


def test_no_snapshot_is_left_over() -> None:
    expected = {f"{name}.{end}" for name in REPORTS for end in (*LOOKS, "json")}
    assert {path.name for path in SNAPSHOTS.iterdir()} == expected


def test_formats_load() -> None:
    for name in ("terminal", "json"):
        assert qa.reports.load(name).render(report(), width=80, color=False)


# --- JSON ----------------------------------------------------------------------------------------------


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_json_is_valid_and_keeps_values(name: str) -> None:
    text = json_report.render(REPORTS[name], width=80, color=True)
    data = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert data == json_report.as_dict(REPORTS[name])
    assert text.endswith("}\n")
    assert text == json_report.render(REPORTS[name], width=120, color=False)


def test_schema_is_strict() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    data = json_report.as_dict(REPORTS["article"])
    validator.validate(data)
    for place in (data, data["summary"], data["documents"][0], data["documents"][0]["findings"][0]):
        place["surprise"] = 1
        assert not validator.is_valid(data)
        del place["surprise"]
        key = next(iter(place))
        value = place.pop(key)
        assert not validator.is_valid(data), key
        place[key] = value


def test_json_keys_in_order_and_rounded() -> None:
    doc = document("a", "one two")
    found = finding(doc, "two", "2", confidence=0.123456)
    data = json.loads(
        json_report.render(report(checked(doc, found, mt=MachineTranslated(0.98765, None))), width=80, color=False)
    )
    assert list(data) == ["schema", "signature", "documents", "summary"]
    (one,) = data["documents"]
    assert list(one) == ["path", "words", "score", "machine_translated", "findings"]
    assert one["machine_translated"] == {"probability": 0.988, "verdict": None, "evidence": []}
    assert list(one["findings"][0]) == SCHEMA["$defs"]["finding"]["required"]
    assert one["findings"][0]["confidence"] == 0.123
    assert (one["findings"][0]["line"], one["findings"][0]["column"]) == (1, 5)


@given(st.text(st.characters(), max_size=60))
def test_json_is_harmless_and_exact(text: str) -> None:
    doc = Document(text, text, (), notes=(text,))
    found = Finding(text or "r", "c", Severity.MINOR, 0.5, text, 0, len(text), text, (Suggestion(text),))
    out = json_report.render(report(checked(doc, found), notes=(text,)), width=80, color=False)
    out.encode()
    assert not [c for c in out if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    data = json.loads(out)
    assert data["notes"] == data["documents"][0]["notes"] == [text]
    assert data["documents"][0]["findings"][0]["suggestions"][0]["text"] == text


def test_json_escapes_every_control_and_format_character() -> None:
    codes = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    doc = Document("".join(codes), "", ())
    out = json_report.render(report(checked(doc)), width=80, color=False)
    assert not set(out) - {"\n"} & set(codes)
    # json.loads joins a high and a low surrogate that happen to be neighbours, as U+DBFF U+DC00 are here
    joined = "".join(codes).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    assert json.loads(out)["documents"][0]["path"] == joined


# --- terminal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_color_changes_nothing_but_color(name: str, width: int) -> None:
    plain = terminal.render(REPORTS[name], width=width, color=False)
    assert SGR.sub("", terminal.render(REPORTS[name], width=width, color=True)) == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("name", sorted(set(REPORTS) - {"hostile"}))
def test_lines_fit(name: str, width: int) -> None:
    for line in terminal.render(REPORTS[name], width=width, color=False).splitlines():
        # what must be copied in one piece may be wider: a rule's name
        assert cell_len(line) <= width or "confidence" in line or "to silence" in line


@pytest.mark.parametrize("width", [-1, 0, 1, 10**9])
def test_any_width(width: int) -> None:
    assert terminal.render(REPORTS["article"], width=width, color=False)


hostile_text = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            list("\x1b\x9b\r\n\t\0\x07\x7f\x85\u202e\u2028\u200d\ufe0f\u0301 .A!日👩🏽🇫\udce9\ufeff\U000e0041")
        ),
    ),
    max_size=250,
)


@settings(max_examples=300, deadline=None)
@given(hostile_text, hostile_text, st.integers(0, 250), st.integers(0, 250), st.booleans(), st.integers(40, 130))
def test_nothing_hostile_comes_out(text: str, other: str, start: int, length: int, segmented: bool, width: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    doc = Document(other, text, (Segment.at(text, 0),) if segmented else (), notes=(other,))
    found = Finding(other, other, Severity.MAJOR, 0.5, other, start, end, text[start:end],
                    (Suggestion(other), Suggestion(text), Suggestion("")), other, other)  # fmt: skip
    one = checked(doc, found, mt=MachineTranslated(0.5, True, (other, text)))
    for documents in ((one,), (one, clean(other, note=True)), (clean(other),)):
        for color in (False, True):
            out = terminal.render(report(*documents, notes=(other,)), width=width, color=color)
            bare = SGR.sub("", out) if color else out
            bad = [c for c in bare if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
            assert not bad
            assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", bare)
            out.encode()


@settings(max_examples=300, deadline=None)
@given(
    st.text("ab .日👍é", max_size=300),
    st.integers(0, 300),
    st.integers(1, 30),
    st.sampled_from([40, 80, 120]),
)
def test_carets_stand_under_the_phrase(text: str, start: int, length: int, width: int) -> None:
    text = f"{text}_{text}"  # never empty
    start = min(start, len(text) - 1)
    end = min(start + length, len(text))
    doc = Document("a", text, (Segment.at(text, 0),))
    found = Finding("r", "c", Severity.MAJOR, 0.5, "m", start, end, text[start:end], (Suggestion("x"),))
    line, under = excerpt(doc, found, width)
    assert cell_len(line) <= width - terminal.INDENT
    phrase = text[start:end]
    if cell_len(phrase) <= width - terminal.INDENT - 5:
        assert len(under.strip()) == cell_len(phrase)
        assert marked(doc, found, width).rstrip(" ") == phrase.rstrip(" ")


def test_carets_are_as_wide_as_cjk_and_emoji() -> None:
    doc = document("a", "日本では informations が🎉多い。")
    assert marked(doc, finding(doc, "informations")) == "informations"
    assert excerpt(doc, finding(doc, "informations"))[1] == " " * 9 + "~" * 12
    assert excerpt(doc, finding(doc, "🎉多い"))[1].strip() == "~" * 6


def test_long_names_get_their_own_lines() -> None:
    path = "a/" * 60 + "b.txt"
    doc = document(path, "He discuted it.")
    found = finding(doc, "discuted", rule="family/" + "long-" * 20 + "name")
    lines = terminal.render(report(checked(doc, found)), width=80, color=False).splitlines()
    assert lines[0] == path
    assert lines[1].startswith("───")
    assert any(line.strip() == f"to silence: --disable {found.rule}" for line in lines)


def test_a_rule_says_once_how_to_silence_it() -> None:
    doc = document("a", "one two three")
    found = [finding(doc, word, rule=rule) for word, rule in (("one", "a/b"), ("two", "a/b"), ("three", "c/d"))]
    text = terminal.render(report(checked(doc, *found)), width=80, color=False)
    assert text.count("--disable a/b") == 1
    assert text.count("a/b · confidence 90 %") == 2
    assert text.count("--disable c/d") == 1


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("It was late. Then Mr. Smith of the U.S. Army", "in the town. Nobody left.",
         "Then Mr. Smith of the U.S. Army PHRASE in the town."),
        ("“We will wait.” He", "until noon? Yes.", "He PHRASE until noon?"),
        ("Line one\nline two", "line\nthree. New", "Line one line two PHRASE line three."),
        ("A first paragraph\n\nThe second", "here\r\n\r\nThe third", "The second PHRASE here"),
        ("One\r\ntwo", "three\r\nfour", "One two PHRASE three four"),
    ],
)  # fmt: skip
def test_excerpt_is_the_sentence(before: str, after: str, sentence: str) -> None:
    doc = Document("a", f"{before} PHRASE {after}", ())
    assert excerpt(doc, finding(doc, "PHRASE"))[0] == sentence


def test_markup_is_left_out_of_the_excerpt() -> None:
    doc = markup().document
    less = markup().findings[1]
    assert excerpt(doc, less)[0] == "The town had less than 400 seats."
    assert marked(doc, less) == "less than 400"
    assert excerpt(doc, markup().findings[0])[0].startswith("The *town* had [less]")


def test_gate_says_why() -> None:
    def last(gate: Gate, *documents: DocumentReport) -> str:
        return terminal.render(report(*documents, gate=gate), width=120, color=False).splitlines()[-1]

    one = markup()
    assert last(Gate(Severity.MINOR), one) == "Failed: 1 major and 1 minor findings, gate is at minor."
    assert last(Gate(Severity.MAJOR), one) == "Failed: 1 major finding, gate is at major."
    assert last(Gate(Severity.CRITICAL), one) == "Passed: no critical finding."
    assert last(Gate(None), one) == "Passed: no gate is set."
    assert last(Gate(None, 30), one) == "Failed: score 25 is below 30."
    assert last(Gate(None, 20), one) == "Passed: no score below 20."
    assert last(Gate(None, 30), one, one, clean("a")) == "Failed: 2 documents score below 30."
    assert last(Gate(Severity.MAJOR, 30), one).startswith("Failed: 1 major finding, gate is at major; score 25")


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (
            MachineTranslated(0.973, True, ("a", "b")),
            "Reads as machine translated: probability 0.97, for: a, b.",
        ),
        (MachineTranslated(0.973, True), "Reads as machine translated: probability 0.97."),
        (MachineTranslated(0.1, False, ("a",)), "Does not read as machine translated."),
    ],
)
def test_verdict(verdict: MachineTranslated, line: str) -> None:
    doc = document("a", "one two")
    for found in ((), (finding(doc, "two"),)):
        assert line in terminal.render(report(checked(doc, *found, mt=verdict)), width=80, color=False)
    assert "machine" not in terminal.render(report(checked(doc)), width=80, color=False)


def test_time_is_linear() -> None:
    """1,000 findings on one line of 5 MB, and the same within a hostile run of combining marks."""
    for text in ("the informations of it " * 220_000, "é́́́́́́́" * 600_000, "\n" + " " * 4_800_000 + "\n"):
        doc = Document("a", text, (Segment.at(text, 0),))
        step = len(text) // 1000
        found = [
            Finding("r", "c", Severity.MAJOR, 0.9, "m", i * step, i * step + 12, "x", (Suggestion("y"),))
            for i in range(1000)
        ]
        found.append(Finding("r", "c", Severity.MAJOR, 0.9, "m", 0, len(text), text, (Suggestion(text),)))
        start = time.perf_counter()
        terminal.render(report(checked(doc, *found)), width=120, color=True)
        assert time.perf_counter() - start < 10
