"""Words in which alphabets are mixed, and words of another script left in an English text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from qa.checks.passage import Passage
from qa.document import Document
from qa.finding import Finding
from qa.rulebook import Rulebook

MIXED = "untranslated/mixed-alphabets"
OTHER_SCRIPT = "untranslated/other-script"

_LATIN = "A-Za-z\u00c0-\u024f"
_OTHER = (
    "\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff"
    "\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
)
_NOT_LATIN = re.compile(f"[{_OTHER}]")
_MIXED = re.compile(
    f"(?<![{_LATIN}{_OTHER}])(?=[{_LATIN}\u0400-\u052f\u0370-\u03ff]*[{_LATIN}])(?=[{_LATIN}\u0400-\u052f\u0370-\u03ff]*[\u0400-\u052f\u0370-\u03ff])[{_LATIN}\u0400-\u052f\u0370-\u03ff]{{3,}}"
)
_RUN = re.compile(f"[{_OTHER}]{{2,}}(?:[ ,·・ー-]*[{_OTHER}]+)*")
_SHARE = 0.02
"""Share of letters in another script above which a text is bilingual or about that script, and is left alone."""
_LETTERS = 20
"""Letters of another script that a short text may hold all the same."""
# Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans("АВЕКМНОРСТУХасеорухіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTYXaceopyxijsdqwABEZHIKMNOPTYXo")
_UNITS = re.compile(r"^[µμΩΔ]|[µμΩ]$")


def find(document: Document, rulebook: Rulebook) -> Iterator[Finding]:
    """Mixed words, and runs of another script outside brackets and quotation marks."""
    if not _NOT_LATIN.search(document.text):
        return
    letters = sum(1 for s in document.segments for c in s.text if c.isalpha())
    other = sum(len(m[0]) for s in document.segments for m in _RUN.finditer(s.text))
    for segment in document.segments:
        passage = Passage.of(document, segment, rulebook, "scripts")
        text = passage.text
        if rulebook.is_enabled(MIXED):
            for match in _MIXED.finditer(text):
                word = match[0]
                if _UNITS.search(word):
                    continue
                plain = word.translate(_LOOKALIKES)
                fixes = [plain] if plain.isascii() else []
                yield passage.mark(
                    rulebook.rules[MIXED], *match.span(), fixes, groups={"script": _script(word)}, exact=True
                )
        if rulebook.is_enabled(OTHER_SCRIPT) and other <= max(_SHARE * letters, _LETTERS):
            for match in _RUN.finditer(text):
                before = text[: match.start()].rstrip()
                if before[-1:] in ("(", "“", '"', "‘", "«", "「", "[", ",", "/", ":", "—", "–"):
                    continue  # given as a name or a term beside its translation
                yield passage.mark(
                    rulebook.rules[OTHER_SCRIPT], *match.span(), [], groups={"script": _script(match[0])}, exact=True
                )


def _script(text: str) -> str:
    """The name of the first script in ``text`` that is not Latin, as Unicode names its letters."""
    for character in text:
        if _NOT_LATIN.match(character):
            name = unicodedata.name(character, "").split(" ")[0].capitalize()
            return {"Cjk": "Chinese"}.get(name, name)
    return "another script"
