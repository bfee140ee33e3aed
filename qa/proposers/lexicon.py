"""Phrase tables that may guess (``verify: true``): what another language's words come out as, word by word."""

from __future__ import annotations

from collections.abc import Iterator

from qa.proposers import Proposal, Reading


def propose(reading: Reading) -> Iterator[Proposal]:
    """A proposal for every place where an entry or a pattern of such a rule matches."""
    for hit in reading.hits:
        start, end, fixes = reading.passage.fit(hit.start, hit.end, hit.fixes, proper=hit.proper)
        kept = tuple(f for f in dict.fromkeys(fixes) if f != reading.passage.segment.text[start:end])
        if kept:
            yield Proposal(hit.rule, start, end, kept, hit.margin or hit.rule.margin, hit.note, hit.entry)
