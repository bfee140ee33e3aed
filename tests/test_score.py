"""`mtqa score` as a user runs it: sacrebleu's own figures, significance, gates, post-edits, reports, bad input."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.edits import Edits, Operation, edits
from qa.metrics import Options
from qa.reports.scores.inline import Kind, pieces
from tests.conftest import ROOT, one_line

VERSION = version("sacrebleu")
SCHEMA = json.loads((ROOT / "docs" / "score.schema.json").read_text("utf-8"))

REFERENCE = """\
The ferry to the island leaves at seven every morning.
Nobody had told the baker that the mill was closed.
“We will rebuild the bridge before winter,” the mayor said.
Prices rose by 3.5% in March, the sharpest increase since 2009.
She has been teaching chemistry in Porto for eleven years.
The museum's new wing opens to the public on Saturday.
Rain is expected in the north; the south stays dry.
He put the letters back in the drawer and locked it.
Two of the five engines were replaced last autumn.
Most visitors come for the gardens, not for the house.
The court will hear the appeal on 12 June.
“That,” she replied, “is none of your business.”
""".splitlines()
SECOND = """\
Every morning at seven the ferry leaves for the island.
No one had told the baker the mill had closed.
“The bridge will be rebuilt before winter,” said the mayor.
In March prices went up by 3.5%, the steepest rise since 2009.
She has taught chemistry in Porto for eleven years.
The new wing of the museum opens to the public on Saturday.
Rain is forecast in the north, while the south stays dry.
He put the letters back into the drawer and locked it.
Last autumn two of the five engines were replaced.
Most of the visitors come for the gardens rather than the house.
The appeal will be heard by the court on 12 June.
“That is none of your business,” she replied.
""".splitlines()
GOOD = """\
The ferry to the island leaves every morning at seven.
Nobody told the baker that the mill was closed.
“We will rebuild the bridge before winter,” said the mayor.
Prices rose by 3.5% in March, the strongest increase since 2009.
She has been teaching chemistry in Porto for eleven years.
The new wing of the museum opens to the public on Saturday.
Rain is expected in the north, the south stays dry.
He put the letters back in the drawer and locked it.
Two of the five engines were replaced last autumn.
Most visitors come for the gardens and not for the house.
The court will hear the appeal on June 12.
“That,” she replied, “is not your business.”
""".splitlines()
POOR = """\
The ferry for the isle parts all the mornings at seven hours.
Nobody had said to the baker that the windmill was shut.
“We go to rebuild the bridge before of the winter”, has said the mayor.
The prices have mounted of 3,5 % in March, the rise more strong since 2009.
She teaches the chemistry at Porto since eleven years.
The new wing of the museum opens itself to the public the Saturday.
One waits rain in the north, the south rests dry.
He has reput the letters in the drawer and he it has closed to key.
Two of the five motors have been replaced the last autumn.
The major part of the visitors come for the gardens, not for the house.
The tribunal will hear the call the 12 June.
“That”, replied she, “does not look at you.”
""".splitlines()


def lines(path: Path, segments: list[str], end: str = "\n") -> None:
    path.write_bytes("".join(segment + end for segment in segments).encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, segments in (("ref.txt", REFERENCE), ("ref2.txt", SECOND), ("good.txt", GOOD), ("poor.txt", POOR)):
        lines(tmp_path / name, segments)
    return tmp_path


@pytest.fixture
def score(mtqa, folder: Path):
    """Run `mtqa score` in the folder; JSON comes checked against its schema."""

    def run(*arguments: str, status: int = 0, **more: object):
        result = mtqa("score", *arguments, cwd=folder, **more)
        assert result.returncode == status, result.stderr.decode()
        if ("--format", "json") not in pairwise(arguments):
            return result.stdout.decode()
        data = json.loads(result.stdout)
        jsonschema.Draft202012Validator(SCHEMA).validate(data)
        return data

    return run


def sacrebleu(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "sacrebleu", *arguments], cwd=folder, check=True, capture_output=True, text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ).stdout  # fmt: skip


def shown(score: dict) -> str:
    return f"{score['name']}|{score['signature']} = {score['score']:.14f}"


@pytest.mark.parametrize(
    ("metric", "ours", "theirs"),
    [
        ("bleu", [], ["bleu"]),
        ("bleu", ["--tokenize", "intl", "--lowercase"], ["bleu", "--tokenize", "intl", "--lowercase"]),
        ("bleu", ["-tok", "char", "-s", "floor", "--smooth-value", "0.3"], ["bleu", "-tok", "char", "-s", "floor", "-sv", "0.3"]),
        ("bleu", ["--smooth-method", "add-k"], ["bleu", "--smooth-method", "add-k"]),
        ("chrf", [], ["chrf"]),
        (
            "chrf",
            ["--chrf-char-order", "4", "--chrf-beta", "3", "--chrf-whitespace", "--chrf-lowercase", "--chrf-eps-smoothing"],
            ["chrf", "--chrf-char-order", "4", "--chrf-beta", "3", "--chrf-whitespace", "--chrf-lowercase", "--chrf-eps-smoothing"],
        ),
        ("chrf++", [], ["chrf", "--chrf-word-order", "2"]),
        ("ter", [], ["ter"]),
        (
            "ter",
            ["--ter-case-sensitive", "--ter-normalized", "--ter-no-punct", "--ter-asian-support"],
            ["ter", "--ter-case-sensitive", "--ter-normalized", "--ter-no-punct", "--ter-asian-support"],
        ),
    ],
)
def test_scores_are_those_of_the_sacrebleu_command(folder: Path, score, metric: str, ours: list[str], theirs: list[str]) -> None:
    data = score("-r", "ref.txt", "-r", "ref2.txt", "poor.txt", "-m", metric, *ours, "--format", "json")
    expected = sacrebleu(folder, "ref.txt", "ref2.txt", "-i", "poor.txt", "-m", *theirs, "-w", "14", "-f", "text")
    (found,) = data["systems"][0]["scores"]
    assert f"{expected.strip()} ".startswith(f"{shown(found)} ")


@pytest.mark.parametrize(("metric", "theirs"), [("bleu", ["bleu"]), ("chrf", ["chrf"]), ("ter", ["ter"])])
def test_segments_are_those_of_the_sacrebleu_command(folder: Path, score, metric: str, theirs: list[str]) -> None:
    data = score("-r", "ref.txt", "-r", "ref2.txt", "poor.txt", "-m", metric, "--segments", "--format", "json")
    expected = sacrebleu(folder, "ref.txt", "ref2.txt", "-i", "poor.txt", "-m", *theirs, "-sl", "-w", "14", "-b")
    found = data["systems"][0]["scores"][0]
    assert [f"{value:.14f}" for value in found["segments"]] == expected.split()
    signed = sacrebleu(folder, "ref.txt", "ref2.txt", "-i", "poor.txt", "-m", *theirs, "-sl").splitlines()[0]
    assert f"|{found['segment_signature']} = " in signed


@pytest.mark.parametrize(("kind", "samples"), [("bs", 200), ("ar", 300)])
def test_significance_is_that_of_the_sacrebleu_command(folder: Path, score, kind: str, samples: int) -> None:
    options = [f"--paired-{kind}", f"--paired-{kind}-n", str(samples)]
    data = score("-r", "ref.txt", "poor.txt", "good.txt", "-m", "bleu,chrf,ter", *options, "--format", "json")
    expected = sacrebleu(
        folder, "ref.txt", "-i", "poor.txt", "good.txt", "-m", "bleu", "chrf", "ter", *options, "-f", "text", "-w", "14"
    )
    assert data["test"] == {"kind": kind, "samples": samples, "baseline": "poor.txt"}
    ours = [score for system in data["systems"] for score in system["scores"]]
    # Its JSON breaks on numpy's numbers, so the table is read.
    table = expected.split("-----")[0]
    cells = [cell.strip() for row in table.splitlines() if "poor.txt" in row or "good.txt" in row for cell in row.split("│")[2:-1]]
    assert len(cells) == len(ours)
    for found, cell in zip(ours, cells, strict=True):
        bootstrap = found.get("bootstrap")
        around = f" ({bootstrap['mean']:.14f} ± {bootstrap['interval']:.14f})" if bootstrap else ""
        assert f"{found['score']:.14f}{around}" == cell
        assert f"{kind}:{samples}|seed:12345" in found["signature"]
        assert found["signature"] in expected
    assert (kind == "bs") == all("bootstrap" in found for found in ours)
    assert [f"{found['p_value']:.4f}" for found in ours if "p_value" in found] == re.findall(r"\(p = ([\d.]+)\)", table)
    assert ["p_value" in found for found in ours] == [False] * 3 + [True] * 3
    table = score("-r", "ref.txt", "poor.txt", "good.txt", "-m", "chrf", *options)
    assert "poor.txt (baseline)" in table
    assert re.search(r"p = 0\.00\d\d\*", table)


def test_confidence_is_that_of_the_sacrebleu_command(folder: Path, score) -> None:
    data = score("-r", "ref.txt", "poor.txt", "-m", "chrf", "--confidence", "--confidence-n", "300", "--format", "json")
    expected = json.loads(sacrebleu(folder, "ref.txt", "-i", "poor.txt", "-m", "chrf", "-ci", "-cin", "300", "-w", "10"))
    found = data["systems"][0]["scores"][0]
    assert round(found["bootstrap"]["mean"], 10) == expected["confidence_mean"]
    assert round(found["bootstrap"]["interval"], 10) == expected["confidence_var"]
    assert "bs:300" in found["signature"]


def test_a_document_scores_as_a_file_of_its_own(folder: Path, score) -> None:
    names = ["b"] * 5 + ["a"] * 7
    lines(folder / "names.txt", names)
    data = score("-r", "ref.txt", "poor.txt", "--documents", "names.txt", "--format", "json")
    assert data["documents"] == [{"name": "b", "segments": 5}, {"name": "a", "segments": 7}]
    for at, part in enumerate((slice(0, 5), slice(5, 12))):
        lines(folder / "part.txt", POOR[part])
        lines(folder / "ref-part.txt", REFERENCE[part])
        alone = score("-r", "ref-part.txt", "part.txt", "--format", "json")
        for whole, own in zip(data["systems"][0]["scores"], alone["systems"][0]["scores"], strict=True):
            assert whole["documents"][at] == own["score"]


def test_several_systems_in_a_table(score) -> None:
    table = score("-r", "ref.txt", "-r", "ref2.txt", "good.txt", "poor.txt")
    assert table == (
        "12 segments   BLEU   chrF2   chrF2++   TER ↓\n"
        "────────────────────────────────────────────\n"
        "good.txt      86.7    91.7      91.3    13.2\n"
        "poor.txt      33.8    58.3      57.5    56.8\n"
        "\n"
        "↓ less is better\n"
        f"BLEU|nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:{VERSION}\n"
        f"chrF2|nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{VERSION}\n"
        f"chrF2++|nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:{VERSION}\n"
        f"TER|nrefs:2|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:{VERSION}\n"
    )


@pytest.mark.parametrize(
    ("gate", "status"),
    [
        (["--min-bleu", "10"], 0),
        (["--min-bleu", "99"], 1),
        (["--min-chrf", "99"], 1),
        (["--min-chrf++", "99"], 1),
        (["--max-ter", "90"], 0),
        (["--max-ter", "5"], 1),
        (["--max-ter", "5", "--exit-zero"], 0),
        (["-m", "bleu", "--max-ter", "5"], 1),
    ],
)
def test_gate(score, gate: list[str], status: int) -> None:
    table = score("-r", "ref.txt", "good.txt", *gate, status=status)
    failed = status == 1 or "--exit-zero" in gate
    assert ("Failed: " in table) == failed
    assert ("Passed: " in table) != failed


def test_the_gate_compares_what_was_computed_not_what_is_printed(score) -> None:
    exact = score("-r", "ref.txt", "good.txt", "-m", "chrf", "--format", "json")["systems"][0]["scores"][0]["score"]
    rounded = round(exact + 0.05, 1)
    assert rounded > exact
    table = score("-r", "ref.txt", "good.txt", "-m", "chrf", "--min-chrf", str(rounded), status=1)
    said = re.search(r"chrF2 ([\d.]+) is below", table)
    assert said
    assert float(said[1]) < rounded
    data = score("-r", "ref.txt", "good.txt", "--min-chrf", str(rounded), "--format", "json", status=1)
    assert data["gate"]["failures"] == [{"path": "good.txt", "metric": "chrf", "score": exact, "limit": rounded}]
    assert score("-r", "ref.txt", "good.txt", "-m", "chrf", "--min-chrf", repr(exact))


def test_byte_order_marks_and_windows_line_ends_change_nothing(folder: Path, score) -> None:
    plain = score("-r", "ref.txt", "poor.txt", "--format", "json")
    (folder / "poor.txt").write_bytes(b"\xef\xbb\xbf" + "".join(f"{s}\r\n" for s in POOR).encode())
    (folder / "ref.txt").write_bytes("\ufeff".encode("utf-16-le") + "\n".join(REFERENCE).encode("utf-16-le"))
    assert score("-r", "ref.txt", "poor.txt", "--format", "json") == plain
    stdin = "\n".join(POOR).encode()
    from_stdin = score("-r", "ref.txt", "-", "--format", "json", stdin=stdin)
    assert from_stdin["systems"][0]["scores"] == plain["systems"][0]["scores"]


def test_empty_lines_count_and_are_named(folder: Path, score) -> None:
    lines(folder / "gaps.txt", ["", *GOOD[1:6], "  ", *GOOD[7:]])
    data = score("-r", "ref.txt", "gaps.txt", "--format", "json")
    assert data["notes"] == ["gaps.txt: 2 empty lines (1, 7); they are scored as a segment without words, as sacrebleu does"]
    expected = sacrebleu(folder, "ref.txt", "-i", "gaps.txt", "-m", "ter", "-w", "14", "-f", "text").strip()
    assert shown(data["systems"][0]["scores"][3]) == expected
    assert "Note: gaps.txt: 2 empty lines (1, 7)" in score("-r", "ref.txt", "gaps.txt")
    lines(folder / "nothing.txt", [""] * 12)
    assert score("-r", "ref.txt", "nothing.txt", "-m", "bleu,ter", "--format", "json")["systems"][0]["scores"][1]["score"] == 100
    assert score("-r", "nothing.txt", "good.txt", "-p", "nothing.txt", "--format", "json")["systems"][0]["scores"][3]["score"] == 100


def test_what_sacrebleu_warns_of_is_a_note(folder: Path, score) -> None:
    lines(folder / "tokens.txt", ["The cat sat on the mat ."] * 100)
    data = score("-r", "tokens.txt", "tokens.txt", "-m", "bleu", "--format", "json")
    assert any("detokenize" in note for note in data["notes"])
    assert "notes" not in score("-r", "tokens.txt", "tokens.txt", "-m", "bleu", "--force", "--format", "json")


# Post-edits.

TRANSLATED = [
    "Yesterday has the council voted the budget.",
    "The museum opens on Saturday.",
    "She teaches chemistry since eleven years in Porto",
    "The cat that lives in the mill is black and old",
]
EDITED = [
    "The council voted on the budget yesterday.",
    "The museum opens on Saturday.",
    "In Porto she has been teaching chemistry for eleven years",
    "black and old is The cat that lives in the mill",
]


@pytest.fixture
def post_edited(folder: Path) -> Path:
    lines(folder / "mt.txt", TRANSLATED)
    lines(folder / "pe.txt", EDITED)
    return folder


def test_post_edit(post_edited: Path, score) -> None:
    assert score("--post-edit", "pe.txt", "mt.txt") == (
        "4 segments   HTER ↓\n"
        "───────────────────\n"
        "mt.txt         36.4\n"
        "\n"
        "↓ less is better\n"
        f"HTER|nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:{VERSION}\n"
        "\n"
        "edits to pe.txt\n"
        "[-deleted-] {+inserted+} <1:moved> from where <1> stands\n"
        "\n"
        "line 1  HTER 71.4 (5 edits, 7 words)\n"
        "[-Yesterday has-] the council voted {+on+} the [-budget.-] {+budget yesterday.+}\n"
        "\n"
        "line 3  HTER 50.0 (5 edits, 10 words)\n"
        "<1:in Porto> She [-teaches-] {+has been teaching+} chemistry [-since-] {+for+}\n"
        "eleven years <1>\n"
        "\n"
        "line 4  HTER 18.2 (2 edits, 11 words)\n"
        "<1:black and old> <2:is> The cat that lives in the mill <2> <1>\n"
        "\n"
        "1 segment left as translated\n"
    )


def test_post_edit_in_colour_says_the_same(post_edited: Path, score) -> None:
    plain = score("--post-edit", "pe.txt", "mt.txt")
    colored = score("--post-edit", "pe.txt", "mt.txt", "--color", "always")
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored).split() == plain.split()
    assert "\x1b" not in plain


def test_hter_is_ter_of_the_sacrebleu_command(post_edited: Path, score) -> None:
    data = score("--post-edit", "pe.txt", "mt.txt", "--segments", "--format", "json")
    (hter,) = data["systems"][0]["scores"]
    expected = sacrebleu(post_edited, "pe.txt", "-i", "mt.txt", "-m", "ter", "-w", "14", "-f", "text").strip()
    assert shown(hter).replace("HTER", "TER") == expected
    segments = data["systems"][0]["post_edit"]["segments"]
    assert [s["hter"] for s in segments] == hter["segments"]
    assert f"{sum(s['edits'] for s in segments)} edits of {sum(s['words'] for s in segments)} words" == hter["detail"]
    for segment in segments:
        done = segment["operations"]
        assert [o["post_edit"] for o in done if "post_edit" in o] == segment["post_edit"].split()
        words = segment["translation"].split()
        assert sorted(o["position"] for o in done if "position" in o) == list(range(len(words)))
        assert all(o["translation"] == words[o["position"]] for o in done if "position" in o)


def test_each_system_has_its_own_post_edit(post_edited: Path, score) -> None:
    lines(post_edited / "perfect.txt", EDITED)
    data = score("perfect.txt", "mt.txt", "-p", "pe.txt", "-p", "pe.txt", "--max-hter", "10", "--format", "json", status=1)
    assert [s["scores"][0]["score"] for s in data["systems"]] == [0, pytest.approx(36.36, abs=0.01)]
    assert [f["path"] for f in data["gate"]["failures"]] == ["mt.txt"]


WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "The", "CAT,", "mat.", "&", "<b>", "猫", "é", "😀"]), max_size=14).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.booleans(), st.booleans())
def test_edits_are_as_many_as_sacrebleu_counts_and_lead_to_the_post_edit(
    before: str, after: str, case: bool, normalized: bool
) -> None:
    from sacrebleu.metrics.ter import TER

    options = Options(ter_case_sensitive=case, ter_normalized=normalized)
    found = edits(before, after, options)
    theirs = TER(**options.ter).sentence_score(before, [after])
    assert found.count == theirs.num_edits
    assert found.rate == pytest.approx(theirs.score)
    if not normalized:
        assert [e.after for e in found.operations if e.after is not None] == after.split()
        assert sorted(e.position for e in found.operations if e.position is not None) == list(range(len(before.split())))
    for edit in found.operations:
        same = edit.before is not None and edit.after is not None and (
            edit.before == edit.after if case else edit.before.lower() == edit.after.lower()
        )  # fmt: skip
        assert (edit.operation is Operation.KEEP) == same
    unmoved = [e.position for e in found.operations if e.position is not None and e.shift is None]
    assert unmoved == sorted(unmoved)
    assert {e.shift for e in found.operations if e.shift} <= {s.number for s in found.shifts}
    line = list(pieces(found))
    assert " ".join(p.text for p in line if p.kind in (Kind.KEPT, Kind.MOVED, Kind.INSERTED) and p.text).lower() == " ".join(
        (e.before if e.operation is Operation.KEEP else e.after) or "" for e in found.operations if e.after is not None
    ).lower()
    assert {p.shift for p in line if p.kind is Kind.MOVED} == {p.shift for p in line if p.kind is Kind.ORIGIN}


def test_a_moved_phrase_is_one_edit() -> None:
    found = edits("in the old mill he lives with a cat", "he lives with a cat in the old mill", Options())
    assert found.count == 1
    (shift,) = found.shifts
    assert shift.words in (("in", "the", "old", "mill"), ("he", "lives", "with", "a", "cat"))
    assert isinstance(found, Edits)


# Reports.


def test_one_run_writes_several_reports(folder: Path, score) -> None:
    table = score("-r", "ref.txt", "good.txt", "--format", "terminal,json=out.json,html=out.html")
    assert table == score("-r", "ref.txt", "good.txt")
    assert (folder / "out.json").read_text("utf-8") == score_text(folder, "-r", "ref.txt", "good.txt", "--format", "json")
    assert (folder / "out.html").read_text("utf-8").startswith("<!doctype html>")
    assert sorted(p.name for p in folder.iterdir()) == ["good.txt", "out.html", "out.json", "poor.txt", "ref.txt", "ref2.txt"]


def score_text(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "qa", "score", *arguments], cwd=folder, check=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout.decode()  # fmt: skip


class Page(HTMLParser):
    """Tags, attributes and text of a page; that they nest."""

    VOID = frozenset({"meta", "br", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID or (tag == "rect" and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


HOSTILE = '<script>alert("1")</script>\x1b]0;owned\x07 \u202eevil\u202c & <img src=x onerror=alert(1)>'


def test_the_page_is_self_contained_and_hostile_text_stays_text(folder: Path, score) -> None:
    lines(folder / "mt.txt", [HOSTILE, *GOOD[1:]])
    lines(folder / "names.txt", [HOSTILE] * 6 + ["b"] * 6)
    text = score(
        "-r", "ref.txt", "-r", "ref2.txt", "mt.txt", "-p", "ref.txt", "--documents", "names.txt", "--confidence",
        "--max-ter", "1", "--format", "html", status=1,
    )  # fmt: skip
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "iframe", "link", "object", "form", "a", "base"}
    assert not any(key.startswith("on") or key in ("style", "src", "href") for _, attrs in page.tags for key in attrs)
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    html = dict(page.tags[0][1])
    assert html["lang"] == "en"
    assert "prefers-color-scheme: dark" in style[1]
    charts = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img"]
    assert len(charts) == 1
    assert "chrF2 of the segments" in (charts[0]["aria-label"] or "")
    assert any("Failed: mt.txt: TER" in words for words in page.words)
    assert {"ins", "del"} <= names


def test_a_chart_of_many_segments_has_few_bars(folder: Path, score) -> None:
    lines(folder / "many.txt", GOOD * 80)
    lines(folder / "many-ref.txt", REFERENCE * 80)
    page = Page(score("-r", "many-ref.txt", "many.txt", "-m", "chrf", "--format", "html"))
    bars = [attrs for tag, attrs in page.tags if tag == "rect"]
    assert len(bars) == 320
    assert any("a bar is the mean of 3 neighbours" in words for words in page.words)


@pytest.mark.parametrize("format_", ["terminal", "json"])
def test_hostile_text_and_names_in_other_reports(folder: Path, score, format_: str) -> None:
    lines(folder / "a\x1b[2J\u202e.txt", [HOSTILE, *GOOD[1:]])
    result = score("-p", "ref.txt", "-r", "ref.txt", "a\x1b[2J\u202e.txt", "--segments", "--format", format_)
    text = json.dumps(result) if isinstance(result, dict) else result
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-r", "short.txt", "good.txt"), ["short.txt: has 11 lines, good.txt has 12: its line 12"]),
        (("-r", "ref.txt", "good.txt", "short.txt"), ["short.txt: has 11 lines, good.txt has 12"]),
        (("-p", "short.txt", "good.txt"), ["short.txt: has 11 lines"]),
        (("-r", "ref.txt", "good.txt", "--documents", "short.txt"), ["short.txt: has 11 lines"]),
        (("-r", "ref.txt", "good.txt", "--documents", "gap.txt"), ["gap.txt: line 3 names no document"]),
        (("-r", "empty.txt", "empty.txt"), ["empty.txt: is empty"]),
        (("-r", "latin.txt", "good.txt"), ["latin.txt: line 1", "--encoding"]),
        (("-r", "no-such.txt", "good.txt"), ["no-such.txt: no such file"]),
        (("-r", "ref.txt", "."), [".: is a folder"]),
        (("good.txt",), ["--reference"]),
        (("-r", "ref.txt", "good.txt", "good.txt"), ["good.txt: given twice"]),
        (("-r", "ref.txt", "good.txt", "-m", "belu"), ["no metric “belu”; did you mean “bleu”?"]),
        (("-r", "ref.txt", "good.txt", "--paired-bs"), ["--paired-bs compares systems"]),
        (("-r", "ref.txt", "good.txt", "poor.txt", "--paired-bs", "--paired-ar"), ["one or the other"]),
        (("-r", "ref.txt", "good.txt", "poor.txt", "--confidence"), ["--confidence is for one system"]),
        (("-r", "ref.txt", "good.txt", "--max-hter", "3"), ["--max-hter needs --post-edit"]),
        (("-p", "ref.txt", "good.txt", "--min-bleu", "3"), ["needs --reference"]),
        (("-p", "ref.txt", "good.txt", "poor.txt"), ["2 systems and 1 post-edits"]),
        (("-r", "-", "-"), ["standard input (-) can be read once"]),
        (("-r", "ref.txt", "good.txt", "--smooth-value", "1"), ["--smooth-value"]),
        (("-r", "ref.txt", "good.txt", "--format", "xls"), ["no report “xls”"]),
        (("-r", "ref.txt", "good.txt", "--format", "json,html"), ["only one report can go to standard output"]),
        (("-r", "ref.txt", "good.txt", "--format", "json=no-folder/x.json"), ["no-folder/x.json: cannot be written"]),
        (("-r", "ref.txt", "good.txt", "--tokenize", "ja-mecab"), ["pip install 'sacrebleu[ja]'"]),
        (("-r", "ref.txt", "good.txt", "--tokenize", "flores200"), ["--tokenize flores200"]),
        (("-r", "ref.txt", "good.txt", "--min-bleu", "nan"), ["no number"]),
        (("-r", "ref.txt", "good.txt", "--smooth-value", "-1"), ["--smooth-value"]),
        (("-r", "ref.txt", "good.txt", "--max-file-size", "100"), ["over the limit of 100"]),
        (("-r", "long.txt", "long.txt"), ["long.txt: line 2 has 2,500 words", "--metrics"]),
    ],
)
def test_bad_input(folder: Path, mtqa, arguments: tuple[str, ...], said: list[str]) -> None:
    lines(folder / "short.txt", GOOD[:11])
    lines(folder / "gap.txt", ["a", "a", "", *["b"] * 9])
    lines(folder / "long.txt", ["short", "word " * 2500])
    (folder / "empty.txt").write_bytes(b"")
    (folder / "latin.txt").write_bytes("café\n".encode("latin-1") * 12)
    before = sorted(p.name for p in folder.iterdir())
    result = mtqa("score", *arguments, cwd=folder)
    error = one_line(result)
    assert all(part in error for part in said), error
    assert result.stdout == b""
    assert sorted(p.name for p in folder.iterdir()) == before


def test_chrf_with_words_is_chrf_plus_plus(score, mtqa, folder: Path) -> None:
    both = ["-r", "ref.txt", "good.txt", "poor.txt", "--chrf-word-order", "2", "--paired-bs", "--paired-bs-n", "20"]
    data = score(*both, "-m", "chrf,chrf++", "--min-chrf", "10", "--format", "json")
    assert [s["name"] for s in data["systems"][0]["scores"]] == ["chrF2++"]
    assert "--min-chrf++" in one_line(mtqa("score", *both, "--min-chrf", "1", "--min-chrf++", "1", cwd=folder))


def test_the_benchmark_compares_with_sacrebleu(tmp_path: Path) -> None:
    rows = [
        {"pair": "xx-en", "refs": {"A": a, "B": b}, "mt": {"good": good, "poor": poor}}
        for a, b, good, poor in zip(REFERENCE, SECOND, GOOD, POOR, strict=True)
    ]
    (tmp_path / "mt_all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    command = [sys.executable, str(ROOT / "benchmarks" / "metrics.py"), str(tmp_path), "chrf", "chrf++"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert said.stdout.splitlines()[-1] == "4 scores compared, 0 differ"


def test_schemas_are_schemas() -> None:
    for name in ("score", "evaluation"):
        schema = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_seed_that_is_none(folder: Path, mtqa) -> None:
    result = mtqa("score", "-r", "ref.txt", "good.txt", "--confidence", cwd=folder, SACREBLEU_SEED="abc")
    assert "SACREBLEU_SEED" in one_line(result)


def test_other_commands_do_not_wait_for_sacrebleu() -> None:
    code = "import sys, qa.cli, qa.cli.check, qa.cli.score, qa.checker, qa.reports.terminal; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    assert not {"sacrebleu", "numpy", "lxml", "rich.table"} & set(loaded)
