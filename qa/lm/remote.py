"""A language model behind an OpenAI-compatible server (vLLM, llama.cpp) that gives the probabilities of a prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from qa.cache import Cache
from qa.display import printable
from qa.lm import ModelUnavailable
from qa.verifier import Edit, Verifier, Window

_PATIENCE = (5, 120)
_AT_ONCE = 16


class RemoteVerifier(Verifier):
    """Weighs edits by asking a server for the log probabilities of whole stretches (``echo`` with ``logprobs``)."""

    def __init__(self, url: str, cache: Cache | None = None) -> None:
        """``url``: up to and without ``/v1``; after ``#`` the model's name, if the server has several.

        Raises ModelUnavailable where nobody answers as such a server does.
        """
        address, _, name = url.partition("#")
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelUnavailable(f"model: expected http:// or https://, not “{printable(url)}”")
        self._cache = cache
        self._url = address.rstrip("/").removesuffix("/v1") + "/v1/completions"
        self._name = name or "default"
        self._version = f"{parts.netloc}/{self._name}"
        self._bits(["Hello, world."])

    @property
    def version(self) -> str:
        return self._version

    def _stumbles(self, window: Window, text: str) -> list[tuple[int, float]]:
        whole = window.before + text[window.start : window.end] + window.after
        shift, length = len(window.before), window.end - window.start
        out = []
        for at, bits in self._bits([whole])[0]:
            at = at + (whole[at : at + 1] == " ") - shift
            if 0 <= at < length:
                out.append((at, round(-bits, 2)))
        return out

    def _ask(self, text: str, window: Window, edits: Sequence[Edit], tail: int) -> list[float]:
        def stretch(edit: Edit | None) -> str:
            inside = text[window.start : window.end]
            if edit:
                a, b = edit.start - window.start, edit.end - window.start
                inside = inside[:a] + edit.replacement + inside[b:]
            return window.before + inside + window.after

        sums = [sum(bits for _, bits in row) for row in self._bits([stretch(None), *map(stretch, edits)])]
        return [one - sums[0] for one in sums[1:]]

    def _bits(self, texts: Sequence[str]) -> list[list[tuple[int, float]]]:
        """(where a token begins, its bits) for each text; the first token of a text has none."""
        out: list[list[tuple[int, float]]] = []
        for at in range(0, len(texts), _AT_ONCE):
            some = list(texts[at : at + _AT_ONCE])
            try:
                for choice, text in zip(self._choices(some), some, strict=True):
                    logprobs = choice["logprobs"]
                    rows = zip(logprobs["text_offset"], logprobs["token_logprobs"], strict=True)
                    out.append([(o, p / math.log(2)) for o, p in rows if p is not None and o < len(text)])
            except (KeyError, TypeError, ValueError):
                where = printable(self._url)
                raise ModelUnavailable(f"{where} answers, but gives no probabilities of the prompt (echo)") from None
        return out

    def _choices(self, texts: list[str]) -> Any:
        import requests

        body = {"model": self._name, "prompt": texts, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 0}
        try:
            answer = requests.post(self._url, json=body, timeout=_PATIENCE)
            answer.raise_for_status()
            return answer.json()["choices"]
        except requests.RequestException as e:
            status = getattr(e.response, "status_code", None)
            why = f"HTTP {status}" if status else type(e).__name__
            raise ModelUnavailable(f"{printable(self._url)}: {why}") from None
