"""The fluency tagger: that every word is read once, that marks are where they say, that nothing is read for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import fluency
from qa.checks.fluency import readable
from qa.config import Settings
from qa.document import WORD
from qa.errors import MtqaError
from qa.fluency import TaggerUnavailable, model
from qa.readers import read_text
from tests.conftest import ROOT, Run, one_line

GARBLED = (
    "The minister said that the demand for workers. seasonal. had risen since three years. He wants precise the details"
    " of the plan to the unions until next week, and to take measures against the lack of hands."
)
GOOD = (
    "The minister said that demand for seasonal workers had been rising for three years. He wants to explain the plan"
    " to the unions by next week, and to do something about the shortage of labour."
)


@pytest.fixture(scope="module")
def tagger() -> model.Tagger:
    return model.load()


def test_garbled_words_score_higher_than_the_same_said_well(tagger: model.Tagger) -> None:
    bad, good = tagger.read([GARBLED, GOOD])
    assert max(w.garbled for w in bad.words) > 0.6
    assert sum(w.garbled for w in bad.words) > 3 * sum(w.garbled for w in good.words)


def test_the_torn_phrase_is_marked(tagger: model.Tagger) -> None:
    (tags,) = tagger.read([GARBLED])
    scores = {GARBLED[w.start : w.end]: w.garbled for w in tags.words}
    assert max(scores["workers"], scores["seasonal"]) > 0.5 > scores["minister"]


def test_every_word_of_a_long_paragraph_is_read_once(tagger: model.Tagger) -> None:
    text = " ".join(f"{GOOD} {i}." for i in range(30))
    (tags,) = tagger.read([text])
    assert [(w.start, w.end) for w in tags.words] == [m.span() for m in WORD.finditer(text)]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_words_stand_where_they_are_said_to(text: str) -> None:
    (tags,) = model.load().read([text])
    spans = {m.span() for m in WORD.finditer(text)}
    assert all((w.start, w.end) in spans and 0 <= w.garbled <= 1 and w.kind in model.KINDS for w in tags.words)


def test_what_else_is_read_changes_nothing_that_matters(tagger: model.Tagger) -> None:
    alone = model.Tagger().read([GARBLED])[0]
    together = model.Tagger().read([GOOD, GARBLED, "One more sentence, of another length.", GOOD * 4])[1]
    for one, other in zip(alone.words, together.words, strict=True):
        assert one.garbled == pytest.approx(other.garbled, abs=0.001)


def test_nothing_is_read_of_other_languages_and_labels() -> None:
    text = "Правительство объявило о новых мерах поддержки.\n\nContents\n\nThe cat sat on the mat again."
    assert [s.text for s in readable(read_text(text, "text", "text"))] == ["The cat sat on the mat again."]


def test_a_word_without_end_is_no_trouble(tagger: model.Tagger) -> None:
    tagger.read(["a" * 20_000 + " is what he said \x00\x1b[31m to them.", "", " ", "\u202e" * 50])


LEARNER = (
    "Last year I have visited my uncle in the Manchester. He is living there since ten years and he works like a cook in"
    " hotel. Every morning we was eating the breakfast together and he told me about his life in England. I am very"
    " interested on history, so we have gone to museum of science, it was very big and I liked it very much. In the"
    " evening we listened music and my aunt teached me some new words. I hope I will can return in next summer because"
    " I want to improve my english and to see again the friends which I have met there. It was best holiday of my life."
)
"""Written by us in the manner of a learner: articles, tenses, prepositions; nothing that only a machine does."""


def test_a_learner_is_not_called_a_machine(mtqa: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(LEARNER, "utf-8")
    run = mtqa("check", "--format", "json", "--exit-zero", str(path), MTQA_TAGGER="auto")
    (document,) = json.loads(run.stdout)["documents"]
    assert document["machine_translated"]["verdict"] is not True, document["machine_translated"]


def test_forty_learners_are_not_called_machines(mtqa: Run) -> None:
    """Texts of many first languages and four levels; what is stated in docs/fluency.md must not get worse."""
    folder = Path(__file__).parent.parent / "training" / "learners"
    run = mtqa("check", "--format", "json", "--exit-zero", str(folder), MTQA_TAGGER="auto")
    documents = json.loads(run.stdout)["documents"]
    assert len(documents) == 40
    assert sum(document["machine_translated"]["verdict"] is True for document in documents) <= 1


def test_the_command_marks_code_points_of_the_file(mtqa: Run, tmp_path: Path) -> None:
    path = tmp_path / "emoji.txt"
    text = f"\ufeff🙂🙂 A headline of no matter\r\n\r\n{GARBLED}\r\n"
    path.write_bytes(text.encode())
    run = mtqa("check", "--checks", "fluency", "--format", "json", "--exit-zero", str(path), MTQA_TAGGER="auto")
    (document,) = json.loads(run.stdout)["documents"]
    assert document["findings"]
    for finding in document["findings"]:
        assert text[finding["start"] : finding["end"]] == finding["text"]
        assert finding["source"] == "fluency"
        assert not finding["suggestions"]


def test_off_is_off(mtqa: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(GARBLED, "utf-8")
    run = mtqa("check", "--tagger", "off", "--format", "json", "--exit-zero", str(path), MTQA_TAGGER="auto")
    report = json.loads(run.stdout)
    assert "tagger" not in report["signature"]
    assert all(f["source"] != "fluency" for f in report["documents"][0]["findings"])


def test_a_setting_that_is_no_setting(mtqa: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(GARBLED, "utf-8")
    assert "auto, on or off" in one_line(mtqa("check", "--tagger", "yes", str(path)))
    assert "1 to 256" in one_line(mtqa("check", "--tagger-threads", "0", str(path)))


def test_a_damaged_model_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("tagger.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((ROOT / "qa" / "fluency" / name).read_bytes())
    monkeypatch.setattr(model, "files", lambda package: tmp_path)
    with pytest.raises(TaggerUnavailable, match="missing"):
        model.Tagger()
    data = (ROOT / "qa" / "fluency" / "tagger.onnx").read_bytes()
    (tmp_path / "tagger.onnx").write_bytes(data[:1000] + b"x" + data[1001:])
    with pytest.raises(TaggerUnavailable, match="damaged"):
        model.Tagger()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluency, "missing_packages", lambda: ["onnxruntime"])
    monkeypatch.setattr(model, "missing_packages", lambda: ["onnxruntime"])
    from qa.checks import fluency as check

    monkeypatch.delenv("MTQA_TAGGER", raising=False)
    assert check.tagger(Settings()) is None
    with pytest.raises(MtqaError, match="pip install onnxruntime"):
        model.Tagger()
