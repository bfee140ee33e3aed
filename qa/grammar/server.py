"""LanguageTool servers on this machine: one for a single run, or one that later runs share."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from qa.display import printable
from qa.grammar import GrammarUnavailable
from qa.grammar.installation import server_command

HOST = "127.0.0.1"
PATIENCE = 90.0
"""Seconds that a server may take until it answers: a busy machine needs far more than a quiet one's three."""
_PORTS_TRIED = 5
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


def url_of(port: int) -> str:
    """The address of the server on that port of this machine."""
    return f"http://{HOST}:{port}/"


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether a LanguageTool server answers there. Never through a proxy where it is this machine."""
    import requests

    from qa.grammar.languagetool import session_for

    try:
        with session_for(url) as session:
            return bool(session.get(url + "v2/healthcheck", timeout=timeout).ok)
    except requests.RequestException:
        return False


class Server:
    """A server of this run alone. It ends with the run, however that ends."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Start it and wait until it answers. Raises GrammarUnavailable."""
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it (anew); a port that somebody else takes first is left for another."""
        for _ in range(_PORTS_TRIED):
            port = free_port()
            with tempfile.TemporaryFile() as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", str(_SUPERVISOR), *server_command(port)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is ours to answer
                )
                self.url = url_of(port)
                try:
                    if _wait(self._process, self.url, self._patience):
                        return
                except BaseException:
                    self.close()
                    raise
                said = _said(log)
            self.close()
            if "BindException" not in said:
                raise GrammarUnavailable(f"LanguageTool did not start: {_telling(said)}")
        raise GrammarUnavailable(f"LanguageTool did not start: {_PORTS_TRIED} ports were taken by other programs")

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End the server and wait for it, so that no zombie stays."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as s:
        s.bind((HOST, 0))
        port: int = s.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, patience: float) -> bool:
    """True once it answers, False when the process ended. Raises GrammarUnavailable when patience is at its end."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if answers(url):
            return True
        time.sleep(0.1)
    raise GrammarUnavailable(f"LanguageTool did not answer within {patience:g} seconds of its start")


def _said(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode("utf-8", "replace")


def _telling(said: str) -> str:
    """The telling line of what a server that did not start had said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "xception" in line] or lines
    return printable(telling[0])[:200] if telling else "it ended without a word"


# The shared server


@dataclass(frozen=True, slots=True)
class Shared:
    """The server that `mtqa grammar start` left running for later runs."""

    pid: int
    created: float
    port: int

    @property
    def url(self) -> str:
        return url_of(self.port)


def _state() -> Path:
    named = os.environ.get("MTQA_STATE")
    if named:
        return Path(named) / "languagetool.json"
    import platformdirs

    return Path(platformdirs.user_state_dir("mtqa")) / "languagetool.json"


def shared() -> Shared | None:
    """The shared server, if it is alive; the record of a dead one is removed."""
    place = _state()
    try:
        record: Any = json.loads(place.read_text("utf-8"))
        found = Shared(int(record["pid"]), float(record["created"]), int(record["port"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if found is None or not _is_alive(found):
        place.unlink(missing_ok=True)
        return None
    return found


def _is_alive(server: Shared) -> bool:
    """Whether that very process runs, and not another that was given its number since."""
    import psutil

    try:
        process = psutil.Process(server.pid)
        return abs(process.create_time() - server.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def start_shared(patience: float = PATIENCE) -> tuple[Shared, bool]:
    """Start the shared server, or find it running already (False). Raises GrammarUnavailable."""
    import psutil

    if running := shared():
        return running, False
    place = _state()
    place.parent.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (place.parent / "languagetool.log").open("w+b") as log:
        process = subprocess.Popen(
            server_command(port), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            started = Shared(process.pid, psutil.Process(process.pid).create_time(), port)
            if not _wait(process, url_of(port), patience):
                raise GrammarUnavailable(f"LanguageTool did not start: {_telling(_said(log))}")
            if not _record(place, started):
                process.kill()  # another `start` was quicker
                if running := shared():
                    return running, False
                raise GrammarUnavailable("LanguageTool was started twice at once; try again")
        except BaseException:
            process.kill()
            process.wait()
            raise
    return started, True


def _record(place: Path, started: Shared) -> bool:
    """Write the record unless there is one; whether it was written."""
    record = json.dumps({"pid": started.pid, "created": started.created, "port": started.port})
    with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8") as out:
        out.write(record)
    try:
        os.link(out.name, place)
    except FileExistsError:
        return False
    finally:
        Path(out.name).unlink()
    return True


def stop_shared() -> bool:
    """End the shared server; False where none runs."""
    import psutil

    server = shared()
    if server is None:
        return False
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(server.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
    _state().unlink(missing_ok=True)
    return True
