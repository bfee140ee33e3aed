"""File discovery: what is checked when folders are named."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.discovery import discover
from qa.errors import MtqaError
from qa.readers import BITEXT, READERS

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Makes files below an empty working directory that is no repository."""
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)

    def make(*names: str) -> Path:
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("Text.\n")
        return root

    return make


def ignore(folder: Path, *lines: str) -> None:
    (folder / ".gitignore").write_text("\n".join(lines) + "\n")


def refusal(*paths: str, **options: object) -> str:
    with pytest.raises(MtqaError) as caught:
        discover(paths, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert "\x1b" not in message
    return message


def test_a_folder_is_walked_in_order_for_what_has_a_reader(tree: Tree) -> None:
    tree("d/b.md", "d/a.txt", "d/c/z.MD", "d/c/a.text", "d/x.png", "d/Makefile", "d/README", "d/e/f.py")
    assert discover(["d"]) == ["d/a.txt", "d/b.md", "d/c/a.text", "d/c/z.MD"]
    assert discover(["./d/"]) == ["./d/a.txt", "./d/b.md", "./d/c/a.text", "./d/c/z.MD"]
    assert discover(["."]) == discover(["d"])
    absolute = os.path.abspath("d")  # noqa: PTH100
    assert discover([absolute])[0] == os.path.join(absolute, "a.txt")  # noqa: PTH118


def test_every_suffix(tree: Tree) -> None:
    tree(*(f"a{suffix}" for suffix in READERS))
    assert len(discover(["."])) == len([kind for kind in READERS.values() if kind not in BITEXT])
    # A data file, or a translation into another language, may lie anywhere.
    assert len(discover(["."], include=["a.*"])) == len(READERS)


def test_hidden_files_and_junk_are_passed_by(tree: Tree) -> None:
    tree(
        "a.md",
        ".hidden.md",
        ".git/b.md",
        "node_modules/c.md",
        ".venv/d.md",
        "__pycache__/e.md",
        "x/node_modules/f.md",
        "env/pyvenv.cfg",
        "env/lib/g.md",
    )
    assert discover(["."]) == ["a.md"]
    # Unless named.
    assert discover(["node_modules", ".hidden.md", ".venv"]) == [
        "node_modules/c.md",
        ".hidden.md",
        ".venv/d.md",
    ]
    assert discover(["env"]) == ["env/lib/g.md"]


def test_named_files_are_always_taken(tree: Tree) -> None:
    root = tree("a.png", "b", "c.md")
    ignore(root, "*")
    assert discover(["b", "a.png", "c.md", "-"], exclude=["*"], include=["*.txt"]) == [
        "b",
        "a.png",
        "c.md",
        "-",
    ]


def test_each_file_once(tree: Tree) -> None:
    tree("d/a.md", "d/b.md")
    Path("link.md").symlink_to("d/b.md")
    assert discover(["d/b.md", "d", "./d/a.md", "link.md", "-", "-"]) == ["d/b.md", "d/a.md", "-"]


def test_links(tree: Tree) -> None:
    tree("d/a.md", "elsewhere/b.md", "elsewhere/e/c.md")
    Path("d/loop").symlink_to("../d")
    Path("d/self").symlink_to(".")
    Path("d/folder").symlink_to("../elsewhere/e")
    Path("d/file.md").symlink_to("../elsewhere/b.md")
    Path("d/broken.md").symlink_to("nothing.md")
    Path("d/round.md").symlink_to("round.md")
    Path("named").symlink_to("elsewhere")
    assert discover(["d"]) == ["d/a.md", "d/file.md"]
    assert discover(["named"]) == ["named/b.md", "named/e/c.md"]
    assert discover(["d/loop"]) == ["d/loop/a.md", "d/loop/file.md"]


def test_devices_in_a_folder_are_passed_by(tree: Tree) -> None:
    tree("a.md")
    os.mkfifo("pipe.md")
    assert discover(["."]) == ["a.md"]


# --- .gitignore ---------------------------------------------------------------------------------


def test_gitignore_at_every_level(tree: Tree) -> None:
    root = tree("a.md", "b.md", "d/a.md", "d/keep.md", "d/e/x.md", "d/e/y.md", "build/z.md", "d/build/z.md")
    (root / ".git").mkdir()
    ignore(root, "a.md", "!keep.md", "/build/", "d/e/x.md", "# b.md", "")
    ignore(root / "d", "keep.md", "!a.md")
    assert discover(["."]) == ["b.md", "d/a.md", "d/build/z.md", "d/e/y.md"]
    assert discover(["d"]) == ["d/a.md", "d/build/z.md", "d/e/y.md"]
    assert discover(["d/e"]) == ["d/e/y.md"]
    assert len(discover(["."], gitignore=False)) == 8


def test_a_named_folder_is_walked_though_ignored(tree: Tree) -> None:
    root = tree("build/a.md", "build/b/c.md", "build/d.md")
    (root / ".git").mkdir()
    ignore(root, "build/")
    ignore(root / "build", "d.md")
    assert discover(["build"]) == ["build/a.md", "build/b/c.md"]
    assert "no text" in refusal(".")


def test_above_the_repository_nothing_counts(tree: Tree) -> None:
    root = tree("r/a.md", "r/d/b.md")
    ignore(root, "*.md")
    assert discover(["r/d"]) == ["r/d/b.md"]
    (root / "r" / ".git").mkdir()
    assert discover(["r"]) == ["r/a.md", "r/d/b.md"]
    assert discover(["r/d"]) == ["r/d/b.md"]


def test_lines_that_are_no_patterns(tree: Tree) -> None:
    root = tree("a.md", "b.md", "c.md")
    (root / ".gitignore").write_bytes(b"\xef\xbb\xbfa.md\n!\n///\n[\n\\\n\xff\xfe\nb.md\r\n")
    assert discover(["."]) == ["c.md"]
    (root / ".gitignore").unlink()
    (root / ".gitignore").mkdir()
    assert discover(["."]) == ["a.md", "b.md", "c.md"]


def test_the_local_exclude_file_counts(tree: Tree) -> None:
    root = tree("a.md", "b.md")
    (root / ".git" / "info").mkdir(parents=True)
    (root / ".git" / "info" / "exclude").write_text("a.md\n")
    assert discover(["."]) == ["b.md"]


def test_as_git_sees_it(tree: Tree) -> None:
    names = [f"{folder}{name}.md" for folder in ("", "d/", "d/e/", "x/", "x/d/") for name in ("a", "b", "ab", "c d")]
    root = tree(*names)
    try:
        subprocess.run(["git", "init", "-q"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git is not installed")
    ignore(root, "a*", "!/d/a.md", "d/e/*", "!d/e/b.md", "x/**/b.md", "c\\ d.md", "!x/c d.md")
    ignore(root / "x", "/d/", "!a.md")
    command = ["git", "ls-files", "--others", "--exclude-standard", "-z"]
    seen = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    assert sorted(discover(["."])) == sorted(name for name in seen if name.endswith(".md"))


# --- globs --------------------------------------------------------------------------------------


def test_globs(tree: Tree) -> None:
    tree("s/a.md", "s/b.txt", "s/old/c.md", "s/new/old.md", "t/a.md")
    assert discover(["s"], include=["*.md"]) == ["s/a.md", "s/new/old.md", "s/old/c.md"]
    assert discover(["s"], exclude=["old"]) == ["s/a.md", "s/b.txt", "s/new/old.md"]
    assert discover(["s"], exclude=["old/"], include=["*.md", "!a.md"]) == ["s/new/old.md"]
    # Relative to the folder walked, and to the working directory.
    assert discover(["s"], exclude=["/a.md"]) == ["s/b.txt", "s/new/old.md", "s/old/c.md"]
    assert discover(["s"], exclude=["s/old/**", "./new/"]) == ["s/a.md", "s/b.txt"]
    assert discover(["s", "t"], include=["t/", "s/new"]) == ["s/new/old.md", "t/a.md"]


def test_globs_that_leave_nothing(tree: Tree) -> None:
    tree("s/a.md")
    message = refusal("s", exclude=["*"])
    assert message.startswith("s: ")
    assert "--exclude" in message


def test_a_bad_glob(tree: Tree) -> None:
    tree("s/a.md")
    assert r"--exclude !\x1b" not in refusal("s", exclude=["!"])
    assert "--exclude" in refusal("s", exclude=["!"])
    assert "--include" in refusal("s", include=["///"])


# --- refusals -----------------------------------------------------------------------------------


def test_missing_paths(tree: Tree) -> None:
    tree("a.md")
    Path("broken").symlink_to("nothing")
    Path("loop").symlink_to("loop")
    assert refusal("a.md", "missing\x1b[2J").startswith(r"missing\x1b[2J: no such")
    assert "points to nothing" in refusal("broken")
    assert "cannot be read" in refusal("loop")
    assert "cannot be read" in refusal("a.md/b")
    assert "no path" in refusal("a\0b")
    assert "empty" in refusal("")


def test_a_folder_without_text(tree: Tree) -> None:
    tree("s/a.png", "t/a.md")
    Path("empty").mkdir()
    assert refusal("t", "s").startswith("s: no text")
    assert refusal("empty").startswith("empty: no text")


def test_a_folder_that_may_not_be_read(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("s/a.md", "s/t/b.md")
    scandir = os.scandir

    def refuse(path: str) -> object:
        # Permissions would not stop the superuser, who may run this.
        if path.endswith("t"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    message = refusal("s")
    assert message.startswith("s/t: ")
    assert "Permission denied" in message
    assert discover(["s"], exclude=["t"]) == ["s/a.md"]


def test_hostile_names(tree: Tree) -> None:
    names = [
        "-",
        "--fix.md",
        "a\nb.md",
        "a b.md",
        "\x1b[2J.md",
        "ü.md",
        os.fsdecode(b"\xff\xfe.md"),
        "[x].md",
        "!y.md",
    ]
    tree(*names)
    ignore(Path(), "nothing")
    found = discover(["."])
    assert "./--fix.md" in found
    assert "-" not in found
    assert sorted(name.removeprefix("./") for name in found) == sorted(names[1:])
    assert all(os.path.exists(name) for name in found)  # noqa: PTH110
    assert len(discover(["."], include=[r"\[x\].md", "ü.md", r"\!y.md"])) == 3


def test_a_deep_folder(tree: Tree) -> None:
    tree("/".join(["d"] * 300) + "/a.md")
    assert len(discover(["."])) == 1


def test_no_paths() -> None:
    assert discover([]) == []
