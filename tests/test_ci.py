"""Where users meet mtqa: the pre-commit hooks, the GitHub Action, the GitLab template and the recipes of docs/ci.md."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

TORN = "The new line cut the demand for workers. seasonal.\n"
FIXED = "The new line cut the demand for seasonal workers.\n"
BIN = Path(sys.executable).parent


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def run(command: list[str], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    everything = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **env}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=everything, timeout=600)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This working tree as a repository of its own, committed, as pre-commit would clone it."""
    folder = tmp_path_factory.mktemp("mtqa")
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    git(folder, "init", "-q", "-b", "main", ".")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "mtqa")
    return folder


def test_pre_commit_runs_the_hooks_on_a_repository(checkout: Path, tmp_path: Path, tmp_path_factory) -> None:
    """As a user has it: the hook's own environment is built, files are staged, a commit is stopped, a fix lets it by."""
    revision = git(checkout, "rev-parse", "HEAD").strip()

    home = str(tmp_path_factory.mktemp("home"))

    def pre_commit() -> subprocess.CompletedProcess[str]:
        return run(["pre-commit", "run"], tmp_path, PRE_COMMIT_HOME=home)

    def configure(hook: str) -> None:
        hooks = f"repos:\n- repo: {checkout}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
        (tmp_path / ".pre-commit-config.yaml").write_text(hooks)
        git(tmp_path, "add", ".")

    git(tmp_path, "init", "-q", ".")
    (tmp_path / "good.md").write_text(FIXED)
    (tmp_path / "code.py").write_text(f'"""{TORN}"""\n')
    configure("mtqa")
    passed = pre_commit()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    (tmp_path / "bad.md").write_text(TORN)
    git(tmp_path, "add", ".")
    stopped = pre_commit()
    assert stopped.returncode == 1
    assert "split-phrase/stranded-adjective" in stopped.stdout
    assert "code.py" not in stopped.stdout
    configure("mtqa-fix")
    fixed = pre_commit()
    assert "files were modified by this hook" in fixed.stdout
    assert (tmp_path / "bad.md").read_text() == FIXED
    git(tmp_path, "add", ".")
    assert pre_commit().returncode == 0


def recipes(language: str) -> list[str]:
    """The code blocks of docs/ci.md in this language."""
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def one_with(blocks: list[str], word: str) -> str:
    (found,) = [block for block in blocks if word in block]
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A repository with one clean article on main, and a remote that has it."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text(FIXED)
    git(tmp_path, "init", "-q", "-b", "main", ".")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    return tmp_path


def test_the_recipes_for_any_ci(site: Path) -> None:
    def shell(word: str) -> subprocess.CompletedProcess[str]:
        script = one_with(recipes("sh"), word).replace("pip install mtqa\n", "")
        return run(["bash", "-e", "-c", script], site)

    assert shell("--fail-on").returncode == 0
    (site / "content" / "b.md").write_text(TORN)
    assert shell("--fail-on").returncode == 1
    git(site, "checkout", "-qb", "topic")
    assert shell("--since").returncode == 1
    accepted = shell("mtqa baseline")
    assert accepted.returncode == 0, accepted.stdout
    assert ".mtqa-baseline.json" in git(site, "diff", "--cached", "--name-only")


def test_the_recipe_for_a_hook_of_git(site: Path) -> None:
    hook = site / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(one_with(recipes("sh"), "--cached"))
    hook.chmod(0o755)
    (site / "content" / "new one.md").write_text(TORN)
    git(site, "add", ".")
    commit = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "second"]
    stopped = run(commit, site)
    assert stopped.returncode != 0
    assert "split-phrase" in stopped.stdout + stopped.stderr
    (site / "content" / "new one.md").write_text(FIXED)
    git(site, "add", ".")
    assert run(commit, site).returncode == 0


def test_the_recipe_for_pre_commit_with_the_installed_mtqa(site: Path, tmp_path_factory) -> None:
    (site / ".pre-commit-config.yaml").write_text(one_with(recipes("yaml"), "language: system"))
    (site / "content" / "b.md").write_text(TORN)
    git(site, "add", ".")
    home = str(tmp_path_factory.mktemp("home"))
    stopped = run(["pre-commit", "run"], site, PRE_COMMIT_HOME=home)
    assert stopped.returncode == 1
    assert "split-phrase/stranded-adjective" in stopped.stdout, stopped.stdout


def test_the_hooks_of_the_manual_exist() -> None:
    (repository,) = yaml.safe_load(one_with(recipes("yaml"), "rev: COMMIT\n    hooks"))["repos"]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in repository["hooks"]} <= hooks
    assert hooks == {"mtqa", "mtqa-fix"}
    assert run(["pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"], ROOT).returncode == 0


def check_schema(name: str, path: Path) -> None:
    done = run(["check-jsonschema", "--builtin-schema", name, str(path)], ROOT)
    assert done.returncode == 0, done.stdout


def action() -> dict:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def test_the_action_is_valid_pinned_and_described(tmp_path: Path) -> None:
    check_schema("vendor.github-actions", ROOT / "action.yml")
    used = [step["uses"] for step in action()["runs"]["steps"] if "uses" in step]
    assert len(used) == 3
    workflow = one_with(recipes("yaml"), "runs-on")
    (tmp_path / "w.yml").write_text(workflow)
    check_schema("vendor.github-workflows", tmp_path / "w.yml")
    steps = yaml.safe_load(workflow)["jobs"]["mtqa"]["steps"]
    assert set(steps[-1]["with"]) <= set(action()["inputs"])
    for name in (*used, *(s["uses"] for s in steps if not s["uses"].startswith("ORGANISATION/"))):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name), name
    described = re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.MULTILINE)
    assert [name for name in described if name in action()["inputs"]] == list(action()["inputs"])
    # No input stands in a script, where its text would be run.
    assert not [s for s in action()["runs"]["steps"] if "${{" in s.get("run", "")]


def run_action(folder: Path, temp: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], list[str], dict]:
    """The check step of the action as a runner runs it; the arguments that mtqa was given, and the step's outputs."""
    from qa import reports

    (step,) = [s for s in action()["runs"]["steps"] if s.get("id") == "check"]
    given = {name: about["default"] for name, about in action()["inputs"].items()} | inputs
    env = {}
    for name, value in step["env"].items():
        key = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)
        env[name] = given[key[1]] if key else value.replace("${{ runner.temp }}", str(temp))
    program = temp / "mtqa" / "bin" / "mtqa"
    program.parent.mkdir(parents=True, exist_ok=True)
    known = "github" in reports.FORMATS and "sarif" in reports.FORMATS
    formats = "" if known else 'set -- check --format json "${@:4}"; '
    program.write_text(f'#!/bin/bash\nprintf "%s\\0" "$@" > "{temp}/arguments"\n{formats}exec {BIN}/mtqa "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (temp / "output").write_text("")
    env.pop("MTQA_CACHE")
    done = run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], folder,
        RUNNER_TEMP=str(temp), GITHUB_OUTPUT=str(temp / "output"), **env,
    )  # fmt: skip
    outputs = dict(line.split("=", 1) for line in (temp / "output").read_text().splitlines())
    return done, (temp / "arguments").read_text().split("\0")[:-1], outputs


def test_the_action_gives_mtqa_what_its_inputs_say(site: Path, tmp_path_factory) -> None:
    temp = tmp_path_factory.mktemp("runner")
    done, arguments, outputs = run_action(site, temp)
    assert (done.returncode, outputs["status"]) == (0, "0"), done.stderr
    assert arguments == ["check", "--format", f"github,sarif={temp}/mtqa.sarif", "--", "."]
    (site / "content" / "b c.md").write_text(TORN)
    inputs = {"paths": "content/b c.md\ncontent\n", "fail-on": "minor", "since": "origin/main...", "html": "r.html"}
    done, arguments, outputs = run_action(site, temp, **inputs)
    assert (done.returncode, outputs["status"]) == (1, "1"), done.stderr
    assert arguments[2] == f"github,sarif={temp}/mtqa.sarif,html=r.html"
    assert arguments[3:] == ["--fail-on", "minor", "--since=origin/main...", "--", "content/b c.md", "content"]
    done, _, outputs = run_action(site, temp, paths="no-such\n")
    assert (done.returncode, outputs["status"]) == (2, "2")


def test_what_the_inputs_of_the_action_hold_is_not_run(site: Path, tmp_path_factory) -> None:
    temp = tmp_path_factory.mktemp("runner")
    evil = '$(touch pwned) `touch pwned`; touch pwned #"\''
    done, arguments, _ = run_action(site, temp, **{"paths": evil, "fail-on": evil, "since": evil, "arguments": evil})
    assert done.returncode == 2
    assert arguments.count(evil) == 3
    assert not (site / "pwned").exists()


def gitlab_job(**inputs: str) -> dict:
    """The job of the template as GitLab makes it of the inputs."""
    about, _, template = (ROOT / "templates" / "mtqa.yml").read_text("utf-8").partition("\n---\n")
    known = {name: spec["default"] for name, spec in yaml.safe_load(about)["spec"]["inputs"].items()}
    assert set(inputs) <= set(known)
    for name, value in (known | inputs).items():
        template = template.replace(f"$[[ inputs.{name} ]]", json.dumps(value))
    assert "$[[" not in template
    return yaml.safe_load(template)


def test_the_gitlab_template_is_valid_and_its_script_runs(site: Path, tmp_path_factory) -> None:
    from qa import reports

    (included,) = yaml.safe_load(one_with(recipes("yaml"), "include:"))["include"]
    job = gitlab_job(**included["inputs"])
    temp = tmp_path_factory.mktemp("gitlab")
    (temp / ".gitlab-ci.yml").write_text(yaml.safe_dump(job))
    check_schema("vendor.gitlab-ci", temp / ".gitlab-ci.yml")
    script = "\n".join(line for line in job["mtqa"]["script"] if not line.startswith("pip install"))
    if "gitlab" not in reports.FORMATS:
        script = script.replace("terminal,gitlab=gl-code-quality-report.json", "terminal")
    variables = {name: value for name, value in job["mtqa"]["variables"].items() if name != "MTQA_CACHE"}
    assert run(["sh", "-e", "-c", script], site, **variables).returncode == 0
    (site / "content" / "b.md").write_text(TORN)
    assert run(["sh", "-e", "-c", script], site, **variables).returncode == 1
    assert run(["sh", "-e", "-c", script], site, **{**variables, "MTQA_PATHS": "$(touch pwned)"}).returncode == 2
    assert not (site / "pwned").exists()


def test_the_settings_of_the_manual_can_be(site: Path) -> None:
    (site / ".mtqa.toml").write_text(one_with(recipes("toml"), "per-path"))
    rules = json.loads(run(["mtqa", "rules", "list", "--format", "json"], site).stdout)
    done = run(["mtqa", "check", "."], site)
    assert done.returncode == 0, done.stderr
    assert rules
    front_matter = one_with(recipes("yaml"), "mtqa-ignore")
    (site / "content" / "b.md").write_text(front_matter + TORN)
    assert run(["mtqa", "check", "."], site).returncode == 0
