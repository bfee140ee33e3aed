"""Grammar with the real LanguageTool and the real Harper, and with servers and Javas that misbehave."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from qa.checker import Checker, merge
from qa.checks.grammar import variant
from qa.config import Settings
from qa.finding import Finding, Severity
from qa.grammar import GrammarUnavailable, harper, installation, languagetool, server
from qa.readers import read_text
from tests.conftest import ROOT, one_line

ARTICLE = "The council ordered a inquiry into the accident. Nobody knows why.\n"


def report(result: subprocess.CompletedProcess[bytes]) -> dict:
    assert result.returncode in (0, 1), result.stderr.decode()
    return json.loads(result.stdout)


def findings(result: subprocess.CompletedProcess[bytes]) -> list[dict]:
    return report(result)["documents"][0]["findings"]


@pytest.fixture(scope="module")
def engine(installed: Path) -> Iterator[languagetool.LanguageTool]:
    own = server.Server()
    tool = languagetool.LanguageTool(own.url, timeout=120, server=own)
    yield tool
    tool.close()


@pytest.fixture
def lt(mtqa, installed: Path, engine: languagetool.LanguageTool, tmp_path: Path) -> Callable[..., object]:
    """``mtqa check --format json`` with grammar by the module's server."""

    def run(*arguments: str, text: str = ARTICLE, name: str = "x.txt", **env: str):
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        url = ["--languagetool-url", engine._url]
        return mtqa("check", "--format", "json", "--checks", "grammar", *url, *arguments, name, cwd=tmp_path, **env)

    return run


# What the user sees


def test_a_finding_names_the_engine_its_rule_and_a_safe_fix(lt) -> None:
    (found,) = findings(lt())
    assert (found["rule"], found["text"], found["source"]) == ("grammar/article", "a", "languagetool")
    assert "EN_A_VS_AN" in found["message"]
    assert found["suggestions"][0] == {"text": "an", "safe": True}
    assert found["confidence"] == 0.8


def test_the_signature_has_the_engine_and_its_version(lt) -> None:
    assert "|languagetool:6.8" in report(lt())["signature"]


def test_offsets_are_code_points_after_emoji_combining_characters_and_crlf(lt) -> None:
    text = "\ufeffÉmile wro\u0302te 😀😀👩\u200d👩\u200d👧 to 𝔘lrich.\r\n\r\nThe 🇫🇷 council ordered\r\na inquiry.\r\n"
    (found,) = [f for f in findings(lt(text=text)) if f["rule"] == "grammar/article"]
    assert text[found["start"] : found["end"]] == "a"
    assert text[found["end"] :].startswith(" inquiry")


def test_the_fix_is_applied(lt, tmp_path: Path) -> None:
    lt("--fix")
    assert (tmp_path / "x.txt").read_text() == ARTICLE.replace("a inquiry", "an inquiry")


def test_code_in_markdown_makes_no_finding(lt) -> None:
    assert findings(lt(text="Run `x` an error occurs; see `a` inquiry and a `apple`.\n", name="x.md")) == []


def test_names_terms_and_foreign_words_are_no_spelling_errors(lt) -> None:
    text = (
        "The torcida of Fluminense sang. Kowalczyk met Wiśniewski near Algemesí. The torcida won.\n\n"
        "The gigaswitch failed. It was a strange evenning in the townn of Brodnica, said a brodnica.\n"
    )
    assert {f["text"] for f in findings(lt(text=text))} == {"evenning", "townn"}


def test_the_users_vocabulary_is_right(lt, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("# ours\nEvenning\n")
    text = "It was a strange evenning in the townn.\n"
    assert [f["text"] for f in findings(lt("--vocabulary", "words.txt", text=text))] == ["townn"]
    (tmp_path / ".mtqa.toml").write_text('vocabulary = ["words.txt"]\n')
    assert [f["text"] for f in findings(lt(text=text))] == ["townn"]
    assert "nothere.txt" in one_line(lt("--vocabulary", "nothere.txt"))


@pytest.mark.parametrize(("word", "other"), [("colour", "color"), ("organised", "organized"), ("theatre", "theater")])
def test_british_and_american_follow_the_text(word: str, other: str, lt) -> None:
    assert variant([f"The neighbours saw the {word}."]) == "en-GB"
    assert variant([f"The neighbors saw the {other}."]) == "en-US"
    british = f"The neighbours of the harbour saw the {word} once.\n"
    assert findings(lt(text=british)) == []


def test_what_is_below_the_bar_shows_with_all_only(lt) -> None:
    text = "The macro-economic effects were small.\n"
    assert findings(lt(text=text)) == []
    assert [f["rule"] for f in findings(lt("--all", text=text))] == ["grammar/other"]
    assert [f["rule"] for f in findings(lt("--enable", "grammar/other", text=text))] == ["grammar/other"]


def test_a_rule_of_the_family_can_be_switched_off_and_explained(lt, mtqa) -> None:
    assert findings(lt("--disable", "grammar/article")) == []
    assert findings(lt("--disable", "grammar")) == []
    assert b"EN_A_VS_AN" in mtqa("explain", "grammar/article").stdout


def test_no_rule_of_an_engine_is_listed_twice(checker: Checker) -> None:
    rules = [r for r in checker.rulebook.rules.values() if r.check == "grammar"]
    for engine in ("languagetool", "harper"):
        ids = [listed.id for r in rules for listed in r.engines.get(engine, ())]
        assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)


def test_one_finding_where_both_see_it(engine, mtqa, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("We sent the informations to the ministry on Friday.\n")
    found = findings(
        mtqa("check", "--format", "json", "--languagetool-url", engine._url, "x.txt", cwd=tmp_path)
    )
    assert len(found) == 1
    assert found[0]["source"] == "rules"
    assert found[0]["also"] == ["languagetool"]
    terminal = mtqa("check", "--languagetool-url", engine._url, "x.txt", cwd=tmp_path).stdout.decode()
    assert "LanguageTool flags it too" in " ".join(terminal.split())


def test_merging_keeps_the_better_explained_one() -> None:
    ours = Finding("number/x", "fluency/grammar", Severity.MINOR, 0.6, "m", 5, 9, "text")
    theirs = replace(ours, rule="grammar/x", confidence=0.99, source="languagetool", start=4)
    apart = replace(theirs, start=20, end=25)
    assert merge([theirs, apart, ours]) == (replace(ours, also=("languagetool",)), apart)
    assert merge([theirs, replace(theirs, rule="grammar/y", start=6)]) == (theirs,)


def test_many_documents_in_parallel_keep_their_findings(engine, mtqa, tmp_path: Path) -> None:
    for i in range(12):
        text = "Nothing is wrong here. " * (i * 40) + ("They ordered a inquiry." if i % 2 else "Done.")
        (tmp_path / f"{i:02}.txt").write_text(text)
    result = report(
        mtqa("check", "--format", "json", "--checks", "grammar", "--languagetool-url", engine._url, ".", cwd=tmp_path)
    )
    assert [len(d["findings"]) for d in result["documents"]] == [i % 2 for i in range(12)]


def test_a_text_of_two_megabytes_in_one_line(engine) -> None:
    sentence = "The committee met on Monday and talked about the budget of the city for hours without a result. "
    text = sentence * (2_000_000 // len(sentence)) + "😀 They ordered a inquiry."
    (matches,) = engine.check([text], "en-US")
    (found,) = [m for m in matches if m.rule == "EN_A_VS_AN"]
    assert text[found.start : found.end + 8] == "a inquiry"


def test_a_word_of_a_hundred_thousand_letters_and_nothing_at_all(engine) -> None:
    assert engine.check(["", "   ", "\n"], "en-US") == [[], [], []]
    assert len(engine.check(["x" * 100_000], "en-US")) == 1


# When it does not work: required means exit 2, otherwise a note


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Answers as ``behaviour`` says; the first ``good`` requests as LanguageTool would."""

    behaviour = "garbage"
    good = 1
    seen = 0

    def do_POST(self) -> None:
        cls = type(self)
        cls.seen += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if cls.seen <= cls.good:
            self.answer(200, b'{"software": {"version": "6.8"}, "matches": []}')
        elif cls.behaviour == "hang":
            time.sleep(5)
        elif cls.behaviour == "die":
            self.connection.close()
        elif cls.behaviour == "error":
            self.answer(500, b"out of \x1b[31mmemory")
        elif cls.behaviour == "offsets":
            rule = {"id": "X", "category": {"id": "Y"}}
            match = {"rule": rule, "offset": 9_999, "length": 3, "message": "m", "replacements": []}
            self.answer(200, json.dumps({"software": {"version": "6.8"}, "matches": [match]}).encode())
        else:
            self.answer(200, b"<html>a router's page</html>")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def misbehaving() -> Iterator[Callable[[str, int], str]]:
    servers = []

    def start(behaviour: str, good: int) -> str:
        handler = type("Handler", (Misbehaving,), {"behaviour": behaviour, "good": good, "seen": 0})
        httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        servers.append(httpd)
        return f"http://127.0.0.1:{httpd.server_port}/"

    yield start
    for httpd in servers:
        httpd.shutdown()


MISBEHAVIOUR = {
    "hang": "no answer within 1 seconds",
    "die": "connection failed",
    "error": "HTTP 500: out of \\x1b[31mmemory",
    "garbage": "not JSON",
    "offsets": "not as LanguageTool does",
}


@pytest.mark.parametrize(
    ("behaviour", "good"),
    # The first answer's matches are not read.
    [(b, good) for good in (0, 1) for b in MISBEHAVIOUR if good or b != "offsets"],
)
def test_a_server_that_misbehaves(mtqa, tmp_path: Path, misbehaving, behaviour: str, good: int) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    url = misbehaving(behaviour, good)
    arguments = ("check", "--languagetool-url", url, "--languagetool-timeout", "1", "x.txt")
    assert MISBEHAVIOUR[behaviour] in one_line(mtqa(*arguments, cwd=tmp_path))


def test_nobody_at_the_address_and_no_address(mtqa, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    closed = f"http://127.0.0.1:{server.free_port()}/"
    assert "connection failed" in one_line(mtqa("check", "--languagetool-url", closed, "x.txt", cwd=tmp_path))
    assert "expected http" in one_line(mtqa("check", "--languagetool-url", "file:///etc", "x.txt", cwd=tmp_path))


def test_the_public_service_is_told_of_where_it_is_named() -> None:
    settings = Settings(checks=("grammar",), languagetool_url="https://api.languagetool.org/v2/")
    with Checker(settings) as checker:
        (grammar,) = checker._opened
        assert "public service" in grammar.notes[0]


def test_a_proxy_in_the_environment_is_not_asked_about_this_machine(lt) -> None:
    nowhere = f"http://127.0.0.1:{server.free_port()}"
    assert len(findings(lt(HTTP_PROXY=nowhere, http_proxy=nowhere, ALL_PROXY=nowhere, NO_PROXY=""))) == 1


def test_without_the_engine_auto_is_silent_and_a_name_is_an_error(mtqa, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    empty = {"LTP_PATH": str(tmp_path / "nothing")}
    fine = mtqa("check", "--format", "json", "x.txt", cwd=tmp_path, **empty)
    assert report(fine)["documents"][0]["findings"] == []
    assert "mtqa grammar install" in one_line(mtqa("check", "--grammar", "languagetool", "x.txt", cwd=tmp_path, **empty))
    assert "expected one of auto, off" in one_line(mtqa("check", "--grammar", "word", "x.txt", cwd=tmp_path))


def script(folder: Path, name: str, body: str) -> str:
    """A program of that name alone on a PATH; returns the PATH."""
    folder.mkdir(exist_ok=True)
    place = folder / name
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("java", "says"),
    [
        (None, "there is no `java`"),
        ("echo 'java version \"1.8.0_202\"' >&2", "is Java 8"),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "is Java 11"),
        ("echo boom; exit 3", "does not say its version (it says: boom)"),
    ],
)
def test_java_that_is_missing_or_too_old(mtqa, installed: Path, tmp_path: Path, java: str | None, says: str) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    path = script(tmp_path / "bin", "java" if java else "other", java or "true")
    # The Python that runs mtqa is named in full; nothing else is needed from the PATH.
    required = mtqa("check", "--grammar", "languagetool", "x.txt", cwd=tmp_path, PATH=path, MTQA_STATE=str(tmp_path))
    assert says in one_line(required)
    auto = mtqa("check", "--format", "json", "x.txt", cwd=tmp_path, PATH=path, MTQA_GRAMMAR="auto", MTQA_STATE=str(tmp_path))
    assert says in report(auto)["notes"][0]
    assert report(auto)["documents"][0]["words"] == 11
    shown = mtqa("check", "x.txt", cwd=tmp_path, PATH=path, MTQA_GRAMMAR="auto", MTQA_STATE=str(tmp_path))
    assert "grammar not checked" in shown.stdout.decode()


def test_a_broken_jar(mtqa, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    broken = tmp_path / "lt" / installed.name
    broken.mkdir(parents=True)
    (broken / "languagetool-server.jar").write_bytes(b"PK\x03\x04 not a jar")
    result = mtqa(
        "check", "--grammar", "languagetool", "x.txt", cwd=tmp_path, LTP_PATH=str(broken.parent), MTQA_STATE=str(tmp_path)
    )
    assert "did not start: Error: Could not find or load main class" in one_line(result)


def test_a_java_that_hangs_at_the_start(installed: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(server, "server_command", lambda port: ["sleep", "600"])
    with pytest.raises(GrammarUnavailable, match="did not answer within 1 seconds"):
        server.Server(patience=1)
    assert not [p for p in psutil.Process().children(recursive=True) if "sleep" in p.name()]


def test_a_port_that_somebody_takes_first(installed: Path, monkeypatch) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], server.free_port()])
        monkeypatch.setattr(server, "free_port", lambda: next(ports))
        own = server.Server()
        try:
            assert server.answers(own.url)
            assert str(taken.getsockname()[1]) not in own.url
        finally:
            own.close()


def test_a_server_that_dies_in_the_middle_is_started_again(installed: Path) -> None:
    own = server.Server()
    tool = languagetool.LanguageTool(own.url, timeout=60, server=own)
    try:
        (java,) = [p for p in psutil.Process().children(recursive=True) if p.name() == "java" and is_server(p, own.url)]
        java.kill()
        java.wait(10)
        assert [m.rule for m in tool.check(["They ordered a inquiry."], "en-US")[0]] == ["EN_A_VS_AN"]
    finally:
        tool.close()
    assert not own.is_running


def is_server(process: psutil.Process, url: str) -> bool:
    return url.rstrip("/").rpartition(":")[2] in process.cmdline()


def java_below(pid: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if p.name() == "java"]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_its_run(installed: Path, tmp_path: Path, end: signal.Signals) -> None:
    """However the run ends, a moment later neither supervisor nor Java is there."""
    (tmp_path / "big.txt").write_text("The committee met on Monday and talked about the budget. " * 20_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MTQA_STATE": str(tmp_path)}
    run = subprocess.Popen(
        [
            sys.executable, "-m", "qa", "check", "--no-cache", "--checks", "grammar", "--grammar", "languagetool",
            "big.txt",
        ],
        cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # A shell's background job ignores SIGINT, and so would the run.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        wait_for(lambda: java_below(run.pid))
        below = psutil.Process(run.pid).children(recursive=True)
        time.sleep(2)
        run.send_signal(end)
        run.wait(20)
        wait_for(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in below))
    finally:
        run.kill()


def wait_for(condition: Callable[[], object], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def test_start_status_stop(mtqa, installed: Path, tmp_path: Path) -> None:
    environment = {"MTQA_STATE": str(tmp_path / "state")}
    (tmp_path / "x.txt").write_text(ARTICLE)

    def grammar(command: str) -> str:
        return mtqa("grammar", command, cwd=tmp_path, **environment).stdout.decode()

    assert "no server was running" in grammar("stop")
    try:
        assert "runs at http://127.0.0.1:" in grammar("start")
        assert "was running already" in grammar("start")
        shared = json.loads((tmp_path / "state" / "languagetool.json").read_text())
        assert f"process {shared['pid']}" in grammar("status")
        result = mtqa(
            "check", "--format", "json", "--checks", "grammar", "--grammar", "languagetool", "x.txt", cwd=tmp_path, **environment
        )
        assert len(findings(result)) == 1
        assert psutil.pid_exists(shared["pid"])  # a run leaves the shared server alone
        psutil.Process(shared["pid"]).kill()
        wait_for(lambda: not psutil.pid_exists(shared["pid"]) or psutil.Process(shared["pid"]).status() == "zombie")
        assert "not running" in grammar("status")  # a server that died is not believed to be there
        assert "runs at" in grammar("start")
    finally:
        assert "stopped" in grammar("stop")
    assert not (tmp_path / "state" / "languagetool.json").exists()


# Getting it


CONTENT = b"a jar" * 60_000


class Repository(http.server.SimpleHTTPRequestHandler):
    """A Maven repository of one small file, which breaks off once, and understands ranges."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        start = int(asked[6:-1]) if asked else 0
        self.server.asked.append(start)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + 100_000] if self.server.breaks else CONTENT[start:])
        self.server.breaks -= bool(self.server.breaks)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(monkeypatch, tmp_path: Path) -> Iterator[http.server.HTTPServer]:
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository)
    httpd.asked, httpd.breaks = [], 0
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    sha = hashlib.sha256(CONTENT).hexdigest()
    monkeypatch.setattr(installation, "artifacts", lambda: [installation.Artifact("org/x/1/x-1.jar", len(CONTENT), sha)])
    monkeypatch.setenv("LTP_PATH", str(tmp_path / "lt"))
    yield httpd
    httpd.shutdown()


def install(httpd: http.server.HTTPServer) -> list[tuple[int, int]]:
    steps: list[tuple[int, int]] = []
    address = f"http://127.0.0.1:{httpd.server_port}/maven2"
    installation.install_from_maven(address, lambda done, total: steps.append((done, total)), lambda line: None)
    return steps


def test_an_installation_tells_its_progress_and_is_found(repository) -> None:
    assert install(repository)[-1] == (300_000, 300_000)
    assert installation.is_installed()
    assert (installation.folder() / "libs" / "x-1.jar").read_bytes() == CONTENT


def test_a_download_that_broke_off_goes_on_where_it_stopped(repository) -> None:
    repository.breaks = 2
    with pytest.raises(GrammarUnavailable, match="the same command goes on"):
        install(repository)
    assert not installation.is_installed()
    install(repository)
    assert repository.asked == [0, 65_536, 131_072]
    assert installation.is_installed()


def test_a_file_that_is_not_the_locked_one_is_refused(repository, monkeypatch) -> None:
    other = installation.Artifact("org/x/1/x-1.jar", len(CONTENT), "0" * 64)
    monkeypatch.setattr(installation, "artifacts", lambda: [other])
    with pytest.raises(GrammarUnavailable, match="SHA-256 differs"):
        install(repository)
    assert not installation.is_installed()
    assert not list(installation.folder().parent.rglob("*.jar"))


def test_plain_http_is_for_this_machine_only(repository) -> None:
    with pytest.raises(GrammarUnavailable, match="expected an https"):
        installation.install_from_maven("http://example.org/", lambda done, total: None, lambda line: None)


def test_the_repository_comes_from_mavens_own_settings(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", script(tmp_path / "bin", "other", "true"))
    assert installation.maven_repository() is None
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text(
        "<settings><mirrors><!-- <mirror><mirrorOf>*</mirrorOf><url>https://no</url></mirror> -->"
        "<mirror><mirrorOf>*,!central</mirrorOf><url>https://not-this</url></mirror>"
        "<mirror><id>x</id><url> https://mirror.example/maven </url><mirrorOf>central</mirrorOf></mirror></mirrors></settings>"
    )
    assert installation.maven_repository() == "https://mirror.example/maven"


def test_every_locked_artifact_has_a_size_and_a_checksum() -> None:
    locked = installation.artifacts()
    assert len({a.name for a in locked}) == len(locked) == 127
    assert all(len(a.sha256) == 64 and a.size > 0 and ".." not in a.path for a in locked)


# Harper


def test_harper_needs_no_java(mtqa, tmp_path: Path) -> None:
    if not harper.is_available():
        pytest.fail("the development dependencies have harper-py")
    (tmp_path / "x.txt").write_text("😀 The council ordered a inquiry. She has went home.\n")
    result = mtqa("check", "--format", "json", "--checks", "grammar", "--grammar", "harper", "x.txt", cwd=tmp_path, PATH="")
    found = findings(result)
    assert [(f["text"], f["source"]) for f in found] == [("a", "harper"), ("went", "harper")]
    assert [f["suggestions"][0]["text"] for f in found] == ["an", "gone"]
    assert "|harper:" in report(result)["signature"]


def test_harper_is_what_auto_takes_without_languagetool(mtqa, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(ARTICLE)
    result = mtqa("check", "--format", "json", "x.txt", cwd=tmp_path, LTP_PATH=str(tmp_path), MTQA_GRAMMAR="auto")
    assert [f["source"] for f in findings(result)] == ["harper"]


def test_the_checker_is_closed_with_its_engine() -> None:
    with Checker(Settings(checks=("grammar",), grammar="harper")) as checker:
        (found,) = checker.check(read_text(ARTICLE, "x", "text")).findings
    assert found.text == "a"
