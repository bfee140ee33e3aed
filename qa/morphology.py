"""English inflection, by lemminflect: the forms of a lemma, the classes of a form, a and an.

lemminflect reads a dictionary of 34,000 lemmas when first asked, and takes some tenths of a second for it. It is
therefore only imported when rules are compiled or a fix needs a form; the word classes are kept in a
table that the rulebook caches.
"""

from __future__ import annotations

import re
from functools import cache

VERB_TAGS = ("VB", "VBP", "VBZ", "VBG", "VBD", "VBN")
NOUN_TAGS = ("NN", "NNS")
ADJECTIVE_TAGS = ("JJ", "JJR", "JJS")
TAGS_OF_CLASS = {"v": VERB_TAGS, "n": NOUN_TAGS, "a": ADJECTIVE_TAGS}
UPOS = {"V": "VERB", "N": "NOUN", "J": "ADJ", "R": "ADV"}

_BE = {"VB": "be", "VBP": "are", "VBZ": "is", "VBG": "being", "VBD": "was", "VBN": "been"}
_BE_FORMS = {
    "be": ("VB",), "am": ("VBP",), "are": ("VBP",), "is": ("VBZ",),
    "being": ("VBG",), "was": ("VBD",), "were": ("VBD",), "been": ("VBN",),
}  # fmt: skip
# lemminflect's dictionary gives no usual form, or an unusual one first, for these.
_OVERRIDES = {
    ("have", "VBZ"): "has", ("have", "VBP"): "have", ("have", "VB"): "have",
    ("have", "VBD"): "had", ("have", "VBN"): "had", ("have", "VBG"): "having",
    ("do", "VBZ"): "does", ("do", "VBD"): "did", ("do", "VBN"): "done", ("do", "VBG"): "doing",
    ("get", "VBN"): "got", ("prove", "VBN"): "proved", ("person", "NNS"): "people",
    ("staff", "NNS"): "staff", ("criterion", "NNS"): "criteria", ("hang", "VBD"): "hung",
    ("bid", "VBD"): "bid", ("broadcast", "VBD"): "broadcast", ("broadcast", "VBN"): "broadcast",
    ("forecast", "VBD"): "forecast", ("forecast", "VBN"): "forecast", ("lead", "VBD"): "led",
    ("lead", "VBN"): "led", ("light", "VBD"): "lit", ("light", "VBN"): "lit", ("wake", "VBD"): "woke",
    ("premises", "NNS"): "premises", ("premises", "NN"): "premises", ("wind", "VBD"): "wound",
    ("focus", "VBG"): "focusing", ("focus", "VBD"): "focused", ("focus", "VBN"): "focused",
    ("focus", "VBZ"): "focuses", ("pay", "VBD"): "paid", ("pay", "VBN"): "paid",
    ("lie", "VBD"): "lay", ("lie", "VBN"): "lain", ("fit", "VBD"): "fitted", ("fit", "VBN"): "fitted",
    ("quit", "VBD"): "quit", ("quit", "VBN"): "quit", ("bet", "VBD"): "bet", ("bet", "VBN"): "bet",
    ("shed", "VBD"): "shed", ("shed", "VBN"): "shed", ("spread", "VBD"): "spread", ("spread", "VBN"): "spread",
    ("cost", "VBD"): "cost", ("cost", "VBN"): "cost", ("speed", "VBD"): "sped", ("speed", "VBN"): "sped",
    ("strike", "VBN"): "struck", ("bear", "VBN"): "borne", ("show", "VBN"): "shown", ("mow", "VBN"): "mown",
}  # fmt: skip


@cache
def inflect(lemma: str, tag: str) -> str:
    """The form of a lemma for a Penn tag (``VBD``, ``NNS``, ``JJR`` …): ``inflect("take", "VBD")`` is ``took``.

    Unknown lemmas are inflected by rule. A phrase ("carry out") is inflected on its first word if it is a
    verb and on its last if it is a noun.
    """
    if " " in lemma:
        first, _, rest = lemma.partition(" ")
        if tag.startswith("V"):
            return f"{inflect(first, tag)} {rest}"
        head, _, last = lemma.rpartition(" ")
        return f"{head} {inflect(last, tag)}"
    if lemma.casefold() == "be":
        return _BE.get(tag, lemma)
    if (lemma, tag) in _OVERRIDES:
        return _OVERRIDES[lemma, tag]
    if tag in ("VB", "VBP", "NN", "JJ", "RB"):
        return lemma
    if tag in ("JJR", "JJS"):
        return _graded(lemma, tag)
    if "-" in lemma:
        head, _, last = lemma.rpartition("-")
        if tag == "NNS" and head:
            return f"{head}-{inflect(last, tag)}"
    import lemminflect

    known = lemminflect.getAllInflections(lemma, UPOS[tag[0]]).get(tag)
    if known:
        # "fishes/fish": the regular form stands for the class, but an uninflected one is only right alone.
        return str(next((form for form in known if form != lemma), known[0]) if tag == "NNS" else known[0])
    forms = lemminflect.getAllInflectionsOOV(lemma, UPOS[tag[0]])
    return str(forms.get(tag, (lemma,))[0])


def _graded(adjective: str, tag: str) -> str:
    import lemminflect

    known = lemminflect.getAllInflections(adjective, "ADJ").get(tag)
    if known:
        return str(known[0])
    return ("more " if tag == "JJR" else "most ") + adjective


@cache
def forms(lemma: str, tags: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Every spelling of a lemma among ``tags``, with the tags that it can have: ``made`` → (VBD, VBN)."""
    if lemma == "be":
        return {f: t for f, t in _BE_FORMS.items() if set(t) & set(tags)}
    out: dict[str, list[str]] = {}
    for tag in tags:
        if tag in ("JJR", "JJS"):
            spelling = _graded(lemma, tag)
            if not spelling.startswith(("more ", "most ")):
                out.setdefault(spelling, []).append(tag)
            continue
        for spelling in dict.fromkeys((inflect(lemma, tag), *_variants(lemma, tag))):
            out.setdefault(spelling, []).append(tag)
    return {f: tuple(t) for f, t in out.items()}


def _variants(lemma: str, tag: str) -> tuple[str, ...]:
    """The dictionary's other spellings ("focussed", "fish"); none for a phrase."""
    if " " in lemma or tag in ("VB", "VBP", "NN", "JJ"):
        return ()
    import lemminflect

    spellings = lemminflect.getAllInflections(lemma, UPOS[tag[0]]).get(tag, ())
    # "decision" as a plural of itself is the dictionary's way of saying that it can be uncountable.
    return tuple(spelling for spelling in spellings if tag != "NNS" or spelling != lemma)


@cache
def lemmas(form: str, upos: str) -> tuple[str, ...]:
    """The dictionary lemmas of a form as ``VERB``, ``NOUN`` or ``ADJ``; empty where it knows none."""
    if upos == "VERB" and form in _BE_FORMS:
        return ("be",)
    import lemminflect

    return tuple(lemminflect.getAllLemmas(form, upos).get(upos, ()))


def reinflect(form: str, tag: str) -> str:
    """Another form of the same word: ``reinflect("taken", "VBG")`` is ``taking``."""
    candidates = lemmas(form.lower(), UPOS[tag[0]])
    return inflect(candidates[0] if candidates else form.lower(), tag)


# Letters say little about the sound: these begin with a consonant although with a vowel letter, and the
# other way round.
_CONSONANT_SOUND = re.compile(
    r"(?i)(?:eu|ew|one\b|once|uni(?!n|m[pa])|unanim|us(?:e|a|u)"
    r"|ut(?:il|op)|ubiq|ukr|urug|uran|urol|u(?:fo)?\b|u-|u\.)"
)
_VOWEL_SOUND = re.compile(r"(?i)(?:hour|honest|honou?r|heir|8|11(?:th)?\b|18(?:th)?\b|11,|18,)")
_LETTER_BY_LETTER = re.compile(r"(?:[AEFHILMNORSX][A-Z]{1,4}\b|[AEFHILMNORSX]\d|[AEFHILMNORSX]-|[aefhilmnorsx]-)")
_SPOKEN_ACRONYM = re.compile(r"(?:NATO|NASA|FIFA|HIV|LAN|RAM|ROM|SARS|MERS|NAFTA|SWAT|FEMA|NICE)\b")
_US_LIKE = re.compile(r"(?:US|UN|UK|EU|U\.)")


def article(word: str) -> str:
    """``a`` or ``an``, by the sound that ``word`` begins with, as far as spelling tells."""
    if _US_LIKE.match(word):
        return "a"
    if _LETTER_BY_LETTER.match(word) and (not _SPOKEN_ACRONYM.match(word) or word.startswith("HIV")):
        return "an"
    if _VOWEL_SOUND.match(word):
        return "an"
    if _CONSONANT_SOUND.match(word):
        return "a"
    return "an" if word[:1].lower() in "aeiou" else "a"


def dictionary() -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """lemminflect's dictionary both ways, lower-cased: form → tag → lemma, and lemma → tag → usual form."""
    from lemminflect.core.Inflections import Inflections

    by_form: dict[str, dict[str, str]] = {}
    by_lemma: dict[str, dict[str, str]] = {}
    # The dictionary has no public way to list it; the loader is the same that getAllInflections uses.
    for entry, by_tag in Inflections()._getInflDict().items():
        lemma = entry.lower()
        if not lemma.replace("-", "").replace("'", "").isalpha():
            continue
        by_tag = {**by_tag, "VBN": by_tag.get("VBN", by_tag.get("VBD", ()))}  # listed only where it differs
        for tag, spellings in by_tag.items():
            if not spellings:
                continue
            usual = next((s for s in spellings if s != lemma), lemma) if tag == "NNS" else spellings[0]
            by_lemma.setdefault(lemma, {})[tag] = _OVERRIDES.get((lemma, tag), usual)
            for spelling in spellings:
                if tag == "NNS" and spelling == lemma and len(spellings) > 1:
                    continue  # said of nouns that can be uncountable
                by_form.setdefault(spelling.lower(), {}).setdefault(tag, lemma)
    for form, tags in _BE_FORMS.items():
        by_form.setdefault(form, {}).update(dict.fromkeys(tags, "be"))
    by_lemma.setdefault("be", {}).update(_BE)
    for (lemma, tag), form in _OVERRIDES.items():
        by_form.setdefault(form, {})[tag] = lemma
    return by_form, by_lemma
