"""Phrase tables: one line an entry, ``left >>marked<< right => fix | fix @topic # note``.

An entry is compiled into one RE2 pattern, the words that a paragraph must hold before that pattern is worth
running (its anchors), and templates for the fixes. docs/rule-format.md describes the notation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

from qa.morphology import TAGS_OF_CLASS, forms, inflect

_LETTER = r"0-9A-Za-z\x{C0}-\x{24F}"
WORD_PATTERN = rf"[{_LETTER}](?:(?:[{_LETTER}'&-]|[.,][0-9])*[{_LETTER}])?%?"
_PUNCTUATION = set(",.!?:;%")
_TAGS = {
    "v": TAGS_OF_CLASS["v"], "n": TAGS_OF_CLASS["n"], "a": TAGS_OF_CLASS["a"],
    "vb": ("VB", "VBP"), "vbz": ("VBZ",), "vbg": ("VBG",), "vbd": ("VBD",), "vbn": ("VBN",),
    "nn": ("NN",), "nns": ("NNS",),
}  # fmt: skip
_LEMMA = re.compile(r"^(.+)/(v|n|a|vb|vbz|vbg|vbd|vbn|nn|nns)(\d)?$")
_SLOT = re.compile(r"^(\{[a-z][a-z0-9_-]*\}|_|\.\.\.|\\)(\d)?((?:\|[a-z-]+(?::[^|}]*)?)*)$")
_SLOT_FILTERED = re.compile(r"^\{([a-z][a-z0-9_-]*?)(\d)?((?:\|[a-z-]+(?::[^|}]*)?)*)\}(\d)?$")

_COMMON_WORDS = """
    a about after again all also an and any are as at back be because been before being between both but by can
    come could day did do does down even every few first for from get give go good great had has have he her here
    him his how i if in into is it its just know last like little long make man many may me more most much must my
    new no not now of off on one only or other our out over own part people place put right said same say see set
    she should since so some state still such take than that the their them then there these they thing this those
    three through time to too two under until up us use very was way we well were what when where which while who
    why will with without work would year years you your made making takes took taken taking gave given giving
"""
# Words too common to tell which paragraph an entry may fire in: an anchor is chosen elsewhere if it can.
COMMON = frozenset(_COMMON_WORDS.split())


class PhraseError(ValueError):
    """An entry that cannot be read; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A compiled entry.

    ``pattern``: RE2, with the flagged part in the group ``mark`` and every token of the body in a numbered group.
    ``anchors``: lower-case words, or pairs of neighbours (“in the”), of which a paragraph must hold one, and
    ``also``: words of which it must hold one besides. ``mark``: the number of the group ``mark``.
    ``fixes``: templates, each a list of parts that ``qa.suggest`` fills in. ``before``, ``after``: lower-case
    words that must not stand there. ``line``: where it stands in its table, from 1. ``margin``: the bits that a
    language model must prefer the fix by, where that is not its rule's (0).
    """

    pattern: str
    anchors: tuple[str, ...]
    also: tuple[str, ...]
    mark: int
    fixes: tuple[tuple[Part, ...], ...]
    note: str = ""
    topic: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    line: int = 0
    proper: bool = False
    text: str = ""
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One token of a fix: literal ``text``, or a ``group`` of the match, inflected by ``forms`` or filtered.

    ``suffix`` is set behind it without a space (“\\1-grade”). ``forms`` maps a matched form to the fix's form, or,
    where the matched form is ambiguous ("made"), to one form a Penn tag.
    """

    text: str = ""
    group: int = 0
    forms: Mapping[str, str | Mapping[str, str]] | None = None
    filters: tuple[str, ...] = ()
    suffix: str = ""


@dataclass(slots=True)
class _Token:
    text: str
    kind: str  # literal, lemma, slot, group, word, gap, punctuation
    pattern: str
    optional: bool = False
    words: frozenset[str] = frozenset()
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lemma_class: str = ""
    single: bool = True  # every alternative is one word
    slot: str = ""
    index: int = 0
    proper: bool = False


Lexicon = Callable[[str], str]
"""From a lexicon's name to its alternation in RE2; KeyError where there is none."""


def parse(line: str, lexicon: Lexicon, number: int = 0) -> Entry:
    """One line of a table, compiled. Raises PhraseError."""
    source = line
    note = ""
    if match := re.search(r"(?:^|\s)#\s?(.*)$", line):
        note, line = match[1].strip(), line[: match.start()]
    if "=>" not in line:
        raise PhraseError("expected “phrase => fix”")
    body_text, _, fix_text = line.partition("=>")
    margin = 0.0
    if match := re.search(r"\s\^(\d{1,3})\s*$", fix_text):
        margin, fix_text = float(match[1]), fix_text[: match.start()]
    topic = ""
    if match := re.search(r"\s@([a-z][a-z-]*)\s*$", fix_text):
        topic, fix_text = match[1], fix_text[: match.start()]
    left, mark, right = _regions(body_text.strip())
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    everything = [region for region in (left, mark, right) if region]
    if everything and everything[0][0].startswith("!"):
        before = _negated(everything[0].pop(0))
    if everything and everything[-1] and everything[-1][-1].startswith("!"):
        after = _negated(everything[-1].pop())
    if not mark:
        raise PhraseError("nothing is marked: expected words between >> and <<")
    tokens: list[_Token] = []
    compiled = []
    for region in (left, mark, right):
        row = [_token(text, lexicon) for text in region]
        for token in row:
            tokens.append(token)
            token.index = len(tokens) + 1  # group 1 is the mark
        compiled.append(row)
    # Groups are numbered in order of their opening parenthesis: the mark opens after the left context.
    for position, token in enumerate(tokens, 1):
        token.index = position + (1 if position > len(compiled[0]) else 0)
    pattern = _join(compiled)
    anchors, also = _anchors(tokens)
    fixes = tuple(_fix(text.strip(), tokens) for text in re.split(r"\s\|(?:\s|$)", " " + fix_text.strip()))
    if fix_text.strip() == "?":
        fixes = ()
    return Entry(
        pattern,
        anchors,
        also,
        len(compiled[0]) + 1,
        fixes,
        note,
        topic,
        before,
        after,
        number,
        compiled[1][0].proper,
        source.partition("#")[0].strip(),
        margin=margin,
    )


def _regions(body: str) -> tuple[list[str], list[str], list[str]]:
    match = re.fullmatch(r"(.*?)>>(.*)<<(.*)", body)
    if match:
        return _split(match[1]), _split(match[2]), _split(match[3])
    if ">>" in body or "<<" in body:
        raise PhraseError("expected both >> and <<")
    return [], _split(body), []


def _split(text: str) -> list[str]:
    """Tokens separated by spaces; spaces inside ( ), [ ] and { } do not separate."""
    tokens = re.findall(
        r"!?\([^()]*\)(?:/[a-z]+\d?)?|\[[^\[\]]*\](?:/[a-z]+\d?)?|\{[^{}]*\}\d?|[^\s()\[\]{}]+|\S", text
    )
    for token in tokens:
        if token in ("(", ")", "[", "]", "{", "}"):
            raise PhraseError(f"“{token}” without its partner")
    # "home," is a word and a mark.
    out: list[str] = []
    for token in tokens:
        if len(token) > 1 and token[-1] in ",!?;" and token[0] not in "([{!" and not token.startswith("..."):
            out += [token[:-1], token[-1]]
        else:
            out.append(token)
    return out


def _negated(token: str) -> tuple[str, ...]:
    words = token[1:].strip("()").split("|")
    if not all(w.strip() for w in words):
        raise PhraseError("expected !(word|word)")
    return tuple(w.strip().lower() for w in words)


def _token(text: str, lexicon: Lexicon) -> _Token:
    if text.startswith("!"):
        raise PhraseError(f"“{text}”: a forbidden word may only stand first or last of all")
    if text in _PUNCTUATION:
        return _Token(text, "punctuation", " ?%" if text == "%" else re.escape(text))
    if text == "_":
        return _Token(text, "word", WORD_PATTERN, slot="_")
    if text == "...":
        return _Token(text, "gap", f"{WORD_PATTERN}(?: +{WORD_PATTERN}){{0,2}}", optional=True, slot="...")
    if text.startswith("["):
        end = text.rindex("]")
        inner, suffix = text[1:end], text[end + 1 :]
        token = _group(inner, suffix, lexicon)
        token.optional = True
        return token
    if text.startswith("("):
        end = text.rindex(")")
        return _group(text[1:end], text[end + 1 :], lexicon)
    if text.startswith("{"):
        pattern = _lexicon(text[1:-1], lexicon)
        return _Token(text, "slot", pattern, slot=text, words=_words_of(pattern))
    if match := _LEMMA.match(text):
        return _lemma([match[1]], match[2])
    return _literal(text)


_MOST_WORDS = 60
_PLAIN = re.compile(r"(?:[A-Za-z|']|\\ ?\+| \+|\(\?i?:|\))+")


def _words_of(pattern: str) -> frozenset[str]:
    """The terms of a lexicon's alternation, lower-cased, if it is a short list of plain words; none otherwise."""
    if not _PLAIN.fullmatch(pattern):
        return frozenset()
    terms = re.sub(r"\(\?i?:|\)", "", pattern).replace(" +", " ").lower().split("|")
    return frozenset(terms) if len(terms) <= _MOST_WORDS else frozenset()


def _lexicon(name: str, lexicon: Lexicon) -> str:
    try:
        return lexicon(name)
    except KeyError:
        raise PhraseError(f"no lexicon “{name}”") from None


def _literal(text: str) -> _Token:
    if any(c in text for c in "{}[]|\\<>"):
        raise PhraseError(f"“{text}”: unexpected character")
    if text.startswith("@"):
        raise PhraseError(f"“{text}”: a topic stands after the fix")
    proper = any(c.isupper() for c in text) and text != "I"
    pattern = re.escape(text).replace("’", "'")
    return _Token(
        text, "literal", pattern if proper else f"(?i:{pattern})", words=frozenset([text.lower()]), proper=proper
    )


def _group(inner: str, suffix: str, lexicon: Lexicon) -> _Token:
    options = [o.strip() for o in inner.split("|")]
    if not all(options):
        raise PhraseError(f"“{inner}”: an alternative is empty; [a|b] makes it optional")
    if suffix:
        if not re.fullmatch(r"/(v|n|a|vb|vbz|vbg|vbd|vbn|nn|nns)", suffix):
            raise PhraseError(f"“{suffix}”: expected /v, /n, /a or one of their forms")
        token = _lemma(options, suffix[1:])
        token.kind = "lemma"
        return token
    patterns: list[str] = []
    words: list[str] = []
    anchored = single = True
    tags: dict[str, tuple[str, ...]] = {}
    lemma_class = ""
    for option in options:
        row = [_token(t, lexicon) for t in _split(option)]
        for token in row:
            if len(row) == 1 and token.tags:
                tags.update(token.tags)
                lemma_class = token.lemma_class
        patterns.append(" +".join(t.pattern for t in row))
        single = single and len(row) == 1
        best = min((t.words for t in row if t.words), key=_commonness, default=frozenset())
        anchored = anchored and bool(best)
        words += best
    # The longest first, since the first that fits is taken: “discount time” before “discount”.
    ranked = sorted(zip(options, patterns, strict=True), key=lambda pair: -len(pair[0]))
    slot = options[0] if len(options) == 1 and options[0].startswith(("{", "_")) else ""
    return _Token(
        inner,
        "group",
        "(?:" + "|".join(p for _, p in ranked) + ")",
        words=frozenset(words if anchored else ()),
        slot=slot or "\\",
        tags=tags,
        lemma_class=lemma_class,
        single=single,
    )


def _lemma(lemmas: list[str], letter: str) -> _Token:
    tags: dict[str, tuple[str, ...]] = {}
    proper = any(c.isupper() for lemma in lemmas for c in lemma)
    for lemma in lemmas:
        for form, form_tags in forms(lemma, _TAGS[letter]).items():
            tags[form] = tuple(dict.fromkeys((*tags.get(form, ()), *form_tags)))
    spelled = sorted(tags, key=len, reverse=True)
    pattern = "|".join(re.escape(form) for form in spelled)
    return _Token(
        "|".join(lemmas),
        "lemma",
        f"(?:{pattern})" if proper else f"(?i:{pattern})",
        words=frozenset(f.lower() for f in tags),
        tags=tags,
        lemma_class=letter[0],
        proper=proper,
    )


def _join(regions: list[list[_Token]]) -> str:
    left, mark, right = regions
    out = r"\b" if _is_ascii_letter((left or mark)[0], 0) else ""
    if left:
        out += _sequence(left)
        if all(t.optional for t in left):
            out = out.removesuffix(_sequence(left)) + _sequence(left, trailing=True)
        elif mark[0].kind != "punctuation":
            out += " +"
    out += "(?P<mark>" + _sequence(mark) + ")"
    if right:
        if all(t.optional for t in right):
            out += "".join(rf"(?: +({t.pattern}))?" for t in right)
        else:
            if right[0].kind != "punctuation":
                out += " +"
            out += _sequence(right)
    last = (right or mark)[-1]
    # An alternative that is the beginning of another must run on to its end.
    return out + (r"\b" if _is_ascii_letter(last, -1) else "")


def _is_ascii_letter(token: _Token, position: int) -> bool:
    """Whether ``\\b`` holds at that end of the token: RE2's knows ASCII letters only, and marks are no words."""
    if token.kind == "punctuation":
        return False
    ends = [option.strip()[position] for option in token.text.split("|") if option.strip()]
    return all(end.isascii() for end in ends)


def _sequence(tokens: list[_Token], trailing: bool = False) -> str:
    """Tokens joined by spaces; an optional one takes the space on its left, or, at the start, on its right."""
    out = ""
    started = False
    for token in tokens:
        piece = f"({token.pattern})"
        if trailing or (token.optional and not started):
            out += f"(?:{piece} +)?"
        elif token.optional:
            out += f"(?: +{piece})?"
        else:
            out += piece if not started or token.kind == "punctuation" else f" +{piece}"
            started = True
    return out


_PIECE = re.compile(r"[^\W_]+")


@cache
def _commonness(words: frozenset[str]) -> tuple[float, int]:
    """How unfit a set of words is as an anchor: the share of common ones, then how many, then how short."""
    pieces = [_anchor(w) for w in words]
    common = sum(p in COMMON or len(p) < 3 for p in pieces) / max(len(pieces), 1)
    return common, round(8 / max(min(map(len, pieces), default=1), 1) * 4) + len(pieces)


@cache
def _anchor(word: str) -> str:
    """The rarest-looking piece of a term: the longest that is not common."""
    pieces = _PIECE.findall(word.lower())
    return min(pieces, key=lambda p: (p in COMMON, -len(p)), default="")


_MOST_PAIRS = 60


def _anchors(tokens: list[_Token]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that tell where an entry may fire: those of its rarest token, or, where that is a common one, the
    rarest pair of neighbours; and the words of the rarest token besides."""
    ranked = sorted((t for t in tokens if t.words and not t.optional), key=lambda t: _commonness(t.words))
    if not ranked:
        return (), ()
    best, used = _single(ranked[0]), [ranked[0]]
    if any(word in COMMON for word in best):
        pairs, neighbours = _pairs(tokens)
        best, used = (pairs, neighbours) if pairs else (best, used)
    besides = next((t for t in ranked if t not in used), None)
    return best, _single(besides) if besides else ()


def _single(token: _Token) -> tuple[str, ...]:
    return tuple(sorted({_anchor(word) for word in token.words} - {""}))


def _pairs(tokens: list[_Token]) -> tuple[tuple[str, ...], list[_Token]]:
    """The fewest pairs of words of which one must stand there, and the two tokens, always side by side, they are of."""
    best: tuple[tuple[str, ...], list[_Token]] = ((), [])
    least = (10_000, 0)
    for first, second in pairwise(tokens):
        if any(t.optional or not t.single or not t.words for t in (first, second)):
            continue
        if all(w.isalnum() for w in (*first.words, *second.words)):
            pairs = tuple(sorted(f"{a} {b}" for a in first.words for b in second.words))
            common = sum(w in COMMON for pair in pairs for w in pair.split())
            if len(pairs) <= _MOST_PAIRS and (common, len(pairs)) < least:
                best, least = (pairs, [first, second]), (common, len(pairs))
    return best


def _fix(text: str, tokens: list[_Token]) -> tuple[Part, ...]:
    if text in ("", "?"):
        return ()
    count: dict[str, int] = {}
    parts: list[Part] = []
    for word in _split_fix(text):
        parts.append(_part(word, tokens, count))
    return tuple(parts)


def _split_fix(text: str) -> list[str]:
    out: list[str] = []
    for token in re.findall(r"\{[^{}]*\}\d?[^\s{}]*|[^\s{}]+", text):
        if len(token) > 1 and token[-1] in ",!?;" and not token.endswith("..."):
            out += [token[:-1], token[-1]]
        else:
            out.append(token)
    return out


def _nth(kind: str, candidates: list[_Token], digit: str | None, count: dict[str, int], what: str) -> _Token:
    if not candidates:
        raise PhraseError(f"the fix has “{what}”, the phrase has none")
    count[kind] = count.get(kind, 0) + 1
    n = int(digit) if digit else count[kind]
    if digit and n > len(candidates):
        raise PhraseError(f"the fix has “{what}”, the phrase has only {len(candidates)}")
    return candidates[min(n, len(candidates)) - 1]


_SUFFIXED = re.compile(r"(\\\d|\{[^{}]*\}\d?)([-'’][\w'’-]+|%)")


def _part(word: str, tokens: list[_Token], count: dict[str, int]) -> Part:
    if match := _SUFFIXED.fullmatch(word):
        return replace(_part(match[1], tokens, count), suffix=match[2])
    if match := re.fullmatch(r"\\(\d)((?:\|[a-z-]+(?::[^|]*)?)*)", word):
        groups = [t for t in tokens if t.kind == "group" or (t.kind == "lemma" and ("|" in t.text or t.optional))]
        token = _nth("\\", groups, match[1], count, word)
        return Part(group=token.index, filters=_filters(match[2]))
    if match := _SLOT_FILTERED.match(word):
        name = "{" + match[1] + "}"
        token = _nth(name, [t for t in tokens if t.slot == name], match[2] or match[4], count, word)
        return Part(group=token.index, filters=_filters(match[3]))
    if match := _SLOT.match(word):
        token = _nth(match[1], [t for t in tokens if t.slot == match[1]], match[2], count, word)
        return Part(group=token.index, filters=_filters(match[3]))
    if match := _LEMMA.match(word):
        if "\\" in match[1]:
            raise PhraseError(f"“{word}”: what a group matched cannot be inflected; write the word, or {{slot|plural}}")
        return _inflected(match[1].replace("_", " "), match[2], match[3], tokens, count, word)
    if any(c in word for c in "{}()[]|\\<>"):
        raise PhraseError(f"“{word}”: a fix holds words, word/v, {{slot}}, _, ..., \\1 only")
    return Part(text=word)


def _filters(text: str) -> tuple[str, ...]:
    return tuple(f for f in text.split("|") if f)


def _inflected(
    lemma: str, letter: str, digit: str | None, tokens: list[_Token], count: dict[str, int], word: str
) -> Part:
    if letter not in ("v", "n", "a"):
        return Part(text=inflect(lemma, _TAGS[letter][0]))
    same = [t for t in tokens if t.tags and t.lemma_class == letter]
    token = _nth(letter, same, digit, count, word)
    table: dict[str, str | Mapping[str, str]] = {}
    for form, tags in token.tags.items():
        by_tag = {tag: inflect(lemma, tag) for tag in tags}
        table[form.lower()] = next(iter(by_tag.values())) if len(set(by_tag.values())) == 1 else by_tag
    return Part(group=token.index, forms=table)


def instances(line: str, sample: Callable[[str], str], most: int = 6) -> list[tuple[str, tuple[int, int]]]:
    """Sentences in which an entry should fire, in several inflections: (text, span of the marked part).

    ``sample`` gives a term of a lexicon by its name. For testing tables.
    """
    body = line.partition("=>")[0].strip()
    regions = _regions(body)
    out: list[tuple[str, tuple[int, int]]] = []
    for turn in range(most):
        pieces: list[str] = []
        span = (0, 0)
        for number, region in enumerate(regions):
            begin = len(" ".join(pieces)) + (1 if pieces else 0)
            for position, token in enumerate(region):
                word = _instance(token, turn + position, turn, sample)
                if word in _PUNCTUATION and pieces:
                    pieces[-1] += word
                elif word:
                    pieces.append(word)
            if number == 1:
                span = (begin, len(" ".join(pieces)))
        sentence = " ".join(pieces)
        if (sentence, span) not in out:
            out.append((sentence, span))
    return out


def _instance(token: str, turn: int, first: int, sample: Callable[[str], str]) -> str:
    if token.startswith("!") and len(token) > 1:
        return ""
    if token == "_":
        return sample("_")
    if token == "...":
        return "" if turn % 2 else "rather different"
    if token.startswith("{"):
        return sample(token[1:-1])
    if token.startswith(("[", "(")):
        closing = "]" if token[0] == "[" else ")"
        end = token.rindex(closing)
        options = [o.strip() for o in token[1:end].split("|")]
        if token[0] == "[" and first % 2:
            return ""
        option = options[turn % len(options)]
        if suffix := token[end + 1 :]:
            return _instance(f"{option}{suffix}", turn, first, sample)
        return " ".join(_instance(t, turn, first, sample) for t in _split(option))
    if match := _LEMMA.match(token):
        spelled = list(forms(match[1], _TAGS[match[2]]))
        return spelled[turn % len(spelled)] if spelled else match[1]
    return token
