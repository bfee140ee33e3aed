"""The report as one HTML page, in which an editor reads the articles with the garbles marked.

Why and fix stand in a card at the phrase, shown on hover and on keyboard focus, and again in the list of findings
beside the text, which is what a printed page shows. The filters work without a script; the script adds keys and a
count, and keeps a card near its phrase.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element  # writes only; nothing is parsed

from qa import rulepage
from qa.document import OBJECT, Kind, Segment
from qa.finding import Finding, Severity
from qa.fluency import WITNESSES
from qa.judge import SHORT_TEXT, DocumentReport, Report
from qa.reports.page import asset, element, page
from qa.reports.wording import ALTERNATIVES, PHRASE, count, cut
from qa.rulebook import Example

CATEGORIES = {
    "accuracy": "Accuracy",
    "fluency": "Fluency",
    "style": "Style",
    "terminology": "Terminology",
    "locale-convention": "Locale",
    "non-translation": "Residue",
}
"""The broadest categories, which the filters offer; html.css knows them by these names."""
OTHER = "other"
TAGS = {Kind.HEADING: "h3", Kind.QUOTE: "blockquote"}

_MARKED = re.compile(">>(.*?)<<")

Node = Element | str


def render(report: Report, *, width: int, color: bool) -> str:
    """The whole page; ``width`` and ``color`` do not matter."""
    documents = [_Document(one, number, report) for number, one in enumerate(report.documents, 1)]
    found = [document for document in documents if document.findings]
    title = documents[0].name if len(documents) == 1 else count(len(documents), "document")
    return page(
        f"{title} · mtqa",
        _masthead(report, documents),
        *([_filters(report)] if found else []),
        element("main", *(document.section() for document in (documents if len(documents) == 1 else found))),
        *([rules] if (rules := _rules(report)) is not None else []),
        _colophon(report),
        style=asset("html.css"),
        script=asset("html.js"),
    )


# --- the top of the page -----------------------------------------------------------------------------


def _masthead(report: Report, documents: Sequence[_Document]) -> Element:
    parts: list[Node] = [element("p", "mtqa · translation check", class_="brand")]
    if len(documents) == 1:
        parts.append(documents[0].heading("h1"))
    else:
        parts.append(element("h1", count(len(documents), "document") + " checked" if documents else "Nothing to check"))
    parts.append(_gate(report))
    parts += [element("p", cut(note), class_="remark") for note in report.notes]
    if len(documents) > 1:
        parts.append(_contents(documents))
    return element("header", *parts, class_="masthead")


def _gate(report: Report) -> Element:
    gate = report.gate
    level = f"{gate.fail_on}" if gate.fail_on is Severity.CRITICAL else f"{gate.fail_on} or above"
    passed = [f"no finding is {level}"] if gate.fail_on is not None else []
    minded = sum(gate.minds(f) for d in report.documents for f in d.findings)
    reasons = [f"{count(minded, 'finding')} {'is' if minded == 1 else 'are'} {level}"] if minded else []
    if gate.min_score is not None:
        passed.append(f"no score below {gate.min_score:g}")
        low = sum(d.score < gate.min_score for d in report.documents)
        reasons += [f"{count(low, 'document')} scored below {gate.min_score:g}"] if low else []
    if report.failed:
        return element("p", element("b", "Not ready"), f" — {', '.join(reasons)}.", class_="gate failed")
    why = f" — {' and '.join(passed)}." if passed else " — no gate is set."
    return element("p", element("b", "Passed"), why, class_="gate passed")


def _contents(documents: Sequence[_Document]) -> Element:
    """The documents with findings, each with its figures; the others by name."""
    found = [document for document in documents if document.findings]
    quiet = [document for document in documents if not document.findings]
    parts: list[Node] = []
    if found:
        names = ("Document", "Score", "Words", "Findings", "Machine translated")
        head = element("tr", *(element("th", name, scope="col") for name in names))
        parts.append(
            element("table", element("thead", head), element("tbody", *(d.row() for d in found)), class_="contents")
        )
    if quiet:
        names_ = element("ul", *(element("li", cut(d.report.path)) for d in quiet))
        summary = f"{count(len(quiet), 'document')} without findings"
        parts.append(element("details", element("summary", summary), names_, class_="quiet"))
    return element("nav", *parts, aria_label="Documents")


def _filters(report: Report) -> Element:
    findings = [f for document in report.documents for f in document.findings]
    severities = Counter(f.severity.value for f in findings)
    categories = Counter(_category(f) for f in findings)
    groups = [("Severity", [(s.value, s.value.capitalize(), severities[s.value]) for s in reversed(Severity)])]
    groups.append(("Kind", [(k, v, categories[k]) for k, v in {**CATEGORIES, OTHER: "Other"}.items()]))
    bars = []
    for name, choices in groups:
        boxes = [
            element(
                "label", element("input", type="checkbox", id=f"show-{key}", checked="checked"), element("span", label),
                element("b", f"{number:,}"), class_=f"chip {key}",
            )
            for key, label, number in choices if number
        ]  # fmt: skip
        bars.append(element("div", element("span", name, class_="name"), *boxes, role="group", aria_label=name))
    return element("div", *bars, element("output", id="count", aria_live="polite"), class_="filters")


def _category(finding: Finding) -> str:
    top = finding.category.split("/")[0]
    return top if top in CATEGORIES else OTHER


# --- a document --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    """A finding at its place in a segment: ``text[start:end]``, and its number in the document."""

    finding: Finding
    number: int
    start: int
    end: int


class _Document:
    def __init__(self, report: DocumentReport, number: int, whole: Report) -> None:
        self.report, self.number, self.rulebook = report, number, whole.rulebook
        self.alone = len(whole.documents) == 1
        self.gate = whole.gate
        self.findings = sorted(report.findings, key=lambda f: (f.start, f.end))
        self.segments = sorted((s for s in report.document.segments if s.runs), key=_first)
        self.marks = _placed(self.findings, self.segments)
        self.in_text = {
            mark.number: self.segments[index].text[mark.start : mark.end]
            for index, marks in self.marks.items() for mark in marks
        }  # fmt: skip

    @property
    def name(self) -> str:
        return cut(self.report.path.replace("\\", "/").rsplit("/", 1)[-1]) or "text"

    def heading(self, tag: str) -> Element:
        """The file's name; its folder, where it has one, small before it."""
        path = cut(self.report.path)
        folder = path.removesuffix(self.name) if path.endswith(self.name) else ""
        return element(tag, *([element("small", folder)] if folder else []), self.name or path)

    def row(self) -> Element:
        """The line in the table of contents."""
        report, verdict = self.report, self.report.machine_translated
        says = {True: "yes", False: "no", None: "open"}[verdict.verdict]
        severities = Counter(f.severity for f in self.findings)
        dots = [
            element("span", f"{severities[s]:,} {s.value} ", class_=f"dot {s.value}")
            for s in reversed(Severity) if severities[s]
        ]  # fmt: skip
        return element(
            "tr", element("th", element("a", cut(report.path), href=f"#d{self.number}"), scope="row"),
            element("td", f"{report.score:.1f}"), element("td", f"{report.words:,}"), element("td", *dots),
            element("td", says), class_="fails" if self.gate.fails(report) else None,
        )  # fmt: skip

    def section(self) -> Element:
        parts: list[Node] = [] if self.alone else [self.heading("h2")]
        parts.append(self.facts())
        if self.findings:
            parts.append(self.strip())
        parts += [element("p", f"Note: {cut(note)}", class_="remark") for note in self.report.document.notes]
        sheet: list[Node] = [element("article", *self.text(), class_="text")]
        if self.findings:
            notes = element("ol", *(self.note(f, n) for n, f in enumerate(self.findings, 1)))
            sheet.append(element("aside", element("h3", "Findings"), notes, class_="notes", aria_label="Findings"))
        parts.append(element("div", *sheet, class_="sheet"))
        return element("section", *parts, class_="document", id=f"d{self.number}")

    def facts(self) -> Element:
        report, verdict = self.report, self.report.machine_translated
        score: list[Node] = [element("dt", "Score"), element("dd", f"{report.score:g}", element("small", " of 100"))]
        remark = "MQM, per 100 words"
        if report.is_short and report.words:
            remark = f"a short text, under {SHORT_TEXT} words: it says little"
        score += [element("dd", _bar(report.score, self.gate.min_score)), element("dd", remark, class_="small")]
        severities = Counter(f.severity for f in self.findings)
        by = ", ".join(f"{severities[s]:,} {s.value}" for s in reversed(Severity) if severities[s])
        found: list[Node] = [element("dt", "Findings"), element("dd", f"{len(self.findings):,}")]
        found.append(element("dd", by or "nothing that the rules know", class_="small"))
        says = {True: "Yes", False: "No", None: "Open"}[verdict.verdict]
        probability = f"{verdict.probability:.2f}" if verdict.probability < 0.995 else "over 0.99"
        sure = f" probability {probability}" if verdict.verdict else ""
        reads: list[Node] = [element("dt", "Reads as machine translated")]
        reads.append(element("dd", says, element("small", sure)))
        if verdict.evidence and verdict.verdict is not False:
            evidence = [element("span", cut(e), class_="tag") for e in verdict.evidence]
            reads.append(element("dd", *evidence, class_="small"))
        elif verdict.verdict is None:
            why = "too little text to say" if report.is_short else "nothing speaks clearly for it or against it"
            reads.append(element("dd", why, class_="small"))
        words: list[Node] = [element("dt", "Words"), element("dd", f"{report.words:,}")]
        return element("dl", *(element("div", *one) for one in (score, found, words, reads)), class_="facts")

    def strip(self) -> Element:
        """Where in the text the findings are, beginning on the left."""
        length = max(len(self.report.document.text), 1)
        ticks = [
            element("rect", x=f"{996 * f.start / length:.0f}", y=0, width=4, height=12, rx=1,
                    class_=f"tick {f.severity.value} {_category(f)}")
            for f in self.findings
        ]  # fmt: skip
        base = element("rect", x=0, y=5, width=1000, height=2, class_="base")
        return element("svg", base, *ticks, class_="strip", viewBox="0 0 1000 12", preserveAspectRatio="none",
                       role="img", aria_label="Where in the text the findings are")  # fmt: skip

    def text(self) -> Iterator[Element]:
        """The document as a reader sees it, a paragraph at a time."""
        for index, segment in enumerate(self.segments):
            kind = segment.kind.value if segment.kind in (Kind.LIST_ITEM, Kind.TABLE_CELL) else None
            yield element(TAGS.get(segment.kind, "p"), *self.paragraph(segment, index), class_=kind, dir="auto")

    def paragraph(self, segment: Segment, index: int) -> Iterator[Node]:
        at = 0
        for mark in self.marks.get(index, ()):
            yield from _words(segment.text[at : mark.start])
            yield self.marked(mark, segment.text[mark.start : mark.end])
            at = mark.end
        yield from _words(segment.text[at:])

    def marked(self, mark: _Mark, phrase: str) -> Element:
        """The phrase, and its card. The phrase takes the keyboard's focus, and the card is its description."""
        finding, place = mark.finding, f"d{self.number}"
        number = element("sup", str(mark.number), aria_hidden="true")
        words = element("mark", *(_words(phrase) if phrase else ["‸"]), number, tabindex=0, dir="auto",
                        id=f"{place}f{mark.number}", aria_describedby=f"{place}c{mark.number}")  # fmt: skip
        card = element("span", *self.explanation(finding, phrase), class_="card", role="note",
                       id=f"{place}c{mark.number}")  # fmt: skip
        return element("span", words, card, class_=f"finding {finding.severity.value} {_category(finding)}")

    def note(self, finding: Finding, number: int) -> Element:
        """The finding in the list beside the text."""
        line, column = self.report.document.position(finding.start)
        place: Node = element("span", f"{line}:{column}", class_="place")
        if number in self.in_text:
            place = element("a", f"{line}:{column}", class_="place", href=f"#d{self.number}f{number}",
                            aria_label=f"Go to finding {number} in the text")  # fmt: skip
        classes = f"note {finding.severity.value} {_category(finding)}"
        parts = self.explanation(finding, self.in_text.get(number, finding.text))
        return element("li", place, *parts, class_=classes, id=f"d{self.number}n{number}", value=number)

    def explanation(self, finding: Finding, phrase: str) -> Iterator[Element]:
        """How bad, what, why and what to write instead of the phrase: the same in the card and in the list."""
        category = cut(finding.category).split("/")[-1].replace("-", " ")
        severity = element("b", finding.severity.value.capitalize(), class_="severity")
        yield element("span", severity, f" · {category}", class_="kind")
        yield element("span", cut(finding.message), class_="message")
        yield element("span", *_fix(finding, phrase), class_="fix", dir="auto")
        rule: Node = cut(finding.rule)
        if self.rulebook is not None and finding.rule in self.rulebook.rules:
            rule = element("a", finding.rule, href=f"#{_anchor(finding.rule)}")
        origin: list[Node] = [rule, f" · confidence {finding.confidence:.0%}"]
        if finding.gain is not None and finding.gain > 0:
            times = f"{2**finding.gain:,.0f} times" if finding.gain < 20 else "over a million times"
            origin.append(f" · to a language model {times} as likely")
        origin += [f" · {WITNESSES[name]} flags it too" for name in finding.also if name in WITNESSES]
        yield element("span", *origin, class_="origin")


def _fix(finding: Finding, phrase: str) -> Iterator[Node]:
    phrase = cut(phrase.replace(OBJECT, "▫"), PHRASE)
    if phrase:
        yield element("del" if finding.suggestions else "q", phrase)
    for number, suggestion in enumerate(finding.suggestions[:ALTERNATIVES]):
        yield " or " if number else " → " if phrase else ""
        text = cut(suggestion.text, PHRASE)
        yield element("ins", text) if text.strip() else element("i", "delete")


def _bar(score: float, least: float | None) -> Element:
    """The score as a bar; a line where the gate is."""
    parts = [
        element("rect", x=0, y=0, width=100, height=4, rx=2, class_="base"),
        element("rect", x=0, y=0, width=f"{max(score, 0):g}", height=4, rx=2, class_="value"),
    ]
    if least is not None:
        parts.append(element("rect", x=f"{least:g}", y=-2, width="0.8", height=8, class_="least"))
    return element("svg", *parts, viewBox="0 -2 100 8", class_="bar", aria_hidden="true")


def _words(text: str) -> Iterator[Node]:
    """Text, with a box for each thing in it that is no text."""
    for number, piece in enumerate(text.split(OBJECT)):
        if number:
            yield element("span", "▫", class_="object", title="code, an image or an address")
        if piece:
            yield piece


# --- places ------------------------------------------------------------------------------------------


def _first(segment: Segment) -> int:
    return segment.runs[0].document_start


def _placed(findings: Sequence[Finding], segments: Sequence[Segment]) -> dict[int, list[_Mark]]:
    """The marks of each segment, in order, never two on one character; what a reader does not see has none."""
    starts = [_first(segment) for segment in segments]
    placed: dict[int, list[_Mark]] = {}
    for number, finding in enumerate(findings, 1):
        index = bisect_right(starts, finding.start) - 1
        if index < 0:
            continue
        segment = segments[index]
        start, end = _visible(segment, finding.start), _visible(segment, finding.end)
        marks = placed.setdefault(index, [])
        outside = finding.start > _last(segment)
        if outside or (start == end and finding.text) or (marks and start < marks[-1].end):
            continue
        marks.append(_Mark(finding, number, start, end))
    return placed


def _last(segment: Segment) -> int:
    run = segment.runs[-1]
    return run.locate(run.segment_start + run.length)


def _visible(segment: Segment, offset: int) -> int:
    """The first position in the segment that stands at or after the original's ``offset``."""
    index = bisect_right(segment.runs, offset, key=lambda run: run.document_start) - 1
    if index < 0:
        return 0
    run = segment.runs[index]
    inside = offset - run.document_start
    if inside < (run.length if run.document_length is None else run.document_length):
        return run.segment_start + (inside if run.document_length is None else 0)
    return run.segment_start + run.length


# --- the bottom of the page --------------------------------------------------------------------------


def _rules(report: Report) -> Element | None:
    """The pages of the rules that found something, folded up."""
    if report.rulebook is None:
        return None
    used = Counter(f.rule for document in report.documents for f in document.findings)
    pages: list[Node] = []
    for name in sorted(used):
        rule = report.rulebook.rules.get(name)
        if rule is None:
            continue
        why = [element("p", " ".join(p.split())) for p in re.split(r"\n\s*\n", rule.why.strip()) if p.strip()]
        examples = [_example(example) for example in rule.examples]
        inside = element("div", *why, element("ul", *examples, class_="examples"),
                         element("p", "To switch it off: ", element("code", f"--disable {rule.id}")),
                         id=_anchor(name))  # fmt: skip
        title = element("summary", element("code", rule.id), f" {rulepage.summary(rule)}")
        pages.append(element("details", title, inside))
    if not pages:
        return None
    return element("section", element("h2", "The rules behind these findings"), *pages, class_="rules")


def _example(example: Example) -> Element:
    """An example; what is wrong in it stands between ``>>`` and ``<<``."""
    pieces: list[Node] = list(_MARKED.split(" ".join(example.text.split())))
    pieces[1::2] = [element("em", piece) for piece in pieces[1::2]]
    fix: list[Node] = [" → ", element("ins", " ".join(example.fix.split()))] if example.fix else []
    return element("li", *pieces, *fix, class_="bad" if example.bad else "good")


def _anchor(rule: str) -> str:
    return "rule-" + re.sub(r"[^a-z0-9]+", "-", rule.lower())


def _colophon(report: Report) -> Element:
    honest = "Findings are unconfirmed: they mark phrases and give reasons; they accuse no author."
    keys = [element("p", *_keys(), class_="keys")] if report.findings else []
    return element("footer", element("p", honest), *keys, element("p", cut(report.signature), class_="signature"))


def _keys() -> Iterator[Node]:
    for key, does in (("j", "next finding"), ("k", "the one before"), ("Esc", "hide the card")):
        yield element("kbd", key)
        yield f" {does}  "
