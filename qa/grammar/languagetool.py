"""LanguageTool as an engine: a server on this machine or at an address that the user named.

language-tool-python brings and starts the server; what is asked of it goes over HTTP here, because its own client
waits five minutes, keeps one text's offsets in a global and counts a match's length in UTF-16.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa.display import printable
from qa.grammar import GrammarUnavailable, Match, installation

if TYPE_CHECKING:
    import requests

    from qa.grammar.server import Server

VERSION = installation.VERSION
_CHUNK = 12_000
"""Code points sent at once: long texts are cut between paragraphs."""
_BETWEEN = "\n\n"
_WORKERS = 2
_CONNECT = 5.0


def session_for(url: str) -> requests.Session:
    """An HTTP session; for this machine one that no proxy of the environment gets between."""
    import requests

    session = requests.Session()
    session.trust_env = not is_local(url)
    return session


def is_local(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def is_public_api(url: str) -> bool:
    """Whether the address is LanguageTool's public service, which sees every text that is sent."""
    host = urlsplit(url).hostname or ""
    return host == "languagetool.org" or host.endswith((".languagetool.org", ".languagetoolplus.com"))


def is_available() -> bool:
    """Whether this machine has what it takes, as far as that can be said without starting anything."""
    return installation.has_package() and installation.is_installed()


def open(url: str | None = None, timeout: float = 60.0) -> LanguageTool:
    """The engine: the server at ``url``, else the shared one, else one of its own. Raises GrammarUnavailable.

    ``timeout``: seconds that one answer may take.
    """
    installation.require_package()
    from qa.grammar import server

    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GrammarUnavailable(f"languagetool-url: expected http:// or https://, not “{printable(url)}”")
        address = url.rstrip("/").removesuffix("/v2/check").removesuffix("/v2") + "/"
        return LanguageTool(address, timeout=timeout)
    shared = server.shared()
    if shared and server.answers(shared.url, timeout=_CONNECT):
        return LanguageTool(shared.url, timeout=timeout)
    own = server.Server()
    return LanguageTool(own.url, timeout=timeout, server=own)


class LanguageTool:
    """A client of one server. ``check`` may be called from several threads."""

    name = "languagetool"

    def __init__(self, url: str, *, timeout: float, server: Server | None = None) -> None:
        self._url = url
        self._timeout = timeout
        self._server = server
        self._local = threading.local()
        self._restart = threading.Lock()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="languagetool")
        self.version = self._version()

    def _version(self) -> str:
        try:
            answer = self._ask("Hello.", "en-US")
            return str(answer["software"]["version"])
        except (KeyError, TypeError):
            raise GrammarUnavailable(f"{printable(self._url)} answers, but not as LanguageTool does") from None
        except BaseException:
            self.close()
            raise

    def check(self, texts: Sequence[str], variant: str) -> list[list[Match]]:
        found: list[list[Match]] = [[] for _ in texts]
        chunks = list(_chunks(texts))
        for chunk, matches in zip(chunks, self._pool.map(lambda c: self._matches(c, variant), chunks), strict=True):
            for match in matches:
                if place := chunk.locate(match.start, match.end):
                    number, start = place
                    end = start + match.end - match.start
                    found[number].append(
                        Match(match.rule, match.group, start, end, match.message, match.replacements)
                    )
        return found

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._server is not None:
            self._server.close()

    def _matches(self, chunk: _Chunk, variant: str) -> list[Match]:
        answer = self._ask(chunk.text, variant)
        units = _Units(chunk.text)
        try:
            return [_match(m, units) for m in answer["matches"]]
        except (KeyError, TypeError, ValueError):
            raise GrammarUnavailable(f"{printable(self._url)} answers, but not as LanguageTool does") from None

    def _ask(self, text: str, variant: str) -> Any:
        """One request, once more where the first fails; a server of ours that died is started again for it."""
        import requests

        for attempt in (1, 2):
            url = self._url
            try:
                answer = self._session().post(
                    url + "v2/check",
                    data={"language": variant, "text": text},
                    timeout=(_CONNECT, self._timeout),
                )
                if answer.status_code == 200:
                    return answer.json()
                said = answer.content[:120].decode("utf-8", "replace").strip()
                failure = f"HTTP {answer.status_code}: {printable(said)}"
                if answer.status_code in (400, 401, 403, 404, 413, 426):
                    break  # it would say the same again
            except requests.Timeout:
                failure = f"no answer within {self._timeout:g} seconds"
            except ValueError:
                failure = "its answer is not JSON"
            except requests.RequestException as e:
                failure = f"the connection failed ({type(e).__name__})"
            if attempt == 1:
                self._revive(url)
        raise GrammarUnavailable(f"LanguageTool at {printable(self._url)}: {failure}")

    def _revive(self, url: str) -> None:
        """Start our own server again where it has died, or does not answer any more; others are not ours to start."""
        if self._server is None:
            return
        with self._restart:
            if self._url != url:
                return  # another thread did
            self._server.close()
            self._server.start()
            self._url = self._server.url

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = session_for(self._url)
        session: requests.Session = self._local.session
        return session


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Pieces of texts that are sent together. ``places``: (start in the chunk, length, text's number, start in it)."""

    text: str
    places: tuple[tuple[int, int, int, int], ...]

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """(number of the text, start in it) of a stretch of the chunk; None where it lies in no single text."""
        for at, length, number, offset in self.places:
            if at <= start and end <= at + length:
                return number, offset + start - at
        return None


def _chunks(texts: Sequence[str]) -> Iterator[_Chunk]:
    parts: list[str] = []
    places: list[tuple[int, int, int, int]] = []
    size = 0
    for number, text in enumerate(texts):
        for offset, piece in _pieces(text):
            if parts and size + len(piece) > _CHUNK:
                yield _Chunk(_BETWEEN.join(parts), tuple(places))
                parts, places, size = [], [], 0
            places.append((size, len(piece), number, offset))
            parts.append(piece)
            size += len(piece) + len(_BETWEEN)
    if parts:
        yield _Chunk(_BETWEEN.join(parts), tuple(places))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """A text as it is, or one without end cut after a sentence, or else after a word."""
    start = 0
    while len(text) - start > _CHUNK:
        window = text[start : start + _CHUNK]
        cut = max(window.rfind(". "), window.rfind("! "), window.rfind("? ")) + 2
        cut = cut if cut > _CHUNK // 2 else window.rfind(" ") + 1
        cut = cut if cut > _CHUNK // 2 else _CHUNK
        yield start, text[start : start + cut]
        start += cut
    if text[start:].strip():
        yield start, text[start:]


class _Units:
    """From UTF-16 units, in which LanguageTool counts, to code points."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        # The unit at which each code point beyond the basic plane ends.
        self._wide = [i + n + 2 for n, i in enumerate(i for i, c in enumerate(text) if ord(c) > 0xFFFF)]

    def code_point(self, unit: int) -> int:
        """The code point at that unit; ValueError outside the text."""
        position = unit - bisect_left(self._wide, unit + 1)
        if not 0 <= position <= self._length:
            raise ValueError(unit)
        return position


def _match(raw: Any, units: _Units) -> Match:
    rule = raw["rule"]
    return Match(
        rule=str(rule["id"]),
        group=str(rule["category"]["id"]),
        start=units.code_point(int(raw["offset"])),
        end=units.code_point(int(raw["offset"]) + int(raw["length"])),
        message=" ".join(str(raw["message"]).split()),
        replacements=tuple(str(r["value"]) for r in raw["replacements"]),
    )
