"""A “not” of the source that the translation lost."""

# Patterns are lines of words.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.checks.bitext.pair import Pair
from qa.finding import Finding

LOST = "bitext/negation-lost"

_NEGATIONS = {
    "fr": r"\bn(?:e |['’])(?:\w+[ -]){1,4}(?:pas|jamais|rien|personne|aucun\w*|plus)\b|\bne pas\b",
    "es": r"\bno(?= (?:se |le |lo |la |les |los |las |me |nos |te |hay|ha |han |es |era |fue |est|pued|pod|tien|ten|deb|quier|quis|sab|hab|sería|será|son ))|\bnunca\b|\bjamás\b",
    "pt": r"\bnão\b|\bnunca\b|\bjamais\b",
    "it": r"\bnon\b",
    "de": r"\bnicht\b|\bkein(?:e[mnrs]?)?\b|\bniemals\b",
    "nl": r"\bniet\b|\bgeen\b|\bnooit\b",
    "sv": r"\binte\b|\baldrig\b|\bingen\b",
    "da": r"\bikke\b|\baldrig\b|\bingen\b",
    "no": r"\bikke\b|\baldri\b|\bingen\b",
    "ru": r"(?<!чтобы )(?<!чтоб )\bне\b(?! только\b| менее| меньше| больше| более| \w+ ли\b| раз\b| столько| просто\b| лишь\b)|\bнет\b|\bнельзя\b|\bникогда\b",
    "uk": r"\bне\b(?! тільки\b| лише\b| менш| більш)|\bнемає\b|\bніколи\b",
    "pl": r"\bnie\b(?! tylko\b| mniej\b)|\bnigdy\b",
    "cs": r"\bnen[íi]\b|\bnejsou\b|\bnebyl\w*\b|\bnem(?:á|ají|ůže|ohl|us[ií])\w*\b|\bnikdy\b",
    "ro": r"\bnu\b(?! numai\b| doar\b)|\bniciodată\b",
    "tr": r"\bdeğil\w*\b|\byok(?:tu\w*|tur)?\b|\basla\b",
    "et": r"\bei\b(?! ainult\b| üksnes\b)|\bpole\b|\bpolnud\b|\bärge\b",
    "fi": r"\bei(?:vät|kä)?\b(?! vain\b| ainoastaan\b)|\ben\b|\bemme\b",
    "hu": r"\bnem\b(?! csak\b)|\bsem\b|\bnincs\w*\b",
    "zh": r"(?<!有)没有(?!没有)|(?<!有)沒有|并不(?!仅|只|是)|不会(?!.{0,3}[吗？])|(?<!不得)(?<!不)不能(?!不)|不再|从未|未能|无法",
    "ja": r"ません(?!か)|なかった|できない(?!か)",
    "hi": r"नहीं|न ही",
}
_UNSPACED = frozenset({"zh", "ja"})
_FEWEST = 9
"""Words below which a text is a saying, a title, an outcry: translated as a whole, if well."""
_PATTERNS = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in _NEGATIONS.items()}
_ENGLISH = re.compile(
    r"(?i)\b(?:not|no|nor|never|none|nobody|nothing|nowhere|neither|without|cannot|can't|n't|non|few|fewer|little|less|hardly|barely"
    r"|scarcely|rarely|seldom|unless|until|till|only|but|except|instead|rather|however|although|though|despite|than|lack\w*|least|lest|anti\w*|hard|difficult|clos(?:ed|es)|whether|too|reluctan\w+|absen\w+|fail\w*|refus\w+|den(?:y|ies|ied)"
    r"|reject\w*|avoid\w*|prevent\w*|stop\w*|miss(?:ed|es|ing)?|ceas\w+|los[et]\w*|forbid\w*|forbidden|ban(?:ned|s)?|prohibit\w*|impossib\w+|nope"
    r"|far from|away|wrong|bad(?:ly)?|free|out of|minor|dis\w{4,}|un\w{3,}|in(?:ab|ac|ad|cap|com|con|def|dep|dir|eff|eq|ev|ex|fin|suf|vis|vol|soluble|tol|sig)\w+|im(?:m|p)\w{4,}"
    r"|ir(?:r)\w{4,}|il(?:l)\w{4,}|non\w*|mis\w{4,}|\w+less(?:ly)?|ain't|aint|dont|doesnt|didnt|wont|cant|isnt|wasnt)\b|n't|n’t|not\b"
)


def find(pair: Pair) -> Iterator[Finding]:
    """One finding where the source denies and nothing in the translation does."""
    pattern = _PATTERNS.get(pair.language)
    if pattern is None or not pair.rulebook.is_enabled(LOST):
        return
    match = pattern.search(pair.source)
    if match is None or _ENGLISH.search(pair.text) or "?" in pair.source:
        return
    if pair.language not in _UNSPACED and len(pair.source.split()) < _FEWEST:
        return
    yield pair.mark(LOST, *pair.near(match.start()), groups={"word": match[0]})
