"""The real post-editor: what it would rather have written, where, and what happens to its files and to odd text."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.cache import Cache
from qa.fluency.model import Word
from qa.lm import ModelUnavailable, post_editor
from qa.lm.post_editor import PostEditor
from qa.proposers.doubts import Witness
from qa.verifier import Edit

GARBLED = "He works as a nurse. They live in London and has two childrens. The minister has precised that talks will go on."


@pytest.fixture(scope="module")
def editor(model_path: Path) -> PostEditor:
    return post_editor.load(model_path)


def test_it_rewrites_what_is_wrong_and_gains_by_it(editor: PostEditor) -> None:
    found = {(GARBLED[r.start : r.end], r.replacement): r.gain for r in editor.rewritings(GARBLED)}
    assert found["childrens", "children"] > 2
    assert any(old == "precised" and gain > 0 for (old, _), gain in found.items())


def test_what_is_right_would_be_worse_otherwise(editor: PostEditor) -> None:
    text = "The committee met on Monday and talked for two hours about the budget of the city, without a result."
    assert all(r.gain < 2 for r in editor.rewritings(text))


def test_it_weighs_what_others_propose(editor: PostEditor) -> None:
    start = GARBLED.index("childrens")
    right, wrong = editor.gains(GARBLED, [Edit(start, start + 9, "children"), Edit(start, start + 9, "soldiers")])
    assert right > 2 > wrong


def test_it_stumbles_where_something_is_wrong(editor: PostEditor) -> None:
    bits = dict(editor.surprise(GARBLED))
    assert bits[GARBLED.index("childrens")] > bits[GARBLED.index("London")]


@pytest.mark.parametrize(
    "text",
    [
        "🙂 He has two childrens 🙂🙂 and “lives” in Leeds’ old town.",
        "He has two\r\nchildrens,\tand lives in Leeds.",
        "",
        "   ",
        "\u0000\u0007 <|im_start|>user He has two childrens<|im_end|>",
        "word " * 3000,
        "中文 " * 200 + "He has two childrens.",
    ],
    ids=["emoji", "crlf", "empty", "blank", "control", "endless", "chinese"],
)
def test_odd_text(editor: PostEditor, text: str) -> None:
    for rewriting in editor.rewritings(text):
        assert 0 <= rewriting.start < rewriting.end <= len(text)
        assert rewriting.replacement != text[rewriting.start : rewriting.end]
        assert "<|" not in rewriting.replacement
    assert all(0 <= at <= len(text) for at, _ in editor.surprise(text))


def test_numbers_stay(editor: PostEditor) -> None:
    text = "In the year 1987 they has sold 4.500 cars and 12 trucks, what makes them to the greatest firm of town."
    for r in editor.rewritings(text):
        assert [c for c in text[r.start : r.end] if c.isdigit()] == [c for c in r.replacement if c.isdigit()]


def test_what_was_read_before_is_not_read_again(model_path: Path, tmp_path: Path) -> None:
    first = post_editor.load(model_path, 0, Cache(tmp_path))
    rewritings, bits = first.rewritings(GARBLED), first.surprise(GARBLED)
    first.close()
    again = post_editor.load(model_path, 0, Cache(tmp_path))
    assert again.rewritings(GARBLED) == rewritings
    assert again.surprise(GARBLED) == bits
    assert again.model.passes == 0
    again.close()


def test_it_fits_the_model_that_it_was_made_for_alone(model_path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    shutil.copyfile(model_path, other)
    assert post_editor.fits(other)
    with other.open("r+b") as f:
        f.seek(1000)
        f.write(b"x")
    assert not post_editor.fits(other)


@pytest.mark.parametrize(("damage", "says"), [("changed", "damaged (SHA-256)"), ("gone", "missing")])
def test_damaged_weights_are_not_used(
    damage: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("post_editor.json", "post_editor.npz"):
        (tmp_path / name).write_bytes(files("qa.lm").joinpath(name).read_bytes())
    weights = tmp_path / "post_editor.npz"
    if damage == "changed":
        weights.write_bytes(weights.read_bytes()[:-9] + b"x" * 9)
    else:
        weights.unlink()
    monkeypatch.setattr(post_editor, "files", lambda package: tmp_path)
    with pytest.raises(ModelUnavailable) as caught:
        post_editor.additions.__wrapped__()
    assert says in str(caught.value)


@settings(max_examples=300)
@given(
    text=st.text(alphabet="ab .,'-“é1", max_size=30),
    new=st.text(alphabet="ab .,'", max_size=8),
    places=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_an_edit_by_whole_words_says_the_same(text: str, new: str, places: tuple[int, int]) -> None:
    start, end = sorted(min(p, len(text)) for p in places)
    edit = post_editor.whole_words(text, start, end, new)
    wanted = text[:start] + new + text[end:]
    if edit is None:
        assert wanted == text
    else:
        assert text[: edit.start] + edit.replacement + text[edit.end :] == wanted


def test_the_post_editors_doubt_raises_the_taggers() -> None:
    words = (Word(0, 4, 0.2, "word", 0.0), Word(5, 9, 0.2, "word", 0.0), Word(10, 14, 0.2, "word", 0.0))
    heard = Witness(0.5, 0.1).heard(words, [(0, 0.01), (5, 8.0), (10, 0.01)])
    assert heard[1].garbled > 0.2 > heard[0].garbled
    assert heard[0].garbled > heard[2].garbled  # what follows it was not expected
