"""Every rule's examples and phrase-table entries, and what the rulebook as a whole promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.lexicons import Lexicons
from qa.rulebook import Rulebook, compile_rules, load, shipped_folder
from qa.ruletest import problems_of

RULES = sorted(p.relative_to(shipped_folder()).with_suffix("").as_posix() for p in shipped_folder().rglob("*.yaml"))
FAMILIES = {
    "split-phrase", "quotation", "word-order", "calque", "false-friend", "collocation", "preposition", "article", "tense",
    "agreement", "number", "name", "spun-phrase", "pronoun", "repetition", "untranslated", "residue", "capitalisation",
    "consistency",
}  # fmt: skip


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load()


@pytest.fixture(scope="module")
def lexicons() -> Lexicons:
    return Lexicons([shipped_folder()])


@pytest.mark.parametrize("name", RULES)
def test_examples_and_entries(name: str, rulebook: Rulebook, lexicons: Lexicons) -> None:
    assert list(problems_of(rulebook.rules[name], rulebook, lexicons)) == []


def test_all_families_of_the_design_are_begun() -> None:
    assert {name.split("/")[0] for name in RULES} >= FAMILIES


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    load(cache=folder)
    (file,) = folder.glob("rulebook-*.txt")
    return file


def test_a_cached_rulebook_is_the_compiled_one(cached: Path, rulebook: Rulebook) -> None:
    before = cached.stat().st_mtime_ns
    second = load(cache=cached.parent)
    assert cached.stat().st_mtime_ns == before
    assert second.rules == rulebook.rules
    assert second.digest == rulebook.digest


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    for folder in ("mine", "lexicons"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mine" / "one.yaml").write_text(RULE, "utf-8")
    return tmp_path


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"digest": 1}\n'])
def test_a_damaged_cache_is_made_anew(mine: Path, tmp_path: Path, damage: bytes, cached: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / cached.name).write_bytes(cached.read_bytes())  # what is mtqa's own need not be compiled for this
    whole = load([mine], cache=folder)
    (file,) = set(folder.glob("rulebook-*.txt")) - {folder / cached.name}
    file.write_bytes(damage)
    assert load([mine], cache=folder).rules == whole.rules
    assert file.read_bytes() == whole.compiled


def test_a_cache_that_was_cut_short_is_made_anew(tmp_path: Path, cached: Path, rulebook: Rulebook) -> None:
    (tmp_path / cached.name).write_bytes(cached.read_bytes()[:-100])
    assert load(cache=tmp_path).rules == rulebook.rules
    assert (tmp_path / cached.name).read_bytes() == cached.read_bytes()


def test_compiling_twice_gives_the_same_bytes() -> None:
    assert compile_rules([shipped_folder()]) == compile_rules([shipped_folder()])


def test_rules_are_the_same_whatever_was_compiled_before(mine: Path, rulebook: Rulebook) -> None:
    (mine / "lexicons" / "own.txt").write_text("quux\n", "utf-8")
    folders = [shipped_folder(), mine]
    assert compile_rules(folders, known=rulebook.compiled) == compile_rules(folders)


def test_a_word_that_is_added_to_a_lexicon_reaches_every_table(mine: Path, rulebook: Rulebook) -> None:
    (mine / "lexicons" / "det.txt").write_text("quux\n", "utf-8")
    compiled = compile_rules([shipped_folder(), mine], known=rulebook.compiled)
    assert compiled.count(b"quux") > 100


def test_a_rule_folder_of_the_users_own_is_added(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.yaml").write_text(RULE, "utf-8")
    assert "mine/one" in load([tmp_path]).rules


RULE = """\
message: “{match}” is house slang; write “{fix}”.
category: terminology
severity: minor
confidence: 0.9
status: stable
entries: |
  do/v the needful thing => act/v
why: House style.
examples:
  - bad: 'He >>did the needful thing<<.'
    fix: 'He acted.'
  - bad: 'They >>do the needful thing<<.'
    fix: 'They act.'
  - good: 'He acted.'
  - good: 'They did nothing.'
"""

BROKEN = {
    "pattern: '(unclosed'": ("6:10", "not a RE2 pattern"),
    "pattern: 'a(?=b)'": ("6:10", "not a RE2 pattern"),
    "pattern: '{no-such-lexicon}'": ("6:10", "no lexicon “no-such-lexicon”"),
    "pattern: 'a'\nsuggest: ['{nobody}']": ("7:11", "no group “nobody”"),
    "pattern: '(?P<x>a)'\nsuggest: ['{x|shout}']": ("7:11", "no filter “shout”"),
    "pattern: '(?P<x>a)'\nwhere: {x: nounish}": ("7:12", "neither a word class nor a lexicon"),
    "pattern: '(?P<x>a)'\nwhere: {y: noun}": ("7:12", "no group “y”"),
    "entries: |\n  no arrow here": ("7:1", "expected “phrase => fix”"),
    "entries: |\n  ok/v then => fine\n  (open => fix": ("8:1", "without its partner"),
    "entries: |\n  {nothing} x => y": ("7:1", "no lexicon “nothing”"),
    "entries: |\n  a b => {det} c": ("7:1", "the phrase has none"),
    "entries: |\n  a thing => b @nowhere": ("7:1", "no lexicon “topic-nowhere”"),
    "entries: |\n  a thing => b\n  a thing => c": ("8:1", "the same phrase stands on line 7"),
    "pattern: 'a'\nsugest: ['b']": ("7:9", "did you mean “suggest”"),
    "pattern: 'a'\nentries: |\n  a b => c": ("1:1", "expected one of"),
    "pattern: 'a'\nnear: nowhere": ("7:7", "no lexicon “topic-nowhere”"),
    "pattern: [1, 2]": ("6:11", "expected text"),
    "pattern: 'a'\nsafe: maybe": ("7:7", "expected true or false"),
    "pattern: 'a'\n  bad indent: x": ("7:", "not valid YAML"),
    "pattern: &x ['a', *x]": ("6:", "aliases"),
}


@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_rule_is_named_with_line_and_column(tmp_path: Path, mtqa, body: str) -> None:
    place, reason = BROKEN[body]
    head = "message: m\ncategory: terminology\nseverity: minor\nconfidence: 0.9\nstatus: stable\n"
    tail = "\nwhy: w\nexamples:\n  - good: x\n"
    (tmp_path / "mine").mkdir()
    rule = tmp_path / "mine" / "broken.yaml"
    rule.write_text(head + body + tail, "utf-8")
    (tmp_path / "a.txt").write_text("A text.\n", "utf-8")
    result = mtqa("check", "--rules", str(tmp_path), str(tmp_path / "a.txt"))
    error = result.stderr.decode()
    assert result.returncode == 2
    assert result.stdout == b""
    assert f"{rule}:{place}" in error
    assert reason in error
    assert error.count("\n") == 1


def test_rules_test_finds_what_is_wrong(tmp_path: Path, mtqa) -> None:
    (tmp_path / "mine").mkdir()
    path = tmp_path / "mine" / "one.yaml"
    path.write_text(RULE.replace("fix: 'He acted.'", "fix: 'He did act.'"), "utf-8")
    result = mtqa("rules", "test", str(tmp_path))
    assert result.returncode == 1
    assert f"{path}:10: the fix gives “He acted.”" in result.stdout.decode()
    path.write_text(RULE, "utf-8")
    assert mtqa("rules", "test", str(tmp_path)).returncode == 0


def test_rules_new_writes_a_rule_that_passes_its_tests(tmp_path: Path, mtqa) -> None:
    assert mtqa("rules", "new", "mine/fresh", "--dir", str(tmp_path)).returncode == 0
    assert mtqa("rules", "test", str(tmp_path)).returncode == 0
    again = mtqa("rules", "new", "mine/fresh", "--dir", str(tmp_path))
    assert again.returncode == 2
    assert b"is there already" in again.stderr


def test_explain_shows_the_page(mtqa) -> None:
    page = mtqa("explain", "split-phrase/stranded-adjective").stdout.decode()
    assert "Examples" in page
    assert "critical" in page
    assert max(map(len, page.splitlines())) <= 100
    wrong = mtqa("explain", "split-phrase/stranded-adjectiv")
    assert wrong.returncode == 2
    assert "did you mean “split-phrase/stranded-adjective”" in wrong.stderr.decode()


def test_list_names_every_rule(mtqa) -> None:
    listed = mtqa("rules", "list").stdout.decode()
    assert all(name in listed for name in RULES)
