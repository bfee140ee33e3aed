"""Fixes on real files: what is applied, what is left, and that nothing is lost."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa import fixes
from qa.checker import Checker
from qa.document import Document
from qa.errors import MtqaError
from qa.finding import Finding, Severity, Suggestion
from qa.readers import read, read_text
from tests.conftest import ROOT

BOTH = "The new line cut the demand for workers. seasonal.\r\n\r\nShe went to to the market. He is director since 2010.\r\n"
SAFE = "The new line cut the demand for seasonal workers.\r\n\r\nShe went to the market. He is director since 2010.\r\n"


def test_fix_applies_the_safe_ones_and_reports_the_rest(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    path.chmod(0o640)
    result = mtqa("check", "--fix", "--format", "json", "a.txt", cwd=tmp_path)
    assert result.returncode == 0
    assert path.read_bytes() == SAFE.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert b"tense/present-since" in result.stdout
    assert b"split-phrase" not in result.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    before = path.stat().st_mtime_ns
    mtqa("check", "--fix", "a.txt", cwd=tmp_path)
    assert path.stat().st_mtime_ns == before


def test_unsafe_fixes_are_applied_only_when_asked_for(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    mtqa("check", "--fix", "--unsafe-fixes", "a.txt", cwd=tmp_path)
    assert path.read_bytes() == SAFE.replace("is director", "has been director").encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding_and_byte_order_mark_stay(tmp_path: Path, mtqa, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode(encoding))
    mtqa("check", "--fix", "a.txt", cwd=tmp_path)
    assert path.read_bytes() == SAFE.encode(encoding)


def test_a_link_stays_a_link(tmp_path: Path, mtqa) -> None:
    (tmp_path / "real.txt").write_bytes(BOTH.encode())
    (tmp_path / "link.txt").symlink_to("real.txt")
    mtqa("check", "--fix", "link.txt", cwd=tmp_path)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == SAFE.encode()


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_patch_is_one_that_git_applies(tmp_path: Path, mtqa, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((BOTH + "The end" + end).encode())
    result = mtqa("check", "--diff", "a.txt", cwd=tmp_path)
    assert result.returncode == 0
    assert path.read_bytes() == (BOTH + "The end" + end).encode()
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=result.stdout, check=True)
    assert path.read_bytes() == (SAFE + "The end" + end).encode()


def test_standard_input_cannot_be_fixed_in_place(mtqa) -> None:
    result = mtqa("check", "--fix", "-", stdin=BOTH.encode())
    assert result.returncode == 2
    assert b"--diff" in result.stderr


def test_a_file_that_cannot_be_replaced_is_left_whole(tmp_path: Path, mtqa, monkeypatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    document = read(path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MtqaError, match="No space left"):
        fixes.write(document, SAFE)
    assert path.read_bytes() == BOTH.encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    document = read(path)
    path.write_bytes(b"Something else.\n")
    with pytest.raises(MtqaError, match="has changed"):
        fixes.write(document, SAFE)
    assert path.read_bytes() == b"Something else.\n"


def test_a_read_only_file_is_left_alone_and_reported_on(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    path.chmod(0o444)
    (tmp_path / "b.txt").write_bytes(BOTH.encode())
    result = mtqa("check", "--fix", "--format", "json", ".", cwd=tmp_path)
    assert result.returncode == 2
    assert b"a.txt: is read-only; not fixed" in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert path.read_bytes() == BOTH.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert (tmp_path / "b.txt").read_bytes() == SAFE.encode()
    assert b"split-phrase/stranded-adjective" in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="ulimit is of Unix")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The system itself refuses to write: no file may grow beyond a kilobyte."""
    path = tmp_path / "a.txt"
    before = (BOTH + "It was a long day.\r\n" * 400).encode()
    path.write_bytes(before)
    command = f"ulimit -f 1; exec {sys.executable} -m qa check --no-cache --fix a.txt"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, env=env, timeout=120)
    assert result.returncode == 2
    assert b"a.txt" in result.stderr
    assert b"not fixed" in result.stderr
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


KILLED = """
import os, signal, sys
{where} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
from qa.cli import main
sys.argv = ["mtqa", "check", "--fix", "a.txt"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of Unix")
@pytest.mark.parametrize("where", ["os.fsync", "os.chown", "import pathlib; pathlib.Path.replace"])
def test_a_killed_process_loses_nothing(tmp_path: Path, mtqa, where: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(BOTH.encode())
    program = KILLED.format(where=where)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, env=env, timeout=120)
    assert result.returncode == -9
    assert path.read_bytes() == BOTH.encode()
    # What it left behind is in nobody's way.
    mtqa("check", "--fix", ".", cwd=tmp_path)
    assert path.read_bytes() == SAFE.encode()


def test_nothing_found_is_found_again_after_fixing(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.md").write_text("He went to to to the market. The demand for workers. seasonal. fell.\n" * 2)
    mtqa("check", "--fix", "a.md", cwd=tmp_path)
    once = (tmp_path / "a.md").read_bytes()
    assert mtqa("check", "--diff", "a.md", cwd=tmp_path).stdout == b""
    mtqa("check", "--fix", "a.md", cwd=tmp_path)
    assert (tmp_path / "a.md").read_bytes() == once


def test_a_suggestion_that_the_encoding_cannot_write_is_left_out(tmp_path: Path) -> None:
    document = Document("x", "a -- b", (), "latin-1")
    finding = _finding("a -- b", 2, 4, "\u2013")
    assert fixes.settle(document, [finding], None) == "a -- b"
    assert fixes.settle(Document("x", "a -- b", ()), [finding], None) == "a \u2013 b"


def test_latin_1_stays_latin_1(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(("Café. " + BOTH).encode("latin-1"))
    mtqa("check", "--encoding", "latin-1", "--fix", "a.txt", cwd=tmp_path)
    assert path.read_bytes() == ("Café. " + SAFE).encode("latin-1")


def test_bytes_that_would_not_come_back_are_left_alone(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    before = b"+AEE- text. " + BOTH.encode("utf-7")  # UTF-7 can write a letter in several ways
    path.write_bytes(before)
    result = mtqa("check", "--encoding", "utf-7", "--fix", "a.txt", cwd=tmp_path)
    assert result.returncode == 2
    assert b"written again, the file would change" in result.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a b.txt", "caf\u00e9.txt", 'q"u\\o.txt', "tab\there.txt", "sub/-x.txt", b"caf\xe9.txt"])
def test_git_applies_a_patch_to_a_file_of_any_name(tmp_path: Path, mtqa, name: str | bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xef\xbb\xbf" + BOTH.encode())
    patch = mtqa("check", "--diff", os.fsencode(path.relative_to(tmp_path)), cwd=tmp_path).stdout
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    assert path.read_bytes() == b"\xef\xbb\xbf" + SAFE.encode()


def test_the_patch_of_a_folder_named_absolutely_and_in_latin_1(tmp_path: Path, mtqa) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(("Café.\r\n" + BOTH).encode("latin-1"))
    patch = mtqa("check", "--encoding", "latin-1", "--diff", str(tmp_path), cwd=tmp_path).stdout
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch, check=True)
    assert path.read_bytes() == ("Café.\r\n" + SAFE).encode("latin-1")


def test_no_patch_of_utf_16(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.txt").write_bytes(BOTH.encode("utf-16"))
    result = mtqa("check", "--diff", "a.txt", cwd=tmp_path)
    assert result.returncode == 2
    assert b"--fix writes it" in result.stderr


def _finding(text: str, start: int, end: int, fix: str, safe: bool = True) -> Finding:
    return Finding("r", "c", Severity.MINOR, 1, "m", start, end, text[start:end], (Suggestion(fix, safe),))


TEXT = st.text(alphabet=st.sampled_from(list("ab \r\n\u00e9\U0001f600\ufeff")), max_size=40)


@st.composite
def fixable(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    text = draw(TEXT)
    spans = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=6))
    return text, [_finding(text, min(s), max(s), draw(TEXT), draw(st.booleans())) for s in spans if s[0] != s[1]]


@given(fixable(), st.booleans())
def test_outside_the_fixes_nothing_changes(case: tuple[str, list[Finding]], unsafe: bool) -> None:
    """The fixed text is the old one with disjoint spans exchanged: its other parts stand there in their order."""
    text, findings = case
    made: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (f.start, f.end)):
        if (unsafe or finding.suggestions[0].safe) and all(f.end <= finding.start for f in made):
            made.append(finding)
    kept, at = [], 0
    for finding in made:
        kept += [text[at : finding.start], finding.suggestions[0].text]
        at = finding.end
    assert fixes.apply(text, findings, unsafe=unsafe) == "".join([*kept, text[at:]])


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from("abcd"), max_size=3), st.text("abcd", max_size=5))
def test_settling_twice_changes_nothing(exchanges: dict[str, str], text: str) -> None:
    """Also where fixes undo each other."""

    def check(now: str) -> list[Finding]:
        return [_finding(now, i, i + 1, exchanges[c]) for i, c in enumerate(now) if exchanges.get(c, c) != c]

    once = fixes.settle(Document("x", text, ()), check(text), check)
    assert fixes.settle(Document("x", once, ()), check(once), check) == once


PIECES = [BOTH, "\n\n", "She said “yes. ", "to to ", "workers. seasonal. ", "# Head\n", "- ", "`to to` ", "3,5 million ", "é😀 "]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from(["text", "markdown"]), st.booleans())
def test_after_fixing_real_text_no_fix_is_left(checker: Checker, pieces: list[str], kind: str, unsafe: bool) -> None:
    text = "".join(pieces)
    document = read_text(text, "x", kind)

    def check(now: str) -> tuple[Finding, ...]:
        return checker.check(read_text(now, "x", kind)).findings

    once = fixes.settle(document, check(text), check, unsafe=unsafe)
    assert fixes.settle(read_text(once, "x", kind), check(once), check, unsafe=unsafe) == once
