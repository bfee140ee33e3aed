"""Settings by path, where a value comes from, and the schema that editors complete them by."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from qa.config import KEYS, PATH_KEYS, Settings, with_values
from qa.errors import MtqaError
from qa.settings_schema import ABOUT, schema
from tests.conftest import ROOT, one_line

TORN = "The new line cut the demand for workers. seasonal.\n"


def failed(mtqa, folder: Path, *arguments: str) -> list[str]:
    """The paths of the documents with findings."""
    report = json.loads(mtqa("check", "--format", "json", *arguments, cwd=folder).stdout)
    return [d["path"] for d in report["documents"] if d["findings"]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.txt", "archive/b.txt", "archive/kept/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TORN)
    (tmp_path / ".mtqa.toml").write_text(
        "[[per-path]]\npaths = ['archive/']\ndisable = ['split-phrase']\n"
        "[[per-path]]\npaths = ['archive/kept/*.txt']\nenable = 'split-phrase'\n"
    )
    return tmp_path


def test_rules_by_path(tree: Path, mtqa) -> None:
    assert failed(mtqa, tree, ".") == ["a.txt", "archive/kept/c.txt"]
    assert failed(mtqa, tree / "archive", ".") == ["kept/c.txt"]
    assert failed(mtqa, tree, str(tree / "archive")) == [str(tree / "archive/kept/c.txt")]
    assert mtqa("check", "--stdin-filename", "archive/x.txt", "-", cwd=tree, stdin=TORN.encode()).returncode == 0


def test_what_is_typed_wins_over_settings_of_a_path(tree: Path, mtqa) -> None:
    assert failed(mtqa, tree, "--disable", "split-phrase", ".") == []
    assert failed(mtqa, tree, "--enable", "split-phrase", ".") == ["a.txt", "archive/b.txt", "archive/kept/c.txt"]


def test_confidence_and_language_by_path(tmp_path: Path, mtqa) -> None:
    (tmp_path / "a.txt").write_text(TORN)
    (tmp_path / "b.txt").write_text(TORN)
    (tmp_path / "pyproject.toml").write_text("[[tool.mtqa.per-path]]\npaths = ['b.txt']\nmin-confidence = 1.0\n")
    assert failed(mtqa, tmp_path, ".") == ["a.txt"]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ("per-path = 1", "per-path: expected tables"),
        ("[[per-path]]\ndisable = ['number']", "per-path 1: paths: expected globs"),
        ("[[per-path]]\npaths = ['a']\ndisabel = []", "per-path 1: unknown setting “disabel”; did you mean “disable”?"),
        ("[[per-path]]\npaths = ['a']\nmin-confidence = 2", "per-path 1: min-confidence: expected a number from 0 to 1"),
        ("[[per-path]]\npaths = ['a']\ndisable = ['nope']", "no rule or family “nope”"),
        ("[[per-path]]\npaths = ['!']", "paths: expected globs"),
        ("jobs = -1", "jobs: expected a number of processes"),
        ("cache = 'no'", "cache: expected true or false"),
        ("baselin = 'x'", "did you mean “baseline”?"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, mtqa, settings: str, wrong: str) -> None:
    (tmp_path / ".mtqa.toml").write_text(settings)
    (tmp_path / "a.txt").write_text(TORN)
    assert wrong in one_line(mtqa("check", "a.txt", cwd=tmp_path))


def test_config_says_where_a_value_comes_from(tree: Path, mtqa) -> None:
    with (tree / ".mtqa.toml").open("a") as out:
        out.write("min-confidence = 0.9\n")
    (tree / ".mtqa.toml").write_text("fail-on = 'minor'\n" + (tree / ".mtqa.toml").read_text())
    result = mtqa("config", "--format", "json", "--min-score", "50", "archive/b.txt", cwd=tree)
    found = json.loads(result.stdout)
    place = str(tree / ".mtqa.toml")
    assert list(found) == [key for key in KEYS if key != "per-path"]
    assert found["fail-on"] == {"value": "minor", "origin": place}
    assert found["min-score"] == {"value": 50.0, "origin": "command line"}
    assert found["disable"] == {"value": ["split-phrase"], "origin": f"{place}, per-path 1 (archive/)"}
    assert found["include"] == {"value": [], "origin": "default"}
    assert found["model"]["origin"] == "default, which MTQA_MODEL=off decides"
    table = mtqa("config", "a.txt", cwd=tree).stdout.decode()
    assert len(table.splitlines()) == len(found)


def test_every_setting_is_described_and_the_published_schema_is_current(mtqa) -> None:
    assert set(ABOUT) == set(KEYS) - {"per-path"}
    printed = json.loads(mtqa("config", "--schema").stdout)
    assert printed == schema()
    assert (ROOT / "docs" / "settings.schema.json").read_bytes() == mtqa("config", "--schema").stdout
    jsonschema.Draft202012Validator.check_schema(printed)


VALUES = [
    True, False, 0, 1, -1, 300, 0.5, 1.5, 101, 1e9 + 0.5, "", "text", "major", "never", "off", "auto", "rules", "harper", 75, [],
    ["a"], ["rules"], [1], {},
]  # fmt: skip


@pytest.mark.parametrize("key", [key for key in KEYS if key != "per-path"])
def test_the_schema_and_the_loader_take_the_same_values(key: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    taken = 0
    for value in VALUES:
        try:
            with_values(Settings(), {key: value}, "x")
            is_taken = True
        except MtqaError:
            is_taken = False
        assert is_taken == validator.is_valid({key: value}), value
        taken += is_taken
    assert 0 < taken < len(VALUES)


def test_the_schema_and_the_loader_agree_on_paths() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert set(schema()["properties"]["per-path"]["items"]["properties"]) == set(PATH_KEYS)
    good = tomllib.loads("[[per-path]]\npaths = ['a']\ndisable = 'number'\npreview = true\nsource-language = ['fr']\n")
    assert validator.is_valid(good)
    assert with_values(Settings(), good, "x").per_path[0].source_language == ("fr",)
    for bad in ("[[per-path]]\ndisable = 'x'\n", "[[per-path]]\npaths = ['a']\nfail-on = 'minor'\n"):
        assert not validator.is_valid(tomllib.loads(bad))
        with pytest.raises(MtqaError):
            with_values(Settings(), tomllib.loads(bad), "x")
