"""The HTML report in a real browser: what an editor sees, by mouse, keyboard, phone and printer; nothing else runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qa.document import Document, Segment
from qa.finding import CATEGORIES, Finding, Severity, Suggestion
from qa.judge import Report
from qa.readers import read, read_text
from qa.reports import html
from qa.reports.page import element, page
from tests.conftest import ROOT
from tests.test_formats import ALL, HOSTILE, hostile
from tests.test_reports import checked, document, finding, report

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

    from qa.checker import Checker

DESKTOP, PHONE = (1360, 900, False), (390, 844, True)


class Page:
    """A report opened in the browser."""

    def __init__(self, browser: WebDriver, folder: Path) -> None:
        self.browser, self.folder = browser, folder

    def open(self, one: Report | str, size: tuple[int, int, bool] = DESKTOP, script: bool = True, **media: str) -> Page:
        file = self.folder / "report.html"
        file.write_text(one if isinstance(one, str) else html.render(one, width=80, color=False), "utf-8")
        width, height, mobile = size
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=mobile)
        self.cdp("Emulation.setScriptExecutionDisabled", value=not script)
        features = [{"name": f"prefers-{k.replace('_', '-')}", "value": v} for k, v in media.items() if k != "type"]
        features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        self.cdp("Emulation.setEmulatedMedia", media=media.get("type", ""), features=features)
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.browser.get(file.as_uri())
        return self

    def cdp(self, command: str, **values: object) -> dict:
        return self.browser.execute_cdp_cmd(command, values)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements("css selector", selector)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element("css selector", selector)

    def js(self, body: str, *arguments: object) -> object:
        return self.browser.execute_script(body, *arguments)

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def hover(self, selector: str, scroll: bool = True) -> None:
        from selenium.webdriver import ActionChains

        if scroll:
            self.js("arguments[0].scrollIntoView({block: 'center'})", self.one(selector))
        ActionChains(self.browser).move_to_element(self.one(selector)).perform()

    def cards(self) -> list[str]:
        """The text of the cards that are to be seen."""
        return [card.text for card in self.all(".card") if card.is_displayed()]


@pytest.fixture
def opened(browser: WebDriver, tmp_path: Path) -> Iterator[Page]:
    page_ = Page(browser, tmp_path)
    yield page_
    page_.cdp("Emulation.setScriptExecutionDisabled", value=False)


@pytest.fixture(scope="module")
def sample(checker: Checker) -> Report:
    path = "samples/garbled/strike-french.txt"
    return checker.report([read(ROOT / path, as_given=path)])


# --- nothing but the report --------------------------------------------------------------------------


class _Attributes(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value or "") for name, value in attrs]


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_fetched_and_no_handler_is_set(name: str) -> None:
    text = html.render(ALL[name], width=80, color=False)
    attributes = _Attributes(text).found
    assert not [a for a in attributes if a[1].startswith("on") or a[1] in ("style", "src", "srcset", "srcdoc", "action")]
    assert all(value.startswith("#") for _, name, value in attributes if name == "href")
    assert not re.search(r"url\(|@import", text)
    ids = [value for _, name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    used = {value for _, name, value in attributes if name == "aria-describedby"}
    used |= {value.removeprefix("#") for _, name, value in attributes if name == "href"}
    assert used <= set(ids)
    assert text.lower().count("</script>") == 1
    assert text.count("</style>") == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(opened: Page, name: str) -> None:
    opened.open(hostile(HOSTILE[name]))
    assert opened.browser.get_log("browser") == []
    assert opened.js("return [document.scripts.length, document.images.length, document.styleSheets.length]") == [1, 0, 1]
    assert opened.js("return document.documentElement.scrollWidth <= innerWidth")
    if name == "markup":
        assert "<script>alert(1)</script>" in opened.one("article").text
    if name == "emoji":
        assert "👩🏽‍🚀🇫🇷" in opened.one("article").text


def test_the_policy_lets_nothing_else_run(opened: Page, sample: Report) -> None:
    """Even where markup got into the page, the policy would stop it."""
    from selenium.common.exceptions import JavascriptException

    opened.open(sample)
    assert opened.browser.get_log("browser") == []
    opened.js("""
        const script = document.createElement("script");
        try { script.append("window.owned = 1"); document.body.append(script); } catch { window.refused = true; }
        const image = new Image(); image.src = "https://example.org/x.png"; document.body.append(image);
        const text = document.createElement("p"); text.setAttribute("style", "color: red"); text.id = "styled";
        document.body.append(text);
    """)
    assert opened.js("return window.owned") is None
    assert opened.js("return getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    log = " ".join(entry["message"] for entry in opened.browser.get_log("browser"))
    assert "Content Security Policy" in log
    with pytest.raises(JavascriptException, match="TrustedHTML"):
        opened.js("document.body.innerHTML = '<img src=x onerror=alert(1)>'")


def test_the_frame_serves_other_pages(opened: Page) -> None:
    """What `mtqa score` and others build on: their style and script are the only ones that the policy lets run."""
    script = "document.getElementById('x').textContent = 'ran';"
    opened.open(page("T </title>", element("p", "<b>not bold</b>", id="x"), style="#x { color: rgb(1, 2, 3) }", script=script))
    assert opened.browser.title == "T </title>"
    assert opened.one("#x").text == "ran"
    assert opened.js("return getComputedStyle(document.getElementById('x')).color") == "rgb(1, 2, 3)"
    assert opened.browser.get_log("browser") == []
    opened.open(page("T", element("p", "<b>not bold</b>", id="x")))
    assert opened.one("#x").text == "<b>not bold</b>"


# --- what an editor does -----------------------------------------------------------------------------


def test_the_article_reads_as_it_is(opened: Page, sample: Report) -> None:
    opened.open(sample)
    read_ = opened.js("""
        const copy = document.querySelector("article").cloneNode(true);
        for (const extra of copy.querySelectorAll("sup, .card")) extra.remove();
        return [...copy.children].map((paragraph) => paragraph.textContent);
    """)
    (checked_,) = sample.documents
    assert read_ == [segment.text for segment in checked_.document.segments]
    marked = opened.js("return [...document.querySelectorAll('mark')].map((mark) => mark.firstChild.textContent)")
    assert marked == [f.text for f in checked_.findings]


def test_the_top_says_how_it_stands(opened: Page, sample: Report) -> None:
    opened.open(sample)
    top = opened.one("body").text.split("Rail strike")[0]
    (one,) = sample.documents
    assert f"{one.score:g} of 100" in top
    assert "Not ready" in top
    assert "Reads as machine translated\nYes" in top
    for family in one.machine_translated.evidence:
        assert family in top


def test_hover_shows_why_and_fix(opened: Page, sample: Report) -> None:
    opened.open(sample)
    assert opened.cards() == []
    for number, found in enumerate(sample.documents[0].findings, 1):
        opened.hover(f"#d1f{number}")
        (card,) = opened.cards()
        assert found.message in card
        assert found.suggestions[0].text in card or "delete" in card
        assert found.rule in card
        # On its way into the card the mouse does not lose it, and a card is never outside the window.
        assert opened.js("""
            const { left, top, right, bottom } = arguments[0].nextElementSibling.getBoundingClientRect();
            return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
        """, opened.one(f"#d1f{number}"))  # fmt: skip
        opened.hover(f"#d1c{number} .origin a", scroll=False)
        assert opened.cards() == [card]


@pytest.mark.parametrize("script", [True, False])
def test_keyboard_focus_shows_why_and_fix(opened: Page, sample: Report, script: bool) -> None:
    opened.open(sample, script=script)
    first = sample.documents[0].findings[0]
    for _ in range(30):
        opened.press("\ue004")  # Tab
        if opened.cards():
            break
    (card,) = opened.cards()
    assert first.message in card


def test_keys(opened: Page, sample: Report) -> None:
    opened.open(sample)
    messages = [f.message for f in sample.documents[0].findings]

    def shown() -> str:
        (card,) = opened.cards()
        return card

    opened.press("j")
    assert messages[0] in shown()
    opened.press("j")
    assert messages[1] in shown()
    opened.press("k", "k")
    assert messages[-1] in shown()
    opened.press("\ue00c")  # Escape
    assert opened.cards() == []
    opened.press("j")
    assert messages[0] in shown()
    opened.hover("#d1f9")  # the mouse goes before the keyboard: never two cards
    assert messages[8] in shown()


def test_the_list_leads_to_the_text(opened: Page, sample: Report) -> None:
    opened.open(sample)
    notes = opened.all(".note")
    assert len(notes) == len(sample.documents[0].findings)
    opened.js("arguments[0].click()", opened.one("#d1n9 a.place"))
    assert opened.js("return document.activeElement.id") == "d1f9"
    (card,) = opened.cards()
    assert sample.documents[0].findings[8].message in card


def test_a_card_leads_to_the_rules_page(opened: Page, sample: Report) -> None:
    opened.open(sample)
    opened.press("j")
    opened.one("#d1c1 .origin a").click()
    (page_,) = opened.all("details[open]")
    assert sample.documents[0].findings[0].rule in page_.text
    assert "--disable" in page_.text


@pytest.mark.parametrize("script", [True, False])
def test_filters(opened: Page, sample: Report, script: bool) -> None:
    opened.open(sample, script=script)
    findings = sample.documents[0].findings

    def shown() -> list[int]:
        return [n for n, note in enumerate(opened.all(".note"), 1) if note.is_displayed()]

    def numbered() -> list[int]:
        return [int(sup.text) for sup in opened.all("mark sup") if sup.is_displayed()]

    everything = list(range(1, len(findings) + 1))
    assert shown() == numbered() == everything
    opened.one("label.major").click()
    rest = [n for n, f in enumerate(findings, 1) if f.severity is not Severity.MAJOR]
    assert shown() == numbered() == rest
    opened.one("label.fluency").click()
    fewer = [n for n in rest if not findings[n - 1].category.startswith("fluency")]
    assert shown() == numbered() == fewer
    assert fewer != rest
    gone = next(n for n in everything if n not in fewer)
    opened.hover(f"#d1f{gone}")
    assert opened.cards() == []
    if script:
        assert opened.one("#count").text == f"{len(fewer)} of {len(findings)}"
        assert opened.js("return [...document.querySelectorAll('mark')].filter((m) => m.tabIndex === 0).length") == len(fewer)
    opened.one("label.major").click()
    opened.one("label.fluency").click()
    assert shown() == everything


def test_phone(opened: Page, sample: Report) -> None:
    opened.open(sample, (360, 740, True))
    assert opened.js("return document.documentElement.scrollWidth") == 360
    opened.js("document.querySelectorAll('mark')[1].scrollIntoView({block: 'center'})")
    opened.all("mark")[1].click()
    (card,) = [card for card in opened.all(".card") if card.is_displayed()]
    place = opened.js("const r = arguments[0].getBoundingClientRect(); return [r.left, r.right, r.bottom]", card)
    assert place == [0, 360, 740]
    assert opened.js("return document.querySelectorAll('mark')[1].getBoundingClientRect().bottom"
                     " < arguments[0].getBoundingClientRect().top", card)  # fmt: skip


def test_several_documents_have_a_table_of_contents(opened: Page, checker: Checker) -> None:
    texts = {"a.txt": "The new line cut the demand for workers. seasonal.", "b.txt": "All is well here.",
             "c.txt": "He discuted it since two years."}  # fmt: skip
    one = checker.report([read_text(text, path) for path, text in texts.items()])
    for size in (DESKTOP, PHONE):
        opened.open(one, size)
        links = opened.all("nav a")
        assert [link.text for link in links] == ["a.txt", "c.txt"]
        links[1].click()
        top = opened.js("return document.getElementById('d3').getBoundingClientRect().top")
        assert 0 <= top <= size[1]
        assert opened.js("return document.documentElement.scrollWidth <= innerWidth")
    assert "1 document without findings" in opened.one("nav").text
    assert len(opened.all("section.document")) == 2


# --- light, dark, paper ------------------------------------------------------------------------------

# The least contrast of any text with what is behind it, by the formula of WCAG 2.
CONTRAST = """
const parse = (color) => {
  const canvas = parse.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
const light = (rgb) => rgb.map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const behind = (element) => {
  if (!element) return parse(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest("script, style")) continue;
  const below = behind(element);
  const [a, b] = [light(over(parse(getComputedStyle(element).color), below)), light(below)];
  found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), element.className || element.tagName, walker.currentNode.data]);
}
return found.sort((a, b) => a[0] - b[0])[0];
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_legible(opened: Page, scheme: str) -> None:
    doc = document("news/a.md", "One phrase two phrase three phrase four phrase.")
    found = [
        finding(doc, word, "better", severity=s, rule=f"test/{s}")
        for word, s in zip(("One", "two", "three", "four"), Severity, strict=True)
    ]
    opened.open(report(checked(doc, *found)), color_scheme=scheme)
    ground = opened.js("return getComputedStyle(document.documentElement).backgroundColor")
    assert isinstance(ground, str)
    assert (int(re.findall(r"\d+", ground)[0]) < 60) == (scheme == "dark")
    contrast, where, text = opened.js(CONTRAST)  # type: ignore[misc]
    assert contrast >= 4.5, (where, text)


def test_paper(opened: Page, sample: Report) -> None:
    """Printed, each finding is numbered in the text and explained in the list after it, without what only clicks."""
    opened.open(sample, type="print", color_scheme="dark")
    assert opened.js("return getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert not [e for e in opened.all(".card, .filters, .keys") if e.is_displayed()]
    shown = opened.one(".notes").text
    for found in sample.documents[0].findings:
        assert found.message in shown
    assert all(sup.is_displayed() for sup in opened.all("mark sup"))
    assert opened.cdp("Page.printToPDF")["data"].startswith("JVBERi")


# --- any text ----------------------------------------------------------------------------------------


def test_markdown_reads_without_its_markup(opened: Page, checker: Checker) -> None:
    text = "# The *harbour*\n\nIt cut the demand for [workers](http://example.org/x). seasonal. It was `code`.\n\n- The inn & one of the oldest town.\n"
    opened.open(checker.report([read_text(text, "a.md", "markdown")]))
    assert opened.one("article h3").text == "The harbour"
    assert opened.one("mark").text.startswith("workers. seasonal.")
    assert opened.one(".note del").text == "workers. seasonal."
    assert opened.one("article .list-item mark").text.startswith("town")


def test_a_finding_outside_the_text_is_in_the_list(opened: Page) -> None:
    doc = Document("a.md", "hidden phrase and text", (Segment.at("text", 18),))
    outside = Finding("r/x", CATEGORIES[0], Severity.MAJOR, 0.9, "In markup.", 0, 6, "hidden", (Suggestion("seen"),))
    inside = Finding("r/x", CATEGORIES[0], Severity.MAJOR, 0.9, "In the text.", 18, 22, "text", (Suggestion("words"),))
    opened.open(report(checked(doc, outside, inside)))
    assert [note.text.splitlines()[0] for note in opened.all(".note")] == ["1:1", "1:19"]
    assert [mark.get_attribute("id") for mark in opened.all("mark")] == ["d1f2"]
    assert len(opened.all(".note a.place")) == 1


def test_500_findings(opened: Page) -> None:
    doc = document("long.txt", "\n\n".join("It was the informations that he discuted with them all day." for _ in range(500)))
    places = [m.start() for m in re.finditer("discuted", doc.text)]
    found = [
        Finding("calque/x", CATEGORIES[0], Severity.MAJOR, 0.9, "English says “discussed”.", at, at + 8, "discuted",
                (Suggestion("discussed"),))
        for at in places
    ]  # fmt: skip
    opened.open(report(checked(doc, *found)))
    assert len(opened.all("mark")) == len(opened.all(".note")) == 500
    opened.press("k")
    (card,) = opened.cards()
    assert "discussed" in card
