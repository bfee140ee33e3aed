"""Which finding of a place is shown, and with which fix."""

from __future__ import annotations

from qa.checker import merge
from qa.finding import Finding, Severity, Suggestion

TEXT = "The coalition. military lost two vehicles."


def finding(rule: str, source: str, fix: str = "", *, safe: bool = False, gain: float | None = None, end: int = 23) -> Finding:
    fixes = (Suggestion(fix, safe),) if fix else ()
    return Finding(
        rule, "fluency/split-phrase", Severity.MAJOR, 0.9, "…", 4, end, TEXT[4:end], fixes, source=source, gain=gain
    )


def test_the_rule_stays_with_the_fix_that_the_model_confirms() -> None:
    rule = finding("split-phrase/stray-stop", "rules", "coalition military")
    proposal = finding("proposal/fragment", "proposals", "military coalition", gain=20.0)
    (one,) = merge([proposal, rule])
    assert one.rule == "split-phrase/stray-stop"
    assert [s.text for s in one.suggestions] == ["military coalition", "coalition military"]
    assert one.gain == 20.0


def test_a_safe_fix_that_the_model_confirms_stays_safe() -> None:
    rule = finding("split-phrase/stranded-adjective", "rules", "military coalition", safe=True)
    proposal = finding("proposal/fragment", "proposals", "military coalition", gain=20.0)
    (one,) = merge([proposal, rule])
    assert one.suggestions == (Suggestion("military coalition", True),)


def test_the_tagger_is_a_witness_of_whatever_else_flags_the_place() -> None:
    tagged = finding("fluency/broken", "fluency", end=14)
    (one,) = merge([tagged, finding("proposal/fragment", "proposals", "military coalition", gain=20.0)])
    assert one.rule == "proposal/fragment"
    assert one.also == ("fluency",)
    assert merge([tagged]) == (tagged,)
