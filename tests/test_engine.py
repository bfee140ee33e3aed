"""Offsets, fixes and merging: what every finding promises, whatever the text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.checker import Checker, merge
from qa.document import Document
from qa.finding import Finding, Severity, fingerprint
from qa.fixes import apply
from qa.morphology import article, inflect, reinflect
from qa.phrases import PhraseError, instances, parse
from qa.readers import read_bytes, read_text
from qa.suggest import NoFix, apply_filter

# Sentences with something to find, of different checks, to be mixed with all that makes offsets go wrong.
GARBLED = [
    "The new line cut the demand for workers. seasonal.",
    "She went to to the market.",
    "“If that was a goal, I am a goalkeeper, indeed! He told reporters.",
    "It is one of the oldest town in the region.",
    "The London. -based bank closed two branches.",
    "He is director of the museum since 2010.",
    "They met in Кiev.",
]
PLAIN = ["Nobody came.", "It rained on Monday, and the river rose.", "“Yes,” she said."]
NOISE = ["😀 ", "e\u0301 ", "\u00a0", "日本 ", "👩‍👩‍👧 ", "— ", "(", ") ", "\t", "\u202f", "¿ "]
BREAKS = ["\n", "\r\n", "\n\n", "\r\n\r\n", " ", "\n \n"]
texts = st.lists(
    st.tuples(st.sampled_from(["", *NOISE]), st.sampled_from(GARBLED + PLAIN), st.sampled_from(BREAKS)),
    min_size=1,
    max_size=8,
).map(lambda rows: "".join(a + b + c for a, b, c in rows))


class _Words:
    """Lexicons that know nothing, and the real inflection."""

    def value(self, lexicon: str, term: str) -> str:
        raise KeyError(term)

    def reinflect(self, form: str, tag: str) -> str:
        return reinflect(form, tag)


WORDS = _Words()


def _promises(document: Document, findings: tuple[Finding, ...]) -> None:
    for before, after in pairwise(findings):
        assert before.end <= after.start
    for finding in findings:
        assert 0 <= finding.start < finding.end <= len(document.text)
        assert document.text[finding.start : finding.end] == finding.text
        assert all(s.text != finding.text for s in finding.suggestions)
        assert finding.message
        assert "{" not in finding.message
        line, column = document.position(finding.start)
        assert line >= 1
        assert column >= 1
    assert len({f.fingerprint for f in findings}) == len(findings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, bom=st.booleans(), markdown=st.booleans())
def test_offsets(checker: Checker, text: str, bom: bool, markdown: bool) -> None:
    document = read_bytes((("\ufeff" if bom else "") + text).encode(), "x", "markdown" if markdown else "text")
    _promises(document, checker.check(document).findings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=400))
def test_any_text_at_all(checker: Checker, text: str) -> None:
    document = read_text(text, "x", "text")
    _promises(document, checker.check(document).findings)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_safe_fixes_settle(checker: Checker, text: str) -> None:
    """After some rounds (a larger finding can hide a smaller one) nothing safe is left to fix, and text outside the fixed spans has not moved."""
    for _ in range(12):
        findings = checker.check(read_text(text, "x", "text")).findings
        fixed = apply(text, findings)
        kept = 0
        for finding in findings:
            if finding.suggestions and finding.suggestions[0].safe:
                assert text[kept : finding.start] in fixed
                kept = finding.end
        if fixed == text:
            return
        text = fixed
    pytest.fail("safe fixes go round in circles")


def test_markup_inside_a_finding_takes_the_safety_away(checker: Checker) -> None:
    document = read_text("The cut in the demand for *workers*. seasonal. It came.\n", "x.md", "markdown")
    (finding,) = checker.check(document).findings
    assert finding.text == "workers*. seasonal."
    assert not finding.suggestions[0].safe


def test_fingerprints_survive_edits_elsewhere_and_moves(checker: Checker) -> None:
    def prints(text: str) -> set[str]:
        return {f.fingerprint for f in checker.check(read_text(text, "x", "text")).findings}

    garbled = "The new line cut the demand for workers. seasonal."
    first = prints(f"One.\n\n{garbled}\n\nTwo.\n")
    assert first == prints(f"Two has more to say.\n\nOne.\n\n{garbled}\n")
    assert len(prints(f"{garbled}\n\n{garbled}\n")) == 2


def _finding(start: int, end: int, confidence: float = 0.9, rule: str = "a/a", fix: bool = True) -> Finding:
    from qa.finding import Suggestion

    return Finding(
        rule,
        "terminology",
        Severity.MINOR,
        confidence,
        "m",
        start,
        end,
        "x" * (end - start),
        (Suggestion("y"),) if fix else (),
    )


def test_merging_keeps_the_surest_of_those_that_overlap() -> None:
    kept = merge([_finding(0, 10, 0.8), _finding(5, 12, 0.9), _finding(12, 14, 0.5), _finding(5, 12, 0.9, "b/b")])
    assert [(f.start, f.end, f.rule) for f in kept] == [(5, 12, "a/a"), (12, 14, "a/a")]


def test_merging_many_is_quick_and_orderly() -> None:
    kept = merge(_finding(i, i + 5) for i in range(20_000))
    assert all(a.end <= b.start for a, b in pairwise(kept))


def test_fixes_never_overlap() -> None:
    assert apply("0123456789", [_finding(0, 4), _finding(3, 6), _finding(6, 8)], unsafe=True) == "y45y89"
    assert apply("0123456789", [_finding(0, 4)]) == "0123456789"


def test_fingerprint_looks_at_three_words_on_either_side() -> None:
    text = "one two three four five PHRASE six seven eight nine ten"
    at = text.index("PHRASE")
    same = text.replace("one", "other").replace("ten", "end")
    other = text.replace("four", "4")
    place = lambda t: fingerprint("r", t, t.index("PHRASE"), t.index("PHRASE") + 6)  # noqa: E731
    assert place(text) == place(same) != place(other)
    assert at


@pytest.mark.parametrize(
    ("lemma", "tag", "form"),
    [
        ("take", "VBD", "took"), ("carry out", "VBG", "carrying out"), ("be", "VBZ", "is"), ("stop", "VBG", "stopping"),
        ("victim", "NNS", "victims"), ("prime minister", "NNS", "prime ministers"), ("man", "NNS", "men"), ("big", "JJR", "bigger"),
        ("lie", "VBD", "lay"), ("focus", "VBD", "focused"), ("person", "NNS", "people"), ("effectuate", "VBD", "effectuated"),
    ],
)  # fmt: skip
def test_inflection(lemma: str, tag: str, form: str) -> None:
    assert inflect(lemma, tag) == form


@pytest.mark.parametrize(
    ("form", "tag", "other"),
    [("taken", "VBG", "taking"), ("cities", "NN", "city"), ("went", "VB", "go"), ("is", "VBD", "was")],
)
def test_reinflection(checker: Checker, form: str, tag: str, other: str) -> None:
    assert reinflect(form, tag) == other
    assert checker.rulebook.reinflect(form, tag) == other


@pytest.mark.parametrize(
    ("form", "tag", "other"),
    [
        ("found", "VBD", "found"),
        ("found", "VBZ", "founds"),
        ("millions", "NN", "million"),
        ("lay", "VBZ", "lays"),
        ("left", "VBD", "left"),
    ],
)
def test_ambiguous_forms_are_read_as_the_rule_means_them(checker: Checker, form: str, tag: str, other: str) -> None:
    assert checker.rulebook.reinflect(form, tag) == other


def test_articles_go_by_sound() -> None:
    an = ["hour", "honest", "MP", "FBI", "8", "11", "18", "umbrella", "unusual", "heir", "X-ray", "NHS"]
    a = [
        "university",
        "European",
        "one-off",
        "US",
        "UN",
        "union",
        "Ukrainian",
        "NATO",
        "unanimous",
        "user",
        "1",
        "house",
    ]
    assert {w: article(w) for w in an} == dict.fromkeys(an, "an")
    assert {w: article(w) for w in a} == dict.fromkeys(a, "a")


@pytest.mark.parametrize(
    ("name", "text", "result"),
    [
        ("thousands", "4500", "4,500"), ("thousands", "1.200.000", "1,200,000"), ("ordinal", "XIX", "19th"), ("ordinal", "2", "2nd"),
        ("ordinal", "11", "11th"), ("number", "Seven", "7"), ("capital", "über", "Über"), ("strip:-", "a-b", "ab"), ("replace:,:.", "3,5", "3.5"),
        ("plural", "country", "countries"), ("gerund", "reduce", "reducing"), ("past", "go", "went"),
    ],
)  # fmt: skip
def test_filters(name: str, text: str, result: str) -> None:
    assert apply_filter(name, text, WORDS) == result


def test_a_filter_that_does_not_fit_gives_no_fix() -> None:
    with pytest.raises(NoFix):
        apply_filter("ordinal", "many", WORDS)


def lexicon(name: str) -> str:
    return {"det": "(?i:the|a|an)"}[name]


def test_an_entry_is_anchored_in_its_rarest_word() -> None:
    assert parse("take/v {det} decision/n => make/v {det} decision/n", lexicon).anchors == ("decision", "decisions")


@pytest.mark.parametrize(
    "line",
    [
        "no arrow",
        "a [b => c",
        ">>a => b",
        "x {nothing} => y",
        "a => _",
        "a/v => b/n",
        "=> x",
        "a !b c => d",
        r"(a|b) c => \1/n",
    ],
)
def test_entries_that_cannot_be_read(line: str) -> None:
    with pytest.raises(PhraseError):
        parse(line, lexicon)


def test_instances_carry_their_span() -> None:
    for text, (start, end) in instances("the >>big (cat|dog)/n<< sat => x", lambda name: name):
        assert text[start:end].startswith("big ")
        assert text.endswith(" sat")


FIXES = [
    # article before the span, capital at its start, capitals throughout, past and participle
    ("(?i)", "false entrepreneur", "honest contractor", "It was a false entrepreneur.", "It was an honest contractor."),
    ("", "take/v decision", "make/v decision", "Take decision now.", "Make decision now."),
    ("", "do/v party", "throw/v party", "They have done party.", "They have thrown party."),
    ("", "do/v party", "throw/v party", "They did party.", "They threw party."),
    ("", "put/v party", "throw/v party", "They will put party.", "They will throw party."),
    ("", "kind people", "people", "KIND PEOPLE COME.", "PEOPLE COME."),
    ("", "gold of {number} carats", "{number}-carat gold", "It is gold of 18 carats.", "It is 18-carat gold."),
    ("", "of (first|second) grade", r"\1-grade", "It is of first grade.", "It is first-grade."),
    ("", "the communiqué", "the statement", "He read the communiqué, and left.", "He read the statement, and left."),
    ("", "état major", "general staff", "The état major met.", "The general staff met."),
    ("", "put/v hook", "set/v box", "Put hook here.", "Set box here."),
    ("", "put/v {det} bid", "make/v {det} offer", "They put a bid.", "They made an offer."),
    ("", "{article} bid of union", "{article} union offer", "An bid of union came.", "A union offer came."),
    ("", "very", "", "It is very cold.", "It is cold."),
    ("", "very", "", "Very cold it is.", "Cold it is."),
]


@pytest.mark.parametrize(("_", "body", "fix", "text", "result"), FIXES)
def test_what_a_fix_does_to_its_surroundings(
    tmp_path: Path, _: str, body: str, fix: str, text: str, result: str
) -> None:
    from qa.config import Settings

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.yaml").write_text(
        "message: m\ncategory: terminology\nseverity: minor\nconfidence: 1\nstatus: stable\nwhy: w\n"
        f"entries: |\n  {body} => {fix}\nexamples:\n  - good: x\n",
        "utf-8",
    )
    checker = Checker(Settings(rules=(str(tmp_path),), checks=("rules",)))
    found = [f for f in checker.check(read_text(text, "x", "text")).findings if f.rule == "mine/one"]
    assert apply(text, found, unsafe=True) == result
