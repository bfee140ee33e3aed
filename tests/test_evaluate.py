"""`mtqa evaluate` as a user runs it: each format of annotations, the figures by hand and by the other scorer, bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import annotated
from qa.annotated import Annotated, Mark
from qa.annotated.gold import without_marks
from qa.annotated.tags import detokenised
from qa.evaluation import Words, normal, select, touched
from qa.finding import Severity
from qa.readers import read_text
from tests.conftest import ROOT, one_line

SCHEMA = json.loads((ROOT / "docs" / "evaluation.schema.json").read_text("utf-8"))

# mtqa flags “workers. seasonal.” and “to to”, and nothing else here.
GOLD = """\
😀 The new line cut the demand for [[workers. seasonal.=>seasonal workers.]] Nobody came.

She went to to the market, [[and he it has seen=>and he has seen it|and he saw it]].
"""


@pytest.fixture
def evaluate(mtqa, tmp_path: Path):
    """Run `mtqa evaluate` in the folder; JSON comes checked against its schema."""

    def run(*arguments: str) -> dict:
        result = mtqa("evaluate", "--checks", "rules,repetition", "--format", "json", *arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr.decode()
        data = json.loads(result.stdout)
        jsonschema.Draft202012Validator(SCHEMA).validate(data)
        return data

    return run


def jsonl(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def test_gold(tmp_path: Path, evaluate) -> None:
    (tmp_path / "a.gold.txt").write_text(GOLD, "utf-8")
    data = evaluate("a.gold.txt", "--show", "missed,false,unfixed")
    assert data["marks"] == {"marks": 2, "found": 1, "recall": 0.5, "with_fixes": 2, "fixed": 1}
    assert data["findings"]["findings"] == 2
    assert data["findings"]["right"] == 1
    assert data["findings"]["precision"] == 0.5
    assert data["f1"] == 0.5
    (missed,) = data["missed"]
    assert (missed["path"], missed["line"], missed["text"]) == ("a.gold.txt", 3, "and he it has seen")
    assert missed["column"] == GOLD.splitlines()[2].index("[[") + 1
    assert missed["fixes"] == ["and he has seen it", "and he saw it"]
    (false,) = data["false"]
    assert false["text"] == "to to"
    assert data["unfixed"] == []
    # 8 + 2 words of the first line, 11 of the third: 2 marked and flagged, 5 marked, 2 flagged, the others neither.
    words = data["words"]
    assert [words[k] for k in ("true_positive", "false_positive", "false_negative")] == [2, 2, 5]
    assert words["true_negative"] == data["running_words"] - 9
    assert words["mcc"] == round(Words(2, 2, 5, words["true_negative"]).mcc, 4)
    assert sum(kind["findings"] for kind in data["by_rule"].values()) == 2
    assert data["by_rule"]["split-phrase/stranded-adjective"] == {"findings": 1, "right": 1, "precision": 1.0}


def test_a_fix_that_is_not_accepted_is_told(tmp_path: Path, evaluate) -> None:
    (tmp_path / "a.gold.txt").write_text("It cut the demand for [[workers. seasonal.=>casual labour.]]\n", "utf-8")
    data = evaluate("a.gold.txt", "--show", "unfixed")
    assert (data["marks"]["found"], data["marks"]["fixed"]) == (1, 0)
    (unfixed,) = data["unfixed"]
    assert (unfixed["suggested"], unfixed["fixes"]) == ("seasonal workers.", ["casual labour."])


def test_a_text_without_marks_has_false_alarms_only(tmp_path: Path, evaluate) -> None:
    (tmp_path / "clean.txt").write_text("She went to to the market.\n", "utf-8")
    data = evaluate("clean.txt")
    assert data["marks"] == {"marks": 0, "found": 0, "recall": None, "with_fixes": 0, "fixed": 0}
    assert data["findings"]["precision"] == 0
    assert data["findings"]["false_per_1000_words"] == pytest.approx(1000 / data["running_words"], abs=1e-3)
    assert data["f1"] is None
    assert data["words"]["mcc"] == 0


MQM = [
    {"doc": "d", "system": "x", "target": "😀 Good morning, all.", "spans": [], "raters": ["a"], "source_only": 2},
    {
        "doc": "d", "system": "x", "target": "It cut the demand for workers. seasonal.",
        "spans": [
            {"start": 22, "end": 40, "text": "workers. seasonal.", "severity": "Major", "category": "Fluency/Grammar", "rater": "a"},
            {"start": 22, "end": 30, "severity": "Minor", "category": "Style/Awkward", "rater": "b"},
            {"start": 0, "end": 2, "severity": "Minor", "category": "Accuracy/Mistranslation", "rater": "a"},
            {"start": 5, "end": 5, "severity": "Minor", "category": "Accuracy/Omission", "rater": "a"},
        ],
    },
    {"doc": "e", "system": "x", "target": "She went to to the market.", "spans": []},
]  # fmt: skip


def test_mqm_spans(tmp_path: Path, evaluate) -> None:
    jsonl(tmp_path / "mqm.jsonl", *MQM)
    data = evaluate("mqm.jsonl", "--show", "missed,false")
    assert data["texts"] == 2
    assert data["unplaced"] == 3
    assert {name: (kind["marks"], kind["found"]) for name, kind in data["by_category"].items()} == {
        "Accuracy/Mistranslation": (1, 0), "Fluency/Grammar": (1, 1), "Style/Awkward": (1, 1),
    }  # fmt: skip
    assert {name: kind["recall"] for name, kind in data["by_severity"].items()} == {"major": 1.0, "minor": 0.5}
    (missed,) = data["missed"]
    assert missed == {"path": "mqm.jsonl", "line": 2, "column": 1, "text": "It", "category": "Accuracy/Mistranslation",
                      "severity": "Minor", "rater": "a"}  # fmt: skip
    assert [(f["line"], f["column"], f["text"]) for f in data["false"]] == [(3, 10, "to to")]


def test_only_severe_marks_and_only_those_that_raters_agree_on(tmp_path: Path, evaluate) -> None:
    jsonl(tmp_path / "mqm.jsonl", *MQM)
    assert evaluate("mqm.jsonl", "--min-severity", "major")["marks"]["marks"] == 1
    agreed = evaluate("mqm.jsonl", "--min-raters", "2", "--show", "missed")
    assert agreed["marks"]["marks"] == 1
    assert agreed["words"]["true_positive"] == 1
    assert evaluate("mqm.jsonl", "--min-raters", "3")["marks"]["marks"] == 0


def test_the_table_of_wmt_says_the_same_as_spans(tmp_path: Path, evaluate) -> None:
    head = "system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity"
    rows = [
        "x\td\t1\t1\ta\tsrc\t😀 Good morning, all.\tNo-error\tNo-error",
        "x\td\t1\t1\ta\t<v>s</v>rc\t😀 Good morning, all.\tAccuracy/Omission\tMajor",
        "x\td\t1\t1\ta\t<v>src</v>\t😀 Good morning, all.\tAccuracy/Omission\tMajor",
        "x\td\t1\t2\ta\tsrc\tIt cut the demand for <v>workers. seasonal.</v>\tFluency/Grammar\tMajor",
        "x\td\t1\t2\tb\tsrc\tIt cut the demand for <v>workers.</v> seasonal.\tStyle/Awkward\tMinor",
        "x\td\t1\t2\ta\tsrc\t<v>It</v> cut the demand for workers. seasonal.\tAccuracy/Mistranslation\tMinor",
        "x\td\t1\t2\ta\tsrc\tIt cu<v></v>t the demand for workers. seasonal.\tAccuracy/Omission\tMinor",
        "x\te\t1\t1\ta\tsrc\tShe went to to the market.\tno-error\tno-error",
    ]
    (tmp_path / "mqm.tsv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    jsonl(tmp_path / "mqm.jsonl", *MQM)
    assert evaluate("mqm.tsv") == evaluate("mqm.jsonl")


SENTENCE = "It cut the demand for workers. seasonal."
TOKENS = ["It", "cut", "the", "demand", "for", "workers", ".", "seasonal", "."]
OFFSETS = [[0, 2], [3, 6], [7, 10], [11, 17], [18, 21], [22, 29], [29, 30], [31, 39], [39, 40]]
TAGS = ["BAD", "OK", "OK", "OK", "OK", "OK", "BAD", "BAD", "OK"]


def test_word_tags(tmp_path: Path, evaluate) -> None:
    jsonl(tmp_path / "tags.jsonl", {"mt": SENTENCE, "offsets": OFFSETS, "tags": TAGS})
    data = evaluate("tags.jsonl", "--show", "missed")
    words = data["words"]
    assert [words[k] for k in ("true_positive", "false_positive", "false_negative", "true_negative")] == [2, 2, 1, 4]
    assert data["marks"]["marks"] == 2
    assert [m["text"] for m in data["missed"]] == ["It"]


@pytest.mark.parametrize("gaps", [False, True])
def test_plain_words_and_tags_say_the_same(tmp_path: Path, evaluate, gaps: bool) -> None:
    jsonl(tmp_path / "tags.jsonl", {"mt": SENTENCE, "offsets": OFFSETS, "tags": TAGS})
    (tmp_path / "test.mt").write_text(" ".join(TOKENS) + "\n", "utf-8")
    tags = [tag for t in TAGS for tag in ("OK", t)] + ["OK"] if gaps else TAGS
    (tmp_path / "test.tags").write_text(" ".join(tags) + "\n", "utf-8")
    assert evaluate("test.mt") == evaluate("tags.jsonl")


def test_words_are_put_together_as_they_are_written() -> None:
    tokens = ["“", "Well", ",", "\"", "a", "\"", "(", "b", ")", "do", "n't", "cost", "$", "5", "!", "”"]
    text, words = detokenised(tokens)
    assert text == "“Well, \"a\" (b) don't cost $5!”"
    assert [text[a:b] for a, b in words] == tokens


def test_folders_and_formats_are_told_apart(tmp_path: Path, evaluate) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.gold.txt").write_text(GOLD, "utf-8")
    (tmp_path / "sub" / "readme.txt").write_text("to to", "utf-8")
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "article.txt").write_text(SENTENCE + "\n", "utf-8")
    jsonl(tmp_path / "beside" / "gold.jsonl", {"start": 22, "end": 40, "fixes": ["seasonal workers."]})
    jsonl(tmp_path / "mqm.jsonl", *MQM)
    data = evaluate(".")
    assert data["texts"] == 1 + 1 + 2
    assert data["marks"]["marks"] == 2 + 1 + 3
    assert data["marks"]["fixed"] == 2


def test_markdown_is_read_as_markdown(tmp_path: Path, evaluate) -> None:
    (tmp_path / "a.gold.md").write_text("`to to` **demand for [[workers. seasonal.=>seasonal workers.]]**\n", "utf-8")
    data = evaluate("a.gold.md")
    assert (data["findings"]["findings"], data["findings"]["right"]) == (1, 1)


def test_table(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.gold.txt").write_text(GOLD, "utf-8")
    jsonl(tmp_path / "mqm.jsonl", *MQM)
    result = mtqa(
        "evaluate", "--checks", "rules,repetition", "a.gold.txt", "mqm.jsonl", "--show", "missed,false,unfixed", cwd=tmp_path
    )
    table = re.sub(r"mtqa:\S+", "mtqa:…", result.stdout.decode())
    snapshot = Path(__file__).parent / "data" / "evaluation.txt"
    assert table == snapshot.read_text("utf-8")


def test_hostile_text_is_escaped(tmp_path: Path, mtqa) -> None:
    hostile = "Beware\x1b]0;owned\x07 of \u202eseitilibom\u202c: [[the\x1b[2J demand=>a\x1b[2J demand]] for workers. seasonal.\n"
    (tmp_path / "evil\x1b[2J.gold.txt").write_text(hostile, "utf-8")
    for format_ in ("terminal", "json"):
        result = mtqa("evaluate", "--show", "missed,false,unfixed", "--format", format_, ".", cwd=tmp_path)
        assert result.returncode == 0, result.stderr.decode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", result.stdout.decode())


def test_figures_are_those_of_the_independent_scorer(shared: Path, mtqa) -> None:
    settings = ("--grammar", "off", "--model", "off", "--no-config")
    check = " ".join([sys.executable, "-m", "qa", "check", "--format", "json", "--exit-zero", *settings])
    scorer = [sys.executable, str(shared / "eval" / "score.py"), "gold", "samples/gold", "--cmd", check]
    said = subprocess.run(scorer, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    data = json.loads(mtqa("evaluate", "samples/gold", "--format", "json", *settings).stdout)
    marks, words = data["marks"], data["words"]
    assert said == (
        f"garbles {marks['marks']} found {marks['recall']:.3f} fixed {marks['fixed'] / marks['marks']:.3f}"
        f" precision {data['findings']['precision']:.3f} word_f1 {words['f1']:.3f} word_mcc {words['mcc']:.3f}"
    )


def test_the_benchmark_prints_the_same_figures(mtqa) -> None:
    from benchmarks import accuracy
    from qa.checker import Checker
    from qa.config import Settings

    texts = [t for p in annotated.find([str(ROOT / "samples" / "gold")]) for t in annotated.read(p)]
    found = accuracy.evaluated(Checker(Settings(grammar="off", model="off")), texts)
    data = json.loads(mtqa("evaluate", "samples/gold", "--format", "json", "--grammar", "off", "--model", "off").stdout)
    assert (found.marks.found, found.marks.fixed) == (data["marks"]["found"], data["marks"]["fixed"])
    assert found.marks.found > 50


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", "x", "no format of annotations"),
        ("a.jsonl", "", "a.jsonl: is empty"),
        ("a.jsonl", '{"x": 1}', "no format of annotations"),
        ("a.jsonl", '{"mt": "a"', "a.jsonl: line 1: not valid JSON"),
        ("a.jsonl", "[1]", "a.jsonl: line 1: expected an object"),
        ("a.jsonl", '{"target": "abc", "spans": []}\n{"target": "abc", "spans": 3}', "line 2: “spans” must be a list"),
        ("a.jsonl", '{"target": "abc", "spans": [{"start": 1, "end": 9}]}', "line 1: the span [1, 9]"),
        ("a.jsonl", '{"target": "abc", "spans": [{"start": 2, "end": 1}]}', "line 1: the span"),
        ("a.jsonl", '{"target": "abc", "spans": [{"start": 0, "end": 1, "text": "b"}]}', "not the text that it names"),
        ("a.jsonl", '{"mt": "abc", "offsets": [[0, 3]], "tags": ["OK", "BAD"]}', "line 1: 2 tags for 1 words"),
        ("a.jsonl", '{"mt": "abc", "offsets": [[0, 3]], "tags": ["GOOD"]}', "line 1: a tag is neither OK nor BAD"),
        ("a.jsonl", '{"mt": "a b", "offsets": [[2, 3], [0, 1]], "tags": ["OK", "OK"]}', "line 1: “offsets” must be in order"),
        ("a.jsonl", '{"start": 0, "end": 1, "fixes": []}', "expected it beside them as article.txt"),
        ("a.tsv", "a\tb\n", "a.tsv: line 1: no column “system”"),
        ("a.tsv", "system\trater\ttarget\tcategory\tseverity\n", "line 1: no column for the document"),
        ("a.tsv", "system\tdoc\tseg_id\trater\ttarget\tcategory\tseverity\nx\td\n", "line 2: 2 cells"),
        ("a.tsv", "system\tdoc\tseg_id\trater\ttarget\tcategory\tseverity\nx\td\t1\ta\tA <v>b\tC\tMajor\n", "line 2: <v> without </v>"),
        ("a.mt", "a b\n", "expected them beside it as a.tags"),
        ("a.gold.txt", "ok\n[[bad=>\n[[worse=>better]]\n", "a.gold.txt: line 2: a mark that begins with [["),
    ],
)
def test_bad_input(tmp_path: Path, mtqa, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    result = mtqa("evaluate", name, cwd=tmp_path)
    assert said in one_line(result)
    assert result.stdout == b""


def test_more_bad_input(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.mt").write_text("a b\nc\n", "utf-8")
    (tmp_path / "a.tags").write_text("OK OK\n", "utf-8")
    assert "a.tags: has 1 lines" in one_line(mtqa("evaluate", "a.mt", cwd=tmp_path))
    (tmp_path / "a.tags").write_text("OK OK\nOK OK\n", "utf-8")
    assert "a.tags: line 2: 2 tags for 1 words" in one_line(mtqa("evaluate", "a.mt", cwd=tmp_path))
    assert "nothing is called “mised”" in one_line(mtqa("evaluate", "a.mt", "--show", "mised", cwd=tmp_path))
    assert "no-such.jsonl: no such file" in one_line(mtqa("evaluate", "no-such.jsonl", cwd=tmp_path))
    (tmp_path / "empty").mkdir()
    assert "no annotated file" in one_line(mtqa("evaluate", "empty", cwd=tmp_path))


# Properties.

TEXT = st.text(st.sampled_from("ab é😀\r\n.[]=>|"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=4))
def test_marks_stand_where_their_text_is(parts: list[tuple[str, str, list[str]]]) -> None:
    clean = re.compile(r"[\[\]|=]")
    parts = [(clean.sub("", a), clean.sub("", b), [clean.sub("", f) for f in fixes]) for a, b, fixes in parts]
    text, marks = without_marks("a", "".join(f"{a}[[{b}=>{'|'.join(fixes)}]]" for a, b, fixes in parts))
    assert text == "".join(a + b for a, b, _ in parts)
    assert [(text[m.start : m.end], list(m.fixes)) for m in marks] == [(b, fixes) for _, b, fixes in parts]


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)).map(lambda s: (s[0], s[0] + s[1])), max_size=6)


@given(st.lists(st.integers(1, 4), max_size=8), SPANS)
def test_touched_words(sizes: list[int], spans: list[tuple[int, int]]) -> None:
    words, at = [], 0
    for size in sizes:
        words.append((at, at + size))
        at += size + size % 2
    assert touched(words, spans) == [any(a < end and b > start for a, b in spans) for start, end in words]


@given(SPANS, st.integers(1, 3))
def test_more_raters_agree_on_less(spans: list[tuple[int, int]], raters: int) -> None:
    text = "abcd efg hijk lm nop qrs tuvw xyz"
    marks = tuple(Mark(a, b, rater=str(i % 3)) for i, (a, b) in enumerate(spans) if a < b)
    whole = Annotated(read_text(text, "a", "text"), marks)
    words = [m.span() for m in re.finditer(r"\w+", text)]

    def marked(count: int) -> list[bool]:
        (one,) = select([whole], min_raters=count)
        return touched(words, [(m.start, m.end) for m in one.marks])

    assert all(more <= fewer for fewer, more in zip(marked(raters), marked(raters + 1), strict=True))


def test_unknown_severities_stay() -> None:
    text = Annotated(read_text("a b", "a", "text"), (Mark(0, 1, severity="Weird"), Mark(2, 3, severity="Minor")))
    (one,) = select([text], min_severity=Severity.CRITICAL)
    assert [m.severity for m in one.marks] == ["Weird"]


def test_wordings_are_compared_without_case_quotes_and_final_stop() -> None:
    assert normal("“The\u00a0Bank’s  plan.”") == normal("\"the bank's plan.\"")
    assert normal("Plan.") == normal("plan")
